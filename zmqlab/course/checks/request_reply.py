"""The checks of notebook 01: request and reply."""

import contextlib
import threading
import time

import zmq

from zmqlab.course.exercises import exercise
from zmqlab.course.trial import (
    PATIENCE,
    NotYet,
    answering,
    ask,
    call,
    client,
    expect,
    expect_end,
    free_endpoint,
    named,
    open_sockets,
    reply_to,
    served,
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
            request = text.encode()
            expect(f"The reply to {named(request)}", [text.upper().encode()], ask(server, request))
        with client(server) as vanishing:
            vanishing.send(b"I will not wait for this")
        _ask_all_at_once(server, [f"client {number}" for number in range(6)])
        with client(server, zmq.DEALER) as impatient:
            for request in (b"one", b"two"):  # does not wait for the first reply
                impatient.send_multipart([b"", request])
            for request in (b"one", b"two"):
                reply = reply_to(named(request), server, impatient)
                what = (
                    f"The one reply to {named(request)}, for a client that does not wait its turn"
                )
                expect(what, [b"", request.upper()], reply)
        expect("The reply to b'stop'", [b"BYE"], ask(server, b"stop"))
        expect_end(server)
    return (
        "It shouted back to a dozen clients, six at once, among them one too impatient to wait "
        "its turn, got over one that vanished, and ended when asked to."
    )


def _ask_all_at_once(server, texts):
    """All send first; then they take their replies, the last one first."""
    with contextlib.ExitStack() as stack:
        clients = [(text, stack.enter_context(client(server))) for text in texts]
        for text, socket in clients:
            socket.send(text.encode())
        for text, socket in reversed(clients):
            reply = reply_to(named(text.encode()), server, socket)
            expect(f"The reply to {text!r} among several", [text.upper().encode()], reply)


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
    unknown = [b"unknown command"]
    with served(function) as server:
        first = _count(server)
        for parts in (
            [b"coffee"],
            [b""],
            [b"\xff\xfe\x00"],
            [b"time", b"please"],
            [b"x" * 100_000],
        ):
            reply = ask(server, *parts)
            expect(f"The beginning of the reply to {named(*parts)}", unknown, [reply[0][:15]])
            now = ask(server, b"time")
            if len(now) != 1 or not now[0] or now[0].startswith(b"unknown"):
                raise NotYet(
                    f"After {named(*parts)} the reply to b'time' is no time:", [b"12:30:00"], now
                )
        reply = ask(server, b"coffee")
        expect("The reply to b'coffee'", [b"unknown command: coffee"], reply)
        last = _count(server)
        if last <= first:
            text = f"Its count of requests was {first}, and {last} after a dozen more."
            raise NotYet(text)
    return "It replied to all that came, sense or nonsense, and goes on."


def _count(server):
    reply = ask(server, b"count")
    try:
        return int(reply[0])
    except ValueError:
        raise NotYet("The reply to b'count' is no number:", [b"3"], reply) from None


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
    def answer(parts):
        return [[*parts[:-1], b"reply to " + parts[-1]]]

    def slowly(parts):
        time.sleep(0.4)  # the server's work
        return answer(parts)

    kept = []

    def late(parts):  # the reply to the first request leaves together with that to the second
        kept.extend(answer(parts))
        return kept if parts[-1] == b"second" else []

    def expect_return(endpoint, request, timeout, expected, when):
        got = call(function, endpoint, request, timeout, seconds=timeout + PATIENCE, when=when)
        expect(f"What it returns when {when}", expected, got)

    with answering(answer) as endpoint:
        expect_return(endpoint, b"hello", 3, b"reply to hello", "the server is there")
        expect_return(endpoint, b"", 3, b"reply to ", "the request is empty")
    with answering(slowly) as endpoint:
        when = "the server takes 0.4 s and the timeout is 5 s"
        expect_return(endpoint, b"slow", 5, b"reply to slow", when)
    before = open_sockets()
    with answering(lambda parts: []) as endpoint:
        for _ in range(3):
            expect_return(endpoint, b"anyone?", 0.2, None, "the server does not reply")
    with answering(late) as endpoint:
        expect_return(endpoint, b"first", 0.2, None, "the server does not reply in time")
        when = "the reply to an earlier request comes first"
        expect_return(endpoint, b"second", 5, b"reply to second", when)
    endpoint = free_endpoint()
    for _ in range(2):
        expect_return(endpoint, b"old", 0.2, None, "there is no server")
    _expect_nothing_left(before)

    seen, haunted = [], threading.Event()

    def remember(parts):
        seen.append(parts[-1])
        if parts[-1] == b"old":
            haunted.set()
        return answer(parts)

    with answering(remember, endpoint):
        expect_return(endpoint, b"new", 5, b"reply to new", "the server is back")
        haunted.wait(0.5)  # a socket that is still there tries again every 0.1 s
    what = "The requests that a server gets that came after the client had given up on two"
    expect(what, [b"new"], seen)
    return "It waited as long as it was told to and no longer, and each time it could ask again."


def _expect_nothing_left(before):
    left = open_sockets() - before
    if left > 0:
        raise NotYet(f"Its calls leave {left} sockets open: close each, or use `with`.")
