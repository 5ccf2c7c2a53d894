"""Streams of frames on real sockets: what is sent, what arrives, what is missing and counted."""

import contextlib
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import zmq
from helpers.streams import (
    VGA,
    assert_soon,
    kill,
    number_in,
    numbers,
    publish,
    raw_socket,
)

from zmqlab.course.ports import free_endpoint
from zmqlab.patterns.publisher import Publisher
from zmqlab.patterns.stream import WAITING_TO_BE_SENT
from zmqlab.patterns.subscription import EndOfStream, subscribe
from zmqlab.processes.launch import start
from zmqlab.wire.messages import MessageError, pack_frame, recv_frame, send_frame

# What travels


def test_a_topic_does_not_match_by_accident():
    """`cam1` is not `cam10`, although a plain subscription to `cam1` receives both."""
    with (
        raw_socket(zmq.XPUB, xpub_verbose=True) as publisher,
        subscribe(publisher.last_endpoint.decode(), "cam1") as stream,
        raw_socket(zmq.SUB, publisher.last_endpoint) as plain,
    ):
        plain.subscribe(b"cam1")
        for _ in range(2):
            assert_soon(publisher)
            publisher.recv()
        for number, topic in enumerate(["cam10/", "cam1", "cam11/", "cam1/"]):
            send_frame(publisher, np.full(5, number), topic)
        assert stream.read()[0] == 3
        assert (stream.received, stream.refused) == (1, 0)
        assert [recv_frame(plain)[0] for _ in range(4)] == ["cam10/", "cam1", "cam11/", "cam1/"]
        send_frame(publisher, np.zeros(5), "cam1/left")  # begins right, but is another
        send_frame(publisher, np.full(5, 7), "cam1/", sequence=1)
        assert stream.read()[0] == 7
        assert stream.refused == 1
        assert "'cam1/left' instead of 'cam1/'" in stream.complaint


@pytest.mark.parametrize("topic", ["", "lab/camera", "camera/", b"camera", None])
def test_names_that_a_stream_cannot_have(topic):
    with pytest.raises(MessageError, match="a stream cannot be called"):
        subscribe("tcp://127.0.0.1:5555", topic)
    with pytest.raises(MessageError, match="a stream cannot be called"):
        Publisher(topic=topic)


@pytest.mark.parametrize("hwm", [0, -1, 2.5, True, None])
def test_every_queue_has_a_bound(hwm):
    with pytest.raises(ValueError, match=f"hwm={hwm}: give a whole number from 1"):
        subscribe("tcp://127.0.0.1:5555", hwm=hwm)
    with pytest.raises(ValueError, match=f"hwm={hwm}: give a whole number from 1"):
        Publisher(hwm=hwm)


# Memory


def publish_for_ever(wait_for):
    with Publisher() as publisher:
        publisher.wait_for(wait_for)
        while True:
            publisher.send(np.full(VGA, publisher.sequence % 256, np.uint8))
            # A thread of pyzmq's lets go of what is sent or dropped. A loop that waits for nothing
            # leaves it no turn, and 60 frames more can wait for that: memory that no mark counts.
            zmq.Frame(b"after it", track=True, copy=False).tracker.wait(10)


def test_memory_of_a_publisher_whose_subscribers_do_not_read():
    """Each that stops costs a mark of frames at most."""
    count = 10
    with start(publish_for_ever, 1) as process, contextlib.ExitStack() as stack:
        before = process.memory

        def sent():
            return process.messages["XPUB 0"]["out"]

        for _ in range(count):
            asleep = stack.enter_context(raw_socket(zmq.SUB, process.endpoint, rcvhwm=1))
            asleep.subscribe(b"camera/")
            assert asleep.poll(10_000)
            now = sent()  # its queue is full before the next one comes
            process.wait_until(lambda _, now=now: sent() > now + 3 * WAITING_TO_BE_SENT)
        frame = np.prod(VGA)
        assert process.memory - before < 1.2 * count * WAITING_TO_BE_SENT * frame + 40 * frame
        process.stop()


