"""A race: one process gives frames, another asks for them, in each of the ways in turn."""

import contextlib
import functools
import itertools
import json
import shutil
import socket as plain_sockets
import statistics
import tempfile
import threading
import time

import numpy as np
import zmq

from fast_frames.bill import HD
from zmqlab import drawing, start

AHEAD = 2  # frames asked for before the last one has come


def give(bind, ways):
    """Send a frame for each request, in the way that it names, until we are stopped."""
    frames = np.random.default_rng(0).integers(0, 256, (4, *HD), np.uint8)
    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        socket.bind(bind)
        sends = {name: out(socket) for name, (_, out, _) in ways.items()}
        for number in itertools.count():
            sends[socket.recv_string()](frames[number % 4])


def take(endpoints, ways, rounds=5, count=12):
    """Ask for frames in each of the ways in turn; print the milliseconds of one."""
    limits = plain_socket_and_copy(count)
    with zmq.Context() as context, contextlib.ExitStack() as stack:
        sockets, receives = {}, {}
        for transport, endpoint in endpoints.items():
            sockets[transport] = socket = stack.enter_context(context.socket(zmq.PAIR))
            socket.linger, socket.rcvtimeo = 0, 10_000
            socket.connect(endpoint)
        for name, (transport, _, into) in ways.items():
            receives[name] = into(sockets[transport])
        for _ in range(rounds):
            for name, receive in receives.items():
                ask = functools.partial(sockets[ways[name][0]].send_string, name)
                seconds = ask_for_frames(ask, receive, count)
                print(json.dumps([name, 1000 * seconds / count]))
            for name, seconds in next(limits).items():
                print(json.dumps([name, 1000 * seconds / count]))


def ask_for_frames(ask, receive, count):
    """Return the seconds from the first frame to the last of `count` more."""
    for _ in range(AHEAD + 1):
        ask()
    receive()  # whose time does not count
    began = time.perf_counter()
    for left in reversed(range(count)):
        frame = receive()
        if left >= AHEAD:
            ask()
        frame[0, 0, 0]  # a look at it
    return time.perf_counter() - began


def plain_socket_and_copy(count):
    """Measure the limits, again each time that they are asked for."""
    here, there = np.ones((4, *HD), np.uint8), np.ones((4, *HD), np.uint8)
    with plain_sockets.create_server(("127.0.0.1", 0)) as door:
        sender = plain_sockets.create_connection(door.getsockname())
        receiver, _ = door.accept()
    with sender, receiver:
        while True:
            thread = threading.Thread(
                target=lambda: [sender.sendall(here[n % 4]) for n in range(count)], daemon=True
            )
            thread.start()
            began = time.perf_counter()
            for number in range(count):
                left = memoryview(there[number % 4]).cast("B")
                while left:
                    left = left[receiver.recv_into(left) :]
            by_socket = time.perf_counter() - began
            thread.join(10)
            began = time.perf_counter()
            for number in range(count):
                np.copyto(there[number % 4], here[number % 4])
            copied = time.perf_counter() - began
            yield {"plain socket": by_socket, "memory copy": copied}


def race(ways):
    """Return the median milliseconds of a frame, of each way and of the limits."""
    folder = tempfile.mkdtemp()  # for the file that is an ipc address
    binds = {"tcp": "tcp://127.0.0.1:*", "ipc": f"ipc://{folder}/race"}
    givers = {}
    for by in dict.fromkeys(by for by, _, _ in ways.values()):
        those = {name: way for name, way in ways.items() if way[0] == by}
        givers[by] = start(give, binds[by], those, process_name=f"giver_{by}", observe=False)
    endpoints = {by: giver.endpoint for by, giver in givers.items()}
    taker = start(take, endpoints, ways, process_name="taker", observe=False)
    taker.wait(timeout=60)
    for giver in givers.values():
        giver.stop()
    shutil.rmtree(folder)
    measured = {}
    for name, ms in map(json.loads, taker.output.splitlines()):
        measured.setdefault(name, []).append(ms)
    return {name: statistics.median(values) for name, values in measured.items()}


def draw_race(medians):
    """Draw the milliseconds of each way, beside the limits."""
    words = "milliseconds for a full HD frame: "
    words += ", ".join(f"{name} {ms:.2f}" for name, ms in medians.items())
    limits = {"plain socket": "--", "memory copy": ":"}
    ways = {name: ms for name, ms in medians.items() if name not in limits}
    slowest = max(ways.values())
    with drawing(words, 8, 1.4 + 0.33 * len(ways)) as axes:
        axes.barh(list(ways), list(ways.values()), 0.7)
        for row, ms in enumerate(ways.values()):
            label = f"{ms:.2f} ms  {slowest / ms:.1f} ×"
            axes.text(1.05 * slowest, row, label, ha="left", va="center")
        for name, style in limits.items():
            axes.axvline(medians[name], color="C1", linestyle=style, linewidth=1.5, label=name)
        axes.set(xlabel="time for each full HD frame (ms)")
        axes.set_xlim(0, 1.3 * slowest)
        axes.invert_yaxis()
        axes.figure.legend(loc="outside upper center", ncols=2)
