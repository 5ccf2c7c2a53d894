"""The checks of the exercises on push and pull."""

import contextlib
import gc
import itertools
import math
import weakref

import numpy as np
import zmq

from zmqlab.course.exercises import exercise
from zmqlab.course.programs import accepted, expect_end, receive, running
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    call,
    expect,
    expect_type,
    free_endpoint,
    generated,
)
from zmqlab.wire.messages import send_frame, send_message, unpack_message

ROUNDING = 0.3  # standard deviation of what is lost when grey levels are made whole: 1/√12


END = '{"end": true}'


@exercise(
    "mean_worker(frames, results)",
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
def mean_worker(function):
    rng = np.random.default_rng(3)
    frames = [
        rng.integers(0, 200, (48, 64, 3), np.uint8),
        np.zeros((2, 2, 3), np.uint8),
        rng.integers(0, 65536, (30, 20), np.uint16),
        rng.random((9, 7, 3), np.float32),
        *rng.integers(0, 256, (6, 24, 32, 3), np.uint8),
    ]
    with _farm() as (push, pull), _worker(function, _at(push), _at(pull)) as worker:
        for number, frame in enumerate(frames, start=4):
            _give(push, frame, number)
            _check_mean(pull, worker, frame, number)
        _send_end(push)
        expect_end(worker, END)
    _check_two_workers(function, frames)
    _check_late_sink(function, frames)
    return (
        "It worked on frames of every kind, alone and with a colleague, ended when it was told to, "
        "and no result was lost, though the sink came last."
    )


def _check_two_workers(function, frames):
    names = "one of your workers", "another of your workers"
    with _farm() as (push, pull), contextlib.ExitStack() as stack:
        places = _at(push), _at(pull)
        workers = [stack.enter_context(_worker(function, *places, name)) for name in names]
        for number, frame in enumerate(frames):
            _give(push, frame, number)
        arrived = [_take(pull, workers[0], "a result")[0] for _ in frames]
        done = "The frames that two workers have done together"
        expect(done, [*range(len(frames))], sorted(arrived))
        for _ in workers:
            _send_end(push)
        for worker in workers:
            expect_end(worker, END)


def _check_late_sink(function, frames):
    """Tell the worker the end before there is a sink: its results must wait for one."""
    results = free_endpoint()
    with _farm() as (push, _), _worker(function, _at(push), results) as worker:
        for number, frame in enumerate(frames):
            _give(push, frame, number)
        _send_end(push)
        _wait_until_taken(worker, len(frames) + 1)
        with zmq.Context() as context, context.socket(zmq.PULL) as pull:
            pull.linger = 0
            pull.bind(results)
            for number in range(len(frames)):
                _take(
                    pull,
                    worker,
                    f"the result for frame {number}, to a sink that comes after the end,",
                )
        expect_end(worker, END)


def _wait_until_taken(worker, count):
    """Wait until the worker has received so many messages, or has ended."""
    with contextlib.suppress(TimeoutError):
        worker.wait_until(lambda it: _received(it) >= count, TIMEOUT)
    if worker.running and _received(worker) < count:
        raise NotYet(
            f"While there was no sink yet it took {_received(worker)} of {count} messages."
        )


def _received(worker):
    return sum(each["in"] for each in worker.messages.values())


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


def _give(push, frame, number):
    try:
        send_frame(push, frame, sequence=number, timeout=TIMEOUT)
    except TimeoutError:
        raise NotYet(f"Nobody takes frame {number}: it is not connected to `frames`.") from None


def _send_end(push):
    send_message(push, "end", {"end": True}, timeout=TIMEOUT)


def _take(pull, worker, what):
    """Return sequence number and mean of the next result."""
    topic, header, _ = accepted("A result", unpack_message, receive(pull, worker, what))
    expect("The topic of a result", "mean", topic)
    for name in ("sequence", "mean"):
        if name not in header:
            raise NotYet(f"The header of a result has no {name!r}: {header}.")
    expect_type("The mean in the header of a result", int | float, header["mean"], "a number")
    return header["sequence"], header["mean"]


def _check_mean(pull, worker, frame, number):
    what = f"frame {number}, {frame.dtype} of shape {frame.shape}"
    found, mean = _take(pull, worker, f"the result for {what},")
    expect("The sequence number in the result's header", number, found)
    expected = float(frame.mean())
    if not math.isclose(mean, expected, rel_tol=1e-4, abs_tol=1e-6):
        raise NotYet(f"The mean of {what}:", expected, mean)


@exercise(
    "in_order(arrivals)",
    "What comes too early must wait. Which number are you waiting for?",
    "Keep what came too early in a dict, by its number. Whenever something has come, look whether "
    "the next number is there, and then the one after it.",
    "For each `number, result` of the arrivals: `early[number] = result`; then, `while due in "
    "early:`, `yield early.pop(due)` and add 1 to `due`.",
)
def in_order(function):
    orders = {
        "they come in order": range(6),
        "the first two have changed places": [1, 0, 2, 3],
        "they come backwards": [*range(6)][::-1],
        "one worker is late": [1, 2, 4, 5, 0, 7, 3, 6, 8],
        "they come at random": np.random.default_rng(3).permutation(60).tolist(),
        "there are none": [],
    }
    for when, order in orders.items():
        call(_put_in_order, function, order, when, when=when)
    call(_put_odd_things_in_order, function, when="results are 0, None, arrays")
    when = "the film never ends"
    call(_put_for_ever_in_order, function, when, when=when)
    return "Each result came in its turn, none was late, and none was kept that had been handed on."


def _put_in_order(function, order, when):
    taken = []

    def arrivals():
        for number in order:
            taken.append(number)
            yield number, f"result {number}"

    given = []
    for result in generated(function, arrivals()):
        given.append(result)
        expect(f"Result number {len(given) - 1}, when {when}", f"result {len(given) - 1}", result)
        needed = 1 + max(order.index(number) for number in range(len(given)))
        what = f"How many arrivals it had taken for {result!r}, when {when}"
        expect(what, needed, len(taken))
    expect(f"How many it gives when {when}", len(order), len(given))


def _put_odd_things_in_order(function):
    results = [0, None, "", np.arange(3), False, [], np.zeros((2, 2))]
    given = [*generated(function, iter([*enumerate(results)][::-1]))]
    if len(given) != len(results) or any(a is not b for a, b in zip(given, results, strict=True)):
        raise NotYet("What it gives when results are numbers, None and arrays:", results, given)


class _Result:
    """What can be watched as long as somebody keeps it."""


def _put_for_ever_in_order(function, when):
    kept = []

    def arrivals():
        for number in itertools.count():
            result = _Result()
            kept.append(weakref.ref(result))
            yield number ^ 1, result  # 1, 0, 3, 2, 5, 4, ...

    given = generated(function, arrivals())  # it must not go before what it keeps is counted
    for _ in itertools.islice(given, 200):
        pass
    gc.collect()
    alive = sum(one() is not None for one in kept)
    if alive > 10:
        raise NotYet(
            f"When {when}, memory fills: of {len(kept)} results it still keeps {alive}, "
            "though it has handed 200 on."
        )
