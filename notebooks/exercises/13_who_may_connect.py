"""The exercises of notebook 13: hints, a solution and a check of each."""

import contextlib

import zmq
from zmq.utils import z85

from zmqlab.course.exercises import hints
from zmqlab.course.trial import TIMEOUT, NotYet, call, expect, expect_type, in_thread, nothing_left

_PAIRS = [(zmq.REP, zmq.REQ), (zmq.PULL, zmq.PUSH), (zmq.ROUTER, zmq.DEALER)]


class _Noting(zmq.Socket):
    """A socket that notes its keys: libzmq takes them, and pyzmq cannot ask for them."""

    keys = None  # {option: key, as 40 characters}

    def setsockopt(self, option, value):
        if option in (zmq.CURVE_SERVERKEY, zmq.CURVE_PUBLICKEY, zmq.CURVE_SECRETKEY):
            key = value.encode() if isinstance(value, str) else bytes(value)
            self.keys = (self.keys or {}) | {option: z85.encode(key) if len(key) == 32 else key}
        super().setsockopt(option, value)

    set = setsockopt


@hints(
    "Two pairs of keys are needed: `zmq.curve_keypair()` makes one, and returns the public and the "
    "secret key.",
    "The server: `server.curve_server = True`, and its secret key as `server.curve_secretkey`.",
    "The client has three options: `curve_serverkey`, the public key of the *server's* pair, and "
    "`curve_publickey` and `curve_secretkey`, a pair of its own.",
)
def give_keys(server, client):
    public, secret = zmq.curve_keypair()
    server.curve_server = True
    server.curve_publickey, server.curve_secretkey = public, secret
    client.curve_serverkey = public
    client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()


def check_give_keys(function):
    with nothing_left(), zmq.Context() as context:
        seen: set[bytes] = set()
        for kinds in _PAIRS:
            names = " and a ".join(zmq.SocketType(kind).name for kind in kinds)
            with (
                context.socket(kinds[0], socket_class=_Noting) as server,
                context.socket(kinds[1], socket_class=_Noting) as client,
            ):
                server.linger = client.linger = 0
                call(function, server, client, when=f"it is given a {names}")
                _expect_locked(server, client, seen)
                _expect_message(server, client, names)
                _expect_nothing_from_others(server, kinds[1])
    return f"{len(_PAIRS)} servers talk to their clients alone, and nobody else can read it."


def _expect_locked(server, client, seen):
    """Look at the options of both: each has its place."""
    for socket, whose in ((server, "server"), (client, "client")):
        if socket.last_endpoint:
            raise NotYet(
                f"It has bound or connected the {whose}: whoever has the socket does that."
            )
    theirs, mine = server.keys or {}, client.keys or {}
    if not server.curve_server and zmq.CURVE_SERVERKEY in theirs:
        raise NotYet("`server.curve_serverkey` is set: that is for a client, and makes one of it.")
    if not server.curve_server:
        raise NotYet("`server.curve_server` is not set, so the server lets in who has no keys.")
    if client.curve_server:
        raise NotYet("`client.curve_server` is set: then both are servers, and none is a client.")
    for keys, whose in ((theirs, "server"), (mine, "client")):
        if zmq.CURVE_SECRETKEY not in keys:
            raise NotYet(f"The {whose} has no secret key: without one it does not encrypt.")
    for keys, whose in ((theirs, "server"), (mine, "client")):
        public, secret = keys.get(zmq.CURVE_PUBLICKEY), keys[zmq.CURVE_SECRETKEY]
        if public and zmq.curve_public(public) == secret:
            raise NotYet(f"The {whose}'s public and secret key are exchanged.")
    mistakes = {
        "the client's own public key": mine.get(zmq.CURVE_PUBLICKEY),
        "a secret key": theirs[zmq.CURVE_SECRETKEY],
    }
    public = zmq.curve_public(theirs[zmq.CURVE_SECRETKEY])
    what = "`server.curve_publickey`, which must fit its secret key"
    expect(what, public, theirs.get(zmq.CURVE_PUBLICKEY, public), mistakes)
    what = "`client.curve_serverkey`, which must be the public key of the server"
    expect(what, public, mine.get(zmq.CURVE_SERVERKEY), mistakes)
    public = zmq.curve_public(mine[zmq.CURVE_SECRETKEY])
    what = "`client.curve_publickey`, which must fit its secret key"
    expect(what, public, mine.get(zmq.CURVE_PUBLICKEY))
    secrets = {theirs[zmq.CURVE_SECRETKEY], mine[zmq.CURVE_SECRETKEY]}
    if len(secrets) == 1:
        raise NotYet("The client has the server's secret key: it could pretend to be the server.")
    if seen & secrets:
        raise NotYet("Called again, it gives the same keys again: make fresh ones in each call.")
    seen |= secrets


