"""A proxy between many cameras and many viewers, all of them real processes."""

from contextlib import ExitStack

import pytest
import zmq
from helpers.streams import VGA, kill, numbers, publish, raw_socket

from zmqlab.course.ports import free_endpoint
from zmqlab.patterns.proxy import proxy
from zmqlab.patterns.publish_subscribe import camera_publisher
from zmqlab.patterns.record_stream import record
from zmqlab.patterns.request_reply import request
from zmqlab.patterns.subscription import subscribe
from zmqlab.patterns.watch_stream import watch
from zmqlab.processes.launch import start
from zmqlab.recording import open_recording

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


def test_bad_endpoints():
    with pytest.raises(ValueError, match=r"connect=\[\]: name the endpoint"):
        proxy(connect=[])
    with pytest.raises(zmq.ZMQError, match="only bind understands"):
        proxy(connect=["tcp://*:5555"])
    with raw_socket(zmq.PUB) as taken, pytest.raises(zmq.ZMQError, match="the port is taken"):
        proxy(connect=["tcp://127.0.0.1:1"], bind=taken.last_endpoint.decode())
