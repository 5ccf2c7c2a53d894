"""The exercises of notebook 03: hints, a solution and a check of each."""

import contextlib
import itertools
import math
import time
import tracemalloc
import weakref

import numpy as np
import zmq

import zmqlab
from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.programs import SILENCE, accepted, expect_end, receive, running
from zmqlab.course.trial import TIMEOUT, NotYet, call, expect, expect_type, generated, named
from zmqlab.wire.messages import send_frame, send_message, unpack_message

LATE = 5.5  # seconds after the end until the sink comes
END = '{"end": true}, whose topic was "frame"'


ODD = "results are 0, None, empty, equal, or arrays"


@hints(
    "Two sockets, both connect: a PULL to `frames`, a PUSH to `results`. Then a loop: receive, "
    "calculate, send.",
    "`recv_frame` refuses the last message, for it carries no frame. `recv_message(pull)` returns "
    "topic, header and pixels of any message; look into the header first.",
    'A frame is made of its pixels by `np.frombuffer(pixels, header["dtype"])`; for a mean the '
    "shape does not matter. A result is "
    '`send_message(push, "mean", {"sequence": header["sequence"], "mean": ...})`.',
    'When `header.get("end")` is true, `return`, and let `with` close the sockets: the context '
    "then waits until the last results have left. `linger = 0` would throw them away.",
)
def mean_worker(frames, results):
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.PUSH) as push,
    ):
        pull.connect(frames)
        push.connect(results)
        while True:
            topic, header, pixels = zmqlab.recv_message(pull, timeout=60)
            if header.get("end"):
                break
            mean = np.frombuffer(pixels, header["dtype"]).mean()
            answer = {"sequence": header["sequence"], "mean": float(mean)}
            zmqlab.send_message(push, "mean", answer)


def check_mean_worker(function):
    rng = np.random.default_rng(3)
    frames = [
        rng.integers(0, 200, (48, 64, 3), np.uint8),
        np.zeros((2, 2, 3), np.uint8),
        rng.integers(0, 65536, (30, 20), np.uint16),
        rng.random((9, 7, 3), np.float32),
        rng.integers(-900, 100, 17, np.int16),
        rng.random((4, 5, 3, 2)) - 0.8,
        *rng.integers(0, 256, (6, 24, 32, 3), np.uint8),
    ]
    with _farm() as (push, pull), _worker(function, _at(push), _at(pull)) as worker:
        for number, frame in enumerate(frames, start=4):
            _check_mean(push, pull, worker, frame, number)
        # The camera is started anew, there is a second one, and they go on.
        for number in (0, 5, 5, *range(20, 120)):
            _check_mean(push, pull, worker, frames[0], number)
        _send_end(push)
        with contextlib.suppress(TimeoutError):  # if it has not gone yet
            send_frame(push, frames[0], "frame", 6, timeout=0)
        expect_end(worker, END)
        if pull.poll(1000):
            more = named(*pull.recv_multipart())
            raise NotYet(f"It sent more than a result for each frame: after the end came {more}.")
    _check_patience(function, frames * 2)
    return (
        "It worked on frames of every kind, alone and with a colleague, waited for them, ended "
        "when it was told to, and no result was lost, though the sink came last."
    )


def _check_patience(function, frames):
    """Let one worker wait for a frame, and the results of another one wait for a sink."""
    names = "one of your workers", "another of your workers"
    results = free_endpoint()
    with (
        _farm() as (push, _),
        _farm() as (other_push, _),
        contextlib.ExitStack() as workers,
    ):
        # One after the other: to start takes its time, and a worker may wait for 10 s at most.
        done = workers.enter_context(_worker(function, _at(push), results, names[0]))
        for number, frame in enumerate(frames):
            _give(push, done, frame, number)
        _send_end(push)
        due = time.monotonic() + LATE
        idle = workers.enter_context(_worker(function, _at(other_push), results, names[1]))
        _give(other_push, idle, frames[0], len(frames))
        if idle.settle(lambda it: it.ended, SILENCE):
            raise _unasked_end("the next frame")
        # It has closed its sockets by now, or waits for the sink because its marks are low.
        if done.settle(lambda it: it.ended, max(0.0, due - time.monotonic())):
            raise NotYet(
                "It ended before there was a sink, and the results that waited in its queue are "
                "gone. Sockets and context must be closed, with no `linger` set."
            )
        with zmq.Context() as context, context.socket(zmq.PULL) as pull:
            pull.linger = 0
            pull.bind(results)
            arrived = []
            for number in range(len(frames) + 1):
                what = f"result {number} of {len(frames)}, to a sink that comes after the end,"
                arrived.append(_take(pull, idle, what)[0])
            numbers = "The sequence numbers that come to a sink after the end"
            expect(numbers, [*range(len(frames) + 1)], sorted(arrived))
            _check_mean(other_push, pull, idle, frames[0], len(frames) + 1)
            _send_end(other_push)
            for worker in (done, idle):
                expect_end(worker, END)


