"""A camera that films stripes: a frame that is torn shows it."""

import numpy as np
import zmq
from IPython.display import display

from fast_frames.bill import HD
from zmqlab import send_frame, show_frame

COLOURS = np.uint8([[178, 114, 0], [235, 235, 235], [0, 94, 213], [235, 235, 235]])


def stripes(number, frame):
    """Fill a frame with upright stripes, which are a little further on with each number."""
    x = np.linspace(0, 14, frame.shape[1], endpoint=False)  # in stripes
    frame[:] = COLOURS[(x + 0.61 * number).astype(int) % 4]


def unlike(frame):
    """Return how much of a frame is unlike its top row: 0 if it is whole."""
    columns = frame[:, ::16]  # so many are enough to tell
    return (columns != columns[0]).any(axis=(1, 2)).mean()


def verdict(frame, number):
    """Say whether a frame is whole, and the one that it should be."""
    should = np.empty_like(frame[:1])
    stripes(number, should)
    if unlike(frame):
        return "torn"
    return "right" if np.array_equal(frame[:1], should) else "another frame"


def film(ways, count):
    """Send `count` frames of stripes in each of the ways."""
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.sndhwm = 1
        socket.bind("tcp://127.0.0.1:*")
        for way in ways:
            buffer = np.empty(HD, np.uint8)
            for number in range(count):
                if way == "copy=False, a fresh array each time":
                    buffer = np.empty(HD, np.uint8)
                stripes(number, buffer)
                send_frame(socket, buffer, sequence=number, copy=way == "copy=True")


def show_torn(frames):
    """Show three of the frames, those in which most can be seen."""
    frames = sorted(frames, key=lambda frame: abs(unlike(frame) - 0.5))[:3]
    if frames:
        display(show_frame(*frames, titles=["torn"] * len(frames)))
