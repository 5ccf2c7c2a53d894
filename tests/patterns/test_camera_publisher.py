"""The camera that is published, from a notebook and from a terminal."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import zmq
from helpers.streams import VGA, assert_soon, kill, raw_socket, second_endpoint
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from zmqlab.cameras import open_camera
from zmqlab.patterns.publish_subscribe import camera_publisher
from zmqlab.patterns.request_reply import RequestError, request
from zmqlab.patterns.subscription import subscribe
from zmqlab.patterns.watch_stream import watch
from zmqlab.processes.handle import ProcessError
from zmqlab.processes.launch import start


def test_on_the_wire():
    """Three parts as documented; the pixels are those that the camera makes."""
    with (
        start(camera_publisher, "simulated", wait_for=1, count=3) as process,
        raw_socket(zmq.SUB, process.endpoint) as socket,
    ):
        socket.subscribe(b"camera")
        messages = [(assert_soon(socket), socket.recv_multipart())[1] for _ in range(4)]
        socket.close()
        assert process.wait(10) == 0
    with open_camera("simulated", paced=False) as camera:
        for number, (topic, header, pixels) in enumerate(messages[:3]):
            header = json.loads(header)
            assert topic == b"camera/"
            assert header["sequence"] == number
            assert header["shape"] == list(VGA)
            assert abs(time.time() - header["time"]) < 60
            assert len(header["stream"]) == 8
            assert header["control"] == int(process.endpoints[1].rsplit(":")[-1])
            assert pixels == camera.read().tobytes()
    topic, header, pixels = messages[3]
    header = json.loads(header)
    assert (topic, pixels) == (b"camera/", b"")
    assert (header["end"], header["sequence"]) == (True, 3)


@pytest.mark.everything
def test_a_wrong_topic_is_explained(monkeypatch):
    monkeypatch.setattr("zmqlab.patterns.subscription._LISTEN", 5)
    with (
        start(camera_publisher, "simulated", topic="microscope") as process,
        subscribe(process.endpoint, timeout=0.2) as stream,
        pytest.raises(TimeoutError, match="what is published there is 'microscope'"),
    ):
        next(stream)


def test_subscribers_are_counted():
    with start(camera_publisher, "simulated") as process:
        with subscribe(process.endpoint) as one:
            one.read()
            process.wait_output("1 subscriber")
            with start(watch, connect=process.endpoint) as victim:
                process.wait_output("2 subscribers")
                with raw_socket(zmq.SUB, process.endpoint) as plain:
                    plain.subscribe(b"")
                    process.wait_output("3 subscribers")
                    plain.unsubscribe(b"")
                    plain.subscribe(b"other")
                    count(process, 2)
                kill(victim)
            count(process, 1)
        count(process, 0)


def count(process, subscribers):
    """Wait until the last number of subscribers that the publisher told is this one."""
    process.wait_until(
        lambda process: process.output.rsplit("publisher: ", 1)[-1].startswith(f"{subscribers} "),
        what=f"{subscribers} subscribers",
    )


def test_random_subscriptions_do_not_stop_a_publisher():
    with start(camera_publisher, "simulated") as process, subscribe(process.endpoint) as stream:
        with raw_socket(zmq.XSUB, process.endpoint, sndhwm=0) as odd:  # else it drops them

            @settings(max_examples=300, deadline=None)
            @given(
                st.sampled_from([b"\0", b"\1", b"\2", b"camera/", b"\1camera/", b""]),
                st.binary(max_size=100),
            )
            def subscribe_to(kind, text):
                assume(not b"camera/".startswith((kind + text)[1:]))  # it would count
                odd.send(kind + text)
                if kind == b"\1":
                    odd.send(b"\0" + text)  # or there would be too many, one day

            subscribe_to()
            odd.send_multipart([b"\1", b"\1camera/", b"\0", b""])
            process.wait_output("2 subscribers")
            odd.send(b"\2" + bytes(100_000))  # no subscription: older libzmq dies of so long a one
            process.wait_until(  # for this it is sent away
                lambda process: any(e["event"] == "DISCONNECTED" for e in process.events)
            )
            for _ in range(20):
                stream.read()
        count(process, 1)
        assert stream.restarts == 0


def test_the_camera_behind_a_stream_answers_requests():
    with start(camera_publisher, "simulated") as process, subscribe(process.endpoint) as stream:
        before = stream.read().mean()
        assert stream.control == second_endpoint(process)
        assert request(stream.control, "info")[1]["source"] == "simulated"
        request(stream.control, "set", {"exposure": 0.015, "size": [320, 240]})
        while stream.read().shape != (240, 320, 3):
            pass
        assert stream.read().mean() > 1.2 * before
        for command, parameters in (("read", None), ("smile", None), ("set", {"colour": 3})):
            with pytest.raises(RequestError, match=r"send one of set, info|no setting"):
                request(stream.control, command, parameters)
        frames = request(stream.control, "stop")[1]["frames"]
        for _ in stream:
            pass
        assert stream.first + stream.received + stream.lost == frames
        assert process.wait(10) == 0


def test_a_publisher_whose_subscribers_do_not_come_says_so():
    with (
        start(camera_publisher, "simulated", wait_for=2, timeout=0.5) as process,
        pytest.raises(
            ProcessError, match=r"waited 0.5 s: of 2 subscribers to 'camera' at .* none came"
        ),
    ):
        process.wait(10)


def test_ctrl_c_ends_the_stream_for_all():
    with (
        start(camera_publisher, "simulated", hwm=200) as process,
        subscribe(process.endpoint, hwm=500) as stream,  # nobody reads until it has ended
    ):
        stream.read()
        process.stop(timeout=10)
        assert process.exit_code == 0
        assert "Traceback" not in process.output
        for _ in stream:  # ends, because the publisher said so
            pass
        assert stream.lost == 0


def test_a_film_is_published_to_its_last_frame(tmp_path):
    import cv2

    path = str(tmp_path / "film.avi")
    film = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*"MJPG"), 100, (64, 48))
    for number in range(20):
        film.write(np.full((48, 64, 3), 10 * number, np.uint8))
    film.release()
    with (
        start(camera_publisher, path, wait_for=1, count=20) as process,
        subscribe(process.endpoint) as stream,
    ):
        means = [frame.mean() for frame in stream]
        assert np.allclose(means, 10 * np.arange(20), atol=5)
        assert process.wait(10) == 0


# From a terminal


def zmqlab(*arguments, **options):
    command = [sys.executable, "-u", "-m", "zmqlab", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )


@pytest.mark.skipif(os.name != "posix", reason="a terminal of this kind is POSIX's")
def test_in_a_terminal_one_line_is_updated():
    import pty

    ours, theirs = pty.openpty()
    with start(camera_publisher, "simulated") as process:
        command = [sys.executable, "-m", "zmqlab", "watch", "--connect", process.endpoint]
        with subprocess.Popen(command, stdout=theirs, stderr=theirs) as watcher:
            os.close(theirs)
            text = b""
            while text.count(b"frames/s") < 3:
                text += os.read(ours, 1000)
            watcher.send_signal(signal.SIGINT)
            assert watcher.wait(10) == 0
            os.close(ours)
    assert b"\n" not in text
    assert text.count(b"\rcamera: ") == text.count(b"camera: ") >= 3
