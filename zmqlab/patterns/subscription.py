"""The receiver of a stream: knows of every frame that it missed."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import zmq

from zmqlab.patterns.stream import WAITING_IN_THE_SYSTEM, WAITING_TO_BE_READ, wire_topic
from zmqlab.wire import sockets
from zmqlab.wire.interrupts import whole
from zmqlab.wire.messages import MessageError
from zmqlab.wire.shared import Overtaken, RingReader
from zmqlab.wire.text import short

_MOST_GAPS = 1000  # remembered; older ones are only counted
_MOST_STREAMS = 100  # of one name, whose publishers may send at once
_LISTEN = 1.0  # seconds to find out what is published, when nothing comes
_LOST = 1.0  # seconds without a message after which to look whether there is a connection
_SILENCE = 10  # seconds after which to ask a silent publisher's computer for a sign of life


class EndOfStream(RuntimeError):
    """The publisher has said that no frame follows."""


class Subscription(Iterator[np.ndarray], AbstractContextManager["Subscription"]):
    """A stream of frames, to iterate over; `read` and `latest` give single ones.

    ::

        with subscribe("tcp://127.0.0.1:5555") as stream:
            for frame in stream:                # each frame, until the stream ends
                print(stream.header["sequence"], stream.lost)

    Frames are read-only: ``frame.copy()`` can be written to. Those that a publisher has put into
    shared memory keep a slot there: keep few, or copies.

    Parameters
    ----------
    endpoint, topic
        Where the publisher is, for example ``tcp://127.0.0.1:5555`` (it may start later, or
        again), and the name of its stream.
    hwm
        High-water mark: how many frames may wait here until they are asked for. When so many
        do, and as many as the publisher allows wait there, further ones are lost.
    timeout
        Seconds to wait for each frame.
    keys
        A folder of `zmqlab keys`, for a server that lets in only clients it knows.

    Attributes
    ----------
    header : dict
        The header of the frame returned last: its sequence, time, ...
    latency : float
        Seconds from its capture until it was read here, as right as the clocks of two computers.
    received, lost : int
        Frames that arrived; frames sent after the first of them that did not.
    gaps : list of (int, int)
        The first and the last number of each stretch of lost frames; the newest 1,000 stretches.
    first : int or None
        The number of the first frame received: so many were sent before this subscription.
    skipped : int
        Frames that arrived, but were passed over by `latest`.
    restarts : int
        How often another stream followed, or the numbers went back: a publisher that was started
        anew, or a second one. What the old one sent last may be lost without being counted.
    overtaken : int
        Messages about a frame in shared memory that was there no longer. Such a frame is lost.
    refused : int
        Messages that arrived and were no frames; `complaint` says what was wrong with the last.
    """

    def __init__(
        self,
        endpoint: str,
        topic: str = "camera",
        *,
        hwm: int = WAITING_TO_BE_READ,
        timeout: float = 10.0,
        keys: str | Path | None = None,
    ) -> None:
        self.endpoint, self.topic, self.timeout, self.keys = endpoint, topic, timeout, keys
        self.header: dict[str, Any] = {}
        self.latency = 0.0
        self.received = self.lost = self.skipped = self.restarts = self.refused = 0
        self.first: int | None = None
        self.overtaken, self.complaint = 0, ""
        self.gaps: list[tuple[int, int]] = []
        self._next: dict[str | None, int] = {}  # name of a stream: the number of its next frame
        self._ended, self._over = False, None  # and which stream it was that ended last
        self._away = False  # unsubscribed, since a stream has ended
        self._found: list[list[zmq.Frame]] = []  # a message that `why_nothing` has taken out
        self._wire = wire_topic(topic)
        sockets.check_count(hwm=hwm)
        self._hwm, self._heard = hwm, time.monotonic()
        self._reader = RingReader()
        self._context = zmq.Context()
        try:
            with whole:  # a Ctrl-C in here would leave a socket that nobody can close
                self._socket = socket = self._context.socket(zmq.SUB)
            socket.rcvhwm = hwm  # before connecting: the queues are made then
            socket.rcvbuf = WAITING_IN_THE_SYSTEM
            socket.linger = 0
            # A computer that loses its power does not say goodbye.
            socket.tcp_keepalive = 1
            socket.tcp_keepalive_idle = _SILENCE
            socket.subscribe(self._wire)
            sockets.connect(socket, endpoint, keys=keys)
        except BaseException:
            self._context.destroy(linger=0)
            raise

    @property
    def control(self) -> str | None:
        """Where the camera behind the stream answers requests, or None if it does not."""
        port, here = self.header.get("control"), urlsplit(self.endpoint)
        known = type(port) is int and 0 < port < 2**16 and here.scheme == "tcp"
        return f"tcp://{here.hostname}:{port}" if known else None

    def read(self, timeout: float | None = None) -> np.ndarray:
        """Wait for the next frame, for `timeout` seconds or those of the subscription.

        Raises
        ------
        TimeoutError, EndOfStream
            If no frame arrived in time (says what did); if the publisher has ended the stream.
            When it starts another one, you can go on.
        """
        timeout = self.timeout if timeout is None else timeout
        deadline = time.monotonic() + timeout
        if self._away and not self._ended:  # not before: whoever closes now would leave twice
            self._away = False
            self._socket.subscribe(self._wire)
        while not self._ended:
            left = deadline - time.monotonic()
            if self._found or sockets.wait({self._socket: zmq.POLLIN}, min(left, _LOST)):
                self._heard = time.monotonic()
                parts = self._found.pop() if self._found else sockets.recv_parts(self._socket)
                frame = self._take(parts)
                if frame is not None:
                    return frame
            elif time.monotonic() > self._heard + _LOST:
                self._heard = time.monotonic()
                sockets.come_back(self._socket, self.endpoint)
            if time.monotonic() >= deadline and not self._ended:
                raise TimeoutError(
                    f"no frame of {self.topic!r} came from {self.endpoint} within {timeout:g} s; "
                    f"so far {self.summary()}"
                )
        self._ended = False
        raise EndOfStream(f"{self.topic!r} from {self.endpoint} has ended: {self.summary()}")

    def latest(self, timeout: float | None = None) -> np.ndarray:
        """Wait for a frame if there is none, and return the newest that has arrived.

        For a view that should show what is now. Raises what `read` raises. (ZeroMQ's own option
        for this, CONFLATE, keeps one *part* of a message and so cannot be used with frames.)
        """
        frame = self.read(timeout)
        try:
            for _ in range(self._hwm):  # not for ever, however fast they come
                frame = self.read(timeout=0)
                self.skipped += 1
        except TimeoutError:
            pass
        except EndOfStream:
            self._ended = True  # to be told after this frame
        return frame

    def summary(self) -> str:
        """Say in words what has arrived and what has not."""
        words = [f"{self.received} received", f"{self.lost} lost"]
        if self.overtaken:
            why = "" if self.received else f", the last because {self.complaint}"
            words.append(f"{self.overtaken} overtaken{why}")
        if self.restarts:
            times = "once" if self.restarts == 1 else f"{self.restarts} times"
            words.append(f"the publisher started anew {times}")
        if self.refused:
            words.append(f"{self.refused} refused, the last because {self.complaint}")
        return ", ".join(words)

    def why_nothing(self) -> str:
        """Find out why no frame comes: takes some seconds. Returns half a sentence."""
        topics: set[bytes] = set()
        if not self.received:  # what is published there? For a moment, everything is subscribed to
            deadline = time.monotonic() + _LISTEN
            # First the one, then the other: the publisher never counts two subscribers.
            self._socket.unsubscribe(self._wire)
            self._socket.subscribe("")
            wanted = self._wire.encode()
            while not self._found and len(topics) < 5 and (left := deadline - time.monotonic()) > 0:
                if sockets.wait({self._socket: zmq.POLLIN}, left):
                    parts = sockets.recv_parts(self._socket)
                    topics.add(parts[0].bytes[:100])
                    self._found = [parts] if parts[0].bytes == wanted else []  # to be read next
            self._socket.unsubscribe("")
            self._socket.subscribe(self._wire)
        if self._wire.encode() in topics:
            if self.refused:
                return f"what is published there is no frame: {self.complaint}"
            if self.overtaken:
                return f"it publishes, but no frame could be taken: {self.complaint}"
            return "it has just begun to publish"
        if topics:
            return f"what is published there is {', '.join(map(_named, sorted(topics)))}"
        with ThreadPoolExecutor(1) as pool:
            knock = pool.submit(sockets.who_listens, self.endpoint, keys=self.keys, kind=zmq.SUB)
            # Asks meanwhile, in vain: what comes and is no whole message is noticed then.
            while not (knock.done() or sockets.wait({self._socket: zmq.POLLIN}, 0.05)):
                pass
            who = knock.result()
        return who.replace("did not answer", "sends nothing")

    def close(self) -> None:
        """Unsubscribe. Closing twice is safe."""
        self._context.destroy(linger=0)
        self._reader.close()

    def __next__(self) -> np.ndarray:
        try:
            return self.read()
        except EndOfStream:
            raise StopIteration from None
        except TimeoutError as error:
            raise TimeoutError(f"{error}. Now {self.why_nothing()}") from None

    def __exit__(self, *error: object) -> None:
        self.close()

    def _take(self, parts):
        """Return the frame, or None for a message that is none; keep count of either."""
        try:
            topic, header, frame = self._reader.unpack_frame(parts)
            if topic != self._wire:
                raise MessageError(f"its topic is {short(topic)} instead of {self._wire!r}")
        except MessageError as error:  # anybody may be the publisher, now
            overtaken = isinstance(error, Overtaken)  # the next number will show that this is lost
            self.overtaken += overtaken
            self.refused += not overtaken
            self.complaint = str(error)
            return None
        stream = name if isinstance(name := header.get("stream"), str) else None
        if stream is not None and stream == self._over:
            return None  # the end is said until all have left
        self._ended = header.get("end") is True
        self._count(header["sequence"], stream)
        if self._ended:
            self._over, self._away = stream, True
            self._socket.unsubscribe(self._wire)  # by which the publisher knows that we have all
            return None
        self.received += 1
        self.header, self.latency = header, time.time() - header["time"]
        return frame

    def _count(self, sequence, stream):
        """Compare the number that came with the one that should have come next."""
        expected = self._next.get(stream)
        if self.first is None:  # what was sent before is not lost: nobody listened
            if self._ended:
                return
            self.first = expected = sequence
        elif expected is None:
            self.restarts += 1
            expected = 0
        elif sequence < expected and not self._ended:  # nobody knows how many are missing
            self.restarts += 1
            expected = sequence
        if sequence > expected:
            self.lost += sequence - expected
            self.gaps = [*self.gaps[1 - _MOST_GAPS :], (expected, sequence - 1)]
        self._next[stream] = sequence + 1
        if len(self._next) > _MOST_STREAMS:
            del self._next[next(iter(self._next))]


subscribe = Subscription  # what it is called when it is used


def _named(topic):
    text = topic[:40].decode(errors="backslashreplace")
    if topic.endswith(b"/"):
        return repr(text.removesuffix("/"))
    return f"{text!r} (no slash at its end: no stream of this course)"
