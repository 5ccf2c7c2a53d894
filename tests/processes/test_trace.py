"""Traces of real processes: each message is told of once, from where, to where, to what end."""

import contextlib
import sys
from collections import Counter

import cloudpickle
import psutil
import pytest
import zmq
from helpers.observing import LOOPBACK, PATIENCE, serve

import zmqlab
from zmqlab.processes import trace
from zmqlab.processes.matching import follow

# As the functions of a notebook do, those of this file travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


@contextlib.contextmanager
def cast():
    """Give a function that starts a traced process under a name; stop all of them at the end."""
    with contextlib.ExitStack() as stack:

        def begin(name, function, *args, **kwargs):
            kwargs = {"process_name": name, "trace": True, "start_timeout": PATIENCE} | kwargs
            return stack.enter_context(zmqlab.start(function, *args, **kwargs))

        yield begin


def told(*processes):
    """Return what became of each message, once all processes have reported."""
    for each in processes:
        assert each.settle(each.ask_for_report(), PATIENCE) or each.ended
    return follow(processes)


def arrows(*processes):
    """Return (from, to, text of the last part, state) of each message, in order."""
    messages, left_out = told(*processes)
    assert left_out == 0
    for each in messages:
        if each["state"] == "arrived":
            assert each["sent"] <= each["received"]
    return [
        (each["from"], each["to"], each["parts"][-1]["begins"].decode(), each["state"])
        for each in messages
    ]


def ask(kind, endpoint, texts, identity=None):
    """Ask in turn, with a REQ or a DEALER."""
    with zmq.Context() as context, context.socket(getattr(zmq, kind)) as socket:
        if identity:
            socket.routing_id = identity
        socket.connect(endpoint)
        for text in texts:
            socket.send(text)
            socket.recv_multipart()


def ask_with_asyncio(endpoint, texts):
    import asyncio

    import zmq.asyncio

    async def talk():
        with zmq.asyncio.Context() as context, context.socket(zmq.REQ) as socket:
            socket.connect(endpoint)
            for text in texts:
                await socket.send(text)
                await socket.recv()

    asyncio.run(talk())


@pytest.mark.parametrize("way", [ask, ask_with_asyncio])
def test_req_and_rep_take_turns(way):
    """Though all messages look the same."""
    with cast() as begin:
        server = begin("server", serve, "REP")
        arguments = ("REQ",) if way is ask else ()
        client = begin("client", way, *arguments, server.endpoint, [b"same"] * 20)
        client.wait(PATIENCE)
        there, back = ("client", "server"), ("server", "client")
        assert arrows(server, client) == [(*way, "same", "arrived") for way in [there, back] * 20]
        messages, _ = told(server, client)
        times = [each[end] for each in messages for end in ("sent", "received")]
        assert times == sorted(times)


def deal(endpoints, texts):
    """Wait until all have connected, then deal out."""
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        for each in endpoints:
            push.connect(each)
        for text in texts:
            push.send(text)


def take(count=None, rest=None):
    """Take some messages, or all until told to stop."""
    import itertools
    import time

    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(LOOPBACK)
        for _ in itertools.repeat(None) if count is None else range(count):
            pull.recv()
            if rest:
                time.sleep(rest)


@pytest.mark.parametrize("texts", [[b"%d" % n for n in range(30)], [b"same"] * 30])
def test_push_deals_in_turn(texts):
    with cast() as begin:
        workers = [begin(name, take, 10) for name in ("Ada", "Grace", "Mary")]
        push = begin("push", deal, [each.endpoint for each in workers], texts)
        for each in (push, *workers):
            each.wait(PATIENCE)
        found = arrows(push, *workers)
        assert [text for _, _, text, _ in found] == [text.decode() for text in texts]
        assert {state for *_, state in found} == {"arrived"}
        # Connections are made in an order of their own.
        turn = [to for _, to, *_ in found]
        assert Counter(turn) == {"Ada": 10, "Grace": 10, "Mary": 10}
        if texts[0] != texts[1]:
            assert turn == turn[:3] * 10


