"""The exercises of notebook 08: hints, a solution and a check of each."""

import itertools
import threading
import time

import zmq

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.trial import NotYet, call, expect, expect_return, nothing_left, peer


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
    before, after = [b"camera", b"0"], [b"camera", b"1"]
    streams = {
        "messages of one part came in between": [[b"hello"], [b""], [b"stop it"]],
        "messages of three parts came in between": [[b"a", b"b", b"c"], [b"stop", b"b", b"c"]],
        "pairs with the topic or data `stop` came": [[b"stop", b"2"], [b"camera", b"stop"]],
    }
    with nothing_left():
        for when, messages in streams.items():
            _expect_heard(function, [before, *messages, after], when)
        _expect_rest(function)
        _expect_end_in_a_stream(function)
    return "It heard what there was to hear, and ended at the word as well as at the event."


def _expect_heard(function, messages, when):
    """Send the messages, the word, and one more, which comes after the end."""

    def send(socket, over):
        _send_all(socket, [*messages, [b"stop"], [b"camera", b"after the end"]], over)

    expected = [parts[1] for parts in messages if len(parts) == 2]
    with peer(zmq.XPUB, send) as endpoint:
        when = f"{when}, and then the message `stop`"
        expect_return(expected, function, endpoint, threading.Event(), when=when)


def _expect_rest(function):
    """Set the event after a while without a publisher, in which the function should just wait."""
    stop, seconds = threading.Event(), 2.0
    threading.Timer(seconds, stop.set).start()
    worked = time.process_time()
    when = "the event is set while there is no publisher"
    # A call may take four seconds, so that it has two after the event, on a busy computer too.
    expect_return([], function, free_endpoint(), stop, when=when)
    worked = time.process_time() - worked
    _expect_set(stop, "while there was no publisher yet: silence is no end")
    if worked > seconds / 4:
        raise NotYet(
            f"When nothing came for {seconds:g} s, it kept a core busy for {worked:.1f} s: it "
            "looks again and again instead of waiting."
        )


def _expect_end_in_a_stream(function):
    """Set the event while a message comes every few milliseconds, and never the word."""
    stop = threading.Event()

    def send(socket, over):
        for number in itertools.count():
            _send_all(socket, [[b"camera", b"%d" % number]], over)
            if over.wait(0.01):
                return
            if number == 50:
                stop.set()

    with peer(zmq.XPUB, send) as endpoint:
        call(function, endpoint, stop, when="the event is set while messages come and come")
    _expect_set(stop, "while messages came")


def _expect_set(stop, though):
    if not stop.is_set():
        raise NotYet(f"It returned before the event was set, {though}.")


def _send_all(socket, messages, over):
    """Send the messages as soon as somebody has subscribed."""
    while not socket.poll(50):
        if over.is_set():
            return
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
        when = (
            f"it is a {kind}, peers: {peers}, received: {received}, sent: {sent}, subscriptions: "
            f"{topics}, events: {', '.join(events) or 'none'}"
        )
        facts = _facts(kind, events, peers, received, sent, topics)
        expect(f"The reason when {when}", expected, call(function, facts, when=when))
    return f"It found the reason at {len(_SILENT)} sockets, also where two things had happened."


def _facts(kind, events, peers, received, sent, topics):
    """Return what a process tells of such a socket, in short."""
    kind, *bound = kind.split()
    endpoint = "tcp://127.0.0.1:40001"
    return {
        "number": 0,
        "type": kind,
        "bound": [endpoint] if bound else [],
        "connected": [] if bound else [endpoint],
        "options": {"SNDHWM": 1000, "RCVHWM": 1000, "SUBSCRIBE": topics},
        "peers": peers,
        "received": {"messages": received, "bytes": 12 * received},
        "sent": {"messages": sent, "bytes": 12 * sent},
        "events": [
            {"socket": 0, "event": name, "time": 1_700_000_000.0 + number, "endpoint": endpoint}
            for number, name in enumerate(events)
        ],
    }


# What libzmq tells when sockets come and go, at the end that connects and at the end that binds.

_TRIED = ["CONNECT_RETRIED"]
_CONNECTED = ["CONNECTED", "HANDSHAKE_SUCCEEDED"]
_CONNECTED_WRONG = ["CONNECTED", "DISCONNECTED"]
_ACCEPTED = ["ACCEPTED", "HANDSHAKE_SUCCEEDED"]
_ACCEPTED_WRONG = ["ACCEPTED", "HANDSHAKE_FAILED_NO_DETAIL", "DISCONNECTED"]
_GONE = ["DISCONNECTED"]

# The reason; the socket; what happened; its peers; messages received and sent; subscriptions. All
# were seen at real sockets, in processes that tell.

_SILENT = [
    ("nobody there", "REQ", _TRIED, 0, 0, 1),
    ("nobody there", "PULL bound", [], 0, 0, 0),
    ("wrong kind", "REQ", _CONNECTED_WRONG, 0, 0, 1),
    ("wrong kind", "REP bound", _ACCEPTED_WRONG, 0, 0, 0),
    ("wrong kind", "REP bound", [*_ACCEPTED, *_GONE, *_ACCEPTED_WRONG], 0, 0, 0),
    ("gone", "SUB", [*_CONNECTED, *_GONE, *_TRIED], 0, 0, 0, "camera"),
    ("gone", "REP bound", [*_ACCEPTED_WRONG, *_ACCEPTED, *_GONE], 0, 0, 0),
    ("no subscription", "SUB", _CONNECTED, 1, 0, 0),
    ("peer silent", "SUB", _CONNECTED, 1, 0, 0, ""),
    ("own turn", "REQ", _CONNECTED, 1, 1, 1),
    ("peer silent", "REQ", [*_CONNECTED, *_GONE, *_TRIED, *_CONNECTED], 1, 1, 2),
    ("own turn", "REP bound", _ACCEPTED, 1, 1, 0),
    ("peer silent", "REP bound", _ACCEPTED, 1, 1, 1),
    ("peer silent", "DEALER", _CONNECTED, 1, 0, 0),
]
