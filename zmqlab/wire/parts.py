"""Send and receive the parts of a message as one: all of them or none.

A message arrives whole or not at all, so only its first part has to be waited for. The same holds
for sending: there is room for a whole message or for none of its parts.
"""

from collections.abc import Sequence
from time import monotonic
from typing import Any

import zmq

from zmqlab.wire.interrupts import whole
from zmqlab.wire.sockets import describe, wait

# As plain numbers: pyzmq's own are members of enums, which take their time.
_NOBLOCK, _SNDMORE = int(zmq.NOBLOCK), int(zmq.SNDMORE)
_POLLIN, _POLLOUT = int(zmq.POLLIN), int(zmq.POLLOUT)


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
            return parts
        except zmq.Again:
            if not wait({socket: _POLLIN}, deadline - monotonic()):
                raise TimeoutError(
                    f"no message arrived at the {describe(socket)} within {timeout:g} s"
                ) from None
