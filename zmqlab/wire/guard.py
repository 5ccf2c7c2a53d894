"""Cut off peers that would fill the memory, or take all the room: what libzmq does not bound.

`maxmsgsize` bounds a part, and a high-water mark counts messages that are whole. A message whose
last part never comes grows in libzmq, where nobody sees it, and one of a million parts is handed
over only when it has all of them. So a thread compares, for each connection, how many bytes have
come in with how many the program has taken out (`took`), 20 times a second and, while memory
grows, 100 times. It shuts connections of which too much is left. libzmq throws away what was
unfinished; an honest peer comes again.

It also shuts connections when there are too many of them: those that have said nothing, first.

How large a frame is that has not been read yet, nobody knows: of a publisher that a program has
subscribed to and does not read, 512 MiB may be unread. Once it asks in vain, what is there is no
whole message.

A part without content takes 2 bytes on its way and 64 in memory, and nobody can count parts that
are not whole messages yet: where frames are awaited, of which 64 MiB may be unread, that would be
2 GB. So a connection is shut, too, when the memory of this process has grown by far more than all
that came in since this peer began a message without an end: 64 MiB more, 1 GiB while nobody asks.

What it cannot do: between two looks, a peer on this computer sends some 50 MB, or a million empty
parts. If they are whole messages, these stay until they are read, though their peer was cut off;
who comes again adds as many. Parts of a dozen bytes take four times their size: 300 MB at most.
Two hundred peers, each with the little that it may have unread of a request, take 400 MB. Only
Linux tells how many bytes have come in (`TCP_INFO`); macOS has connections counted, and on Windows
there is no guard. Whoever subscribes, leaves, and comes again hundreds of times a second slows a
publisher down: libzmq looks through all topics each time. And who can connect can take part, as a
worker or a subscriber: to know them takes keys.
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

_PERIOD = 0.05  # seconds between two looks
_SOON = 0.01  # the same, while memory grows fast
_FAST = 4 << 20  # bytes by which it then grows between two looks
_QUIET = 10.0  # seconds between two lines about who was cut off
_SRCFD = int(zmq.SRCFD)  # "which file descriptor did this part come from?"
_RECEIVED = 128  # where `tcpi_bytes_received` is in Linux's struct tcp_info (since 4.1)
_SPARE = 256 * 1024  # bytes that may be unread, beside the messages that may wait
_NEWS = 4 * 1024  # the same, of subscriptions
_LITTLE = 64 * 1024  # bytes that are never too many
_GROWN = 64 << 20  # bytes by which memory may grow while a message comes, besides ..
_PER_BYTE = 4  # .. so many for each byte that came in
_MOST_PER_BYTE = 40  # more than that is of something else: an empty part takes 64, of 2 that come
_FREED = 1.0  # seconds until libzmq has freed what was unfinished
_MOST_UNASKED = 512 << 20  # bytes that may be unread of a server while nobody asks for a message
MOST_PEERS = 200  # connections of an endpoint: far below the 1,024 files of most systems


@dataclass
class _Guarded:
    """An endpoint: how much a peer may have unread there, and how many peers there may be."""

    port: int
    bound: bool
    longest: int  # bytes of a part
    waiting: int  # messages that may wait: the socket's high-water mark
    speaks_first: bool  # whether peers only speak when they come: subscribers
    # When somebody last found no whole message. Infinite: one waits now, or none has looked yet.
    empty: float = math.inf


@dataclass(slots=True)
class _Peer:
    """A connection, known by the address at its other end."""

    address: object
    read: int = 0  # bytes that were taken out
    came: int = 0  # bytes that have come in
    passed_over: int = 0  # bytes that were taken out and counted too high
    largest: int = 0  # bytes of a message
    since: float = field(default_factory=monotonic)
    heard: float = 0.0  # when it was seen that something was taken out
    had: int = 0  # what was taken out by then
    over: float = math.inf  # since when too much is unread
    swells: int = 0  # how many looks in turn have found that memory grows too much
    calm: tuple[float, float, int] = 0.0, 0, 0  # when little was: time, memory, all that had come


_guarded: weakref.WeakKeyDictionary[zmq.Socket, list[_Guarded]] = weakref.WeakKeyDictionary()
_peers: dict[int, _Peer] = {}  # by file descriptor
_begin = threading.Lock()
_freed = -math.inf  # until when memory is freed
_all_came = 0  # bytes that have come in, by all connections
_told = -_QUIET
_thread: threading.Thread | None = None


def guard(socket: zmq.Socket, endpoint: str, bound: bool, longest: int) -> None:
    """Look after the connections of a socket at a tcp endpoint, which must be one with a port."""
    global _thread
    kind, _, rest = endpoint.partition("://")
    port = rest.rpartition(":")[2].split(";")[0]
    if kind != "tcp" or not port.isdigit() or sys.platform == "win32":
        return
    publishes = socket.get(zmq.TYPE) in (zmq.PUB, zmq.XPUB)
    new = _Guarded(int(port), bound, longest, int(socket.get(zmq.RCVHWM)) or 1000, publishes)
    if bound or socket.get(zmq.TYPE) in (zmq.SUB, zmq.PULL):
        new.empty = 0.0  # messages come before anybody asks for them
    with _begin:
        _guarded.setdefault(socket, []).append(new)
        if _thread is None:
            _thread = threading.Thread(target=_watch, daemon=True, name="zmqlab guard")
            _thread.start()


def found_none(sockets: Iterable[zmq.Socket], when: float) -> None:
    """Note when somebody found no whole message at sockets; infinite: as long as one waits."""
    for socket in sockets:
        for each in _guarded.get(socket, ()):
            each.empty = when


def took(parts: Sequence[zmq.Frame], size: int) -> None:
    """Note that so many bytes, those of these parts or more, were taken out of a socket."""
    try:
        file = parts[0].get(_SRCFD)
    except zmq.ZMQError:  # by no connection
        return
    peer = _peers.get(file)
    if peer is None:
        peer = _peers[file] = _Peer(address_of(file))
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
    """Look at each connection once; return how many bytes this process has."""
    global _all_came
    if monotonic() < _freed:
        own_memory.give_back()
    with _begin:
        guarded = [each for several in _guarded.values() for each in several]
    bound = {each.port: each for each in guarded if each.bound}
    connected: dict[int, list[_Guarded]] = {}
    for each in guarded:
        if not each.bound:
            connected.setdefault(each.port, []).append(each)
    there: dict[int, list[int]] = {}
    judged, memory = [], own_memory.held()
    for file in _files() if guarded else ():
        with contextlib.suppress(OSError), _borrowed(file) as connection:
            if connection.family not in (plain_sockets.AF_INET, plain_sockets.AF_INET6):
                continue
            ours, peer = connection.getsockname(), connection.getpeername()
            here = ours[1]
            # Of several sockets that have connected there nobody knows whose this connection is.
            limits = [bound[here]] if here in bound else connected.get(peer[1])
            if not limits:
                continue
            came = _received(connection)
            known = _peers.get(file)
            if known is None or known.address != peer:
                known = _peers[file] = _Peer(peer)
            if here in bound:
                there.setdefault(here, []).append(file)
            _all_came += came - known.came
            known.came = came
            unread = came + known.passed_over - known.read
            known.passed_over -= min(0, unread)
            judged.append((file, known, limits, unread))
    for each in judged:  # now that all is known that came
        _judge(*each, memory)
    for file in _peers.keys() - {file for file, *_ in judged}:
        _peers.pop(file, None)
    for port, files in there.items():
        _thin_out(files, bound[port].speaks_first)
    return memory


def _judge(file, peer, limits, unread, memory):
    """Cut off a peer of whom too much is unread."""
    global _freed
    if peer.read != peer.had or unread <= _LITTLE or not peer.calm[0]:
        peer.calm = monotonic(), memory, _all_came
    elif memory < peer.calm[1]:  # what others had sent is freed now
        peer.calm = peer.calm[0], memory, peer.calm[2]
    if peer.read != peer.had:
        peer.had, peer.heard = peer.read, monotonic()
    # Twice: of a frame that is half here at one look, while something else takes memory.
    peer.swells = peer.swells + 1 if _swells(peer, limits, memory) else 0
    if peer.swells > 1:
        cut_off(file, "a message of it has more parts than memory has room for")
        _freed = monotonic() + _FREED
    elif unread <= max(_allowed(peer, each) for each in limits):
        peer.over = math.inf
    else:
        peer.over = min(peer.over, monotonic())
        # Of a server that we chose, it may be whole messages that nobody has asked for yet.
        asked = limits[0].bound or min(each.empty for each in limits) > peer.over
        if asked or unread > _MOST_UNASKED:
            cut_off(file, f"{unread / 1e6:.1f} MB of it make no whole message that fits here")


def _swells(peer, limits, memory):
    """Tell whether memory grows too much while a peer sends what is no whole message.

    That is certain once somebody asks in vain. A stranger who comes here need not be waited for.
    """
    when, before, came = peer.calm
    stranger = limits[0].bound and not peer.read
    sure = stranger or min(each.empty for each in limits) > when
    most = _GROWN if sure else 2 * _MOST_UNASKED
    came = _all_came - came
    return most + _PER_BYTE * came < memory - before < most + _MOST_PER_BYTE * came


def _files():
    """Return the file descriptors of this process, or all that there could be."""
    try:
        return list(map(int, os.listdir("/dev/fd")))
    except OSError:  # none is left to list the others with
        return range(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def _allowed(peer, limits):
    """Return how many bytes may be unread: heartbeats, for one, are never taken out."""
    # Not more for one that has sent what is too large, and was refused.
    largest = min(peer.largest, 4 * limits.longest)
    waiting = limits.longest + limits.waiting * largest + _SPARE
    if limits.speaks_first:
        waiting = _NEWS
    return waiting + peer.read // 8 + 100 * (monotonic() - peer.since)


def _thin_out(files, speak_first):
    """Leave room for who comes: shut those that never spoke, then those silent for longest."""
    if len(files) > MOST_PEERS:

        def worth(file):
            peer = _peers[file]
            if not peer.heard:  # what it said waits to be taken out, if it said something
                return monotonic() - peer.since < 2 * _PERIOD, peer.came, peer.since
            return 2, -peer.since if speak_first else peer.heard, 0

        for file in sorted(files, key=worth)[: len(files) - MOST_PEERS]:
            cut_off(file, f"there are more than {MOST_PEERS} connections")


def _received(connection):
    """Return how many bytes have come in and were read by libzmq; 0 where nobody can tell."""
    if not hasattr(plain_sockets, "TCP_INFO"):
        return 0
    info = connection.getsockopt(plain_sockets.IPPROTO_TCP, plain_sockets.TCP_INFO, 200)
    if len(info) < _RECEIVED + 8:
        return 0
    queued = fcntl.ioctl(connection.fileno(), termios.FIONREAD, bytes(4))
    return struct.unpack_from("Q", info, _RECEIVED)[0] - struct.unpack("i", queued)[0]
