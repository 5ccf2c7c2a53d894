"""The spectrum of one frame of 640 x 480, against the article's way and others: one thread.

python -m benchmarks.spectrum
"""

import statistics
import time

import cv2
import numpy as np
import scipy.fft

from zmqlab.cameras import open_camera
from zmqlab.spectrum import spectrum

ROUNDS = 100
WAYS = {
    "article: np.fft.fft2(bgr), wrong axes": lambda bgr, grey: np.fft.fft2(bgr),
    "np.fft.fft2(bgr, axes=(0, 1))": lambda bgr, grey: np.fft.fft2(bgr, axes=(0, 1)),
    "grey, np.fft.rfft2": lambda bgr, grey: np.fft.rfft2(grey(bgr)),
    "grey, scipy.fft.rfft2": lambda bgr, grey: scipy.fft.rfft2(grey(bgr)),
    "grey, cv2.dft, packed": lambda bgr, grey: cv2.dft(grey(bgr)),
    "zmqlab spectrum(bgr)": lambda bgr, grey: spectrum(bgr),
    "zmqlab spectrum(bgr, window=True)": lambda bgr, grey: spectrum(bgr, window=True),
}


def grey(bgr):
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32)


def measure(rounds=ROUNDS):
    """Return {way: (median seconds, bytes of its result)}.

    Every round runs all the ways, each twice: the first time only to have the caches to itself,
    which the way before has filled.
    """
    cv2.setNumThreads(1)
    with open_camera("simulated", paced=False) as camera:
        bgr = camera.read()
    seconds = {way: [] for way in WAYS}
    size = {}
    for _ in range(rounds):
        for way, transform in WAYS.items():
            size[way] = transform(bgr, grey).nbytes
            start = time.perf_counter()
            result = transform(bgr, grey)
            seconds[way].append(time.perf_counter() - start)
            del result  # or giving its memory back would be on the next one's bill
    return {way: (statistics.median(seconds[way]), size[way]) for way in WAYS}


def main():
    results = measure()
    article = next(iter(results.values()))[0]
    print(f"{'a frame of 640 x 480, median of ' + str(ROUNDS):38}      ms  ratio     MB")
    for way, (median, size) in results.items():
        print(f"{way:38} {median * 1e3:7.2f} {article / median:6.1f} {size / 1e6:6.2f}")


if __name__ == "__main__":
    main()
