"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

WHATS = solution("whats_wrong")
FIRST = solution("first_message")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "whats_wrong": {
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
    },
    "first_message": {
        "the older way to subscribe, as an XSUB": changed(
            FIRST, 'packed(4, b"\\x09SUBSCRIBE" + topic)', 'packed(0, b"\\x01" + topic)'
        ),
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
        "whoever says HELLO is refused": (
            changed(WHATS, ' and "READY" not in kinds', ""),
            "PULL server bound, PUSH known.*expected: 'all is well'.*gave: 'key refused'",
        ),
        "closed, for whatever reason": (
            changed(WHATS, '("READY", "closed") in zip(kinds, kinds[1:])', '"closed" in kinds'),
            "ROUTER bound, REQ.*expected: 'no empty part'.*gave: 'wrong socket type'",
        ),
        "the first part must be empty": (
            changed(WHATS, "2 not in sizes", "sizes[0] != 2"),
            "> from me - hello.*expected: 'all is well'.*gave: 'no empty part'",
        ),
        "only a REP cares": (
            changed(WHATS, 'in ("REQ", "REP")', '== "REP"'),
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
    },
    "first_message": {
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
    },
}
