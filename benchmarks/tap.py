"""The tap: frames, small messages and round trips through it, and without it.

    python -m benchmarks.tap [ROUNDS]

Whoever sends, the tap and whoever receives are processes of their own; tcp loopback. The tap shows
what passes to nobody, but reads all of it, or passes bytes on without a look at them.
"""

import contextlib
import sys
from time import perf_counter

import zmq

from benchmarks.curve import bound, echo
from benchmarks.others import answer, other_process
from benchmarks.small_messages import median_of
from benchmarks.timing import Comparison, interleave, report
from zmqlab import tap_relay
from zmqlab.course.ports import free_endpoint

ROUNDS = 15
DIRECT, READ, BLIND = "direct", "zmqlab tap", "zmqlab tap, unparsed"
COUNT = {"frames": 200, "flood": 100_000}  # messages in a run
SIZE = {"frames": 640 * 480 * 3, "flood": 20}  # bytes
TRIPS = 500  # round trips, of which the median counts


def relay(pipe, connect, bind, parse):
    tap_relay(connect=connect, bind=bind, show=False, parse=parse)


def receive(pipe, kind):
    """Take so many messages when told to; say how many came a second."""
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.rcvhwm = 10 if kind == "frames" else 1000
        pipe.send(bound(pull, None))
        while pipe.recv():
            pull.recv(copy=False)
            began = perf_counter()
            for _ in range(COUNT[kind] - 1):
                pull.recv(copy=False)
            pipe.send((COUNT[kind] - 1) / (perf_counter() - began))


def send(pipe, kind, endpoint):
    """Send so many messages when told to."""
    message = bytes(SIZE[kind])
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.sndhwm = 10 if kind == "frames" else 1000
        push.linger = 0
        push.connect(endpoint)
        while pipe.recv():
            for _ in range(COUNT[kind]):
                push.send(message, copy=kind != "frames")


def ask(pipe, endpoint):
    """Ask when told to; say what a round trip took, in µs."""
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.linger = 0
        req.connect(endpoint)
        while pipe.recv():
            pipe.send(median_of(lambda: (req.send(b"hello"), req.recv()), TRIPS))


@contextlib.contextmanager
def opened(way, kind):
    """Start all processes of a way; give a function that lets them run, and returns a number."""
    with contextlib.ExitStack() as stack:
        last = (echo, None) if kind == "round trips" else (receive, kind)
        there = stack.enter_context(other_process(*last))
        endpoint = answer(there)
        if way != DIRECT:
            between = free_endpoint()
            stack.enter_context(other_process(relay, endpoint, between, way == READ))
            endpoint = between
        first = (ask, endpoint) if kind == "round trips" else (send, kind, endpoint)
        here = stack.enter_context(other_process(*first))

        def run():
            if kind != "round trips":
                there.send(True)
            here.send(True)
            return answer(here if kind == "round trips" else there)

        run()  # to warm up
        yield run


def compare(rounds=ROUNDS):
    """Yield the comparisons of this file."""
    for kind, what, unit in (
        ("frames", "frames, VGA", "frames/s"),
        ("flood", "messages of 20 bytes", "messages/s"),
        ("round trips", "round trip", "µs"),
    ):
        with contextlib.ExitStack() as stack:
            ways = {way: stack.enter_context(opened(way, kind)) for way in (DIRECT, READ, BLIND)}
            yield Comparison(f"Through a tap: {what}", unit, DIRECT, interleave(ways, rounds))


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
