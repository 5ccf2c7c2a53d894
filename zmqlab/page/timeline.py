"""The messages of traced processes in time: a row for each process, an arrow for each message."""

import math
import threading
import time
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import traitlets
from IPython.display import DisplayHandle, display

from zmqlab.page.timeline_drawing import draw, in_words, table
from zmqlab.page.views import View
from zmqlab.processes.handle import Process, have_report
from zmqlab.processes.launch import traced
from zmqlab.processes.matching import follow

MOST = 400  # messages drawn
MOMENT, MOST_IN_MOMENT = 1.0, 200  # seconds, and messages, for the map's button
PERIOD = 0.5  # seconds between two pictures of a live timeline
SHARE = 0.05  # of a processor that one may take
PATIENCE = 1.0  # seconds that processes may take to tell what they have noted
MOST_READ = 500_000  # bytes of traces read for a picture: more messages than are drawn
NOTHING = (
    "no message was noted. Processes note their messages once you say so: start(..., trace=True), "
    "%%terminal NAME --trace, or trace() of a process that runs"
)
TOO_FAST = "{:,} parts of messages came too fast to be noted"


class Timeline(View):
    """A timeline in the page; `timeline` makes it.

    Where no page answers (VS Code, an exported page) there is the picture without its buttons.

    Attributes
    ----------
    messages : list of dict
        What is drawn, as `zmqlab.processes.matching.follow` draws it.
    words : str
        What there is to be seen, in words.
    """

    _esm = Path(__file__).with_name("timeline.js")
    _css = Path(__file__).with_name("timeline.css")
    html = traitlets.Unicode().tag(sync=True)
    live = traitlets.Bool().tag(sync=True)

    def __init__(
        self,
        processes: tuple[Process, ...],
        seconds: float | None,
        after: Process | None = None,
        live: bool = False,
    ) -> None:
        super().__init__(live=live)
        self.messages: list[dict[str, Any]] = []
        self.words = "timeline"
        self._processes, self._seconds, self._after = processes, seconds, after
        self._stopped = threading.Event()
        self._shown: list[DisplayHandle] = []  # to be brought up to date at the end
        self.on_msg(self._on_message)
        self.refresh()

    def _on_message(self, widget, content, buffers):
        if content == "stop":
            self.stop()

    def stop(self) -> None:
        """Let a live timeline stand still."""
        self._stopped.set()
        self.live = False  # at once: it may be shown again before its thread has ended

    def refresh(self) -> None:
        """Draw what has been noted by now."""
        processes = self._processes or tuple(traced())
        have_report(processes, PATIENCE)
        first = _first_to_read(processes)
        if self.live and self._seconds:
            first = max(first, time.perf_counter() - self._seconds)
        messages, left_out = follow(processes, first)
        since = -math.inf
        if messages and self._seconds is not None:
            since = max(map(_last, messages)) - self._seconds
        if self._after:
            came = [each["received"] for each in messages if each["processes"][1] is self._after]
            since = max(since, min(filter(None, came), default=since))
        if since > -math.inf:
            messages = [each for each in messages if _last(each) >= since]
        not_drawn = max(0, len(messages) - MOST)
        self.messages = messages[-MOST:]
        if not self.messages:
            self.words = TOO_FAST.format(left_out) if left_out else NOTHING
            self.html = f"<p>{escape(self.words[0].upper() + self.words[1:])}.</p>"
            return
        seen = {process for each in self.messages for process in each["processes"]}
        # What was replaced by another process of its name is shown if it did something.
        rows = [each for each in processes if each in seen or self._processes or each.running]
        names = names_of(rows)
        at_least = "at least " if first else ""
        said = [f"{at_least}{not_drawn:,} earlier messages are not drawn"] if not_drawn else []
        said += [TOO_FAST.format(left_out)] if left_out else []
        notes = "".join(f"<p>{each[0].upper() + each[1:]}.</p>" for each in said)
        self.words = f"timeline: {in_words(self.messages, names, since)}"
        drawn = draw(self.messages, rows, names, since)
        self.html = drawn + notes + table(self.messages, since)

    def __repr__(self) -> str:
        return f"<{self.words}>"

    def in_its_place(self) -> str:
        """Return the picture without its buttons."""
        return f'<figure class="zmqlab-timeline">{self.html}</figure>'

    def _ipython_display_(self) -> None:
        global _live
        data, metadata = self._repr_mimebundle_()
        shown = display(data, metadata=metadata, raw=True, display_id=True)
        if shown:
            self._shown.append(shown)
        if self.live and _live is not self:  # else it is shown once more, and followed already
            if _live:
                _live.stop()
            _live = self
            threading.Thread(target=self._go_on, daemon=True, name="live timeline").start()

    def _go_on(self):
        took, going = 0.0, True
        while going and not self._stopped.wait(max(PERIOD, took / SHARE)):
            # Asked before it looks, so that what the last one did until its end is drawn, too.
            going = any(each.running for each in self._processes or traced())
            began = time.thread_time()
            self.refresh()
            took = time.thread_time() - began
        self.live = False
        for shown in self._shown:
            data, metadata = self._repr_mimebundle_()
            shown.update(data, metadata=metadata, raw=True)


