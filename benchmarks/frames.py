"""Frames from one process to another: `send_frame` against the article's way and imagezmq.

    python -m benchmarks.frames [ROUNDS] > benchmarks/frames.md

Each way has a sender and a reader, two plain Python processes on tcp loopback; in each round
every pair passes one burst of frames, while the others wait. Every few rounds all processes are
started anew. The reader checks one pixel of every frame, which tells a lost or doubled one. Rows
"malloc" have MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ set, as `zmqlab.start` does for
its children; the others run as from a terminal.
"""

import contextlib
import itertools
import os
import queue
import socket as plain_sockets
import statistics
import subprocess
import sys
import threading
import time

import numpy as np
import zmq

from benchmarks.timing import interleave, machine, ratio, spread, table
from zmqlab.handle import _MEMORY as MALLOC
from zmqlab.messages import recv_frame, recv_message, send_frame, send_message
from zmqlab.patterns.request_reply import request

SIZES = {"VGA": (480, 640, 3), "HD": (1080, 1920, 3)}
BURST = {"VGA": 120, "HD": 42}  # frames: fewer than the default mark, so that PUB drops none
POOL, HELLO = 8, 255  # frames to send in turn; and the one sent until the reader is there
ROUNDS_OF_A_PROCESS = 4
PATIENCE = 300  # seconds for one burst, and between two


# Each way is a function that opens the sender's or the reader's end, and returns how one frame
# goes out, or how one comes in.


def _socket(kind, endpoint, bind):
    socket = zmq.Context.instance().socket(kind)
    if kind == zmq.SUB:
        socket.subscribe("")
    (socket.bind if bind else socket.connect)(endpoint)
    return socket


def article_push(endpoint):
    return _socket(zmq.PUSH, endpoint, bind=True).send_pyobj


def article_pull(endpoint):
    return _socket(zmq.PULL, endpoint, bind=False).recv_pyobj


def article_server(endpoint):
    socket = _socket(zmq.REP, endpoint, bind=True)
    return lambda frame: (socket.recv_string(), socket.send_pyobj(frame))


def article_client(endpoint):
    socket = _socket(zmq.REQ, endpoint, bind=False)
    return lambda: (socket.send_string("read"), socket.recv_pyobj())[1]


def zmqlab_sender(kind, endpoint):
    socket, number = _socket(kind, endpoint, bind=True), itertools.count()
    return lambda frame: send_frame(socket, frame, "camera", next(number), timeout=PATIENCE)


def zmqlab_reader(kind, endpoint):
    socket = _socket(kind, endpoint, bind=False)
    return lambda: recv_frame(socket, PATIENCE)[2]


def zmqlab_push(endpoint):
    return zmqlab_sender(zmq.PUSH, endpoint)


def zmqlab_pull(endpoint):
    return zmqlab_reader(zmq.PULL, endpoint)


def zmqlab_pub(endpoint):
    return zmqlab_sender(zmq.PUB, endpoint)


def zmqlab_sub(endpoint):
    return zmqlab_reader(zmq.SUB, endpoint)


def zmqlab_server(endpoint):
    socket, number = _socket(zmq.REP, endpoint, bind=True), itertools.count()
    return lambda frame: (socket.recv(), send_frame(socket, frame, "frame", next(number)))


def zmqlab_client(endpoint):
    socket = _socket(zmq.REQ, endpoint, bind=False)
    return lambda: (socket.send(b"read"), recv_frame(socket, PATIENCE))[1][2]


def imagezmq_pub(endpoint):
    from imagezmq import ImageSender

    sender = ImageSender(connect_to=endpoint, REQ_REP=False)
    return lambda frame: sender.send_image("camera", frame)


def imagezmq_sub(endpoint):
    from imagezmq import ImageHub

    hub = ImageHub(open_port=endpoint, REQ_REP=False)
    return lambda: hub.recv_image()[1]


def imagezmq_req(endpoint):
    from imagezmq import ImageSender

    sender = ImageSender(connect_to=endpoint)
    return lambda frame: sender.send_image("camera", frame)


def imagezmq_rep(endpoint):
    from imagezmq import ImageHub

    hub = ImageHub(open_port=endpoint)
    return lambda: (hub.recv_image(), hub.send_reply(b"OK"))[0][1]


STREAMS = {
    "article, PUSH/PULL": (article_push, article_pull),
    "send_frame, PUSH/PULL": (zmqlab_push, zmqlab_pull),
    "send_frame, PUB/SUB": (zmqlab_pub, zmqlab_sub),
    "imagezmq, PUB/SUB": (imagezmq_pub, imagezmq_sub),
    "article, REQ/REP": (article_server, article_client),
    "send_frame, REQ/REP": (zmqlab_server, zmqlab_client),
    "imagezmq, REQ/REP": (imagezmq_req, imagezmq_rep),
}


def run_sender(way, size, endpoint):
    """Send a hello for each line that says so, and a burst of frames for each other line."""
    send = STREAMS[way][0](endpoint)
    frames = np.random.default_rng(1).integers(0, 200, (POOL, *SIZES[size]), np.uint8)
    for number, frame in enumerate(frames):
        frame[0, 0, 0] = number
    hello = np.full(SIZES[size], HELLO, np.uint8)
    for line in sys.stdin:
        if line == "hello\n":
            send(hello)
            continue
        for number in range(BURST[size]):
            send(frames[number % POOL])


def run_reader(way, size, endpoint):
    """Say when the sender is seen, then of each burst how many frames a second came."""
    receive = STREAMS[way][1](endpoint)
    receive()
    print("connected", flush=True)
    warm, count = BURST[size] // 6, BURST[size]
    while True:
        while (pixel := receive()[0, 0, 0]) == HELLO:
            pass
        for number in range(count):
            if number == warm:
                start = time.perf_counter()
            if number:
                pixel = receive()[0, 0, 0]
            if pixel != number % POOL:
                sys.exit(f"{way}: frame {number} has pixel {pixel}: a frame was lost")
        print((count - warm) / (time.perf_counter() - start), flush=True)


