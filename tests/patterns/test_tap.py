"""A tap between real sockets: what passes is what was sent, and what is shown is what it means."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading

import psutil
import pytest
import zmq
from helpers.observing import PATIENCE, connected
from helpers.streams import raw_socket
from helpers.tapping import (
    GREETING,
    ask,
    has,
    kinds,
    plain_connection,
    plain_server,
    seen,
    tapped,
)
from helpers.with_node import node, run_node

from zmqlab import RequestError, StartError
from zmqlab.course.ports import free_endpoint


def meanings(entries, side):
    return [each["meaning"] for each in entries if each["side"] == side]


def test_a_subscriber():
    """SUBSCRIBE and CANCEL are commands; PINGs go out by themselves, and are answered."""
    with raw_socket(zmq.XPUB) as pub, tapped(pub.last_endpoint.decode()) as way:
        options = {"heartbeat_ivl": 50, "heartbeat_ttl": 2500, "heartbeat_timeout": 20_000}
        with connected(zmq.SUB, way.endpoint, **options) as sub:
            sub.subscribe("cam")
            assert pub.recv() == b"\1cam"
            pub.send_multipart([b"camera", b"hello"])
            assert sub.recv_multipart() == [b"camera", b"hello"]
            entries = seen(way, has("PONG"))
            sub.unsubscribe("cam")
            assert pub.recv() == b"\0cam"
        entries = seen(way, has("closed"))
    said = [each for each in meanings(entries, "connected") if not each.startswith("PING")]
    assert said[1:5] == [
        "signature of a ZeroMQ socket",
        "greeting: ZMTP 3.1, mechanism NULL",
        'READY: Socket-Type "SUB"',
        'SUBSCRIBE "cam"',
    ]
    assert {"PING, time to live 2.5 s", 'CANCEL "cam"'} <= set(meanings(entries, "connected"))
    assert meanings(entries, "bound")[2] == 'READY: Socket-Type "XPUB"'
    assert [each for each in meanings(entries, "bound") if "part" in each] == [
        'part 1 of a message, more follow, 6 bytes: "camera"',
        'part 2 of 2, 5 bytes: "hello"',
    ]
    assert [each["number"] for each in entries] == list(range(1, len(entries) + 1))
    assert not {"malformed", "unfinished"} & set(kinds(entries))


PAIRS = [
    *((zmq.REQ, zmq.REP), (zmq.REQ, zmq.ROUTER), (zmq.DEALER, zmq.ROUTER), (zmq.PUSH, zmq.PULL)),
    *((zmq.PAIR, zmq.PAIR), (zmq.XSUB, zmq.XPUB)),
]


@pytest.mark.parametrize("mechanism", ["NULL", "CURVE"])
def test_sockets_of_every_kind(mechanism):
    """What a frame's size is, and how many there are, is right even where the rest is sealed."""
    server, client = security(mechanism)
    for one, other in PAIRS if mechanism == "NULL" else PAIRS[:1]:
        with raw_socket(other, **server) as there, tapped(there.last_endpoint.decode()) as way:
            with connected(one, way.endpoint, **client) as here:
                here.send(b"\1" + 299 * b"x")
                assert there.poll(5000)
                there.recv_multipart()
            entries = seen(way, has("closed"))
        assert not {"malformed", "unfinished", "command"} & set(kinds(entries))
        sent = [each for each in entries if each["side"] == "connected"]
        last = [each for each in sent if each["kind"] in ("message", "MESSAGE")][-1]
        assert f"mechanism {mechanism}" in sent[2]["meaning"]
        if mechanism == "CURVE":
            assert last["size"] == 300 + 33 + 9
            assert "300 bytes of data" in last["meaning"]
            assert {each["socket_type"] for each in entries} == {""}
        else:
            assert last["size"] == 300 + 9
            assert last["socket_type"] == zmq.SocketType(one).name
        if (one, mechanism) == (zmq.XSUB, "NULL"):
            assert last["meaning"].startswith("message that subscribes to")


def security(mechanism):
    if mechanism == "CURVE":
        (public, secret), (own, own_secret) = zmq.curve_keypair(), zmq.curve_keypair()
        server = {"curve_server": True, "curve_publickey": public, "curve_secretkey": secret}
        return server, {
            "curve_serverkey": public,
            "curve_publickey": own,
            "curve_secretkey": own_secret,
        }
    return {}, {}


NODE = """
const zmq = require("zeromq");
(async () => {
  const sub = new zmq.Subscriber({
    heartbeatInterval: 20, heartbeatTimeToLive: 3000, heartbeatTimeout: 20000,
  });
  sub.subscribe("cam");
  sub.connect(process.argv[2]);
  for await (const parts of sub) { console.log(parts.join(" ")); break; }
  sub.close();
})();
"""


