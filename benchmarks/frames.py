"""Frames from one process to others: `send_frame` against the article's way, peers and limits.

    python -m benchmarks.frames [ROUNDS]

Each way has a sender and one or three readers, plain Python processes of their own; in each round
every way passes one burst of frames, while the others wait. Every few rounds all processes are
started anew, because how a process's memory happens to lie makes it fast or slow for as long as it
lives. A reader checks one pixel of every frame, which tells a lost or doubled one. Ways "malloc"
have MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ set, as `zmqlab.start` does for its
children; the others run as from a terminal.
"""

import contextlib
import functools
import statistics
import sys
import time

import numpy as np

from benchmarks.frame_ways import PEERS, WAYS
from benchmarks.others import SPAWN, answer, other_process
from benchmarks.shared_ways import SHARED_WAYS
from benchmarks.timing import Comparison, absent, interleave, report
from zmqlab.course.ports import free_endpoint
from zmqlab.processes.spawn import FRAMES_REUSE_MEMORY as MALLOC

WAYS = WAYS | SHARED_WAYS
SIZES = {"VGA": (480, 640, 3), "HD": (1080, 1920, 3)}
BURST = {"VGA": 120, "HD": 42}  # frames: fewer than the default mark, so that PUB drops none
POOL, HELLO = 8, 255  # frames to send in turn; and the one sent until the reader is there
ROUNDS = 12
ROUNDS_OF_A_PROCESS = 3
FPS, PACED = 60, 60  # of the stream whose latency is measured; frames in a round
COPY, WITH_MALLOC = "memory copy", ", malloc"

ONE_READER = [
    "article, PUSH/PULL",
    "article, PUSH/PULL, malloc",
    "send_frame, PUSH/PULL",
    "send_frame, PUSH/PULL, malloc",
    "send_frame, PUB/SUB",
    "imagezmq, PUB/SUB",
    "NetGear, PAIR",
    "ring",
    "ring, copies",
    "ring, written in place",
    "iceoryx2",
    "zenoh, shared memory",
    "multiprocessing.Queue",
    "plain TCP socket",
    COPY,
]
ON_REQUEST = [
    "article, REQ/REP",
    "send_frame, REQ/REP",
    "imagezmq, REQ/REP",
    "NetGear, REQ/REP",
]
THREE_READERS = [
    "article, PUB/SUB",
    "send_frame, PUB/SUB",
    "imagezmq, PUB/SUB",
    "ring",
    "ring, written in place",
    "iceoryx2",
    "zenoh, shared memory",
]
LOSSY = ["send_frame, PUB/SUB", "imagezmq, PUB/SUB", "NetGear, PUB/SUB"]
PACED_WAYS = [
    "article, PUB/SUB",
    "send_frame, PUB/SUB",
    "imagezmq, PUB/SUB",
    "NetGear, PAIR",
    "ring",
    "iceoryx2",
    "zenoh, shared memory",
    "multiprocessing.Queue",
    "plain TCP socket",
]

# What is to be reached: a way, another one, how many times faster.
ALWAYS = [("send_frame, PUB/SUB", "imagezmq, PUB/SUB", 0.95), ("ring", "iceoryx2", 0.6)]
REQUEST = [("send_frame, REQ/REP", "imagezmq, REQ/REP", 0.95)]
TARGETS = {
    "VGA": {
        "alone": [
            ("send_frame, PUSH/PULL", "article, PUSH/PULL", 3.5),
            ("ring", "article, PUSH/PULL", 12),
            ("ring", "imagezmq, PUB/SUB", 2.5),
            *ALWAYS,
        ],
        "request": REQUEST,
        "three": [("ring", "article, PUB/SUB", 20)],
    },
    "HD": {
        "alone": [
            ("send_frame, PUSH/PULL", "article, PUSH/PULL", 5),
            ("ring", "article, PUSH/PULL", 20),
            ("ring", "imagezmq, PUB/SUB", 3),
            ("ring", COPY, 0.9),
            ("ring, written in place", COPY, 1),
            *ALWAYS,
        ],
        "request": REQUEST,
        "three": [("ring", "article, PUB/SUB", 28)],
    },
}


# What the processes do


def make_frames(size):
    frames = np.random.default_rng(1).integers(0, 200, (POOL, *SIZES[size]), np.uint8)
    frames[:, 0, 0, 0] = range(POOL)
    return list(frames)


def run_sender(pipe, way, size, link):
    """Send what the pipe asks for: a hello, a burst of frames, or as many at a steady pace."""
    send, frames = WAYS[way][0](link), make_frames(size)
    hello = np.full(SIZES[size], HELLO, np.uint8)
    pipe.send("open")
    while True:
        order, count = pipe.recv()
        if order == "hello":
            send(hello)
            continue
        start = time.perf_counter()
        for number in range(count):
            frame = frames[number % POOL]
            if order == "paced":
                time.sleep(max(0, start + number / FPS - time.perf_counter()))
                frame.reshape(-1)[8:16].view(float)[0] = time.perf_counter()
            send(frame)


def run_reader(pipe, way, size, link):
    """Say when the first frame came, then of each burst what was measured."""
    pipe.recv()
    receive = WAYS[way][1](link)
    receive()
    pipe.send("connected")
    while True:
        order, count = pipe.recv()
        pipe.send("ready")
        pipe.send(MEASURES[order](receive, count))


