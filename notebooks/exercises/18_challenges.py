"""The exercises of notebook 18: hints, a solution and a check of each."""

import hashlib
import itertools
import sys
import tempfile
import threading
import time
from functools import partial
from itertools import zip_longest
from pathlib import Path

import zmq
from exercises.beats_bench import ALARMS, LONG, NOTICED, SLACK, TICK, expect_missed
from exercises.broker_bench import expect_broker
from exercises.nemesis_bench import expect_unbroken, told

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint, free_endpoints
from zmqlab.course.programs import receive, running
from zmqlab.course.trial import TIMEOUT, NotYet, Words, expect, nothing_left
from zmqlab.wire import sockets

# Workers that are missed


@hints(
    "Keep for each worker when it was heard last, in a dictionary. A worker is missed when its own "
    "last beat is too old, whoever else was heard meanwhile.",
    "Wait for a beat for a short time only, `if pull.poll(100): name = pull.recv()`, and look at "
    "all workers each time, whether a beat has come or not.",
    "The limit is a bargain: more than the longest task, 0.8 s, and less than the 3 s in which you "
    "must notice. In the middle both sides have room.",
    "Whoever is missed is taken out of the dictionary, `del heard[name]`, and yielded: so it is "
    "yielded once, and its next beat puts it in again. Loop over `list(heard.items())`.",
)
def missing_workers(bind):
    heard = {}  # each worker that is taken for alive, and when it was heard last
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(bind)
        while True:
            if pull.poll(100):
                heard[pull.recv()] = time.monotonic()
            for name, when in list(heard.items()):
                if time.monotonic() - when > 2:
                    del heard[name]
                    yield name


def check_missing_workers(function):
    with nothing_left("it has been closed"):
        _patiently(partial(expect_missed, function), "false alarm", " s after its last beat")

    def watcher(bind, note):
        for name in function(bind):
            note("noticed", value=name.decode())
        raise RuntimeError("it ended, and should go on for ever")

    names = "Ada", "Ben"
    pipeline = {"watcher": watcher} | {name: partial(_beat, name.encode()) for name in names}
    table = {1.5: "pause Ada", 5.5: "resume Ada", 8.0: "kill Ben", 12.0: "restart Ben"}
    options = {"noticed": NOTICED + SLACK, "false_alarms": ALARMS}
    trial = partial(expect_unbroken, pipeline, table, **options)
    verdict = _patiently(trial, "false alarm", "nobody noticed")
    return (
        f"It missed {verdict.counts['noticed']} workers in time when {told(verdict)}, and "
        f"{verdict.counts['beat']} beats with long breaks made no more false alarms than allowed."
    )


def _patiently(expect_it, *late, tries=3):
    """Try again where it is late: a busy computer stops programs for long, and hardly thrice."""
    try:
        return expect_it()
    except NotYet as error:
        if tries == 1 or not any(words in error.text for words in late):
            raise
    return _patiently(expect_it, *late, tries=tries - 1)


def _beat(name, endpoint, note):
    """Be a worker: a beat before each task, and one in five tasks is long."""
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.linger = 0
        push.connect(endpoint)
        for number in note.numbers():
            note("beat", number)
            push.send(name)
            time.sleep(LONG - TICK if number % 5 == 4 else TICK)


# The small broker


TASK, REPLY = 0.05, 20.0  # seconds that a task takes; within which each request is answered


@hints(
    "Two ROUTERs. `client, _, request = front.recv_multipart()` of a REQ, whose reply is "
    '`[client, b"", result]`; `worker, result = back.recv_multipart()` of a worker, which is given '
    "`[worker, request]`.",
    "Give each request a number of your own, and remember: by number the client and the request, "
    "by worker the number of what it was given last, by number since when it is under way.",
    "Whatever a worker sends makes it idle. If the number that it was given last is still without "
    "a reply, this is the reply; else it is new, or too late, and nothing goes to a client.",
    "Poll both for 0.1 s at most. Then put each number that was given out more than a second ago "
    "back to those that wait, and give to idle workers what waits. Take idle workers off the list.",
)
def small_broker(frontend, backend):
    numbers, tasks = itertools.count(), {}  # the number of each task: the client, the request
    todo, given = [], {}  # the numbers of those that wait; of those given out, since when
    idle, held = [], {}  # workers that wait; what each of the others was given last
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as front,
        context.socket(zmq.ROUTER) as back,
    ):
        front.bind(frontend)
        back.bind(backend)
        while True:
            ready, _, _ = zmq.select([front, back], [], [], 0.1)
            if front in ready:
                client, _, request = front.recv_multipart()
                number = next(numbers)
                tasks[number] = client, request
                todo.append(number)
            if back in ready:
                worker, result = back.recv_multipart()
                idle.append(worker)
                number = held.pop(worker, None)
                if number in tasks:  # else it was new, or too late
                    client, _ = tasks.pop(number)
                    front.send_multipart([client, b"", result])
            for number, since in list(given.items()):
                if number not in tasks:
                    del given[number]
                elif time.monotonic() - since > 1:
                    del given[number]
                    todo.insert(0, number)
            todo = [number for number in todo if number in tasks]
            while todo and idle:
                number, worker = todo.pop(0), idle.pop(0)
                back.send_multipart([worker, tasks[number][1]])
                held[worker], given[number] = number, time.monotonic()