def _expect_message(server, client, names):
    server.bind("tcp://127.0.0.1:*")
    client.connect(server.last_endpoint.decode())
    client.send(b"hello")
    if not server.poll(1000 * TIMEOUT):
        raise NotYet(f"With these keys, nothing that the client sends arrives ({names}).")
    expect("What arrives at the server", b"hello", server.recv_multipart()[-1])


def _expect_nothing_from_others(server, kind):
    with zmq.Context() as context, context.socket(kind) as stranger:
        stranger.linger, stranger.immediate, stranger.sndtimeo = 0, True, 300
        stranger.connect(server.last_endpoint.decode())
        with contextlib.suppress(zmq.Again):
            stranger.send(b"let me in")
            raise NotYet("A stranger without keys has connected to the server.")


@hints(
    '`mechanism` must be `b"CURVE"`: for all else the answer is 400. Then `credentials` has one '
    "part, the client's public key, as 32 bytes.",
    "In `clients` keys are written in 40 characters, as `zmq.curve_keypair` gives them. "
    "`zmq.utils.z85.encode(credentials[0])` writes the 32 bytes in this way.",
    'The reply is a list of six parts, all bytes: version and number as they came, `b"200"` or '
    '`b"400"`, a text for whoever reads it, the name of the client (`name.encode()`) or `b""`, and '
    'an empty `b""`.',
)
def decide(request, clients):
    version, number, domain, address, identity, mechanism, *credentials = request
    name = None
    if mechanism == b"CURVE":
        name = clients.get(z85.encode(credentials[0]))
    if name is None:
        return [version, number, b"400", b"unknown key", b"", b""]
    return [version, number, b"200", b"OK", name.encode(), b""]


