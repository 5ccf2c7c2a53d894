"""A proxy between many cameras and many viewers, all of them real processes."""

import os
import random
import signal
import socket as plain_sockets
import subprocess
import sys
from contextlib import ExitStack

import pytest
import zmq
from helpers.streams import VGA, assert_soon, kill, number_in, numbers, publish, raw_socket

from zmqlab.course.ports import free_endpoint
from zmqlab.patterns.proxy import proxy
from zmqlab.patterns.publish_subscribe import camera_publisher
from zmqlab.patterns.record_stream import record
from zmqlab.patterns.request_reply import request
from zmqlab.patterns.subscription import subscribe
from zmqlab.patterns.watch_stream import watch
from zmqlab.processes.launch import start
from zmqlab.recording import open_recording

JUNK = random.Random(9)
SMALL = (48, 64, 3)


def started_camera(stack, name, endpoint="tcp://127.0.0.1:*"):
    call = camera_publisher, "simulated", endpoint, name
    return stack.enter_context(start(*call, process_name=name, hwm=200))


def test_two_cameras_and_three_viewers_one_of_which_records(tmp_path):
    with ExitStack() as stack:
        one, two = (started_camera(stack, name) for name in ("one", "two"))
        middle = stack.enter_context(start(proxy, connect=[one.endpoint, two.endpoint]))
        watcher = stack.enter_context(start(watch, connect=middle.endpoint, topic="two"))
        film = tmp_path / "film.h5"
        recorder = stack.enter_context(
            start(record, film, connect=middle.endpoint, topic="one", count=10)
        )
        with subscribe(middle.endpoint, "one") as stream:
            frames = [stream.read() for _ in range(10)]
            assert stream.lost == stream.refused == stream.restarts == 0
            assert request(stream.control, "info")[1]["source"] == "simulated"
        assert recorder.wait(30) == 0
        assert ", 0 lost" in watcher.wait_output("frames/s")
        with open_recording(film) as recording:
            assert recording["frames"].shape == (10, 480, 640, 3)
        assert {frame.shape for frame in frames} == {VGA}
        middle.stop()
        assert middle.exit_code == 0
        assert "Traceback" not in middle.output


def test_a_camera_that_is_killed_and_comes_again():
    with ExitStack() as stack:
        there, gone = free_endpoint(), started_camera(stack, "gone", free_endpoint())
        middle = stack.enter_context(start(proxy, connect=[gone.endpoint, there]))
        with subscribe(middle.endpoint, "gone") as stream:
            stream.read()
            kill(gone)
            started_camera(stack, "gone", gone.endpoint)
            while not stream.restarts:
                stream.read()
            with subscribe(middle.endpoint, "late") as late:  # subscribed before there is one
                started_camera(stack, "late", there)
                late.read()
                assert late.refused == stream.refused == 0


def test_a_proxy_that_is_killed_and_comes_again():
    with ExitStack() as stack:
        camera, endpoint = started_camera(stack, "camera"), free_endpoint()
        first = stack.enter_context(start(proxy, connect=[camera.endpoint], bind=endpoint))
        stream = stack.enter_context(subscribe(endpoint))
        stream.read()
        kill(first)
        stack.enter_context(start(proxy, connect=[camera.endpoint], bind=endpoint))
        before = stream.header["sequence"]
        while stream.header["sequence"] <= before + 20:  # what waited here first
            stream.read()
        assert stream.restarts == 0
        assert stream.first + stream.received + stream.lost == stream.header["sequence"] + 1


def test_each_frame_to_its_viewers_to_the_last():
    """As without a proxy: the end is heard, and a publisher waits until it has been."""
    endpoint = free_endpoint()
    with (
        ExitStack() as stack,
        start(proxy, connect=endpoint, hwm=50) as middle,
        subscribe(middle.endpoint, hwm=50) as one,
        subscribe(middle.endpoint, hwm=50) as two,
    ):
        middle.wait_until(
            lambda it: sum(e["event"] == "HANDSHAKE_SUCCEEDED" for e in it.events) == 2,
            what="both viewers",
        )
        publisher = stack.enter_context(start(publish, 40, endpoint, shape=SMALL, hwm=50))
        assert numbers(one) == numbers(two) == list(range(40))
        assert publisher.wait(30) == 0


