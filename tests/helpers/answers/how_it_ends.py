"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

RADIO = solution("radio")

WHY = solution("why_silent")

BACKWARDS = """
def why_silent(socket):
    reasons = {"HANDSHAKE_SUCCEEDED": "gone", "CONNECTED": "wrong kind", "ACCEPTED": "wrong kind"}
    if socket["peers"] == 0:
        for each in reversed(socket["events"]):
            if each["event"] in reasons:
                return reasons[each["event"]]
        return "nobody there"
    match socket:
        case {"type": "SUB", "options": {"SUBSCRIBE": []}}:
            return "no subscription"
        case {"type": "REQ" | "REP" as kind}:
            even = socket["sent"]["messages"] == socket["received"]["messages"]
            return "own turn" if even == (kind == "REQ") else "peer silent"
    return "peer silent"
"""
TABLE = """
def peers(socket):
    return socket["peers"] > 0

def state(socket):
    state = "nobody there"
    for each in socket["events"]:
        if each["event"] in ("CONNECTED", "ACCEPTED"):
            state = "wrong kind"
        elif each["event"] == "HANDSHAKE_SUCCEEDED":
            state = "gone"
    return state

def owed(socket):
    return socket["sent"]["messages"] - socket["received"]["messages"]

def why_silent(socket):
    table = [
        (lambda it: not peers(it), state(socket)),
        (lambda it: it["type"] == "SUB" and it["options"]["SUBSCRIBE"] == [], "no subscription"),
        (lambda it: it["type"] == "REQ" and owed(it) == 0, "own turn"),
        (lambda it: it["type"] == "REP" and owed(it) < 0, "own turn"),
        (lambda it: True, "peer silent"),
    ]
    return next(reason for holds, reason in table if holds(socket))
"""
CLASS = """
class Story:
    def __init__(self, socket):
        names = "".join(" " + each["event"] for each in socket["events"])
        self.last = names.replace("ACCEPTED", "BEGAN").replace(" CONNECTED", " BEGAN")
        self.last = self.last.rpartition("BEGAN")
        self.kind, self.peers = socket["type"], socket["peers"]
        self.sent, self.received = (socket[way]["messages"] for way in ("sent", "received"))
        self.deaf = self.kind == "SUB" and len(socket["options"]["SUBSCRIBE"]) == 0
        self.turn = {"REQ": self.sent <= self.received, "REP": self.sent < self.received}

    def without_peer(self):
        if not self.last[1]:
            return "nobody there"
        return "gone" if "SUCCEEDED" in self.last[2] else "wrong kind"

def why_silent(socket):
    story = Story(socket)
    if not story.peers:
        return story.without_peer()
    if story.deaf:
        return "no subscription"
    return "own turn" if story.turn.get(story.kind) else "peer silent"
"""

