"""The exercises of notebook 12: hints, a solution and a check of each."""

import itertools
import tempfile
import time
from pathlib import Path

import zmq
from exercises.nemesis_bench import PATIENT, expect_unbroken, told
from exercises.stream_bench import TOTALS, expect_totals, update

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.programs import (
    MANY,
    ask,
    ask_in_turn,
    client,
    expect_patience,
    named,
    served,
    until_it_sends,
    until_it_writes,
)
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    Words,
    call,
    expect,
    expect_return,
    in_thread,
    nothing_left,
    peer,
)

LATE = 2.6  # seconds, of a function that has 1.5 and a last try of 0.3


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
    asked: list[tuple[float, bytes]] = []  # when, and what

    def replies(to):
        """Be a server that replies to the requests of these numbers, from 0."""

        def serve(router, over):
            asked.clear()
            while not over.is_set():
                if router.poll(20):
                    *envelope, request = router.recv_multipart()
                    asked.append((time.monotonic(), request))
                    if len(asked) - 1 in to:
                        reply = b"" if request == b"be brief" else b"reply to " + request
                        router.send_multipart([*envelope, reply])

        return peer(zmq.ROUTER, serve)

    def one_request(request):
        expect("All that the server was asked", {request}, {each for _, each in asked})

    with nothing_left():
        with replies(to=range(100)) as endpoint:
            took = []
            for request in (b"step", b"", b" \xff\x00\n", b"step"):
                when, began = "the server replies at once", time.monotonic()
                expect_return(
                    b"reply to " + request, function, endpoint, request, 8, when=when, timeout=12
                )
                took.append(time.monotonic() - began)
            if min(took) > 0.25:  # a busy computer is not as slow four times
                raise NotYet(
                    f"The server replied at once, and it took {min(took):.1f} s or more each time: "
                    "0.3 s are the most that a try waits, and `poll` ends when the reply is there."
                )
            if sum(request == b"step" for _, request in asked) < 2:
                raise NotYet("Called again with the same request, it did not ask the server again.")
            when = "the reply is empty, and a reply nevertheless"
            expect_return(b"", function, endpoint, b"be brief", 4, when=when, timeout=8)
        with replies(to=range(2, 100)) as endpoint:
            when = "two requests stay without a reply, and the third gets one"
            reply = b"reply to again"
            expect_return(reply, function, endpoint, b"again", 8, when=when, timeout=12)
            one_request(b"again")
        with replies(to=()) as endpoint:
            for again in (1, 2, 0):  # a busy computer asks late, and hardly three times
                began = _expect_unknown(function, endpoint, "the server never replies")
                one_request(b"anyone?")
                early = sum(began < when < began + 1.3 for when, _ in asked)
                if 4 <= early < 8:
                    break
                if early >= 8 or not again:  # no computer makes it ask more often
                    raise NotYet(
                        f"In its first 1.3 s it asked a silent server {early} times: it should ask "
                        "again, and wait 0.3 s each time, so five times."
                    )
        late, when = free_endpoint(), "the server comes up after a call in vain, and a while"
        _expect_unknown(function, late, "there is no server")
        with in_thread(_come_late, late):
            expect_return(b"reply to late", function, late, b"late", 8, when=when, timeout=12)

    def asking(endpoint, note):
        for number in note.numbers():
            note("asked", number, f"reply to {number}")
            reply = function(endpoint, b"%d" % number, PATIENT)
            if reply is None:
                note("unknown", number)
            else:
                note("answered", number, reply.decode())

    pipeline = {"server": _echo, "client": asking}
    verdict = expect_unbroken(pipeline, ("kill server", "pause server", "cut", "kill wire"))
    return f"It got {verdict.counts['answered']} answers while {told(verdict)}."


def _expect_unknown(function, endpoint, when):
    """Return when it was called."""
    for _ in (1, 2):  # a busy computer makes it late, and hardly twice
        began = time.monotonic()
        got = call(function, endpoint, b"anyone?", 1.5, when=when, timeout=8)
        took = time.monotonic() - began
        if got is not None:
            raise NotYet(f"What it returns when {when}:", Words("None: nobody knows"), got)
        if took < 1.4:
            raise NotYet(f"When {when}, it gave up after {took:.1f} s of its 1.5.")
        if took < LATE:
            return began
    raise NotYet(
        f"When {when}, it gave up after {took:.1f} s, and was told 1.5 in all: what is left of "
        "these is the most that a try may wait, and `linger` 0 lets a socket close at once."
    )


def _come_late(endpoint, over):
    """Be a server that is not there at first: for longer than ten tries take."""
    if over.wait(3.5):
        return
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.linger = 0
        rep.bind(endpoint)
        while not over.is_set():
            if rep.poll(20):
                rep.send(b"reply to " + rep.recv())


