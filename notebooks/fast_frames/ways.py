"""Ways for a frame to travel. Each is two functions: one opens the giver's end, one the taker's."""

import atexit
import json
import os
import pickle

import numpy as np
import zmq

from fast_frames.bill import HD
from zmqlab import FrameRing, RingReader, recv_frame, send_frame


def pickle_out(socket):
    return socket.send_pyobj


def pickle_in(socket):
    return socket.recv_pyobj


# Since protocol 5 a pickle can leave large buffers out, and hand them to us as they are.


def pickle5_out(socket):
    def send(frame):
        buffers = []
        first = pickle.dumps(frame, protocol=5, buffer_callback=buffers.append)
        socket.send_multipart([first, *buffers])

    return send


def pickle5_in(socket):
    def receive():
        first, *buffers = socket.recv_multipart()
        return pickle.loads(first, buffers=buffers)

    return receive


# A header and the bytes. ZeroMQ copies them, as it does when it is not told otherwise.


def copied_out(socket):
    def send(frame):
        header = {"dtype": str(frame.dtype), "shape": frame.shape}
        socket.send_multipart([json.dumps(header).encode(), frame])

    return send


def copied_in(socket):
    def receive():
        header, pixels = socket.recv_multipart()
        header = json.loads(header)
        return np.frombuffer(pixels, header["dtype"]).reshape(header["shape"])

    return receive


# The same, with copy=False at both ends: what send_frame and recv_frame do.


def parts_out(socket):
    return lambda frame: send_frame(socket, frame)


def parts_in(socket):
    return lambda: recv_frame(socket)[2]


# Into an array that is kept: copied once more, out of the message that ZeroMQ makes anyway.


def into_kept_in(socket):
    kept = np.empty(HD, np.uint8)

    def receive():
        socket.recv()  # the topic
        socket.recv()  # the header
        socket.recv_into(kept)
        return kept

    return receive


def ring_out(socket):
    ring = FrameRing(slots=4)
    atexit.register(ring.close)
    return lambda frame: ring.send_frame(socket, frame)


def ring_in(socket):
    reader = RingReader()
    return lambda: reader.recv_frame(socket)[2]


def in_place_out(socket):
    ring = FrameRing(slots=4)
    atexit.register(ring.close)

    def send(frame):
        array = ring.empty(HD)
        array[0] = frame[0]  # a camera would fill it: only the journey is measured
        ring.send_frame(socket, array)

    return send


SOCKETS = {  # by which transport, how a frame goes out, how it comes in
    "pickle": ("tcp", pickle_out, pickle_in),
    "pickle 5, buffers beside it": ("tcp", pickle5_out, pickle5_in),
    "header and bytes": ("tcp", copied_out, copied_in),
    "the same, copy=False": ("tcp", parts_out, parts_in),
}
if hasattr(zmq.Socket, "recv_into"):  # pyzmq 26.4 and later
    SOCKETS["the same, recv_into"] = ("tcp", parts_out, into_kept_in)
if zmq.has("ipc") and os.name == "posix":
    SOCKETS["copy=False, ipc"] = ("ipc", parts_out, parts_in)

RINGS = {
    "ring, one copy": ("tcp", ring_out, ring_in),
    "ring, filled in place": ("tcp", in_place_out, ring_in),
}