# The slow joiner


def joined(wait, subscribers):
    """Publish 100 small frames to subscribers that come at that moment; return what they got."""
    endpoints, go = queue.Queue(), threading.Event()

    def publish():
        with Publisher(hwm=200) as publisher:
            endpoints.put(publisher.endpoint)
            go.wait(10)
            if wait:
                publisher.wait_for(subscribers)
            for _ in range(100):
                publisher.send(np.zeros((16, 16, 3), np.uint8))
            publisher.wait_for(subscribers)  # that they all hear the end

    thread = threading.Thread(target=publish)
    thread.start()
    endpoint = endpoints.get(timeout=10)
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(subscribe(endpoint, hwm=200)) for _ in range(subscribers)]
        go.set()
        frames = [sum(1 for _ in stream) for stream in streams]
        thread.join(10)
        return [(s.first, count, s.lost) for s, count in zip(streams, frames, strict=True)]


def test_without_a_handshake_the_first_frames_are_missed():
    firsts = [joined(wait=False, subscribers=1)[0] for _ in range(50)]
    late = [result for result in firsts if result != (0, 100, 0)]
    assert len(late) > 25
    for first, frames, lost in late:
        assert lost == 0  # nobody listened yet
        assert frames == (0 if first is None else 100 - first)


def test_with_a_handshake_not_one_frame_is_missed():
    for _ in range(50):
        assert joined(wait=True, subscribers=3) == [(0, 100, 0)] * 3


def test_a_handshake_between_processes():
    with start(publish, 100, wait_for=2, shape=(16, 16, 3), hwm=200) as process:
        with (
            subscribe(process.endpoint, hwm=200) as one,
            subscribe(process.endpoint, hwm=200) as two,
        ):
            assert numbers(one) == numbers(two) == list(range(100))
        assert process.wait(10) == 0


def test_a_handshake_ends_and_says_how_many_came():
    with Publisher() as publisher, subscribe(publisher.endpoint, "other"):
        with subscribe(publisher.endpoint):
            publisher.wait_for(1)
            with pytest.raises(TimeoutError) as error:
                publisher.wait_for(2, timeout=0.5)
        assert str(error.value) == (f"of 2 subscribers to 'camera' at {publisher.endpoint} 1 came")


# Frames that are lost, and counted


def test_a_slow_subscriber_knows_each_frame_that_it_lost():
    with (
        start(publish, 300, hwm=4) as process,
        subscribe(process.endpoint, hwm=4) as stream,
    ):
        arrived = numbers(stream, pause=0.002)
        missing = set(range(300)) - set(arrived)
        assert len(missing) > 50
        assert stream.received == len(arrived) == 300 - len(missing)
        assert stream.lost == len(missing)
        assert {n for a, b in stream.gaps for n in range(a, b + 1)} == missing
        assert stream.restarts == stream.refused == stream.skipped == 0
        assert process.wait(10) == 0


def test_none_is_dropped_when_the_publisher_waits():
    with (
        start(publish, 150, wait_for=2, hwm=2, drop=False) as process,
        subscribe(process.endpoint, hwm=2) as fast,
        subscribe(process.endpoint, hwm=2) as slow,
    ):
        fast_numbers = []
        thread = threading.Thread(target=lambda: fast_numbers.extend(numbers(fast)))
        thread.start()
        assert numbers(slow, pause=0.005) == list(range(150))
        thread.join(20)
        assert fast_numbers == list(range(150))
        assert fast.lost == slow.lost == 0
        assert process.wait(10) == 0


