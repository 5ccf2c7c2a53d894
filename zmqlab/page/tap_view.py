"""A tap in a notebook: the table of what passes, as it passes, and the levers of the tap."""

import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import traitlets
import zmq
from IPython.display import DisplayHandle, display

from zmqlab.page.capture_table import HEADS, SHOWN, Capture, rows
from zmqlab.page.views import View
from zmqlab.patterns.capture import Entry, Kept
from zmqlab.patterns.request_reply import RequestError, pack_request, request, unpack_reply
from zmqlab.patterns.tap import tap_relay
from zmqlab.processes.handle import Process
from zmqlab.processes.launch import start
from zmqlab.processes.report_receiver import PLAIN
from zmqlab.wire.keys import check_open, of_this_process
from zmqlab.wire.messages import MessageError
from zmqlab.wire.sockets import connect, recv_parts, send_parts

PERIOD = 0.2  # seconds between looks
MOST = 2000  # entries kept here, of traffic, and as many of all else
PATIENCE = 5.0  # seconds for a reply of the process


class Tap(View):
    """A tap, as `tap` makes it; shows itself as a table. Usable with ``with``: its end stops it.

    Attributes
    ----------
    endpoint : str
        Where to connect, instead of the endpoint that is listened in on.
    process : Process
        The process that it is.
    """

    _esm = Path(__file__).with_name("tap_view.js")
    _css = Path(__file__).with_name("tap_view.css")
    words = traitlets.Unicode().tag(sync=True)
    heads: Any = traitlets.List(list(HEADS)).tag(sync=True)
    most = traitlets.Int(SHOWN).tag(sync=True)

    def __init__(self, process: Process, keys: Path | str | None) -> None:
        self.process, self._keys = process, keys
        self.endpoint, self._control = process.wait_until(
            lambda it: it.endpoints[1:] and it.endpoints[:2], what="its two endpoints"
        )
        super().__init__(words=f"{process.name}, at {self.endpoint}")
        self._kept, self._start = Kept(MOST), 0.0  # entries, and the time of the first
        self._shown: list[DisplayHandle] = []  # to be brought up to date at the end
        self._changed = threading.Condition()
        self._context = zmq.Context()
        self._asker = self._context.socket(zmq.REQ, socket_class=PLAIN)  # not for the network map
        self._asker.linger, self._asker.req_relaxed, self._asker.req_correlate = 0, True, True
        connect(self._asker, self._control, keys=keys)
        self.on_msg(self._on_message)
        follow = threading.Thread(target=self._follow, daemon=True, name=f"view of {process.name}")
        follow.start()

    def capture(self) -> Capture:
        """Return what has passed so far: the last 2,000 messages, and as many of all else."""
        self._look()
        return Capture(self._entries())

    def wait_for(self, kind: str, count: int = 1, timeout: float = 10.0, after: int = 0) -> Entry:
        """Wait until so many entries of a kind have passed; return the last of these.

        Parameters
        ----------
        kind
            As in `zmqlab.wire.zmtp.Fact`: ``READY``, ``SUBSCRIBE``, ``message``, ...; also
            ``opened``, ``closed``, ``refused``.
        count
            How many of them, from the beginning.
        timeout
            Seconds, after which there is a TimeoutError.
        after
            Number of the last entry that does not count.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = [entry for entry in self._entries(after) if entry["kind"] == kind]
                if len(found) >= count:
                    return found[count - 1]
                if self.process.ended or not self._changed.wait(deadline - time.monotonic()):
                    last = [f"; the last entry: {each['meaning']}" for each in self._entries()]
                    how = "before it ended" if self.process.ended else f"in {timeout:g} s"
                    raise TimeoutError(
                        f"waited for {count} of {kind!r} at {self.endpoint}, but {len(found)} came "
                        f"{how}{''.join(last[-1:])}"
                    )

    def delay(self, seconds: float) -> None:
        """Let everything take so many seconds more, one way as the other."""
        self._set(delay=seconds)

    def rate(self, bytes_per_second: float | None) -> None:
        """Let so many bytes a second pass, each way; None: as many as can."""
        self._set(rate=bytes_per_second)

    def cut(self) -> None:
        """Let nothing pass, as if a cable were pulled out: neither side is told."""
        self._set(cut=True)

    def mend(self) -> None:
        """End a cut: what has waited passes."""
        self._set(cut=False)

    def corrupt(self, count: int = 1) -> None:
        """Turn over the last bit of so many pieces to come, whichever way they go."""
        self._set(corrupt=count)

    def stop(self) -> None:
        """End the tap, and the connections through it; what passed stays readable."""
        self._look()
        self.process.stop()

    def __enter__(self) -> "Tap":
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{self.words}, {self.process.state}>\n{self.capture()!r}"

    def show(self) -> None:
        """Show the table here too."""
        self._ipython_display_()

    def _set(self, **settings):
        request(self._control, "set", settings, keys=self._keys)

    def _entries(self, after=0):
        with self._changed:
            return [entry for _, entry in self._kept.after(after)]

    def _look(self):
        """Take in what is new, and show it."""
        with self._changed:
            before = self._kept.last
            while not self.process.ended:
                try:
                    asked = pack_request("read", {"after": self._kept.last})
                    send_parts(self._asker, asked, PATIENCE)
                    _, told, _ = unpack_reply(
                        recv_parts(self._asker, PATIENCE), self._control, "read"
                    )
                except (TimeoutError, zmq.ZMQError):
                    break  # it has just ended
                except (RequestError, MessageError):
                    break  # what came before stays readable, and is followed on
                for entry in told["entries"]:
                    self._kept.keep(entry["kind"], (entry["number"], entry))
                if self._kept.last >= told["last"]:
                    break  # asked once more, one that is ending would not reply
            if new := self._entries(before):
                self._changed.notify_all()
                self._start = self._start or new[0]["time"]
                self.send({"rows": rows(new[-SHOWN:], self._start)})

    def _follow(self):
        while not self.process.ended:
            self._look()
            self.process.settle(lambda process: process.ended, PERIOD)
        with self._changed:
            self._changed.notify_all()
            self._context.destroy(linger=0)
        for shown in self._shown:  # for a page without a kernel
            data, metadata = self._repr_mimebundle_()
            shown.update(data, metadata=metadata, raw=True)

    def _on_message(self, widget, content, buffers):
        with self._changed:  # a page was opened later, or again
            self.send({"rows": rows(self._entries()[-SHOWN:], self._start), "all": True})

    def in_its_place(self) -> str:
        """Return what has passed, as a table."""
        return Capture(self._entries())._repr_html_()

    def _ipython_display_(self):
        data, metadata = self._repr_mimebundle_()
        shown = display(data, metadata=metadata, raw=True, display_id=True)
        if shown:
            self._shown.append(shown)


def tap(
    endpoint: Process | str, bind: str = "tcp://127.0.0.1:*", keys: Path | str | None = None
) -> Tap:
    """Listen in on an endpoint: start a relay to it, and show what passes, byte by byte.

    The other side connects to the tap's own `endpoint` then::

        wire = tap(camera)
        watch(connect=wire.endpoint)
        wire

    Parameters
    ----------
    endpoint
        A tcp endpoint that a socket binds, or will; or a process, for what it bound first.
    bind
        Where others connect. ``tcp://127.0.0.1:*``: any free port of this computer.
    keys
        A folder of `zmqlab keys`, or ``none``: needed where other computers can reach `bind`, as
        for `tap_relay`. Only this notebook can ask the tap, in either case.

    Raises
    ------
    StartError, KeysError
        If an endpoint is none of tcp, or cannot be bound.
    """
    check_open(bind, keys)
    keys = of_this_process() or keys
    there = endpoint.endpoint if isinstance(endpoint, Process) else endpoint
    name = f"tap on {there}"
    where = partial(tap_relay, connect=there, bind=bind, show=False, keys=keys)
    return Tap(start(where, process_name=name), keys)