@contextlib.contextmanager
def _farm():
    """Bind a ventilator's socket and a sink's; yield them."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.PULL) as pull,
    ):
        push.linger = pull.linger = 0
        for socket in (push, pull):
            socket.bind("tcp://127.0.0.1:*")
        yield push, pull


def _at(socket):
    return socket.last_endpoint.decode()


def _worker(function, frames, results, name="your worker"):
    """Run the learner's worker, once it has connected to the ventilator and to the sink."""
    places = {"frames": (frames, "PULL"), "results": (results, "PUSH")}
    return running(function, frames, results, places=places, name=name, verb="connected")


def _give(push, worker, frame, number, **extra):
    topic = ("frame", "end")[number % 2]
    try:
        send_frame(push, frame, topic, number, timeout=TIMEOUT, **extra)
    except TimeoutError:
        if worker.ended:
            raise _unasked_end(f"frame {number}") from None
        raise NotYet(
            f"Nobody takes frame {number}: it is not connected to `frames`, or no longer."
        ) from None


def _send_end(push):
    try:
        send_message(push, "frame", {"end": True}, timeout=TIMEOUT)
    except TimeoutError:
        raise _unasked_end("the end") from None


def _unasked_end(what):
    return NotYet(
        f"It ended before {what} came, and nobody had told it to. Frames may come three seconds "
        "apart."
    )


def _take(pull, worker, what):
    """Return sequence number and mean of the next result."""
    topic, header, pixels = accepted("A result", unpack_message, receive(pull, worker, what))
    expect("The topic of a result", "mean", topic)
    for name in ("sequence", "mean"):
        if name not in header:
            raise NotYet(f"The header of a result has no {name!r}: {header}.")
    expect("The names in the header of a result", ["mean", "sequence"], sorted(header))
    if pixels.nbytes:
        raise NotYet(f"A result needs no pixels, and this one has {pixels.nbytes} bytes of them.")
    expect_type("The mean in the header of a result", int | float, header["mean"], "a number")
    return header["sequence"], header["mean"]


def _check_mean(push, pull, worker, frame, number):
    """Give the worker a frame, every other one with `end` in its header, and take its mean."""
    extra = {} if number % 2 else {"end": False}
    _give(push, worker, frame, number, **extra)
    what = f"frame {number}, {frame.dtype} of shape {frame.shape}"
    said = ' whose header says {"end": false},' if extra else ' whose topic is "end",'
    found, mean = _take(pull, worker, f"the result for {what},{said}")
    expect("The sequence number in the result's header", number, found)
    expected = float(frame.mean())
    others = {
        "It is the sum": frame.sum(),
        "It is the median": np.median(frame),
        "It is that of the numbers without their signs": abs(frame.astype(float)).mean(),
        "Their type cannot hold their sum": frame.sum(dtype=frame.dtype) / frame.size,
        "It is that of one colour": frame[..., 0].mean(),
        "It has been rounded": round(expected, 2),
        "It has been made whole": round(expected),
        "It has been cut to a whole number": int(expected),
    }

    def close(other):
        return math.isclose(mean, other, rel_tol=1e-4, abs_tol=1e-6)

    if not close(expected):
        looks = next((f" {looks}." for looks, other in others.items() if close(other)), "")
        raise NotYet(f"The mean of {what}, is not right.{looks}", expected, mean)


