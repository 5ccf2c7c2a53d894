"""Recording 200 frames of 640 x 480: the article's way, ours, and a plain file of the same bytes.

python -m benchmarks.recorder > benchmarks/recorder.md
"""

import importlib.util
import tempfile
import time
from functools import partial
from pathlib import Path

import h5py

from benchmarks.timing import interleave, machine, ratio, spread, table
from zmqlab.cameras import open_camera
from zmqlab.recording import Recorder, open_recording

FRAMES = 200
ROUNDS = 9
ARTICLE, PLAIN = "the article's way", "a plain file"
HEADS = ["way", "frames/s", "quartiles", "x article", "x plain", "MB", "frame ms", "pixel ms"]


def write_article(path, frames):
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
        images = file["images"]
        return seconds(lambda: images[..., 7]), seconds(lambda: images[240, 320, 0])


def write_recording(path, frames, compression=None):
    with Recorder(path, compression) as recorder:
        for frame in frames:
            recorder.add(frame)


def read_recording(path):
    with open_recording(path) as data:
        images = data["frames"]
        return seconds(lambda: images[7]), seconds(lambda: images[:, 240, 320, 0])


def write_plain(path, frames):
    with open(path, "wb", buffering=0) as file:
        for frame in frames:
            file.write(frame)


def read_plain(path):
    return float("nan"), float("nan")


WAYS = {
    ARTICLE: (write_article, read_article),
    "Recorder": (write_recording, read_recording),
    PLAIN: (write_plain, read_plain),
}
if importlib.util.find_spec("hdf5plugin"):
    for name in ("lz4", "zstd"):
        WAYS[f"Recorder, {name}"] = (partial(write_recording, compression=name), read_recording)


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure(way, frames):
    """Return seconds to record, bytes of the file, seconds for a frame and a pixel's history."""
    write, read = WAYS[way]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film"
        return seconds(lambda: write(path, frames)), path.stat().st_size, *read(path)


def main():
    with open_camera("simulated", paced=False) as camera:
        frames = [camera.read() for _ in range(FRAMES)]
    measured = interleave({way: partial(measure, way, frames) for way in WAYS}, ROUNDS)
    columns = {way: list(zip(*rows, strict=True)) for way, rows in measured.items()}
    rows = [row(way, columns) for way in WAYS]
    print(f"{FRAMES} frames of 640 x 480 from the simulated camera, {ROUNDS} rounds. {machine()}")
    print(f"\n{table(HEADS, rows)}")


def row(way, columns):
    took, size, frame, pixel = columns[way]
    middle, low, high = spread([FRAMES / each for each in took])
    return [
        way,
        f"{middle:.0f}",
        f"{low:.0f} to {high:.0f}",
        f"{1 / ratio(took, columns[ARTICLE][0]):.1f}",
        f"{1 / ratio(took, columns[PLAIN][0]):.2f}",
        f"{size[0] / 1e6:.0f}",
        *(f"{spread(one)[0] * 1e3:.2f}" if way != PLAIN else "" for one in (frame, pixel)),
    ]


if __name__ == "__main__":
    main()
