"""Captures for the exercise in which you say what is wrong: of real sockets, made when asked for.

One tap serves all cases, one after the other: a socket binds the endpoint behind it, others connect
through it. What is waited for are entries of the capture, and what the sockets themselves receive.
"""

import contextlib
import socket as plain_sockets
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import zmq

from zmqlab.page.capture_table import Capture
from zmqlab.page.tap_view import Tap, tap
from zmqlab.wire.sockets import recv_parts

PATIENCE = 20.0  # seconds that something may take on a busy computer
DELAY = 0.05  # seconds: so both sides have said who they are before one hangs up on the other

CASES = {
    "all is well": "a REQ asks, and a REP replies",
    "wrong socket type": "a REQ has connected to a PUB: both hang up after READY",
    "wrong topic": "one of two SUBs has subscribed to a topic that nothing begins with",
    "no empty part": "a DEALER asks a REP without the empty part: nobody replies",
    "ZMTP 1.0": "the peer speaks ZMTP 1.0: no greeting, no handshake, no keys",
    "ZMTP 2.0": "the peer speaks ZMTP 2.0: its greeting has a socket type and no mechanism",
    "key refused": "the server does not let in the key of this client: ERROR 400",
}


def captures_of(*cases: str) -> dict[str, Capture]:
    """Let each case come about, with sockets that do just that; return what passed.

    Parameters
    ----------
    *cases
        Of ``all is well``, ``wrong socket type``, ``wrong topic``, ``no empty part``,
        ``ZMTP 1.0``, ``ZMTP 2.0``, ``key refused``. Default: all of them.
    """
    for case in cases:
        if case not in CASES:
            raise ValueError(f"case {case!r} is none of {', '.join(map(repr, CASES))}")
    with plain_sockets.create_server(("127.0.0.1", 0)) as taken:
        there = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
    with tap(there) as wire:
        return {case: _made(wire, there, _ACTS[case]) for case in cases or CASES}


def _made(wire, there, act):
    before = max((entry["number"] for entry in wire.capture()), default=0)
    with contextlib.ExitStack() as stack:
        context = stack.enter_context(zmq.Context())

        def socket(kind: int, options: dict | None = None) -> zmq.Socket:
            made = stack.enter_context(context.socket(kind))
            made.linger, made.rcvtimeo = 0, int(1000 * PATIENCE)
            for name, value in (options or {}).items():
                setattr(made, name, value)
            return made

        def bound(kind: int, **options: object) -> zmq.Socket:
            server = socket(kind, options)
            _bind(server, there)
            return server

        def connected(kind: int, **options: object) -> zmq.Socket:
            client = socket(kind, options)
            client.connect(wire.endpoint)
            return client

        connections = act(wire, before, bound, connected)
    wire.wait_for("closed", connections, PATIENCE, before)
    new = [entry for entry in wire.capture() if entry["number"] > before]
    entries = [entry for entry in new if entry["connection"]]  # not what happened to the tap itself
    first = entries[0]["connection"] - 1
    return Capture(
        entry | {"number": number, "connection": entry["connection"] - first}
        for number, entry in enumerate(entries, 1)
    )


def _bind(server, endpoint):
    """Bind an endpoint that the socket of the case before is about to let go."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return server.bind(endpoint)
        except zmq.ZMQError as error:
            if error.errno != zmq.EADDRINUSE or time.monotonic() > deadline:
                raise
        server.poll(10)


# Each act returns how many connections there were.

_Make = Callable[..., zmq.Socket]


def _all_is_well(wire: Tap, before: int, bound: _Make, connected: _Make) -> int:
    rep, req = bound(zmq.REP), connected(zmq.REQ)
    req.send(b"read")
    rep.send(b"hello" * bool(rep.recv()))
    req.recv()
    return 1


def _wrong_socket_type(wire: Tap, before: int, bound: _Make, connected: _Make) -> int:
    wire.delay(DELAY)
    bound(zmq.PUB)
    connected(zmq.REQ)
    wire.wait_for("closed", 1, PATIENCE, before)
    wire.delay(0)
    return 1


def _wrong_topic(wire: Tap, before: int, bound: _Make, connected: _Make) -> int:
    pub, subs = bound(zmq.XPUB), []
    for topic in ("Camera/", "camera/"):
        subs.append(connected(zmq.SUB, subscribe=topic.encode()))
        pub.recv()
    for number in range(3):
        pub.send_multipart([b"camera/", b"frame %d" % number])
        recv_parts(subs[1], PATIENCE)
    return 2


def _no_empty_part(wire: Tap, before: int, bound: _Make, connected: _Make) -> int:
    bound(zmq.REP)
    connected(zmq.DEALER).send(b"read")
    wire.wait_for("message", 1, PATIENCE, before)
    return 1


def _zmtp_1(wire: Tap, before: int, bound: _Make, connected: _Make) -> int:
    pull = bound(zmq.PULL)
    with _plain(wire) as peer:
        peer.sendall(b"\1\0" + b"\6\0hello")  # an identity without a name; a message
        pull.recv()
    return 1


def _zmtp_2(wire: Tap, before: int, bound: _Make, connected: _Make) -> int:
    pub = bound(zmq.XPUB)
    with _plain(wire) as peer:
        peer.sendall(b"\xff" + bytes(8) + b"\x7f" + b"\1\2" + b"\0\0" + b"\0\4\1cam")
        pub.recv()
        pub.send_multipart([b"camera/", b"hello"])
        wire.wait_for("message", 3, PATIENCE, before)
    return 1


def _key_refused(wire: Tap, before: int, bound: _Make, connected: _Make) -> int:
    (public, secret), (own, own_secret) = zmq.curve_keypair(), zmq.curve_keypair()
    server = {"curve_server": True, "curve_publickey": public, "curve_secretkey": secret}
    client = {"curve_serverkey": public, "curve_publickey": own, "curve_secretkey": own_secret}
    rep = bound(zmq.REP, zap_domain=b"course", **server)
    zap = rep.context.socket(zmq.REP)  # https://rfc.zeromq.org/spec/27/
    with zap:
        zap.rcvtimeo, zap.linger = int(1000 * PATIENCE), 0
        zap.bind("inproc://zeromq.zap.01")
        connected(zmq.REQ, **client)
        version, number, *_ = zap.recv_multipart()
        zap.send_multipart([version, number, b"400", b"unknown key", b"", b""])
        wire.wait_for("closed", 1, PATIENCE, before)
    return 1


def _plain(wire):
    where = urlsplit(wire.endpoint)
    return plain_sockets.create_connection((where.hostname, where.port), PATIENCE)


_ACTS: dict[str, Callable[..., int]] = {
    "all is well": _all_is_well,
    "wrong socket type": _wrong_socket_type,
    "wrong topic": _wrong_topic,
    "no empty part": _no_empty_part,
    "ZMTP 1.0": _zmtp_1,
    "ZMTP 2.0": _zmtp_2,
    "key refused": _key_refused,
}
