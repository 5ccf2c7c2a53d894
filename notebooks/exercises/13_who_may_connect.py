"""The exercises of notebook 13: hints, a solution and a check of each."""

import contextlib

import zmq
from zmq.utils import z85

from zmqlab.course.exercises import hints
from zmqlab.course.trial import TIMEOUT, NotYet, call, expect, expect_type

_SILENCE = 0.3  # seconds without a message: nobody was let in


class _Noting(zmq.Socket):
    """A socket that notes its secret key: libzmq takes it, and pyzmq cannot ask for it."""

    secret = None

    def setsockopt(self, option, value):
        if option == zmq.CURVE_SECRETKEY:
            self.secret = value
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
    with contextlib.ExitStack() as stack:
        context = stack.enter_context(zmq.Context())
        server, client, other_server, other_client = (
            stack.enter_context(context.socket(kind, socket_class=_Noting))
            for kind in (zmq.PULL, zmq.PUSH, zmq.PULL, zmq.PUSH)
        )
        client.linger = other_client.linger = 0
        call(function, server, client, when="it is given a PULL and a PUSH")
        call(function, other_server, other_client, when="it is given two other sockets")
        _expect_roles(server, client)
        server.bind("tcp://127.0.0.1:*")
        if not _arrives(server, client, TIMEOUT):
            raise NotYet(
                "With these keys, nothing that the client sends arrives. Is its `curve_serverkey` "
                "the public key of the server's pair? Do the two keys of each pair fit?"
            )
        if client.secret == server.secret:
            raise NotYet(
                "The client has the server's secret key: it could pretend to be the server."
            )
        if _arrives(server, other_client, _SILENCE):
            raise NotYet(
                "Called again, it gives keys with which one can connect to the first server: make "
                "fresh ones in each call."
            )
    return "The server talks to its client, and whoever has not got its public key stays outside."


def _expect_roles(server, client):
    for socket, whose in ((server, "server"), (client, "client")):
        if socket.last_endpoint:
            raise NotYet(
                f"It has bound or connected the {whose}: whoever has the socket does that."
            )
    if not server.curve_server:
        raise NotYet("`server.curve_server` is not set, so the server lets in who has no keys.")
    if client.curve_server:
        raise NotYet("`client.curve_server` is set: then both are servers, and none is a client.")


def _arrives(server, client, seconds):
    client.connect(server.last_endpoint.decode())
    client.send(b"hello")
    return bool(server.poll(1000 * seconds) and server.recv())


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
    pairs = {name: zmq.curve_keypair() for name in ("ada", "Émilie", "stranger")}
    clients = {pairs[name][0]: name for name in ("ada", "Émilie")}
    keys = {name: z85.decode(public) for name, (public, _) in pairs.items()}
    cases = {  # when: mechanism and credentials, name of who is to be let in
        "Ada's key comes": ([b"CURVE", keys["ada"]], "ada"),
        "the name has an accent": ([b"CURVE", keys["Émilie"]], "Émilie"),
        "a stranger's key comes": ([b"CURVE", keys["stranger"]], ""),
        "there are no keys (NULL)": ([b"NULL"], ""),
        "a name and a password come (PLAIN)": ([b"PLAIN", b"ada", b"secret"], ""),
        "Ada's key comes as a password (PLAIN)": ([b"PLAIN", keys["ada"], b""], ""),
    }
    for number, (when, (credentials, name)) in enumerate(cases.items()):
        request = [b"1.0", b"%d" % number, b"", b"127.0.0.1", b"", *credentials]
        got = call(function, request, clients, when=when)
        what = f"What it returns when {when}"
        expect_type(what, list | tuple, got, "a list of six parts")
        expect(f"How many parts it returns when {when}", 6, len(got))
        text = got[3]  # may be any
        expect_type(f"The text that it returns when {when}", bytes, text, "bytes")
        status = b"200" if name else b"400"
        expected = [b"1.0", b"%d" % number, status, text, name.encode(), b""]
        expect(what, expected, list(got))
    return f"It decided {len(cases)} requests, of which two were to be let in."
