"""The exercises of notebook 11: hints, a solution and a check of each."""

import contextlib
import select
from socket import create_connection, create_server

import zmq
from exercises.captures import ZMTP_1, capture

from zmqlab.course.exercises import hints
from zmqlab.course.trial import TIMEOUT, NotYet, call, expect, expect_return, in_thread, peer
from zmqlab.wire.zmtp import Parser


@hints(
    "Go down the table, and write an `if` for each line. `kinds` is all that the first three need. "
    "Neighbours: `zip(kinds, kinds[1:])` gives pairs of them. Is one of these pairs "
    '`("READY", "closed")`?',
    'For the fourth line take the sizes of what one side has sent: `[each["size"] for each in '
    'capture if each["kind"] == "message" and each["side"] == side]`. Do so for both sides.',
    "Who receives it? The types of the sockets are in the entries of kind `READY`: that of the "
    "other side must be `REQ` or `REP`.",
    "For the fifth line make two sets: the `connection` of each `SUBSCRIBE`, and that of each "
    "`message`. `asked - served` is what is in the first set and not in the second.",
)
def whats_wrong(capture):
    kinds = [each["kind"] for each in capture]
    if "identity" in kinds:
        return "old peer"
    if "HELLO" in kinds and "READY" not in kinds:
        return "key refused"
    if ("READY", "closed") in zip(kinds, kinds[1:]):
        return "wrong socket type"
    types = {each["side"]: each["socket_type"] for each in capture if each["kind"] == "READY"}
    for sender, receiver in [("connected", "bound"), ("bound", "connected")]:
        sizes = [e["size"] for e in capture if e["kind"] == "message" and e["side"] == sender]
        if sizes and 2 not in sizes and types.get(receiver) in ("REQ", "REP"):
            return "no empty part"
    asked = {each["connection"] for each in capture if each["kind"] == "SUBSCRIBE"}
    served = {each["connection"] for each in capture if each["kind"] == "message"}
    if asked - served:
        return "wrong topic"
    return "all is well"


def check_whats_wrong(function):
    for expected, until, bound, connecting, steps in _STORIES:
        entries = capture(bound, connecting, steps, until)
        passed = ", ".join(entry["kind"] for entry in entries)
        which = f"a capture ({bound} bound, {connecting} connects, {steps or 'nothing is sent'})"
        got = call(function, entries, when=f"it is given {which}")
        expect(f"What is wrong in {which}, where this has passed: {passed}", expected, got)
    return f"It read {len(_STORIES)} captures of real sockets, and knew what was wrong in each."


# What is wrong, a kind of entry that comes last, and the story: `captures` explains the signs.
_STORIES = [
    ("all is well", "message", "REP", "REQ", "> time please; recv; < 12:00"),
    ("all is well", "MESSAGE", "PULL server", "PUSH known", "> hello"),
    ("all is well", "message", "REP", "DEALER", "> from me - hello; recv; < 12:00"),
    ("all is well", "message", "XPUB", "SUB", "subscribe a; again; subscribe b; < a; < b"),
    ("old peer", "message", "PULL", ZMTP_1, ""),
    ("key refused", "closed", "PULL server", "PUSH known", "refuse"),
    ("wrong socket type", "closed", "PUSH", "PUSH", ""),
    ("no empty part", "message", "REP", "DEALER", "> hello"),
    ("no empty part", "closed", "ROUTER", "REQ", "> time; recv; < ID 12:00"),
    ("wrong topic", "message", "XPUB", "SUB", "subscribe a; again; subscribe b; < a 1; < a 2"),
]


@hints(
    "Three things go out, and two are read in between: your greeting; then read 64 bytes, the "
    "publisher's; your READY; then read one command, its READY; your SUBSCRIBE. Then read on.",
    "`stream = tcp.makefile('rb')` has a `read(count)` that waits until so many bytes are there. "
    "`tcp.recv(count)` returns as soon as there are any.",
    "To read one part or command: `flags = stream.read(1)[0]`, then "
    '`size = int.from_bytes(stream.read(8 if flags & 2 else 1), "big")`, then so many bytes.',
    "With `flags & 4` it is a command, perhaps a PING: go on. Otherwise keep the part, and return "
    "when `flags & 1` is not set. Your own SUBSCRIBE may be longer than 255 bytes, too.",
)
def first_message(port, topic):
    def packed(flags, body):
        if len(body) > 255:
            return bytes([flags | 2]) + len(body).to_bytes(8, "big") + body
        return bytes([flags, len(body)]) + body

    def read_one():
        flags = stream.read(1)[0]
        size = int.from_bytes(stream.read(8 if flags & 2 else 1), "big")
        return flags, stream.read(size)

    with create_connection(("127.0.0.1", port)) as tcp, tcp.makefile("rb") as stream:
        tcp.sendall(b"\xff" + bytes(8) + b"\x7f\3\1" + b"NULL".ljust(20, b"\0") + bytes(32))
        stream.read(64)
        tcp.sendall(packed(4, b"\5READY\x0bSocket-Type\0\0\0\3SUB"))
        read_one()
        tcp.sendall(packed(4, b"\x09SUBSCRIBE" + topic))
        parts = []
        while True:
            flags, body = read_one()
            if not flags & 4:
                parts.append(body)
                if not flags & 1:
                    return parts


