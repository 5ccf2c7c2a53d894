"""Ctrl-C again and again, in a process that goes on each time: no message is cut."""

import contextlib
import os
import random
import select
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import zmq
from helpers.streams import raw_socket

from zmqlab import (
    Overtaken,
    RingReader,
    pack_frame,
)
from zmqlab.wire.sockets import recv_parts, send_parts

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals of this kind are POSIX's"),
]

TIMES = 150  # interrupts in each test

# The interrupt may come anywhere in a step. The next one is sent when this one has been caught,
# which is told by an X, or swallowed, as Python does in a `__del__`, and pyzmq when it frees a
# part. It is sent again if neither is told for a while: `print` looks at signals when it has
# written, so the next one may end the hook, and is swallowed untold. The loop has a function of its
# own: from Python 3.12 on, an interrupt between two rounds of a loop may slip through the `try`
# that the loop stands in.
PROGRAM = """
import functools, itertools, os, sys
import numpy as np, zmq
from zmqlab import FrameRing, Publisher, recv_message, request, send_frame, send_message

sys.unraisablehook = functools.partial(print, "swallowed", flush=True)
count = itertools.count()
frame = np.arange(100)
with zmq.Context() as context, context.socket({kind}) as socket, FrameRing(8) as ring:
    socket.linger = 0
    socket.connect(sys.argv[1])
    {setup}
    last = -1

    def work():
        global last
        os.write(1, b"X")
        while True:
            {step}

    while True:
        try:
            try:
                work()
            except KeyboardInterrupt:
                pass
        except KeyboardInterrupt:
            pass
"""


@contextlib.contextmanager
def interrupted(endpoint, step, kind="zmq.PUSH", setup=""):
    """Run a step without end in another process; give what interrupts it once."""
    code = PROGRAM.format(kind=kind, setup=setup, step=textwrap.indent(step, " " * 12).strip())
    command = [sys.executable, "-c", code, endpoint]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:

        def interrupt():
            news, untold = b"", 0
            while b"X" not in news:
                child.send_signal(signal.SIGINT)
                if not select.select([child.stdout], [], [], 3)[0]:
                    untold += 1
                    assert untold < 10, "it hangs"
                    continue
                news = os.read(child.stdout.fileno(), 1000)
                assert news, child.stderr.read().decode()

        try:
            os.read(child.stdout.fileno(), 1000)
            yield interrupt
            assert child.poll() in (None, 0), child.stderr.read().decode()
        finally:
            child.kill()


def receive_in_between(socket, choice, check):
    """Receive so many messages that the sender is not held up when it is interrupted."""
    for _ in range(choice.randrange(100, 200)):
        parts = recv_parts(socket, 20, most=10)
        assert len(parts) == 3
        check(parts)


@pytest.mark.parametrize(
    "send",
    [
        "send_frame(socket, frame, sequence=next(count))",
        "send_message(socket, 'frame', {'sequence': next(count)}, frame)",
        "ring.send_frame(socket, frame, sequence=next(count))",
    ],
)
def test_what_is_sent_arrives_whole(send):
    choice, seen = random.Random(1), [-1]
    with raw_socket(zmq.PULL, rcvhwm=100) as socket, RingReader() as reader:

        def check(parts):
            try:
                _, header, frame = reader.unpack_frame(parts)
            except Overtaken:
                return
            assert header["sequence"] > seen[-1]
            seen.append(header["sequence"])
            assert np.array_equal(frame, range(100))

        def check_message(parts):
            assert parts[2].bytes == np.arange(100).tobytes()

        with interrupted(socket.last_endpoint.decode(), send) as again:
            for _ in range(TIMES):
                receive_in_between(
                    socket, choice, check_message if "send_message" in send else check
                )
                again()


def test_what_is_received_is_received_whole():
    """Whoever is interrupted in the middle of a message takes the rest of it."""
    step = (
        "topic, header, pixels = recv_message(socket, 20)\n"
        "assert topic == 'frame' and pixels.nbytes == 800, (topic, header)\n"
        "assert header['sequence'] > last, (header, last)\n"
        "last = header['sequence']\n"
    )
    choice, sequence = random.Random(2), 0
    with (
        raw_socket(zmq.PUSH, sndhwm=5) as socket,
        interrupted(socket.last_endpoint.decode(), step, "zmq.PULL") as again,
    ):
        for _ in range(TIMES):
            for _ in range(choice.randrange(30)):
                send_parts(socket, pack_frame(np.arange(100), sequence=sequence), 20)
                sequence += 1
            again()
