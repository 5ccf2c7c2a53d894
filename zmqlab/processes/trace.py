"""The trace of a process: when which part of a message passed through which of its sockets.

Times are those of `time.perf_counter`, which is one clock for all processes of a computer.

A trace is bounded, and so is what it costs: after `MOST` parts it pauses until the next fifth of a
second of that clock begins. All processes begin again together, so that both ends of a message are
noted. The reporter takes what was noted a few times a second and sends it as the last part of its
report, one after the other::

    8 bytes   time in seconds, floating point
    4 bytes   number of the socket
    1 byte    1: more parts follow, 2: sent (otherwise received), or the sum
    8 bytes   number of the part among all that passed this way through this socket, from 1
    8 bytes   its size in bytes
    1 byte    n
    n bytes   its beginning and its end, or all of it if it is short

All numbers are in the byte order of this computer. What is not noted is seen by its numbers, which
leave a gap.
"""

import math
import struct
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from zmqlab.processes.records import SENT, bytes_of

SLOT = 0.2  # seconds of the common clock
MOST = 4_000  # parts noted in each of them
MOST_WAITING = 6_000  # parts for the next report, should it be late; it can carry so many
MOST_KEPT, MOST_STORIES = 2**20, 1_000  # bytes of a trace, and sockets, where it is read
BEGINNING, END = 96, 32  # bytes noted of a part
SHORT = BEGINNING + END  # bytes of one that is noted as a whole
FOLLOWED = 1
_HEAD = struct.Struct("=dIBQQB")


class Trace:
    """What a process notes of the parts that pass.

    Attributes
    ----------
    on : bool
    opens : float
        The time from when on parts are noted: infinite while it is off.
    """

    __slots__ = ("_ends", "_noted", "_room", "on", "opens")

    def __init__(self) -> None:
        self.on, self.opens = False, math.inf
        self._noted: deque[tuple] = deque(maxlen=MOST_WAITING)
        self._ends, self._room = 0.0, MOST  # of this slot

    def begin(self) -> None:
        """Note what passes from now on."""
        self.on, self.opens = True, 0.0

    def note(self, now: float, tally: Any, part: Any, more: bool) -> None:
        """Note a part that has just been counted by a `zmqlab.processes.records.Tally`."""
        if now >= self._ends:
            self._ends, self._room = (now // SLOT + 1) * SLOT, MOST
        if self._room <= 0:
            self.opens = self._ends
            return
        self._room -= 1
        if type(part) is bytes:  # without a view, which costs more than all the rest
            digest = part if len(part) <= SHORT else part[:BEGINNING] + part[-END:]
            self._noted.append((now, tally, more, tally.parts, len(part), digest))
        else:
            self._noted.append((now, tally, more, tally.parts, *_digest(part)))

    def take(self) -> bytes:
        """Return what was noted and not taken yet, as drawn above: b"" if nothing was."""
        taken = [self._noted.popleft() for _ in range(len(self._noted))]
        pack = _HEAD.pack  # the learner's own threads wait meanwhile
        return b"".join(
            [
                pack(now, tally.number, more + tally.kind, number, size, len(digest)) + digest
                for now, tally, more, number, size, digest in taken
            ]
        )


def _digest(part):
    """Return the size of a part, and its beginning and end."""
    data = bytes_of(part)
    if not len(data) and getattr(part, "nbytes", 0):  # an array that is not flat: a copy is
        data = bytes_of(part.tobytes("A"))
    if len(data) <= SHORT:
        return len(data), bytes(data)
    return len(data), bytes(data[:BEGINNING]) + bytes(data[-END:])


class Noted:
    """What a process has sent of its trace: the last of it, packed until somebody asks.

    Attributes
    ----------
    stories : dict
        Of each socket, by its number as text, what `zmqlab.processes.report_sender` draws.
    pieces : deque of (float, bytes)
        When they came, and what `Trace.take` returned over there; at most `MOST_KEPT` bytes.
    asked, answered : int
        How many reports it was asked for, and how many of these have come.
    until : float
        Up to which time all is known.
    ended : float or None
        When the process did.
    """

    def __init__(self) -> None:
        self.stories: dict[str, dict] = {}
        self.pieces: deque[tuple[float, bytes]] = deque()
        self.asked = self.answered = self._kept = 0
        self.until = 0.0
        self.ended: float | None = None

    def add(self, report: dict, piece: bytes) -> None:
        """Take in a report, and the piece of the trace that came with it."""
        self.answered, self.until = report.get("asked", 0), report.get("time", 0.0)
        # A new dict: somebody may be reading the old one.
        stories = self.stories | report.get("stories", {})
        self.stories = dict(list(stories.items())[-MOST_STORIES:])
        if piece:
            self.pieces.append((now(), piece))
            self._kept += len(piece)
        while self._kept > MOST_KEPT:
            self._kept -= len(self.pieces.popleft()[1])

    def parts(self, since: float = 0.0) -> Iterator["Part"]:
        """Yield what was noted since a time, and perhaps some before."""
        for came, piece in list(self.pieces):
            if came >= since:
                yield from unpack(piece)


class Part(NamedTuple):
    """One part of a message at one end, as it was noted."""

    time: float
    socket: int
    sent: bool
    more: bool
    number: int
    size: int
    digest: bytes


def unpack(piece: bytes) -> Iterator[Part]:
    """Yield the parts of what `Trace.take` returned; what is cut off is left out."""
    at, end = 0, len(piece)
    while at + _HEAD.size <= end:
        now, socket, kind, number, size, length = _HEAD.unpack_from(piece, at)
        at += _HEAD.size + length
        if at <= end:
            sent, more = bool(kind & SENT), bool(kind & FOLLOWED)
            yield Part(now, socket, sent, more, number, size, piece[at - length : at])


def now() -> float:
    """Return the time of the clock that all traces share."""
    return time.perf_counter()
