"""Three clients that get no reply, each for a reason of its own: find out which.

Read this file after you have found out.
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


def events(process):
    """Return the names of what happened at the sockets of a process, in order."""
    return [each["event"] for each in process.events]
