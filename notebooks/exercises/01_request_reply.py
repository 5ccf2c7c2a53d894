"""The exercises of notebook 01: hints, a solution and a check of each."""

import re
import threading
import time

import zmq

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.programs import ask, client, expect_end, expect_reply, receive, served
from zmqlab.course.trial import TIMEOUT, NotYet, Words, call, expect, nothing_left, peer


@hints(
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
def shout_server(bind):
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            request = socket.recv()
            if request == b"stop":
                socket.send(b"BYE")
                break
            socket.send(request.decode().upper().encode())


def check_shout_server(function):
    with served(function) as server:
        for text in ("hello", "Grüße aus Zürich", "  two blanks  ", "", "Stop"):
            mistakes = {"`bytes.upper`, which knows the letters a to z only": text.encode().upper()}
            expect_reply(text.upper().encode(), server, text.encode(), mistakes=mistakes)
        with client(server) as vanishing:
            vanishing.send(b"I will not wait for this")
        with client(server) as first, client(server) as second:
            first.send(b"first")
            second.send(b"second")
            _expect_shout(second, server, b"second")
            _expect_shout(first, server, b"first")
            for number in range(100):
                request = b"request %d" % number
                second.send(request)
                _expect_shout(second, server, request)
        expect_reply(b"BYE", server, b"stop")
        expect_end(server, "b'stop'")
    return (
        "It shouted back to several clients, two of them at once, one a hundred times and one that "
        "had left, and ended when asked to."
    )


def _expect_shout(socket, server, request):
    reply = receive(socket, server, f"the reply to {request!r}")
    expect(f"The reply to {request!r}", [request.upper()], reply)


@hints(
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
def never_silent(bind):
    count = 0
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            request = b" ".join(socket.recv_multipart())
            count += 1
            if request == b"time":
                socket.send(time.strftime("%H:%M:%S").encode())
            elif request == b"count":
                socket.send(str(count).encode())
            else:
                socket.send(b"unknown command: " + request)


def check_never_silent(function):
    nonsense = [[b"coffee"], [b"stop"], [b""], [b"\xff\xfe"], [b"time", b"please"], [b"time", b""]]
    with served(function) as server:
        expect_reply(b"1", server, b"count")
        for parts in nonsense:
            expect_reply(b"unknown command: " + b" ".join(parts), server, *parts)
        reply = ask(server, b"time")
        if not re.fullmatch(rb"\d\d:\d\d:\d\d", b" ".join(reply)):
            raise NotYet("The reply to b'time':", Words("the time, such as [b'13:05:59']"), reply)
        expect_reply(b"%d" % (1 + len(nonsense) + 2), server, b"count")
    return "It replied to all that came, sense or nonsense, and counted it."


@hints(
    "`recv` waits for ever. Which method of a socket waits for a message no longer than you say?",
    "`socket.poll(milliseconds)` is 0 if nothing came. `timeout` is in seconds.",
    "A REQ socket that got no reply cannot send again, and a late reply would be taken for the "
    "answer to the next question: make a new socket for each call.",
    "When the context ends, it waits until what was sent has left, for ever by default. A request "
    "that nobody took is to be forgotten: `socket.linger = 0`.",
)
def patient_ask(endpoint, request, timeout):
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        socket.send(request)
        if socket.poll(1000 * timeout):
            return socket.recv()
    return None


def check_patient_ask(function):
    asked = []  # what came at a server: each request, and the empty part before it
    haunted = threading.Event()

    def serve(router, over):
        late = []  # replies to leave together with the next one
        while not over.is_set():
            if router.poll(50):
                *envelope, request = router.recv_multipart()
                asked.append([*envelope[1:], request][-2:])
                late.append([*envelope, b"" if request == b"empty" else b"reply to " + request])
                if request == b"old":
                    haunted.set()
                if request == b"slow":
                    over.wait(0.4)  # the server's work
                if request != b"too late":
                    for reply in late:
                        router.send_multipart(reply)
                    late.clear()

    with nothing_left():
        with peer(zmq.ROUTER, serve) as at:
            _try(function, b"reply to hello", at, b"hello", 5, "the server is there")
            _try(function, b"reply to slow", at, b"slow", 5, "the server takes 0.4 s")
            _try(function, b"", at, b"empty", 5, "the reply is empty")
            # A REQ sends an empty part before a request, without which no REP would reply.
            expected = [[b"", request] for request in (b"hello", b"slow", b"empty")]
            expect("What came at the server for three calls", expected, asked)
            for timeout in (0.2, 1.5):
                _try(function, None, at, b"too late", timeout, "the reply comes too late")
            when = "the replies to earlier requests come first"
            _try(function, b"reply to next", at, b"next", 5, when)
        missing = free_endpoint()
        _try(function, None, missing, b"old", 0.5, "there is no server")
        with peer(zmq.ROUTER, serve, missing) as at:
            _try(function, b"reply to new", at, b"new", 5, "the server is back")
            if haunted.wait(0.5):  # a socket that is still there tries again every 0.1 s
                raise NotYet("The request of a call that had given up came at a later server.")
    return (
        "It waited as long as it was told to, each time it could ask again, and nothing was left."
    )


def _try(function, expected, endpoint, request, timeout, when):
    """Call it once, and see that it waits for the reply, or else until its time is over."""
    began = time.monotonic()
    got = call(function, endpoint, request, timeout, when=when, timeout=timeout + TIMEOUT)
    took = time.monotonic() - began
    waited = f"after {took:.2g} s, with a timeout of {timeout:g} s"
    expect(f"What it returns when {when}, {waited}", expected, got)
    if expected is None and took < 0.9 * timeout:
        raise NotYet(f"Called when {when}, it gave up {waited}.")
    if expected is not None and took > 0.8 * timeout:
        raise NotYet(f"Called when {when}, it returned the reply only {waited}.")
