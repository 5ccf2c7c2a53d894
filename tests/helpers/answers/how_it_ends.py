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
        "a pattern over the story": """
import re


def why_silent(socket):
    story = " ".join(each["event"] for each in socket["events"])
    last = re.search(r"(?s).*\\b(?:CONNECTED|ACCEPTED)\\b(.*)", story)
    done = socket["received"]["messages"], socket["sent"]["messages"]
    if not socket["peers"]:
        return (
            "nobody there" if not last
            else "gone" if re.search(r"\\bHANDSHAKE_SUCCEEDED\\b", last[1])
            else "wrong kind"
        )
    match socket["type"], done:
        case "SUB", _ if len(socket["options"]["SUBSCRIBE"]) < 1:
            return "no subscription"
        case "REQ", (got, sent) if got == sent:
            return "own turn"
        case "REP", (got, sent) if got == sent + 1:
            return "own turn"
        case _:
            return "peer silent"
""",
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
        "part by part": """
def radio(endpoint, stop):
    heard = []
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.connect(endpoint)
        socket.setsockopt_string(zmq.SUBSCRIBE, "")
        while not stop.is_set():
            if socket.poll(300, zmq.POLLIN) == 0:
                continue
            first, rest = socket.recv(), []
            while socket.get(zmq.RCVMORE):
                rest.append(socket.recv())
            if first == b"stop" and not rest:
                return heard
            heard.extend(rest[:1] if len(rest) == 1 else [])
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
        "polls for ever": (
            changed(RADIO, "socket.poll(100)", "socket.poll()"),
            f"{ON_EVENT}, it was still busy.*socket.poll",
        ),
        "does not wait at all": (
            changed(RADIO, "socket.poll(100)", "socket.poll(0)"),
            "again and again instead of waiting",
        ),
        "polls for longer": (
            changed(RADIO, "socket.poll(100)", "socket.poll(2500)"),
            "it returned [2-9].. s later, and a second or so was asked for",
        ),
    },
    "why_silent": {
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
    },
}
