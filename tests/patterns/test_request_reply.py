"""The camera server and its clients, in processes of their own; odd clients included."""

import itertools
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import zmq
from hypothesis import given, settings
from hypothesis import strategies as st

from zmqlab.cameras import CameraError
from zmqlab.cameras.base import Camera
from zmqlab.course.ports import free_endpoint
from zmqlab.patterns import request_reply
from zmqlab.patterns.request_reply import RequestError, camera_server, request, snapshot
from zmqlab.processes.handle import StartError
from zmqlab.processes.launch import start
from zmqlab.wire.messages import MessageError, recv_frame, recv_message
from zmqlab.wire.sockets import bind

SMALL = {"size": [160, 120], "fps": 1000, "exposure": 0.01}


@pytest.fixture(scope="module")
def shared_server():
    with start(camera_server, "simulated") as process:
        yield process


@pytest.fixture
def server(shared_server):
    """The endpoint of a server with small fast frames; afterwards it must still serve."""
    endpoint = shared_server.endpoint
    request(endpoint, "set", SMALL)
    yield endpoint
    request(endpoint, "set", SMALL)
    assert request(endpoint, "read")[2].shape == (120, 160, 3)
    assert shared_server.running
    assert "Traceback" not in shared_server.output


@pytest.fixture
def req(server):
    """A plain REQ socket, as anybody may have."""
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(server)
        yield socket


def test_read(server):
    topic, header, frame = request(server, "read")
    assert topic == "frame"
    assert frame.shape == (120, 160, 3)
    assert frame.dtype == np.uint8
    assert frame.std() > 1  # a picture of something
    _, after, second = request(server, "read")
    assert after["sequence"] == header["sequence"] + 1
    assert after["time"] > header["time"]
    assert not np.array_equal(frame, second)  # the next one, not the same again


def test_set_exposure_and_size(server):
    dark = request(server, "read")[2].mean()
    topic, header, frame = request(server, "set", {"exposure": 0.015, "size": [320, 240]})
    assert (topic, frame) == ("ok", None)
    assert header["settings"]["exposure"] == 0.015
    bright = request(server, "read")[2]
    assert bright.shape == (240, 320, 3)
    assert bright.mean() > 1.2 * dark


def test_info(server):
    request(server, "set", {"fringe_period": 9.5})
    topic, info, frame = request(server, "info")
    assert (topic, frame) == ("ok", None)
    assert info["source"] == "simulated"
    assert info["shape"] == [120, 160, 3]
    assert info["fps"] == info["settings"]["fps"] == 1000
    assert info["truth"]["fringe_period"] == 9.5


def test_stop_ends_the_server_after_its_reply():
    with start(camera_server, "simulated", process_name="to be stopped") as server:
        request(server.endpoint, "read")
        topic, header, _ = request(server.endpoint, "stop")
        assert (topic, header) == ("ok", {"frames": 1})
        server.wait(10)
        assert server.exit_code == 0
        with pytest.raises(TimeoutError, match="nobody listens there"):
            request(server.endpoint, "read", timeout=0.1)


def test_ctrl_c_ends_the_server_without_a_traceback():
    with start(camera_server, "simulated", process_name="to be interrupted") as server:
        server.stop()
        assert server.exit_code == 0
        assert "Traceback" not in server.output


