"""What several readers cost."""

import itertools
import json
import statistics
import time

import numpy as np
import zmq

from fast_frames.bill import HD
from zmqlab import FrameRing, RingReader, drawing, send_frame, start


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
