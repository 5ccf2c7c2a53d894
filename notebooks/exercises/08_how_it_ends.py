"""The exercises of notebook 08: hints, a solution and a check of each."""

import copy
import itertools
import threading
import time

import zmq
import zmq.asyncio

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    call,
    expect,
    expect_return,
    expect_type,
    in_thread,
    nothing_left,
    peer,
)
from zmqlab.processes import words

_PROMPT = 1.5  # seconds that are "a second or so"


@hints(
    "A message arrives whole: take it whole, with `recv_multipart`, and see how many parts it has.",
    "While `recv` waits, nobody looks at `stop`. Wait for a message no longer than a tenth of a "
    "second, and look at `stop` in between.",
    "`if socket.poll(100):` there is a message; take it. Otherwise go on with the loop.",
    'The end is `parts == [b"stop"]`; data are `if len(parts) == 2: heard.append(parts[1])`.',
)
def radio(endpoint, stop):
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
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


def check_radio(function):
    streams = {
        "five pairs came": [_pair(number) for number in range(5)],
        "1,500 pairs came at once": [_pair(number) for number in range(1500)],
        "messages of one part came in between": [
            _pair(0),
            [b"hello"],
            [b""],
            *([b"stop it"], [b"STOP"], [b"stop\n"]),
            _pair(1),
        ],
        "messages of three and four parts came in between": [
            *(_pair(0), [b"a", b"b", b"c"], [b"stop", b"b", b"c"], [b"a", b"b", b"c", b"stop"]),
            *(_pair(1), [b"camera", b"2", b""]),
        ],
        "there were pairs with the topic `stop`": [_pair(0), [b"stop", b"1"], _pair(2)],
        "there were pairs with the data `stop`": [_pair(0), [b"camera", b"stop"], _pair(2)],
        "data began and ended with blanks": [[b"camera", b" 1 \n"], [b"camera", b" \0"]],
        "topics and data were empty, or twice the same": [
            *(_pair(0), _pair(0), [b"camera", b""], [b"", b"1"], [b"", b""]),
        ],
        "pairs made the word": [_pair(0), [b"stop", b""], [b"", b"stop"], [b"st", b"op"]],
    }
    with nothing_left():
        for when, messages in streams.items():
            _expect_heard(function, messages, f"{when} and then the message `stop`")
        _expect_heard_late(function)
        _expect_end_in_a_stream(function)
        _expect_prompt_end(function)
        _expect_rest(function)
    return "It heard what there was to hear, and ended at the word as well as at the event."


def _pair(number):
    return [b"camera", b"%d" % number]


def _expect_heard(function, messages, when):
    """Send the messages, and then others until the function returns, which it should at once."""
    stop = _Stop()

    def send(socket, over):
        _send_all(socket, [*messages, [b"stop"]], over)
        for _ in range(50 + len(messages)):  # a second, and until it has heard them
            if over.wait(0.02):
                return
            socket.send_multipart([b"camera", b"after the end"])
        stop.set()

    with peer(zmq.XPUB, send) as endpoint:
        expected = [parts[1] for parts in messages if len(parts) == 2]
        timeout = 5 * TIMEOUT if len(messages) > 1000 else TIMEOUT
        expect_return(expected, function, endpoint, stop, when=when, timeout=timeout)


def _expect_heard_late(function):
    """Let a publisher come when the function has begun to listen, go, and come again."""
    endpoint = free_endpoint()

    def send(over):
        for messages in ([_pair(0)], [_pair(1), [b"stop"]]):
            over.wait(0.5)
            with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
                socket.linger = 1000  # what it has sent leaves before it goes
                socket.bind(endpoint)
                _send_all(socket, messages, over)

    with in_thread(send):
        when = "the publisher comes half a second later, goes, and comes again"
        mistakes = {"it took that for the end when it went": [b"0"]}
        options = {"when": when, "timeout": 3 * TIMEOUT, "mistakes": mistakes}
        expect_return([b"0", b"1"], function, endpoint, _Stop(), **options)


def _expect_rest(function):
    """Be silent for a while, see that it goes on, and count how often it looks at the event."""
    stop, seconds = _Stop(), 3.3
    with peer(zmq.XPUB, lambda *end: _send_all(end[0], [_pair(1)], end[1])) as endpoint:
        threading.Timer(seconds, stop.set).start()
        when = f"the event is set after {seconds:g} s in which nothing came"
        expect_return([b"1"], function, endpoint, stop, when=when, timeout=seconds + TIMEOUT)
    _expect_set(stop, "though nothing but silence had come: silence is no end")
    if stop.looks > 2000 * seconds:
        raise NotYet(
            f"When nothing came for {seconds:g} s, it looked at the event {stop.looks} times: it "
            "looks again and again instead of waiting."
        )