def test_a_subscriber_that_is_killed_keeps_nobody_waiting():
    with start(publish, 200, wait_for=2, hwm=2, drop=False) as process:
        with (
            start(read_one_and_wait, process.endpoint, process_name="victim") as victim,
            subscribe(process.endpoint, hwm=2) as stream,
        ):
            first = stream.read()
            victim.wait_output("got one")
            kill(victim)
            assert [number_in(first), *numbers(stream)] == list(range(200))
        assert process.wait(10) == 0


def read_one_and_wait(endpoint):
    with subscribe(endpoint, hwm=2) as stream:
        stream.read()
        print("got one", flush=True)
        threading.Event().wait()


def test_latest_is_the_newest_that_arrived():
    with Publisher(hwm=50) as publisher, subscribe(publisher.endpoint, hwm=50) as stream:
        publisher.wait_for(1)
        for number in range(50):
            publisher.send(np.full((2, 2), number))
        shown = []
        while not shown or shown[-1] < 49:
            shown.append(stream.latest()[0, 0])
        assert shown == sorted(set(shown))
        assert stream.received == 50
        assert stream.skipped == 50 - len(shown)
        assert stream.skipped > 0
        with pytest.raises(TimeoutError):
            stream.latest(timeout=0.01)
        publisher.send(np.full((2, 2), 50))
        publisher.close(timeout=0)
        assert stream.latest()[0, 0] == 50  # even if the end has arrived as well
        with pytest.raises(EndOfStream):
            stream.latest()


# What may come in a subscriber's way


def test_a_publisher_that_is_killed_and_started_again():
    endpoint = free_endpoint()
    forever = 10**9
    with subscribe(endpoint, hwm=100) as stream:
        with start(publish, forever, endpoint, shape=(16, 16, 3), drop=False) as process:
            for _ in range(20):
                stream.read()
            kill(process)
        while stream.restarts == 0:  # what was on its way when it was killed
            if "again" not in locals():
                again = start(publish, forever, endpoint, shape=(16, 16, 3), drop=False)
            frame = stream.read()
        with again:
            assert number_in(frame) == stream.header["sequence"] == 0
            assert stream.lost == 0
            for number in range(1, 20):
                assert number_in(stream.read()) == number
            assert stream.restarts == 1
            assert stream.first == 0


def test_silence_is_explained():
    endpoint = free_endpoint()
    with subscribe(endpoint, timeout=0.2) as stream:
        with pytest.raises(TimeoutError, match="Now nobody listens there") as error:
            next(stream)
        assert f"no frame of 'camera' came from {endpoint} within 0.2 s" in str(error.value)
        assert "0 received, 0 lost" in str(error.value)
    with Publisher() as publisher, subscribe(publisher.endpoint, timeout=0.2) as stream:
        with pytest.raises(TimeoutError, match="a ZeroMQ socket listens there, but sends nothing"):
            next(stream)
        publisher.wait_for(1)
        publisher.send(np.zeros(3))  # it is still, or again, subscribed
        assert len(stream.read(20)) == 3


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        (b"camera", "there is 'camera' (no slash at its end"),
        (b"camera/", "has just begun to publish"),
    ],
)
def test_what_is_published_there_is_not_what_was_asked_for(topic, said, monkeypatch):
    """A learner's own PUB forgets the slash; another one begins while it is looked for."""
    monkeypatch.setattr("zmqlab.patterns.subscription._LISTEN", 5)
    parts = [topic, *pack_frame(np.zeros((2, 2)), "camera", stream="s")[1:]]

    def publish_when_all_is_asked_for():
        while socket.recv() != b"\1":
            pass
        socket.send_multipart(parts)

    with raw_socket(zmq.XPUB, rcvtimeo=20_000) as socket, ThreadPoolExecutor(1) as pool:
        done = pool.submit(publish_when_all_is_asked_for)
        with subscribe(socket.last_endpoint.decode(), timeout=0.2) as stream:
            assert said in stream.why_nothing()
            if topic == b"camera/":  # and it is not lost by that
                assert stream.read(0).shape == (2, 2)
        done.result(20)