def check_decide(function):
    keys = {name: zmq.curve_keypair() for name in ("ada", "Émilie", "stranger")}
    clients = {public: name for name, (public, _) in keys.items() if name != "stranger"}
    clients[b"zebra" * 8] = "bede"
    raw = {name: z85.decode(public) for name, (public, _) in keys.items()}
    address = b"127.0.0.1"
    head = [b"1.0", b"17", b"", address, b""]
    cases = {  # when: request, name of who is to be let in
        "Ada's key comes": ([*head, b"CURVE", raw["ada"]], "ada"),
        "the name has an accent": ([*head, b"CURVE", raw["Émilie"]], "Émilie"),
        "a stranger's key comes": ([*head, b"CURVE", raw["stranger"]], ""),
        "the number of the request is 0\\xff": (
            [b"1.0", b"0\xff", b"lab", address, b"me", b"CURVE", raw["ada"]],
            "ada",
        ),
        "she comes from another computer": (
            [b"1.0", b"18", b"", b"192.168.1.7", b"", b"CURVE", raw["ada"]],
            "ada",
        ),
        "a stranger comes with version 1.1": ([b"1.1", *head[1:], b"CURVE", raw["stranger"]], ""),
        "a key comes that differs from Ada's at its end": (
            [*head, b"CURVE", raw["ada"][:-1] + bytes([raw["ada"][-1] ^ 1])],
            "",
        ),
        "Bede's key comes": ([*head, b"CURVE", z85.decode(b"zebra" * 8)], "bede"),
        "a key comes that differs from Bede's in a capital": (
            [*head, b"CURVE", z85.decode(b"zEbra" + b"zebra" * 7)],
            "",
        ),
        "there are no keys (NULL)": ([*head, b"NULL"], ""),
        "a name and a password come (PLAIN)": ([*head, b"PLAIN", b"ada", b"secret"], ""),
        "Ada's key comes as a password (PLAIN)": ([*head, b"PLAIN", raw["ada"], b""], ""),
        "Ada's key comes by another way (GSSAPI)": ([*head, b"GSSAPI", raw["ada"]], ""),
        "Ada's key comes by a way that is unknown (CURV)": ([*head, b"CURV", raw["ada"]], ""),
        "the key is all zeros": ([*head, b"CURVE", bytes(32)], ""),
    }
    with nothing_left():
        for when, (request, name) in cases.items():
            _expect_reply(function, request, clients, name, when)
        request, _ = cases["Ada's key comes"]
        if call(function, request, {}, when="there are no clients")[2] != b"400":
            raise NotYet("With no clients at all, somebody was let in.")
        other = {keys["ada"][0]: "Ada Byron"}
        _expect_reply(function, request, other, "Ada Byron", "the same key has another name now")
        for name, pair in keys.items():
            _expect_at_the_door(function, clients, name, pair)
    return f"It decided {len(cases)} requests, and then at the door of a real server."


def _expect_reply(function, request, clients, name, when):
    known = dict(clients)
    got = call(function, list(request), known, when=when)
    if known != clients:
        raise NotYet(f"It has changed `clients`, when {when}: so it decides otherwise next time.")
    what = f"What it returns when {when}"
    expect_type(what, list | tuple, got, "a list of six parts")
    expect(f"How many parts it returns when {when}", 6, len(got))
    for part in got:
        expect_type(f"A part of what it returns when {when}", bytes, part, "bytes")
    expect(f"Version and number when {when}", list(request[:2]), list(got[:2]))
    expect(f"The status when {when}", b"200" if name else b"400", got[2])
    expect(f"The name when {when}", name.encode(), got[4])
    expect(f"The last part when {when}", b"", got[5])


def _expect_at_the_door(function, clients, name, pair):
    """Let libzmq ask it, as it asks whoever answers ZAP."""
    with zmq.Context() as context, context.socket(zmq.REP) as gate:
        gate.bind("inproc://zeromq.zap.01")
        with (
            in_thread(_answer, gate, function, clients),
            context.socket(zmq.PULL) as pull,
            context.socket(zmq.PUSH) as push,
        ):
            push.linger = 0
            pull.curve_server = True
            pull.curve_publickey, pull.curve_secretkey = server, _ = zmq.curve_keypair()
            push.curve_serverkey = server
            push.curve_publickey, push.curve_secretkey = pair
            pull.bind("tcp://127.0.0.1:*")
            events = push.get_monitor_socket(
                zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH
            )
            push.connect(pull.last_endpoint.decode())
            push.send(b"hello")
            told = events.recv_multipart()[0] if events.poll(1000 * TIMEOUT) else b""
            push.disable_monitor()
            events.close()
            who = clients.get(pair[0], "")
            came = pull.poll(1000 * TIMEOUT if who else 300)
            let_in = pull.recv(copy=False).get("User-Id") if came else ""
    if not told:
        raise NotYet(f"At a real server, libzmq understood no answer about {name}.")
    expect(f"Who came in at a real server, when {name} knocked", who, let_in)


def _answer(gate, function, clients, over):
    while not over.is_set():
        if gate.poll(20):
            gate.send_multipart(function(gate.recv_multipart(), dict(clients)))