_live: Timeline | None = None  # one at a time


def timeline(
    *processes: Process,
    seconds: float | None = None,
    after: Process | None = None,
    live: bool = False,
) -> Timeline:
    """Show the messages of traced processes in time.

    A row for each process, an arrow for each message, from `send` to `recv`: the longer a message
    waited, the flatter its arrow. A message that never arrived ends in a cross. Hover over an arrow
    for the message's parts; zoom and move with the buttons, the keys + - and the arrows, the mouse.

    Parameters
    ----------
    *processes
        Whose messages, in the order of the rows. Default: all that were started with
        ``trace=True`` or by ``%%terminal NAME --trace``.
    seconds
        Only those of the last so many seconds before the last message. Default: the last 400
        messages; if live, 5 seconds.
    after
        A process: show what happened after it had received its first message.
    live
        Whether to go on until all processes have ended, or another live timeline begins.

    Returns
    -------
    Timeline
        To be shown as a cell's last line; its `messages` are what is drawn.
    """
    if seconds is not None and not 0 < seconds < float("inf"):
        raise ValueError(f"seconds={seconds}: give a number above 0, for example seconds=2")
    unknown = [each for each in processes if not each.traced]
    if unknown:
        raise ValueError(f"{', '.join(each.name for each in unknown)}: {NOTHING}")
    return Timeline(processes, seconds if seconds or not live else 5.0, after, live)


def look(processes: Sequence[Process]) -> str:
    """Have processes note their messages from now on; return those of a moment, as HTML.

    A picture as of `timeline`, and the same as a table: for the network map.
    """
    for each in processes:
        if not each.traced:
            each.trace()
    began = time.perf_counter()
    threading.Event().wait(MOMENT)
    have_report(processes, PATIENCE)
    messages, left_out = follow(processes, began)
    there = [each for each in messages if _last(each) >= began][-MOST_IN_MOMENT:]
    seen = {process for each in there for process in each["processes"]}
    rows = [each for each in processes if each in seen]
    if not rows:
        return "<p>No message was sent in this second.</p>"
    more = len(messages) - len(there) + left_out
    note = f"<p>The last {MOST_IN_MOMENT} messages of this second.</p>" if more else ""
    return draw(there, rows, names_of(rows), began) + note + table(there, began)


def _first_to_read(processes):
    """Return from when on to read traces, so that it does not take long: 0.0 is from the start."""
    pieces = [piece for each in processes for piece in list(each.noted.pieces)]
    total = 0
    for came, piece in sorted(pieces, key=lambda each: each[0], reverse=True):
        total += len(piece)
        if total > MOST_READ:
            return came
    return 0.0


def _last(message):
    return message["received"] or message["sent"]


def names_of(processes: Sequence[Process]) -> list[str]:
    """Return what to call each process: those of one name by their turn."""
    names = [each.name for each in processes]
    return [
        f"{name} ({names[: at + 1].count(name)})" if names.count(name) > 1 else name
        for at, name in enumerate(names)
    ]
