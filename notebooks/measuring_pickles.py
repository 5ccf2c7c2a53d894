"""What a frame costs as a pickle and as three parts: two servers, and a client that times both."""

import json
import statistics
import time
from contextlib import ExitStack

import numpy as np
import zmq

from zmqlab import drawing, recv_frame, send_frame, start

ROUNDS, FRAMES = 5, 2  # the median counts; in each round the two take turns
WAYS = ("pickle", "parts")


def server(way, endpoint, shape):
    """Reply to every request with the same frame, one way or the other."""
    frame = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(endpoint)
        while True:
            socket.recv()
            if way == "pickle":
                socket.send_pyobj(frame)
            else:
                send_frame(socket, frame)


def client(endpoints):
    """Ask both servers in turns; print the milliseconds of a frame in each round."""
    with zmq.Context() as context, ExitStack() as stack:
        sockets = {way: stack.enter_context(context.socket(zmq.REQ)) for way in endpoints}
        for way, socket in sockets.items():
            socket.connect(endpoints[way])
            ask(socket, way)  # the first one waits for the connection
        for _ in range(ROUNDS):
            for way, socket in sockets.items():
                began = time.perf_counter()
                for _ in range(FRAMES):
                    ask(socket, way)
                print(json.dumps([way, 1000 * (time.perf_counter() - began) / FRAMES]))


def ask(socket, way):
    """Ask for a frame and take it out of the message."""
    socket.send(b"read")
    return socket.recv_pyobj() if way == "pickle" else recv_frame(socket)[2]


def race(shape):
    """Return the milliseconds of a request and its frame: {"pickle": .., "parts": ..}.

    All three are processes of their own, with pyzmq's own sockets (`observe=False`).
    """
    with ExitStack() as stack:

        def run(name, function, *args):
            process = start(function, *args, process_name=name, observe=False)
            return stack.enter_context(process)

        any_port = "tcp://127.0.0.1:*"  # this star is any free port, to `bind`
        endpoints = {way: run(way, server, way, any_port, shape).endpoint for way in WAYS}
        timer = run("timer", client, endpoints)
        timer.wait(timeout=60)
        rounds = [json.loads(line) for line in timer.output.splitlines()]
    return {way: statistics.median(ms for each, ms in rounds if each == way) for way in WAYS}


def draw_race(milliseconds):
    """Draw what `race` returned for several sizes: {name: {"pickle": .., "parts": ..}}.

    How many times as long as the parts each way takes; the labels say how long that is.
    """
    with drawing("bars: how many times as long as three parts a pickle takes", 7, 3) as axes:
        for shift, way in zip((-0.2, 0.2), WAYS, strict=True):
            ms = [each[way] for each in milliseconds.values()]
            times = [each[way] / each["parts"] for each in milliseconds.values()]
            bars = axes.barh([row + shift for row in range(len(ms))], times, 0.38)
            labels = [f"{way}: {value:.2f} ms" for value in ms]
            axes.bar_label(bars, labels, padding=4, color=axes.xaxis.label.get_color())
        axes.set(yticks=range(len(milliseconds)), yticklabels=milliseconds)
        axes.set(xlabel="a request and its frame: times as long as the three parts")
        axes.margins(x=0.3)
        axes.invert_yaxis()
