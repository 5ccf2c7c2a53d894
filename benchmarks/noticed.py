"""How long until somebody notices, for each fault of notebook 12: from the fault to the alarm.

    python -m benchmarks.noticed [ROUNDS]

A process of its own is killed, paused or slow, or a tap is cut; what notices is a socket's monitor,
its owner's patience, the numbers of a stream, or the age of a message. A patience counts from the
last sign of life, which is up to a beat before the fault.
"""

import contextlib
import itertools
import sys
import time

import psutil
import zmq
from zmq.utils.monitor import recv_monitor_message

from benchmarks.timing import Comparison, interleave, report
from zmqlab import start, tap

ROUNDS = 20
LIMIT = 60_000  # milliseconds for whatever must come
BEATS = {"heartbeat_ivl": 200, "heartbeat_timeout": 1000}  # milliseconds
PATIENCE, SILENCE, OLD = 1.0, 2.0, 0.3  # seconds: for a reply, for a beat, of a message


def ticker(pause):
    """Publish numbers and times, a queue of ten before each subscriber."""
    with zmq.Context() as context, context.socket(zmq.PUB) as pub:
        pub.sndhwm, pub.sndbuf, pub.linger = 10 if pause < 0.005 else 0, 20_000, 0
        pub.bind("tcp://127.0.0.1:*")
        for number in itertools.count():
            pub.send_multipart([b"%d" % number, b"%r" % time.perf_counter(), bytes(1000)])
            time.sleep(pause)


def worker(endpoint):
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.linger = 0
        push.connect(endpoint)
        while True:
            push.send(b"Ada")
            time.sleep(0.05)


def silent():
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind("tcp://127.0.0.1:*")
        while True:
            rep.recv()


@contextlib.contextmanager
def watched(kind, endpoint, **options):
    """Give a socket that is connected, and a function that waits for one of its events."""
    context = zmq.Context()
    socket = context.socket(kind)
    monitor = socket.get_monitor_socket()
    for name, value in options.items():
        setattr(socket, name, value)
    if kind == zmq.SUB:
        socket.rcvhwm, socket.rcvbuf = 10, 20_000
        socket.subscribe(b"")
    socket.rcvtimeo = LIMIT
    socket.connect(endpoint)

    def wait_for(*names):
        while monitor.poll(LIMIT):
            if recv_monitor_message(monitor)["event"].name in names:
                return
        raise TimeoutError(f"no {' or '.join(names)}")

    try:
        yield socket, wait_for
    finally:
        context.destroy(linger=0)


def seconds(function, *args):
    began = time.perf_counter()
    function(*args)
    return time.perf_counter() - began


def killed():
    """The other end is killed: its system closes the connection."""
    with start(ticker, 0.01) as process, watched(zmq.SUB, process.endpoint) as (sub, wait_for):
        sub.recv_multipart()
        process.end_by("kill")
        return seconds(wait_for, "DISCONNECTED")


def paused():
    """It stands still, and does not answer heartbeats."""
    with (
        start(ticker, 0.01) as process,
        watched(zmq.SUB, process.endpoint, **BEATS) as (sub, wait_for),
    ):
        sub.recv_multipart()
        psutil.Process(process.pid).suspend()
        return seconds(wait_for, "DISCONNECTED")


def cut():
    """The cable is cut: nobody is told."""
    with start(ticker, 0.01) as process:
        wire = tap(process)
        try:
            with watched(zmq.SUB, wire.endpoint, **BEATS) as (sub, wait_for):
                sub.recv_multipart()
                wire.cut()
                return seconds(wait_for, "DISCONNECTED")
        finally:
            wire.stop()


def no_reply():
    """A server takes a request and is killed; its client has patience."""
    with start(silent) as process, watched(zmq.REQ, process.endpoint) as (req, _):
        began = time.perf_counter()
        req.send(b"step")
        process.settle(lambda it: any(each["in"] for each in it.messages.values()), 60)
        process.end_by("kill")
        fault = time.perf_counter()
        req.poll(max(0, 1000 * (began + PATIENCE - fault)))
        return time.perf_counter() - fault


def no_beat():
    """A worker is paused, and missed after two seconds without a beat."""
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.rcvtimeo = LIMIT
        endpoint = f"tcp://127.0.0.1:{pull.bind_to_random_port('tcp://127.0.0.1')}"
        with start(worker, endpoint) as process:
            pull.recv()
            psutil.Process(process.pid).suspend()
            fault = time.perf_counter()
            while pull.poll(1000 * SILENCE):
                pull.recv()
            return time.perf_counter() - fault


def too_slow(is_noticed):
    """A subscriber takes 10 ms for what comes each millisecond; from its first message."""
    with start(ticker, 0.001) as process, watched(zmq.SUB, process.endpoint) as (sub, _):
        number, sent, _ = sub.recv_multipart()
        began = time.perf_counter()
        while True:
            time.sleep(0.01)
            before, (number, sent, _) = int(number), sub.recv_multipart()
            if is_noticed(int(number) - before, time.perf_counter() - float(sent)):
                return time.perf_counter() - began


def refused():
    """A peer wants a key that nobody has: never tried again."""
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.curve_server, rep.curve_secretkey = True, zmq.curve_keypair()[1]
        endpoint = f"tcp://127.0.0.1:{rep.bind_to_random_port('tcp://127.0.0.1')}"
        began = time.perf_counter()
        with watched(zmq.REQ, endpoint) as (_, wait_for):
            wait_for("HANDSHAKE_FAILED_PROTOCOL", "HANDSHAKE_FAILED_NO_DETAIL", "DISCONNECTED")
            return time.perf_counter() - began


FAULTS = {
    "the other end is killed: its connection closes": killed,
    "it is paused: heartbeats, 1 s": paused,
    "the cable is cut: heartbeats, 1 s": cut,
    "the server dies with a request: 1 s for a reply": no_reply,
    "a worker is paused: 2 s without a beat": no_beat,
    "a subscriber is too slow: a gap in the numbers": lambda: too_slow(lambda gap, _: gap > 1),
    "a subscriber is too slow: a message is 0.3 s old": lambda: too_slow(lambda _, age: age > OLD),
    "a peer wants a key: the monitor": refused,
}


def compare(rounds=ROUNDS):
    """Yield the comparison of this file."""
    yield Comparison("How long until it is noticed", "s", "", interleave(FAULTS, rounds))


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
