"""Captures of sockets that talk through a tap, and of those that do not get that far.

They are made when asked for, with real sockets. What happens is said in three texts: which socket
is bound, which one connects (to the tap), and what they do::

    "REP", "REQ", "> time please; recv; < 12:00; leave"

The one that connects sends (>), subscribes and leaves; the one that is bound receives (recv) and
sends (<). A part ``-`` is empty, and ``ID`` is the identity that a ROUTER has been given. ``again``
brings one more socket that connects, which does what follows. ``PULL server`` has a key of CURVE,
which ``PUSH known`` knows; with ``refuse`` it does not let it in. ``bytes 01 00`` is no ZeroMQ
socket, but a plain one that says these bytes.
"""

import asyncio
import contextlib
import threading
import time
from socket import create_connection

import zmq

from zmqlab.page.capture_table import Capture
from zmqlab.patterns.capture import as_dict
from zmqlab.patterns.tap import Relay
from zmqlab.processes.announce import withdraw

PATIENCE = 20.0  # seconds that something may take on a busy computer
SLOW = 0.05  # seconds: so both sides have said who they are before one hangs up on the other
ZMTP_1 = "bytes 01 00 06 00 68 65 6c 6c 6f"  # an identity without a name, a message
ZMTP_2 = "bytes ff 00 00 00 00 00 00 00 01 7f 01 08 00 00 00 05 68 65 6c 6c 6f"  # of a PUSH

# Of each case, which socket is bound, which one connects, and what they do.
CASES = {
    "all is well": ("REP", "REQ", "> read; recv; < hello; leave"),
    "wrong socket type": ("PUB", "REQ", ""),  # both hang up after READY
    "wrong topic": (  # one of two has subscribed to a topic that nothing begins with
        "XPUB",
        "SUB",
        "subscribe Camera/; again; subscribe camera/; < camera/ 0; < camera/ 1; < camera/ 2; leave",
    ),
    "no empty part": ("REP", "DEALER", "> read; leave"),  # nobody replies
    "ZMTP 1.0": ("PULL", ZMTP_1, "recv; leave"),  # no greeting, no handshake, no keys
    "ZMTP 2.0": ("PULL", ZMTP_2, "recv; leave"),  # a socket type in the greeting, no mechanism
    "key refused": ("PULL server", "PUSH known", "refuse"),  # ERROR 400
}


def captures_of(*cases: str) -> dict[str, Capture]:
    """Let each case (default: all) come about, with sockets that do so; return what passed."""
    for case in cases:
        if case not in CASES:
            raise ValueError(f"case {case!r} is none of {', '.join(map(repr, CASES))}")
    return {case: capture(*CASES[case], delay=SLOW) for case in cases or CASES}


def capture(bound: str, connecting: str, steps: str, until="closed", delay=0.0) -> Capture:
    """Let sockets talk through a tap; return what has passed.

    At the end an entry of the kind `until` is waited for; `delay` is in seconds, for all bytes.
    """
    with contextlib.ExitStack() as stack:
        context = stack.enter_context(zmq.Context())
        context.linger, context.rcvtimeo = 0, int(1000 * PATIENCE)  # of all its sockets
        keys = zmq.curve_keypair()
        below = _socket(stack, context, bound, keys)
        below.bind("tcp://127.0.0.1:*")
        bind, entries = stack.enter_context(_tapped(below.last_endpoint.decode(), delay))

        def wait(kinds, count=1):
            deadline = time.monotonic() + PATIENCE
            while sum(entry["kind"] in kinds for entry in entries()) < count:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"not {count} of {kinds} through the tap, but {entries()}")
                time.sleep(0.01)  # a tap has to be asked

        def connect():
            if connecting.startswith("bytes "):
                port = int(bind.rpartition(":")[2])
                made = stack.enter_context(create_connection(("127.0.0.1", port)))
                made.sendall(bytes.fromhex(connecting.removeprefix("bytes ")))
            else:
                made = _socket(stack, context, connecting, keys)
                made.connect(bind)
            return made

        _act(connect, below, steps, wait)
        wait([until])
        return Capture(entries())


def _act(connect, below, steps, wait):
    all_above, identity, passed = [connect()], b"", 0
    for step in filter(None, steps.split("; ")):
        sign, *words = step.split()
        above = all_above[-1]
        parts = [{"-": b"", "ID": identity}.get(word, word.encode()) for word in words]
        match sign:
            case "<" | ">":
                sender = above if sign == ">" else below
                sender.send_multipart(parts)
                passed += sum(word != "ID" for word in words)  # which only a ROUTER sees
                passed += sender.type in (zmq.REQ, zmq.REP)  # they put an empty part before it
                wait(["message", "MESSAGE"], passed)
            case "recv":
                identity = below.recv_multipart()[0]
            case "subscribe":
                above.subscribe(parts[0])
                below.recv()
            case "again":
                all_above.append(connect())
            case "refuse":
                _refuse(below.context)
            case "leave":
                for above in all_above:
                    above.close()
                wait(["closed"], len(all_above))


def _socket(stack, context, words, keys):
    kind, *role = words.split()
    made = stack.enter_context(context.socket(getattr(zmq, kind)))
    if role == ["known"]:
        made.curve_publickey, made.curve_secretkey = zmq.curve_keypair()
        made.curve_serverkey = keys[0]
    elif role == ["server"]:
        made.curve_server, (made.curve_publickey, made.curve_secretkey) = True, keys
    return made


def _refuse(context):
    """Be asked whether to let a key in, and say no: https://rfc.zeromq.org/spec/27/."""
    with context.socket(zmq.REP) as zap:
        zap.bind("inproc://zeromq.zap.01")
        version, number, *_ = zap.recv_multipart()
        zap.send_multipart([version, number, b"400", b"unknown key", b"", b""])


@contextlib.contextmanager
def _tapped(endpoint, delay):
    """Run a tap in a thread; yield where to connect, and what returns all that it has seen."""
    there = ("127.0.0.1", int(endpoint.rpartition(":")[2]))
    relay = Relay(there, ("127.0.0.1", 0), parse=True, delay=delay)
    loop = asyncio.SelectorEventLoop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def in_loop(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE)

    async def seen():
        return [as_dict(entry) for entry in relay.kept.after(0)]

    async def end():
        server.close()
        withdraw(relay.record)
        for half in list(relay.halves):
            half.transport.abort()
        await asyncio.sleep(0)  # for what is closed to be closed

    server = in_loop(relay.listen())
    try:
        yield relay.endpoints[0], lambda: in_loop(seen())
    finally:
        in_loop(end())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
