"""How fast the simulated camera makes frames when it is not paced: one thread.

python -m benchmarks.cameras
"""

import statistics
import time

import cv2

from zmqlab.cameras import open_camera

CASES = {
    "640 x 480, 30 beads": {},
    "640 x 480, no beads": {"beads": 0},
    "640 x 480, 200 beads": {"beads": 200},
    "1920 x 1080, 30 beads": {"size": (1920, 1080)},
}
ROUNDS, FRAMES = 15, 20


def measure():
    """Return {case: median frames per second}; every round runs all the cases."""
    cv2.setNumThreads(1)
    cameras = {case: open_camera("simulated", paced=False, **CASES[case]) for case in CASES}
    rates = {case: [] for case in CASES}
    for camera in cameras.values():
        camera.read()  # prepares the picture
    for _ in range(ROUNDS):
        for case, camera in cameras.items():
            start = time.perf_counter()
            for _ in range(FRAMES):
                camera.read()
            rates[case].append(FRAMES / (time.perf_counter() - start))
    return {case: statistics.median(rates[case]) for case in CASES}


def main():
    print("simulated camera        frames/s")
    for case, rate in measure().items():
        print(f"{case:24} {rate:7.0f}")


if __name__ == "__main__":
    main()
