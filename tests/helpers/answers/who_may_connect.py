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
        "a helper for both": """
def keyed(socket, **options):
    public, secret = zmq.curve_keypair()
    socket.curve_publickey, socket.curve_secretkey = public, secret
    for name, value in options.items():
        setattr(socket, name, value)
    return public

def give_keys(server, client):
    public = keyed(server, curve_server=True)
    keyed(client, curve_serverkey=public)
""",
        "keys read from files": """
import tempfile
from zmq.auth import create_certificates, load_certificate

def give_keys(server, client):
    with tempfile.TemporaryDirectory() as folder:
        _, path = create_certificates(folder, "server")
        public, secret = load_certificate(path)
        _, path = create_certificates(folder, "client")
        client.curve_publickey, client.curve_secretkey = load_certificate(path)
    server.curve_secretkey, server.curve_publickey = secret, public
    server.curve_server = True
    client.curve_serverkey = public
""",
        "as strings": """
def give_keys(server, client):
    options = {}
    for socket in (client, server):
        public, secret = (key.decode("ascii") for key in zmq.curve_keypair())
        socket.setsockopt_string(zmq.CURVE_PUBLICKEY, public)
        socket.setsockopt_string(zmq.CURVE_SECRETKEY, secret)
        options[socket] = public
    client.setsockopt_string(zmq.CURVE_SERVERKEY, options[server])
    server.set(zmq.CURVE_SERVER, True)
""",
        "the server knows its own key, too": """
def give_keys(server, client):
    theirs = zmq.curve_keypair()
    for socket, pair in ((server, theirs), (client, zmq.curve_keypair())):
        socket.curve_serverkey = theirs[0]
        socket.curve_publickey, socket.curve_secretkey = pair
    server.curve_server = True  # after its own key, which makes it a client
    return theirs[0]
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
        "errors are strangers": """
def decide(request, clients):
    try:
        assert request[5] == b"CURVE"
        name = clients[zmq.utils.z85.encode(request[6])].encode()
        status = [b"200", b"welcome"]
    except (KeyError, IndexError, AssertionError):
        name, status = b"", [b"400", b"no"]
    return request[:2] + status + [name, b""]
""",
        "a loop": """
def decide(request, clients):
    version, number, _, _, _, mechanism, *credentials = request
    reply = [version, number, b"400", b"", b"", b""]
    for key, name in clients.items():
        if mechanism == b"CURVE" and z85.encode(credentials[0]) == key:
            reply[2:5] = b"200", b"", bytes(name, "utf-8")
    return tuple(reply)
""",
        "by match": """
def decide(request, clients):
    match request:
        case [version, number, _, _, _, b"CURVE", key] if z85.encode(key) in clients:
            return [version, number, b"200", b"", clients[z85.encode(key)].encode("utf-8"), b""]
        case [version, number, *_]:
            return [version, number, b"400", b"not today", b"", b""]
""",
        "a request that is a class": """
from dataclasses import dataclass, field


@dataclass
class Request:
    version: bytes
    number: bytes
    domain: bytes
    address: bytes
    identity: bytes
    mechanism: bytes
    credentials: list = field(default_factory=list)

    def key(self):
        if self.mechanism == b"CURVE" and self.credentials:
            return z85.encode(self.credentials[0])

    def reply(self, status, text, user=""):
        return [self.version, self.number, b"%d" % status, text, user.encode(), b""]


