"""What the cameras that OpenCV reads have in common."""

import math
from contextlib import contextmanager

import cv2


@contextmanager
def quiet():
    """Keep OpenCV from writing warnings to stderr meanwhile: we say what is wrong ourselves."""
    # OpenCV 5 moved it.
    set_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
    before = set_level(0)
    try:
        yield
    finally:
        set_level(before)


def read_fps(capture):
    """Return the frames per second that a capture declares, 30 if it declares nonsense."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    return fps if math.isfinite(fps) and 0 < fps <= 1000 else 30.0
