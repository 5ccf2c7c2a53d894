"""The exercises of notebook 11: hints, a solution and a check of each."""

import contextlib
import itertools
import select
import socket as plain_sockets
from socket import create_connection

import zmq
from exercises.captures import ZMTP_1, ZMTP_2, capture

from zmqlab.course.exercises import hints
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    call,
    expect,
    expect_type,
    in_thread,
    kinds_made,
    nothing_left,
)
from zmqlab.wire.zmtp import Parser

_SLOW = 1.2  # seconds: longer than anybody sleeps instead of reading
_LONG_COMMAND = bytes([6, *bytes(6), 1, 44]) + b"\4NOTE".ljust(300)  # flags, size, and 300 bytes


_SILENT = 0.4  # seconds without a message, in which some PINGs pass


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
    last = {}  # the last capture of each kind, and of each socket that is bound
    for expected, until, bound, connecting, steps in _STORIES:
        entries = last[expected, bound] = capture(bound, connecting, steps, until)
        passed = ", ".join(each["kind"] for each in entries)
        which = f"a capture ({bound} bound, {connecting} connects, {steps or 'nothing is sent'})"
        got = call(function, entries, when=f"it is given {which}")
        expect(f"What is wrong in {which}, where this has passed: {passed}", expected, got)
    for one, another in itertools.chain.from_iterable((it, it[::-1]) for it in _BOTH):
        moved = [each | {"connection": each["connection"] + 9} for each in last[another]]
        which = f"a capture with {one[0]!r} in its first connections and {another[0]!r} in the last"
        got = call(function, [*last[one], *moved], when=f"it is given {which}")
        counts = min(one[0], another[0], key=_TABLE.index)
        expect(f"What is wrong in {which}: the first line of the table counts", counts, got)
    expect("What is wrong in an empty capture", "all is well", call(function, [], when="it is []"))
    return f"It read {len(_STORIES)} captures of real sockets, and knew what was wrong in each."


_TABLE = ["old peer", "wrong socket type", "no empty part", "wrong topic"]


# Pairs of captures that are put behind each other: what is wrong, and the socket that is bound.


_BOTH = [
    (("old peer", "PULL"), ("wrong topic", "XPUB")),
    (("wrong socket type", "PUSH"), ("wrong topic", "XPUB")),
    (("wrong socket type", "REP"), ("no empty part", "REP")),
]


# What is wrong, a kind of entry that comes last, and the story: `captures` explains the signs.


