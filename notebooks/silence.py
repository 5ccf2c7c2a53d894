"""Programs that wait in vain, each for a reason of its own: find out which.

Three clients are those of notebook 01, seven programs those of notebook 08. Read this file after
you have found out.
"""

import zmq
from addresses import free_address

from zmqlab import start


def start_silent():
    """Start three clients, Ada, Grace and Mary, that will get no reply; return their handles."""
    servers = start(two_servers, process_name="servers")
    servers.wait_until(lambda it: len(it.endpoints) == 2, what="two bound sockets")
    listening, of_another_kind = servers.endpoints
    clients = [
        start(ask, endpoint, process_name=name)
        for name, endpoint in zip(
            ("Ada", "Grace", "Mary"), (listening, of_another_kind, free_address()), strict=True
        )
    ]
    for client, last in zip(
        clients, ("HANDSHAKE_SUCCEEDED", "DISCONNECTED", "CONNECT_RETRIED"), strict=True
    ):
        client.wait_until(lambda it, last=last: last in events(it), what=last)
    return clients


def two_servers():
    """Take one request and never reply; and publish, beside it, to nobody."""
    with (
        zmq.Context() as context,
        context.socket(zmq.REP) as rep,
        context.socket(zmq.PUB) as pub,
    ):
        rep.bind("tcp://127.0.0.1:*")
        pub.bind("tcp://127.0.0.1:*")
        rep.recv()
        while not rep.poll(1000):  # a REP that owes a reply receives nothing more
            pass


def ask(endpoint):
    """Ask once, and wait for the reply."""
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(endpoint)
        socket.send(b"Anybody there?")
        print("received", socket.recv())


def start_seven():
    """Start seven programs to which nothing comes; return their handles."""
    hedy = start(owe_a_reply, process_name="Hedy")
    lise = start(wait, zmq.PULL, "tcp://127.0.0.1:*", process_name="Lise")
    others = start(four_servers, hedy.endpoint, process_name="others")
    others.wait_until(lambda it: len(it.endpoints) == 4, what="four bound sockets")
    push, pub, ending, busy = others.endpoints
    emmy = start(wait, zmq.PULL, free_address(), process_name="Emmy")
    joan = start(ask, push, process_name="Joan")
    rosa = start(wait, zmq.SUB, pub, process_name="Rosa")
    vera = start(ask, ending, process_name="Vera")
    zora = start(ask, busy, process_name="Zora")
    last = {emmy: "CONNECT_RETRIED", joan: "DISCONNECTED", vera: "CONNECT_RETRIED"}
    last |= dict.fromkeys((hedy, rosa, zora), "HANDSHAKE_SUCCEEDED")
    for each, event in last.items():
        each.wait_until(lambda it, event=event: event in events(it)[-1:], what=event)
    hedy.wait_until(lambda it: it.sockets[0]["received"]["messages"], what="a request")
    return [emmy, hedy, joan, lise, rosa, vera, zora]


def wait(kind, endpoint):
    """Wait for a message; an endpoint with a star is bound."""
    with zmq.Context() as context, context.socket(kind) as socket:
        (socket.bind if endpoint.endswith("*") else socket.connect)(endpoint)
        print("received", socket.recv())


def owe_a_reply():
    """Take a request, and wait for the next one."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind("tcp://127.0.0.1:*")
        socket.recv()
        while not socket.poll(1000):
            pass


def four_servers(endpoint):
    """Be at the other end of five of them; nobody is at that of Emmy and of Lise."""
    kinds = zmq.PUSH, zmq.PUB, zmq.REP, zmq.REP
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        sockets = push, pub, ending, busy = [context.socket(kind) for kind in kinds]
        for each in sockets:
            each.bind("tcp://127.0.0.1:*")
        req.connect(endpoint)
        req.send(b"Anybody there?")
        ending.recv()
        ending.close()
        busy.recv()
        req.recv()


def events(process):
    """Return the names of what happened at the sockets of a process, in order."""
    return [each["event"] for each in process.events]
