"""Observed sockets: what they tell is true, and the learner's code does not notice.

The functions that run in other processes come first in each part; they print JSON, or nothing.
"""

import array
import contextlib
import gc
import itertools
import json
import os
import pickle
import socket as plain_sockets
import sys
import tempfile
import threading

import cloudpickle
import numpy as np
import psutil
import pytest
import zmq

import zmqlab
from zmqlab import reporter, reports

# As the functions of a notebook do, those of this file travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

PATIENCE = 20.0  # seconds; far more than anything here takes
LOOPBACK = "tcp://127.0.0.1:*"


def run(function, *args, **kwargs):
    """Run a function to its end in another process; return its handle and what it printed."""
    process = zmqlab.start(function, *args, timeout=PATIENCE, **kwargs)
    assert process.wait(PATIENCE) == 0
    return process, json.loads(process.output or "null")


def counts(process):
    """Return what was counted for each socket: messages and bytes sent, and received."""
    return [
        [[socket[way]["messages"], socket[way]["bytes"]] for way in ("sent", "received")]
        for socket in process.sockets
    ]


def serve(kind, **options):
    """Bind a socket, and let others talk to it until told to stop."""
    with zmq.Context() as context, context.socket(getattr(zmq, kind)) as socket:
        for option, value in options.items():
            setattr(socket, option, value)
        socket.bind(LOOPBACK)
        while True:
            message = socket.recv_multipart()
            if kind in ("REP", "ROUTER"):
                socket.send_multipart(message)


@contextlib.contextmanager
def connected(kind, endpoint, **options):
    """Give a plain socket of this process, connected."""
    with zmq.Context() as context, context.socket(kind) as socket:
        socket.linger, socket.rcvtimeo = 0, int(1000 * PATIENCE)
        for option, value in options.items():
            setattr(socket, option, value)
        socket.connect(endpoint)
        yield socket


def seen(process, condition, what):
    """Wait until the process's first socket is as it should be; return what is told of it."""
    process.wait_until(lambda it: it.sockets and condition(it.sockets[0]), PATIENCE, what)
    return process.sockets[0]


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
    while two.poll(100):
        two.recv()
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


def poll_and_refuse():
    """Poll, try in vain, and refuse: only what passes may count."""
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(LOOPBACK)
        with context.socket(zmq.PUSH) as push:
            push.linger = 0
            for _ in range(10):
                with contextlib.suppress(zmq.Again):
                    push.send(b"nobody is there", zmq.NOBLOCK)
            with contextlib.suppress(TypeError):
                push.send("text")
            push.connect(pull.last_endpoint.decode())
            poller = zmq.Poller()
            poller.register(pull, zmq.POLLIN)
            received = 0
            for number in range(100):
                push.send_string(str(number % 10))
                while dict(poller.poll(1 if received <= number else 0)).get(pull) == zmq.POLLIN:
                    pull.recv_string(zmq.NOBLOCK)
                    received += 1
            while received < 100:
                received += bool(pull.recv())


def test_what_did_not_pass_is_not_counted():
    process, _ = run(poll_and_refuse)
    assert counts(process) == [[[0, 0], [100, 100]], [[100, 100], [0, 0]]]


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
    assert process.sockets[0]["bound"] == process.sockets[1]["connected"]


def own_class():
    """Use a class of one's own, copies and shadows."""

    class Shouting(zmq.Socket):
        def send(self, data, *args, **kwargs):
            return super().send(data.upper(), *args, **kwargs)

    with zmq.Context() as context:
        pair, other = context.socket(zmq.PAIR, socket_class=Shouting), context.socket(zmq.PAIR)
        pair.bind("inproc://here")
        other.connect("inproc://here")
        pair.send_multipart([b"a", b"b"])
        shadow = zmq.Socket.shadow(other.underlying)
        heard = shadow.recv_multipart()
        names = [isinstance(each, zmq.Socket) for each in (pair, other, shadow)]
        print(json.dumps([b"".join(heard).decode(), names, repr(other).split("(")[0]]))
        pair.close()
        other.close()


def test_learners_code_does_not_notice():
    process, said = run(own_class)
    assert said == ["AB", [True] * 3, "<zmq.Socket"]
    assert counts(process) == [[[1, 2], [0, 0]], [[0, 0], [1, 2]]]


