"""The panel of a process in the notebook: what it prints, its state, a Stop button.

The text goes to the page at most five times a second and at most 200 lines at a time, however fast
a process prints: the page stays alive, and the panel says how many lines it left out. What it
shows last goes into the notebook's file once, at the end, for pages without a kernel.
"""

import threading
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from IPython.display import display

from zmqlab.processes.handle import Process

PERIOD = 0.2  # seconds between updates of a panel
SHOWN = 200  # lines


class Panel(anywidget.AnyWidget):
    """One panel; `panel` makes it and keeps it up to date."""

    _esm = Path(__file__).with_name("panels.js")
    _css = Path(__file__).with_name("panels.css")
    name = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode().tag(sync=True)
    facts = traitlets.Unicode().tag(sync=True)
    left_out = traitlets.Unicode().tag(sync=True)
    log = traitlets.Unicode().tag(sync=True)

    def __init__(self, process: Process) -> None:
        super().__init__(name=process.name)
        self.process = process
        self._shown = -1
        self.on_msg(self._on_message)
        self.refresh()

    def _on_message(self, widget, content, buffers):
        if content == "stop":
            # Not here: stopping may take seconds, and the kernel has other work.
            threading.Thread(target=self.process.stop, daemon=True).start()

    def refresh(self) -> bool:
        """Bring the panel up to date; return whether it may change again."""
        process = self.process
        ended = process.ended
        with self.hold_sync():
            self.state = process.state
            self.facts = _facts(process)
            if process.printed.changes != self._shown:
                self._shown = process.printed.changes
                lines = process.output.split("\n")
                left_out = process.lines_lost + max(0, len(lines) - SHOWN)
                self.log = "\n".join(lines[-SHOWN:])
                self.left_out = (
                    f"{left_out:,} earlier lines are not shown; "
                    f"process({process.name!r}).output has the last {len(lines):,}"
                    if left_out
                    else ""
                )
        return not ended

    def __repr__(self) -> str:
        return repr(self.process)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        head = escape(f"{self.name}: {self.state} · {self.facts}")
        data["text/html"] = f"<p>{head}</p><pre>{escape(self.log)}</pre>"  # without a kernel
        return data, metadata


def panel(process: Process) -> None:
    """Show a panel of `process` below the cell, up to date until the process has ended."""
    made = Panel(process)
    shown = display(made, display_id=True)
    follow = threading.Thread(target=_follow, args=(made, shown), daemon=True)
    follow.name = f"panel of {process.name}"
    follow.start()


def _follow(made, shown):
    while made.refresh():
        made.process.settle(lambda process: process.ended, PERIOD)
    if shown:
        shown.update(made)


def _facts(process):
    facts = [f"pid {process.pid}", *process.endpoints]
    if process.running:
        facts.append(f"{process.memory / 1e6:.0f} MB")
    facts += [
        f"{name.split()[0]} in {count['in']:,} out {count['out']:,}"
        for name, count in process.messages.items()
    ]
    return " · ".join(facts)
