"""Bind, connect, wait, send and receive, with errors that say what to do.

pyzmq says `Invalid argument`; these say which argument, why, and what to write instead. They take
any pyzmq socket and add nothing to it.

A message arrives whole or not at all, so only its first part has to be waited for. The same holds
for sending: there is room for a whole message or for none of its parts.
"""

import errno
import socket as plain_sockets
from collections.abc import Sequence
from contextlib import suppress
from math import ceil
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import zmq
from zmq import zmq_poll  # what `Socket.poll` calls, without its detours

from zmqlab.wire.guard import guard, look, message_came
from zmqlab.wire.interrupts import whole
from zmqlab.wire.keys import HANDSHAKE, SEALED, check_open, connect_with, given, refused, serve_with
from zmqlab.wire.text import ArgumentError

# As plain numbers: pyzmq's own are members of enums, which take their time.
_NOBLOCK, _SNDMORE = int(zmq.NOBLOCK), int(zmq.SNDMORE)
_POLLIN, _POLLOUT = int(zmq.POLLIN), int(zmq.POLLOUT)
_SLICE = 0.05  # seconds between two looks of the guard; on Windows Ctrl-C is noticed only then
_GREETING = b"\xff"  # the first byte that a ZeroMQ socket says to whoever connects by tcp

# Bytes of a part, the longest that is taken; who sends a longer one is disconnected.
TOPIC, REQUEST, FRAME = 100, 64 << 10, 64 << 20
_NEWS = 4  # subscriptions of a connection that libzmq takes in before somebody looks at them
_HANDSHAKE = 5000  # milliseconds for a peer to say who it is

# Of each host: one with two network cards may answer with either, now this one and then the other.
_addresses: dict[str | None, set[Any]] = {}

_EXAMPLE = "An endpoint looks like tcp://127.0.0.1:5555"
_NO_SUCH_ADDRESS = (
    "this computer has no such address. 127.0.0.1 serves programs on this computer only, "
    "0.0.0.0 every network it is in"
)
_BIND_REMEDIES = {
    errno.EINVAL: f"{_EXAMPLE}; tcp://127.0.0.1:* takes any free port",
    errno.EPROTONOSUPPORT: f"there is no such protocol here. {_EXAMPLE}",
    errno.EACCES: "the system does not allow it: ports below 1024 are the administrator's, "
    "and Windows reserves some more. Take another port",
    errno.ENODEV: _NO_SUCH_ADDRESS,
    zmq.EADDRNOTAVAIL: _NO_SUCH_ADDRESS,
    zmq.EADDRINUSE: "the port is taken, perhaps by a server that you started earlier. "
    "Stop that one, or bind tcp://127.0.0.1:* for any free port",
}


def bind(
    socket: zmq.Socket, endpoint: str, longest: int = REQUEST, keys: str | Path | None = None
) -> str:
    """Bind a socket to an endpoint such as ``tcp://127.0.0.1:*``, which is any free port.

    Whoever connects may send parts of `longest` bytes, must say who it is within seconds, and is
    looked after by `zmqlab.wire.guard`: set a high-water mark before, not after. `keys` is a folder
    as `zmqlab.wire.keys` describes it: then only its clients can connect. Or it is "none": without
    one of the two, only programs on this computer can be let in.

    Returns the endpoint with its port as a number: what others connect to. Where it cannot be
    bound, this raises zmq.ZMQError with pyzmq's `errno` and a text that says what to do, or
    KeysError.
    """
    check_open(endpoint, keys)
    socket.maxmsgsize, socket.handshake_ivl = longest, _HANDSHAKE
    if folder := given(keys):
        serve_with(socket, folder)
        socket.maxmsgsize = max(longest + SEALED, HANDSHAKE)
    if socket.type == zmq.XPUB:
        socket.rcvhwm = _NEWS
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        remedy = _BIND_REMEDIES.get(error.errno or 0, error.strerror)
        raise zmq.ZMQError(error.errno, f"cannot bind {endpoint!r}: {remedy}") from None
    guard(socket, endpoint_of(socket), True, socket.maxmsgsize)
    return endpoint_of(socket)


