"""What a frame costs as a pickle and as three parts: two servers, and a client that times both."""

import json
import statistics
import time
from contextlib import ExitStack

import numpy as np
import zmq

from zmqlab import drawing, recv_frame, send_frame, start

ROUNDS, FRAMES = 3, 3  # the median counts; in each round the two take turns
WAYS = ("pickle", "parts")


def server(way, endpoint, sizes):
    """Reply to the name of a size with a frame of that size, one way or the other."""
    random = np.random.default_rng(0)
    frames = {name: random.integers(0, 256, size, np.uint8) for name, size in sizes.items()}
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(endpoint)
        while True:
            frame = frames[socket.recv_string()]
            if way == "pickle":
                socket.send_pyobj(frame)
            else:
                send_frame(socket, frame)


def client(endpoints, sizes):
    """Ask both servers in turns; print the milliseconds of a frame in each round."""
    with zmq.Context() as context, ExitStack() as stack:
        sockets = {way: stack.enter_context(context.socket(zmq.REQ)) for way in WAYS}
        for way, socket in sockets.items():
            socket.connect(endpoints[way])
        for size in sizes:
            for way, socket in sockets.items():
                ask(socket, way, size)  # the first one does not count
            for _ in range(ROUNDS):
                for way, socket in sockets.items():
                    began = time.perf_counter()
                    for _ in range(FRAMES):
                        ask(socket, way, size)
                    ms = 1000 * (time.perf_counter() - began) / FRAMES
                    print(json.dumps([size, way, ms]))
            print(f"{size} done", flush=True)


def ask(socket, way, size):
    """Ask for a frame and take it out of the message."""
    socket.send_string(size)
    return socket.recv_pyobj() if way == "pickle" else recv_frame(socket)[2]


def race(sizes):
    """Yield the name of each size and its milliseconds, {"pickle": .., "parts": ..}; say the ratio.

    A request and its frame are timed, and the median counts. The two servers and the client are
    processes of their own, with pyzmq's own sockets (`observe=False`).
    """
    with ExitStack() as stack:

        def run(name, function, *args):
            process = start(function, *args, process_name=name, observe=False)
            return stack.enter_context(process)

        any_port = "tcp://127.0.0.1:*"  # this star is any free port, to `bind`
        endpoints = {way: run(way, server, way, any_port, sizes).endpoint for way in WAYS}
        timer = run("timer", client, endpoints, sizes)
        for size in sizes:
            timer.wait_output(f"{size} done", timeout=60)
            lines = [line for line in timer.output.splitlines() if line.startswith("[")]
            rounds = [each for each in map(json.loads, lines) if each[0] == size]
            times = {way: statistics.median(r[2] for r in rounds if r[1] == way) for way in WAYS}
            ratio = times["pickle"] / times["parts"]
            print(f"{size}: a pickle takes {ratio:.2f} times as long as the three parts")
            yield size, times


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
