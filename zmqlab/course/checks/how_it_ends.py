"""The checks of notebook 08."""

import threading
import time

import zmq

from zmqlab.course.exercises import exercise
from zmqlab.course.silent_sockets import facts_of
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    call,
    expect,
    expect_return,
    free_endpoint,
    nothing_left,
    peer,
)
from zmqlab.processes import words


@exercise(
    "radio(endpoint, stop)",
    "A message arrives whole: take it whole, with `recv_multipart`, and see how many parts it has.",
    "While `recv` waits, nobody looks at `stop`. Wait for a message no longer than a tenth of a "
    "second, and look at `stop` in between.",
    "`if socket.poll(100):` there is a message; take it. Otherwise go on with the loop.",
    'The end is `parts == [b"stop"]`; data are `if len(parts) == 2: heard.append(parts[1])`.',
)
def radio(function):
    pairs = [[b"camera", b"%d" % number] for number in range(5)]
    odd = [pairs[0], [b"hello"], pairs[1], [b"a", b"b", b"c"], pairs[2], [b"stopwatch", b""]]
    with nothing_left():
        five = [data for _, data in pairs]
        _expect_heard(function, [*pairs, [b"stop"]], five, "five pairs came")
        when = "messages of one part and of three came in between"
        _expect_heard(function, [*odd, [b"stop"]], [b"0", b"1", b"2", b""], when)
        for endpoint in (None, free_endpoint()):
            _expect_stop(function, endpoint)
    return "It heard what there was to hear, and ended at the word as well as at the event."


def _expect_heard(function, messages, expected, when):
    """Send the messages, and then others until the function returns, which it should at once."""
    stop = threading.Event()
    with _publisher(messages, [b"camera", b"after the end"], stop) as endpoint:
        expect_return(expected, function, endpoint, stop, when=f"{when} and then stop")


def _expect_stop(function, endpoint):
    """Set the event while nothing comes: from a publisher that is silent, or from none."""
    stop, seconds = _CountedEvent(), 0.8
    when = "the event is set while " + ("there is no publisher" if endpoint else "nothing comes")
    with _publisher([[b"camera", b"1"]], None, stop) as silent:
        timer = threading.Timer(seconds, stop.set)
        timer.start()
        expected, where = ([], endpoint) if endpoint else ([b"1"], silent)
        expect_return(expected, function, where, stop, when=when, timeout=seconds + TIMEOUT)
        timer.join()
    if stop.looks > 2000:
        raise NotYet(
            f"When nothing came for {seconds:g} s, it looked at the event {stop.looks} times: it "
            "looks again and again instead of waiting."
        )


class _CountedEvent(threading.Event):
    looks = 0

    def is_set(self):
        self.looks += 1
        return super().is_set()


def _publisher(messages, afterwards, stop):
    """Send messages to whoever subscribes, then `afterwards` over and over, for a second."""

    def send(socket, over):
        while not socket.poll(50):
            if over.is_set():
                return
        for message in messages:
            socket.send_multipart(message)
        deadline = time.monotonic() + 1
        while afterwards and not over.wait(0.02):
            socket.send_multipart(afterwards)
            if time.monotonic() > deadline:
                stop.set()

    return peer(zmq.XPUB, send)


@exercise(
    "why_silent(socket)",
    "Go down the table, and write an `if` for each line. The first three are those of a socket "
    'without a peer: `if not socket["peers"]:`.',
    "What happened last counts: look only at the events from the last `CONNECTED` or `ACCEPTED` "
    "on. If there is none, nobody was ever there. A `HANDSHAKE_SUCCEEDED` after it tells a peer "
    "that has gone from a socket of the wrong kind.",
    "Whose turn it is, the counts say. A REQ may send when it has received as many replies as it "
    "has sent requests; a REP must send when it has received more than it has sent. No other kind "
    "takes turns.",
)
def why_silent(function):
    reasons = [reason for reason, *_ in _SILENT]
    for expected, facts in zip(reasons, facts_of([case for _, *case in _SILENT]), strict=True):
        happened = ", ".join(each["event"] for each in facts["events"]) or "none"
        line = f"{words.line_of(facts | {'events': []})} · events: {happened}"
        expect(f"The reason at {line}", expected, call(function, facts, when=f"it is {line}"))
    return f"It found the reason at {len(_SILENT)} sockets, also where two things had happened."


# The reason, and how it comes about: the signs are explained in `silent_sockets`.
_SILENT = [
    ("nobody there", "REQ", ">", ""),
    ("nobody there", "PULL bound", "", ""),
    ("nobody there", "SUB", "", ""),
    ("wrong kind", "REQ", ">", "PUB"),
    ("wrong kind", "PULL", "", "PULL"),
    ("wrong kind", "REP bound", "", "PULL"),
    ("wrong kind", "REP bound", "", "REQ - SUB"),
    ("wrong kind", "REQ", ">", "REP < - PUB"),
    ("gone", "REQ", ">", "REP < -"),
    ("gone", "SUB camera", "", "PUB -"),
    ("gone", "REP bound", "", "SUB - REQ -"),
    ("no subscription", "SUB", "", "PUB"),
    ("peer silent", "SUB everything", "", "PUB"),
    ("peer silent", "PULL", "", "PUSH"),
    ("peer silent", "REP bound", "", "REQ REQ"),
    ("peer silent", "REQ", ">", "REP < - REP"),
    ("peer silent", "REQ", ">", "... REP <"),
    ("own turn", "REQ", "", "REP"),
    ("own turn", "REQ", "><", "REP < >"),
    ("peer silent", "REQ", "><>", "REP < > <"),
    ("own turn", "REP bound", "<", "REQ >"),
    ("peer silent", "REP bound", "<>", "REQ > <"),
    ("peer silent", "DEALER", ">", "REP"),
]
