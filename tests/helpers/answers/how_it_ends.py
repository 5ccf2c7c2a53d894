"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

RADIO = solution("radio")
ON_EVENT = "the event is set while there is no publisher"

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

# Of each exercise, titles and sources.
RIGHT = {
    "why_silent": {
        "backwards, and a match": BACKWARDS,
    },
    "radio": {
        "waits for the event, and takes what there is": """
def radio(endpoint, stop):
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")
        socket.connect(endpoint)
        heard = []
        while not stop.wait(0.05):
            while socket.poll(0) and not stop.is_set():
                parts = socket.recv_multipart()
                if parts == [b"stop"]:
                    return heard
                if len(parts) == 2:
                    heard.append(parts[1])
        return heard
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "radio": {
        "whatever begins so": (
            changed(RADIO, 'parts == [b"stop"]', 'parts[0].startswith(b"stop")'),
            r"messages of one part.*expected: \[b'0', b'1'\].*it gave: \[b'0'\]",
        ),
        "the topic of the word": (
            changed(RADIO, 'parts == [b"stop"]', 'parts[0] == b"stop"'),
            r"messages of three.*expected: \[b'0', b'1'\].*it gave: \[b'0'\]",
        ),
        "binds": (changed(RADIO, "socket.connect", "socket.bind"), "Address already in use"),
        "whole, but waits for ever": (
            changed(RADIO, "if not socket.poll(100)", "if False"),
            f"{ON_EVENT}, it was still busy.*recv_multipart",
        ),
    },
    "why_silent": {
        "the last event alone": (
            changed(WHY, "if not began:", 'if events[-1:] != ["DISCONNECTED"]:'),
            "SUB, .*CONNECT_RETRIED:.*expected: 'gone'.*gave: 'nobody there'",
        ),
        "a handshake ever": (
            changed(WHY, "events[began[-1] :]", "events"),
            "REP bound.*SUCCEEDED, DISCONNECTED, ACC.*expected: 'wrong kind'.*gave: 'gone'",
        ),
        "the end that connects alone": (
            changed(WHY, '("CONNECTED", "ACCEPTED")', '("CONNECTED",)'),
            "REP bound.*events: ACCEPTED.*expected: 'wrong kind'.*gave: 'nobody there'",
        ),
        "no peer, so it has gone": (
            changed(WHY, 'else "wrong kind"', 'else "gone"'),
            "REQ, .*events: CONNECTED, .*expected: 'wrong kind'.*gave: 'gone'",
        ),
    },
}
