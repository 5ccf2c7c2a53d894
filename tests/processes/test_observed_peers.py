"""Observed sockets know who is at the other end, and let sockets and contexts end as they like."""

import socket as plain_sockets
import sys

import cloudpickle
import psutil
import pytest
import zmq
from helpers.observing import LOOPBACK, PATIENCE, connected, seen, serve

import zmqlab
from zmqlab.course.ports import free_endpoint
from zmqlab.processes import words

# As the functions of a notebook do, those of this file travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

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
            assert server.sockets[0]["events"] == server.events[-10:]
            assert len(server.events) > 10  # of them a socket keeps the last
            name, told = words.story_of(server.sockets[0])[-1]
            assert (name, told[:26]) == ("DISCONNECTED", "disconnected, no handshake")
            assert "· 1 peer · in 1 out 1 · last: disc" in words.line_of(server.sockets[0])


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
        dealer.bind(LOOPBACK)
        zmqlab.ready()
        dealer.poll()


def test_what_is_disconnected_and_unbound_is_told():
    with (
        zmqlab.start(serve, "ROUTER") as server,
        zmqlab.start(come_and_go, server.endpoint, process_name="client") as client,
    ):
        told = seen(
            client, lambda it: len(it["bound"]) == 1 and it["peers"] == 0, "the last endpoint"
        )
        assert told["connected"] == []
        seen(server, lambda it: it["peers"] == 0, "the client to leave")


def connect_only(endpoint):
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.connect(endpoint)
        req.poll()


def test_an_attempt_in_vain_is_told_once_and_a_wait_says_so():
    nobody = free_endpoint()
    with zmqlab.start(connect_only, nobody) as client:
        client.wait_until(lambda it: it.events, PATIENCE, "an attempt")
        with pytest.raises(TimeoutError) as error:
            client.wait(0.7)  # libzmq tries again ten times a second
        seen = f"REQ · connects to {nobody} · no peer · in 0 out 0 · last: nobody answers there"
        assert seen in str(error.value)
        assert [each["event"] for each in client.events] == ["CONNECT_RETRIED"]


# Contexts and sockets come and go
