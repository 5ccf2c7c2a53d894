"""What it costs a role to look after its peers: with the guard of `zmqlab.wire`, and without.

    python -m benchmarks.guarded [ROUNDS]

Both ways in one run, each role a process of its own; tcp loopback. Without: nobody watches the
connections, and nobody notes what was taken out of a socket, as before there was a guard. A fixed
frame stands in for a camera, so that a frame costs nothing but its way. Where a process lies in
memory matters as much; so there are several pairs of each way.
"""

import contextlib
import sys
from time import perf_counter
from types import SimpleNamespace

import numpy as np
import zmq

from benchmarks import proxy
from benchmarks.others import PATIENCE, answer, other_process
from benchmarks.small_messages import median_of
from benchmarks.timing import Comparison, interleave, report
from zmqlab.patterns.request_reply import prepare_and_bind, reply_once
from zmqlab.wire import guard
from zmqlab.wire.sockets import connect, recv_parts, send_parts

ROUNDS = 60
PAIRS = 6  # fresh pairs of processes for each way
SECONDS = 0.5  # of a stream in a run
ASKED = {"frames": 200, "round trips": 1000}  # requests in a run
FRAME = np.zeros((480, 640, 3), np.uint8)
WITHOUT, WITH = "no guard", "guard"
LEAST = 0.98  # of what there was without


def guarded(pipe, way, role, *args):
    """Run a role of a benchmark in this process, with the guard or without."""
    if way == WITHOUT:
        for name in ("guard", "took"):
            of_ours = getattr(guard, name)
            for module in [*sys.modules.values()]:
                if getattr(module, name, None) is of_ours:
                    setattr(module, name, lambda *_: None)
    role(pipe, *args)


def serve(pipe):
    """Reply to requests as `camera_server` does."""
    camera = SimpleNamespace(
        read=lambda: FRAME, source="none", shape=FRAME.shape, fps=30.0, settings={}
    )
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        pipe.send(prepare_and_bind(router, "tcp://127.0.0.1:*"))
        held = []
        while True:
            reply_once(router, camera, 0, held)


def ask(pipe, endpoint):
    """Ask when told to, by one connection; say how many frames a second, or µs a round trip."""
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.linger = 0
        connect(req, endpoint)

        def trip(command):
            send_parts(req, [command], PATIENCE)
            recv_parts(req, PATIENCE)

        while True:
            what, count = pipe.recv()
            if what == "round trips":
                pipe.send(median_of(lambda: trip(b"info"), count))
                continue
            began = perf_counter()
            for _ in range(count):
                trip(b"read")
            pipe.send(count / (perf_counter() - began))


@contextlib.contextmanager
def pair(way, first, second):
    """Give the pipes of two roles, of which the second knows the endpoint of the first."""
    with other_process(guarded, way, first) as there:
        endpoint = answer(there)
        with other_process(guarded, way, second, endpoint) as here:
            yield there, here


def asked(pipes, what):
    pipes[1].send((what, ASKED[what]))
    return answer(pipes[1])


def streamed(pipes):
    """Return how many frames a second came to a subscriber."""
    publisher, viewer = pipes
    publisher.send(None)
    viewer.send(SECONDS)
    rate, _ = answer(viewer)
    publisher.send("stop")
    answer(viewer)
    return rate


RUNS = {
    "stream, VGA": ("frames/s", proxy.publish, proxy.view, streamed),
    "on request, VGA": ("frames/s", serve, ask, lambda pipes: asked(pipes, "frames")),
    "round trip": ("µs", serve, ask, lambda pipes: asked(pipes, "round trips")),
}


def compare(rounds=ROUNDS):
    """Yield the comparisons of this file."""
    for what, (unit, first, second, run) in RUNS.items():
        results = {WITHOUT: [], WITH: []}
        for _ in range(PAIRS):
            with contextlib.ExitStack() as stack:
                pipes = {way: stack.enter_context(pair(way, first, second)) for way in results}
                ways = {way: lambda run=run, both=both: run(both) for way, both in pipes.items()}
                for each in ways.values():
                    each()  # to warm up
                for way, values in interleave(ways, max(1, rounds // PAIRS)).items():
                    results[way] += values
        goal = [(WITH, WITHOUT, LEAST)]
        yield Comparison(f"Roles that look after their peers: {what}", unit, WITHOUT, results, goal)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
