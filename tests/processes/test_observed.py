"""Observed sockets count what passes, exactly, and the learner's code does not notice."""

import array
import contextlib
import json
import pickle
import sys
import tempfile
import threading

import cloudpickle
import numpy as np
import pytest
import zmq
from helpers.observing import LOOPBACK, counts, run

# As the functions of a notebook do, those of this file travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

# Messages and bytes


def ways():
    """Return ways to let one message pass: how to send, how to receive, the size of each part."""
    image = np.arange(70_000, dtype="uint8").reshape(100, 700)  # pyzmq copies what is smaller
    return [
        (lambda s: s.send(b"one"), lambda s: s.recv(), [3]),
        (lambda s: s.send(bytearray(4)), lambda s: s.recv(0, True, False), [4]),
        (lambda s: s.send(array.array("d", [1, 2])), lambda s: s.recv(copy=False), [16]),
        (lambda s: s.send(memoryview(b"abc")), lambda s: s.recv(0, False), [3]),
        (lambda s: s.send(zmq.Frame(b"frame")), lambda s: s.recv(track=False), [5]),
        (lambda s: s.send(image), lambda s: s.recv(), [70_000]),
        (lambda s: s.send(image, copy=False), lambda s: s.recv(copy=False), [70_000]),
        (lambda s: s.send(image, copy=False, track=True), lambda s: s.recv(), [70_000]),
        (lambda s: s.send(np.asfortranarray(image)), lambda s: s.recv(), [70_000]),
        (lambda s: s.send(np.array(["2018"], "M8[D]")), lambda s: s.recv(), [8]),
        (lambda s: s.send(b""), lambda s: s.recv(), [0]),
        (lambda s: s.send_string("größe"), lambda s: s.recv_string(), [7]),
        (lambda s: s.send_json([1, 2]), lambda s: s.recv_json(), [len("[1, 2]")]),
        (lambda s: s.send_pyobj("x"), lambda s: s.recv_pyobj(), [len(pickle.dumps("x"))]),
        (lambda s: s.send(b"into"), lambda s: s.recv_into(bytearray(10)), [4]),
        (lambda s: s.send(b"too long"), lambda s: s.recv_into(bytearray(2)), [8]),
        (lambda s: s.send_multipart([b"a", b"", b"bc"]), lambda s: s.recv_multipart(), [1, 0, 2]),
        (
            lambda s: s.send_multipart([b"head", image], copy=False),
            lambda s: s.recv_multipart(copy=False),
            [4, 70_000],
        ),
        (
            lambda s: s.send_serialized([1, 2], lambda sizes: [bytes(size) for size in sizes]),
            lambda s: s.recv_serialized(lambda parts: parts),
            [1, 2],
        ),
        (
            lambda s: (s.send(b"first", zmq.SNDMORE), s.send(b"second", flags=0)),
            lambda s: (s.recv(), s.recv()),
            [5, 6],
        ),
        (
            lambda s: (s.send_string("first", zmq.SNDMORE | zmq.NOBLOCK), s.send(b"into")),
            lambda s: (s.recv(copy=False), s.recv_into(bytearray(9))),
            [5, 4],
        ),
    ]


class Truth:
    """What passes through a pair of sockets, counted by the test."""

    def __init__(self):
        self.one, self.two = ([[0, 0], [0, 0]] for _ in range(2))  # sent, received

    def passed(self, sender, receiver, *sizes):
        for tally in (sender and sender[0], receiver and receiver[1]):
            if tally:
                tally[0] += 1
                tally[1] += sum(sizes)


def subscribe(one, two, truth):
    """Let the subscription arrive, and count what passes until it has."""
    if two.type == zmq.SUB:
        two.subscribe("")
    else:
        two.send(b"\x01")
        truth.passed(truth.two, None, 1)
    if one.type == zmq.XPUB:
        while not one.poll(10):
            two.poll(0)  # lets it greet who has connected meanwhile
        one.recv()
        truth.passed(None, truth.one, 1)
        return
    while not two.poll(10):
        one.send(b"sync")
        truth.passed(truth.one, None, 4)
    one.send(b"last")
    truth.passed(truth.one, None, 4)
    told = b""
    while told != b"last":
        told = two.recv()
        truth.passed(None, truth.two, 4)


