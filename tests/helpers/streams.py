"""Publishers and plain sockets for the tests of streams."""

import contextlib
import os
import signal
import time

import numpy as np
import zmq

from zmqlab.patterns.publisher import Publisher

VGA = (480, 640, 3)


def publish(frames, bind="tcp://127.0.0.1:*", wait_for=1, shape=VGA, **options):
    """Publish so many frames as fast as can be; in each the first four bytes are its number."""
    with Publisher(bind, **options) as publisher:
        publisher.wait_for(wait_for)
        for number in range(frames):
            frame = np.zeros(shape, np.uint8)
            frame.reshape(-1)[:4] = np.frombuffer(number.to_bytes(4, "big"), np.uint8)
            publisher.send(frame)


def number_in(frame):
    return int.from_bytes(frame.reshape(-1)[:4].tobytes(), "big")


def numbers(stream, pause=0.0):
    """Iterate to the end of a stream; return the numbers of its frames, written in their pixels."""
    found = []
    for frame in stream:
        assert number_in(frame) == stream.header["sequence"]
        found.append(number_in(frame))
        time.sleep(pause)  # what this subscriber does with a frame
    return found


@contextlib.contextmanager
def raw_socket(kind, connect=None, **options):
    with zmq.Context() as context, context.socket(kind) as socket:
        socket.linger = 0
        for name, value in options.items():
            setattr(socket, name, value)
        if connect:
            socket.connect(connect)
        else:
            socket.bind("tcp://127.0.0.1:*")
        yield socket


@contextlib.contextmanager
def raw_publisher(subscribers=1):
    """An XPUB socket, and what waits until somebody has subscribed to it."""
    with raw_socket(zmq.XPUB, xpub_verbose=True) as socket:

        def ready():
            for _ in range(subscribers):
                assert socket.poll(60_000), "nobody subscribed"  # Node takes its time to come up
                assert socket.recv() == b"\1camera/"

        yield socket, ready


def assert_soon(socket, milliseconds=60_000):
    assert socket.poll(milliseconds), "nothing arrived"


def second_endpoint(process):
    process.wait_until(lambda process: len(process.endpoints) > 1, what="its second socket")
    return process.endpoints[1]


def kill(process):
    """Kill a process as the system does when memory is short."""
    with contextlib.suppress(ProcessLookupError):  # it has just ended by itself
        os.kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait_until(lambda process: process.ended, 10, "the end")
