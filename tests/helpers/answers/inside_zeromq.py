"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

WHATS = solution("whats_wrong")
FIRST = solution("first_message")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "whats_wrong": {
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
    },
    "first_message": {
        "a greeting without its second mark": (
            changed(FIRST, "\\x7f\\3\\1", "\\0\\3\\1"),
            "raised an error.*> malformed",
        ),
        "a greeting that is too short": (
            changed(FIRST, "bytes(32)", "bytes(31)"),
            "raised an error.*> signature.*> unfinished: 53 bytes",
        ),
        "another type of socket": (
            changed(FIRST, "\\3SUB", "\\4PULL"),
            'raised an error.*READY: Socket-Type "PULL"',
        ),
        "a property without the size of its value": (
            changed(FIRST, "\\0\\0\\0\\3SUB", "SUB"),
            "raised an error.*READY: Socket-Type",
        ),
    },
}