def through_a_proxy(count):
    """Talk through `zmq.proxy`, in a thread of its own."""
    context = zmq.Context()
    front, back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    front.bind("inproc://front")
    back.bind("inproc://back")

    def forward():
        with contextlib.suppress(zmq.ContextTerminated):
            zmq.proxy(front, back)
        front.close()
        back.close()

    thread = threading.Thread(target=forward)
    thread.start()
    with context.socket(zmq.REP) as rep, context.socket(zmq.REQ) as req:
        rep.connect("inproc://back")
        req.connect("inproc://front")
        for _ in range(count):
            req.send(b"x")
            rep.send(rep.recv())
            req.recv()
    context.term()
    thread.join()


def test_a_proxy_works_and_its_ends_are_counted():
    process, _ = run(through_a_proxy, 30)
    passed, nothing = [30, 30], [0, 0]
    assert counts(process) == [[nothing] * 2, [nothing] * 2, [passed] * 2, [passed] * 2]


# Who is at the other end


def test_peers_are_counted_and_named():
    with zmqlab.start(serve, "REP") as server:
        assert seen(server, lambda it: it["peers"] == 0, "a report")
        with connected(zmq.REQ, server.endpoint) as one:
            one.send(b"hello")
            one.recv()
            port = int(server.endpoint.rpartition(":")[2])
            ends = {
                f"{each.laddr.ip}:{each.laddr.port}"
                for each in psutil.Process().net_connections()
                if each.raddr and each.raddr.port == port
            }
            seen(server, lambda it: it["peers"] == 1, "the first peer")
            with connected(zmq.REQ, server.endpoint), connected(zmq.REQ, server.endpoint):
                seen(server, lambda it: it["peers"] == 3, "three peers")
            seen(server, lambda it: it["peers"] == 1, "two peers to leave")
        socket = seen(server, lambda it: it["peers"] == 0, "the last one to leave")
        assert socket["received"] == socket["sent"] == {"messages": 1, "bytes": 5}
        story = [(each["event"], each["peer"]) for each in server.events]
        assert {peer for event, peer in story if event == "ACCEPTED"} >= ends
        for peer in {peer for _, peer in story}:
            assert [event for event, who in story if who == peer] == [
                "ACCEPTED",
                "HANDSHAKE_SUCCEEDED",
                "DISCONNECTED",
            ]
        assert {each["local"] for each in server.events} == {f"127.0.0.1:{port}"}
        assert {each["endpoint"] for each in server.events} == {server.endpoint}


def test_those_who_never_shook_hands_are_no_peers():
    with zmqlab.start(serve, "REP") as server:
        address = "127.0.0.1", int(server.endpoint.rpartition(":")[2])
        with connected(zmq.REQ, server.endpoint) as friend:
            friend.send(b"hello")
            friend.recv()
            for nonsense in (b"", b"GET / HTTP/1.0\r\n\r\n", bytes(100)):
                with plain_sockets.create_connection(address) as stranger:
                    stranger.sendall(nonsense)
            with connected(zmq.PULL, server.endpoint):  # the wrong type
                left = ["DISCONNECTED"] * 4

                def gone(process):
                    return [e for e in process.events if e["event"] in left][3:]

                server.wait_until(gone, PATIENCE, "strangers to leave")
            assert seen(server, lambda it: it["peers"] == 1, "the friend alone")
            assert "HANDSHAKE_FAILED_NO_DETAIL" in [each["event"] for each in server.events]


def test_a_wrong_key_is_seen():
    public, secret = zmq.curve_keypair()
    keys = {"curve_server": True, "curve_publickey": public, "curve_secretkey": secret}
    mine, own = zmq.curve_keypair()
    with zmqlab.start(serve, "REP", **keys) as server:
        right = {"curve_publickey": mine, "curve_secretkey": own, "curve_serverkey": public}
        wrong = right | {"curve_serverkey": mine}
        with connected(zmq.REQ, server.endpoint, **wrong):
            server.wait_until(
                lambda it: [e for e in it.events if e["event"] == "HANDSHAKE_FAILED_PROTOCOL"],
                PATIENCE,
                "the failed handshake",
            )
            assert server.sockets[0]["peers"] == 0
        with connected(zmq.REQ, server.endpoint, **right):
            seen(server, lambda it: it["peers"] == 1, "the right key")


