"""The spectrum of one frame of 640 x 480, against the article's way and others: one thread.

python -m benchmarks.spectrum [ROUNDS]
"""

import sys
import time

import cv2
import numpy as np
import scipy.fft

from benchmarks.timing import Comparison, report
from zmqlab.analysis.spectra import spectrum
from zmqlab.cameras import open_camera

ROUNDS = 100
WAYS = {
    "article: np.fft.fft2(bgr), wrong axes": lambda bgr, grey: np.fft.fft2(bgr),
    "np.fft.fft2(bgr, axes=(0, 1))": lambda bgr, grey: np.fft.fft2(bgr, axes=(0, 1)),
    "grey, np.fft.rfft2": lambda bgr, grey: np.fft.rfft2(grey(bgr)),
    "grey, scipy.fft.rfft2": lambda bgr, grey: scipy.fft.rfft2(grey(bgr)),
    "grey, cv2.dft, packed": lambda bgr, grey: cv2.dft(grey(bgr)),
    "zmqlab spectrum(bgr)": lambda bgr, grey: spectrum(bgr),
}


def grey(bgr):
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)


def measure(rounds=ROUNDS):
    """Return {way: milliseconds of each round} and {way: MB of its result}.

    Every round runs all the ways, each twice: the first time only to have the caches to itself,
    which the way before has filled.
    """
    cv2.setNumThreads(1)
    with open_camera("simulated", paced=False) as camera:
        bgr = camera.read()
    milliseconds = {way: [] for way in WAYS}
    size = {}
    for _ in range(rounds):
        for way, transform in WAYS.items():
            size[way] = [transform(bgr, grey).nbytes / 1e6]
            start = time.perf_counter()
            result = transform(bgr, grey)
            milliseconds[way].append(1e3 * (time.perf_counter() - start))
            del result  # or giving its memory back would be on the next one's bill
    return milliseconds, size


def compare(rounds=ROUNDS):
    """Yield the comparisons of this file."""
    milliseconds, size = measure(rounds)
    article, ours = next(iter(WAYS)), "zmqlab spectrum(bgr)"
    what = "The spectrum of a VGA frame"
    yield Comparison(f"{what}, one thread", "ms", article, milliseconds, [(ours, article, 19)])
    yield Comparison(f"{what}, its size", "MB", article, size)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
