"""The panel of a process in the notebook: what it prints, its state, a Stop button.

The text goes to the page at most five times a second and at most 200 lines at a
time, however fast a process prints: the page stays alive, and the panel says
how many lines it left out.
"""

import threading
from pathlib import Path

import anywidget
import traitlets

PERIOD = 0.2  # seconds between updates of the panels
SHOWN = 200  # lines
_lock = threading.Lock()
_waker = threading.Event()
_panels: list["Panel"] = []  # those whose process may still change
_thread = None


class Panel(anywidget.AnyWidget):
    """One panel; `panel` makes it and keeps it up to date."""

    _esm = Path(__file__).with_name("panels.js")
    _css = Path(__file__).with_name("panels.css")
    name = traitlets.Unicode().tag(sync=True)
    state = traitlets.Unicode().tag(sync=True)
    facts = traitlets.Unicode().tag(sync=True)
    left_out = traitlets.Unicode().tag(sync=True)
    log = traitlets.Unicode().tag(sync=True)

    def __init__(self, process):
        super().__init__(name=process.name)
        self.process = process
        self._shown = -1
        self.on_msg(self._on_message)
        self.refresh()

    def _on_message(self, widget, content, buffers):
        if content == "stop":
            # Not here: stopping may take seconds, and the kernel has other work.
            threading.Thread(target=self.process.stop, daemon=True).start()

    def refresh(self):
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

    def __repr__(self):
        return repr(self.process)


def panel(process):
    """Return a panel that shows `process` and follows it until it has ended."""
    global _thread
    made = Panel(process)
    with _lock:
        _panels.append(made)
        if _thread is None:
            _thread = threading.Thread(target=_follow, daemon=True, name="zmqlab panels")
            _thread.start()
    _waker.set()
    return made


def _follow():
    while True:
        _waker.wait()
        with _lock:
            panels = list(_panels)
        for each in panels:
            if not each.refresh():
                with _lock:
                    _panels.remove(each)
        with _lock:
            if not _panels:
                _waker.clear()
        threading.Event().wait(PERIOD)  # a pause between pictures, waiting for nothing


def _facts(process):
    facts = [f"pid {process.pid}", *process.endpoints]
    if process.running:
        facts.append(f"{process.memory / 1e6:.0f} MB")
    facts += [
        f"{name.split()[0]} in {count['in']:,} out {count['out']:,}"
        for name, count in process.messages.items()
    ]
    return " · ".join(facts)