def come_and_go(endpoint):
    """Connect and disconnect, then wait to be stopped."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.linger, dealer.rcvtimeo = 0, 10_000
        dealer.connect(endpoint)
        dealer.send(b"first")
        dealer.recv()
        dealer.disconnect(endpoint)
        dealer.bind(LOOPBACK)
        dealer.unbind(dealer.last_endpoint)
        dealer.bind("inproc://here")
        zmqlab.ready()
        dealer.poll()


def test_what_is_disconnected_and_unbound_is_told():
    with (
        zmqlab.start(serve, "ROUTER") as server,
        zmqlab.start(come_and_go, server.endpoint, name="client") as client,
    ):
        told = seen(client, lambda it: it["bound"] == ["inproc://here"], "the last endpoint")
        assert told["connected"] == []
        assert told["peers"] is None  # of inproc nobody knows
        seen(server, lambda it: it["peers"] == 0, "the client to leave")


def connect_only(endpoint):
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.connect(endpoint)
        req.poll()


def test_an_attempt_in_vain_is_told_once_and_a_wait_says_so():
    with plain_sockets.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with zmqlab.start(connect_only, f"tcp://127.0.0.1:{port}") as client:
        client.wait_until(lambda it: it.events, PATIENCE, "an attempt")
        with pytest.raises(TimeoutError) as error:
            client.wait(0.7)  # libzmq tries again ten times a second
        assert f"REQ socket at tcp://127.0.0.1:{port}: nobody is connected" in str(error.value)
        assert [each["event"] for each in client.events] == ["CONNECT_RETRIED"]


def own_monitor():
    """Watch one's own socket, as the manual of pyzmq says."""
    from zmq.utils.monitor import recv_monitor_message

    with zmq.Context() as context:
        rep, req = context.socket(zmq.REP), context.socket(zmq.REQ)
        monitor = rep.get_monitor_socket()
        monitor.rcvtimeo = 10_000
        rep.bind(LOOPBACK)
        req.connect(rep.last_endpoint.decode())
        req.send(b"hello")
        rep.send(rep.recv())
        req.recv()
        story = [recv_monitor_message(monitor)["event"].name for _ in range(3)]
        rep.disable_monitor()
        story.append(recv_monitor_message(monitor)["event"].name)
        monitor.close()
        req.close()
        rep.close()
        print(json.dumps(story))


def test_a_monitor_of_the_learners_own_takes_the_place_of_ours():
    process, story = run(own_monitor)
    assert story == ["LISTENING", "ACCEPTED", "HANDSHAKE_SUCCEEDED", "MONITOR_STOPPED"]
    rep, req, monitor = process.sockets
    assert rep["peers"] is None  # not zero: nobody looked
    assert counts(process)[:2] == [[[1, 5], [1, 5]]] * 2
    assert monitor["received"]["messages"] == 4
    assert any(each["socket"] == req["number"] for each in process.events)


# Contexts and sockets come and go


def end_contexts(way):
    """End contexts with sockets that are watched, in each way there is."""
    for _ in range(20):
        context = zmq.Context()
        rep, req = context.socket(zmq.REP), context.socket(zmq.REQ)
        rep.bind(LOOPBACK)
        req.connect(rep.last_endpoint.decode())
        req.send(b"hello")
        rep.recv()
        if way == "term":
            rep.close()
            req.close(0)
            context.term()
        elif way == "destroy":
            context.destroy(linger=0)
        elif way == "with":
            with context:
                req.linger = 0
        else:
            del rep, req, context
            gc.collect()


@pytest.mark.parametrize("way", ["term", "destroy", "with", "garbage"])
def test_contexts_end(way):
    process, _ = run(end_contexts, way)
    assert counts(process) == [[[0, 0], [1, 5]], [[1, 5], [0, 0]]] * 20
    assert all(socket["closed"] for socket in process.sockets)


def leave_open():
    """End with everything open, and global, as careless scripts do."""
    context = zmq.Context()
    rep, req = context.socket(zmq.REP), context.socket(zmq.REQ)
    sys.kept = context, rep, req  # as globals of a script are
    rep.bind(LOOPBACK)
    req.connect(rep.last_endpoint.decode())
    req.send(b"hello")


def test_sockets_left_open_do_not_hinder_the_end():
    process, said = run(leave_open)
    assert said is None
    assert [socket["closed"] for socket in process.sockets] == [False, False]
    assert counts(process)[1] == [[1, 5], [0, 0]]


