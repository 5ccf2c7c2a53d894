"""The exercises of notebook 06: hints, a solution and a check of each."""

import reprlib
import shutil
import tempfile
from pathlib import Path

import h5py
import numpy as np

from zmqlab import open_recording
from zmqlab.course.exercises import hints
from zmqlab.course.trial import NotYet, call, expect, expect_type
from zmqlab.recording.recorder import Recorder


@hints(
    "`file.create_dataset(name, shape=..., maxshape=..., chunks=..., dtype=...)` makes a dataset. "
    "In a shape time comes first, and a `None` in `maxshape` is an axis that may grow.",
    "Empty means that there are 0 frames: `shape=(0, *frame.shape)`. Without `dtype` the numbers "
    "become 32-bit floats.",
    '`file.create_dataset("frames", shape=(0, *frame.shape), maxshape=(None, *frame.shape), '
    "chunks=(1, *frame.shape), dtype=frame.dtype)`, and return it.",
)
def frames_dataset(file, frame):
    return file.create_dataset(
        "frames",
        shape=(0, *frame.shape),
        maxshape=(None, *frame.shape),
        chunks=(1, *frame.shape),
        dtype=frame.dtype,
    )


def check_frames_dataset(function):
    kinds = [
        ((48, 64, 3), "uint8"),
        ((30, 40), "uint16"),
        ((200, 240, 4), "float64"),
        ((30, 40), ">u2"),  # other cameras, other orders of bytes
        ((30, 40, 1), "int16"),
        ((50,), "float32"),
        ((2, 6, 8, 3), "uint8"),
        ((48, 64, 3), "uint8"),  # the next film of the first camera
    ]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for number, (shape, dtype) in enumerate(kinds):
            _expect_dataset(function, Path(folder, f"{number}.h5"), shape, dtype)
    return "Films of seven kinds fit, frame by frame."


def _expect_dataset(function, path, shape, dtype):
    frames = np.random.default_rng(5).integers(0, 255, (3, *shape)).astype(dtype)
    when = f"a frame has the shape {shape} and the type {dtype}"
    with h5py.File(path, "w") as file:
        file["light"] = "green"
        given = frames[0].copy()
        made = call(function, file, given, when=when)
        if not file:
            raise NotYet("It closed the file, which is not its own: others go on writing to it.")
        expect_type(f"What it returns when {when}", h5py.Dataset, made, "the dataset")
        if not made or made.file != file:
            raise NotYet("The dataset that it returns is not in the `file` that it was given.")
        expect(f"The name of the dataset, when {when}", "/frames", made.name)
        expect(f"Its shape, when {when}", (0, *shape), made.shape)
        expect(f"Its maxshape, when {when}", (None, *shape), made.maxshape)
        expect(f"Its dtype, when {when}", dtype, str(made.dtype))
        expect(f"Its chunks, when {when}", (1, *shape), made.chunks)
        if given.shape != shape or not np.array_equal(given, frames[0]):
            raise NotYet(f"It has changed the frame that it was given, when {when}.")
        expect(f"What is in the file, when {when}", ["frames", "light"], sorted(file))
        made.resize(3, axis=0)
        made[:] = frames
        if not (made[:] == frames).all():
            raise NotYet(f"Three frames that were written read differently, when {when}.")


@hints(
    "`with open_recording(path) as data:` opens it; `data['sequence'][: len(data['frames'])]` are "
    "the numbers of the frames that are there.",
    "Which numbers should there be, from the first to the last? Take away those that are there: "
    "`set(range(...)) - set(numbers)`.",
    "With those numbers as a list, by `.tolist()`: "
    "`return sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))`.",
)
def missing(path):
    with open_recording(path) as data:
        numbers = data["sequence"][: len(data["frames"])].tolist()
    return sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))


def check_missing(function):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        cases = [[0, 1, 2], [5], [7, 8, 11], [3, 9], [100, 101, 103, 104, 110]]
        cases += [[0, 3, 4], [30, 34], [299, 301], [5_000_000_000, 5_000_000_003]]
        cases += [[*range(1000), 1002, 1003]]
        for number, numbers in enumerate(cases):
            path = Path(folder, f"{number}.h5")
            _record(path, numbers)
            when = f"the frames {reprlib.repr(numbers)} were recorded"
            _expect_missing(function, path, numbers, when)
        path.unlink()
        _record(path, [2, 5])
        _expect_missing(function, path, [2, 5], "another film was recorded at the same path")
        for number, numbers in enumerate([[4, 7, 8], [4, 7, 12], [6, 7]]):
            path = Path(folder, f"killed-{number}.h5")
            _record(path, numbers, killed=True)
            when = f"the frames {numbers[:-1]} were recorded, and of {numbers[-1]} no pixels"
            _expect_missing(function, path, numbers[:-1], f"the recorder was killed: {when}")
    return "It found each gap, none where there is none, and was not misled by a killed recorder."


def _record(path, numbers, killed=False):
    """Record; if `killed`, leave what a recorder leaves that is killed before the last pixels."""
    with Recorder(path) as recorder:
        for number in numbers:
            recorder.add(np.zeros((4, 6, 3), np.uint8), sequence=number)
        if killed:
            frames, *_ = recorder._datasets
            frames.resize(len(numbers) - 1, axis=0)
            frames.flush()
            shutil.copy(path, left := path.with_suffix(".left"))
    if killed:
        left.replace(path)


def _expect_missing(function, path, numbers, when):
    before, opened = path.read_bytes(), _opened()
    got = call(function, path, when=when)
    if not path.exists() or path.read_bytes() != before:
        raise NotYet(f"It has changed the file, when {when}: open it for reading only.")
    if _opened() > opened:
        raise NotYet("It leaves the file open: read it in `with open_recording(path) as data:`.")
    what = f"What it returns when {when}"
    expect_type(what, list, got, "a list")
    expected = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
    expect(what, expected, got)


def _opened():
    """Return how many HDF5 files this process has open."""
    return h5py.h5f.get_obj_count(h5py.h5f.OBJ_ALL, h5py.h5f.OBJ_FILE)
