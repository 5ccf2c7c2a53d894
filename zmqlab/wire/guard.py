"""Cut off peers that would fill the memory, or take all the room: what libzmq does not bound.

`maxmsgsize` bounds a part, and a high-water mark counts messages that are whole. A message whose
last part never comes grows in libzmq, where nobody sees it. So a thread looks 20 times a second how
much memory this process has. Where much of a peer is unread, and memory has grown since that was
not so by more than a message may take, its connection is shut, if what came by it explains that.
libzmq throws away what was unfinished; an honest peer comes again. While whole messages may wait to
be read, those may take memory, too.

It also shuts connections when there are too many of them: those that have said nothing, first.

Between two looks a peer on this computer sends some 50 MB. Only Linux tells how many bytes came by
a connection (`TCP_INFO`); macOS has connections counted, and on Windows there is no guard. And who
can connect can take part, as a worker or a subscriber: to know them takes keys.
"""

import contextlib
import math
import os
import socket as plain_sockets
import struct
import sys
import threading
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import monotonic

import zmq

from zmqlab.wire import own_memory

with contextlib.suppress(ImportError):  # on Windows; not later: no file may be left to import from
    import fcntl
    import resource
    import termios

MOST_PEERS = 200  # connections of an endpoint: far below the 1,024 files of most systems
_PERIOD, _SOON = 0.05, 0.01  # seconds between two looks, and while memory grows fast
_FAST = 4 << 20  # bytes by which it then grows between two looks
_QUIET = 10.0  # seconds between two lines about who was cut off
_FREED = 1.0  # seconds until libzmq has freed what was unfinished
_GROWN = 32 << 20  # bytes by which memory may grow while a message comes, besides the message
_UNASKED = 512 << 20  # bytes that may be unread of a server while nobody asks for a message
_LITTLE = 64 << 10  # bytes that may always be unread
_PER_BYTE = 40  # an empty part takes 2 bytes on its way, and 64 in memory
_SRCFD = int(zmq.SRCFD)  # "which file descriptor did this part come from?"
_RECEIVED = 128  # where `tcpi_bytes_received` is in Linux's struct tcp_info (since 4.1)


@dataclass
class _Guarded:
    """An endpoint: what may come there, and when somebody last found no whole message."""

    port: int
    bound: bool
    longest: int  # bytes of a part
    waiting: int  # messages that may wait: the socket's high-water mark
    publishes: bool  # its peers speak when they come, and never again
    known: bool  # its peers have keys
    empty: float  # infinite: somebody waits now, or nobody has looked yet


@dataclass(slots=True)
class _Peer:
    """A connection, known by the address at its other end."""

    address: object
    since: float = field(default_factory=monotonic)
    heard: float = 0.0  # when a whole message of it was taken out
    largest: int = 0  # bytes of a message
    read: int = 0  # bytes that were taken out
    came: int = 0  # bytes that have come in
    # As they were when little was unread: what had come, and the least memory since.
    before: int = 0
    memory: float = math.inf
    over: float = math.inf  # since when memory has grown by more than a message may take


_guarded: weakref.WeakKeyDictionary[zmq.Socket, list[_Guarded]] = weakref.WeakKeyDictionary()
_peers: dict[int, _Peer] = {}  # by file descriptor
_begin = threading.Lock()
_freed = -math.inf  # until when memory is freed
_told = -_QUIET
_thread: threading.Thread | None = None


def guard(socket: zmq.Socket, endpoint: str, bound: bool, longest: int, known: bool) -> None:
    """Look after the connections of a socket at a tcp endpoint, which must be one with a port.

    Peers with keys are `known`: only how many they are is bounded.
    """
    global _thread
    kind, _, rest = endpoint.partition("://")
    port = rest.rpartition(":")[2].split(";")[0]
    if kind != "tcp" or not port.isdigit() or sys.platform == "win32":
        return
    type_, waiting = socket.get(zmq.TYPE), int(socket.get(zmq.RCVHWM)) or 1000
    # Messages come before anybody asks for them, where nobody has to ask.
    empty = 0.0 if bound or type_ in (zmq.SUB, zmq.PULL) else math.inf
    publishes = type_ in (zmq.PUB, zmq.XPUB)
    new = _Guarded(int(port), bound, longest, waiting, publishes, known, empty)
    with _begin:
        _guarded.setdefault(socket, []).append(new)
        if _thread is None:
            _thread = threading.Thread(target=_watch, daemon=True, name="zmqlab guard")
            _thread.start()


def found_none(sockets: Iterable[zmq.Socket], when: float) -> None:
    """Note when somebody found no whole message at sockets; infinite: as long as one waits."""
    for socket in sockets:
        for guarded in _guarded.get(socket, ()):
            guarded.empty = when


def took(parts: Sequence[zmq.Frame], size: int) -> None:
    """Note that a message of so many bytes was taken out of a socket."""
    file = file_of(parts[0])
    if file < 0:
        return
    peer = _peers.get(file)
    if peer is None:
        peer = _peers[file] = _Peer(address_of(file))
    peer.heard = monotonic()
    peer.read += size
    if size > peer.largest:
        peer.largest = size


def file_of(part: zmq.Frame) -> int:
    """Return the file descriptor of the connection that a part came by, -1 if by none."""
    try:
        return part.get(_SRCFD)
    except zmq.ZMQError:
        return -1