def _echo(bind):
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            rep.send(b"reply to " + rep.recv())


# The counter that counts once


_ODD = ["7", "07", "#7", "Ada:7", "Ada/7", "Ada,7", '"7"', *(20 * "long-" + it for it in "78")]


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
            for name, position in (("b-10", 1), ("a-1", 2), ("b-1", 3), ("b-10", 1), ("a-1", 2)):
                _expect_position(server, name, position, "among others")
            _expect_position(server, "Zoé-1", 4, "with a letter beyond ASCII")
            expect_patience(server)
            for name, position in (("b-1", 3), ("c-1", 5)):
                _expect_position(server, name, position, "after a silence")
            server.end_by("kill")
            server.settle(lambda it: it.ended, TIMEOUT)
        with served(function, logbook) as server:
            for name, position in (("c-1", 5), ("b-10", 1), ("d-1", 6)):
                _expect_position(server, name, position, "after a kill -9 and a new start")
        with served(until_it_sends, function, logbook) as server, client(server) as req:
            req.send(b"e-1")
            server.settle(lambda it: it.ended, TIMEOUT)
        with served(function, logbook) as server:
            for name, position in (("f-1", 8), ("e-1", 7), ("F-1", 9)):
                _expect_position(server, name, position, "after it died with the reply to 'e-1'")
            _expect_many(server)
        with served(until_it_writes, logbook, function, logbook) as server, client(server) as req:
            req.send(b"h-1")
            server.settle(lambda it: it.ended or req.poll(0), TIMEOUT)
        when = "after it died at 'h-1', when its logbook had changed"
        with served(function, logbook, when=when) as server:
            _expect_position(server, "f-1", 8, when)
            for position, name in enumerate([*_ODD, "h-1"], start=10 + MANY + 20):
                _expect_position(server, name, position, when)
        another = Path(folder, "another", "logbook.txt")
        another.parent.mkdir()
        with served(function, another) as server:
            _expect_position(server, "b-1", 1, "with another logbook, which is not there yet")
        fresh = Path(folder, "fresh", "logbook.txt")
        fresh.parent.mkdir()

        def server(bind):
            function(fresh, bind)
            raise RuntimeError("it ended, and should go on for ever")

        pipeline = {"server": server, "client": _impatient}
        verdict = expect_unbroken(pipeline, ("kill server", "delay", "cut", "pause server"))
    return (
        f"{verdict.counts['answered']} requests were each counted once, though the client asked "
        f"again and again, and {told(verdict)}."
    )


def _expect_many(server):
    """Ask for more steps than anybody counts by hand, and for the first one again."""
    names = [b"g-%d" % number for number in range(MANY + 20)] + [it.encode() for it in _ODD]
    for position, (name, reply) in enumerate(ask_in_turn(server, *names), start=10):
        what = f"The reply to {name.decode()!r}, after many others"
        expect(what, [b"%d" % position], reply)
    for name, position in (("b-10", 1), ("g-0", 10)):
        _expect_position(server, name, position, "after many others")


def _expect_position(server, name, position, when):
    reply = ask(server, name.encode())
    if len(reply) != 1:
        raise NotYet(f"The reply to {named(name.encode())} has {len(reply)} parts, not one.")
    expect(f"The reply to {name!r}, {when}", str(position).encode(), reply[0])


def _impatient(endpoint, note):
    """Ask each time until an answer comes, every 0.1 s anew: the last answers come late."""
    with zmq.Context() as context:
        for number in note.numbers():
            note("asked", number, str(number + 1))
            for _ in range(int(10 * PATIENT)):
                with context.socket(zmq.REQ) as req:
                    req.linger = 0
                    req.connect(endpoint)
                    req.send(b"request-%d" % number)
                    if req.poll(100):
                        note("answered", number, req.recv().decode())
                        break
            else:
                note("unknown", number)


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
        for gaps, when in (
            (False, "nothing is lost"),
            (True, "some updates are lost, or repeated"),
        ):
            expect_totals(function, gaps, when)

    def publisher(bind, note):
        _publish(bind, SNAPSHOTS, note)

    def subscriber(endpoint, note):
        last = False
        for number, total in function(SNAPSHOTS, endpoint):
            note("received", number, str(total))
            if last:
                return
            last = note.over
        raise RuntimeError("the generator has ended, and should go on for ever")

    SNAPSHOTS = free_endpoint()
    pipeline = {"publisher": publisher, "subscriber": subscriber}
    verdict = expect_unbroken(pipeline, ("kill wire", "pause subscriber", "cut", "delay"))
    return f"All {verdict.counts['received']} totals were right, though {told(verdict)}."


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
