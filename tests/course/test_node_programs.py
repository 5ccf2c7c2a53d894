"""The programs of notebook 15, in JavaScript: right beside Python's, and among whatever comes."""

import contextlib
import json
import signal
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
import zmq
from helpers.streams import publish, raw_socket
from helpers.with_node import PROGRAMS, node

import zmqlab.wire
from zmqlab import RequestError, camera_publisher, camera_server, request, start
from zmqlab.course.ports import free_endpoint
from zmqlab.wire.messages import pack_frame, pack_message

pytestmark = pytest.mark.everything  # each starts Node

PATIENCE = 30  # seconds; far more than anything here takes
VECTORS = Path(zmqlab.wire.__file__).with_name("vectors")
SMALL = {"size": [160, 120], "fps": 1000}


def part(written):
    return written["text"].encode() if "text" in written else bytes.fromhex(written["hex"])


def refused(file):
    """Return the parts of each message that is to be refused."""
    cases = json.loads((VECTORS / file).read_text("utf-8"))
    return [[part(each) for each in case["parts"]] for case in cases if "refused" in case]


@contextlib.contextmanager
def program(*arguments):
    """Run one of the programs while the block runs."""
    command = [node(), PROGRAMS / "camera.cjs", *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, **pipes) as running:
        try:
            yield running
        finally:
            running.kill()


def outcome(running):
    """Wait for the end of a program; return its exit code, output and complaint."""
    output, complaint = running.communicate(timeout=PATIENCE)
    return running.returncode, output, complaint


@pytest.fixture(scope="module")
def camera():
    """The endpoint of a camera server with small fast frames."""
    with start(camera_server, "simulated") as process:
        request(process.endpoint, "set", SMALL)
        yield process.endpoint
        assert process.running
        assert "Traceback" not in process.output


@contextlib.contextmanager
def server(camera):
    """Give the server in JavaScript, and its endpoint."""
    with program("serve", "tcp://127.0.0.1:*", camera) as running:
        yield running, running.stdout.readline().split()[-1]


# It asks


def reply_to(running, socket, reply):
    """Be the server of a program that asks for a frame; return how it ended."""
    assert socket.poll(1000 * PATIENCE), "nobody asked"
    identity, empty, *asked = socket.recv_multipart()
    assert (empty, asked) == (b"", [b"read"])
    socket.send_multipart([identity, empty, *reply])
    return outcome(running)


@pytest.mark.parametrize("shape", [(480, 640, 3), (7, 5, 3), (1, 1, 3)])
def test_a_picture_is_written_as_it_was(shape, tmp_path):
    frame = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
    path = tmp_path / "é.ppm"
    with (
        raw_socket(zmq.ROUTER) as socket,
        program("snapshot", socket.last_endpoint.decode(), path) as it,
    ):
        code, output, _ = reply_to(it, socket, pack_frame(frame, sequence=41))
    assert code == 0
    assert "frame 41" in output
    written = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(written, frame)


def test_a_picture_of_the_camera(camera, tmp_path):
    with program("snapshot", camera, tmp_path / "picture.ppm") as it:
        assert outcome(it)[0] == 0
    assert cv2.imread(str(tmp_path / "picture.ppm")).shape == (120, 160, 3)


GREY = np.zeros((4, 5), np.uint8)
REPLIES = {
    "an error": (pack_message("error", {"error": "no cable"}), "replied to read: no cable"),
    "no frame": (pack_message("ok", {}), "topic ok is no picture"),
    "grey": (pack_frame(GREY), "uint8 numbers of shape [4,5] are no picture"),
    "floats": (pack_frame(np.zeros((4, 5, 3))), "float64 numbers"),
    "two parts": ([b"frame", b"{}"], "three parts, and this one 2"),
    "no JSON": ([b"frame", b"{", b""], "the header is not JSON"),
    "a lie": ([*pack_frame(GREY)[:2], b"123"], "20 bytes of pixels are promised, and 3 came"),
}


@pytest.mark.parametrize("name", REPLIES)
def test_what_is_no_picture_is_refused(name, tmp_path):
    reply, complaint = REPLIES[name]
    path = tmp_path / "picture.ppm"
    with (
        raw_socket(zmq.ROUTER) as socket,
        program("snapshot", socket.last_endpoint.decode(), path) as it,
    ):
        code, _, told = reply_to(it, socket, reply)
    assert code == 1
    assert told.startswith("snapshot: ")
    assert complaint in told
    assert not path.exists()