def _expect_set(stop, though):
    if not stop.since:
        raise NotYet(f"It returned before the event was set, {though}.")


def _expect_end_in_a_stream(function):
    """Set the event while a message comes every few milliseconds, and never the word."""
    stop = _Stop()

    def send(socket, over):
        _send_all(socket, [_pair(0)], over)
        for number in itertools.count(1):
            if over.wait(0.01):
                return
            socket.send_multipart(_pair(number))
            if number == 50:  # after half a second, and later on a busy computer
                stop.set()

    when = "the event is set while messages come one after the other"
    with peer(zmq.XPUB, send) as endpoint:
        got = call(function, endpoint, stop, when=when)
    _expect_set(stop, "while messages came")
    expect_type(f"What it returns when {when}", list, got, "a list")
    sent = [b"%d" % number for number in range(max(1, len(got)))]
    expect(f"What it returns when {when}", sent, got)


def _expect_prompt_end(function):
    """Set the event just after a look, and see how long that goes unnoticed."""
    when = "the event is set while there is no publisher"
    for _ in range(4):  # for a busy computer's sake
        stop = _Stop(soon_after_a_look=True)
        threading.Timer(0.3, stop.set).start()  # if it never looks
        expect_return([], function, free_endpoint(), stop, when=when)
        _expect_set(stop, "while there was no publisher yet: silence is no end")
        seconds = time.monotonic() - stop.since
        if seconds < _PROMPT:
            return
    raise NotYet(
        f"When {when}, it returned {seconds:.1f} s later, and a second or so was asked for: wait "
        "for less time before you look at the event again."
    )


class _Stop(threading.Event):
    """An event that knows how often somebody looked at it, and since when it is set."""

    def __init__(self, soon_after_a_look=False):
        super().__init__()
        self.looks, self.since, self.soon = 0, 0.0, soon_after_a_look

    def is_set(self):
        found = super().is_set()
        self._looked_at()
        return found

    def wait(self, timeout=None):
        self._looked_at()
        return super().wait(timeout)

    def set(self):
        if threading.current_thread() is threading.main_thread():
            raise NotYet("It sets the event, which is its caller's.")
        self.since = self.since or time.monotonic()
        super().set()

    def clear(self):
        raise NotYet("It clears the event, which is its caller's.")

    def _looked_at(self):
        self.looks += 1
        if self.soon and self.looks == 1:
            threading.Timer(0.01, self.set).start()


def _send_all(socket, messages, over):
    """Send the messages as soon as somebody has subscribed."""
    while not socket.poll(50):
        if over.is_set():
            return
    socket.xpub_nodrop, socket.sndtimeo = True, int(1000 * TIMEOUT)  # it waits for a busy computer
    for message in messages:
        socket.send_multipart(message)


@hints(
    "Go down the table, and write an `if` for each line. The first three are those of a socket "
    'without a peer: `if not socket["peers"]:`.',
    "What happened last counts: look only at the events from the last `CONNECTED` or `ACCEPTED` "
    "on. If there is none, nobody was ever there. A `HANDSHAKE_SUCCEEDED` after it tells a peer "
    "that has gone from a socket of the wrong kind.",
    "Whose turn it is, the counts say. A REQ may send when it has received as many replies as it "
    "has sent requests; a REP must send when it has received more than it has sent. No other kind "
    "takes turns.",
)
def why_silent(socket):
    events = [each["event"] for each in socket["events"]]
    sent, received = socket["sent"]["messages"], socket["received"]["messages"]
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


def check_why_silent(function):
    for expected, kind, events, peers, received, sent, *topics in _SILENT:
        facts = _facts(kind, events, peers, received, sent, topics)
        happened = ", ".join(event["event"] for event in facts["events"]) or "none"
        line = f"{words.line_of(facts | {'events': []})} · events: {happened}"
        given = copy.deepcopy(facts)
        expect(f"The reason at {line}", expected, call(function, given, when=f"it is {line}"))
        if given != facts:
            raise NotYet(f"It has changed the dict that it was given, when it is {line}.")
    return f"It found the reason at {len(_SILENT)} sockets, also where two things had happened."


