"""What anybody may do who finds a port, and that it harms nobody else."""

import contextlib
import itertools
import json
import sys
import threading

import cloudpickle
import numpy as np
import psutil
import pytest
import zmq
from helpers.attacks import LONG, MORE, handshake, message, part, peer, pour
from helpers.streams import publish, raw_socket

from zmqlab import (
    FarmError,
    RequestError,
    camera_publisher,
    camera_server,
    fft_farm,
    proxy,
    request,
    sink,
    start,
    subscribe,
)
from zmqlab.patterns.request_reply import unpack_reply
from zmqlab.wire.guard import MOST_PEERS
from zmqlab.wire.messages import pack_frame, pack_message

cloudpickle.register_pickle_by_value(sys.modules[__name__])

MB = 1_000_000
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what came in")


@contextlib.contextmanager
def growth_of(process):
    """Watch the memory of a process; give a function that returns how many bytes it grew most."""
    before, most, over = process.memory, [0], threading.Event()

    def watch():
        while not over.wait(0.01):
            most[0] = max(most[0], process.memory - before)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield lambda: most[0]
    finally:
        over.set()
        thread.join()


# Memory

ENDLESS = {
    "parts without end": part(bytes(60_000), more=True),
    "a part that trickles": bytes([MORE | LONG]) + (60_000).to_bytes(8, "big") + bytes(60_000),
    "short parts without end": part(b"x" * 20, more=True) * 3000,
    "messages of many parts": message(*[bytes(60_000)] * 200),
}


@linux
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["DEALER", "SUB"])
@pytest.mark.parametrize("data", ENDLESS.values(), ids=ENDLESS)
def test_a_message_without_end_fills_no_memory(kind, data):
    with start(camera_publisher, "simulated", control="tcp://127.0.0.1:*") as process:
        publishes, replies = process.wait_until(lambda it: it.endpoints[1:] and it.endpoints, 10)
        endpoint = replies if kind == "DEALER" else publishes
        with subscribe(publishes) as stream:
            stream.read()
            with growth_of(process) as growth:
                sent = 0
                while sent < 400 * MB and growth() < 300 * MB:
                    with contextlib.suppress(OSError), peer(endpoint, kind, timeout=0.5) as it:
                        sent += pour(it, data, 400 * MB - sent)
                    sent += 40 * MB  # of one that hangs
                assert growth() < 150 * MB
            stream.read()
            assert request(replies, "info")[0] == "ok"
