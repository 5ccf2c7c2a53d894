"""What anybody may do who finds a port, and that it harms nobody else."""

import contextlib
import json
import os
import socket as plain_sockets
import sys

import cloudpickle
import numpy as np
import psutil
import pytest
import zmq
from helpers.attacks import LONG, MORE, growth_of, message, part, peer, pour, shake_hands
from helpers.choosing import always
from helpers.streams import raw_socket

from zmqlab import (
    FarmError,
    RequestError,
    camera_publisher,
    camera_server,
    fft_farm,
    request,
    sink,
    start,
    subscribe,
)
from zmqlab.page.live_server import serve_live
from zmqlab.patterns.request_reply import unpack_reply
from zmqlab.patterns.watch_stream import carries, watch
from zmqlab.patterns.workers import unpack_result
from zmqlab.wire.messages import pack_frame, pack_message
from zmqlab.wire.shared import RingReader

cloudpickle.register_pickle_by_value(sys.modules[__name__])

MB = 1_000_000
linux = pytest.mark.skipif(
    sys.platform != "linux", reason="only there the memory is the process's own"
)


# Memory

ENDLESS = {
    "parts without end": part(bytes(60_000), more=True),
    "a part that trickles": bytes([MORE | LONG]) + (60_000).to_bytes(8, "big") + bytes(60_000),
    "short parts without end": part(b"x" * 20, more=True) * 3000,
    "messages of many parts": message(*[bytes(60_000)] * 200),
    "empty parts without end": part(b"", more=True) * 30_000,
}


@linux
@pytest.mark.parametrize("kind", ["DEALER", "SUB"])
@pytest.mark.parametrize("name", always(1, ENDLESS))
def test_a_message_without_end_fills_no_memory(kind, name):
    # An empty part takes 64 bytes, of 2 on its way.
    most, total = (600 * MB, 400 * MB) if "empty" in name else (400 * MB, 800 * MB)
    with start(camera_publisher, "simulated", control="tcp://127.0.0.1:*") as process:
        publishes, replies = process.wait_until(lambda it: it.endpoints[1:] and it.endpoints, 10)
        endpoint = replies if kind == "DEALER" else publishes
        with subscribe(publishes) as stream:
            stream.read()
            with growth_of(process) as growth:
                sent = 0
                while sent < total and growth() < most:
                    with contextlib.suppress(OSError), peer(endpoint, kind, timeout=0.5) as it:
                        sent += pour(it, ENDLESS[name], total - sent)
                    sent += 40 * MB  # of one that hangs
                assert growth() < most
            stream.read(60)
            assert request(replies, "info", timeout=60)[0] == "ok"


@linux
@pytest.mark.parametrize("name", always(1, [name for name in ENDLESS if "without end" in name]))
def test_a_publisher_without_end_fills_no_memory_of_who_listens(name):
    data = ENDLESS[name]
    with plain_sockets.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        endpoint = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        with start(watch, connect=endpoint) as process, growth_of(process) as growth:
            sent = 0
            while sent < 800 * MB and growth() < 600 * MB:
                connection, _ = listener.accept()  # it comes again when it has been cut off
                with contextlib.suppress(OSError), connection:
                    connection.settimeout(2)
                    shake_hands(connection, "PUB")
                    sent += pour(connection, data, 400 * MB)
                sent += 40 * MB  # of one that hangs
            assert growth() < 500 * MB  # of one frame 64 MiB, and what comes between two looks
            process.stop(timeout=20)
        assert process.state == "stopped"


@linux
def test_subscriptions_fill_no_memory():
    """Each costs 49 times its length; so they are short, and a connection has a few."""
    with start(camera_publisher, "simulated") as process, subscribe(process.endpoint) as stream:
        stream.read()
        with growth_of(process) as growth:
            with peer(process.endpoint, "SUB", timeout=1) as it:
                long = b"".join(part(b"\1" + os.urandom(60_000)) for _ in range(500))
                assert pour(it, long, 1) == 0  # thrown out
            for _ in range(100):
                with contextlib.suppress(OSError), peer(process.endpoint, "SUB", timeout=1) as it:
                    for _ in range(20):
                        texts = (b"\1" + os.urandom(95) for _ in range(50))
                        it.sendall(b"".join(map(part, texts)))
                if growth() > 300 * MB:
                    break
            assert growth() < 100 * MB
        stream.read()


