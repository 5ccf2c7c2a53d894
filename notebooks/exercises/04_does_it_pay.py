"""The exercises of notebook 04: hints, a solution and a check of each."""

import math

import cv2
import numpy as np

from zmqlab.course.exercises import hints
from zmqlab.course.trial import NotYet, call, expect, expect_type, looks_like


@hints(
    "What are the axes of the array, and over which two of them does `np.fft.fft2` transform when "
    "it is not told? Look at the shape of what it returns.",
    "Make the frame grey first, with `cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)`: then there are two "
    "axes, y and x, and both are transformed.",
    "Real numbers have a spectrum whose two halves say the same. `np.fft.rfft2` computes one of "
    "them, of shape (height, width // 2 + 1).",
    "Half the bytes again: `np.fft.rfft2(grey.astype(np.float32)).astype(np.complex64)`. Pixels "
    "are whole numbers up to 255; they do not need 16 digits.",
)
def right_spectrum(frame):
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    return np.fft.rfft2(grey.astype(np.float32)).astype(np.complex64)


def check_right_spectrum(function):
    random = np.random.default_rng(5)
    for width in (63, 64):
        frame = random.integers(0, 256, (48, width, 3), np.uint8)
        given = frame.copy()
        when = f"the frame is noise, of {width} x 48 pixels"
        got = call(function, given, when=when, timeout=10)
        if not np.array_equal(frame, given):
            raise NotYet("It has written into the frame, which may lie in a message.")
        expect_type(f"What it returns when {when}", np.ndarray, got, "an array")
        mistakes = {
            "width and colour were transformed, as in the article": (48, width, 3),
            "width and colour were transformed, and colour halved": (48, width, 2),
            "each colour was transformed by itself": (48, width // 2 + 1, 3),
        }
        shape = 48, width // 2 + 1
        expect(f"The shape of what it returns when {when}", shape, got.shape, mistakes)
        expect(f"The type of its numbers when {when}", "complex64", got.dtype.name)
        _expect_spectrum(frame, got)
    return (
        "It is numpy's transform of the grey frame, to rounding, in a twelfth of the article's "
        "bytes."
    )


def _expect_spectrum(frame, got):
    right = right_spectrum(frame)
    swapped = np.fft.rfft2(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY))
    rows = np.fft.rfft(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))
    if not _close(right, got):
        mistakes = {
            "red and blue have changed places": _close(swapped, got),
            "each row was transformed by itself": _close(rows, got),
            "its rows were shifted": _close(np.fft.fftshift(right, axes=0), got),
        }
        what = f"It is not the spectrum of the grey frame{looks_like(mistakes)}"
        raise NotYet(f"{what}. Its number at [1, 2]:", right[1, 2], got[1, 2])


def _close(expected, got):
    """Compare two spectra, to what it makes when grey levels were not rounded."""
    return abs(expected - got).max() < 3 * math.sqrt(expected.size)
