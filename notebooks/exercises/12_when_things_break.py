"""The exercises of notebook 12: hints, a solution and a check of each."""

import itertools
import tempfile
import time
from functools import partial
from pathlib import Path

import zmq
from exercises.nemesis_bench import (
    PATIENT,
    befell,
    expect_unbroken,
    until_it_sends,
    until_it_writes,
)
from exercises.stream_bench import TOTALS, expect_totals, update

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.programs import ask, client, served
from zmqlab.course.trial import TIMEOUT, NotYet, call, expect, expect_return, nothing_left, peer

# The reliable client


@hints(
    "It is `patient_ask` of notebook 01 in a loop: a REQ that got no answer cannot ask again, so "
    "each try has a socket of its own.",
    "Fix the end before the loop, `deadline = time.monotonic() + timeout`, and go on `while (left "
    ":= deadline - time.monotonic()) > 0`. One context will do for all tries.",
    "In the loop: `with context.socket(zmq.REQ) as req:`, `req.linger = 0`, connect, send; "
    "`if req.poll(1000 * min(0.3, left)): return req.recv()`.",
)
def ask_surely(endpoint, request, timeout):
    deadline = time.monotonic() + timeout
    with zmq.Context() as context:
        while (left := deadline - time.monotonic()) > 0:
            with context.socket(zmq.REQ) as req:
                req.linger = 0
                req.connect(endpoint)
                req.send(request)
                if req.poll(1000 * min(0.3, left)):
                    return req.recv()


def check_ask_surely(function):
    with nothing_left():
        _expect_answer(function, 0, "the server replies at once")
        _expect_answer(function, 2, "two requests stay without a reply, and the third gets one")
        _expect_unknown(function)
    asking = partial(_ask_all, function, lambda number: f"reply to request-{number}")
    pipeline = {"server": _reply_to_all, "client": asking}
    verdict = expect_unbroken(pipeline, ("kill server", "pause server", "cut", "kill wire"))
    return f"It got {verdict.counts['answered']} answers while {befell(verdict)}."


def _expect_answer(function, silent, when):
    asked = []
    with peer(zmq.ROUTER, partial(_reply, silent, asked)) as endpoint:
        given = endpoint, b"step", 8
        expect_return(b"reply to step", function, *given, when=when, timeout=12)
    expect(f"All that the server was asked, when {when}", {b"step"}, set(asked))


def _expect_unknown(function):
    asked, when = [], "the server never replies"
    with peer(zmq.ROUTER, partial(_reply, 1_000, asked)) as endpoint:
        began = time.monotonic()
        got = call(function, endpoint, b"anyone?", 2, when=when, timeout=8)
        took = time.monotonic() - began
    expect(f"What it returns when {when}", None, got)
    if not 1.9 < took < 4:  # a busy computer may take longer
        raise NotYet(f"When {when}, it gave up after {took:.1f} s, and was given 2 s in all.")
    if not 4 <= len(asked) <= 9:  # seven times, on a computer that is not busy
        raise NotYet(
            f"In {took:.1f} s it asked a silent server {len(asked)} times: it should ask again, "
            "and wait 0.3 s each time, so seven times."
        )


def _reply(silent, asked, router, over):
    """Be a server that gives no reply to its first requests; keep what it was asked."""
    while not over.is_set():
        if router.poll(20):
            *envelope, request = router.recv_multipart()
            asked.append(request)
            if len(asked) > silent:
                router.send_multipart([*envelope, b"reply to " + request])


def _reply_to_all(bind):
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            rep.send(b"reply to " + rep.recv())


def _ask_all(ask, right_reply, endpoint, note):
    """Be a client that asks one request after the other, with such a function as `ask_surely`."""
    for number in note.numbers():
        note("asked", number, right_reply(number))
        answer = ask(endpoint, b"request-%d" % number, PATIENT)
        if answer is None:
            note("unknown", number)
        else:
            note("answered", number, answer.decode())


# The counter that counts once


@hints(
    "The logbook is all that a killed server leaves behind. So what is done stands there: one line "
    "for each name, written before the reply. At the start, read it.",
    '`done = logbook.read_text("utf-8").split() if logbook.exists() else []` is a list of the '
    "names, in order. The motor stands at its length, and stood at `done.index(name) + 1` then.",
    "In the loop: `name = rep.recv_string()`; if it is not in `done`, write it (`with "
    'open(logbook, "a", encoding="utf-8") as file:` closes the file, so that the line is written) '
    "and append it; then reply, in either case.",
)
def count_once(logbook, bind):
    done = logbook.read_text("utf-8").split() if logbook.exists() else []
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            name = rep.recv_string()
            if name not in done:
                with open(logbook, "a", encoding="utf-8") as file:
                    file.write(name + "\n")
                done.append(name)
            rep.send_string(str(done.index(name) + 1))