def check_first_message(function):
    _expect_dialogue(function)
    topic, when = b"cam1/", "messages of other topics come before"
    _expect_first(function, topic, [[b"cam2/", b"no"], [b"cam1", b"no"], [topic, b"yes"]], when)
    topic, when = b"t" * 300, "the topic has 300 bytes"
    _expect_first(function, topic, [[b"t" * 299, b"no"], [topic, b"yes"]], when)
    return "Three publishers took it for a SUB, and it understood what they sent."


# What the publisher says: a part or a command begins with flags and size.
_GREETING = b"\xff" + bytes(8) + b"\x7f\3\1" + b"NULL".ljust(20, b"\0") + bytes(32)
_READY = b"\4\x1a\5READY\x0bSocket-Type\0\0\0\4XPUB"
_PING = b"\4\7\4PING\0\0"
_PARTS = [b"camera/", bytes(1_000_000), b""]
_MESSAGE = b"\1\7" + _PARTS[0] + b"\3" + (1_000_000).to_bytes(8, "big") + _PARTS[1] + b"\0\0"

# What the subscriber has to say before, the publisher's next words, and their bytes.
_DIALOGUE = [
    ("> greeting", "< greeting", _GREETING),
    (('> READY: Socket-Type "SUB"', '> READY: Socket-Type "XSUB"'), "< READY", _READY),
    (("> SUBSCRIBE", "> message"), "< PING, and the message", _PING + _MESSAGE),
]
_ORDER = ["> signature", "> greeting", "< greeting", "> READY", "< READY"]
_PAUSE = 0.2  # seconds that the publisher leaves for what is said too early
_PATIENCE = 2.0  # seconds that it waits for what is due


def _expect_dialogue(function):
    """Let it talk to a publisher that is a plain socket, too, and look who says what when."""
    said = []  # > by the learner's socket, < by the publisher
    when = "a PING comes, and parts of 7, 1,000,000 and 0 bytes"
    with create_server(("127.0.0.1", 0)) as listener, in_thread(_publish, listener, said):
        port = listener.getsockname()[1]
        got = call(function, port, b"camera/", when=when, story=lambda: _story(said))
    for line, due in zip(said, _ORDER):
        if not line.startswith(due):
            raise NotYet(
                "What passed (read the publisher's greeting before you send READY, and its READY "
                "before SUBSCRIBE; do not rely on how fast it is):",
                _ORDER,
                said[:5],
            )
    expect(f"What it returns when {when}", _PARTS, got)


def _publish(listener, said, over):
    """Be a publisher that speaks when the other has spoken, and note what passes."""
    parser = Parser()
    listener.settimeout(_PATIENCE)
    with contextlib.suppress(OSError), listener.accept()[0] as tcp:
        tcp.settimeout(_PATIENCE)
        for awaited, words, data in _DIALOGUE:
            while not any(line.startswith(awaited) for line in said):
                _listen(tcp, parser, said)
            if select.select([tcp], [], [], _PAUSE)[0]:
                _listen(tcp, parser, said)
            said.append(words)
            tcp.sendall(data)
        over.wait(2 * TIMEOUT)  # whoever hangs up at once may take back what was sent


def _listen(tcp, parser, said):
    """Note the next words; raise `OSError` where none come, or what nobody understands."""
    data = b""
    with contextlib.suppress(TimeoutError):
        data = tcp.recv(1 << 16)
    facts = parser.feed(data) if data else parser.end()
    said += [f"> {fact.meaning}" for fact in facts]
    if not data or any(fact.kind == "malformed" for fact in facts):
        raise ConnectionError("the publisher hangs up")


def _story(said):
    passed = "; ".join(said) or "nothing that means anything"
    return f"What has passed (> from you, < from the publisher): {passed}."


def _expect_first(function, topic, messages, when):
    """Be a publisher of ZeroMQ's own, of whose messages the last begins with the topic."""

    def publish(socket, over):
        while not over.is_set():
            if socket.poll(20) and socket.recv().startswith(b"\1"):  # a subscription
                for parts in messages:
                    socket.send_multipart(parts)

    with peer(zmq.XPUB, publish) as endpoint:
        port = int(endpoint.rpartition(":")[2])
        expect_return(messages[-1], function, port, topic, when=when)
