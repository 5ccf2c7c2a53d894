"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

WHATS = solution("whats_wrong")
FIRST = solution("first_message")
TAKE = "if not flags & 4:"
PAIR = '("READY", "closed") in zip(kinds, kinds[1:])'

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "whats_wrong": {
        "a table of questions": """
def parts(capture, side):
    return [e["raw"] for e in capture if e["kind"] == "message" and e["side"] == side]

def told(capture):
    kinds = {}
    for entry in capture:
        kinds.setdefault(entry["connection"], set()).add(entry["kind"])
    return kinds

def unwrapped(capture):
    for entry in capture:
        if entry["kind"] == "READY" and entry["socket_type"] in {"REQ", "REP"}:
            other = "bound" if entry["side"] == "connected" else "connected"
            came = parts(capture, other)
            if came and not any(raw in ("00 00", "01 00") for raw in came):
                return True
    return False

def whats_wrong(capture):
    line = " ".join(entry["kind"] for entry in capture)
    answers = {
        "old peer": "identity" in line,
        "key refused": "HELLO" in line and "READY" not in line,
        "wrong socket type": "READY closed" in line,
        "no empty part": unwrapped(capture),
        "wrong topic": any(
            {"SUBSCRIBE", "message"} & said == {"SUBSCRIBE"} for said in told(capture).values()
        ),
        "all is well": True,
    }
    return next(answer for answer, so in answers.items() if so)
""",
        "step by step through the capture": """
def whats_wrong(capture):
    types, sent, last, hello, waiting = {}, {}, None, False, []
    for entry in capture:
        match entry["kind"]:
            case "identity":
                return "old peer"
            case "READY":
                types[entry["side"]] = entry["socket_type"]
            case "closed" if last == "READY":
                return "wrong socket type"
            case "HELLO":
                hello = True
            case "SUBSCRIBE":
                waiting.append(entry["connection"])
            case "message":
                waiting = [each for each in waiting if each != entry["connection"]]
                sent.setdefault(entry["side"], []).append(entry)
        last = entry["kind"]
    if hello and not types:
        return "key refused"
    for side, entries in sent.items():
        (receiver,) = {"connected", "bound"} - {side}
        if types.get(receiver) in ("REQ", "REP") and all(e["size"] > 2 for e in entries):
            return "no empty part"
    return "wrong topic" if waiting else "all is well"
""",
        "by the meanings": """
def whats_wrong(capture):
    kinds = [e["kind"] for e in capture]
    if any(e["meaning"].startswith("identity") for e in capture):
        return "old peer"
    if kinds.count("HELLO") > kinds.count("READY"):
        return "key refused"
    if any(pair == ("READY", "closed") for pair in itertools.pairwise(kinds)):
        return "wrong socket type"
    for side in ("connected", "bound"):
        asks = [e for e in capture if e["side"] != side and e["socket_type"] in ("REQ", "REP")]
        sent = [e for e in capture if e["side"] == side and e["kind"] == "message"]
        if asks and sent and not [e for e in sent if e["meaning"].endswith("empty")]:
            return "no empty part"
    for subscribed in (e for e in capture if e["kind"] == "SUBSCRIBE"):
        same = [e for e in capture if e["connection"] == subscribed["connection"]]
        if not any("message" in e["kind"] for e in same):
            return "wrong topic"
    return "all is well"
""",
        "a generator of complaints": """
def complaints(capture):
    kinds = tuple(entry["kind"] for entry in capture)
    if kinds.count("identity"):
        yield "old peer"
    if "HELLO" in kinds and not kinds.count("READY"):
        yield "key refused"
    if any(kinds[n : n + 2] == ("READY", "closed") for n in range(len(kinds))):
        yield "wrong socket type"
    numbers = sorted({entry["connection"] for entry in capture})
    for number, side in itertools.product(numbers, ("bound", "connected")):
        here = [entry for entry in capture if entry["connection"] == number]
        types = {entry["socket_type"] for entry in here if entry["side"] == side}
        came = [
            entry["size"] == 2
            for entry in here
            if entry["kind"] == "message" and entry["side"] != side
        ]
        if types & {"REQ", "REP"} and came and not any(came):
            yield "no empty part"
    for number in numbers:
        said = [entry["kind"] for entry in capture if entry["connection"] == number]
        if "SUBSCRIBE" in said and "message" not in said:
            yield "wrong topic"
    yield "all is well"


def whats_wrong(capture):
    return next(complaints(capture))
""",
        "from the bottom up": """
from collections import defaultdict


def whats_wrong(capture):
    answer = "all is well"
    told = defaultdict(set)
    for each in capture:
        told[each["connection"]].add(each["kind"])
    if any("SUBSCRIBE" in kinds and "message" not in kinds for kinds in told.values()):
        answer = "wrong topic"
    types, sizes = {}, defaultdict(list)
    for each in capture:
        if each["kind"] == "READY":
            types[each["connection"], each["side"]] = each["socket_type"]
        if each["kind"] == "message":
            other = "bound" if each["side"] == "connected" else "connected"
            sizes[each["connection"], other].append(each["size"])
    for side, came in sizes.items():
        if types.get(side) in {"REQ", "REP"} and all(size != 2 for size in came):
            answer = "no empty part"
    for before, after in itertools.pairwise(capture):
        if (before["kind"], after["kind"]) == ("READY", "closed"):
            answer = "wrong socket type"
    everything = set().union(*told.values())
    if {"HELLO"} == everything & {"HELLO", "READY"}:
        answer = "key refused"
    if "identity" in everything:
        answer = "old peer"
    return answer
""",
    },
    "first_message": {
        "bytes collected one call after the other": """
def exactly(tcp, count):
    data = bytearray()
    while len(data) < count:
        data += tcp.recv(count - len(data))
    return bytes(data)

def frames(tcp):
    while True:
        flags = exactly(tcp, 1)[0]
        size = int.from_bytes(exactly(tcp, 8 if flags >> 1 & 1 else 1), "big")
        yield flags, exactly(tcp, size)

def first_message(port, topic):
    tcp = create_connection(("127.0.0.1", port), timeout=10)
    try:
        tcp.sendall(bytes.fromhex("ff 00 00 00 00 00 00 00 00 7f 03 01 4e 55 4c 4c") + bytes(48))
        exactly(tcp, 64)
        tcp.sendall(b"\\x04\\x19\\x05READY\\x0bSocket-Type\\x00\\x00\\x00\\x03SUB")
        coming = frames(tcp)
        next(coming)
        tcp.sendall(b"\\x06" + (len(topic) + 10).to_bytes(8, "big") + b"\\x09SUBSCRIBE" + topic)
        parts = []
        for flags, body in coming:
            if flags in (0, 1, 2, 3):
                parts.append(body)
                if flags in (0, 2):
                    return tuple(parts)
    finally:
        tcp.close()
""",
        "the older way to subscribe, as an XSUB": changed(
            FIRST, 'packed(4, b"\\x09SUBSCRIBE" + topic)', 'packed(0, b"\\x01" + topic)'
        ),
        "answers PINGs, with asyncio and struct": """
import struct

async def talk(port, topic):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(struct.pack(">B8sBBB20s32s", 255, b"", 127, 3, 1, b"NULL", b""))
    await reader.readexactly(64)
    writer.write(b"\\4\\x19\\5READY\\x0bSocket-Type" + struct.pack(">I3s", 3, b"SUB"))
    parts, subscribed = [], False
    try:
        while True:
            (flags,) = await reader.readexactly(1)
            form = ">Q" if flags & 2 else ">B"
            (size,) = struct.unpack(form, await reader.readexactly(struct.calcsize(form)))
            body = await reader.readexactly(size)
            if body[:6] == b"\\5READY" and not subscribed:
                subscribed = True
                command = b"\\x09SUBSCRIBE" + topic
                writer.write(struct.pack(">BQ", 6, len(command)) + command)
            elif flags & 4 and body[:5] == b"\\4PING":
                writer.write(struct.pack("BB", 4, len(body) - 2) + b"\\4PONG" + body[7:])
            elif not flags & 4:
                parts.append(body)
                if not flags & 1:
                    return parts
    finally:
        writer.close()

def first_message(port, topic):
    return asyncio.run(talk(port, topic))
""",
        "a class, as version 3.0": """
class Wire:
    def __init__(self, port):
        self.tcp = create_connection(("127.0.0.1", port))
        self.stream = self.tcp.makefile("rwb")

    def write(self, data):
        self.stream.write(data)
        self.stream.flush()

    def read(self):
        flags, size = self.stream.read(2)
        if flags & 2:
            size = size << 56 | int.from_bytes(self.stream.read(7), "big")
        return bool(flags & 4), bool(flags & 1), self.stream.read(size)

def first_message(port, topic):
    wire = Wire(port)
    wire.write(b"\\xff" + 8 * b"\\0" + b"\\x7f\\3\\0NULL" + 48 * b"\\0")
    wire.stream.read(64)
    wire.write(b"\\4\\x19\\5READY\\x0bSocket-Type\\0\\0\\0\\3SUB")
    wire.read()
    wire.write(b"\\2" + (1 + len(topic)).to_bytes(8, "big") + b"\\1" + topic)
    parts, more = [], True
    while more:
        command, more, body = wire.read()
        if command:
            more = True
        else:
            parts.append(body)
    wire.stream.close()
    wire.tcp.close()
    return parts
""",
        "a parser that says how much it needs": """
def wire(topic):
    def packed(flags, body):
        if len(body) > 255:
            return bytes([flags | 2]) + len(body).to_bytes(8, "big") + body
        return bytes([flags, len(body)]) + body

    def one():
        (flags,) = yield 1
        size = int.from_bytes((yield 8 if flags & 2 else 1), "big")
        return flags, (yield size)

    yield b"\\xff" + bytes(8) + b"\\x7f\\3\\1" + b"NULL".ljust(20, b"\\0") + bytes(32)
    yield 64
    yield packed(4, b"\\5READY\\x0bSocket-Type\\0\\0\\0\\3SUB")
    while (yield from one())[1][:6] != b"\\5READY":
        pass
    yield packed(4, b"\\x09SUBSCRIBE" + topic)
    parts, more = [], 1
    while more:
        flags, body = yield from one()
        if not flags & 4:
            parts.append(body)
            more = flags & 1
    return parts


def first_message(port, topic):
    with create_connection(("127.0.0.1", port)) as tcp, tcp.makefile("rb") as stream:
        talk, answer = wire(topic), None
        while True:
            try:
                wants = talk.send(answer)
            except StopIteration as end:
                return end.value
            if isinstance(wants, bytes):
                answer = tcp.sendall(wants)
            else:
                answer = stream.read(wants)
""",
        "a thread that reads": changed(
            changed(
                FIRST,
                """        parts = []
        while True:
            flags, body = read_one()
""",
                """        parts, came = [], queue.Queue()

        def read_on():
            while True:
                flags, body = read_one()
                came.put((flags, body))
                if not flags & 5:
                    return

        reader = threading.Thread(target=read_on)
        reader.start()
        while True:
            flags, body = came.get()
""",
            ),
            "                if not flags & 1:\n",
            "                if not flags & 1:\n                    reader.join()\n",
        ).replace("def first_message", "import queue\n\n\ndef first_message"),
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "whats_wrong": {
        "the keys first": (
            changed(WHATS, 'if "HELLO" in kinds and "READY"', 'if "READY"').replace(
                '    if "identity" in kinds:\n        return "old peer"\n', ""
            ),
            "PULL bound, bytes 01 00.*expected: 'old peer'.*gave: 'key refused'",
        ),
        "whoever says HELLO is refused": (
            changed(WHATS, ' and "READY" not in kinds', ""),
            "PULL server bound, PUSH known.*expected: 'all is well'.*gave: 'key refused'",
        ),
        "closed, for whatever reason": (
            changed(WHATS, '("READY", "closed") in zip(kinds, kinds[1:])', '"closed" in kinds'),
            "ROUTER bound, REQ.*expected: 'no empty part'.*gave: 'wrong socket type'",
        ),
        "closed before the keys": (
            changed(
                changed(WHATS, '("READY", "closed") in zip(kinds, kinds[1:])', "False"),
                '    if "HELLO"',
                '    if "closed" in kinds:\n        return "wrong socket type"\n    if "HELLO"',
            ),
            "PUSH stranger.*expected: 'key refused'.*gave: 'wrong socket type'",
        ),
        "one READY is too few": (
            changed(
                WHATS, '("READY", "closed") in zip(kinds, kinds[1:])', 'kinds.count("READY") < 2'
            ),
            # Whoever hangs up first may do so before the other has said what it is.
            "(PUSH known.*expected: 'all is well'.*gave: 'wrong socket type'"
            "|expected: 'wrong socket type'.*gave: 'all is well')",
        ),
        "the first part must be empty": (
            changed(WHATS, "2 not in sizes", "sizes[0] != 2"),
            "> from me - hello.*expected: 'all is well'.*gave: 'no empty part'",
        ),
        "only a REP cares": (
            changed(WHATS, 'in ("REQ", "REP")', '== "REP"'),
            "ROUTER bound, REQ.*expected: 'no empty part'.*gave: 'all is well'",
        ),
        "only requests": (
            changed(WHATS, ', ("bound", "connected")]', "]"),
            "ROUTER bound, REQ.*expected: 'no empty part'.*gave: 'all is well'",
        ),
        "both sides in one": (
            changed(WHATS, ' and e["side"] == sender', ""),
            "ROUTER bound, REQ.*expected: 'no empty part'.*gave: 'all is well'",
        ),
        "every message needs one": (
            changed(WHATS, ' and types.get(receiver) in ("REQ", "REP")', ""),
            "PULL bound, PUSH connects, > hello.*expected: 'all is well'.*gave: 'no empty part'",
        ),
        "the type of the sender": (
            changed(WHATS, "types.get(receiver)", "types.get(sender)"),
            "DEALER connects, > hello.*expected: 'no empty part'.*gave: 'all is well'",
        ),
        "forgets the head of two bytes": (
            changed(WHATS, "2 not in sizes", "0 not in sizes"),
            "REP bound, REQ.*expected: 'all is well'.*gave: 'no empty part'",
        ),
        "silence is a wrong topic": (
            changed(WHATS, "if asked - served:", 'if "message" not in kinds:'),
            "expected: 'all is well'.*gave: 'wrong topic'",
        ),
        "every subscription is wrong": (
            changed(WHATS, "if asked - served:", "if asked:"),
            "subscribe camera/; < camera/ 7.*expected: 'all is well'.*gave: 'wrong topic'",
        ),
        "whoever is served, all are": (
            changed(WHATS, "if asked - served:", "if asked and not served:"),
            "again; subscribe b.*expected: 'wrong topic'.*gave: 'all is well'",
        ),
        "forgets to say that all is well": (
            changed(WHATS, '    return "all is well"\n', ""),
            "REP bound, REQ.*expected: 'all is well'.*gave: None",
        ),
        "in words of its own": (
            changed(WHATS, '"wrong socket type"', '"wrong type"'),
            "PUB bound, REQ.*expected: 'wrong socket type'.*gave: 'wrong type'",
        ),
        "types by their place": (
            changed(
                WHATS,
                "    types = {",
                '    ready = [e for e in capture if e["kind"] == "READY"]\n'
                "    types = ready[0], ready[1]\n    types = {",
            ),
            "it raised an error.*IndexError",
        ),
        "entries as objects": (
            changed(
                WHATS, 'each["kind"] for each in capture]\n', "each.kind for each in capture]\n"
            ),
            "it raised an error.*'dict' object has no attribute 'kind'",
        ),
        "whichever it comes upon first": (
            """
def whats_wrong(capture):
    for connection in sorted({each["connection"] for each in capture}):
        of_one = [each for each in capture if each["connection"] == connection]
        reason = of_connection(of_one)
        if reason != "all is well":
            return reason
    return "all is well"
"""
            + WHATS.replace("def whats_wrong", "\ndef of_connection"),
            "in its first connections and .* in the last: the first line of the table counts",
        ),
        "who says nothing leaves a part out": (
            changed(WHATS, "if sizes and 2 not in sizes", "if 2 not in sizes"),
            "REP bound, REQ connects, nothing is sent.*expected: 'all is well'.*gave: 'no empty",
        ),
        "nothing at all is a refusal": (
            changed(WHATS, 'if "HELLO" in kinds and "READY" not', 'if "READY" not'),
            "in an empty capture.*expected: 'all is well'.*gave: 'key refused'",
        ),
        "something must have passed": (
            changed(WHATS, "    kinds =", '    assert capture[0]["kind"] == "opened"\n    kinds ='),
            r"Called when it is \[\], it raised an error.*IndexError",
        ),
        "looks at the end only": (
            changed(WHATS, PAIR, 'kinds[-2:] == ["READY", "closed"]'),
            "and 'wrong topic' in the last.*expected: 'wrong socket type'.*gave: 'wrong topic'",
        ),
        "a SUB that has not subscribed": (
            changed(WHATS, 'if each["kind"] == "SUBSCRIBE"}', 'if each["socket_type"] == "SUB"}'),
            "SUB connects, nothing is sent.*expected: 'all is well'.*gave: 'wrong topic'",
        ),
        "the last subscriber": (
            changed(
                WHATS,
                "    if asked - served:",
                '    asked = [e["connection"] for e in capture if e["kind"] == "SUBSCRIBE"]\n'
                "    if asked and asked[-1] not in served:",
            ),
            "subscribe b; < b 1; < b 2.*expected: 'wrong topic'.*gave: 'all is well'",
        ),
        "the fourth line before the third": (
            changed(WHATS, f'    if {PAIR}:\n        return "wrong socket type"\n', "").replace(
                "    asked = {",
                f'    if {PAIR}:\n        return "wrong socket type"\n    asked = {{',
            ),
            "first line of the table.*expected: 'wrong socket type'.*gave: 'no empty part'",
        ),
    },
    "first_message": {
        "a ZeroMQ socket": (
            """
def first_message(port, topic):
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.subscribe(topic)
        sub.connect(f"tcp://127.0.0.1:{port}")
        return sub.recv_multipart()
""",
            "It made a ZeroMQ socket. This time say yourself",
        ),
        "waits for the greeting before it sends its own": (
            changed(
                FIRST,
                "        tcp.sendall(b",
                "        stream.read(64)\n        tcp.sendall(b",
            ).replace(
                "        stream.read(64)\n        tcp.sendall(packed", "        tcp.sendall(packed"
            ),
            "still busy 4 s later.*publisher.: < signature of a ZeroMQ socket\\.\n.*stream.read",
        ),
        "all at once": (
            changed(FIRST, "        stream.read(64)\n", "")
            .replace("        read_one()\n", "")
            .replace(
                'bytes(32))\n        tcp.sendall(packed(4, b"\\5READY',
                'bytes(32) + packed(4, b"\\5READY',
            )
            .replace('SUB"))\n        tcp.sendall(packed(4, b"\\x09', 'SUB") + packed(4, b"\\x09')
            .replace("        parts = []", "        stream.read(64)\n        parts = []"),
            "> SUBSCRIBE.*< closes\\.\n",
        ),
        "a greeting without its second mark": (
            changed(FIRST, "\\x7f\\3\\1", "\\0\\3\\1"),
            "when the message has one part.*(raised an error|still busy).*> malformed",
        ),
        "a greeting that is too short": (
            changed(FIRST, "bytes(32)", "bytes(31)"),
            "when the message has one part.*> malformed",
        ),
        "another type of socket": (
            changed(FIRST, "\\3SUB", "\\4PULL"),
            'raised an error.*READY: Socket-Type "PULL"',
        ),
        "a property without the size of its value": (
            changed(FIRST, "\\0\\0\\0\\3SUB", "SUB"),
            "raised an error.*READY: Socket-Type",
        ),
        "a command without the size of its name": (
            changed(FIRST, "\\x09SUBSCRIBE", "SUBSCRIBE"),
            "still busy.*> malformed",
        ),
        "SUBSCRIBE as a message": (
            changed(FIRST, 'packed(4, b"\\x09', 'packed(0, b"\\x09'),
            "still busy 4 s later.*> message, 17 bytes: ",
        ),
        "never subscribes": (
            changed(FIRST, '        tcp.sendall(packed(4, b"\\x09SUBSCRIBE" + topic))\n', ""),
            'still busy 4 s later.*READY: Socket-Type "SUB"',
        ),
        "everything, and then picks": (
            changed(changed(FIRST, '" + topic', '"'), "return parts", "return parts").replace(
                "                if not flags & 1:\n                    return parts\n",
                "                if not flags & 1:\n"
                "                    if parts[0].startswith(topic):\n"
                "                        return parts\n                    parts = []\n",
            ),
            r"publisher was told.*expected: \[b'\\x01camera/'\].*gave: \[b'\\x01'\]",
        ),
        "everything": (
            changed(FIRST, '" + topic', '"'),
            r"publisher was told.*expected: \[b'\\x01camera/'\].*gave: \[b'\\x01'\]",
        ),
        "a topic as text": (
            changed(FIRST, '" + topic', '" + topic.decode().encode()'),
            "the topic is no text, it raised an error.*UnicodeDecodeError",
        ),
        "short commands only": (
            changed(FIRST, "if len(body) > 255:", "if False:"),
            "the topic has 300 bytes, it raised an error.*ValueError",
        ),
        "the size has one byte": (
            changed(FIRST, "stream.read(8 if flags & 2 else 1)", "stream.read(1)"),
            "0, 255, 256 and 70,000 bytes",
        ),
        "least significant byte first": (
            changed(FIRST, 'else 1), "big")', 'else 1), "little")'),
            "0, 255, 256 and 70,000 bytes",
        ),
        "the first part only": (
            changed(
                FIRST, "                if not flags & 1:\n    ", "                if True:\n    "
            ),
            "three parts.*looks like the first part only",
        ),
        "one part after the other, for ever": (
            changed(FIRST, "if not flags & 1:", "if flags == 0:"),
            "a part has two million bytes, it was still busy.*< part 2 of 2, 2,000,000",
        ),
        "joined": (
            changed(FIRST, "return parts", 'return b"".join(parts)'),
            "What it returns when .*a list of the parts.*gave: b'camera/ 7'",
        ),
        "a list of one": (
            changed(FIRST, "return parts", 'return [b"".join(parts)]'),
            "three parts.*looks like the parts joined",
        ),
        "commands are parts": (
            changed(FIRST, TAKE, "if True:"),
            "PINGs come before.*looks like a command taken for a part",
        ),
        "the first command is the last thing it reads": (
            changed(FIRST, TAKE, "if flags & 4:\n                return None\n            else:"),
            "PINGs come before.*a list of the parts.*gave: None",
        ),
        "whatever comes first": (
            """
def first_message(port, topic):
    with create_connection(("127.0.0.1", port)) as tcp:
        tcp.sendall(b"\\xff" + bytes(8) + b"\\x7f\\3\\1NULL" + bytes(48))
        tcp.recv(64)
        tcp.sendall(b"\\4\\x19\\5READY\\x0bSocket-Type\\0\\0\\0\\3SUB")
        tcp.recv(100)
        tcp.sendall(bytes([4, 10 + len(topic)]) + b"\\x09SUBSCRIBE" + topic)
        return [tcp.recv(1000)[2:]]
""",
            "message has (one part|three parts):.*expected: .*gave: ",
        ),
        "READY before it has read the greeting": (
            changed(FIRST, "        stream.read(64)\n", "").replace(
                "        read_one()\n        tcp",
                "        stream.read(64)\n        read_one()\n        tcp",
            ),
            "It sent READY before it had read the publisher's greeting",
        ),
        "sleeps instead of reading": (
            changed(FIRST, "        stream.read(64)\n", "        time.sleep(0.2)\n")
            .replace(
                "        read_one()\n        tcp",
                "        time.sleep(0.2)\n        tcp",
            )
            .replace(
                "        parts = []",
                "        stream.read(64)\n        read_one()\n        parts = []",
            ),
            "before it had read the publisher's (greeting|READY)",
        ),
        "every READY has 28 bytes": (
            changed(
                FIRST, "        read_one()\n        tcp", "        stream.read(28)\n        tcp"
            ),
            "the publisher is a PUB, and not an XPUB.*still busy",
        ),
        "commands are short": (
            changed(FIRST, TAKE, "if flags != 4:"),
            "a command of 300 bytes comes before the message",
        ),
        "ten bytes too short": (
            changed(
                FIRST,
                'tcp.sendall(packed(4, b"\\x09SUBSCRIBE" + topic))',
                'command = b"\\x09SUBSCRIBE" + topic\n'
                "        if len(topic) > 255:\n"
                '            tcp.sendall(b"\\6" + len(command).to_bytes(8, "big") + command)\n'
                "        else:\n"
                "            tcp.sendall(bytes([4, len(command)]) + command)",
            ),
            "the topic has 250 bytes, it raised an error.*ValueError",
        ),
    },
}