def publish(messages, subscribers):
    """Wait for so many subscriptions, then publish."""
    with zmq.Context() as context, context.socket(zmq.XPUB) as pub:
        pub.xpub_verbose = True
        pub.bind(LOOPBACK)
        for _ in range(subscribers):
            pub.recv()
        for each in messages:
            pub.send_multipart(each)


def listen(endpoint, topic, last):
    """Receive until the last message."""
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.subscribe(topic)
        sub.connect(endpoint)
        while sub.recv_multipart()[-1] != last:
            pass


def listen_late(endpoint, gate):
    """Receive only when all has been published, and say when the end has come."""
    with (
        zmq.Context() as context,
        context.socket(zmq.SUB) as sub,
        context.socket(zmq.REQ) as ask,
    ):
        sub.rcvhwm = 1
        sub.subscribe(b"")
        sub.connect(endpoint)
        ask.connect(gate)
        ask.send(b"is all published?")
        ask.recv()
        while sub.recv() != b"end":
            pass
        ask.send(b"the end has come")
        ask.recv()


def test_pub_sends_a_copy_to_each_who_wants_it():
    messages = [[b"a", b"%d" % number] for number in range(10)] + [[b"c", b"nobody"], [b"", b"x"]]
    messages += [[b"b", b"end"], [b"a", b"end"]]
    with cast() as begin:
        pub = begin("pub", publish, messages, 3)
        wishes = {"Ada": b"a", "Grace": b"a", "Mary": b"b"}
        subs = [begin(name, listen, pub.endpoint, it, b"end") for name, it in wishes.items()]
        for each in (pub, *subs):
            each.wait(PATIENCE)
        found = [each for each in arrows(pub, *subs) if not each[2].startswith("\0")]
    wanted = [("pub", to, str(n), "arrived") for n in range(10) for to in ("Ada", "Grace")]
    wanted += [("pub", to, "end", "arrived") for to in wishes]
    wanted += [("pub", None, text, "nobody") for text in ("nobody", "x")]
    wanted += [(name, "pub", f"\x01{topic.decode()}", "arrived") for name, topic in wishes.items()]
    assert Counter(found) == Counter(wanted)


def publish_much(count, size):
    """Publish more than queues hold, and then the end until it comes through."""
    with (
        zmq.Context() as context,
        context.socket(zmq.XPUB) as pub,
        context.socket(zmq.REP) as gate,
    ):
        pub.sndhwm, pub.sndbuf = 1, 50_000
        gate.bind(LOOPBACK)
        pub.bind(LOOPBACK)
        pub.recv()
        for number in range(count):
            pub.send(b"%06d" % number + bytes(size))
        gate.recv()
        gate.send(b"yes")
        while not gate.poll(20):
            pub.send(b"end")
        gate.recv()
        gate.send(b"good")


def test_what_a_full_queue_drops_is_lost():
    with cast() as begin:
        pub = begin("pub", publish_much, 200, 100_000)
        pub.wait_until(lambda it: len(it.endpoints) == 2, PATIENCE)
        endpoint, gate = pub.endpoints
        sub = begin("sub", listen_late, endpoint, gate)
        pub.wait(PATIENCE)
        sub.wait(PATIENCE)
        sent, received = pub.messages["XPUB 0"]["out"], sub.messages["SUB 0"]["in"]
        states = Counter(
            each["state"] for each in told(pub, sub)[0] if each["sockets"][0] == "XPUB 0"
        )
    assert 1 < received < 200 < sent
    assert states == {"arrived": received, "lost": sent - received}