def check_small_broker(function):
    front, back = free_endpoints(2)
    places = {"frontend": (front, "ROUTER"), "backend": (back, "ROUTER")}
    with running(function, front, back, places=places, name="your broker") as broker:
        expect_broker(broker, front, back)
    workers = free_endpoint()

    def broker_of_trial(bind):
        function(bind, workers)
        raise RuntimeError("it ended, and should go on for ever")

    work = partial(_work, workers)
    pipeline = {"broker": broker_of_trial, "Ada": work, "Ben": work, "client": _ask_all}
    table = {0.5: "pause Ada", 2.5: "resume Ada", 3.0: "kill Ben", 3.5: "restart Ben"}
    table |= {5.0: "kill Ada", 5.5: "pause Ben", 7.5: "restart Ada", 8.5: "resume Ben"}
    verdict = expect_unbroken(pipeline, table)
    return (
        f"{verdict.counts['answered']} requests were answered, each once, though {told(verdict)}, "
        "and other clients had vanished."
    )


def _work(endpoint):
    """Be a worker: ready at first, then a task and its result."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.linger = 0
        dealer.connect(endpoint)
        dealer.send(b"")
        while True:
            request = dealer.recv()
            time.sleep(TASK)
            dealer.send(b"reply to " + request)


def _ask_all(endpoint, note):
    """Ask, each time once; before some requests a client comes that does not wait."""
    with zmq.Context() as context:
        for number in note.numbers():
            for who in ("vanishing", "asking") if number % 5 == 0 else ("asking",):
                with context.socket(zmq.REQ) as req:
                    req.linger = 500  # what is asked does arrive
                    req.connect(endpoint)
                    req.send(b"%d of the %s" % (number, who.encode()))
                    if who == "vanishing":
                        req.poll(20)
                        continue
                    note("asked", number, f"reply to {number} of the asking")
                    if not req.poll(1000 * REPLY):
                        raise TimeoutError(f"request {number} had no reply after {REPLY:g} s")
                    note("answered", number, req.recv().decode())


# The recorder that loses nothing


MESSAGES = [hashlib.sha256(b"%d" % n).hexdigest()[: 4 + n % 40].encode() for n in range(10_000)]


# Any text, and the same again: it is not to be stripped or split.


MESSAGES[2:8] = b"", b"  blanks around  ", b"7 8", "5 µm".encode(), b"again", b"again"


MESSAGES[17] = "µ, of two bytes".encode()


MANY = 8  # messages to each start


@hints(
    "The file says how far you have come: the next message is the one after the last whole line. "
    "A line without an end was cut off by the kill: cut it away before you go on.",
    "Write a message, whole, before you ask for the next one: asking says that all before is safe. "
    '`open(path, "ab", buffering=0)` hands each `write` to the operating system at once.',
    '`text[: text.rfind(b"\\n") + 1]` are the whole lines; `file.truncate(len(whole))` cuts the '
    "rest away. The number of the last one: `int(whole.splitlines()[-1].split()[0])`.",
    "Ask as in `ask_surely`, with a fresh REQ each time, `linger = 0` and half a second for the "
    "reply. No reply: ask for the same again. Else write the line, its end included, at once.",
)
def record_all(path, source):
    text = path.read_bytes() if path.exists() else b""
    whole = text[: text.rfind(b"\n") + 1]
    number = int(whole.splitlines()[-1].split()[0]) if whole else 0
    with open(path, "ab", buffering=0) as file, zmq.Context() as context:
        file.truncate(len(whole))
        while True:
            with context.socket(zmq.REQ) as req:
                req.linger = 0
                req.connect(source)
                req.send(b"%d" % (number + 1))
                if req.poll(500):
                    file.write(b" ".join(req.recv_multipart()) + b"\n")
                    number += 1


def check_record_all(function):
    with tempfile.TemporaryDirectory() as folder:
        path, waits = Path(folder, "by_hand.txt"), []
        waits += [_expect_recorded(function, path, 1, "there is no file yet")]
        when = "it was killed and is started again"
        waits += [_expect_recorded(partial(_never_emptied, function), path, 1 + MANY, when)]
        for torn, first in ((b"17 \xc2", 1 + 2 * MANY), (b"2", 1 + 3 * MANY)):
            with open(path, "ab") as file:
                file.write(torn)
            when = f"it was killed as it had written {torn!r} of a line, and is started again"
            waits += [_expect_recorded(function, path, first, when)]
        if max(waits) < 0.3 or min(waits) > 1.5:  # a busy computer is not late each time
            raise NotYet(
                f"A reply was lost, and it asked again after {min(waits):.2f} to {max(waits):.2f} "
                "s: half a second."
            )
        kept = Path(folder, "elsewhere", "kept.txt")
        kept.parent.mkdir()
        path.rename(kept)
        when = "it was killed, its file alone was kept, and it is started again with that"
        _expect_recorded(function, kept, 1 + 4 * MANY, when)
        path = Path(folder, "under_the_nemesis.txt")
        path.write_bytes(b"1")  # it was killed as it wrote its first line

        def recorder(endpoint):
            function(path, endpoint)
            raise RuntimeError("it ended, and should go on for ever")

        faults = "kill recorder", "cut", "pause recorder", "kill wire"
        verdict = expect_unbroken({"recorder": recorder, "source": _be_source}, faults)
        kept = verdict.history[-1]["number"]
        _expect_lines(path, kept, f"under the nemesis, when {told(verdict)}")
    return f"The file holds all {kept} messages, each once and in order, though {told(verdict)}."


def _never_emptied(function, path, *args):
    """Call a function, and raise an error where its file holds less than before."""
    most = path.stat().st_size

    def look(frame, event, arg):
        nonlocal most
        if event == "c_return" and (size := path.stat().st_size) != most:
            if size < most:
                raise RuntimeError(f"at a kill -9 just now, {size} of {most} bytes would be left")
            most = size

    sys.setprofile(look)
    threading.setprofile(look)
    function(path, *args)


def _expect_lines(path, count, when):
    """Raise `NotYet` unless the file holds the messages up to this one, and nothing else."""
    held = path.read_bytes().replace(b"\r\n", b"\n") if path.exists() else b""
    right = b"".join(b"%d %s\n" % (n, MESSAGES[n]) for n in range(1, count + 1))
    pairs = zip_longest(right.splitlines(True), held.splitlines(True))
    for number, (line, found) in enumerate(pairs, start=1):
        if line != found:
            none = Words("no such line")
            raise NotYet(f"Line {number} of the file, {when}:", line or none, found or none)


def _expect_recorded(function, path, first, when):
    """Be a source whose messages begin with this one; look into the file at each request.

    Return after how many seconds it asked again when a reply was lost.
    """
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.linger = 0
        call = function, path, sockets.bind(router, "tcp://127.0.0.1:*")
        with running(*call, places={}, name="your recorder", verb="connected") as recorder:
            for number in range(first, first + MANY):
                envelope = _expect_request(router, recorder, number, when, number > first)
                if number > first:
                    _expect_lines(path, number - 1, f"as it asks for message {number}, when {when}")
                if number == first + MANY // 2:  # a reply that is lost: it asks again
                    began = time.monotonic()
                    envelope = _expect_request(router, recorder, number, "a reply was lost")
                    waited = time.monotonic() - began
                router.send_multipart([*envelope, b"%d" % number, MESSAGES[number]])
            _expect_request(router, recorder, first + MANY, when)
            recorder.end_by("kill")
            recorder.settle(lambda it: it.ended, TIMEOUT)
    return waited


def _expect_request(router, recorder, number, when, again=True):
    """Return whom to reply to; a busy computer may ask again for what it was sent just now."""
    for _ in range(10 * MANY):
        what = f"the request for message {number}"
        *envelope, request = receive(router, recorder, what)
        if request != b"%d" % (number - 1) or not again:
            break
        router.send_multipart([*envelope, request, MESSAGES[number - 1]])
    expect(f"What it asks for, when {when}", b"%d" % number, request)
    return envelope


def _be_source(bind, note):
    """Make messages, and keep each until a later one is asked for; end when all are safe."""
    made, asked, asker, old = 0, 1, None, 0
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.bind(bind)
        while asked <= made or not note.over:
            # One that is slow on a busy computer comes to its end, too.
            made += not note.over and made < asked + 30
            if router.poll(10):
                *envelope, request = router.recv_multipart()
                if int(request) >= asked:  # else it is old, and was late
                    asked, asker, old = int(request), envelope, 0
                else:
                    old += 1
                if old > 20:
                    raise RuntimeError(
                        f"it asks for message {int(request)} again and again, and by asking for "
                        f"{asked} it had said that this one is safe"
                    )
            if asker and asked <= made:
                router.send_multipart([*asker, b"%d" % asked, MESSAGES[asked]])
                asker = None
    note("kept", made)