def test_a_viewer_that_does_not_read_is_no_matter_to_the_others():
    with (
        start(camera_publisher, "simulated", drop=False) as camera,
        start(proxy, connect=[camera.endpoint], hwm=1) as middle,
        subscribe(middle.endpoint, hwm=1) as idle,
        subscribe(middle.endpoint) as stream,
    ):
        idle.read()
        request(f"tcp://127.0.0.1:{idle.header['control']}", "set", {"fps": 1000})
        while stream.received + stream.lost < 200:
            stream.read()
        for _ in range(20):
            idle.read()
        assert idle.lost


def test_random_bytes_at_both_sides():
    with ExitStack() as stack:
        camera = started_camera(stack, "camera")
        odd = stack.enter_context(raw_socket(zmq.XPUB))  # a camera that sends whatever it likes
        server = stack.enter_context(plain_sockets.create_server(("127.0.0.1", 0)))
        plain = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        odd_endpoint = odd.last_endpoint.decode()
        ends = [camera.endpoint, odd_endpoint, plain]
        middle = stack.enter_context(start(proxy, connect=ends))
        stream = stack.enter_context(subscribe(middle.endpoint))
        stream.read()

        answered, _ = server.accept()  # a camera's port where something else listens
        answered.sendall(JUNK.randbytes(5000))
        answered.close()
        port = int(middle.endpoint.rpartition(":")[2])
        with plain_sockets.create_connection(("127.0.0.1", port)) as visitor:
            visitor.sendall(JUNK.randbytes(5000))

        viewer = stack.enter_context(raw_socket(zmq.XSUB, middle.endpoint, sndhwm=10_000))
        for kind in (b"\0", b"\1", b"\2", b"", b"camera/"):
            for _ in range(200):
                viewer.send(kind + JUNK.randbytes(JUNK.randrange(100)))
        viewer.send_multipart([b"\1", b"\1camera/", b"\0", b""])
        viewer.send(b"\2" + bytes(100_000))  # for this it is sent away

        def send_odd(count):
            for _ in range(count):
                parts = [JUNK.randbytes(JUNK.randrange(60)) for _ in range(JUNK.randrange(1, 9))]
                odd.send_multipart([b"camera/", *parts])

        assert_soon(odd)
        send_odd(300)
        while stream.refused < 10:
            stream.read()
            send_odd(10)  # where the way was full, all before may have been dropped
        for _ in range(30):
            stream.read()
        assert (stream.restarts, stream.mixed) == (0, False)
        assert middle.running
        assert "Traceback" not in middle.output


def test_bad_endpoints():
    with pytest.raises(ValueError, match=r"connect=\[\]: name the endpoint"):
        proxy(connect=[])
    with pytest.raises(zmq.ZMQError, match="only bind understands"):
        proxy(connect=["tcp://*:5555"])
    with raw_socket(zmq.PUB) as taken, pytest.raises(zmq.ZMQError, match="the port is taken"):
        proxy(connect=["tcp://127.0.0.1:1"], bind=taken.last_endpoint.decode())


@pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX's")
def test_from_a_terminal():
    with ExitStack() as stack:
        one, two = (started_camera(stack, name) for name in ("one", "two"))
        command = [sys.executable, "-u", "-m", "zmqlab", "proxy"]
        command += ["--connect", one.endpoint, "--connect", two.endpoint]
        middle = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        try:
            endpoint = middle.stdout.readline().split()[-1]
            for topic in ("one", "two"):
                with subscribe(endpoint, topic) as stream:
                    assert number_in(stream.read()) >= 0
            middle.send_signal(signal.SIGINT)
            assert middle.wait(10) == 0
        finally:
            middle.kill()