def connect(
    socket: zmq.Socket, endpoint: str, longest: int = FRAME, keys: str | Path | None = None
) -> None:
    """Connect a socket; the other side may be bound later. All else as for `bind`.

    With `keys`, it connects only to the owner of their ``server.key``.
    """
    socket.maxmsgsize = longest + SEALED
    if folder := given(keys):
        connect_with(socket, folder)
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        remedy = error.strerror
        if endpoint.startswith("tcp://*"):
            here = endpoint.replace("*", "127.0.0.1", 1)
            remedy = (
                f"`*` stands for every address of a computer, which only bind understands. Write "
                f"{here} for a server on this computer, or the address of the computer it runs on"
            )
        elif endpoint.endswith(":*"):
            remedy = "`:*` takes a free port, which only bind can do. Write the port that bind took"
        elif error.errno in (errno.EINVAL, errno.EPROTONOSUPPORT):
            remedy = _EXAMPLE
        raise zmq.ZMQError(error.errno, f"cannot connect to {endpoint!r}: {remedy}") from None
    guard(socket, endpoint, False, socket.maxmsgsize)


def come_back(socket: zmq.Socket, endpoint: str) -> None:
    """Connect anew where libzmq has given up.

    After a part that is too long, or bytes that are not ZeroMQ's, a socket never tries again. This
    does nothing while this process has any connection to that host and port, or one under way.
    """
    import psutil

    parts = urlsplit(endpoint)
    if parts.scheme != "tcp":
        return
    known = _addresses.setdefault(parts.hostname, set())
    with suppress(psutil.Error):
        peers = (each.raddr for each in psutil.Process().net_connections("tcp") if each.raddr)
        there = {address for address, port in peers if port == parts.port}
        if there and known.isdisjoint(there):
            try:
                known.update(each[4][0] for each in plain_sockets.getaddrinfo(parts.hostname, None))
            except (OSError, UnicodeError):  # no such name, or nothing that could be one
                return
        if there and known & {*there, "0.0.0.0", "::"}:  # these two lead to this computer
            return
    with suppress(zmq.ZMQError):
        socket.disconnect(endpoint)
    socket.connect(endpoint)


def wait(events: dict[zmq.Socket, int], timeout: float) -> dict[zmq.Socket, int]:
    """Wait, `timeout` seconds at the most, until one of several sockets can receive or send.

    `events` says what to wait for at each socket: `zmq.POLLIN` to receive, `zmq.POLLOUT` to send.
    Returned are the sockets that are ready, and for what: none if none was in time.
    """
    sockets = list(events.items())
    asked = [socket for socket, event in sockets if event & _POLLIN]
    deadline = monotonic() + timeout
    ready = dict(zmq_poll(sockets, 0))
    while True:
        if ready.keys() & asked:
            message_came()
        else:
            look(asked)
        left = deadline - monotonic()
        if ready or left <= 0:
            return ready
        ready = dict(zmq_poll(sockets, ceil(1000 * min(left, _SLICE))))


def send_parts(
    socket: zmq.Socket, parts: Sequence[Any], timeout: float = 10.0, copy: bool = False
) -> None:
    """Send parts, each bytes-like, as one message: all of them or, with TimeoutError, none.

    `timeout` (seconds) and `copy` are those of `zmqlab.send_frame`.
    """
    deadline = monotonic() + timeout
    while True:
        try:  # without a look at the queue first: it is rarely full
            return send_each(socket, parts, _NOBLOCK, copy)
        except zmq.Again:
            if not wait({socket: _POLLOUT}, deadline - monotonic()):
                raise TimeoutError(
                    f"the {describe(socket)} could send nothing for {timeout:g} s: "
                    "nobody is connected, or nobody takes messages out of a full queue"
                ) from None


