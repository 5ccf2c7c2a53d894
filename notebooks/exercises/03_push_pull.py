"""The exercises of notebook 03: hints, a solution and a check of each."""

import contextlib
import itertools
import math
import weakref

import numpy as np
import zmq

import zmqlab
from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.programs import accepted, counted, expect_end, receive, running
from zmqlab.course.trial import TIMEOUT, NotYet, call, expect, expect_type, generated
from zmqlab.wire.messages import send_frame, send_message, unpack_message

LATE = 1.5  # seconds after the end until the sink comes


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
    random = np.random.default_rng(3)
    frames = {
        4: random.integers(0, 256, (48, 64, 3), np.uint8),
        5: random.integers(0, 65536, (30, 20), np.uint16),
        6: random.random(50, np.float32) / 100,
    }
    results = free_endpoint()
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.PULL) as pull,
    ):
        push.linger = pull.linger = 0
        push.bind("tcp://127.0.0.1:*")
        ventilator = push.last_endpoint.decode()
        places = {"frames": (ventilator, "PULL"), "results": (results, "PUSH")}
        program = function, ventilator, results
        with running(*program, places=places, name="your worker", verb="connected") as worker:
            _give(push, frames)
            worker.settle(lambda worker: worker.ended, LATE)
            if worker.exit_code == 0 and counted(worker, "out") == len(frames):
                raise NotYet(
                    "It ended before there was a sink, and the results that waited in its queue "
                    "are gone. Sockets and context must be closed, with no `linger` set."
                )
            pull.bind(results)
            for number, frame in frames.items():
                _expect_mean(pull, worker, number, frame)
            expect_end(worker, 'the message that says {"end": true}')
    return (
        "It worked on frames of three kinds, ended when it was told to, and no result was lost, "
        "though the sink came last."
    )


def _give(push, frames):
    """Send the frames, each with a topic of its own, and the end."""
    with contextlib.suppress(TimeoutError):  # of a worker that has gone: a result will be missing
        for number, frame in frames.items():
            send_frame(push, frame, f"frame {number}", number, timeout=TIMEOUT, end=False)
        send_message(push, "frame", {"end": True}, timeout=TIMEOUT)


def _expect_mean(pull, worker, number, frame):
    what = f"frame {number}, {frame.dtype} of shape {frame.shape}"
    parts = receive(pull, worker, f'the result for {what}, whose header says {{"end": false}},')
    topic, header, pixels = accepted("A result", unpack_message, parts)
    expect("The topic of a result", "mean", topic)
    expect("The names in the header of a result", ["mean", "sequence"], sorted(header))
    expect("The bytes of pixels that come with a result", 0, pixels.nbytes)
    expect("The sequence number in the result's header", number, header["sequence"])
    expect_type("The mean in the header of a result", int | float, header["mean"], "a number")
    mean = float(frame.mean())
    if not math.isclose(mean, header["mean"], rel_tol=1e-4):
        raise NotYet(f"The mean of {what}, is not right:", mean, header["mean"])


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
        "they come in order": [0, 1, 2, 3],
        "the first two have changed places": [1, 0, 2, 3],
        "they come backwards": [5, 4, 3, 2, 1, 0],
        "one worker is late": [1, 2, 4, 5, 0, 7, 3, 6, 8],
    }
    for when, order in orders.items():
        expected, counts = _put_in_order(in_order, order)
        got, taken = call(_put_in_order, function, order, when=when)
        expect(f"What it yields when {when}", expected, got)
        expect(f"How many had come by the time of each result, when {when}", counts, taken)
    call(_expect_let_go, function, when="a hundred results come in order")
    return "Each result came in its turn, none was late, and none was kept that had been handed on."


def _put_in_order(function, order):
    """Return what it yields, and how many arrivals it had taken by the time of each result."""
    results = ["result 0", None, "result 2", 0, "", "result 5", "result 6", "result 7", "result 8"]
    taken = []

    def arrivals():
        for number in order:
            taken.append(number)
            yield number, results[number]

    given = itertools.islice(generated(function, arrivals()), len(order) + 1)  # it may go on
    pairs = [(result, len(taken)) for result in given]
    return [result for result, _ in pairs], [count for _, count in pairs]


def _expect_let_go(function):
    """Stop it after 90 of a hundred results, and see how many of them are still in memory."""
    made = []

    def arrivals():
        for number in range(100):
            result = np.arange(3)
            made.append(weakref.ref(result))
            yield number, result

    given = generated(function, arrivals())
    for _ in itertools.islice(given, 90):
        pass
    kept = sum(reference() is not None for reference in made)
    if kept > 10:  # a name may still stand for the last result
        raise NotYet(
            f"Of 90 results, {kept} are kept after they were handed on: let go of each when its "
            "turn has come."
        )
