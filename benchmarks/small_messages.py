"""Small messages: what a round trip costs, and how many a second a flood carries.

    python -m benchmarks.small_messages [ROUNDS]

A process of its own echoes, or takes, what this one asks or sends; tcp loopback.
"""

import asyncio
import contextlib
import json
import socket
import statistics
import sys
from time import perf_counter

import zmq
import zmq.asyncio

from benchmarks.others import SPAWN, answer, other_process
from benchmarks.timing import Comparison, interleave, report
from zmqlab.course.ports import free_endpoint
from zmqlab.patterns.request_reply import request
from zmqlab.wire.messages import recv_message, send_message

ROUNDS = 15
TRIPS = 300  # round trips, of which the median counts
FLOOD = 20_000  # messages
BATCH = 100  # messages sent as one
PATIENCE = 60_000  # milliseconds
BODY = b"0123456789"
NOTE = {"bead": 7, "x": 320.25, "y": 240.75}


def _socket(kind, endpoint, context=zmq.Context):
    made = context.instance().socket(kind)
    made.linger, made.rcvtimeo, made.sndtimeo = 0, PATIENCE, PATIENCE
    made.connect(endpoint)
    return made


# Round trips


def echo(pipe):
    """Answer every request with a message of three parts, for ever."""
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        pipe.send(f"tcp://127.0.0.1:{rep.bind_to_random_port('tcp://127.0.0.1')}")
        while True:
            rep.recv_multipart()
            rep.send_multipart([b"ok", b"{}", b""])


def echo_pipe(pipe):
    while True:
        pipe.send(pipe.recv())


def echo_tcp(pipe):
    with socket.create_server(("127.0.0.1", 0)) as server:
        pipe.send(server.getsockname())
        connection, _ = server.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := connection.recv(64):
            connection.sendall(data)


def median_of(trip, count):
    """Return microseconds."""
    seconds = []
    for _ in range(count):
        start = perf_counter()
        trip()
        seconds.append(perf_counter() - start)
    return 1e6 * statistics.median(seconds)


def compare_round_trips(rounds, count=TRIPS):
    with (
        other_process(echo) as zmq_pipe,
        other_process(echo_pipe) as pipe,
        other_process(echo_tcp) as tcp_pipe,
        socket.create_connection(answer(tcp_pipe), PATIENCE / 1000) as tcp,
    ):
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        endpoint = answer(zmq_pipe)
        req, loop = _socket(zmq.REQ, endpoint), asyncio.new_event_loop()
        theirs = _socket(zmq.REQ, endpoint, zmq.asyncio.Context)

        async def awaited(count):
            seconds = []
            for _ in range(count):
                start = perf_counter()
                await theirs.send(b"info")
                await theirs.recv_multipart()
                seconds.append(perf_counter() - start)
            return 1e6 * statistics.median(seconds)

        trips = {
            "REQ/REP, pyzmq": lambda: (req.send(b"info"), req.recv_multipart()),
            "REQ/REP, send_message and recv_message": lambda: (
                send_message(req, "info", {}),
                recv_message(req),
            ),
            "request (a fresh context and socket each)": lambda: request(endpoint, "info"),
            "multiprocessing.Pipe": lambda: (pipe.send(b"info"), pipe.recv()),
            "plain TCP socket": lambda: (tcp.sendall(b"info"), tcp.recv(64)),
        }
        ways = {way: lambda trip=trip: median_of(trip, count) for way, trip in trips.items()}
        ways["REQ/REP, zmq.asyncio"] = lambda: loop.run_until_complete(awaited(count))
        for run in ways.values():
            run()  # to warm up
        values = interleave(ways, rounds)
        req.close()
        theirs.close()
        loop.close()
    return Comparison("Round trip of a small message", "µs", "REQ/REP, pyzmq", values)


# Floods: each way is how the sender sends `count` messages, and how the receiver takes them.


def put_plain(push, count):
    for _ in range(count):
        push.send(BODY)


def take_plain(pull, count):
    for _ in range(count):
        pull.recv()


def put_json(push, count):
    for _ in range(count):
        push.send_json(NOTE)


def take_json(pull, count):
    for _ in range(count):
        pull.recv_json()


def put_message(push, count):
    for _ in range(count):
        send_message(push, "bead", NOTE)


def take_message(pull, count):
    for _ in range(count):
        recv_message(pull)


def put_batches(push, count):
    for _ in range(count // BATCH):
        push.send(json.dumps([NOTE] * BATCH).encode())


def take_batches(pull, count):
    for _ in range(count // BATCH):
        json.loads(pull.recv())


def put_async(push, count):
    async def put():
        for _ in range(count):
            await push.send(BODY)

    LOOP.run_until_complete(put())


def take_async(pull, count):
    async def take():
        for _ in range(count):
            await pull.recv()

    LOOP.run_until_complete(take())


def put_queue(queue, count):
    for _ in range(count):
        queue.put(BODY)


def take_queue(queue, count):
    for _ in range(count):
        queue.get(timeout=PATIENCE / 1000)


LOOP = asyncio.new_event_loop()
QUEUE = "multiprocessing.Queue, 10 bytes"
FLOODS = {
    "PUSH/PULL, 10 bytes": (put_plain, take_plain),
    "PUSH/PULL, 10 bytes, zmq.asyncio": (put_async, take_async),
    "PUSH/PULL, JSON": (put_json, take_json),
    f"PUSH/PULL, JSON, {BATCH} in a message": (put_batches, take_batches),
    "send_message and recv_message": (put_message, take_message),
    QUEUE: (put_queue, take_queue),
}


def receiver(pipe, way, link):
    """Take a flood when told to, and say how many messages a second came."""
    take, pull = FLOODS[way][1], link
    if way != QUEUE:
        pull = _context(way).socket(zmq.PULL)
        pull.rcvtimeo = PATIENCE
        pull.bind(link)
    pipe.send("open")
    while True:
        count = pipe.recv()
        take(pull, BATCH)  # the first: from here the sender is at it
        start = perf_counter()
        take(pull, count)
        pipe.send(count / (perf_counter() - start))


def sender(pipe, way, link):
    put, push = FLOODS[way][0], link
    if way != QUEUE:
        push = _context(way).socket(zmq.PUSH)
        push.sndtimeo = PATIENCE
        push.connect(link)
    while True:
        put(push, pipe.recv() + BATCH)


def _context(way):
    return (zmq.asyncio.Context if way.endswith("asyncio") else zmq.Context).instance()


def compare_floods(rounds, count=FLOOD):
    with contextlib.ExitStack() as stack:
        ways = {}
        for way in FLOODS:
            link = SPAWN.Queue(1000) if way == QUEUE else free_endpoint()
            taking = stack.enter_context(other_process(receiver, way, link))
            answer(taking)
            putting = stack.enter_context(other_process(sender, way, link))

            def flood(taking=taking, putting=putting):
                taking.send(count)
                putting.send(count)
                return answer(taking)

            flood()  # to warm up
            ways[way] = flood
        values = interleave(ways, rounds)
    return Comparison("A flood of small messages", "messages/s", "PUSH/PULL, 10 bytes", values)


def compare(rounds=ROUNDS, trips=TRIPS, flood=FLOOD):
    """Yield the comparisons of this file."""
    yield compare_round_trips(rounds, trips)
    yield compare_floods(rounds, flood)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