def rate(receive, count):
    """Return frames a second, without the first ones."""
    warm, pixel = count // 6, first(receive)
    for number in range(count):
        if number == warm:
            start = time.perf_counter()
        if number:
            pixel = receive().item(0)
        if pixel != number % POOL:
            sys.exit(f"frame {number} has pixel {pixel}: a frame was lost")
    return (count - warm) / (time.perf_counter() - start)


def first(receive):
    """Return the first pixel of the first frame that is no hello."""
    pixel = HELLO
    while pixel == HELLO:
        pixel = receive().item(0)
    return pixel


def arrived(receive, count):
    """Return how many of a hundred frames arrive before the next hello does."""
    first(receive)
    seen = 1
    while receive().item(0) != HELLO:
        seen += 1
    return 100 * seen / count


def latency(receive, count):
    """Return the median of the microseconds from before the sending to when a frame is at hand."""
    ages = []
    while len(ages) < count:
        frame = receive()
        now = time.perf_counter()
        if frame.item(0) != HELLO:
            ages.append(1e6 * (now - frame.reshape(-1)[8:16].view(float)[0]))
    return statistics.median(ages)


MEASURES = {"burst": rate, "paced": latency, "lossy": arrived}


# How they are started and told


@contextlib.contextmanager
def stream(way, size, readers=1):
    """Start sender and readers; give a function that orders a burst and returns its result."""
    environment = MALLOC if way.endswith(WITH_MALLOC) else {}
    way = way.removesuffix(WITH_MALLOC)
    link = SPAWN.Queue(POOL) if way == "multiprocessing.Queue" else free_endpoint()
    with contextlib.ExitStack() as stack:
        sender, *listeners = (
            stack.enter_context(other_process(run, way, size, link, environment=environment))
            for run in (run_sender, *[run_reader] * readers)
        )
        answer(sender)
        for listener in listeners:
            listener.send("open")
        say_hello_until_heard(sender, listeners)
        for listener in listeners:
            answer(listener)

        def burst(order, count):
            for listener in listeners:
                listener.send((order, count))
                answer(listener)
            sender.send((order, count))
            if order == "lossy":
                say_hello_until_heard(sender, listeners)
            slowest = max if order == "paced" else min
            return slowest(answer(listener) for listener in listeners)

        yield burst


def say_hello_until_heard(sender, listeners):
    """Subscriptions take a moment to arrive, and not every library can tell when one has."""
    for listener in listeners:
        for _ in range(300):
            sender.send(("hello", 1))
            if listener.poll(0.1):
                break
        else:
            raise TimeoutError("the reader received no frame")


def memory_copy(size, count):
    """Return how many frames a second this process can copy: a limit."""
    frames = make_frames(size)
    copies = [frame.copy() for frame in frames]

    def copy():
        start = time.perf_counter()
        for number in range(count):
            np.copyto(copies[number % POOL], frames[number % POOL])
        return count / (time.perf_counter() - start)

    return copy


def measure(names, order, size, count, rounds, readers=1):
    """Return {way: values} and [way that failed, and why]."""
    results, failed = {name: [] for name in names}, []
    for _ in range(0, rounds, ROUNDS_OF_A_PROCESS):
        with contextlib.ExitStack() as all_open:
            ways = {}
            for name in results.copy():
                if name == COPY:
                    ways[name] = memory_copy(size, count)
                    continue
                try:
                    burst = all_open.enter_context(stream(name, size, readers))
                    ways[name] = functools.partial(burst, order, count)
                except (OSError, EOFError) as error:
                    failed.append(f"{name}: {error!r}")
                    del results[name]
            values = interleave(ways, min(rounds, ROUNDS_OF_A_PROCESS), left_out=failed)
            results = {name: results[name] + values[name] for name in values}
    return results, failed


# What is compared


def compare(rounds=ROUNDS, sizes=tuple(SIZES), share=1):
    """Yield the comparisons of this file; of the frames of a round only a share is passed."""
    missing = absent(PEERS)
    gone = tuple(each.partition(":")[0] for each in missing)

    def one(what, unit, names, order, size, count, targets, rounds=rounds, readers=1):
        there = [name for name in names if not (gone and name.startswith(gone))]
        count = max(12, int(count * share))
        values, failed = measure(there, order, size, count, rounds, readers)
        left_out = [each for each in missing if any(n.startswith(each[:5]) for n in names)]
        return Comparison(what, unit, names[0], values, targets, left_out + failed)

    for size in sizes:
        what, count = f"Frames, {size}", BURST[size]
        alone, request, three = (TARGETS[size][kind] for kind in ("alone", "request", "three"))
        yield one(f"{what}, one reader", "frames/s", ONE_READER, "burst", size, count, alone)
        more = 2 * rounds  # two ways are so close to each other that chance decides in few
        yield one(
            f"{what}, on request", "frames/s", ON_REQUEST, "burst", size, count, request, more
        )
        what += ", three readers"
        yield one(what, "frames/s", THREE_READERS, "burst", size, count, three, readers=3)
    what = f"Latency, VGA at {FPS} frames/s"
    targets = [("send_frame, PUB/SUB", PACED_WAYS[0], 3), ("ring", PACED_WAYS[0], 4)]
    few = max(1, rounds // 2)
    yield one(what, "µs", PACED_WAYS, "paced", "VGA", PACED, targets, few)
    what = f"Of {BURST['VGA']} frames sent at once, arrive"
    yield one(what, "% of the frames", LOSSY, "lossy", "VGA", BURST["VGA"], [], few)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
