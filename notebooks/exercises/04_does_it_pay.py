"""The exercises of notebook 04: hints, a solution and a check of each."""

import math

import cv2
import numpy as np

from zmqlab.course.exercises import hints
from zmqlab.course.trial import NotYet, call, expect, expect_type

ROUNDING = 0.3  # standard deviation of what is lost when grey levels are made whole: 1/√12


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
    from zmqlab import open_camera

    noise = np.random.default_rng(5).integers(0, 256, (48, 63, 3), np.uint8)
    with open_camera("simulated", paced=False, size=(320, 240)) as camera:
        photograph = camera.read()
    frames = {
        "the frame is noise, of 63 x 48 pixels": noise,
        "the frame is of the simulated camera": photograph,
        "the frame is red noise": noise * np.uint8([0, 0, 1]),
        "the frame is black": noise * np.uint8(0),
    }
    arrays, earlier = {}, []
    for when, frame in frames.items():
        given = arrays.setdefault(frame.shape, frame.copy())  # a camera may use it again
        given[:] = frame
        got = call(function, given, when=when, timeout=10)
        if not np.array_equal(frame, given) or not given.flags.writeable:
            raise NotYet("It has written into the frame, which may lie in a message.")
        expect_type(f"What it returns when {when}", np.ndarray, got, "an array")
        _expect_shape(got, frame, when)
        expect(f"The type of its numbers when {when}", "complex64", got.dtype.name)
        _expect_spectrum(got, frame, when, [spectrum for _, spectrum in earlier])
        earlier.append((got, got.copy()))
        if not all(np.array_equal(*each) for each in earlier):
            raise NotYet(
                f"Called when {when}, it has written into a spectrum that it had returned before."
            )
    return (
        "It is numpy's transform of the grey frame, to rounding, in a twelfth of the article's "
        "bytes."
    )


def _expect_shape(got, frame, when):
    height, width, _ = frame.shape
    others = {
        (height, width, 3): "Width and colour, or each colour by itself, have been transformed.",
        (height, width, 2): "Width and colour have been transformed, as in the article.",
        (height, width // 2 + 1, 3): "Each colour has been transformed by itself.",
        (height, width): "That is the whole plane; one half of it says all.",
        (height, width // 2): "A column is missing: the half holds both its edges.",
        (height, width // 2 + 2): "A column too many: half an odd width is cut, not rounded.",
        (width, height // 2 + 1): "Height and width have changed places.",
        (height // 2 + 1, width): "Height has been halved; in `rfft2` it is the last axis, width.",
    }
    right = height, width // 2 + 1
    if got.shape != right:
        what = f"The shape of what it returns when {when}, is not right."
        raise NotYet(f"{what} {others.get(got.shape, '')}".rstrip(), right, got.shape)


def _expect_spectrum(got, frame, when, earlier):
    import cv2

    def spectrum(grey):
        return np.fft.rfft2(grey.astype(float))

    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    right = spectrum(grey)
    # Grey levels that are not rounded are right, too.
    tolerance = 8 * ROUNDING * math.sqrt(grey.size) + 1e-5 * abs(right).max()

    def differs(other):
        return abs(got - other).max()

    if differs(right) < tolerance:
        return
    size = abs(got).sum(dtype=float) / max(abs(right).sum(), 1)
    others = {
        "that of a grey in which red and blue have changed places": spectrum(
            cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        ),
        "that of another grey, the mean of the three colours": spectrum(frame.mean(axis=2)),
        "that of another grey, the sum of the three colours": spectrum(frame.sum(axis=2)),
        "that of another grey, the brightest colour": spectrum(frame.max(axis=2)),
        "that of one colour": spectrum(frame[..., 0]),
        "that of one colour, green": spectrum(frame[..., 1]),
        "that of one colour, red": spectrum(frame[..., 2]),
        "that of each row by itself": np.fft.rfft(grey),
        "that of the frame without its mean": spectrum(grey - grey.mean()),
        "the right one, shifted": np.fft.fftshift(right),
        "the right one, with its rows shifted": np.fft.fftshift(right, axes=0),
        "the other half": np.fft.fft2(grey)[:, -right.shape[1] :],
        "the right one, without its phases": abs(right),
        "the right one, squared": abs(right) ** 2,
        "the right one, its real part only": right.real,
        "the logarithm of the right one": np.log1p(abs(right)),
        "the right one, conjugated": right.conj(),
        "zeros only": 0 * right,
        "the right one, scaled": right * size,
        "the right one, conjugated and scaled": right.conj() * size,
    }
    before = enumerate(earlier, 1)
    others |= {f"that of frame {n}": each for n, each in before if each.shape == got.shape}
    looks = "no other that we know"
    for what, other in reversed(others.items()):
        if differs(other) <= min(tolerance, abs(other).max() / 50):  # it may be a small one
            looks = what
    if not np.isfinite(got).all():
        looks = "a division by zero, or the logarithm of 0: not all its numbers are finite"
    raise NotYet(f"It is not the spectrum of the grey frame when {when}: it looks like {looks}.")
