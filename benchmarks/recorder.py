"""Recording frames of 640 x 480: the article's way, ours, and a plain file of the same bytes.

python -m benchmarks.recorder
"""

import importlib.util
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np

from zmqlab.cameras import open_camera
from zmqlab.recording import Recorder, open_recording

FRAMES = 200
ROUNDS = 7


def article(path, frames):
    """No dtype (h5py then takes float32), time last, resized and flushed for each frame."""
    shape = frames[0].shape
    with h5py.File(path, "w") as file:
        images = file.create_dataset("images", (*shape, 1), "f4", maxshape=(*shape, None))
        for index, frame in enumerate(frames):
            images.resize((*shape, index + 1))
            images[..., index] = frame
            file.flush()


def read_article(path):
    with h5py.File(path, "r") as file:
        return timed(lambda: file["images"][..., 7]), timed(lambda: file["images"][240, 320, 0])


def recorder(compression=None):
    def write(path, frames):
        with Recorder(path, compression) as recorder:
            for frame in frames:
                recorder.add(frame)

    return write


def read_recorder(path):
    with open_recording(path) as data:
        return timed(lambda: data["frames"][7]), timed(lambda: data["frames"][:, 240, 320, 0])


def plain_file(path, frames):
    with open(path, "wb", buffering=0) as file:
        for frame in frames:
            file.write(frame)


def read_plain_file(path):
    return float("nan"), float("nan")


WAYS = {
    "the article's way": (article, read_article),
    "zmqlab Recorder": (recorder(), read_recorder),
    "zmqlab Recorder, lz4": (recorder("lz4"), read_recorder),
    "zmqlab Recorder, zstd": (recorder("zstd"), read_recorder),
    "a plain file": (plain_file, read_plain_file),
}
if importlib.util.find_spec("hdf5plugin") is None:
    WAYS = {way: of for way, of in WAYS.items() if "lz4" not in way and "zstd" not in way}


def timed(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure(frames, rounds=ROUNDS):
    """Return {way: rows of (seconds, bytes, seconds for one frame, for a pixel's history)}."""
    rows = {way: [] for way in WAYS}
    for number in range(rounds):
        # What went before leaves traces in the caches: every other round runs in reverse order.
        for way in reversed(WAYS) if number % 2 else WAYS:
            write, read = WAYS[way]
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "film"
                seconds = timed(lambda write=write, path=path: write(path, frames))
                rows[way].append((seconds, path.stat().st_size, *read(path)))
    return rows


def main():
    with open_camera("simulated", paced=False) as camera:
        frames = [camera.read() for _ in range(FRAMES)]
    rows = measure(frames)
    median = {way: np.median(rows[way], axis=0) for way in WAYS}
    article, plain = median["the article's way"], median["a plain file"]
    print(f"{FRAMES} frames of 640 x 480, median of {ROUNDS} rounds (slowest to fastest)\n")
    print("| way | frames/s | x article | x plain | MB | a frame, ms | a pixel's history, ms |")
    print("|---|---|---|---|---|---|---|")
    for way, (seconds, size, frame, history) in median.items():
        slowest, fastest = max(rows[way])[0], min(rows[way])[0]
        print(
            f"| {way} | {FRAMES / seconds:.0f} ({FRAMES / slowest:.0f} to {FRAMES / fastest:.0f}) "
            f"| {article[0] / seconds:.1f} | {plain[0] / seconds:.2f} | {size / 1e6:.0f} "
            f"| {frame * 1e3:.2f} | {history * 1e3:.2f} |"
        )


if __name__ == "__main__":
    main()
