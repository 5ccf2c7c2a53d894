"""How fast the simulated camera makes frames when it is not paced: one thread.

python -m benchmarks.cameras [ROUNDS]
"""

import functools
import sys
import time

import cv2

from benchmarks.timing import Comparison, interleave, report
from zmqlab.cameras import open_camera

CASES = {
    "640 x 480, 30 beads": {},
    "640 x 480, no beads": {"beads": 0},
    "640 x 480, 200 beads": {"beads": 200},
    "1920 x 1080, 30 beads": {"size": (1920, 1080)},
}
ROUNDS, FRAMES = 15, 20


def rate(camera):
    """Return frames a second."""
    start = time.perf_counter()
    for _ in range(FRAMES):
        camera.read()
    return FRAMES / (time.perf_counter() - start)


def compare(rounds=ROUNDS):
    """Yield the comparison of this file."""
    cv2.setNumThreads(1)
    cameras = {case: open_camera("simulated", paced=False, **CASES[case]) for case in CASES}
    for camera in cameras.values():
        camera.read()  # prepares the picture
    ways = {case: functools.partial(rate, camera) for case, camera in cameras.items()}
    values = interleave(ways, rounds)
    yield Comparison("The simulated camera, one thread", "frames/s", next(iter(CASES)), values)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