def exchange(kinds, transports):
    """Send in every way there is between pairs of sockets; print what really passed."""
    truths = []
    with zmq.Context() as context, tempfile.TemporaryDirectory() as folder:
        for transport in transports:
            truths.append(truth := Truth())
            one, two = (context.socket(getattr(zmq, kind)) for kind in kinds)
            one.linger = two.linger = 0
            one.rcvtimeo = two.rcvtimeo = 10_000
            if two.type == zmq.ROUTER:
                one.routing_id = b"me"
            two.bind(transport.format(folder=folder))
            one.connect(two.last_endpoint.decode())
            if two.type in (zmq.SUB, zmq.XSUB):
                subscribe(one, two, truth)
            envelope = [b"me"] if two.type == zmq.ROUTER else []
            for send, receive, sizes in ways():
                with contextlib.suppress(zmq.Again):
                    two.recv(zmq.NOBLOCK)  # nothing is there, nothing is counted
                send(one)
                for part in envelope:
                    assert two.recv() == part
                receive(two)
                truth.passed(truth.one, None, *sizes)
                truth.passed(None, truth.two, *map(len, envelope), *sizes)
                if one.type in (zmq.REQ, zmq.DEALER, zmq.PAIR):
                    two.send_multipart([*envelope, b"back"])
                    one.recv()
                    truth.passed(truth.two, None, *map(len, envelope), 4)
                    truth.passed(None, truth.one, 4)
            one.close()
            two.close()
    print(json.dumps([end for truth in truths for end in (truth.one, truth.two)]))


@pytest.mark.parametrize(
    "kinds", ["REQ REP", "PUSH PULL", "PUB SUB", "DEALER ROUTER", "PAIR PAIR", "XPUB XSUB"]
)
def test_counts_are_exact(kinds):
    transports = [LOOPBACK, "inproc://here"]
    if zmq.has("ipc"):
        transports.append("ipc://{folder}/there")
    process, truth = run(exchange, kinds.split(), transports)
    assert counts(process) == truth
    assert [socket["type"] for socket in process.sockets] == kinds.split() * len(transports)
    assert [socket["peers"] for socket in process.sockets[2:4]] == [None] * 2  # of inproc


def burst(count, parts, copy):
    """Send and receive part by part, as fast as possible."""
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind("inproc://here")
        with context.socket(zmq.PUSH) as push:
            push.connect("inproc://here")
            for _ in range(count):
                push.send_multipart([b"12345"] * parts)
                for _ in range(parts):
                    pull.recv(copy=copy)


@pytest.mark.parametrize("copy", [True, False])
@pytest.mark.parametrize("parts", [1, 2, 5])
def test_a_flood_is_counted_exactly(parts, copy):
    process, _ = run(burst, 5_000, parts, copy)
    passed, nothing = [5_000, 25_000 * parts], [0, 0]
    assert counts(process) == [[nothing, passed], [passed, nothing]]


def threads(number, count):
    """Let many threads talk to one another, each with sockets of its own."""
    context = zmq.Context()

    def talk(endpoint):
        with context.socket(zmq.REQ) as req:
            req.connect(endpoint)
            for _ in range(count):
                req.send(b"hello")
                req.recv()

    with context, context.socket(zmq.ROUTER) as router:
        router.bind("inproc://here")
        talkers = [threading.Thread(target=talk, args=("inproc://here",)) for _ in range(number)]
        for each in talkers:
            each.start()
        for _ in range(number * count):
            router.send_multipart(router.recv_multipart())
        for each in talkers:
            each.join()


def test_each_thread_has_its_sockets_counted():
    process, _ = run(threads, 20, 50)
    assert [socket["number"] for socket in process.sockets] == list(range(21))
    assert [each[0] for each in counts(process)[0]] == [1000, 1000]
    assert all(each == [[50, 250], [50, 250]] for each in counts(process)[1:])


def coroutines(count):
    """Talk with asyncio."""
    import asyncio

    import zmq.asyncio

    async def talk():
        with (
            zmq.asyncio.Context() as context,
            context.socket(zmq.REP) as rep,
            context.socket(zmq.REQ) as req,
        ):
            rep.bind(LOOPBACK)
            req.connect(rep.last_endpoint.decode())
            for number in range(count):
                request = asyncio.ensure_future(rep.recv_multipart())  # before it is sent
                if number % 2:
                    await asyncio.sleep(0)
                await req.send_multipart([b"a", b"bc"])
                assert await request == [b"a", b"bc"]
                await rep.send_string("answer")
                assert await req.poll(10_000)
                assert await req.recv() == b"answer"

    asyncio.run(talk())


def test_sockets_of_asyncio_are_counted_once():
    process, _ = run(coroutines, 100)
    asked, answered = [100, 300], [100, 600]
    assert counts(process) == [[answered, asked], [asked, answered]]
    (bound,), (connected,) = process.sockets[0]["bound"], process.sockets[1]["connected"]
    assert bound == connected
