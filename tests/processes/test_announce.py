"""What is no ZeroMQ socket, and yet told of as one."""

import contextlib
import socket
import threading

from helpers.observing import PATIENCE

from zmqlab import ready, start
from zmqlab.processes.announce import announce, withdraw


def listen():
    """Listen as a plain program does, and tell of it; say what comes, until told to stop."""
    from zmq import Event

    with socket.create_server(("127.0.0.1", 0)) as server, contextlib.suppress(KeyboardInterrupt):
        here = "tcp://{}:{}".format(*server.getsockname())
        record = announce("PLAIN", [here], [])
        ready()
        while True:
            connection, _ = server.accept()
            with connection:
                record.follow(Event.ACCEPTED, connection.fileno(), here).up = True
                while data := connection.recv(100):
                    record.received.parts += 1
                    record.received.bytes += len(data)
                record.connections.pop(connection.fileno())


def test_it_is_told_of_while_it_lasts():
    with start(listen, start_timeout=PATIENCE) as process:
        assert process.endpoints == [process.endpoint]
        host, _, port = process.endpoint.removeprefix("tcp://").rpartition(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"hello")
            process.wait_until(lambda it: it.sockets[0]["received"]["bytes"], PATIENCE, "a count")
            told = process.sockets[0]
            assert (told["type"], told["peers"], told["closed"]) == ("PLAIN", 1, False)
            assert told["received"] == {"messages": 1, "bytes": 5}
        process.wait_until(lambda it: it.sockets[0]["peers"] == 0, PATIENCE, "its end")


def come_and_go():
    """Tell of an endpoint, and then that it is no more."""
    record = announce("PLAIN", ["tcp://127.0.0.1:1"], [])
    ready()
    withdraw(record)
    threading.Event().wait()


def test_it_is_told_of_no_longer_once_withdrawn():
    with start(come_and_go, start_timeout=PATIENCE) as process:
        process.wait_until(lambda it: it.sockets and it.sockets[0]["closed"], PATIENCE, "its end")
        assert process.endpoints == []


def test_nothing_comes_of_it_where_nobody_observes():
    record = announce("PLAIN", ["tcp://127.0.0.1:1"], [])
    assert record.as_dict()["bound"] == ["tcp://127.0.0.1:1"]
