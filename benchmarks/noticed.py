"""How long until somebody notices, for each fault of notebook 12: from the fault to the alarm.

    python -m benchmarks.noticed [ROUNDS]

A process of its own is killed, paused or slow, or a tap is cut; what notices is a socket's monitor,
its owner's patience, the numbers of a stream, or the age of a message. What the notebook breaks and
measures with is used here too; `ROWS` says which row of its table is which way of these.
"""

import contextlib
import sys
import time
from pathlib import Path

import zmq

from benchmarks.timing import Comparison, interleave, report
from zmqlab import start, tap

sys.path.append(str(Path(__file__).parent.parent / "notebooks"))
import breaking_things as breaking
import looking_inside as inside
from addresses import free_address

ROUNDS = 20
LIMIT = 60  # seconds for whatever must come
BIND = "tcp://127.0.0.1:*"
BEATS = {"heartbeat_ivl": 200, "heartbeat_timeout": 1000}  # milliseconds
PATIENCE, LONGER, OLD = 1.0, 2.0, 0.3  # seconds: for a reply; a neighbour's; of a message
DELAY = 0.05  # seconds, as in the notebook: both have spoken before either hangs up


@contextlib.contextmanager
def subscribed(endpoint, **options):
    """Give a SUB, watched, to which a first message has come."""
    with zmq.Context() as context, breaking.subscriber(context, endpoint, 0, **options) as sub:
        watched = inside.Watched(sub, sub.get_monitor_socket())
        try:
            breaking.tick(sub)
            yield watched
        finally:
            context.destroy(linger=0)


@contextlib.contextmanager
def tapped(process):
    wire = tap(process)
    try:
        yield wire
    finally:
        wire.stop()


def ticker(endpoint=BIND, pause=0.01, hwm=0):
    return start(breaking.ticker, endpoint, hwm, pause)


def killed():
    """The other end is killed: its system closes the connection."""
    with ticker() as process, subscribed(process.endpoint) as watched:
        process.end_by("kill")
        return inside.wait_for(watched, "DISCONNECTED", timeout=LIMIT)


def paused():
    """It stands still, and does not answer heartbeats."""
    with ticker() as process, subscribed(process.endpoint, **BEATS) as watched:
        inside.pause(process)
        return inside.wait_for(watched, "DISCONNECTED", timeout=LIMIT)


def cut():
    """The cable is cut: nobody is told."""
    with (
        ticker() as process,
        tapped(process) as wire,
        subscribed(wire.endpoint, **BEATS) as watched,
    ):
        wire.cut()
        return inside.wait_for(watched, "DISCONNECTED", timeout=LIMIT)


def silent():
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(BIND)
        while True:
            rep.recv()


def no_reply():
    """A server takes a request and is killed; its client has patience."""
    with start(silent) as process, zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.linger = 0
        req.connect(process.endpoint)
        began = time.perf_counter()
        req.send(b"step")
        process.settle(lambda it: any(each["in"] for each in it.messages.values()), LIMIT)
        process.end_by("kill")
        fault = time.perf_counter()
        req.poll(max(0, 1000 * (began + PATIENCE - fault)))
        return time.perf_counter() - fault


def worker(endpoint, name):
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.routing_id, dealer.linger = name, 0
        dealer.connect(endpoint)
        result = b""
        while True:
            dealer.send(result)
            result = dealer.recv()
            time.sleep(0.02)  # the work


def given_again(task):
    """Of four workers who gets task 5 is killed, who gets task 10 is paused: given out again."""
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as router,
        contextlib.ExitStack() as stack,
    ):
        router.linger = 0
        endpoint = f"tcp://127.0.0.1:{router.bind_to_random_port('tcp://127.0.0.1')}"
        for name in ("Ada", "Ben", "Cy", "Dee"):
            stack.enter_context(start(worker, endpoint, name.encode(), process_name=name))
        return breaking.hand_out(router, 40, kill_at=5, pause_at=10, patience=PATIENCE)[1][task]


def too_slow(is_noticed, latest=False):
    """A subscriber takes 10 ms for what comes each millisecond; from its first message."""
    with (
        ticker(pause=0.001, hwm=10) as process,
        zmq.Context() as context,
        breaking.subscriber(context, process.endpoint, hwm=10) as sub,
    ):
        number, _ = breaking.tick(sub)
        began = time.perf_counter()
        while True:
            time.sleep(0.01)  # what it does with a message
            before, (number, age) = number, breaking.tick(sub)
            while latest and sub.poll(0):
                number, age = breaking.tick(sub)
            if is_noticed(number - before, age):
                return time.perf_counter() - began


