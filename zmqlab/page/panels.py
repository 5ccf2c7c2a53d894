"""The panel of a process in the notebook: its state, its sockets, what it prints, a Stop button.

The text goes to the page at most five times a second and at most 200 lines at a time, however fast
a process prints: the page stays alive, and the panel says how many lines it left out. What it
shows last goes into the notebook's file once, at the end, for pages without a kernel.
"""

import threading
from html import escape
from pathlib import Path
from typing import Any

import traitlets
from IPython.display import display

from zmqlab.page.views import View
from zmqlab.processes import words
from zmqlab.processes.handle import Process

PERIOD = 0.2  # seconds between updates of a panel
SHOWN = 200  # lines
MOST_SOCKETS = 4
# Where a page has no script: as tall as a panel is, and scrolled to the end.
ENDING = "max-height: 16em; overflow: auto; display: flex; flex-direction: column-reverse"


class Panel(View):
    """One panel; `panel` makes it and keeps it up to date."""

    _esm = Path(__file__).with_name("panels.js")
    _css = Path(__file__).with_name("panels.css")
    name = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode().tag(sync=True)
    facts = traitlets.Unicode().tag(sync=True)
    sockets: Any = traitlets.List().tag(sync=True)  # each one's line, and the story folded in it
    more = traitlets.Unicode().tag(sync=True)
    left_out = traitlets.Unicode().tag(sync=True)
    log = traitlets.Unicode().tag(sync=True)
    stopping = traitlets.Bool().tag(sync=True)  # the kernel has heard the button

    def __init__(self, process: Process) -> None:
        super().__init__(name=process.name)
        self.process = process
        self._shown = -1
        self.on_msg(self._on_message)
        self.refresh()

    def _on_message(self, widget, content, buffers):
        if content == "stop":
            self.stopping = True
            # Not here: stopping may take seconds, and the kernel has other work.
            threading.Thread(target=self.process.stop, daemon=True).start()

    def refresh(self) -> bool:
        """Bring the panel up to date; return whether it may change again."""
        process = self.process
        ended = process.ended
        with self.hold_sync():
            self.state = process.state
            self.facts = f"pid {process.pid}"
            if not ended:
                self.facts += f" · {process.memory / 1e6:.0f} MB"
            self.sockets, left = _sockets(process)
            self.more = f"and {left} more in process({process.name!r}).sockets" if left else ""
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

    def in_its_place(self) -> str:
        """Return what it showed last."""
        head = escape(f"{self.name}: {self.state} · {self.facts}")
        folded = "".join(
            f"<details><summary>{escape(line)}</summary><pre>{escape(story)}</pre></details>"
            for line, story in self.sockets
        )
        log = f'<pre style="font-family: monospace; margin: 0; flex: none">{escape(self.log)}</pre>'
        return f'<p>{head}</p>{folded}{escape(self.more)}<div style="{ENDING}">{log}</div>'


def panel(process: Process) -> threading.Thread:
    """Show a panel of `process` below the cell, up to date until the process has ended.

    Returns the thread that sees to it, and ends after that.
    """
    made = Panel(process)
    shown = display(made, display_id=True)
    follow = threading.Thread(target=_follow, args=(made, shown), daemon=True)
    follow.name = f"panel of {process.name}"
    follow.start()
    return follow


def _follow(made, shown):
    while made.refresh():
        made.process.settle(lambda process: process.ended, PERIOD)
    if shown:
        shown.update(made)


def _sockets(process):
    """Return the line and the story of some sockets, the open ones if any, and how many are left.

    Who is connected to a process that has ended is of no interest: nobody is.
    """
    there = process.sockets
    if not process.ended:
        there = [each for each in there if not each["closed"]] or there[-1:]
    elif there:
        there = [each | {"peers": None} for each in there]
    shown = [(words.line_of(each), _story(each)) for each in there[:MOST_SOCKETS]]
    return shown, len(there) - len(shown)


def _story(socket):
    story = [f"{name}: {told}" for name, told in words.story_of(socket)]
    return "\n".join(story) or "Nobody has connected, and nobody has left."
