"""The panel of a process in the notebook: what it prints, its state, a Stop button.

The text goes to the page at most five times a second and at most 200 lines at a time, however fast
a process prints: the page stays alive, and the panel says how many lines it left out.
"""

import threading
from pathlib import Path

import anywidget
import traitlets

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

    def follow(self) -> None:
        """Bring the panel up to date until the process has ended; not quicker than it is seen."""
        while self.refresh():
            self.process.settle(lambda process: process.ended, PERIOD)

    def __repr__(self) -> str:
        return repr(self.process)


def panel(process: Process) -> Panel:
    """Return a panel that shows `process` and follows it until it has ended."""
    made = Panel(process)
    threading.Thread(target=made.follow, daemon=True, name=f"panel of {process.name}").start()
    return made


def _facts(process):
    facts = [f"pid {process.pid}", *process.endpoints]
    if process.running:
        facts.append(f"{process.memory / 1e6:.0f} MB")
    facts += [
        f"{name.split()[0]} in {count['in']:,} out {count['out']:,}"
        for name, count in process.messages.items()
    ]
    return " · ".join(facts)
