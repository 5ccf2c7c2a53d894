"""Ways to pass frames through shared memory; see `benchmarks.frame_ways` for what a way is."""

import collections
import ctypes
import secrets
import time

import numpy as np
import zmq

from benchmarks.frame_ways import PATIENCE, _socket
from zmqlab.wire.shared import FrameRing, RingReader

CACHE = 16e6  # bytes of a ring that stay in the processor's cache
SLOTS = 3, 16  # at least, at most
AT_ONCE = 5e6  # bytes of frames, or more, that a reader gives back with one message
SUBSCRIBE = b"\1"
QUEUE = 4  # frames, of iceoryx2


# Our ring, without losses: each reader says by a message how many frames it is through with, and
# the writer waits for the slowest. XPUB and XSUB carry such messages beside the subscriptions.


def _ring_sender(endpoint, place):
    socket, ring, waiting = _socket(zmq.XPUB, endpoint, bind=True), None, {}
    window = 0  # frames on their way to a reader that is not through with them

    def send(frame):
        nonlocal ring, window
        if ring is None:
            slots = min(max(int(CACHE / frame.nbytes), SLOTS[0]), SLOTS[1])
            ring = FrameRing(slots)
            window = slots - 1
        while socket.get(zmq.EVENTS) & zmq.POLLIN or max(waiting.values(), default=0) >= window:
            news = socket.recv()
            if news != SUBSCRIBE:
                reader, count = news[:-1], news[-1]
                waiting[reader] = waiting.get(reader, 0) - count
        ring.send_frame(socket, place(ring, frame), "camera", timeout=PATIENCE)
        for reader in waiting:
            waiting[reader] += 1

    return send


def ring_sender(endpoint):
    return _ring_sender(endpoint, lambda ring, frame: frame)


def ring_in_place(endpoint):
    """Fill a slot where it lies: one pixel only, to measure what is left."""

    def place(ring, frame):
        slot = ring.empty(frame.shape)
        slot[0, 0, 0] = frame[0, 0, 0]
        return slot

    return _ring_sender(endpoint, place)


def ring_reader(endpoint, copy=False):
    socket, reader = _socket(zmq.XSUB, endpoint, bind=False), RingReader()
    name = b"reader" + secrets.token_bytes(4)
    socket.send(SUBSCRIBE)
    socket.send(name + bytes([0]))
    seen = nbytes = 0

    def receive():
        nonlocal seen, nbytes
        if nbytes >= AT_ONCE:
            socket.send(name + bytes([seen]))
            seen = nbytes = 0
        frame = reader.recv_frame(socket, PATIENCE, copy)[2]
        seen += 1
        nbytes += frame.nbytes
        return frame

    return receive


def ring_copies(endpoint):
    return ring_reader(endpoint, copy=True)


# iceoryx2, as its examples publish_subscribe_dynamic_data have it, but without losses: no
# overflow, and a publisher that waits. A reader that asks again and again is what it is fastest
# with (https://github.com/eclipse-iceoryx/iceoryx2/blob/main/benchmarks/README.md); it lets
# others have the processor between two questions.


def _iceoryx2(endpoint):
    import iceoryx2

    iceoryx2.set_log_level(iceoryx2.LogLevel.Fatal)
    node = iceoryx2.NodeBuilder.new().create(iceoryx2.ServiceType.Ipc)
    service = (
        node.service_builder(iceoryx2.ServiceName.new(endpoint))
        .publish_subscribe(iceoryx2.Slice[ctypes.c_uint8])
        .enable_safe_overflow(False)
        .subscriber_max_buffer_size(QUEUE)
        .open_or_create()
    )
    return iceoryx2, node, service


def iceoryx2_pub(endpoint):
    iceoryx2, node, service = _iceoryx2(endpoint)
    publisher = None

    def send(frame):
        nonlocal publisher
        if publisher is None:
            builder = service.publisher_builder().initial_max_slice_len(frame.nbytes)
            wait = iceoryx2.BackpressureStrategy.RetryUntilDelivered
            publisher = builder.backpressure_strategy(wait).create()
        sample = publisher.loan_slice_uninit(frame.nbytes)
        ctypes.memmove(sample.payload_ptr, frame.ctypes.data, frame.nbytes)
        sample.assume_init().send()

    send.keep = node
    return send


def iceoryx2_sub(endpoint):
    _, node, service = _iceoryx2(endpoint)
    subscriber = service.subscriber_builder().create()
    kept = collections.deque(maxlen=1)  # a sample lasts as long as the array made of it

    def receive():
        while (sample := subscriber.receive()) is None:
            time.sleep(0)
        kept.append(sample)
        return np.frombuffer(sample.payload().as_memory_view(), np.uint8)

    receive.keep = node
    return receive


SHARED_WAYS = {
    "ring": (ring_sender, ring_reader),
    "ring, copies": (ring_sender, ring_copies),
    "ring, written in place": (ring_in_place, ring_reader),
    "iceoryx2": (iceoryx2_pub, iceoryx2_sub),
}
