"""Captures, made with real sockets and a real tap, for the check of an exercise.

What is captured is said in three texts: the socket that is bound, the one that connects (to the
tap), and what they do::

    "REP", "REQ", "> time please; recv; < 12:00"

The one that connects sends two parts (>). The one that is bound receives, and sends one part (<).
A part ``-`` is empty, and ``ID`` is the identity that a ROUTER was given. ``subscribe cam`` is done
by the one that connects; what is published with ``pub`` is not waited for. ``PULL server`` has a
key of CURVE, which ``PUSH known`` knows, and ``PUSH stranger`` does not; ``PUSH pings`` sends
heartbeats. ``PULL strict`` lets in only whom it is told to, and after ``refuse`` it is told no.
``again`` brings one more socket, which does what follows. "bytes 01 00" is no ZeroMQ socket, but a
plain one that says these bytes.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from socket import create_connection
from typing import Any

import zmq

from zmqlab.patterns.capture import as_dict
from zmqlab.patterns.tap import Relay

PATIENCE = 20.0  # seconds that something may take on a busy computer
_PARTS = ("message", "MESSAGE")  # what a part of a message is in a capture


def capture(bound: str, connecting: str, steps: str, until: str) -> list[dict]:
    """Let two sockets talk through a tap; return what it has seen, until `until` had come.

    Parameters
    ----------
    bound, connecting, steps
        As above.
    until
        A kind of entry, such as ``"closed"``.
    """
    with contextlib.ExitStack() as stack:
        context = stack.enter_context(zmq.Context())
        keys = zmq.curve_keypair()
        below = _socket(stack, context, bound, keys)
        below.bind("tcp://127.0.0.1:*")
        bind, entries = stack.enter_context(_tapped(below.last_endpoint.decode()))

        def wait(kinds, count=1):
            deadline = time.monotonic() + PATIENCE
            while sum(each["kind"] in kinds for each in entries()) < count:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not {count} of {kinds} through the tap, but {entries()}")
                time.sleep(0.01)  # a tap has to be asked

        def connect():
            made = _socket(stack, context, connecting, keys)
            made.connect(bind)
            return made

        if connecting.startswith("bytes "):
            port = int(bind.rpartition(":")[2])
            tcp = stack.enter_context(create_connection(("127.0.0.1", port)))
            tcp.sendall(bytes.fromhex(connecting.removeprefix("bytes ")))
        else:
            _act(connect, below, steps, wait)
        wait([until])
        return entries()


def _act(connect, below, steps, wait):
    above, identity, passed = connect(), b"", 0
    for step in filter(None, steps.split("; ")):
        sign, *words = step.split()
        parts = [{"-": b"", "ID": identity}.get(word, word.encode()) for word in words]
        match sign:
            case "recv":
                identity = below.recv_multipart()[0]
            case "subscribe":
                above.subscribe(parts[0])
                below.recv()
            case "pub":
                below.send_multipart(parts)
            case "again":
                above = connect()
            case "refuse":
                _refuse(below.context)
            case "<" | ">":
                (above if sign == ">" else below).send_multipart(parts)
                passed += sum(word != "ID" for word in words)  # which only a ROUTER sees
                wait(_PARTS, passed)


def _socket(stack, context, words, keys):
    kind, *more = words.split()
    made = stack.enter_context(context.socket(getattr(zmq, kind)))
    made.linger, made.rcvtimeo, made.heartbeat_ivl = 0, int(1000 * PATIENCE), 50 * ("pings" in more)
    if "server" in more or "strict" in more:
        made.curve_server, (made.curve_publickey, made.curve_secretkey) = True, keys
        if "strict" in more:
            made.zap_domain = b"course"
    elif "known" in more or "stranger" in more:
        mine = zmq.curve_keypair()
        made.curve_publickey, made.curve_secretkey = mine
        made.curve_serverkey = keys[0] if "known" in more else mine[0]
    return made


def _refuse(context):
    """Be asked whether to let a key in, and say no: https://rfc.zeromq.org/spec/27/."""
    with context.socket(zmq.REP) as zap:
        zap.linger, zap.rcvtimeo = 0, int(1000 * PATIENCE)
        zap.bind("inproc://zeromq.zap.01")
        version, number, *_ = zap.recv_multipart()
        zap.send_multipart([version, number, b"400", b"unknown key", b"", b""])


@contextlib.contextmanager
def _tapped(endpoint: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Run a tap in a thread; yield where to connect, and what returns all that it has seen."""
    there = ("127.0.0.1", int(endpoint.rpartition(":")[2]))
    loop = asyncio.SelectorEventLoop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def in_loop(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE)

    async def listening():
        relay = Relay(there, ("127.0.0.1", 0), parse=True)
        return relay, await relay.listen()

    async def seen():
        return [as_dict(each) for each in relay.kept.after(0)]

    async def end():
        server.close()
        for half in list(relay.halves):
            half.transport.abort()
        await asyncio.sleep(0)  # for what is closed to be closed

    relay, server = in_loop(listening())
    try:
        yield relay.endpoints[0], lambda: in_loop(seen())
    finally:
        in_loop(end())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
