"""Taps for tests: one that runs, plain connections through it, and what it has seen."""

import contextlib
import socket as plain_sockets
import time
from urllib.parse import urlsplit

from helpers.observing import PATIENCE

from zmqlab import request, start, tap_relay

GREETING = b"\xff" + bytes(8) + b"\x7f\3\1" + b"NULL".ljust(20, b"\0") + bytes(32)


@contextlib.contextmanager
def tapped(endpoint, **options):
    """Give the process of a tap on an endpoint."""
    options = {"show": False, "start_timeout": PATIENCE} | options
    with start(tap_relay, connect=endpoint, **options) as way:
        way.wait_until(lambda it: it.endpoints[1:], PATIENCE, "both endpoints")
        yield way


def ask(way, command, **parameters):
    """Ask a tap; return what it replied."""
    return request(way.endpoints[1], command, parameters or None, timeout=PATIENCE)[1]


def seen(way, condition, what="an entry"):
    """Wait until what a tap has seen is as it should be; return that."""
    deadline = time.monotonic() + PATIENCE
    while True:
        entries, more = [], True
        while more:
            told = ask(way, "read", after=entries[-1]["number"] if entries else 0)
            more = told["entries"]
            entries += more
        if condition(entries):
            return entries
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited for {what}; seen: {[each['meaning'] for each in entries]}")
        time.sleep(0.02)  # a tap does not tell of itself; it is asked


def kinds(entries, side=None):
    return [each["kind"] for each in entries if side in (None, each["side"])]


def has(kind, count=1):
    return lambda entries: kinds(entries).count(kind) >= count


def plain_connection(way):
    """Give a plain connection to the tap."""
    where = urlsplit(way.endpoint)
    return plain_sockets.create_connection((where.hostname, where.port), PATIENCE)


@contextlib.contextmanager
def plain_server():
    """Give a plain listener, and its endpoint."""
    with plain_sockets.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        yield server, f"tcp://127.0.0.1:{server.getsockname()[1]}"
