"""The checks of notebook 04."""

import math

import numpy as np

from zmqlab.course.exercises import exercise
from zmqlab.course.trial import (
    NotYet,
    call,
    expect,
    expect_type,
)

ROUNDING = 0.3  # standard deviation of what is lost when grey levels are made whole: 1/√12


@exercise(
    "right_spectrum(frame)",
    "What are the axes of the array, and over which two of them does `np.fft.fft2` transform when "
    "it is not told? Look at the shape of what it returns.",
    "Make the frame grey first, with `cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)`: then there are two "
    "axes, y and x, and both are transformed.",
    "Real numbers have a spectrum whose two halves say the same. `np.fft.rfft2` computes one of "
    "them, of shape (height, width // 2 + 1).",
    "Half the bytes again: `np.fft.rfft2(grey.astype(np.float32)).astype(np.complex64)`. Pixels "
    "are whole numbers up to 255; they do not need 16 digits.",
)
def right_spectrum(function):
    from zmqlab import open_camera

    noise = np.random.default_rng(5).integers(0, 256, (48, 61, 3), np.uint8)
    with open_camera("simulated", paced=False, size=(320, 240)) as camera:
        photograph = camera.read()
    frames = {
        "the frame is noise, of 61 x 48 pixels": noise,
        "the frame is of the simulated camera": photograph,
        "the frame is red noise": noise * np.uint8([0, 0, 1]),
    }
    for when, frame in frames.items():
        given = frame.copy()
        got = call(function, given, when=when, timeout=10)
        expect_type(f"What it returns when {when}", np.ndarray, got, "an array")
        if not np.array_equal(frame, given):
            raise NotYet("It has written into the frame, which may lie in a message.")
        height, width, _ = frame.shape
        expect(f"The shape of what it returns when {when}", (height, width // 2 + 1), got.shape)
        expect(f"The type of its numbers when {when}", "complex64", got.dtype.name)
        _expect_spectrum(got, frame, when)
    return (
        "It is numpy's transform of the grey frame, to rounding, in a twelfth of the article's "
        "bytes."
    )


def _expect_spectrum(got, frame, when):
    import cv2

    def spectrum(grey):
        return np.fft.rfft2(grey.astype(float))

    right = spectrum(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))
    # Grey levels that are not rounded are right, too.
    tolerance = 8 * ROUNDING * math.sqrt(frame[..., 0].size) + 1e-5 * abs(right).max()

    def close(other):
        return abs(got - other).max() < tolerance

    if close(right):
        return
    others = {
        "that of a grey in which red and blue have changed places": spectrum(
            cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        ),
        "that of another grey, the mean of the three colours": spectrum(frame.mean(axis=2)),
        "that of one colour": spectrum(frame[..., 0]),
        "the right one, shifted": np.fft.fftshift(right),
        "the right one, with its rows shifted": np.fft.fftshift(right, axes=0),
        "the right one, without its phases": abs(right),
        "the right one, conjugated": right.conj(),
        "the right one, scaled": right * (abs(got).sum() / abs(right).sum()),
    }
    looks = next((what for what, other in others.items() if close(other)), "another one")
    raise NotYet(f"It is not the spectrum of the grey frame when {when}: it looks like {looks}.")