MALFORMED = {
    "unknown command": ([b"smile"], "unknown command 'smile': send one of read, set, info, stop"),
    "upper case": ([b"READ"], "unknown command 'READ'"),
    "empty": ([b""], "unknown command ''"),
    "not UTF-8": ([b"\xff\xfe"], "command is not UTF-8"),
    "long": ([b"read" * 10_000], "unknown command 'readread"),
    "three parts": ([b"read", b"{}", b"{}"], "this one has more"),
    "many parts": ([b"read"] * 2000, "this one has more"),
    "read with parameters": ([b"read", b"{}"], "read takes no parameters"),
    "stop with parameters": ([b"stop", b"{}"], "stop takes no parameters"),
    "set alone": ([b"set"], "set needs parameters"),
    "parameters empty": ([b"set", b""], "parameters is not JSON"),
    "parameters not UTF-8": ([b"set", b"\xff"], "parameters is not UTF-8"),
    "parameters cut off": ([b"set", b'{"exposure": '], "parameters is not JSON"),
    "parameters a list": ([b"set", b"[1]"], "parameters must be a JSON object"),
    "parameters nested": ([b"set", b"[" * 50_000], "parameters is not JSON"),
    "nested value": ([b"set", b'{"exposure":' + b"[" * 500 + b"]" * 500 + b"}"], "exposure="),
    "unknown setting": ([b"set", b'{"colour": 3}'], "no setting colour"),
    "bad value": ([b"set", b'{"exposure": "long"}'], "exposure='long'"),
    "bad size": ([b"set", b'{"size": [1e9, 1e9]}'], "size="),
    "NaN": ([b"set", b'{"exposure": NaN}'], "JSON knows no NaN"),
    "an article's pickle": ([b"\x80\x04N."], "command is not UTF-8"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_gets_an_error_and_the_next_one_a_frame(req, name):
    parts, complaint = MALFORMED[name]
    req.send_multipart(parts)
    topic, header, pixels = recv_message(req)
    assert (topic, len(pixels)) == ("error", 0)
    assert complaint in header["error"]
    assert len(header["error"]) < 1000
    req.send(b"read")
    assert recv_frame(req)[2].shape == (120, 160, 3)


def test_request_raises_what_the_server_replied(server):
    with pytest.raises(RequestError, match="no setting colour") as error:
        request(server, "set", {"colour": 3})
    assert server in str(error.value)


def test_request_refuses_what_cannot_be_sent(server):
    with pytest.raises(MessageError, match="without b"):
        request(server, b"read")
    with pytest.raises(MessageError, match="cannot be written as JSON"):
        request(server, "set", {"exposure": float("nan")})


class Moody(Camera):
    """A camera whose cable is loose, and whose driver has a fault."""

    def __init__(self):
        self.reads = 0

    @property
    def settings(self):
        return {"size": (4, 2), "mood": 1}

    def _read(self):
        self.reads += 1
        if self.reads == 1:
            raise CameraError("moody: no frame came; look at the cable")
        if self.reads == 2:
            raise ZeroDivisionError("division by zero")
        if self.reads == 3:
            return None
        return np.full((2, 4, 3), self.reads, np.uint8)

    def _set(self, settings):
        raise OSError("the driver says no")


def moody_server():
    request_reply.open_camera = lambda source: Moody()
    camera_server()


def test_a_camera_that_fails_is_reported_and_the_server_goes_on():
    with start(moody_server) as server:
        for complaint in ("look at the cable", "division by zero", "this is no frame: None"):
            with pytest.raises(RequestError, match=complaint):
                request(server.endpoint, "read")
        with pytest.raises(RequestError, match="the driver says no"):
            request(server.endpoint, "set", {"mood": 2})
        _, header, frame = request(server.endpoint, "read")
        assert header["sequence"] == 0  # the first frame that was sent
        assert (frame == 4).all()
        assert "truth" not in request(server.endpoint, "info")[1]
        assert "ZeroDivisionError" in server.output  # and a fault is not hidden


def test_a_camera_that_cannot_be_opened_is_told_before_anything_is_bound():
    with pytest.raises(StartError, match="no-such-film"):
        start(camera_server, "no-such-film.avi", process_name="without a camera")


def test_a_port_in_use_is_told(shared_server):
    with pytest.raises(StartError, match="the port is taken"):
        start(camera_server, "simulated", bind=shared_server.endpoint, process_name="second server")


def test_every_frame_goes_to_one_client(server):
    """Four clients at once: together they have each frame once, and each a rising series."""
    first = request(server, "read")[1]["sequence"] + 1

    def client(_):
        return [request(server, "read")[1]["sequence"] for _ in range(25)]

    with ThreadPoolExecutor(4) as pool:
        series = list(pool.map(client, range(4)))
    assert sorted(itertools.chain(*series)) == list(range(first, first + 100))
    assert all(numbers == sorted(numbers) for numbers in series)


WORDS = [b"read", b"set", b"info", b"stop!", b"", b"{}", b'{"exposure": 0.01}', b'{"size": 3}']
piece = st.sampled_from(WORDS) | st.binary(max_size=300)
requests = st.lists(piece, min_size=1, max_size=5)
many = settings(max_examples=300, deadline=None)


def test_whatever_is_asked_gets_one_reply(req):
    topics = set()

    @many
    @given(requests)
    def ask(parts):
        req.send_multipart(parts)
        topics.add(recv_message(req)[0])

    ask()
    assert topics == {"frame", "ok", "error"}


@pytest.mark.parametrize("command", [b"info", b"read"])
@pytest.mark.parametrize("under_way", [4, 50])
def test_a_client_with_several_requests_under_way_gets_each_reply_in_turn(
    server, command, under_way
):
    request(server, "set", {"fps": 100})
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger, socket.rcvtimeo = 0, 20_000
        socket.connect(server)
        numbers = []
        for asked in range(150):
            if asked >= under_way:
                numbers.append(numbered(socket))
            socket.send_multipart([b"", command])
        numbers += [numbered(socket) for _ in range(under_way)]
        assert numbers == sorted(numbers)
        assert len(set(numbers)) == (150 if command == b"read" else 1)


def numbered(socket):
    """Return the number in the next reply, 0 if there is none in it."""
    empty, *parts = socket.recv_multipart()
    assert empty == b""
    return json.loads(parts[1]).get("sequence", 0)


VANISHING = """
import sys, zmq
socket = zmq.Context().socket(zmq.REQ)
monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
socket.connect(sys.argv[1])
socket.send(b"read")
monitor.recv_multipart()
print("asked", flush=True)
socket.recv()
print("never printed, or too late", flush=True)
sys.stdin.read()
"""


def test_a_client_killed_in_the_middle_of_a_request(server):
    request(server, "set", {"fps": 4})  # slow: the kill comes before the reply
    for _ in range(3):
        with subprocess.Popen(
            [sys.executable, "-c", VANISHING, server],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as client:
            assert client.stdout.readline().strip() == b"asked"
            client.kill()
    assert request(server, "read")[0] == "frame"


def test_a_client_may_come_before_the_server():
    endpoint = free_endpoint()
    with ThreadPoolExecutor(1) as pool:
        early = pool.submit(request, endpoint, "read", timeout=60)
        with start(camera_server, "simulated", bind=endpoint, process_name="late server"):
            assert early.result()[0] == "frame"


@pytest.fixture
def router():
    """A server whose replies the test itself writes."""
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.linger, socket.rcvtimeo = 0, 20_000
        yield socket, bind(socket, "tcp://127.0.0.1:*")


def test_a_retry_has_a_fresh_socket_and_gets_no_late_reply(router):
    socket, endpoint = router
    with ThreadPoolExecutor(1) as pool:
        client = pool.submit(request, endpoint, "set", {"a": 1}, timeout=1, retries=1)
        first, *asked = socket.recv_multipart()
        second, *again = socket.recv_multipart()
        assert first != second
        assert asked == again == [b"", b"set", b'{"a":1}']
        for who, text in ((first, b'{"reply":1}'), (second, b'{"reply":2}')):
            socket.send_multipart([who, b"", b"ok", text, b""])
        assert client.result() == ("ok", {"reply": 2}, None)


def test_no_reply_at_all_is_told_with_what_was_seen(router):
    _, endpoint = router
    with pytest.raises(TimeoutError) as error:
        request(endpoint, "read", timeout=0.05, retries=2)
    assert "waited 3 times 0.05 s for a reply to 'read'" in str(error.value)
    assert f"{endpoint}: a ZeroMQ socket listens there, but did not answer" in str(error.value)


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        ([b"hello"], "has 1"),
        ([b"ok", b"{}"], "has 2"),
        ([b"ok", b"no", b""], "header is not JSON"),
        ([b"frame", b"{}", b""], "has no dtype"),
    ],
)
def test_a_reply_that_is_none_is_told(router, reply, complaint):
    socket, endpoint = router
    with ThreadPoolExecutor(1) as pool:
        client = pool.submit(request, endpoint, "read")
        who, *_ = socket.recv_multipart()
        socket.send_multipart([who, b"", *reply])
        with pytest.raises(MessageError, match=complaint):
            client.result()


@pytest.mark.parametrize("name", ["still.png", "Größe µm.tiff"])
def test_snapshot_writes_the_frame(server, tmp_path, capsys, name):
    request(server, "set", {"noise": 0, "beads": 0})  # each frame like the next
    snapshot(tmp_path / name, connect=server)
    written = cv2.imdecode(np.fromfile(tmp_path / name, np.uint8), cv2.IMREAD_COLOR)
    assert np.array_equal(written, request(server, "read")[2])
    assert f"{name}: frame" in capsys.readouterr().out
    request(server, "set", {"noise": 1, "beads": 30})


def test_snapshot_says_why_it_cannot_write(server, router, tmp_path):
    before = request(server, "info")
    for name in ("still.xyz", "still"):
        with pytest.raises(OSError, match=r"end its name in .png"):
            snapshot(tmp_path / name, connect=server)
    assert request(server, "info") == before  # no frame was read for nothing
    with pytest.raises(OSError, match=r"cannot write .*No such file.*another place"):
        snapshot(tmp_path / "nowhere" / "still.png", connect=server)
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(OSError, match="cannot write"):
        snapshot(tmp_path / "folder.png", connect=server)
    with pytest.raises(TimeoutError, match="did not answer"):
        snapshot(tmp_path / "still.png", connect=router[1], timeout=0.05)
    assert not (tmp_path / "still.png").exists()