def test_what_a_killed_worker_had_in_its_queue_is_lost():
    with cast() as begin:
        quick, stuck = begin("quick", take), begin("stuck", take, rest=1000)
        push = begin("push", deal, [quick.endpoint, stuck.endpoint], [b"%d" % n for n in range(20)])
        push.wait(PATIENCE)
        stuck.wait_until(lambda it: it.messages["PULL 0"]["in"], PATIENCE)
        quick.wait_until(lambda it: it.messages["PULL 0"]["in"] == 10, PATIENCE)
        waiting = Counter(state for *_, state in arrows(push, quick, stuck))
        assert waiting == {"arrived": 11, "waiting": 9}
        psutil.Process(stuck.pid).kill()
        stuck.wait_until(lambda it: it.ended, PATIENCE)
        found = Counter((to, state) for _, to, _, state in arrows(push, quick, stuck))
    assert found == {("quick", "arrived"): 10, ("stuck", "arrived"): 1, ("stuck", "lost"): 9}


@pytest.mark.parametrize(
    ("kind", "server"), [("DEALER", "ROUTER"), ("REQ", "ROUTER"), ("DEALER", "REP")]
)
def test_envelopes_are_not_in_the_way(kind, server):
    """What a DEALER sends to a REP begins with an empty part, which REP takes off and puts on."""
    texts = [b"same"] * 5
    with cast() as begin:
        answering = begin("server", serve, server)
        way = ask_with_envelope if (kind, server) == ("DEALER", "REP") else ask
        arguments = () if way is ask_with_envelope else (kind,)
        ada = begin("Ada", way, *arguments, answering.endpoint, texts)
        # Until a ROUTER's name for her is known, she may be taken for another who says the same.
        ada.wait_until(lambda it: any(each["in"] for each in it.messages.values()), PATIENCE)
        asking = [ada, begin("Grace", way, *arguments, answering.endpoint, texts)]
        for each in asking:
            each.wait(PATIENCE)
        found = Counter(arrows(answering, *asking))
    wanted = [(name, "server", "same", "arrived") for name in ("Ada", "Grace")]
    wanted += [("server", name, "same", "arrived") for name in ("Ada", "Grace")]
    assert found == Counter(wanted * 5)


def ask_with_envelope(endpoint, texts):
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.connect(endpoint)
        for text in texts:
            socket.send_multipart([b"", text])
            socket.recv_multipart()


def test_a_trace_can_be_switched_on_and_tells_of_those_without_one():
    with cast() as begin:
        server = begin("server", serve, "REP", trace=False)
        begin("before", ask, "REQ", server.endpoint, [b"before"]).wait(PATIENCE)
        assert not server.traced
        server.trace()
        assert server.settle(server.ask_for_report(), PATIENCE)
        stranger = begin("after", ask, "REQ", server.endpoint, [b"after"], trace=False)
        stranger.wait(PATIENCE)
        assert arrows(server) == [
            (None, "server", "after", "outside"),
            ("server", None, "after", "outside"),
        ]


def test_a_trace_needs_observation():
    with pytest.raises(ValueError, match="observe=False"):
        zmqlab.start(serve, "REP", trace=True, observe=False)
    with zmqlab.start(serve, "REP", observe=False) as server:
        server.trace()
        assert not server.traced


def flood(endpoint, count):
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.connect(endpoint)
        for number in range(count):
            push.send(b"%d" % number)


def test_a_flood_costs_no_message_and_little_memory_and_nothing_is_called_lost():
    with cast() as begin:
        pull = begin("pull", take, 500_000)
        push = begin("push", flood, pull.endpoint, 500_000)
        push.wait(60)
        pull.wait(60)
        messages, left_out = follow([push, pull])
        there = [list(each.noted.parts()) for each in (push, pull)]
        kept = sum(len(piece) for each in (push, pull) for _, piece in each.noted.pieces)
    assert [it.messages for it in (push, pull)] == [
        {"PUSH 0": {"in": 0, "out": 500_000}},
        {"PULL 0": {"in": 500_000, "out": 0}},
    ]
    # Of most messages nothing was noted, or at one end only: nobody knows what became of them.
    assert {each["state"] for each in messages} <= {"arrived"}
    assert left_out == sum(500_000 - parts[0].number + 1 - len(parts) for parts in there)
    assert left_out > 0
    assert kept < 2 * (trace.MOST_KEPT + 1_000_000)
