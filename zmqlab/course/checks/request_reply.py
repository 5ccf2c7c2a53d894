"""The checks of the exercises on request and reply."""

import threading
import time

import zmq

from zmqlab.course.exercises import exercise
from zmqlab.course.programs import (
    ask,
    client,
    expect_end,
    expect_replies_at_once,
    expect_reply,
    named,
    receive,
    served,
)
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    Words,
    expect,
    expect_return,
    free_endpoint,
    nothing_left,
    peer,
)


@exercise(
    "shout_server(bind)",
    "A server is a loop: receive a request, make the reply, send it. It begins with a context, "
    "a REP socket and `socket.bind(bind)`.",
    "Capitals are a matter of text, not of bytes: `bytes.upper` leaves `ü` as it is. Decode what "
    "came, and encode what goes.",
    "Inside `while True:` it is `request = socket.recv()`, then "
    "`socket.send(request.decode().upper().encode())`. Before that, look whether "
    '`request == b"stop"`; then send `b"BYE"` and `break`.',
    "Leave the loop by `break` and not by an error, and let `with zmq.Context() as context, "
    "context.socket(zmq.REP) as socket:` close both, so that the last reply still leaves.",
)
def shout_server(function):
    with served(function) as server:
        for text in ("hello", "Grüße aus Zürich", "stopwatch", "", "日本"):
            expect_reply(text.upper().encode(), server, text.encode())
        with client(server) as vanishing:
            vanishing.send(b"I will not wait for this")
        six = [f"client {number}" for number in range(6)]
        expect_replies_at_once(server, {text.encode(): text.upper().encode() for text in six})
        with client(server, zmq.DEALER) as impatient:
            for request in (b"one", b"two"):  # does not wait for the first reply
                impatient.send_multipart([b"", request])
            for request in (b"one", b"two"):
                reply = receive(impatient, server, f"the reply to {named(request)}")
                who = "for a client that does not wait its turn"
                expect(f"The one reply to {named(request)}, {who}", [b"", request.upper()], reply)
        expect_reply(b"BYE", server, b"stop")
        expect_end(server, "b'stop'")
    return (
        "It shouted back to a dozen clients, six at once, among them one too impatient to wait "
        "its turn, got over one that vanished, and ended when asked to."
    )


@exercise(
    "never_silent(bind)",
    "Ask the server for something it does not know, and then for the time. What does a REP socket "
    "have to do between one `recv` and the next?",
    "Every request needs a reply, the ones that make no sense too: an `else:` that sends "
    '`b"unknown command: " + request`.',
    "A request may have several parts, and `recv` takes only the first one; before the others are "
    "taken nothing can be sent. `recv_multipart` takes them all: "
    '`request = b" ".join(socket.recv_multipart())`.',
    "If you turn requests into text, some bytes cannot be: compare bytes instead, as in "
    '`if request == b"time":`.',
)
def never_silent(function):
    nonsense = [[b"coffee"], [b""], [b"\xff\xfe\x00"], [b"time", b"please"], [b"x" * 100_000]]
    with served(function) as server:
        first = _count(server)
        for parts in nonsense:
            (reply, *_) = ask(server, *parts)
            what = f"The beginning of the reply to {named(*parts)}"
            expect(what, b"unknown command", reply[:15])
            now = ask(server, b"time")
            if len(now) != 1 or not now[0] or now[0].startswith(b"unknown"):
                what = f"The reply to b'time', asked after {named(*parts)}:"
                raise NotYet(what, Words("a time, such as b'12:30:00'"), now)
        expect_reply(b"unknown command: coffee", server, b"coffee")
        last = _count(server)
        if last <= first:
            raise NotYet(f"Its count of requests was {first}, and {last} after a dozen more.")
    return "It replied to all that came, sense or nonsense, and goes on."


def _count(server):
    reply = ask(server, b"count")
    try:
        return int(reply[0])
    except ValueError:
        raise NotYet("The reply to b'count':", Words("a number, such as b'3'"), reply) from None


@exercise(
    "patient_ask(endpoint, request, timeout)",
    "`recv` waits for ever. Which method of a socket waits for a message no longer than you say?",
    "`socket.poll(milliseconds)` is 0 if nothing came. `timeout` is in seconds.",
    "A REQ socket that got no reply cannot send again, and a late reply would be taken for the "
    "answer to the next question: make a new socket for each call.",
    "When the context ends, it waits until what was sent has left, for ever by default. A request "
    "that nobody took is to be forgotten: `socket.linger = 0`.",
)
def patient_ask(function):
    def returns(expected, endpoint, request, timeout, when):
        given = endpoint, request, timeout
        expect_return(expected, function, *given, when=when, timeout=timeout + TIMEOUT)

    with _server(_echo) as endpoint:
        returns(b"reply to hello", endpoint, b"hello", 3, "the server is there")
        returns(b"reply to ", endpoint, b"", 3, "the request is empty")
    with _server(_echo_slowly) as endpoint:
        when = "the server takes 0.4 s and the timeout is 5 s"
        returns(b"reply to slow", endpoint, b"slow", 5, when)
    kept = []

    def late(parts):  # the reply to the first request leaves together with that to the second
        kept.extend(_echo(parts))
        return kept if parts[-1] == b"second" else []

    missing = free_endpoint()
    with nothing_left():
        with _server(lambda parts: []) as endpoint:
            for _ in range(3):
                returns(None, endpoint, b"anyone?", 0.2, "the server does not reply")
        with _server(late) as endpoint:
            returns(None, endpoint, b"first", 0.2, "the server does not reply in time")
            when = "the reply to an earlier request comes first"
            returns(b"reply to second", endpoint, b"second", 5, when)
        for _ in range(2):
            returns(None, missing, b"old", 0.2, "there is no server")
    seen, haunted = [], threading.Event()

    def remember(parts):
        seen.append(parts[-1])
        if parts[-1] == b"old":
            haunted.set()
        return _echo(parts)

    with _server(remember, missing):
        returns(b"reply to new", missing, b"new", 5, "the server is back")
        haunted.wait(0.5)  # a socket that is still there tries again every 0.1 s
    what = "What a server received that came up after two calls had given up"
    expect(what, [b"new"], seen)
    return "It waited as long as it was told to and no longer, and each time it could ask again."


def _echo(parts):
    return [[*parts[:-1], b"reply to " + parts[-1]]]


def _echo_slowly(parts):
    time.sleep(0.4)  # the server's work
    return _echo(parts)


def _server(answer, bind="tcp://127.0.0.1:*"):
    """Be a server; `answer(parts)` returns the messages to be sent for a request: none or more.

    The parts are those of a ROUTER: the sender's address first, the request last.
    """

    def serve(router, over):
        while not over.is_set():
            if router.poll(50):
                for message in answer(router.recv_multipart()):
                    router.send_multipart(message)

    return peer(zmq.ROUTER, serve, bind)
