"""The sender of a stream: numbers its frames, counts its subscribers, says when it ends."""

import contextlib
import secrets
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import zmq

from zmqlab.patterns.stream import WAITING_TO_BE_SENT, wire_topic
from zmqlab.patterns.subscribers import Subscriptions
from zmqlab.wire import guard, sockets
from zmqlab.wire.interrupts import whole
from zmqlab.wire.messages import pack_frame
from zmqlab.wire.shared import FrameRing, RingFull
from zmqlab.wire.text import ArgumentError

_TRY = 0.2  # seconds: what waits for longer lets others have their turn so often
_GOODBYE = 30  # seconds for slow subscribers to take the last frames, when a stream has ended
_HASTE = 1  # at most, for what is on its way, when it was cut off by Ctrl-C or an error
_MOST_NEWS = 1000  # subscriptions looked at between two frames: a flood must not stop the camera


class Publisher(contextlib.AbstractContextManager["Publisher"]):
    """Send frames to whoever has subscribed.

    ::

        with Publisher(topic="spectrum") as publisher:
            for frame in frames:
                publisher.send(frame)

    The end of the ``with`` tells the subscribers that no frame follows, and gives those that are
    behind half a minute to take the frames that wait for them.

    Parameters
    ----------
    bind, topic, keys
        As for `zmqlab.camera_publisher`.
    hwm, drop
        As there. More frames may wait at the subscriber (it has a mark of its own), and in the
        system's buffers between the two. `drop` is the opposite of ZeroMQ's XPUB_NODROP.
    shared
        As there. No more frames than that wait, whatever `hwm` says. A frame for which no slot is
        free is not sent, and all subscribers miss it.

    Attributes
    ----------
    endpoint : str
        Where it is bound; what subscribers connect to.
    sequence : int
        The number of the next frame, which is also that of the frames given to `send` so far.
    subscribers : int
        How many the frames go to, by the subscriptions that came and went: see `look`.
    """

    def __init__(
        self,
        bind: str = "tcp://127.0.0.1:*",
        topic: str = "camera",
        *,
        hwm: int = WAITING_TO_BE_SENT,
        drop: bool = True,
        shared: int | None = None,
        keys: str | Path | None = None,
    ) -> None:
        self.topic, self._wire = topic, wire_topic(topic)
        self._stream = secrets.token_hex(4)
        self.sequence = self.subscribers = 0
        self._named = self._left = 0  # subscribers to this very topic; those who have left
        self._subscriptions = Subscriptions()
        sockets.check_count(hwm=hwm)
        if shared is not None:
            sockets.check_count(shared=shared)
            if not drop:
                raise ArgumentError(
                    "drop=False and shared memory exclude each other: its writer waits for nobody"
                )
        self._ring = None if shared is None else FrameRing(shared)
        self._pack = self._ring.pack_frame if self._ring else pack_frame
        self._context = zmq.Context()
        try:
            with whole:  # a Ctrl-C in here would leave a socket that nobody can close
                self._socket = socket = self._context.socket(zmq.XPUB)
            # Without it XPUB tells of the first subscription to a topic and of the end of the
            # last one only: three subscribers would be one message.
            socket.xpub_verboser = True
            socket.xpub_nodrop = not drop
            socket.sndhwm = hwm
            socket.sndtimeo = int(1000 * _TRY)
            socket.linger = int(1000 * _HASTE)
            self.endpoint = sockets.bind(socket, bind, sockets.TOPIC, keys)
        except BaseException:
            self._context.destroy(linger=0)
            raise

    def look(self) -> int:
        """See which subscriptions came and went; return how many there are now."""
        with whole:  # pyzmq may lose a Ctrl-C that comes while it raises Again
            for _ in range(_MOST_NEWS):
                try:
                    news = self._socket.recv(zmq.NOBLOCK, copy=False)
                except zmq.Again:
                    guard.look([self._socket])
                    break
                change, topic = self._subscriptions.hear(news)
                if change and self._wire.encode().startswith(topic):
                    self.subscribers += change
                    self._named += change if topic else 0
                    self._left += change < 0
        return self.subscribers

    def wait_for(self, count: int, timeout: float = 60.0) -> None:
        """Wait until there are `count` subscribers. They get every frame that is sent from now on.

        A frame sent before a subscription has arrived does not go to that subscriber, and only the
        publisher can see it arrive. (Whoever subscribes to everything may only be looking: nobody
        waits for them.) TimeoutError, if there are fewer after `timeout` seconds.
        """
        deadline = monotonic() + timeout
        self.look()
        while self._named < count:
            if (left := deadline - monotonic()) < 0:
                raise TimeoutError(
                    f"of {count} subscribers to {self.topic!r} at {self.endpoint} "
                    f"{self._named or 'none'} came"
                )
            sockets.wait({self._socket: zmq.POLLIN}, left)
            self.look()

    def send(
        self, frame: np.ndarray, time: float | None = None, timeout: float = 10.0, **extra: Any
    ) -> None:
        """Send the next frame; `frame`, `time` and further keys are those of `zmqlab.send_frame`.

        Do not write to it afterwards: it is sent from where it is. (With shared memory it is
        copied there, and is yours again.) Where no subscriber is to miss a frame, and one still
        has no room for it after `timeout` seconds, this raises TimeoutError. The frame was sent to
        none of them then, and may be sent again.
        """
        self.look()
        extra["stream"] = self._stream
        try:
            parts = self._pack(frame, self._wire, sequence=self.sequence, time=time, **extra)
        except RingFull:
            parts = None  # subscribers see by the number that one is missing
        self.sequence += 1  # before it is sent: a Ctrl-C is raised when it has been
        # Not with `send_parts`, which polls: a poll finds an XPUB socket ready at any time. Only
        # a `send` that blocks waits for room.
        deadline = monotonic() + timeout
        while parts:
            with contextlib.suppress(zmq.Again):
                return sockets.send_each(self._socket, parts)
            if monotonic() > deadline:
                self.sequence -= 1
                raise TimeoutError(
                    f"of {self.look()} subscribers to {self.topic!r} at {self.endpoint} one takes "
                    "no frame any more: this one was sent to none of them"
                )

    def let_go_of_the_slow(self) -> bool:
        """Disconnect subscribers that take no frame; False if there are none, or no others."""
        return self._subscriptions.let_go_of_the_slow(self._wire.encode())

    def close(self, timeout: float = _GOODBYE) -> None:
        """Say that no frame follows until all subscribers have heard it, and have left.

        After `timeout` seconds those that are behind miss the rest. Closing twice is safe.
        """
        if self._context.closed:
            return
        deadline = monotonic() + timeout
        there = self.look() + self._left
        nothing = np.empty(0, np.uint8)
        end = pack_frame(nothing, self._wire, self.sequence, stream=self._stream, end=True)
        while True:  # more than once: it is dropped like a frame where there is no room
            with contextlib.suppress(zmq.Again):
                sockets.send_each(self._socket, end)
            left = deadline - monotonic()
            if left < 0 or self._left >= there:
                break
            sockets.wait({self._socket: zmq.POLLIN}, min(left, _TRY))
            self.look()
        self._context.destroy(linger=int(1000 * _HASTE))
        if self._ring:
            self._ring.close()

    def __exit__(self, kind: object, *error: object) -> None:
        self.close(0 if kind else _GOODBYE)