def _facts(kind, events, peers, received, sent, topics):
    """Return what a process tells of such a socket, as `report_sender` draws it."""
    kind, *bound = kind.split()
    here, elsewhere = "127.0.0.1:40001", "127.0.0.1:50002"
    endpoint = f"tcp://{here}"
    local, peer = (here, elsewhere) if bound else (elsewhere, here)
    ends = {"local": local, "peer": peer}
    connection = {"endpoint": endpoint, "up": True, **ends}
    names = [name for word in events.split() for name in _EVENTS[word]]
    return {
        "number": 0,
        "type": kind,
        "context": 94,
        "closed": False,
        "bound": [endpoint] if bound else [],
        "connected": [] if bound else [endpoint],
        "options": {"SNDHWM": 1000, "RCVHWM": 1000, "ROUTING_ID": "", "SUBSCRIBE": topics},
        "peers": peers,
        "connections": [dict(connection) for _ in range(peers)],
        "ended": [connection | {"event": None}] * names.count("DISCONNECTED"),
        "retrying": [endpoint] if names[-1:] == ["CONNECT_RETRIED"] else [],
        "received": {"messages": received, "bytes": 12 * received},
        "sent": {"messages": sent, "bytes": sent},
        "events": [
            {"socket": 0, "event": name, "time": 1_700_000_000.0 + number, "endpoint": endpoint}
            | ({"local": None, "peer": None} if name == "CONNECT_RETRIED" else ends)
            for number, name in enumerate(names)
        ],
    }


# What libzmq tells when sockets come and go.


_EVENTS = {
    "tries": ["CONNECT_RETRIED"],
    "connects": ["CONNECTED", "HANDSHAKE_SUCCEEDED"],
    "connects-wrong": ["CONNECTED", "DISCONNECTED"],
    "accepts": ["ACCEPTED", "HANDSHAKE_SUCCEEDED"],
    "accepts-wrong": ["ACCEPTED", "DISCONNECTED"],
    "accepts-failed": ["ACCEPTED", "HANDSHAKE_FAILED_NO_DETAIL", "DISCONNECTED"],
    "ends": ["DISCONNECTED"],
}


# The reason; the socket; what happened; its peers; messages received and sent; subscriptions. All
# were seen at real sockets, in processes that tell.


_SILENT = [
    ("nobody there", "REQ", "tries", 0, 0, 1),
    ("nobody there", "REQ", "tries", 0, 0, 0),
    ("nobody there", "PULL bound", "", 0, 0, 0),
    ("nobody there", "SUB", "tries", 0, 0, 0),
    ("wrong kind", "REQ", "connects-wrong", 0, 0, 1),
    ("wrong kind", "PULL", "connects-wrong", 0, 0, 0),
    ("wrong kind", "REP bound", "accepts-wrong", 0, 0, 0),
    ("wrong kind", "REP bound", "accepts ends accepts-failed", 0, 0, 0),
    ("wrong kind", "REQ", "connects ends tries connects-wrong", 0, 0, 1),
    ("gone", "REQ", "connects ends tries", 0, 0, 1),
    ("gone", "SUB", "connects ends tries", 0, 0, 0, "camera"),
    ("gone", "REP bound", "accepts-failed accepts ends", 0, 0, 0),
    ("no subscription", "SUB", "connects", 1, 0, 0),
    ("peer silent", "SUB", "connects", 1, 0, 0, ""),
    ("peer silent", "SUB", "connects", 1, 0, 0, "camera"),
    ("peer silent", "PULL", "connects", 1, 0, 0),
    ("peer silent", "REP bound", "accepts accepts", 2, 0, 0),
    ("peer silent", "REP bound", "accepts accepts ends", 1, 0, 0),
    ("peer silent", "REQ", "connects ends tries connects", 1, 0, 1),
    ("peer silent", "REQ", "tries connects", 1, 0, 1),
    ("own turn", "REQ", "connects", 1, 0, 0),
    ("own turn", "REQ", "connects", 1, 1, 1),
    ("peer silent", "REQ", "connects", 1, 1, 2),
    ("own turn", "REP bound", "accepts", 1, 1, 0),
    ("peer silent", "REP bound", "accepts", 1, 1, 1),
    ("own turn", "REP bound", "accepts accepts", 2, 1, 0),
    ("own turn", "REP bound", "accepts", 1, 2, 1),
    ("peer silent", "DEALER", "connects", 1, 0, 1),
    ("peer silent", "DEALER", "connects", 1, 0, 0),
    ("peer silent", "ROUTER bound", "accepts", 1, 1, 0),
    ("peer silent", "XSUB", "connects", 1, 0, 0),
]
