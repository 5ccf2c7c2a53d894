"""The checks of notebook 03: push and pull."""

import contextlib
import gc
import itertools
import math
import weakref

import numpy as np
import zmq

from zmqlab.course.exercises import exercise
from zmqlab.course.trial import PATIENCE, NotYet, call, expect, free_endpoint, running

ROUNDING = 0.3  # standard deviation of what is lost when grey levels are made whole: 1/√12


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
    with _farm() as (push, pull, endpoints), _hired(function, *endpoints) as worker:
        for number, frame in enumerate(frames, start=4):
            _give(push, frame, number)
            _check_mean(pull, worker, frame, number)
        _send_end(push)
        _expect_end(worker)
    with _farm() as (push, pull, endpoints):
        names = "one of your workers", "another of your workers"
        with contextlib.ExitStack() as crew:
            workers = [crew.enter_context(_hired(function, *endpoints, name)) for name in names]
            for number, frame in enumerate(frames):
                _give(push, frame, number)
            arrived = sorted(_take(pull, workers[0], "a frame", number)[0] for number in range(10))
            expect("The frames that two workers have done together", [*range(10)], arrived)
            for _ in workers:
                _send_end(push)
            for worker in workers:
                _expect_end(worker)
    _check_late_sink(function, frames)
    return (
        "It worked on frames of every kind, alone and with a colleague, ended when it was told to, "
        "and no result was lost, though the sink came last."
    )


def _check_late_sink(function, frames):
    """The worker is told the end before there is a sink: its results must wait for one."""
    results = free_endpoint()
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.linger = 0
        push.bind("tcp://127.0.0.1:*")
        with _hired(function, push.last_endpoint.decode(), results) as worker:
            for number, frame in enumerate(frames):
                _give(push, frame, number)
            _send_end(push)
            _wait_until_taken(worker, len(frames) + 1)
            with context.socket(zmq.PULL) as pull:
                pull.linger = 0
                pull.bind(results)
                when = "a frame, where the sink comes after the end,"
                for number in range(len(frames)):
                    _take(pull, worker, when, number)
            _expect_end(worker)


def _wait_until_taken(worker, count):
    """Wait until the worker has received so many messages, or has ended."""
    with contextlib.suppress(TimeoutError):
        worker.wait_until(lambda it: _received(it) >= count or it.ended, PATIENCE)
    if worker.running and _received(worker) < count:
        raise NotYet(
            f"While there was no sink yet it took {_received(worker)} of {count} messages."
        )


def _received(worker):
    return sum(each["in"] for each in worker.messages.values())


@contextlib.contextmanager
def _farm():
    """Bind a ventilator's socket and a sink's; yield them and the two endpoints."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.PULL) as pull,
    ):
        push.linger = pull.linger = 0
        for socket in (push, pull):
            socket.bind("tcp://127.0.0.1:*")
        yield push, pull, (push.last_endpoint.decode(), pull.last_endpoint.decode())


@contextlib.contextmanager
def _hired(function, frames, results, name="your worker"):
    """Run the learner's worker, once it has connected to the ventilator and to the sink."""

    def connected(worker):
        there = [each for socket in worker.sockets for each in socket["connected"]]
        return {frames, results} <= set(there) or worker.ended

    with running(function, frames, results, name=name) as worker:
        with contextlib.suppress(TimeoutError):
            worker.wait_until(connected, PATIENCE)
        if not connected(worker):
            there = [each for socket in worker.sockets for each in socket["connected"]]
            raise NotYet("The endpoints it has connected to:", sorted([frames, results]), there)
        yield worker


def _give(push, frame, number):
    from zmqlab import send_frame

    try:
        send_frame(push, frame, sequence=number, timeout=PATIENCE)
    except TimeoutError:
        raise NotYet(f"Nobody takes frame {number}: it is not connected to `frames`.") from None


def _send_end(push):
    from zmqlab import send_message

    send_message(push, "end", {"end": True}, timeout=PATIENCE)


def _take(pull, worker, what, number):
    """Return sequence number and mean of the next result."""
    from zmqlab import MessageError, recv_message

    for _ in range(int(10 * PATIENCE)):
        if pull.poll(100):
            break
        if worker.ended and not pull.poll(200):
            raise NotYet(f"For {what} no result came: the worker has ended.")
    else:
        raise NotYet(f"For {what} no result came within {PATIENCE:g} s.")
    try:
        topic, header, _ = recv_message(pull)
        expect("The topic of a result", "mean", topic)
        found, mean = header["sequence"], header["mean"]
    except MessageError as error:
        raise NotYet(f"A result is not what was agreed: {error}.") from None
    except KeyError as error:
        raise NotYet(f"The header of a result has no {error}: {header}.") from None
    expect("The type of the mean in the header", True, isinstance(mean, int | float))
    return found, mean


