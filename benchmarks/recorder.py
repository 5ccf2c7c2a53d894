"""Recording 200 frames of 640 x 480: the article's way, ours, zarr, and a plain file of as much.

python -m benchmarks.recorder [ROUNDS]
"""

import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from benchmarks.timing import Comparison, absent, interleave, report
from zmqlab.cameras import open_camera
from zmqlab.recording.recorder import Recorder, open_recording

FRAMES = 200
ROUNDS = 9
ARTICLE, OURS, PLAIN = "article", "Recorder", "plain file"
PEERS = {"Recorder, lz4": "hdf5plugin", "Recorder, zstd": "hdf5plugin", "zarr 3": "zarr"}


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


def write_zarr(path, frames):
    """A chunk a frame, as ours; neither compressed nor searched for emptiness."""
    import zarr

    shape = (len(frames), *frames[0].shape)
    options = {"compressors": None, "fill_value": 0, "config": {"write_empty_chunks": True}}
    array = zarr.create_array(str(path), shape=shape, chunks=(1, *shape[1:]), dtype="u1", **options)
    for number, frame in enumerate(frames):
        array[number] = frame


def read_zarr(path):
    import zarr

    images = zarr.open_array(str(path), mode="r")
    return seconds(lambda: images[7]), seconds(lambda: images[:, 240, 320, 0])


def write_plain(path, frames):
    with open(path, "wb", buffering=0) as file:
        for frame in frames:
            file.write(frame)


def read_plain(path):
    images = np.memmap(path, np.uint8, "r").reshape(-1, 480, 640, 3)
    return seconds(lambda: images[7].copy()), seconds(lambda: images[:, 240, 320, 0].copy())


WAYS = {
    ARTICLE: (write_article, read_article),
    OURS: (write_recording, read_recording),
    "Recorder, lz4": (partial(write_recording, compression="lz4"), read_recording),
    "Recorder, zstd": (partial(write_recording, compression="zstd"), read_recording),
    "zarr 3": (write_zarr, read_zarr),
    PLAIN: (write_plain, read_plain),
}


def seconds(action):
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure(way, frames):
    """Return frames a second, MB, milliseconds to read a frame, and a pixel's history."""
    write, read = WAYS[way]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film"
        rate = len(frames) / seconds(lambda: write(path, frames))
        files = [path, *path.rglob("*")] if path.is_dir() else [path]
        size = sum(file.stat().st_size for file in files if file.is_file())
        return rate, size / 1e6, *(1e3 * each for each in read(path))


def compare(rounds=ROUNDS, count=FRAMES):
    """Yield the comparisons of this file."""
    missing = absent(PEERS)
    gone = {each.partition(":")[0] for each in missing}
    with open_camera("simulated", paced=False) as camera:
        frames = [camera.read() for _ in range(count)]
    ways = {way: partial(measure, way, frames) for way in WAYS if way not in gone}
    measured = interleave(ways, rounds)
    what = f"{count} VGA frames"
    for column, (title, unit, targets) in enumerate((
        (f"Recording {what}", "frames/s", [(OURS, ARTICLE, 30), (OURS, PLAIN, 0.75)]),
        (f"The file of {what}", "MB", [(OURS, ARTICLE, 4)]),
        ("Reading one of the frames", "ms", []),
        ("Reading the history of a pixel", "ms", []),
    )):  # fmt: skip
        values = {way: [one[column] for one in rounds] for way, rounds in measured.items()}
        yield Comparison(title, unit, ARTICLE, values, targets, missing)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