def decide(request, clients):
    asked = Request(*request[:6], request[6:])
    if asked.key() in clients:
        return asked.reply(200, b"OK", clients[asked.key()])
    return asked.reply(400, b"")
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
        "only secret keys": (
            changed(LOCK, "    server.curve_server = True\n", ""),
            "`server.curve_server` is not set",
        ),
        "both are servers": (
            changed(LOCK, "    client.curve_serverkey = public\n", "    client.curve_server = 1\n"),
            "`client.curve_server` is set",
        ),
        "a client without a pair": (
            LOCK.replace(
                "    client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()\n", ""
            ),
            "The client has no secret key",
        ),
        "a server without a pair": (
            LOCK.replace(
                "    server.curve_publickey, server.curve_secretkey = public, secret\n", ""
            ),
            "The server has no secret key",
        ),
        "the client's own key for the server's": (
            """
def give_keys(server, client):
    server.curve_server = True
    server.curve_publickey, server.curve_secretkey = zmq.curve_keypair()
    public, secret = zmq.curve_keypair()
    client.curve_publickey, client.curve_secretkey = public, secret
    client.curve_serverkey = public
""",
            "must be the public key of the server.*looks like the client's own public key",
        ),
        "the secret key is given away": (
            changed(LOCK, "client.curve_serverkey = public", "client.curve_serverkey = secret"),
            "must be the public key of the server.*looks like a secret key",
        ),
        "one pair for both": (
            changed(
                LOCK,
                "client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()",
                "client.curve_publickey, client.curve_secretkey = public, secret",
            ),
            "could pretend to be the server",
        ),
        "half of two pairs": (
            changed(
                LOCK,
                "client.curve_publickey, client.curve_secretkey = zmq.curve_keypair()",
                "client.curve_publickey = zmq.curve_keypair()[0]\n"
                "    client.curve_secretkey = zmq.curve_keypair()[1]",
            ),
            "must fit its secret key",
        ),
        "keys in the program": (
            "PAIRS = zmq.curve_keypair(), zmq.curve_keypair()\n\n"
            + LOCK.replace(
                "public, secret = zmq.curve_keypair()", "public, secret = PAIRS[0]"
            ).replace("= zmq.curve_keypair()", "= PAIRS[1]"),
            "the same keys again",
        ),
        "binds it, too": (
            LOCK + '    server.bind("tcp://127.0.0.1:*")\n',
            "has bound or connected the server",
        ),
        "keys the wrong way round": (
            changed(LOCK, "public, secret = zmq", "secret, public = zmq"),
            "public and secret key are exchanged",
        ),
        "text in place of a key": (
            changed(LOCK, "client.curve_serverkey = public", 'client.curve_serverkey = b"server"'),
            "raised an error.*ZMQError",
        ),
        "another public key for the server": (
            changed(
                LOCK,
                "server.curve_publickey, server.curve_secretkey = public, secret",
                "server.curve_publickey, server.curve_secretkey = zmq.curve_keypair()[0], secret",
            ),
            "`server.curve_publickey`, which must fit its secret key",
        ),
        "the client's pair once and for all": (
            """
import functools


@functools.cache
def identity():
    return zmq.curve_keypair()


def give_keys(server, client):
    server.curve_server = True
    server.curve_publickey, server.curve_secretkey = public, _ = zmq.curve_keypair()
    client.curve_serverkey = public
    client.curve_publickey, client.curve_secretkey = identity()
""",
            "Called again, it gives the same keys",
        ),
        "drawn from a seed": (
            """
def give_keys(server, client):
    random = np.random.default_rng(42)
    secrets = [z85.encode(random.bytes(32)) for _ in range(2)]
    publics = [zmq.curve_public(secret) for secret in secrets]
    server.curve_server = True
    server.curve_publickey, server.curve_secretkey = publics[0], secrets[0]
    client.curve_serverkey = publics[0]
    client.curve_publickey, client.curve_secretkey = publics[1], secrets[1]
""",
            "Called again, it gives the same keys",
        ),
        "the server is told its own key last": (
            changed(
                LOCK,
                "    client.curve_serverkey = public\n",
                "    for socket in (server, client):\n        socket.curve_serverkey = public\n",
            ),
            "`server.curve_serverkey` is set",
        ),
        "and a password besides": (
            LOCK
            + "    server.plain_server = True\n"
            + '    client.plain_username, client.plain_password = b"ada", b"secret"\n',
            "`server.curve_server` is not set",
        ),
        "asks somebody who is not there": (
            LOCK + '    server.zap_domain = b"laboratory"\n    server.zap_enforce_domain = True\n',
            "nothing that the client sends arrives",
        ),
        "one key for all": (
            """
def give_keys(server, client):
    _, key = zmq.curve_keypair()
    server.curve_server = True
    server.curve_publickey = server.curve_secretkey = key
    client.curve_publickey = client.curve_secretkey = client.curve_serverkey = key
""",
            "looks like the client's own public key",
        ),
    },
    "decide": {
        "a list of what is forbidden": (
            changed(
                DECIDE, 'if mechanism == b"CURVE":', 'if mechanism not in (b"NULL", b"PLAIN"):'
            ),
            "by another way .GSSAPI.*expected: b'400'",
        ),
        "lets everybody in": (
            changed(DECIDE, "clients.get(z85.encode(credentials[0]))", "list(clients.values())[0]"),
            "The name when the name has an accent",
        ),
        "some name for everybody": (
            changed(DECIDE, "clients.get(z85.encode(credentials[0]))", '"ada"').replace(
                "name.encode()", "(clients.get(z85.encode(credentials[0])) or name).encode()"
            ),
            "a stranger's key comes.*expected: b'400'",
        ),
        "lets nobody in": (
            changed(DECIDE, "if name is None:", "if True:"),
            "when Ada's key comes:.*expected: b'200'.*gave: b'400'",
        ),
        "keys as they come": (
            changed(DECIDE, "z85.encode(credentials[0])", "credentials[0]"),
            "The status when Ada's key comes",
        ),
        "never looks at the mechanism": (
            changed(DECIDE, 'if mechanism == b"CURVE":', "if True:"),
            "raised an error",
        ),
        "any mechanism with 32 bytes": (
            changed(
                DECIDE, 'if mechanism == b"CURVE":', "if credentials and len(credentials[0]) == 32:"
            ),
            "status when Ada's key comes as a password.*expected: b'400'",
        ),
        "the status as a number": (
            changed(DECIDE, 'b"200"', "200"),
            "A part of what it returns when Ada's key comes.*expected: bytes",
        ),
        "the name as text": (
            changed(DECIDE, "name.encode()", "name"),
            "A part of what it returns.*expected: bytes",
        ),
        "ASCII only": (
            changed(DECIDE, "name.encode()", 'name.encode("ascii")'),
            "accent, it raised an error.*UnicodeEncodeError",
        ),
        "the key for the name": (
            changed(DECIDE, "name.encode()", "z85.encode(credentials[0])"),
            "The name when Ada's key comes",
        ),
        "a number of its own": (
            changed(DECIDE, '[version, number, b"200"', '[version, b"1", b"200"'),
            "Version and number when Ada's key comes",
        ),
        "the number as text": (
            changed(DECIDE, "    name = None", "    number.decode()\n    name = None"),
            "raised an error.*UnicodeDecodeError",
        ),
        "without metadata": (
            changed(DECIDE, 'name.encode(), b""]', "name.encode()]"),
            "How many parts.*expected: 6.*gave: 5",
        ),
        "yes or no": (
            "def decide(request, clients):\n    return request[-1] in clients\n",
            "a list of six parts",
        ),
        "forgets to refuse": (
            changed(DECIDE, "if name is None:", "if request == []:"),
            "raised an error.*'NoneType' object has no attribute 'encode'",
        ),
        "this computer alone": (
            changed(
                DECIDE,
                'if mechanism == b"CURVE":',
                'if mechanism == b"CURVE" and address == b"127.0.0.1":',
            ),
            "when she comes from another computer.*expected: b'200'.*gave: b'400'",
        ),
        "the beginning of the key": (
            changed(
                DECIDE,
                "name = clients.get(z85.encode(credentials[0]))",
                "key = z85.encode(credentials[0])[:10]\n"
                "        name = {each[:10]: clients[each] for each in clients}.get(key)",
            ),
            "a key comes that differs from Ada's at its end.*expected: b'400'.*gave: b'200'",
        ),
        "remembers the names": (
            "known = {}\n\n"
            + changed(
                DECIDE,
                "name = clients.get(z85.encode(credentials[0]))",
                "key = z85.encode(credentials[0])\n"
                "        name = known.setdefault(key, clients[key]) if key in clients else None",
            ),
            "the same key has another name now.*expected: b'Ada Byron'.*gave: b'ada'",
        ),
        "lets each in once": (
            changed(
                DECIDE,
                "clients.get(z85.encode(credentials[0]))",
                "clients.pop(z85.encode(credentials[0]), None)",
            ),
            "It has changed `clients`, when Ada's key comes",
        ),
        "a tuple that is none": (
            changed(DECIDE, 'mechanism == b"CURVE"', 'mechanism in (b"CURVE")'),
            r"by a way that is unknown \(CURV\).*expected: b'400'",
        ),
        "capitals do not matter": (
            changed(
                DECIDE,
                "clients.get(z85.encode(credentials[0]))",
                "{key.lower(): who for key, who in clients.items()}"
                ".get(z85.encode(credentials[0]).lower())",
            ),
            "differs from Bede's in a capital.*expected: b'400'.*gave: b'200'",
        ),
    },
}