def test_a_server_that_never_replies(tmp_path):
    with program("snapshot", free_endpoint(), tmp_path / "picture.ppm") as it:
        code, _, told = outcome(it)
    assert code == 1
    assert "did not reply to read within 5000 ms" in told


def test_a_client_that_vanishes_in_the_middle_disturbs_nobody(camera):
    ask = f"""
const socket = new (require("zeromq").Request)()
socket.connect("{camera}")
setInterval(() => {{}}, 1000)
socket.send("read").then(() => console.log("sent"))
"""
    for _ in range(3):
        command = [node(), "-e", ask]
        with subprocess.Popen(command, cwd=PROGRAMS, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout.readline() == "sent\n"
            client.kill()
        assert request(camera, "read")[2].shape == (120, 160, 3)


# It subscribes


def test_a_stream_is_received_to_its_end():
    endpoint = free_endpoint()
    with program("watch", endpoint, "camera") as it:
        publish(25, endpoint, shape=(4, 4, 3), drop=False)
        code, output, _ = outcome(it)
    assert code == 0
    assert output.splitlines()[-1] == "25 frames received, 0 lost, 0 messages refused"


def test_frames_of_the_camera_come():
    with start(camera_publisher, "simulated") as publisher:
        with program("watch", publisher.endpoint, "camera", 5) as it:
            code, output, _ = outcome(it)
        assert code == 0
        assert output.splitlines()[-1].startswith("5 frames received")


def test_a_publisher_that_is_killed_is_missed():
    with (
        start(camera_publisher, "simulated") as publisher,
        program("watch", publisher.endpoint, "camera") as it,
    ):
        it.stdout.readline()
        publisher.end_by("kill")
        code, _, told = outcome(it)
    assert code == 1
    assert "nothing came" in told


# It serves


def test_python_calls_a_command_of_javascript(camera):
    with server(camera) as (running, endpoint):
        topic, header, frame = request(endpoint, "thumbnail", {"step": 7})
        assert (topic, frame.shape, header["sequence"]) == ("frame", (18, 23, 3), 0)
        assert request(endpoint, "thumbnail", {"step": 1000})[2].shape == (1, 1, 3)
        assert request(endpoint, "stop")[:2] == ("ok", {"frames": 2})
        assert outcome(running)[0] == 0


@pytest.fixture(scope="module")
def shared(camera):
    """The endpoint of a server that must serve on after each test."""
    with server(camera) as (running, endpoint):
        yield endpoint
        assert request(endpoint, "thumbnail", {"step": 8})[0] == "frame"
        assert running.poll() is None


def test_whatever_is_asked_gets_a_reply(shared):
    asked = [each for each in refused("requests.json") if each] + [[b"read"], [b"thumbnail"]]
    with raw_socket(zmq.REQ, shared, rcvtimeo=1000 * PATIENCE) as client:
        for parts in asked:
            client.send_multipart(parts)
            topic, header, _ = client.recv_multipart()
            assert topic == b"error", parts
            assert json.loads(header)["error"]
    with raw_socket(zmq.DEALER, shared, rcvtimeo=1000 * PATIENCE) as odd:
        for parts in [b"read"], [b""], [b"", b""], [b"x"] * 50, [b"", b"thumbnail", b"{}", b"{}"]:
            odd.send_multipart(parts)
            assert b"error" in odd.recv_multipart(), parts


def test_without_its_camera_it_says_so_and_serves_on():
    nobody = free_endpoint()
    with server(nobody) as (_, endpoint):
        with pytest.raises(RequestError, match="did not reply to read within 2000 ms"):
            request(endpoint, "thumbnail", {"step": 8}, timeout=PATIENCE)
        with start(camera_server, "simulated", nobody, process_name="late"):
            assert request(endpoint, "thumbnail", {"step": 8}, timeout=PATIENCE)[0] == "frame"


def test_a_server_that_is_killed_in_the_middle_leaves_a_clear_error():
    with (
        raw_socket(zmq.ROUTER) as behind,
        server(behind.last_endpoint.decode()) as (running, endpoint),
    ):
        with raw_socket(zmq.REQ, endpoint) as client:
            client.send_multipart([b"thumbnail", b'{"step":8}'])
            assert behind.poll(1000 * PATIENCE)  # it is in the middle
            running.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            running.wait(PATIENCE)
        with pytest.raises(TimeoutError, match="nobody listens"):
            request(endpoint, "thumbnail", {"step": 8}, timeout=0.5)


def test_what_it_can_do_is_told():
    with program("fly") as it:
        code, _, told = outcome(it)
    assert code == 1
    assert "no such program: fly" in told
