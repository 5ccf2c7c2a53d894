"""What observation and the trace cost: sockets that count, and note, against pyzmq's own.

    python -m benchmarks.observed [ROUNDS]

Each way has a sender and a receiver in two processes, started as a notebook starts them: with
`observe=False`, with `observe=True`, and with `trace=True` as well. The three pairs stay up and are
asked in turn for a short run; then fresh pairs are started, because where a process lies in memory
matters too.
"""

import contextlib
import sys

import zmq

import zmqlab
from benchmarks.timing import Comparison, interleave, report

ROUNDS = 60
PAIRS = 6  # fresh pairs of processes for each way
PATIENCE = 60_000  # milliseconds for one run
COUNT = {"frames": 300, "round trips": 3_000, "flood": 100_000}  # messages in one run
TARGET = {  # how much of the plain rate is to be left
    "frames": {"observed": 0.98, "traced": 0.95},
    "round trips": {"observed": 0.95, "traced": 0.9},
    "flood": {"observed": 0.6, "traced": 0.4},
}
OPTIONS = {"plain": {"observe": False}, "observed": {}, "traced": {"trace": True}}


def receive(way, count):
    """Take messages when asked to; reply with how many came a second."""
    import time

    import zmq

    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.REP) as orders,
    ):
        pull.rcvhwm = 10 if way == "frames" else 1000
        pull.bind("tcp://127.0.0.1:*")
        orders.bind("tcp://127.0.0.1:*")
        copy = way != "frames"
        while True:
            orders.recv()
            pull.recv(copy=copy)
            start = time.perf_counter()
            for _ in range(count):
                pull.recv(copy=copy)
            orders.send_json(count / (time.perf_counter() - start))


def send(way, count, endpoint):
    """Send messages when asked to."""
    import zmq

    message = bytes(640 * 480 * 3 if way == "frames" else 10)
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.PULL) as orders,
    ):
        push.sndhwm = 10 if way == "frames" else 1000
        orders.bind("tcp://127.0.0.1:*")
        push.connect(endpoint)
        copy = way != "frames"
        while True:
            orders.recv()
            for _ in range(count + 1):
                push.send(message, copy=copy)


def answer():
    """Answer requests."""
    import zmq

    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind("tcp://127.0.0.1:*")
        while True:
            rep.recv()
            rep.send(b"world")


def ask(count, endpoint):
    """Ask when asked to; reply with how many round trips a second there were."""
    import time

    import zmq

    with (
        zmq.Context() as context,
        context.socket(zmq.REQ) as req,
        context.socket(zmq.REP) as orders,
    ):
        orders.bind("tcp://127.0.0.1:*")
        req.connect(endpoint)
        while True:
            orders.recv()
            start = time.perf_counter()
            for _ in range(count):
                req.send(b"hello")
                req.recv()
            orders.send_json(count / (time.perf_counter() - start))


@contextlib.contextmanager
def pair(way, how):
    """Start both processes; give a function that lets them run and returns messages a second."""
    label, count, options = f"{way}, {how}", COUNT[way], OPTIONS[how]
    one, other = (answer, ask) if way == "round trips" else (receive, send)
    first = (count,) if way == "round trips" else (way, count)
    with contextlib.ExitStack() as stack:
        begun = zmqlab.start(one, *(() if one is answer else first), process_name=label, **options)
        stack.enter_context(begun)
        then = zmqlab.start(other, *first, begun.endpoint, process_name=f"{label} too", **options)
        stack.enter_context(then)
        context = stack.enter_context(zmq.Context())
        req = stack.enter_context(context.socket(zmq.REQ))
        push = stack.enter_context(context.socket(zmq.PUSH))
        req.rcvtimeo, req.linger, push.linger = PATIENCE, 0, 0
        if one is receive:
            begun.wait_until(lambda process: len(process.endpoints) == 2, what="both endpoints")
            push.connect(then.endpoint)
        req.connect((then if one is answer else begun).endpoints[-1])

        def run():
            if one is receive:
                push.send(b"")
            req.send(b"")
            return req.recv_json()

        run()  # to warm up
        yield run


def compare(rounds=ROUNDS):
    """Yield the comparisons of this file."""
    for way, targets in TARGET.items():
        results = {how: [] for how in OPTIONS}
        for _ in range(PAIRS):
            with contextlib.ExitStack() as stack:
                pairs = {how: stack.enter_context(pair(way, how)) for how in OPTIONS}
                measured = interleave(pairs, max(1, rounds // PAIRS))
            for name, values in measured.items():
                results[name] += values
        goals = [(how, "plain", least) for how, least in targets.items()]
        yield Comparison(f"Sockets that are observed: {way}", "messages/s", "plain", results, goals)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
