"""The exercises of notebook 18: hints, a solution and a check of each."""

import itertools
import tempfile
import time
from functools import partial
from pathlib import Path

import zmq
from exercises.beats_bench import ALARMS, LONG, NOTICED, SHORT, SLACK, expect_missed
from exercises.broker_bench import ask_all, expect_broker, work
from exercises.nemesis_bench import befell, expect_unbroken

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoints
from zmqlab.course.programs import receive, running
from zmqlab.course.trial import NotYet, expect, nothing_left
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
        expect_missed(function)

    def watcher(bind, note):
        for name in function(bind):
            note("noticed", value=name.decode())

    pipeline = {"watcher": watcher, "Ada": partial(_beat, b"Ada"), "Ben": partial(_beat, b"Ben")}
    table = {1.0: "pause Ada", 5.0: "resume Ada", 5.5: "kill Ben", 9.5: "restart Ben"}
    most = ALARMS + 1  # a busy computer may stop a worker for long, too
    verdict = expect_unbroken(pipeline, table, noticed=NOTICED + SLACK, false_alarms=most)
    return f"It missed in time whoever fell silent, also when {befell(verdict)}."


def _beat(name, endpoint, note):
    """Be a worker: a beat before each task, and one in five tasks is long."""
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.linger = 0
        push.connect(endpoint)
        for number in note.numbers():
            note("beat", number)
            push.send(name)
            time.sleep(LONG if number % 5 == 4 else SHORT)


# The small broker


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
    front, back, workers = free_endpoints(3)
    places = {"frontend": (front, "ROUTER"), "backend": (back, "ROUTER")}
    with running(function, front, back, places=places, name="your broker") as broker:
        expect_broker(broker, front, back)
    worker = partial(work, workers)
    pipeline = {"broker": lambda bind: function(bind, workers), "Ada": worker, "Ben": worker}
    table = {0.5: "pause Ada", 2.0: "resume Ada", 2.5: "kill Ben", 3.5: "restart Ben"}
    verdict = expect_unbroken(pipeline | {"client": ask_all}, table)
    answered = verdict.counts["answered"]
    return f"{answered} requests were answered, each once, though {befell(verdict)}."


# The recorder that loses nothing


MESSAGES = [b"%d times" % number for number in range(10_000)]
MESSAGES[2:5] = b"", b"  blanks around  ", "5 µm".encode()
MANY = 6  # messages to each start


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
        path = Path(folder, "by_hand.txt")
        _expect_recorded(function, path, 1, "there is no file yet")
        with open(path, "ab") as file:
            file.write(b"%d \xc2" % (1 + MANY))  # half a line, and half a letter
        _expect_recorded(function, path, 1 + MANY, "it was killed as it wrote, and starts again")
        path = Path(folder, "under_the_nemesis.txt")
        path.write_bytes(b"1")  # it was killed as it wrote its first line
        pipeline = {"recorder": lambda endpoint: function(path, endpoint), "source": _be_source}
        verdict = expect_unbroken(pipeline, ("kill recorder", "cut", "pause recorder", "kill wire"))
        kept = verdict.history[-1]["number"]
        _expect_lines(path, kept, f"under the nemesis, when {befell(verdict)}")
    return f"The file holds all {kept} messages, each once and in order, though {befell(verdict)}."


def _expect_lines(path, count, when):
    """Raise `NotYet` unless the file holds the messages up to this one, and nothing else."""
    held = path.read_bytes().splitlines() if path.exists() else []
    right = [b"%d %s" % (number, MESSAGES[number]) for number in range(1, count + 1)]
    expect(f"The lines of the file, {when}", right, held)


def _expect_recorded(function, path, first, when):
    """Be a source whose messages begin with this one; look into the file at each request."""
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.linger = 0
        call = function, path, sockets.bind(router, "tcp://127.0.0.1:*")
        with running(*call, places={}, name="your recorder", verb="connected") as recorder:
            _reply_to(router, recorder, path, first, when)
            recorder.end_by("kill")


def _reply_to(router, recorder, path, first, when):
    """Reply until the recorder asks for a message that is not there; the second reply is lost."""
    asked = first - 1
    for _ in range(3 * MANY):  # a busy computer may ask again for what it was sent just now
        *envelope, request = receive(router, recorder, f"the request for message {asked + 1}")
        if asked < first or request != b"%d" % asked:
            asked += 1
            expect(f"What it asks for, when {when}", b"%d" % asked, request)
            if asked > first:  # else it may cut half a line away later
                _expect_lines(path, asked - 1, f"as it asks for message {asked}, when {when}")
            if asked == first + MANY:
                return
            if asked == first + 1:
                continue
        router.send_multipart([*envelope, request, MESSAGES[asked]])
    raise NotYet(f"It asked for message {asked} again and again, though it had the reply.")


def _be_source(bind, note):
    """Have messages without end until all is mended; then end when all that there are are safe."""
    asked, made = 1, len(MESSAGES) - 1
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.bind(bind)
        while asked <= made:
            if note.over:
                made = min(made, asked)
            if router.poll(10):
                *envelope, request = router.recv_multipart()
                asked = max(asked, int(request))
                if int(request) == asked and asked <= made:  # else it is forgotten, or not there
                    router.send_multipart([*envelope, request, MESSAGES[asked]])
    note("kept", made)