def check_count_once(function):
    with tempfile.TemporaryDirectory() as folder:
        logbook = Path(folder, "logbook.txt")
        with served(function, logbook) as server:
            # b"b-1" is part of another name, and is new nevertheless.
            _expect_positions(server, {"b-10": 1, "b-1": 2, "Zoé-1": 3})
            _expect_positions(server, {"b-10": 1, "c-1": 4})
            server.end_by("kill")
            server.settle(lambda it: it.ended, TIMEOUT)
        when = "after a kill -9 and a new start"
        with served(function, logbook) as server:
            _expect_positions(server, {"d-1": 5, "b-1": 2}, when)
        _ask_one_that_dies("e-1", until_it_sends, function, logbook)
        when = "after it died when it had sent the reply to 'e-1'"
        with served(function, logbook) as server:
            _expect_positions(server, {"f-1": 7, "e-1": 6}, when)
        _ask_one_that_dies("g-1", until_it_writes, logbook, function, logbook)
        when = "after it died at 'g-1', when its logbook had just changed"
        with served(function, logbook, when=when) as server:
            _expect_positions(server, {"f-1": 7, "g-1": 8}, when)  # whether it was written or not
        verdict = _expect_once(function, Path(folder, "another.txt"))
    return (
        f"{verdict.counts['answered']} requests were each counted once, though the client asked "
        f"again and again, and {befell(verdict)}."
    )


def _expect_positions(server, positions, when="among others"):
    for name, position in positions.items():
        expect(f"The reply to {name!r}, {when}", [b"%d" % position], ask(server, name.encode()))


def _ask_one_that_dies(name, *call):
    """Ask a server that dies while it deals with the request."""
    with served(*call) as server, client(server) as req:
        req.send(name.encode())
        server.settle(lambda it: it.ended, TIMEOUT)


def _expect_once(function, logbook):
    """Have the nemesis lose replies, so that the client asks for the same step again."""

    def server(bind):
        function(logbook, bind)

    asking = partial(_ask_all, ask_surely, lambda number: str(number + 1))
    faults = "kill server", "delay", "cut", "pause server"
    return expect_unbroken({"server": server, "client": asking}, faults)


# The subscriber without gaps


@hints(
    "Subscribe first, then ask for the snapshot: what comes in between waits in the queue. The "
    "numbers say which updates are in the snapshot already.",
    "Of each update compare the number with the last one: the next one is added; one that is not "
    "greater is in the total already; one that is greater by more shows a gap.",
    "After a gap ask for a snapshot again, and yield that instead. It may hold updates that still "
    "wait in the queue; the comparison takes care of them.",
)
def follow_total(snapshots, stream):
    with (
        zmq.Context() as context,
        context.socket(zmq.SUB) as sub,
        context.socket(zmq.REQ) as req,
    ):
        sub.subscribe(b"")
        sub.connect(stream)
        req.connect(snapshots)

        def snapshot():
            req.send(b"")
            return tuple(map(int, req.recv_multipart()))

        number, total = snapshot()
        yield number, total
        while True:
            new, amount = map(int, sub.recv_multipart())
            if new == number + 1:
                number, total = new, total + amount
            elif new > number:
                number, total = snapshot()
            else:
                continue
            yield number, total


def check_follow_total(function):
    with nothing_left("it has been closed"):
        expect_totals(function)
    snapshots = free_endpoint()

    def publisher(bind, note):
        _publish(bind, snapshots, note)

    def subscriber(endpoint, note):
        last = False
        for number, total in function(snapshots, endpoint):
            note("received", number, str(total))
            if last:
                return
            last = note.over
        raise RuntimeError("the generator has ended, and should go on for ever")

    pipeline = {"publisher": publisher, "subscriber": subscriber}
    verdict = expect_unbroken(pipeline, ("kill wire", "pause subscriber", "cut", "delay"))
    return f"All {verdict.counts['received']} totals were right, though {befell(verdict)}."


def _publish(bind, snapshots, note):
    """Publish an update each few milliseconds, and tell the total to whoever asks."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PUB) as pub,
        context.socket(zmq.REP) as rep,
    ):
        pub.bind(bind)
        rep.bind(snapshots)
        note("sent", 0, "0")
        for number in itertools.count(1):
            note("sent", number, str(TOTALS[number]))
            update(pub, number)
            if rep.poll(8):
                rep.recv()
                rep.send_multipart([b"%d" % number, b"%d" % TOTALS[number]])