# Streams


def test_a_header_without_end_is_refused():
    with (
        raw_socket(zmq.XPUB) as publisher,
        subscribe(publisher.last_endpoint.decode()) as stream,
    ):
        publisher.recv()
        parts = pack_frame(np.zeros((4, 4), np.uint8), "camera/", 0)
        text = json.dumps(json.loads(parts[1]) | {"x": "x" * 2_000_000}).encode()
        publisher.send_multipart([parts[0], text, parts[2]])
        publisher.send_multipart(parts)
        stream.read()
        assert stream.refused == 1
        assert "more than 1048576" in stream.complaint


# Connections


def with_few_files(role, **options):
    """Run a role as most systems do: with 1,024 files."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    role(**options)


@linux
@pytest.mark.parametrize("kind", always(1, ["REQ", None]), ids=["greeted", "silent"])
def test_a_thousand_connections_lock_nobody_out(kind):
    with (
        start(with_few_files, camera_server, camera="simulated") as process,
        a_thousand(process, kind),
    ):
        # Who is on the way in when the guard looks may be cut off with the others.
        assert request(process.endpoint, "info", timeout=20, retries=3)[0] == "ok"


@contextlib.contextmanager
def a_thousand(process, kind, files=1):
    """Connect more often than there are files; give the time in which that is so."""
    there = psutil.Process(process.pid)
    with contextlib.ExitStack() as stack:
        for _ in range(1100):
            with contextlib.suppress(OSError):
                stack.enter_context(peer(process.endpoint, kind, timeout=1))
        yield
        process.wait_until(lambda _: there.num_fds() < 1000, 20, "fewer connections")


@linux
def test_idle_connections_and_endless_posts_do_not_shut_a_web_server():
    """A page that is open stays so, and another one gets in."""
    token, nowhere = "x" * 32, "tcp://127.0.0.1:9"
    options = {"endpoint": nowhere, "topic": "camera", "token": token}
    with start(with_few_files, serve_live, **options) as process, contextlib.ExitStack() as stack:
        endpoint = f"http://127.0.0.1:{process.wait_output('port ').split()[1]}"
        upgrade = f"GET /{token}/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        upgrade += (
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n"
        )
        page = stack.enter_context(peer(endpoint))
        page.sendall(upgrade.encode())
        assert b" 101 " in page.recv(20)
        before = process.memory
        post = f"POST /{token}/frame.png HTTP/1.1\r\nContent-Length: 95000000\r\n\r\n".encode()
        for _ in range(8):
            with contextlib.suppress(OSError), peer(endpoint, timeout=1) as it:
                it.sendall(post)
                assert pour(it, bytes(1_000_000), 94 * MB) < 94 * MB
        assert process.memory - before < 50 * MB
        for _ in range(1100):
            with contextlib.suppress(OSError):
                stack.enter_context(peer(endpoint, timeout=1))
        with peer(endpoint) as other:
            other.sendall(upgrade.encode())
            assert b" 101 " in other.recv(20)
        page.sendall(b"\x89\x80abcd")  # a ping
        while b"\x8a" not in page.recv(1 << 16):  # until the pong
            pass
        assert psutil.Process(process.pid).num_fds() < 1000


# The farm and the sink


def small_frames(count=40):
    return [np.full((8, 8), number, np.uint8) for number in range(count)]


def double(frame):
    return 2 * frame


def listening():
    return {
        each.laddr.port
        for each in psutil.Process().net_connections("tcp")
        if each.status == "LISTEN"
    }


def attacked(frames, others):
    """Yield frames; before the first, forge results for all of them at the port of the farm."""
    (port,) = listening() - others
    with raw_socket(zmq.DEALER, f"tcp://127.0.0.1:{port}", linger=1000) as stranger:
        for token in ({}, {"token": "x" * 32}, {"token": None}, {"token": ""}):
            stranger.send_multipart(pack_message("ask", {"worker": "x", "room": 10**9} | token))
        for number, frame in enumerate(frames):
            parts = pack_frame(frame, "result", number, worker="worker 1")
            stranger.send_multipart(parts)
            yield frame
        about = {"sequence": 1, "worker": "worker 1", "error": "forged"}
        stranger.send_multipart(pack_message("error", about))
        assert not stranger.poll(0), "it was given a frame"


def test_a_farm_believes_its_own_workers_only():
    frames = small_frames()
    found = fft_farm(attacked(frames, listening()), 2, double, progress=False)
    assert (found.spectra == [2 * frame for frame in frames]).all()
    assert set(found.worker) <= {"worker 1", "worker 2"}


def test_a_sink_believes_its_ventilator_and_workers_only():
    """A test of its own plays both: they have no other way to know the token."""
    with start(sink, timeout=20) as process:
        control, results = process.wait_until(lambda it: it.endpoints[1:] and it.endpoints, 10)
        with (
            raw_socket(zmq.DEALER, control) as ventilator,
            raw_socket(zmq.DEALER, control) as worker,
            raw_socket(zmq.DEALER, control) as stranger,
            raw_socket(zmq.PUSH, results) as push,
        ):
            stranger.send_multipart(pack_message("sent", {"frames": 0}))
            ventilator.send_multipart(pack_message("hello", {"name": "ventilator"}))
            worker.send_multipart(pack_message("hello", {"name": "Ada"}))
            go = json.loads(worker.recv_multipart()[1])
            assert ventilator.recv_multipart()[0] == b"go"
            stranger.send_multipart(pack_message("hello", {"name": "ventilator"}))
            stranger.send_multipart(pack_message("sent", {"frames": 1}))
            assert stranger.recv_multipart()[0] == b"end"
            for token in ("", "x", go["token"]):
                for number in range(3):
                    frame = np.full(3, len(token))
                    push.send_multipart(
                        pack_frame(frame, "result", number, worker="Ada", token=token)
                    )
            forged = {"sequence": 1, "worker": "Ada", "error": "forged"}
            push.send_multipart(pack_message("error", forged))
            ventilator.send_multipart(pack_message("sent", {"frames": 3}))
            assert process.wait(20) == 0
        assert "<3 results" in process.output


# Turns


# Text

EVIL = "\x1b[2J\r\nzmqlab: all is well\u202e" + "x" * 100_000


def test_an_error_of_a_server_is_shown_without_what_moves_a_terminal():
    with pytest.raises(RequestError) as error:
        unpack_reply(pack_message("error", {"error": EVIL}), "tcp://127.0.0.1:1", "read")
    assert harmless(str(error.value).replace("\n", ""))
    assert "x1b[2J" in str(error.value)


def harmless(text):
    return len(text) < 15_000 and text.isprintable()


@pytest.mark.parametrize(
    "header", [{"error": EVIL}, {"error": {EVIL: [EVIL]}}, {"sequence": EVIL, "error": "x"}]
)
def test_an_error_of_a_worker_is_shown_so_too(header):
    parts = pack_message("error", {"worker": EVIL, "sequence": 1} | header)
    with pytest.raises(FarmError) as error:
        unpack_result(parts, RingReader())
    assert harmless(str(error.value).replace("\n", ""))


def test_the_name_of_a_worker_is_shown_so_too():
    parts = pack_frame(np.zeros(3), "result", 0, worker=EVIL)
    assert harmless(unpack_result(parts, RingReader())[1])


def test_what_a_stream_says_of_itself_is_shown_so_too():
    header = {"shape": [1], "dtype": "uint8", EVIL: 1, "a": EVIL, "b": {"c": EVIL}}
    assert harmless(carries(header))
