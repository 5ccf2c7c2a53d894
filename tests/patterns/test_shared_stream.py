"""Streams through shared memory: the same publisher and subscribers, told by one argument."""

import re
import time

import numpy as np
import pytest
import zmq
from helpers.streams import number_in, numbers, publish, raw_publisher, raw_socket

from zmqlab.patterns.publisher import Publisher
from zmqlab.patterns.subscription import subscribe
from zmqlab.processes.launch import start
from zmqlab.wire.messages import frame_header, send_message


def publish_slowly(frames, shared):
    """Publish each frame when the one before has arrived."""
    with Publisher(shared=shared) as publisher, raw_socket(zmq.PULL) as heard:
        publisher.wait_for(1)
        for number in range(frames):
            frame = np.full((48, 64, 3), number, "uint8")
            publisher.send(frame, heard=heard.last_endpoint.decode())
            assert heard.poll(20_000)
            heard.recv()


def hear(stream):
    """Iterate to the end, and tell the publisher of each message that came."""
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        for frame in stream:
            assert (frame == stream.header["sequence"]).all()
            assert not frame.flags.writeable
            if not push.last_endpoint:
                push.connect(stream.header["heard"])
            push.send(b"")


def test_every_frame_arrives_where_there_is_time():
    with start(publish_slowly, 50, 4) as process, subscribe(process.endpoint) as stream:
        hear(stream)
        assert "ring" in stream.header
        assert (stream.received, stream.lost, stream.overtaken) == (50, 0, 0)
        process.wait_until(lambda process: process.ended, 10, "the end")
        assert process.exit_code == 0


def test_what_is_overtaken_is_lost_and_the_stream_goes_on():
    with start(publish, 500, shared=3) as process, subscribe(process.endpoint) as stream:
        found = numbers(stream, pause=0.001)
        assert stream.received == len(found)
        assert stream.overtaken
        assert stream.received + stream.lost == (500 - stream.first if found else 0)
        assert f"{stream.overtaken} overtaken" in stream.summary()
        process.wait_until(lambda process: process.ended, 10, "the end")
        assert process.exit_code == 0


def test_a_subscriber_that_keeps_every_frame_does_not_stop_the_publisher():
    with (
        start(publish, 3000, shared=3, wait_for=2) as process,
        subscribe(process.endpoint) as greedy,
        subscribe(process.endpoint) as stream,
    ):
        kept = []
        for frame in greedy:
            kept.append((greedy.header["sequence"], frame))
        assert 1 <= len(kept) <= 3
        assert greedy.received + greedy.lost == 3000 - greedy.first
        assert all(number_in(frame) == number for number, frame in kept)
        numbers(stream)
        process.wait_until(lambda process: process.ended, 10, "the end")
        assert process.exit_code == 0
    assert all(number_in(frame) == number for number, frame in kept)


def test_a_frame_that_is_not_on_this_computer():
    with raw_publisher() as (socket, ready), subscribe(socket.last_endpoint.decode()) as stream:
        ready()
        away = {"ring": "1-0123456789abcdef", "slot": 0, "turn": 2}
        send_message(socket, "camera/", frame_header(np.ones(3)) | away)
        while not stream.overtaken:
            with pytest.raises(TimeoutError) as told:
                stream.read(timeout=1)
        assert re.search(r"1 overtaken, the last .* is not here", str(told.value))
        assert (stream.received, stream.refused) == (0, 0)


@pytest.mark.parametrize("shared", [-1, 2.5, True])
def test_numbers_of_slots_that_cannot_be(shared):
    with pytest.raises(ValueError, match=f"shared={shared}: give a whole number"):
        Publisher(shared=shared)


def test_shared_memory_waits_for_nobody():
    with pytest.raises(ValueError, match="drop=False and shared memory exclude each other"):
        Publisher(shared=4, drop=False)


def test_nothing_is_left_in_memory():
    with Publisher(shared=4) as publisher:
        publisher.send(np.ones(5))
        path = publisher._ring._memory.path
        assert path.exists()
    deadline = time.monotonic() + 10
    while list(path.parent.glob(f"{path.name}*")):  # a sweep of another process may be just at one
        assert time.monotonic() < deadline
