"""What several readers cost, and how old a frame is when it arrives."""

import contextlib
import itertools
import json
import statistics
import time

import numpy as np
import zmq

from fast_frames.bill import HD
from zmqlab import FrameRing, Overtaken, RingReader, drawing, send_frame, start


def broadcaster(rounds, count):
    frames = np.random.default_rng(0).integers(0, 256, (4, *HD), np.uint8)
    with (
        FrameRing(slots=4) as ring,
        zmq.Context() as context,
        context.socket(zmq.XPUB) as pub,
        context.socket(zmq.PULL) as pull,
    ):
        pub.xpub_verbose = True
        pub.rcvtimeo = pull.rcvtimeo = 20_000
        pub.bind("tcp://127.0.0.1:*")
        pull.bind("tcp://127.0.0.1:*")
        send = {
            "send_frame, tcp": lambda frame: send_frame(pub, frame),
            "ring": lambda frame: ring.send_frame(pub, frame),
        }
        for readers in (1, 2, 3):
            pub.recv()  # the subscription of one more
            for _, way in itertools.product(range(rounds), send):
                began = time.perf_counter()
                for number in range(count):
                    send[way](frames[number % 4])
                    for _ in range(readers * (number > 0)):  # one frame ahead
                        pull.recv()
                for _ in range(readers):
                    pull.recv()
                print(json.dumps([way, readers, (time.perf_counter() - began) / count]))
            print("next", readers + 1)


def looker(frames_at, done_at):
    with (
        RingReader() as reader,
        zmq.Context() as context,
        context.socket(zmq.SUB) as sub,
        context.socket(zmq.PUSH) as push,
    ):
        push.connect(done_at)
        sub.subscribe("frame")
        sub.connect(frames_at)
        while True:
            topic, header, frame = reader.recv_frame(sub, timeout=60)
            frame[0, 0, 0]  # a look at it
            del frame
            push.send(b"done")


def try_readers():
    """Return milliseconds a frame by way and by the number of readers: medians."""
    hub = start(broadcaster, 5, 12, process_name="broadcaster", observe=False)
    hub.wait_until(lambda it: len(it.endpoints) == 2, what="both endpoints")
    lookers = []
    for number in (1, 2, 3):
        name = f"looker {number}"
        lookers.append(start(looker, *hub.endpoints, process_name=name, observe=False))
        hub.wait_output(f"next {number + 1}", timeout=60)
        print(f"{number} readers: done")
    for each in lookers:
        each.stop()
    measured = {}
    for line in hub.output.splitlines():
        if line.startswith("["):
            way, readers, seconds = json.loads(line)
            measured.setdefault(way, {}).setdefault(readers, []).append(1000 * seconds)
    return {
        way: {readers: statistics.median(ms) for readers, ms in by.items()}
        for way, by in measured.items()
    }


def draw_readers(medians):
    """Draw the time for a frame against the number of readers."""
    words = "; ".join(
        f"{way}: " + ", ".join(f"{readers} readers {ms:.2f} ms" for readers, ms in by.items())
        for way, by in medians.items()
    )
    with drawing(words, 5.6, 2.8) as axes:
        for (way, by), style in zip(medians.items(), ("s-", "o-"), strict=True):
            axes.plot(list(by), list(by.values()), style, label=way)
        axes.set(xlabel="readers", xticks=[1, 2, 3], ylabel="time for each frame (ms)")
        axes.set_ylim(0, None)
        axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1))


def paced(bind, ways, fps, count):
    frames = np.random.default_rng(0).integers(0, 256, (4, *HD), np.uint8)
    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        socket.bind(bind)
        sends = [out(socket) for _, out, _ in ways.values()]
        socket.recv()  # the taker is there
        began = time.perf_counter()
        for number in range(count):
            time.sleep(max(0, began + number / fps - time.perf_counter()))  # the camera's pace
            frame = frames[number % 4]
            # The time, in the first pixels. This clock is the same in all processes.
            frame.reshape(-1)[:8].view("f8")[0] = time.perf_counter()
            sends[number % len(ways)](frame)


def ages(endpoint, ways, count):
    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        socket.linger, socket.rcvtimeo = 0, 10_000
        socket.connect(endpoint)
        receives = [into(socket) for _, _, into in ways.values()]
        socket.send(b"go")
        for number in range(count):
            with contextlib.suppress(Overtaken):  # on a computer that is very busy
                frame = receives[number % len(ways)]()
                age = time.perf_counter() - frame.reshape(-1)[:8].view("f8")[0]
                print(json.dumps([list(ways)[number % len(ways)], 1000 * age]))


def try_ages(ways, count=120):
    """Return the ages (ms) of frames on arrival, by way."""
    giver = start(
        *(paced, "tcp://127.0.0.1:*", ways, 60, count), process_name="giver", observe=False
    )
    taker = start(ages, giver.endpoint, ways, count, process_name="taker", observe=False)
    taker.wait(timeout=30)
    giver.stop()
    seen = [json.loads(line) for line in taker.output.splitlines()][len(ways) :]  # warmed up
    return {name: [ms for way, ms in seen if way == name] for name in ways}


def draw_ages(ages_of):
    """Draw the age of each frame on arrival, a row for each way."""
    medians = {name: statistics.median(mine) for name, mine in ages_of.items()}
    words = ", ".join(f"{name} {ms:.2f} ms" for name, ms in medians.items())
    with drawing(f"median age of a frame on arrival: {words}", 8.4, 2.6) as axes:
        for row, (name, mine) in enumerate(ages_of.items()):
            axes.plot(mine, row + np.linspace(-0.25, 0.25, len(mine)), "o", markersize=4, alpha=0.6)
            axes.plot([medians[name]] * 2, [row - 0.4, row + 0.4], color="C1", linewidth=2)
        axes.axvline(1000 / 60, color="C1", linestyle="--")
        axes.text(0.96 * 1000 / 60, -0.6, "the next frame", ha="right")
        names = [f"{name}: {ms:.2f} ms" for name, ms in medians.items()]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.9)
        axes.set_xscale("log")
        axes.set_xticks([0.5, 1, 2, 5, 10, 20], ["0.5", "1", "2", "5", "10", "20"])
        axes.minorticks_off()
        axes.set_xlabel("age of a full HD frame on arrival (ms)")