_STORIES = [
    ("all is well", "message", "REP", "REQ", "> time please; recv; < 12:00"),
    ("all is well", "message", "PULL", "PUSH", "> hello"),
    ("all is well", "READY", "XPUB", "SUB", ""),
    ("all is well", "message", "XPUB", "SUB", "subscribe camera/; < camera/ 7"),
    ("wrong socket type", "closed", "PUB", "REQ", ""),
    ("wrong socket type", "closed", "REP", "SUB", ""),
    ("wrong socket type", "closed", "PUSH", "PUSH", ""),
    ("old peer", "message", "PULL", ZMTP_1, ""),
    ("old peer", "message", "PULL", ZMTP_2, ""),
    ("key refused", "closed", "PULL server", "PUSH stranger", ""),
    ("key refused", "closed", "PULL strict", "PUSH known", "refuse"),
    ("all is well", "MESSAGE", "PULL server", "PUSH known", "> hello"),
    ("wrong topic", "SUBSCRIBE", "XPUB", "SUB", "subscribe Camera/; pub camera/ 7"),
    ("wrong topic", "SUBSCRIBE", "XPUB", "SUB", "subscribe a; subscribe b; pub c; pub d"),
    ("wrong topic", "message", "XPUB", "SUB", "subscribe a; again; subscribe b; < a 1; < a 2"),
    ("wrong topic", "message", "XPUB", "SUB", "subscribe a; again; subscribe b; < b 1; < b 2"),
    ("all is well", "message", "XPUB", "SUB", "subscribe a; again; subscribe b; < a; < b"),
    ("no empty part", "message", "REP", "DEALER", "> hello"),
    ("no empty part", "message", "REP", "DEALER", "> empty please"),
    ("no empty part", "closed", "ROUTER", "REQ", "> time; recv; < ID 12:00"),
    ("all is well", "message", "REP", "DEALER", "> - hello; recv; < 12:00"),
    ("all is well", "message", "REP", "DEALER", "> from me - hello; recv; < 12:00"),
    ("all is well", "message", "ROUTER", "DEALER", "> hello; recv; < ID 12:00"),
    ("all is well", "message", "XPUB", "XSUB", "> \1camera; recv; < camera"),
    ("all is well", "PONG", "PULL", "PUSH pings", "> hello"),
    ("all is well", "PONG", "PULL", "PUSH pings", ""),
    ("all is well", "READY", "REP", "REQ", ""),
    ("wrong topic", "closed", "XPUB", "SUB", "subscribe a; pub b; leave"),
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
    long_parts = [b"camera/", b"x" * 255, b"y" * 256, b"", bytes(70_000), b"end"]
    cases = {  # when: topic, messages; the first one that begins with the topic is due
        "the message has one part": (b"camera/", [[b"camera/ 7"]]),
        "the message has three parts": (b"camera/", [[b"camera/", b'{"sequence": 7}', b"\0\1\2"]]),
        "parts have 0, 255, 256 and 70,000 bytes": (b"camera/", [long_parts]),
        "messages of other topics come before": (
            b"cam1/",
            [[b"cam2/", b"no"], [b"Cam1/", b"no"], [b"cam1", b"no"], [b"cam1/", b"yes"]],
        ),
        "several messages come at once": (b"a", [[b"a", b"%d" % n, b""] for n in range(50)]),
        "the topic is empty": (b"", [[b"anything", b"goes"]]),
        "the topic is no text": (b"\0\4\xff", [[b"\0\4\xff\0"]]),
        "the topic has 300 bytes": (b"t" * 300, [[b"t" * 299, b"no"], [b"t" * 300, b"yes"]]),
        "the topic has 250 bytes": (b"t" * 250, [[b"t" * 249, b"no"], [b"t" * 250, b"yes"]]),
    }
    with nothing_left():
        for when, (topic, messages) in cases.items():
            _expect_first(function, topic, messages, when)
        when, large = "a part has two million bytes", [b"camera/", bytes(2_000_000)]
        _expect_first(function, b"camera/", [large], when, timeout=2 * TIMEOUT)
        when = "PINGs come before the message"
        pings = {"heartbeat_ivl": 50, "heartbeat_timeout": 60_000}
        _expect_first(function, b"camera/", [[b"camera/", b"7"]], when, _SILENT, **pings)
        odd = {
            "greeting and READY of the publisher take their time": {
                "slow": _SLOW,
                "timeout": 3 * TIMEOUT,
            },
            "a command of 300 bytes comes before the message": {"command": _LONG_COMMAND},
            "the publisher is a PUB, and not an XPUB": {"kind": zmq.PUB},
        }
        for when, how in odd.items():
            _expect_first(function, b"camera/", [[b"camera/", b"7"]], when, **how)
    count = len(cases) + len(odd) + 2
    return f"{count} publishers took it for a SUB, and it understood what they sent."


def _expect_first(
    function,
    topic,
    messages,
    when,
    silent=0.0,
    slow=0.0,
    command=b"",
    kind=zmq.XPUB,
    timeout=TIMEOUT,
    **options,
):
    """Be a publisher that sends the messages as soon as it is subscribed to, or somewhat later."""
    expected = next(parts for parts in messages if parts[0].startswith(topic))
    told: list[bytes] = []  # what the publisher receives
    said: list[str] = []  # what passed between the learner's socket and that one
    with contextlib.ExitStack() as stack:
        context = stack.enter_context(zmq.Context())
        socket = stack.enter_context(context.socket(kind))
        socket.linger = 0
        for name, value in options.items():
            setattr(socket, name, value)
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        listener = stack.enter_context(plain_sockets.create_server(("127.0.0.1", 0)))
        stack.enter_context(in_thread(_publish, socket, messages, silent, told))
        stack.enter_context(in_thread(_relay, listener, port, said, slow, command))
        port = listener.getsockname()[1]
        got = call(function, port, topic, when=when, timeout=timeout, story=lambda: _story(said))
    if kinds_made() & {"SUB", "XSUB"}:
        raise NotYet("It made a ZeroMQ socket. This time say yourself what that one would say.")
    what = f"What it returns when {when}"
    expect_type(what, list | tuple, got, "a list of the parts")
    mistakes = {
        "the first part only": expected[:1],
        "the parts joined": [b"".join(expected)],
        "a message of another topic": messages[0],
        "a command taken for a part": [b"\4PING\0\0"],
    }
    expect(what, expected, list(got), mistakes)
    _judge_order(said, when)
    if kind == zmq.PUB:
        return
    subscriptions = [each for each in told if each.startswith(b"\1")]
    expect(f"What the publisher was told, when {when}", [b"\1" + topic], subscriptions)


def _judge_order(said, when):
    """Raise `NotYet` unless it spoke as a SUB, and let the publisher speak in between."""
    mine = [n for n, it in enumerate(said) if it[0] == ">" and it[2:5] not in ("sig", "gre")]
    ready, subscribe = (*mine, len(said), len(said))[:2]
    if not said[ready:][:1] or not said[ready].startswith('> READY: Socket-Type "SUB"'):
        raise NotYet(f"It did not say that it is a SUB, when {when}. {_story(said)}")
    for at, what, before in ((ready, "READY", "greeting"), (subscribe, "SUBSCRIBE", "READY")):
        if not any(it.startswith(f"< {before}") for it in said[:at]):
            raise NotYet(
                f"It sent {what} before it had read the publisher's {before}, when {when}: read "
                f"it, and do not rely on how fast it comes. {_story(said)}"
            )


def _publish(socket, messages, silent, told, over):
    while socket.type == zmq.PUB and not over.wait(0.02):  # a PUB is not told who subscribes
        for parts in messages:
            socket.send_multipart(parts)
    while not over.is_set():
        if socket.poll(20):
            told.append(socket.recv())
            if told[-1].startswith(b"\1"):
                over.wait(silent)
                for parts in messages:
                    socket.send_multipart(parts)


def _relay(listener, port, said, slow, command, over):
    """Stand between the learner's plain socket and the publisher, and note what each says."""
    while not over.is_set():
        if select.select([listener], [], [], 0.02)[0]:
            near, far = listener.accept()[0], plain_sockets.create_connection(("127.0.0.1", port))
            with near, far, contextlib.suppress(OSError):
                passing = _Passing(near, far, said, over)
                if slow or command:
                    passing.hold(lambda kept: 64, slow)
                    passing.hold(lambda kept: 2 + kept[1] if len(kept) > 1 else 2, slow, command)
                passing.go_on()


class _Passing:
    """What passes between the learner's socket, which is near, and the publisher's."""

    def __init__(self, near, far, said, over):
        self.near, self.far, self.said, self.over = near, far, said, over
        self.others, self.signs = {near: far, far: near}, {near: ">", far: "<"}
        self.parsers = {near: Parser(), far: Parser()}
        near.settimeout(TIMEOUT)
        far.settimeout(TIMEOUT)

    def ready(self, seconds=0.02):
        return select.select([*self.others], [], [], seconds)[0]

    def hand_on(self, sender, data):
        if not data:
            self.said.append(f"{self.signs[sender]} closes")
            raise ConnectionResetError
        facts = self.parsers[sender].feed(data)
        self.said += [f"{self.signs[sender]} {fact.meaning}" for fact in facts]
        self.others[sender].sendall(data)

    def hold(self, enough, slow, more=b""):
        """Keep what the publisher says until it is enough, and some seconds; then hand it on."""
        kept = b""
        while len(kept) < enough(kept) and not self.over.is_set():
            for each in self.ready():
                if each is self.near:
                    self.hand_on(each, each.recv(1 << 16))
                else:
                    kept += self._received(each.recv(enough(kept) - len(kept)))
        self.over.wait(slow)
        if self.near in self.ready(0):  # it has not waited
            self.hand_on(self.near, self.near.recv(1 << 16))
        self.hand_on(self.far, kept + more)

    def _received(self, data):
        return data or self.hand_on(self.far, data)

    def go_on(self):
        while not self.over.is_set():
            for each in self.ready():
                self.hand_on(each, each.recv(1 << 16))


def _story(said):
    if len(said) > 12:
        said = [*said[:8], "...", *said[-4:]]
    passed = "; ".join(said) or "nothing that means anything"
    return f"What has passed (> from you, < from the publisher): {passed}."
