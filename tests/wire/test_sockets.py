"""Errors of bind and connect, and what is said of an endpoint that does not answer."""

import socket as plain_sockets

import pytest
import zmq

from zmqlab.wire import sockets


@pytest.fixture
def rep():
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        yield socket


@pytest.fixture
def silent():
    """The endpoint of a program that lets others connect, and says nothing."""
    with plain_sockets.create_server(("127.0.0.1", 0)) as listener:
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def unused():
    """An endpoint where nobody listens, and nobody else will: the port is bound, not open."""
    with plain_sockets.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"tcp://127.0.0.1:{held.getsockname()[1]}"


def test_bind_returns_what_was_bound(rep):
    endpoint = sockets.bind(rep, "tcp://127.0.0.1:*")
    assert endpoint == rep.last_endpoint.decode()
    assert int(endpoint.rpartition(":")[2]) > 0
    with rep.context.socket(zmq.REQ) as req:
        sockets.connect(req, endpoint)
        req.send(b"hello")
        assert sockets.wait({rep: zmq.POLLIN}, 10) == {rep: zmq.POLLIN}
        assert rep.recv() == b"hello"


@pytest.mark.parametrize(
    ("endpoint", "complaint"),
    [
        ("127.0.0.1:5555", "looks like tcp://127.0.0.1:5555"),
        ("tcp://127.0.0.1", "looks like"),
        ("http://127.0.0.1:80", "no such protocol"),
        ("tcp://192.0.2.1:0", "no such address"),  # an address kept for documentation
        ("tcp://nowhere.invalid:0", "no such address"),
    ],
)
def test_bind_says_what_to_do(rep, endpoint, complaint):
    with pytest.raises(zmq.ZMQError, match=complaint) as error:
        sockets.bind(rep, endpoint, keys="none")
    assert endpoint in str(error.value)
    assert error.value.errno


def test_bind_to_a_port_in_use(rep):
    endpoint = sockets.bind(rep, "tcp://127.0.0.1:*")
    with (
        rep.context.socket(zmq.REP) as second,
        pytest.raises(zmq.ZMQError, match="the port is taken") as error,
    ):
        sockets.bind(second, endpoint)
    assert error.value.errno == zmq.EADDRINUSE
    assert endpoint in str(error.value)


@pytest.mark.parametrize(
    ("endpoint", "complaint"),
    [
        ("tcp://*:5555", "Write tcp://127.0.0.1:5555 for a server on this computer"),
        ("tcp://127.0.0.1:*", "Write the port that bind took"),
        ("localhost:5555", "looks like tcp://127.0.0.1:5555"),
        ("http://127.0.0.1:5555", "looks like"),
    ],
)
def test_connect_says_what_to_write(rep, endpoint, complaint):
    with pytest.raises(zmq.ZMQError, match=complaint) as error:
        sockets.connect(rep, endpoint)
    assert endpoint in str(error.value)


def test_wait_ends_without_an_event(rep):
    sockets.bind(rep, "tcp://127.0.0.1:*")
    for timeout in (0, 0.01, -1):
        assert sockets.wait({rep: zmq.POLLIN}, timeout) == {}


def test_who_listens(rep, silent, unused):
    endpoint = sockets.bind(rep, "tcp://127.0.0.1:*")
    assert "a ZeroMQ socket listens" in sockets.who_listens(endpoint)
    assert "does not speak ZeroMQ" in sockets.who_listens(silent, timeout=0.2)
    assert "nobody listens" in sockets.who_listens(unused)
    assert "'nowhere.invalid'" in sockets.who_listens("tcp://nowhere.invalid:5555")
    assert "Port out of range" in sockets.who_listens("tcp://127.0.0.1:99999")
    assert "inproc" in sockets.who_listens("inproc://a")