def test_a_socket_of_node(tmp_path):
    program = tmp_path / "subscriber.cjs"
    program.write_text(NODE)
    node()
    with raw_socket(zmq.XPUB) as pub, tapped(pub.last_endpoint.decode()) as way:
        publisher = threading.Thread(target=publish_once, args=[pub])
        publisher.start()
        assert run_node(program, way.endpoint) == "camera hello\n"
        publisher.join()
        entries = seen(way, has("closed"))
    assert meanings(entries, "connected")[2:5] == [
        "greeting: ZMTP 3.1, mechanism NULL",
        'READY: Socket-Type "SUB"',
        'SUBSCRIBE "cam"',
    ]
    assert 'part 2 of 2, 5 bytes: "hello"' in meanings(entries, "bound")


def publish_once(pub):
    pub.recv()
    pub.send_multipart([b"camera", b"hello"])


def test_nothing_changes_but_the_time():
    text = os.urandom(3_000_000)
    with plain_server() as (server, there):

        def echo():
            far, _ = server.accept()
            with far:
                while data := far.recv(100_000):
                    far.sendall(data)

        thread = threading.Thread(target=echo)
        thread.start()
        with (
            tapped(there, delay=0.05, rate=2e7, loss=0.02) as way,
            plain_connection(way) as near,
        ):
            sender = threading.Thread(target=near.sendall, args=[text])
            sender.start()
            back = b""
            while len(back) < len(text):
                back += near.recv(100_000)
            assert back == text
            sender.join()
            near.close()
            thread.join(20)
            assert not thread.is_alive(), "the far end did not hear that the near one has gone"


def test_nobody_there():
    """The other side hears it at once; it is told once, however often somebody tries."""
    with tapped(free_endpoint()) as way:
        for _ in range(3):
            with plain_connection(way) as near:
                assert near.recv(1) == b""
        assert kinds(seen(way, has("refused"))).count("refused") == 1


def test_whatever_is_asked_the_tap_goes_on():
    with tapped("tcp://127.0.0.1:1") as way:
        for command, parameters, said in (
            ("smile", None, "unknown command 'smile'"),
            ("set", {"delay": -1}, "delay=-1"),
            ("set", {"cut": 1}, "cut=1: give true or false"),
            ("set", {"corrupt": -1}, "corrupt=-1"),
            ("set", {"delay": 1, "colour": 1}, "unknown setting 'colour'"),
            ("read", {"after": "x"}, "after='x': give the number"),
        ):
            with pytest.raises(RequestError, match=re.escape(said)):
                ask(way, command, **(parameters or {}))
        with connected(zmq.DEALER, way.endpoints[1]) as dealer:
            for parts in ([b"no envelope"], [b""], [b"", b""], [b"", b"set", b"[[[["]):
                dealer.send_multipart(parts)
        settings = {"delay": 0.0, "rate": None, "loss": 0.0, "cut": False, "corrupt": 0}
        assert ask(way, "info")["settings"] == settings, "of what is wrong, nothing is set"
        assert ask(way, "set", delay=0.5, cut=True)["settings"] == settings | {
            "delay": 0.5,
            "cut": True,
        }
        (entry,) = seen(way, has("line"))
        assert entry["meaning"] == "from now on: a delay of 0.5 s, cut, nothing passes"
        ask(way, "stop")
        assert way.wait(PATIENCE) == 0


@contextlib.contextmanager
def through_a_tap(server=(), client=()):
    """Give a PUSH, a tap and a PULL behind it; a message has come through."""
    with (
        raw_socket(zmq.PULL, **dict(server)) as pull,
        tapped(pull.last_endpoint.decode()) as way,
        connected(zmq.PUSH, way.endpoint, **dict(client)) as push,
    ):
        push.send(b"first")
        assert pull.recv() == b"first"
        yield push, way, pull


def test_what_is_cut_and_mended():
    """Nothing passes and nobody is told; with heartbeats a socket finds out; then all arrives."""
    with through_a_tap() as (push, way, pull):
        ask(way, "set", cut=True)
        push.send(b"during")
        with connected(zmq.PUSH, pull.last_endpoint) as other:  # beside the tap
            other.send(b"beside")
            assert pull.recv() == b"beside"
        assert not pull.poll(100)
        ask(way, "set", cut=False)
        assert pull.recv() == b"during"
        assert ask(way, "info")["connections"] == 1
        beating = {"heartbeat_ivl": 20, "heartbeat_timeout": 200}
        with connected(zmq.PUSH, way.endpoint, **beating) as other:
            monitor = other.get_monitor_socket(zmq.EVENT_DISCONNECTED)
            other.send(b"other")
            assert pull.recv() == b"other"
            ask(way, "set", cut=True)
            assert monitor.poll(20_000), "heartbeats did not find out"
            other.disable_monitor()
            monitor.close()


