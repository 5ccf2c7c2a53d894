"""The proxy: frames and their latency, through it and without it.

    python -m benchmarks.proxy [ROUNDS]

A publisher, the proxy and each viewer are processes of their own; tcp loopback. For frames a second
the publisher sends as fast as it is allowed to: it waits for a viewer that is behind, or for the
proxy. What arrives is counted. `zmq.proxy` is libzmq's own, in C++.
"""

import contextlib
import sys
from statistics import mean, median
from time import perf_counter

import numpy as np
import zmq

from benchmarks.others import PATIENCE, answer, other_process
from benchmarks.timing import Comparison, interleave, report
from zmqlab import Publisher, open_camera, proxy, subscribe
from zmqlab.course.ports import free_endpoint

ROUNDS = 15
SECONDS = 0.5  # of one run
SILENCE = 0.2  # seconds without a frame: none follows
FRAME = np.zeros((480, 640, 3), np.uint8)
DIRECT, OURS, THEIRS = "direct", "zmqlab proxy", "zmq.proxy"
WAYS = (DIRECT, OURS, THEIRS)
FPS = 60


def publish(pipe):
    """Publish frames when told to, at a pace or as fast as can be, until told to stop."""
    with Publisher(drop=False) as publisher:
        pipe.send(publisher.endpoint)
        while True:
            fps = pipe.recv()
            publisher.wait_for(1)
            with open_camera("simulated", fps=fps or FPS) as clock:
                while not pipe.poll(0):
                    if fps:
                        clock.read()
                    publisher.send(FRAME)
            pipe.recv()


def view(pipe, endpoint):
    """Read frames when told to; say how many came a second, and their median age in ms."""
    with subscribe(endpoint) as stream:
        while True:
            seconds = pipe.recv()
            stream.read(PATIENCE)
            ages, began = [], perf_counter()
            while (passed := perf_counter() - began) < seconds:
                stream.read()
                ages.append(stream.latency)
            pipe.send((len(ages) / passed, 1000 * median(ages)))
            with contextlib.suppress(TimeoutError):
                while True:
                    stream.read(SILENCE)
            pipe.send("has all")


def our_proxy(pipe, connect, bind):
    proxy(connect=[connect], bind=bind)


def their_proxy(pipe, connect, bind):
    with (
        zmq.Context() as context,
        context.socket(zmq.XSUB) as xsub,
        context.socket(zmq.XPUB) as xpub,
    ):
        xsub.rcvhwm = xpub.sndhwm = 20  # as in ours
        xpub.bind(bind)
        xsub.connect(connect)
        zmq.proxy(xsub, xpub)


@contextlib.contextmanager
def opened(way, viewers):
    """Give what runs a way at a pace (None: as fast as can be); it returns (frames/s, ms)."""
    with contextlib.ExitStack() as stack:
        publisher = stack.enter_context(other_process(publish))
        endpoint = answer(publisher)
        if way != DIRECT:
            between, bind = {OURS: our_proxy, THEIRS: their_proxy}[way], free_endpoint()
            stack.enter_context(other_process(between, endpoint, bind))
            endpoint = bind
        pipes = [stack.enter_context(other_process(view, endpoint)) for _ in range(viewers)]

        def run(fps, seconds=SECONDS):
            publisher.send(fps)
            for pipe in pipes:
                pipe.send(seconds)
            seen = [answer(pipe) for pipe in pipes]
            publisher.send("stop")
            for pipe in pipes:
                answer(pipe)
            return tuple(map(mean, zip(*seen, strict=True)))

        run(None)  # to warm up
        yield run


def compare(rounds=ROUNDS, seconds=SECONDS):
    """Yield the comparisons of this file."""
    for viewers, words in ((1, "one viewer"), (3, "three viewers, each")):
        with contextlib.ExitStack() as stack:
            runs = {way: stack.enter_context(opened(way, viewers)) for way in WAYS}
            fast = {way: lambda run=run: run(None, seconds)[0] for way, run in runs.items()}
            values = interleave(fast, rounds)
            yield Comparison(f"Through a proxy, VGA, {words}", "frames/s", DIRECT, values)
            paced = {way: lambda run=run: run(FPS, seconds)[1] for way, run in runs.items()}
            what = f"Through a proxy, latency, VGA at {FPS} frames/s, {words}"
            yield Comparison(what, "ms", DIRECT, interleave(paced, rounds))


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