@contextlib.contextmanager
def stream(way, size, malloc):
    """Start sender and reader; give a function that sends a burst and returns frames/s."""
    with plain_sockets.create_server(("127.0.0.1", 0)) as free:
        endpoint = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    environment = os.environ | (MALLOC if malloc else {})
    sender, reader = (
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.frames", role, way, size, endpoint],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for role in ("sender", "reader")
    )
    lines = queue.Queue()
    threading.Thread(target=lambda: [*map(lines.put, reader.stdout)], daemon=True).start()

    def tell(line):
        sender.stdin.write(line + "\n")
        sender.stdin.flush()

    def burst():
        tell("go")
        return float(lines.get(timeout=PATIENCE))

    try:
        say_hello_until_heard(tell, lines)
        yield burst
    finally:
        for process in (sender, reader):
            process.kill()
            process.communicate()


def say_hello_until_heard(tell, lines):
    """Subscriptions take a moment to arrive, and imagezmq cannot tell when one has."""
    for _ in range(PATIENCE * 10):
        tell("hello")
        try:
            lines.get(timeout=0.1)
            return
        except queue.Empty:
            continue
    raise TimeoutError("the reader received no frame")


def measure_streams(rounds):
    """Return {(way, size, malloc): frames per second, of each round}.

    How a process's memory happens to lie makes it fast or slow for as long as it lives, so each
    way gets new processes every few rounds.
    """
    results = {}
    for size in SIZES:
        keys = [(way, size, malloc) for way in STREAMS for malloc in (False, True)]
        for _ in range(0, rounds, ROUNDS_OF_A_PROCESS):
            with contextlib.ExitStack() as all_open:
                ways = {key: all_open.enter_context(stream(*key)) for key in keys}
                for key, fps in interleave(ways, ROUNDS_OF_A_PROCESS).items():
                    results.setdefault(key, []).extend(fps)
    return results


def streams_table(results):
    rows = []
    for way, malloc in itertools.product(STREAMS, (False, True)):
        row = [way + (", malloc" if malloc else "")]
        pattern = way.rpartition(", ")[2]
        for size in SIZES:
            fps = results[way, size, malloc]
            middle, low, high = spread(fps)
            base = "article, REQ/REP" if pattern == "REQ/REP" else "article, PUSH/PULL"
            row += [f"{middle:,.0f} ({low:,.0f}-{high:,.0f})"]
            row += [f"{ratio(fps, results[base, size, False]):.1f}"]
            peer = results.get((f"imagezmq, {pattern}", size, malloc))
            row += [f"{ratio(fps, peer):.2f}" if peer else ""]
        rows.append(row)
    heads = ["way"]
    for size in SIZES:
        heads += [f"{size} frames/s (quartiles)", "x article", "x imagezmq"]
    return table(heads, rows)


def echo(endpoint):
    """Answer every request with a message of three parts, for ever."""
    socket = _socket(zmq.REP, endpoint, bind=True)
    while True:
        socket.recv_multipart()
        socket.send_multipart([b"ok", b"{}", b""])


def measure_round_trips(rounds, each=300):
    """Return microseconds of round trips, as medians of `each`."""
    with plain_sockets.create_server(("127.0.0.1", 0)) as free:
        endpoint = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    command = [sys.executable, "-m", "benchmarks.frames", "echo", endpoint]
    with subprocess.Popen(command) as server:
        socket = _socket(zmq.REQ, endpoint, bind=False)
        trips = {
            "REQ, bare pyzmq": lambda: (socket.send(b"info"), socket.recv_multipart()),
            "REQ, send_message and recv_message": lambda: (
                send_message(socket, "info", {}),
                recv_message(socket),
            ),
            "request (a fresh context and socket each)": lambda: request(endpoint, "info"),
        }
        trips["REQ, bare pyzmq"]()  # it is up

        def median_of(trip):
            seconds = []
            for _ in range(each):
                start = time.perf_counter()
                trip()
                seconds.append(time.perf_counter() - start)
            return 1e6 * statistics.median(seconds)

        try:
            return interleave({n: lambda t=t: median_of(t) for n, t in trips.items()}, rounds)
        finally:
            server.kill()
            socket.close(0)


def round_trips_table(results):
    base = results["REQ, bare pyzmq"]
    rows = []
    for way, values in results.items():
        middle, low, high = spread(values)
        rows.append([way, f"{middle:.0f} ({low:.0f}-{high:.0f})", f"{ratio(values, base):.2f}"])
    return table(["round trip of a small message", "µs (quartiles)", "x bare"], rows)


def main(rounds=40):
    print("# Frames between two processes\n")
    print(f"`python -m benchmarks.frames`; {machine()};")
    print(f"{rounds} rounds, interleaved; medians, ratios round by round. VGA is 640 x 480 x 3,")
    print("HD 1920 x 1080 x 3, uint8. tcp loopback, lossless, one reader that touches one pixel.")
    print("`x article` compares with the article's")
    print("way in a plain process, `x imagezmq` with imagezmq, same sockets and environment;")
    print("malloc: with the two variables that `zmqlab.start` sets.\n")
    print(streams_table(measure_streams(rounds)), end="\n\n")
    print(round_trips_table(measure_round_trips(20)))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["sender", *rest]:
            run_sender(*rest)
        case ["reader", *rest]:
            run_reader(*rest)
        case ["echo", endpoint]:
            echo(endpoint)
        case rest:
            main(*map(int, rest))