def many_sockets(number):
    """Open and close many; print how much the process has grown: files, threads, memory."""
    process = psutil.Process()

    def open_and_close(count):
        with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
            router.bind(LOOPBACK)
            for _ in range(count):
                with context.socket(zmq.REQ) as req:
                    req.linger = 0
                    req.connect(router.last_endpoint.decode())
                    req.send(b"x")
                    router.recv_multipart()

    open_and_close(number // 10)
    files, size = process.num_fds() if os.name == "posix" else 0, process.memory_info().rss
    open_and_close(number)
    more = process.num_fds() - files if os.name == "posix" else 0
    print(json.dumps([more, process.num_threads(), process.memory_info().rss - size]))


def test_many_sockets_leave_nothing_behind():
    process, (files, _threads, memory) = run(many_sockets, 500)
    assert files <= 3  # one monitor that the reporter has not closed yet
    assert memory < 20e6
    assert len(process.sockets) == reporter.MOST_CLOSED
    assert process.forgotten == 552 - reporter.MOST_CLOSED
    assert process.sockets[-1]["number"] == 551
    assert all(socket["closed"] for socket in process.sockets)


def hold_many(number):
    with zmq.Context() as context:
        sockets = [context.socket(zmq.PAIR) for _ in range(number)]
        for socket in sockets:
            socket.bind("inproc://" + str(id(socket)))
        sockets[0].bind(LOOPBACK)
        sockets[-1].bind(LOOPBACK)
        zmqlab.ready()
        sockets[0].poll()


def test_many_sockets_at_a_time():
    with zmqlab.start(hold_many, 300) as process:
        process.wait_until(lambda it: len(it.sockets) == 300 and it.sockets[-1]["bound"][1:])
        watched = [socket["peers"] for socket in process.sockets if len(socket["bound"]) == 2]
        assert watched == [0, None]  # the last ones are not watched: files are scarce


def in_a_fork():
    """Use pyzmq in a fork, where the thread of the reporter is missing."""
    with zmq.Context() as context, context.socket(zmq.PAIR) as pair:
        pair.bind(LOOPBACK)
    child = os.fork()
    if child == 0:
        with zmq.Context() as context, context.socket(zmq.PAIR) as pair:
            pair.bind("inproc://there")
            with context.socket(zmq.PAIR) as other:
                other.connect("inproc://there")
                other.send(b"hello")
                assert pair.recv() == b"hello"
        sys.exit()  # runs the handlers of a regular end
    print(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on Windows")
def test_a_fork_has_plain_sockets():
    process, code = run(in_a_fork)
    assert code == 0
    assert len(process.sockets) == 1


# What else a report holds


def test_a_report_is_complete():
    with (
        zmqlab.start(
            serve, "SUB", rcvhwm=7, sndhwm=3, subscribe="cam", routing_id=b"\x01ab"
        ) as sub,
        connected(zmq.PUB, sub.endpoint),
    ):
        socket = seen(sub, lambda it: it["peers"], "the publisher")
        assert socket == {
            "number": 0,
            "type": "SUB",
            "closed": False,
            "bound": [sub.endpoint],
            "connected": [],
            "options": {"SNDHWM": 3, "RCVHWM": 7, "ROUTING_ID": "016162", "SUBSCRIBE": ["cam"]},
            "peers": 1,
            "received": {"messages": 0, "bytes": 0},
            "sent": {"messages": 0, "bytes": 0},
        }
        assert set(sub.events[0]) == {"socket", "event", "time", "endpoint", "local", "peer"}
        assert (sub.name, sub.state, sub.running) == ("serve", "running", True)
        assert psutil.Process(sub.pid).ppid() == os.getpid()
        assert 10e6 < sub.memory < 500e6
    assert (sub.state, sub.running, sub.memory) == ("stopped", False, 0)


def change_options():
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.subscribe("a")
        sub.bind(LOOPBACK)
        sub.setsockopt(zmq.SUBSCRIBE, b"b\xff")
        sub.setsockopt_string(zmq.SUBSCRIBE, "ü")
        sub.unsubscribe(b"a")
        sub.set_hwm(5)
        sub.rcvhwm = 6


def test_options_set_late_are_told():
    process, _ = run(change_options)
    options = process.sockets[0]["options"]
    assert options["SUBSCRIBE"] == ["b\ufffd", "ü"]
    assert (options["SNDHWM"], options["RCVHWM"]) == (5, 6)


def test_previews_come_on_request():
    with (
        zmqlab.start(serve, "ROUTER") as router,
        connected(zmq.DEALER, router.endpoint, routing_id=b"me") as dealer,
    ):

        def ask(*parts):
            dealer.send_multipart(parts)
            dealer.recv_multipart()

        ask(b"before")
        seen(router, lambda it: it["sent"]["messages"] == 1, "the first message")
        assert router.previews == {}
        router.preview()
        whole = [b"\x00long" * 100, b"", *[b"part"] * 20]
        short = [b"me", *(part[: reporter.PREVIEW] for part in whole)][: reporter.MOST_PARTS]
        expected = [part.hex() for part in short]

        def shown(process):
            ask(*whole)
            return process.previews.get("0") == {"received": expected, "sent": expected}

        router.wait_until(shown, PATIENCE, "the preview")
        assert counts(router)[0][0][0] > 1


def is_plain(kind):
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(LOOPBACK)
        mine = [getattr(type(pull), name) for name in ("send", "recv", "recv_multipart", "monitor")]
        pyzmqs = zmq.sugar.socket.SyncSocket.__origin__
        names = ("send", "recv", "recv_multipart", "monitor")
        print(json.dumps(mine == [getattr(pyzmqs, name) for name in names]))


def test_without_observation_send_and_recv_are_pyzmqs_own():
    process, plain = run(is_plain, "PULL", observe=False)
    assert plain
    assert process.sockets[0]["bound"][0].startswith("tcp://127.0.0.1:")
    told = process.sockets[0]
    assert told["peers"] is told["sent"] is told["received"] is None
    assert process.messages == {}
    process, plain = run(is_plain, "PULL")
    assert not plain


# Nobody else's reports are believed


def forgeries(rng, real):
    """Return what somebody might send to the port of the reports."""
    report = json.dumps({"state": "ended", "sockets": [], "events": [], "forgotten": 0, "pid": 1})
    yield [b""]
    yield [b"0" * 32, report.encode()]
    yield [b"", report.encode()]
    yield [report.encode()]
    yield [real.token[:-1].encode(), report.encode()]
    yield [b"x"] * 1000
    for _ in range(500):
        yield [rng.bytes(rng.integers(100)) for _ in range(rng.integers(1, 4))]
    # and what a broken child might
    for nonsense in ("", "{", "[]", "5", "null", '{"state": 3}', "[" * 100_000, "\x00\xff"):
        yield [real.token.encode(), nonsense.encode()]
    yield [real.token.encode(), report.encode(), b"one part too many"]
    yield [real.token.encode()]


class Real:
    """One whose reports are believed."""

    def __init__(self, token):
        self.token, self.received, self.arrived = token, [], threading.Event()
        self.endpoint = reports.register(token, self.receive)

    def receive(self, report):
        self.received.append(report["state"])
        self.arrived.set()


@pytest.fixture
def real():
    one = Real("a" * 32)
    yield one
    reports.forget(one.token)


def test_forged_reports_are_not_believed(real):
    with connected(zmq.PUSH, real.endpoint, linger=10_000) as push:
        for forged in forgeries(np.random.default_rng(1), real):
            push.send_multipart(forged)
        push.send_multipart([real.token.encode(), b'{"state": "running"}'])
        assert real.arrived.wait(PATIENCE)
    assert real.received == [3, "running"]  # 3: from the one with the right token


def test_a_huge_report_ends_only_the_connection_that_brought_it(real):
    with (
        connected(zmq.PUSH, real.endpoint) as attacker,
        connected(zmq.PUSH, real.endpoint) as push,
    ):
        monitor = attacker.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        attacker.send_multipart([real.token.encode(), bytes(reports.MOST_BYTES + 1)])
        assert monitor.poll(1000 * PATIENCE)
        attacker.disable_monitor()
        monitor.close()
        push.send_multipart([real.token.encode(), b'{"state": "running"}'])
        assert real.arrived.wait(PATIENCE)
    assert real.received == ["running"]


def flood(endpoint, count):
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.connect(endpoint)
        for _ in range(count):
            push.send_multipart([b"b" * 32, b'{"state": "ended"}' + bytes(200)])


def test_a_flood_of_forged_reports_does_no_harm(real):
    with zmqlab.start(serve, "REP") as server, connected(zmq.REQ, server.endpoint) as req:
        before = psutil.Process().memory_info().rss
        with zmqlab.start(flood, real.endpoint, 500_000, observe=False) as flooder:
            for number in itertools.count(1):
                req.send(b"hello")
                req.recv()
                server.wait_until(lambda it, n=number: it.messages["REP 0"]["in"] == n, PATIENCE)
                if flooder.ended:
                    break
            assert flooder.wait(PATIENCE) == 0
        assert psutil.Process().memory_info().rss - before < 100e6
        assert server.running
    assert real.received == []