def address_of(file: int) -> object:
    """Return the address at the other end of a connection, None if it is there no longer."""
    with contextlib.suppress(OSError, ValueError), _borrowed(file) as connection:  # -1
        return connection.getpeername()
    return None


def unsent(file: int) -> int:
    """Return how many bytes wait in the system until the peer takes them; 0 if nobody can tell."""
    with contextlib.suppress(NameError, AttributeError, OSError):
        waiting = fcntl.ioctl(file, termios.TIOCOUTQ, bytes(4))
        return struct.unpack("i", waiting)[0]
    return 0


def cut_off(file: int, why: str) -> None:
    """Shut a connection; an honest peer connects anew."""
    global _told
    with contextlib.suppress(OSError, ValueError), _borrowed(file) as connection:
        peer = connection.getpeername()
        connection.shutdown(plain_sockets.SHUT_RDWR)
        _throw_away(connection)
        if monotonic() > _told + _QUIET:
            _told = monotonic()
            print(f"cut off {peer[0]}:{peer[1]}: {why}", file=sys.stderr, flush=True)


def _throw_away(connection):
    """Take what libzmq would still read: of a system's buffer full of empty parts, 200 MB."""
    with contextlib.suppress(OSError):  # it is empty
        for _ in range(16):  # nor for ever, should more come
            if not connection.recv(1 << 20, plain_sockets.MSG_DONTWAIT):
                break


@contextlib.contextmanager
def _borrowed(file):
    """Give a Python socket of a file descriptor that is libzmq's and remains so."""
    connection = plain_sockets.socket(fileno=file)
    try:
        yield connection
    finally:
        connection.detach()


def _watch():
    nap, period, before = threading.Event(), _PERIOD, math.inf
    while not nap.wait(period):
        memory = _look()
        period, before = _SOON if memory > before + _FAST else _PERIOD, memory


def _look():
    """Shut connections that take too much memory or room; return how much this process has."""
    if monotonic() < _freed:
        own_memory.give_back()
    with _begin:
        guarded = [endpoint for several in _guarded.values() for endpoint in several]
    bound = {endpoint.port: endpoint for endpoint in guarded if endpoint.bound}
    # Of several sockets that have connected to a port nobody knows whose a connection is.
    connected = {endpoint.port: endpoint for endpoint in guarded if not endpoint.bound}
    files: dict[int, list[int]] = {port: [] for port in bound}
    memory, known = own_memory.held(), set()
    for file in _files() if guarded else ():
        with contextlib.suppress(OSError), _borrowed(file) as connection:
            if connection.family not in (plain_sockets.AF_INET, plain_sockets.AF_INET6):
                continue
            here, address = connection.getsockname()[1], connection.getpeername()
            endpoint = bound.get(here) or connected.get(address[1])
            if endpoint is None:
                continue
            if file not in _peers or _peers[file].address != address:
                _peers[file] = _Peer(address)
            known.add(file)
            if here in bound:
                files[here].append(file)
            if not endpoint.known:
                _judge(file, _peers[file], endpoint, _received(connection), memory)
    for file in _peers.keys() - known:
        _peers.pop(file, None)
    for port, there in files.items():
        _thin_out(there, bound[port].publishes)
    return memory


def _judge(file, peer, endpoint, came, memory):
    """Cut off a peer whose unfinished message takes too much memory."""
    global _freed
    peer.came = came
    heartbeats = 100 * (monotonic() - peer.since)  # are never taken out
    if came - peer.read <= _LITTLE + heartbeats:
        peer.before, peer.memory = came, memory
    peer.memory = min(peer.memory, memory)  # what others had sent is freed now
    grown = memory - peer.memory - endpoint.longest
    if not _GROWN < grown < _PER_BYTE * (came - peer.before):
        peer.over = math.inf
        return
    peer.over = min(peer.over, monotonic())
    whole = endpoint.waiting * min(peer.largest, endpoint.longest)
    if not (endpoint.bound or peer.largest):
        whole = _UNASKED  # of a server that we chose, and that nobody has read yet
    # Once somebody has asked in vain, what has come is no whole message.
    if endpoint.empty > peer.over or grown > max(_GROWN, whole):
        cut_off(file, f"{grown / 1e6:.1f} MB of it make no whole message that fits here")
        _freed = monotonic() + _FREED


def _files():
    """Return the file descriptors of this process, or all that there could be."""
    try:
        return list(map(int, os.listdir("/dev/fd")))
    except OSError:  # none is left to list the others with
        return range(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _thin_out(files, publishes):
    """Leave room for who comes: shut those that never spoke, then those silent for longest."""

    def worth(file):
        peer = _peers[file]
        if not peer.heard:  # who has just come may have said something that waits
            return monotonic() - peer.since < 2 * _PERIOD, peer.since
        return 2, -peer.since if publishes else peer.heard

    for file in sorted(files, key=worth)[: max(0, len(files) - MOST_PEERS)]:
        cut_off(file, f"there are more than {MOST_PEERS} connections")


def _received(connection):
    """Return how many bytes have come by a connection; 0 where nobody can tell."""
    if not hasattr(plain_sockets, "TCP_INFO"):
        return 0
    info = connection.getsockopt(plain_sockets.IPPROTO_TCP, plain_sockets.TCP_INFO, 200)
    return struct.unpack_from("Q", info, _RECEIVED)[0] if len(info) >= _RECEIVED + 8 else 0