def wrong_type():
    """A REQ asks a PUB: never tried again."""
    with ticker() as process, tapped(process) as wire:
        wire.delay(DELAY)
        return breaking.ask_in_vain(wire.endpoint)[2]


def refused():
    """A peer wants a key that nobody has: never tried again."""
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.curve_server, rep.curve_secretkey = True, zmq.curve_keypair()[1]
        port = rep.bind_to_random_port("tcp://127.0.0.1")
        return breaking.ask_in_vain(f"tcp://127.0.0.1:{port}")[2]


def anew():
    """A publisher is killed and started again, and counts from 0: a number that goes back."""
    endpoint = free_address()
    with (
        ticker(endpoint) as process,
        zmq.Context() as context,
        breaking.subscriber(context, endpoint) as sub,
    ):
        last = [breaking.tick(sub)[0] for _ in range(150)][-1]
        fault = breaking.kill(process)
        with ticker(endpoint, pause=0.2):  # slower: the new numbers must not pass the old ones
            while (number := breaking.tick(sub)[0]) > last:
                last = number
            return time.monotonic() - fault


def neighbour(mine, other):
    """Ask the other first, and answer only then."""
    with (
        zmq.Context() as context,
        context.socket(zmq.REP) as rep,
        context.socket(zmq.REQ) as req,
    ):
        rep.bind(mine)
        req.linger = 0
        req.connect(other)
        req.send(b"how are you?")
        began = time.perf_counter()
        req.poll(1000 * LONGER)
        print("waited", time.perf_counter() - began, flush=True)


def each_waits():
    """Two ask each other, and each waits for its reply before it answers."""
    here, there = free_address(), free_address()
    with (
        start(neighbour, here, there, process_name="Ada") as ada,
        start(neighbour, there, here, process_name="Ben"),
    ):
        return float(ada.wait_output("waited", timeout=LIMIT).split()[-1])


FAULTS = {
    "the other end is killed: its connection closes": killed,
    "it is paused: heartbeats, 1 s": paused,
    "the cable is cut: heartbeats, 1 s": cut,
    "the server dies with a request: 1 s for a reply": no_reply,
    "a worker dies: 1 s for its task": lambda: given_again(5),
    "a worker is paused: 1 s for its task": lambda: given_again(10),
    "a subscriber is too slow: a gap in the numbers": lambda: too_slow(lambda gap, _: gap > 1),
    "a subscriber is too slow, and skips: a gap": lambda: too_slow(lambda gap, _: gap > 1, True),
    "a subscriber is too slow: a message is 0.3 s old": lambda: too_slow(lambda _, age: age > OLD),
    "a REQ asks a PUB: the monitor": wrong_type,
    "a peer wants a key: the monitor": refused,
    "a publisher starts anew: a number that goes back": anew,
    "each waits for the other: 2 s for a reply": each_waits,
}
# Which row of the notebook's table is measured how.
ROWS = {
    "server dies, client asks again": "the server dies with a request: 1 s for a reply",
    "worker dies": "a worker dies: 1 s for its task",
    "worker pauses": "a worker is paused: 1 s for its task",
    "too slow, a mark of 10": "a subscriber is too slow: a gap in the numbers",
    "too slow, skips": "a subscriber is too slow, and skips: a gap",
    "too slow, a snail": "a subscriber is too slow: a message is 0.3 s old",
    "cable cut, heartbeats": "the cable is cut: heartbeats, 1 s",
    "a REQ asks a PUB": "a REQ asks a PUB: the monitor",
    "no key for a locked peer": "a peer wants a key: the monitor",
    "publisher starts anew": "a publisher starts anew: a number that goes back",
    "each waits for the other": "each waits for the other: 2 s for a reply",
}
NEVER_NOTICED = (
    "too slow, no mark",  # nothing is missing
    "cable cut, no heartbeats",
    "came late, no snapshot",  # no number is missing
    "came late, a snapshot first",  # and nothing is wrong
)


def compare(rounds=ROUNDS):
    """Yield the comparison of this file."""
    yield Comparison("How long until it is noticed", "s", "", interleave(FAULTS, rounds))


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
