"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import beginning, changed, solution

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
        "raises what it finds": """
class Found(Exception):
    pass


def alone(events):
    last = None
    for number, event in enumerate(events):
        last = number if event in ("CONNECTED", "ACCEPTED") else last
    if last is None:
        raise Found("nobody there")
    raise Found("gone" if events[last:].count("HANDSHAKE_SUCCEEDED") else "wrong kind")


def in_company(kind, sent, received, options):
    if kind == "SUB" and not options["SUBSCRIBE"]:
        raise Found("no subscription")
    if (kind, received - sent) in [("REQ", 0), ("REP", 1)]:
        raise Found("own turn")


def why_silent(socket):
    try:
        if socket["peers"] < 1:
            alone([each["event"] for each in socket["events"]])
        counts = (socket[way]["messages"] for way in ("sent", "received"))
        in_company(socket["type"], *counts, socket["options"])
    except Found as found:
        return str(found)
    return "peer silent"
""",
    },
    "radio": {
        "with a poller": """
def radio(endpoint, stop):
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    try:
        socket.setsockopt(zmq.SUBSCRIBE, b"")
        socket.connect(endpoint)
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN)
        heard = []
        while not stop.is_set():
            if socket in dict(poller.poll(timeout=250)):
                match socket.recv_multipart():
                    case [b"stop"]:
                        return heard
                    case [_, data]:
                        heard.append(data)
        return heard
    finally:
        socket.close(linger=0)
        context.term()
""",
        "with a timeout of recv": """
def radio(endpoint, stop):
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.rcvtimeo = 500
        socket.subscribe("")
        socket.connect(endpoint)
        heard = []
        while True:
            if stop.is_set():
                return heard
            try:
                parts = socket.recv_multipart()
            except zmq.Again:
                continue
            if len(parts) == 1 and parts[0] == b"stop":
                return heard
            elif len(parts) == 2:
                heard += parts[1:]
""",
        "with asyncio": """
def radio(endpoint, stop):
    async def listen():
        with zmq.asyncio.Context() as context, context.socket(zmq.SUB) as socket:
            socket.subscribe(b"")
            socket.connect(endpoint)
            heard = []
            while not stop.is_set():
                if await socket.poll(200):
                    parts = await socket.recv_multipart()
                    if parts == [b"stop"]:
                        break
                    if len(parts) == 2:
                        heard.append(parts[1])
            return heard

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(listen())
""",
        "a class with a generator": """
class Radio:
    def __init__(self, socket, stop):
        self.socket, self.stop = socket, stop

    def messages(self):
        while not self.stop.is_set():
            if self.socket.poll(1000):
                yield self.socket.recv_multipart(copy=False)

    def pairs(self):
        for frames in self.messages():
            parts = [frame.bytes for frame in frames]
            if parts == [b"stop"]:
                return
            if len(parts) == 2:
                yield parts[1]


def radio(endpoint, stop):
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")
        socket.connect(endpoint)
        return list(Radio(socket, stop).pairs())
""",
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
        "ends the context under it": """
def radio(endpoint, stop):
    context, heard, ready = zmq.Context(), [], threading.Event()

    def listen():
        with context.socket(zmq.SUB) as socket:
            try:
                socket.subscribe(b"")
                socket.connect(endpoint)
                ready.set()
                while (parts := socket.recv_multipart()) != [b"stop"]:
                    if len(parts) == 2:
                        heard.append(parts[1])
            except zmq.ContextTerminated:
                pass
            finally:
                ready.set()

    listener = threading.Thread(target=listen)
    listener.start()
    ready.wait()
    while listener.is_alive() and not stop.wait(0.1):
        pass
    context.term()
    listener.join()
    return heard
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "radio": {
        "waits for a message before it looks": (
            changed(
                beginning("radio"),
                "topic = socket.recv()",
                "socket.poll(100)\n            topic = socket.recv()",
            ),
            "messages of one part came in between",
        ),
        "whole, but waits for ever": (
            changed(RADIO, "if not socket.poll(100)", "if False"),
            f"{ON_EVENT}, it was still busy.*recv_multipart",
        ),
        "polls for ever": (
            changed(RADIO, "socket.poll(100)", "socket.poll()"),
            f"{ON_EVENT}, it was still busy.*socket.poll",
        ),
        "polls for longer": (
            changed(RADIO, "socket.poll(100)", "socket.poll(2500)"),
            "it returned [2-9].. s later, and a second or so was asked for",
        ),
        "polls for two seconds": (
            changed(RADIO, "socket.poll(100)", "socket.poll(2000)"),
            "it returned [1-9].. s later, and a second or so was asked for",
        ),
        "polls for half a minute": (
            changed(RADIO, "socket.poll(100)", "socket.poll(30_000)"),
            f"{ON_EVENT}, it was still busy.*socket.poll",
        ),
        "gives up at the first silence": (
            changed(
                RADIO,
                "if not socket.poll(100):\n                continue",
                "if not socket.poll(2500):\n                break",
            ),
            "it returned [2-9].. s later, and a second or so was asked for",
        ),
        "gives up at a short silence": (
            changed(RADIO, "socket.poll(100)", "socket.poll(1000)").replace(
                "                continue", "                break"
            ),
            "returned before the event was set|comes half a second later",
        ),
        "gives up after two seconds": (
            changed(RADIO, "heard = []\n", "heard, silent = [], 0\n").replace(
                "                continue\n",
                """                silent += 1
                if silent == 20:
                    break
                continue
            silent = 0
""",
            ),
            "nothing but silence had come: silence is no end",
        ),
        "looks only in silence": (
            changed(RADIO, "while not stop.is_set():", "while True:")
            .replace("socket.poll(100)", "socket.poll(3500)")  # no busy computer is silent for long
            .replace(
                "                continue\n",
                "                if stop.is_set():\n                    break\n"
                "                continue\n",
            ),
            "the event is set while messages come one after the other, it was still busy",
        ),
        "does not wait at all": (
            changed(RADIO, "socket.poll(100)", "socket.poll(0)"),
            "again and again instead of waiting",
        ),
        "tries again and again": (
            changed(RADIO, "if not socket.poll(100):", "try:").replace(
                "                continue\n            parts = socket.recv_multipart()\n",
                "                parts = socket.recv_multipart(zmq.NOBLOCK)\n"
                "            except zmq.Again:\n                continue\n",
            ),
            "again and again instead of waiting",
        ),
        "two at a time": (
            changed(
                changed(RADIO, "socket.recv_multipart()", "[socket.recv(), socket.recv()]"),
                'parts == [b"stop"]',
                'parts[0] == b"stop"',
            ),
            "messages of one part came in between",
        ),
        "whatever begins so": (
            changed(RADIO, 'parts == [b"stop"]', 'parts[0].startswith(b"stop")'),
            r"messages of one part.*expected: \[b'0', b'1'\].*it gave: \[b'0'\]",
        ),
        "the topic of the word": (
            changed(RADIO, 'parts == [b"stop"]', 'parts[0] == b"stop"'),
            r"messages of three.*expected: \[b'0', b'1'\].*it gave: \[b'0'\]",
        ),
        "the word anywhere": (
            changed(RADIO, 'parts == [b"stop"]', 'b"stop" in parts and len(parts) < 3'),
            r"pairs with the topic `stop`.*expected: \[b'0', b'1', b'2'\].*it gave: \[b'0'\]",
        ),
        "any number of parts": (
            changed(changed(RADIO, "if len(parts) == 2", "if parts"), "parts[1]", "parts[-1]"),
            "messages of one part.*expected: .b'0', b'1'.*hello",
        ),
        "two parts or more": (
            changed(RADIO, "len(parts) == 2", "len(parts) >= 2"),
            r"messages of three and four parts.*expected: \[b'0', b'1'\].*it gave: .*b'b'",
        ),
        "two parts, or it fails": (
            changed(
                RADIO, "if len(parts) == 2:", "if True:\n                topic, data = parts"
            ).replace("append(parts[1])", "append(data)"),
            "messages of one part came in between.*it raised an error.*not enough values",
        ),
        "ends at the first odd one": (
            changed(RADIO, 'parts == [b"stop"]', "len(parts) != 2"),
            r"messages of one part.*expected: \[b'0', b'1'\].*it gave: \[b'0'\]",
        ),
        "no empty data": (
            changed(RADIO, "if len(parts) == 2:", "if len(parts) == 2 and parts[1]:"),
            "topics and data were empty, or twice the same.*expected",
        ),
        "nothing twice": (
            changed(RADIO, "if len(parts) == 2:", "if len(parts) == 2 and parts[1] not in heard:"),
            "topics and data were empty, or twice the same.*expected",
        ),
        "one topic only": (
            changed(RADIO, 'subscribe(b"")', 'subscribe(b"camera")'),
            "five pairs came and then the message `stop`",
        ),
        "topics and data": (
            changed(RADIO, "append(parts[1])", "append(parts)"),
            r"five pairs.*expected: \[b'0', .*it gave: \[\[b'camera', b'0'\]",
        ),
        "the word too": (
            changed(
                RADIO,
                "                break\n",
                "                heard.append(parts[0])\n                break\n",
            ),
            "five pairs.*expected.*it gave.*b'stop'",
        ),
        "does not know the word": (
            changed(RADIO, 'parts == [b"stop"]', 'parts == ["stop"]'),
            "five pairs.*expected.*it gave.*b'after the end'",
        ),
        "as text": (
            changed(RADIO, "append(parts[1])", "append(parts[1].decode())"),
            "five pairs.*expected: .b'0'.*it gave: .'0'",
        ),
        "returns at the word only": (
            changed(RADIO, "                break\n", "                return heard\n").replace(
                "        return heard\n", "", 1
            )
            if False
            else RADIO.replace(
                "                break\n", "                return heard\n"
            ).removesuffix("        return heard\n"),
            "What it returns when the event is set while.*expected: .*list.*it gave: None",
        ),
        "raises an error at the event": (
            changed(
                RADIO,
                "        return heard",
                "        if stop.is_set():\n            raise SystemExit\n        return heard",
            ),
            "the event is set while .*it raised an error",
        ),
        "a PULL": (
            changed(RADIO, "zmq.SUB", "zmq.PULL").replace('        socket.subscribe(b"")\n', ""),
            "It made a PULL socket where a SUB is needed",
        ),
        "binds": (changed(RADIO, "socket.connect", "socket.bind"), "Address already in use"),
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
        "the word at the end of any": (
            changed(RADIO, 'parts == [b"stop"]', 'parts[-1] == b"stop" and len(parts) != 2'),
            r"three and four parts.*expected: \[b'0', b'1'\].*gave: \[b'0'\]",
        ),
        "the word in any letters": (
            changed(
                RADIO, 'parts == [b"stop"]', '[part.strip().lower() for part in parts] == [b"stop"]'
            ),
            r"messages of one part.*expected: \[b'0', b'1'\].*gave: \[b'0'\]",
        ),
        "sets the event at the word": (
            changed(RADIO, "                break\n", "                stop.set()\n"),
            "It sets the event, which is its caller's",
        ),
        "the last thousand": (
            """
from collections import deque


def radio(endpoint, stop):
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")
        socket.connect(endpoint)
        heard = deque(maxlen=1000)
        while not stop.is_set():
            if not socket.poll(100):
                continue
            parts = socket.recv_multipart()
            if parts == [b"stop"]:
                break
            if len(parts) == 2:
                heard.append(parts[1])
        return list(heard)
""",
            r"1,500 pairs.*b'0'.*gave: \[b'500'",
        ),
        "trims the data": (
            changed(RADIO, "append(parts[1])", "append(parts[1].strip())"),
            r"data began and ended with blanks.*gave: \[b'1'",
        ),
        "the word in several parts": (
            changed(RADIO, 'parts == [b"stop"]', 'b"".join(parts) == b"stop"'),
            r"pairs made the word.*gave: \[b'0'\]",
        ),
        "the end of the publisher": (
            """
def radio(endpoint, stop):
    heard = []
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")
        monitor = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        socket.connect(endpoint)
        while not stop.is_set():
            if socket.poll(100):
                parts = socket.recv_multipart()
                if parts == [b"stop"]:
                    break
                if len(parts) == 2:
                    heard.append(parts[1])
            elif monitor.poll(0):
                break
        socket.disable_monitor()
        monitor.close()
    return heard
""",
            r"comes again \(it looks like it took that for the end when it went",
        ),
        "only the newest": (
            """
def radio(endpoint, stop):
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.conflate = True
        socket.subscribe(b"")
        socket.connect(endpoint)
        heard = []
        while not stop.is_set():
            if not socket.poll(100):
                continue
            parts = socket.recv_multipart()
            if parts == [b"stop"]:
                break
            if len(parts) == 2:
                heard.append(parts[1])
        return heard
""",
            "five pairs came.*expected",
        ),
        "tries to connect once": (
            """
def radio(endpoint, stop):
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")
        socket.reconnect_ivl = -1
        socket.connect(endpoint)
        heard = []
        while not stop.is_set():
            if not socket.poll(100):
                continue
            parts = socket.recv_multipart()
            if parts == [b"stop"]:
                break
            if len(parts) == 2:
                heard.append(parts[1])
        return heard
""",
            "half a second later.*still busy",
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
        "an XSUB has no subscription": (
            changed(WHY, 'socket["type"] == "SUB"', '"SUB" in socket["type"]'),
            "reason at XSUB.*expected: 'peer silent'.*gave: 'no subscription'",
        ),
        "bytes for messages": (
            WHY.replace('["messages"]', '["bytes"]'),
            "reason at REQ.*in 1 out 1.*expected: 'own turn'.*gave: 'peer silent'",
        ),
        "a REP that has never replied": (
            changed(WHY, "received > sent", "received and not sent"),
            "reason at REP.*in 2 out 1.*expected: 'own turn'.*gave: 'peer silent'",
        ),
        "several peers are silent": (
            changed(
                WHY,
                '    if socket["type"] == "REQ"',
                '    if socket["peers"] > 1:\n        return "peer silent"\n'
                '    if socket["type"] == "REQ"',
            ),
            "reason at REP.*2 peers.*expected: 'own turn'.*gave: 'peer silent'",
        ),
        "the turn first": (
            """
def why_silent(socket):
    events = [each["event"] for each in socket["events"]]
    sent, received = socket["sent"]["messages"], socket["received"]["messages"]
    if socket["type"] == "REQ" and sent == received:
        return "own turn"
    if not socket["peers"]:
        began = [n for n, event in enumerate(events) if event in ("CONNECTED", "ACCEPTED")]
        if not began:
            return "nobody there"
        return "gone" if "HANDSHAKE_SUCCEEDED" in events[began[-1] :] else "wrong kind"
    if socket["type"] == "SUB" and not socket["options"]["SUBSCRIBE"]:
        return "no subscription"
    if socket["type"] == "REQ" and sent == received:
        return "own turn"
    if socket["type"] == "REP" and received > sent:
        return "own turn"
    return "peer silent"
""",
            "REQ.*no peer · in 0 out 0.*expected: 'nobody there'.*gave: 'own turn'",
        ),
        "turns the story round": (
            """
def why_silent(socket):
    socket["events"].reverse()
    sent, received = socket["sent"]["messages"], socket["received"]["messages"]
    if not socket["peers"]:
        handshake = False
        for each in socket["events"]:
            handshake = handshake or each["event"] == "HANDSHAKE_SUCCEEDED"
            if each["event"] in ("CONNECTED", "ACCEPTED"):
                return "gone" if handshake else "wrong kind"
        return "nobody there"
    if socket["type"] == "SUB" and not socket["options"]["SUBSCRIBE"]:
        return "no subscription"
    if socket["type"] == "REQ" and sent == received or socket["type"] == "REP" and sent < received:
        return "own turn"
    return "peer silent"
""",
            "It has changed the dict",
        ),
        "somebody has just left": (
            changed(
                WHY,
                'if not socket["peers"]:',
                'if not socket["peers"] or events[-1] == "DISCONNECTED":',
            ),
            "REP.*1 peer.*DISCONNECTED:.*expected: 'peer silent'.*gave: 'gone'",
        ),
        "a handshake that failed": (
            """
def why_silent(socket):
    events = [each["event"] for each in socket["events"]]
    sent, received = socket["sent"]["messages"], socket["received"]["messages"]
    if not socket["peers"]:
        began = [n for n, event in enumerate(events) if event in ("CONNECTED", "ACCEPTED")]
        if not began:
            return "nobody there"
        failed = any(each.startswith('HANDSHAKE_FAILED') for each in events[began[-1] :])
        return "wrong kind" if failed else "gone"
    if socket["type"] == "SUB" and not socket["options"]["SUBSCRIBE"]:
        return "no subscription"
    if socket["type"] == "REQ" and sent == received:
        return "own turn"
    if socket["type"] == "REP" and received > sent:
        return "own turn"
    return "peer silent"
""",
            "expected: 'wrong kind'.*gave: 'gone'",
        ),
        "all of them were peers": (
            changed(
                WHY,
                '"HANDSHAKE_SUCCEEDED" in events[began[-1] :]',
                'events.count("HANDSHAKE_SUCCEEDED") == len(began)',
            ),
            "expected: 'gone'.*gave: 'wrong kind'",
        ),
    },
}
