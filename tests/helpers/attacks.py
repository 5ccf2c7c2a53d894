"""Peers that keep to no rule: ZMTP written by hand (https://rfc.zeromq.org/spec/23/)."""

import contextlib
import socket as plain_sockets
import threading

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(48)
MORE, LONG, COMMAND = 1, 2, 4


def part(content, more=False):
    """Return a part as it travels."""
    flags = MORE if more else 0
    if len(content) < 256:
        return bytes([flags, len(content)]) + content
    return bytes([flags | LONG]) + len(content).to_bytes(8, "big") + content


def message(*parts):
    """Return the parts of a message as they travel."""
    *others, last = parts
    return b"".join(part(each, more=True) for each in others) + part(last)


def command(name, body=b""):
    """Return a command as it travels."""
    content = bytes([len(name)]) + name + body
    return bytes([COMMAND, len(content)]) + content


def handshake(kind):
    """Return what a peer says that is a socket of this kind: DEALER, SUB, ..."""
    name = kind.encode()
    return GREETING + command(b"READY", b"\x0bSocket-Type" + len(name).to_bytes(4, "big") + name)


def shake_hands(connection, kind):
    """Say what a socket of this kind says first, and hear what the other side says.

    libzmq throws out who sends a message before libzmq itself has said READY. This raises
    ConnectionError if the other side does not say it.
    """
    connection.sendall(handshake(kind))
    heard(connection, len(GREETING))
    _, size = heard(connection, 2)
    ready = heard(connection, size)
    if not ready.startswith(b"\x05READY"):
        raise ConnectionError(f"instead of READY it said {ready}")


def heard(connection, size):
    """Return so many bytes of a connection; ConnectionError if it ends before."""
    found = b""
    while len(found) < size:
        more = connection.recv(size - len(found))
        if not more:
            raise ConnectionError(f"it was cut off after {found}")
        found += more
    return found


@contextlib.contextmanager
def peer(endpoint, kind=None, timeout=10):
    """Give a plain connection to an endpoint, after the handshake if a kind of socket is given."""
    host, port = endpoint.split("://")[1].split(":")
    with plain_sockets.create_connection((host, int(port)), timeout) as connection:
        if kind:
            shake_hands(connection, kind)
        yield connection


def pour(connection, data, total):
    """Send data again and again until so many bytes are sent, or it is cut off; return how many."""
    sent = 0
    with contextlib.suppress(OSError):
        while sent < total:
            connection.sendall(data)
            sent += len(data)
    return sent


@contextlib.contextmanager
def growth_of(process):
    """Watch the memory of a process; give a function that returns how many bytes it grew most."""
    before, most, over = process.memory, [0], threading.Event()

    def watch():
        while not over.wait(0.01):
            most[0] = max(most[0], process.memory - before)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: most[0]
    finally:
        over.set()
        thread.join()
