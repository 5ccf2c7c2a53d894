"""Keys: what CURVE costs, compared with the same sockets without keys.

    python -m benchmarks.curve [ROUNDS]

A process of its own takes, or echoes, what this one sends; tcp loopback. Both ends work, so where
the processors are few, they share them.
"""

import contextlib
import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np
import zmq

from benchmarks.others import PATIENCE, answer, other_process
from benchmarks.small_messages import BODY, median_of
from benchmarks.timing import Comparison, interleave, report
from zmqlab import make_keys, recv_frame, send_frame
from zmqlab.wire.keys import serve_with
from zmqlab.wire.sockets import connect

ROUNDS = 15
FRAMES = {"VGA": ((480, 640, 3), 150), "HD": ((1080, 1920, 3), 30)}
TRIPS = 300  # round trips, of which the median counts
FLOOD = 20_000  # messages
FIRSTS = 20  # connections, of which the median counts
PLAIN, CURVE = "no keys", "CURVE"


def bound(socket, keys):
    """Bind a socket as pyzmq does, and return where."""
    if keys:
        serve_with(socket, keys)
    socket.bind("tcp://127.0.0.1:*")
    return socket.last_endpoint.decode()


def receiver(pipe, keys):
    """Take as many frames or messages as told, and say how many a second came."""
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.rcvhwm, pull.rcvtimeo = 10, 1000 * PATIENCE
        pipe.send(bound(pull, keys))
        while True:
            what, count = pipe.recv()
            take = (lambda: recv_frame(pull)) if what == "frames" else pull.recv
            take()  # the first: from here the sender is at it
            start = perf_counter()
            for _ in range(count):
                take()
            pipe.send(count / (perf_counter() - start))


def echo(pipe, keys):
    """Answer every request with itself, for ever."""
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        pipe.send(bound(rep, keys))
        while True:
            rep.send(rep.recv())


def connected(context, kind, endpoint, keys):
    socket = context.socket(kind)
    socket.linger, socket.sndhwm = 0, 10
    socket.rcvtimeo = socket.sndtimeo = 1000 * PATIENCE
    connect(socket, endpoint, keys=keys)
    return socket


@contextlib.contextmanager
def both(role, kind):
    """Give, for each way, a context, a socket and the pipe of the process at the other end."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "keys"
        with contextlib.redirect_stdout(None):
            make_keys(folder)
        ways = {}
        for way, keys in {PLAIN: None, CURVE: folder}.items():
            pipe = stack.enter_context(other_process(role, keys))
            endpoint = answer(pipe)
            context = stack.enter_context(zmq.Context())
            socket = stack.enter_context(connected(context, kind, endpoint, keys))
            ways[way] = socket, pipe, endpoint, keys
        yield ways


def push(socket, pipe, what, send, count):
    """Send one, and then so many; return how many a second came."""
    pipe.send((what, count))
    for _ in range(1 + count):
        send(socket)
    return answer(pipe)


def compare_streams(rounds, frames, flood):
    with both(receiver, zmq.PUSH) as ways:
        todo = {
            f"Frames with keys, {name}": ("frames", "frames/s", np.zeros(shape, np.uint8), count)
            for name, (shape, count) in frames.items()
        }
        todo["A flood of small messages with keys"] = ("small", "messages/s", None, flood)
        for title, (what, unit, frame, count) in todo.items():

            def send(socket, frame=frame):
                socket.send(BODY) if frame is None else send_frame(socket, frame)

            runs = {
                way: partial(push, socket, pipe, what, send, count)
                for way, (socket, pipe, _, _) in ways.items()
            }
            for run in runs.values():
                run()  # to warm up
            yield Comparison(title, unit, PLAIN, interleave(runs, rounds))


def first(endpoint, keys):
    """Make a socket, connect it, and have a request answered."""
    with zmq.Context() as context, connected(context, zmq.REQ, endpoint, keys) as req:
        req.send(BODY)
        req.recv()


def compare_requests(rounds, trips, firsts):
    with both(echo, zmq.REQ) as ways:
        there = {
            way: lambda socket=socket: median_of(lambda: (socket.send(BODY), socket.recv()), trips)
            for way, (socket, *_) in ways.items()
        }
        anew = {
            way: lambda end=(endpoint, keys): median_of(lambda: first(*end), firsts) / 1000
            for way, (_, _, endpoint, keys) in ways.items()
        }
        for run in (*there.values(), *anew.values()):
            run()  # to warm up
        what = "Round trip of a small message with keys"
        yield Comparison(what, "µs", PLAIN, interleave(there, rounds))
        what = "The first round trip with keys, connecting included"
        yield Comparison(what, "ms", PLAIN, interleave(anew, rounds))


def compare(rounds=ROUNDS, frames=FRAMES, trips=TRIPS, flood=FLOOD, firsts=FIRSTS):
    """Yield the comparisons of this file."""
    yield from compare_streams(rounds, frames, flood)
    yield from compare_requests(rounds, trips, firsts)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