@pytest.mark.parametrize("mechanism", ["NULL", "CURVE"])
def test_what_is_corrupted(mechanism):
    """Without keys nobody notices; with them the box does not open, and the connection ends."""
    with through_a_tap(*security(mechanism)) as (push, way, pull):
        assert ask(way, "set", corrupt=1)["settings"]["corrupt"] == 1
        push.send(b"hello")
        if mechanism == "NULL":
            assert pull.recv() == b"helln"
            push.send(b"hello")
            assert pull.recv() == b"hello"
        else:
            entries = seen(way, has("closed"))
            assert entries[kinds(entries).index("closed")]["side"] == "bound"
        assert ask(way, "info")["settings"]["corrupt"] == 0
        assert "corrupted: the last byte" in " ".join(meanings(seen(way, has("line")), "connected"))


def test_memory_has_a_bound():
    """A frame without an end, a flood, and a reader that does not read."""
    with plain_server() as (server, there), tapped(there) as way:
        before = psutil.Process(way.pid).memory_info().rss
        with plain_connection(way) as near:
            far, _ = server.accept()
            near.sendall(GREETING + b"\2" + (1 << 40).to_bytes(8) + bytes(300))
            entries = seen(way, has("message"))
            assert "1,099,511,627,776 bytes" in entries[-1]["meaning"]
            near.settimeout(1)
            passed = 0  # the far side reads nothing: the near one must wait
            with contextlib.suppress(TimeoutError):
                while passed < 100_000_000:
                    passed += near.send(bytes(1_000_000))
            assert passed < 60_000_000
            reader = threading.Thread(target=drain, args=[far])
            reader.start()
            near.settimeout(PATIENCE)
            for _ in range(100):
                near.sendall(bytes(1_000_000))
            near.close()
            reader.join()
        with plain_connection(way) as near:
            reader = threading.Thread(target=drain, args=[server.accept()[0]])
            reader.start()
            near.sendall(GREETING + 200_000 * b"\0\5hello")
            near.close()
            reader.join()
        entries = seen(way, has("closed", 2))
        assert len(entries) <= 2000
        assert entries[-1]["number"] > 200_000
        assert kinds(entries).count("greeting") == 2, "a flood does not wash away how it began"
        assert psutil.Process(way.pid).memory_info().rss < before + 40_000_000


def taken(connection, count):
    """Receive so many bytes."""
    connection.settimeout(PATIENCE)
    while count:
        data = connection.recv(min(count, 1 << 20))
        assert data, f"{count} bytes did not come"
        count -= len(data)


def drain(connection):
    with connection:
        while connection.recv(1 << 20):
            pass


def test_a_tap_is_told_of_as_sockets_are():
    with raw_socket(zmq.PULL) as pull, tapped(pull.last_endpoint.decode()) as way:
        with connected(zmq.PUSH, way.endpoint) as push:
            push.send_multipart([b"one", b"message"])
            pull.recv_multipart()
            way.wait_until(lambda it: it.sockets[0]["sent"]["messages"], PATIENCE, "its count")
            told = way.sockets[0]
            assert (told["type"], told["peers"]) == ("TAP", 2)
            assert told["bound"] == [way.endpoint]
            assert told["connected"] == [pull.last_endpoint.decode()]
            assert told["sent"] == told["received"]
            assert told["sent"]["messages"] == 1
        way.wait_until(lambda it: it.sockets[0]["peers"] == 0, PATIENCE, "the end of both")


def test_endpoints_that_cannot_be():
    for options, said in (
        ({"endpoint": "ipc:///tmp/x"}, "cannot tap 'ipc:///tmp/x'"),
        ({"endpoint": "tcp://127.0.0.1"}, "it takes one such as tcp://127.0.0.1:5555"),
        ({"endpoint": "tcp://127.0.0.1:1", "delay": -1}, "delay=-1"),
    ):
        with pytest.raises(StartError, match=re.escape(said)), tapped(**options):
            pass
    with (
        plain_server() as (_, taken),
        pytest.raises(StartError, match=f"cannot bind {taken}: .*take another port"),
        tapped("tcp://127.0.0.1:1", bind=taken),
    ):
        pass


@pytest.mark.skipif(os.name == "nt", reason="signals are Unix's")
def test_a_tap_in_a_terminal():
    """A line for each thing that passes; Ctrl-C ends it in order, with what has come by then."""
    with raw_socket(zmq.REP) as rep:
        there = rep.last_endpoint.decode()
        command = [sys.executable, "-m", "zmqlab", "tap", "--connect", there]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as way:
            try:
                endpoint = re.search(r"is at (tcp://\S+),", way.stdout.readline())[1]
                with connected(zmq.REQ, endpoint) as req:
                    req.send(b"hello")
                    rep.send(rep.recv())
                    req.recv()
                lines = []
                while not lines or "closed" not in lines[-1]:
                    lines.append(way.stdout.readline())
                way.send_signal(signal.SIGINT)
                assert way.wait(20) == 0
            finally:
                way.kill()
    assert re.search(r'> REQ  .* 00 05 68 65 6c 6c 6f .* part 2 of 2, 5 bytes: "hello"', lines[8])
    assert len({len(line.partition("  1 ")[0]) for line in lines}) == 1, "the columns are even"
