"""Bound what peers can make libzmq hold: messages without end, and connections without number.

`maxmsgsize` bounds a part, and a high-water mark counts messages that are whole. A message whose
last part never comes grows in libzmq, and no queue counts it. So while a role waits and no whole
message comes, it looks 20 times a second whether its process has grown by more than a message may
take, or has hardly a file left. Then its sockets leave their endpoints and take them again: libzmq
drops what is unfinished with the connections, and honest peers connect anew.
"""

import contextlib
import ctypes
import math
import sys
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic

import zmq

_PERIOD = 0.05  # seconds between two looks
_GROWN = 100 << 20  # bytes by which a role may grow while it waits, besides a message
_FILES = 0.75  # of the files that a process may open
_FREEING = 2.0  # seconds until libzmq has freed what was unfinished


@dataclass
class _Guarded:
    """Where a socket is bound and connected, when to look at it again, and alarms it has heard."""

    endpoints: list[tuple[str, bool]] = field(default_factory=list)
    due: float = 0.0
    alarms: int = 0


_guarded: weakref.WeakKeyDictionary[zmq.Socket, _Guarded] = weakref.WeakKeyDictionary()
_longest = _alarms = 0  # bytes of a part that may come; how often too much was held
_least = math.inf  # bytes of this process: the fewest since a whole message came
_freed = 0.0  # until when memory is freed


def guard(socket: zmq.Socket, endpoint: str, bound: bool, longest: int) -> None:
    """Note that a socket has a tcp endpoint where parts of `longest` bytes may come."""
    global _longest
    if endpoint.startswith("tcp://"):
        guarded = _guarded.setdefault(socket, _Guarded(alarms=_alarms))
        guarded.endpoints.append((endpoint, bound))
        _longest = max(_longest, longest)


def message_came() -> None:
    """Note that a whole message came: what has grown so far may be its due."""
    global _least
    _least = math.inf


def look(sockets: Iterable[zmq.Socket]) -> None:
    """Cut off the peers of sockets at which no whole message waits, if too much is held."""
    for socket in sockets:
        guarded = _guarded.get(socket)
        if guarded and monotonic() > guarded.due:
            guarded.due = monotonic() + _PERIOD
            _measure()
            if guarded.alarms < _alarms and not socket.poll(0):
                _cut_off(socket, guarded)


def _cut_off(socket, guarded):
    guarded.alarms = _alarms
    for endpoint, bound in guarded.endpoints:
        if bound:
            socket.unbind(endpoint)
            _bind_again(socket, endpoint)
        else:
            socket.disconnect(endpoint)
            socket.connect(endpoint)


def _bind_again(socket, endpoint):
    deadline = monotonic() + _FREEING
    while True:  # libzmq closes the listening socket a moment later, in a thread of its own
        try:
            return socket.bind(endpoint)
        except zmq.ZMQError as error:
            if error.errno != zmq.EADDRINUSE or monotonic() > deadline:
                raise


def _measure():
    """Raise the alarm if this process holds more than it should."""
    global _least, _alarms, _freed
    memory, files = _held()
    if monotonic() < _freed:  # else what libzmq has freed would hide how much is taken next
        _give_back()
    _least = min(_least, memory)
    grown, too_many = memory - _least, files > _FILES and monotonic() > _freed
    if too_many or grown > _GROWN + _longest:
        why = "hardly a file is left" if too_many else f"{grown / 1e6:.0f} MB make no whole message"
        print(f"cut off all peers, which may connect again: {why}", file=sys.stderr, flush=True)
        _alarms, _freed, _least = _alarms + 1, monotonic() + _FREEING, math.inf


def _held():
    """Return the bytes that this process has for itself alone, and what part of its files."""
    import psutil

    try:
        process = psutil.Process()
        memory = process.memory_info()
        most = process.rlimit(psutil.RLIMIT_NOFILE)[0] if hasattr(process, "rlimit") else math.inf
        files = process.num_fds() / most if hasattr(process, "num_fds") else 0.0
    except (OSError, psutil.Error):  # no file is left to look with
        return math.inf, 1.0
    return memory.rss - getattr(memory, "shared", 0), files


def _give_back():
    """Give freed memory back to the system, where the C library can."""
    with contextlib.suppress(AttributeError, OSError, TypeError):  # TypeError: on Windows
        ctypes.CDLL(None).malloc_trim(0)