# Of each exercise, titles and sources.
RIGHT = {
    "why_silent": {
        "backwards, and a match": BACKWARDS,
        "a table of conditions": TABLE,
        "a class": CLASS,
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "radio": {
        "whole, but waits for ever": (
            changed(RADIO, "if not socket.poll(100)", "if False"),
            "the event is set.*still busy",
        ),
        "does not wait at all": (
            changed(RADIO, "socket.poll(100)", "socket.poll(0)"),
            "again and again instead of waiting",
        ),
        "two at a time": (
            changed(
                changed(RADIO, "socket.recv_multipart()", "[socket.recv(), socket.recv()]"),
                'parts == [b"stop"]',
                'parts[0] == b"stop"',
            ),
            "of one part and of three",
        ),
        "whatever begins so": (
            changed(RADIO, 'parts == [b"stop"]', 'parts[0].startswith(b"stop")'),
            "of one part and of three",
        ),
        "any number of parts": (
            changed(changed(RADIO, "if len(parts) == 2", "if parts"), "parts[1]", "parts[-1]"),
            "of one part and of three",
        ),
        "leaves its socket open": (
            changed(
                RADIO,
                "    with zmq.Context() as context, context.socket(zmq.SUB) as socket:\n",
                "    socket = zmq.Context.instance().socket(zmq.SUB)\n"
                "    globals().setdefault('kept', []).append(socket)\n"
                "    if True:\n",
            ),
            "sockets are still open",
        ),
    },
    "why_silent": {
        "whoever tries again has nobody": (
            changed(
                WHY,
                '    if not socket["peers"]:\n',
                "    if not socket[\"peers\"]:\n        if 'CONNECT_RETRIED' in events:\n"
                "            return 'nobody there'\n",
            ),
            "CONNECT_RETRIED.*expected: 'wrong kind'.*gave: 'nobody there'",
        ),
        "the last event alone": (
            changed(WHY, "if not began:", 'if events[-1:] != ["DISCONNECTED"]:'),
            "CONNECT_RETRIED:.*expected: '(gone|wrong kind)'.*gave: 'nobody there'",
        ),
        "a handshake ever": (
            changed(WHY, "events[began[-1] :]", "events"),
            "REP · bound.*SUCCEEDED, DISCONNECTED, ACC.*expected: 'wrong kind'.*gave: 'gone'",
        ),
        "the end that connects alone": (
            changed(WHY, '("CONNECTED", "ACCEPTED")', '("CONNECTED",)'),
            "REP · bound.*events: ACCEPTED.*expected: 'wrong kind'.*gave: 'nobody there'",
        ),
        "no peer, so it has gone": (
            changed(WHY, 'else "wrong kind"', 'else "gone"'),
            "REQ · connects.*events: CONNECTED, .*expected: 'wrong kind'.*gave: 'gone'",
        ),
        "the subscription first": (
            changed(
                WHY,
                '    if not socket["peers"]:\n',
                "    if socket['type'] == 'SUB' and not socket['options']['SUBSCRIBE']:\n"
                "        return 'no subscription'\n    if not socket[\"peers\"]:\n",
            ),
            "SUB.*no peer.*expected: 'nobody there'.*gave: 'no subscription'",
        ),
        "to subscribe to everything is nothing": (
            changed(
                WHY, 'not socket["options"]["SUBSCRIBE"]', 'not any(socket["options"]["SUBSCRIBE"])'
            ),
            "subscribed to ''.*expected: 'peer silent'.*gave: 'no subscription'",
        ),
        "forgets subscriptions": (
            changed(WHY, 'socket["type"] == "SUB"', "False"),
            "SUB.*no subscription · 1 peer.*expected: 'no subscription'.*gave: 'peer silent'",
        ),
        "one peer exactly": (
            changed(WHY, 'if not socket["peers"]:', 'if socket["peers"] != 1:'),
            "REP · bound.*2 peers.*expected: 'peer silent'.*gave: 'gone'",
        ),
        "every kind takes turns": (
            changed(WHY, 'socket["type"] == "REQ" and sent', "sent"),
            "SUB.*in 0 out 0.*expected: 'peer silent'.*gave: 'own turn'",
        ),
        "a REQ that has never asked": (
            changed(WHY, "sent == received", "not sent"),
            "REQ.*in 1 out 1.*expected: 'own turn'.*gave: 'peer silent'",
        ),
        "a REQ that has a reply": (
            changed(WHY, "sent == received", "(received or not sent)"),
            "REQ.*in 1 out 2.*expected: 'peer silent'.*gave: 'own turn'",
        ),
        "a REP that has a request": (
            changed(WHY, "received > sent", "received"),
            "REP.*in 1 out 1.*expected: 'peer silent'.*gave: 'own turn'",
        ),
        "a DEALER is a REQ": (
            changed(WHY, 'socket["type"] == "REQ" and sent', 'socket["type"] != "REP" and sent'),
            "SUB.*expected: 'peer silent'.*gave: 'own turn'",
        ),
        "a text, in which DISCONNECTED is CONNECTED, too": (
            changed(
                changed(CLASS, '.replace(" CONNECTED", " BEGAN")', ""), '"BEGAN"', '"CONNECTED"'
            ),
            "DISCONNECTED, CONNECT_RETRIED:.*expected: 'gone'.*gave: 'wrong kind'",
        ),
        "prints it": (
            changed(WHY, 'return "nobody there"', 'print("nobody there")\n            return None'),
            "expected: 'nobody there'.*gave: None",
        ),
        "in words of its own": (
            changed(WHY, '"nobody there"', '"nobody is there"'),
            "expected: 'nobody there'.*gave: 'nobody is there'",
        ),
        "the process for its socket": (
            changed(WHY, "    events =", "    socket = socket.sockets[0]\n    events ="),
            "it raised an error.*AttributeError: 'dict' object has no attribute 'sockets'",
        ),
    },
}