def send_each(socket: zmq.Socket, parts: Sequence[Any], flags: int = 0, copy: bool = False) -> None:
    """Send parts as one message: `socket.send_multipart` does it too, in twice the time.

    `flags` is 0, to wait as long as the socket's own options say, or `zmq.NOBLOCK`. If there is
    no room, this raises `zmq.Again`, and nothing was sent.
    """
    *others, last = parts
    with whole:
        for part in others:
            socket.send(part, flags | _SNDMORE, copy)
        socket.send(last, flags, copy)


def recv_parts(socket: zmq.Socket, timeout: float = 10.0, most: int = 4) -> list[zmq.Frame]:
    """Receive the parts of one message, and keep so many of them.

    If none arrived within `timeout` seconds, this raises TimeoutError.
    """
    deadline = monotonic() + timeout
    while True:
        try:  # without a wait for it first: in a stream the next message is often there
            with whole:
                part = socket.recv(_NOBLOCK, False)
                parts = [part]
                while part.more:
                    part = socket.recv(0, False)
                    if len(parts) < most:
                        parts.append(part)
            message_came()
            return parts
        except zmq.Again:
            if not wait({socket: _POLLIN}, deadline - monotonic()):
                raise TimeoutError(
                    f"no message arrived at the {describe(socket)} within {timeout:g} s"
                ) from None


def endpoint_of(socket: zmq.Socket) -> str:
    """Return the endpoint that a socket bound or connected last, with its port as a number."""
    return bytes(socket.get(zmq.LAST_ENDPOINT)).decode()


def describe(socket: zmq.Socket) -> str:
    """Name a socket by its type and its last endpoint: ``REQ socket at tcp://...``."""
    endpoint = endpoint_of(socket)
    place = f"at {endpoint}" if endpoint else "that is neither bound nor connected"
    return f"{zmq.SocketType(int(socket.get(zmq.TYPE))).name} socket {place}"


def who_listens(
    endpoint: str, timeout: float = 3.0, keys: str | Path | None = None, kind: int = zmq.DEALER
) -> str:
    """Say in half a sentence what is at the other end of a tcp endpoint now, by knocking at it.

    A ZeroMQ socket greets whoever connects, before a word is said to it, so that a silent listener
    is something else (https://rfc.zeromq.org/spec/23/, "Greeting"). Its greeting says whether it
    has keys, too. Where both have, a socket of a `kind` that fits is sent to see if they are right.
    """
    parts = urlsplit(endpoint)
    if parts.scheme != "tcp":
        return f"{parts.scheme} endpoints cannot be looked at from outside"
    try:
        knock = plain_sockets.create_connection((parts.hostname, parts.port), timeout)
    except plain_sockets.gaierror:
        return f"no computer of the name {parts.hostname!r} is known here"
    except ConnectionRefusedError:
        return "nobody listens there"
    except (OSError, ValueError) as error:
        return f"no answer to a plain connection either ({error})"
    with knock, suppress(OSError):
        if knock.recv(1) == _GREETING:
            secure, folder, why = _has_keys(knock), given(keys), ""
            if secure and folder:
                try:
                    why = refused(endpoint, folder, kind, timeout)
                except ValueError as error:  # KeysError: the folder has gone meanwhile
                    why = f" and wants keys: {error}"
            elif secure:
                why = " and wants keys: give keys=FOLDER"
            elif folder:
                why = ", and has no keys, as you have"
            return f"a ZeroMQ socket listens there{why or ', but did not answer'}"
    return "a program listens there, but it hangs or does not speak ZeroMQ"


def _has_keys(knock):
    """Tell whether a socket that has begun to greet speaks CURVE."""
    with suppress(OSError), knock.makefile("rb") as stream:
        knock.sendall(_GREETING + bytes(8) + b"\x7f\3")  # so far nobody says which mechanism
        return stream.read(63)[11:31].startswith(b"CURVE")
    return False


def check_count(most: int = 2**31 - 1, **given: int) -> None:
    """Raise ArgumentError for what is no number of things, each given by its parameter's name.

    To ZeroMQ, for one, a high-water mark of 0 is a queue without any bound.
    """
    for name, count in given.items():
        if type(count) is not int or not 1 <= count <= most:
            raise ArgumentError(f"{name}={count!r}: give a whole number from 1 to {most}")