@hints(
    "What comes too early must wait. Which number are you waiting for?",
    "Keep what came too early in a dict, by its number. Whenever something has come, look whether "
    "the next number is there, and then the one after it.",
    "For each `number, result` of the arrivals: `early[number] = result`; then, `while due in "
    "early:`, `yield early.pop(due)` and add 1 to `due`.",
)
def in_order(arrivals):
    early, due = {}, 0
    for number, result in arrivals:
        early[number] = result
        while due in early:
            yield early.pop(due)
            due += 1


def check_in_order(function):
    orders = {
        "they come in order": range(6),
        "the first two have changed places": [1, 0, 2, 3],
        "they come backwards": [*range(6)][::-1],
        "one worker is late": [1, 2, 4, 5, 0, 7, 3, 6, 8],
        "they come at random": np.random.default_rng(3).permutation(60).tolist(),
        "the first one comes after 1,500 others": [*range(1, 1501), 0],
        "there are none": [],
    }
    for when, order in orders.items():
        call(_put_in_order, function, order, when, when=when)
    call(_put_odd_things_in_order, function, when=ODD)
    call(_put_last_first, function, when="the first one comes last")
    call(_put_for_ever_in_order, function, when="the film never ends", timeout=5 * TIMEOUT)
    return "Each result came in its turn, none was late, and none was kept that had been handed on."


def _put_in_order(function, order, when):
    taken = []

    def arrivals():
        for number in order:
            taken.append(number)
            yield number, f"result {number}"

    needed = 0
    given = 0
    for result in generated(function, arrivals()):
        if given == len(order):
            raise NotYet(f"When {when}, it gives more than came: after all, {result!r}.")
        expect(f"Result number {given}, when {when}", f"result {given}", result)
        needed = max(needed, 1 + order.index(given))
        if len(taken) > needed:
            raise NotYet(
                f"When {when}, it gave {result!r} too late: it had taken {len(taken)} arrivals, "
                f"and {needed} would have done."
            )
        given += 1
    expect(f"How many it gives when {when}", len(order), given)


def _put_odd_things_in_order(function):
    results = [0, None, "", np.arange(3), False, [], None, np.zeros((2, 2))]
    given = [*generated(function, iter([*enumerate(results)][::-1]))]
    for number, result in enumerate(results):
        if number == len(given):
            raise NotYet(
                f"When {ODD}, it gave only {number} of {len(results)}. The next would have been "
                f"{result!r}."
            )
        if given[number] is not result:
            if type(given[number]) is type(result) and repr(given[number]) == repr(result):
                raise NotYet(f"Result number {number}, when {ODD}, is a copy of what came.")
            raise NotYet(f"Result number {number}, when {ODD}:", result, given[number])
    expect(f"How many it gives when {ODD}", len(results), len(given))


def _put_last_first(function):
    """Let all but the first one wait, and see which are kept when half are handed on."""
    came = []

    def one():
        made = np.arange(3)
        came.append(weakref.ref(made))
        return made

    given = generated(function, ((number, one()) for number in [*range(1, 1000), 0]))
    for _ in itertools.islice(given, 500):
        pass
    kept = sum(each() is not None for each in came) - 500
    if kept > 10:  # a name may still stand for the last one
        raise NotYet(
            f"When the first one comes after 999 others, {kept} of the first 500 are kept after "
            "they were handed on: let go of each when its turn has come."
        )


def _put_for_ever_in_order(function):
    arrivals = ((number ^ 1, f"result {number ^ 1}") for number in itertools.count())
    given = generated(function, arrivals)  # 1, 0, 3, 2, 5, 4, ...
    tracemalloc.start()
    what = "when the film never ends, and another one was left half way"
    for number, result in zip(range(2000), given, strict=False):
        expect(f"Result number {number}, {what}", f"result {number}", result)
    # What it needs at all is there by now.
    before = tracemalloc.get_traced_memory()[0]
    for _ in itertools.islice(given, 50_000):
        pass
    more = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    if more > 5_000:
        raise NotYet(
            f"When the film never ends, memory fills: 50,000 results later it takes {more:,} "
            "bytes more. It keeps something of each result that it has handed on."
        )
