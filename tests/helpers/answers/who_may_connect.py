"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

LOCK = solution("give_keys")
DECIDE = solution("decide")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "give_keys": {
        "by setsockopt": """
def give_keys(server, client):
    theirs, mine = zmq.curve_keypair(), zmq.curve_keypair()
    server.setsockopt(zmq.CURVE_SERVER, 1)
    server.setsockopt(zmq.CURVE_SECRETKEY, theirs[1])
    client.setsockopt(zmq.CURVE_SERVERKEY, theirs[0])
    client.setsockopt(zmq.CURVE_PUBLICKEY, mine[0])
    client.setsockopt(zmq.CURVE_SECRETKEY, mine[1])
""",
    },
    "decide": {
        "by a dictionary of bytes": """
def decide(request, clients):
    known = {z85.decode(key): name for key, name in clients.items()}
    name = known.get(request[6]) if request[5] == b"CURVE" else None
    status = (b"200", b"OK") if name else (b"400", b"I do not know you")
    return [*request[:2], *status, (name or "").encode(), b""]
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "give_keys": {
        "nothing": (
            "def give_keys(server, client):\n    pass\n",
            "`server.curve_server` is not set",
        ),
        "both are servers": (
            changed(LOCK, "    client.curve_serverkey = public\n", "    client.curve_server = 1\n"),
            "`client.curve_server` is set",
        ),
        "the secret key is given away": (
            changed(LOCK, "client.curve_serverkey = public", "client.curve_serverkey = secret"),
            "nothing that the client sends arrives.*the public key of the server's pair",
        ),
        "binds it, too": (
            LOCK + '    server.bind("tcp://127.0.0.1:*")\n',
            "has bound or connected the server",
        ),
    },
    "decide": {
        "lets everybody in": (
            changed(DECIDE, "clients.get(z85.encode(credentials[0]))", "list(clients.values())[0]"),
            r"returns when the name has an accent.*\\xc3\\x89milie.*it gave: .*b'ada'",
        ),
        "lets nobody in": (
            changed(DECIDE, "if name is None:", "if True:"),
            "returns when Ada's key comes:.*expected: .*b'200'.*gave: .*b'400'",
        ),
        "keys as they come": (
            changed(DECIDE, "z85.encode(credentials[0])", "credentials[0]"),
            "returns when Ada's key comes:.*expected: .*b'200'.*gave: .*b'400'",
        ),
        "never looks at the mechanism": (
            changed(DECIDE, 'if mechanism == b"CURVE":', "if True:"),
            r"when there are no keys \(NULL\), it raised an error",
        ),
    },
}