def _check_mean(pull, worker, frame, number):
    what = f"frame {number}, {frame.dtype} of shape {frame.shape},"
    found, mean = _take(pull, worker, what, number)
    expect("The sequence number in the result's header", number, found)
    expected = float(frame.mean())
    if not math.isclose(mean, expected, rel_tol=1e-4, abs_tol=1e-6):
        raise NotYet(f"The mean of {what[:-1]}:", expected, mean)


def _expect_end(worker):
    try:
        worker.wait_until(lambda worker: worker.ended, PATIENCE)
    except TimeoutError:
        raise NotYet('It was sent {"end": true} and then went on instead of ending.') from None
    if worker.exit_code:
        raise NotYet('It ended with an error after {"end": true}.')


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
        call(_put_in_order, function, order, when, seconds=PATIENCE, when=when)
    call(_put_odd_things_in_order, function, seconds=PATIENCE, when="results are 0, None, arrays")
    when = "the film never ends"
    call(_put_for_ever_in_order, function, when, seconds=PATIENCE, when=when)
    return "Each result came in its turn, none was late, and none was kept that had been handed on."


def _started(function, arrivals):
    """Return the generator that the learner's function makes."""
    given = function(arrivals)
    if not hasattr(given, "__iter__"):
        raise NotYet(f"It returns {given!r:.40} and is no generator: `yield` the results.")
    return given


def _put_in_order(function, order, when):
    taken = []

    def arrivals():
        for number in order:
            taken.append(number)
            yield number, f"result {number}"

    given = []
    for result in _started(function, arrivals()):
        given.append(result)
        expect(f"Result number {len(given) - 1}, when {when}", f"result {len(given) - 1}", result)
        needed = 1 + max(order.index(number) for number in range(len(given)))
        expect(f"How many it had taken when it gave {result!r}, and {when}", needed, len(taken))
    expect(f"How many it gives when {when}", len(order), len(given))


def _put_odd_things_in_order(function):
    results = [0, None, "", np.arange(3), False, [], np.zeros((2, 2))]
    given = [*_started(function, iter([*enumerate(results)][::-1]))]
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

    given = _started(function, arrivals())  # it must not go before what it keeps is counted
    for _ in itertools.islice(given, 200):
        pass
    gc.collect()
    alive = sum(one() is not None for one in kept)
    if alive > 10:
        raise NotYet(
            f"When {when}, memory fills: of {len(kept)} results it still keeps {alive}, "
            "though it has handed 200 on."
        )


@exercise(
    "right_spectrum(frame)",
    "What are the axes of the array, and over which two of them does `np.fft.fft2` transform when "
    "it is not told? Look at the shape of what it returns.",
    "Make the frame grey first, with `cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)`: then there are two "
    "axes, y and x, and both are transformed.",
    "Real numbers have a spectrum whose two halves say the same. `np.fft.rfft2` computes one of "
    "them, of shape (height, width // 2 + 1).",
    "Half the bytes again: `np.fft.rfft2(grey.astype(np.float32)).astype(np.complex64)`. Pixels "
    "are whole numbers up to 255; they do not need 16 digits.",
)
def right_spectrum(function):
    import cv2

    from zmqlab import open_camera

    noise = np.random.default_rng(5).integers(0, 256, (48, 61, 3), np.uint8)
    with open_camera("simulated", paced=False, size=(320, 240)) as camera:
        photograph = camera.read()
    frames = {
        "the frame is noise, of 61 x 48 pixels": noise,
        "the frame is of the simulated camera": photograph,
        "the frame is red noise": noise * np.uint8([0, 0, 1]),
    }
    for when, frame in frames.items():
        before = frame.copy()
        got = call(function, frame, seconds=10, when=when)
        if not isinstance(got, np.ndarray):
            raise NotYet(f"What it returns when {when} is no array:", np.ndarray, type(got))
        height, width, _ = frame.shape
        expect(f"The shape of what it returns when {when}", (height, width // 2 + 1), got.shape)
        expect(f"The type of its numbers when {when}", "complex64", got.dtype.name)
        oracle = np.fft.rfft2(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(float))
        # Who does not round the grey levels is right, too.
        tolerance = 8 * ROUNDING * math.sqrt(height * width) + 1e-5 * abs(oracle).max()
        if not abs(got - oracle).max() < tolerance:
            worst = np.unravel_index(abs(got - oracle).argmax(), oracle.shape)
            raise NotYet(
                f"When {when}, what stands in row {worst[0]}, column {worst[1]}:",
                *(complex(np.round(complex(each[worst]))) for each in (oracle, got)),
            )
        if not np.array_equal(frame, before):
            raise NotYet("It has written into the frame, which may lie in a message.")
    return (
        "It is numpy's transform of the grey frame, to rounding, in a twelfth of the article's "
        "bytes."
    )
