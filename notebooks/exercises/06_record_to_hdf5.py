"""The exercises of notebook 06: hints, a solution and a check of each."""

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
    kinds = [((48, 64, 3), "uint8"), ((30, 40), "uint16"), ((50,), "float32")]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        for shape, dtype in kinds:
            with h5py.File(Path(folder, f"{dtype}.h5"), "w") as file:
                _expect_dataset(function, file, shape, dtype)
    return "Films of three kinds fit: in colour, in grey, and of one line each."


def _expect_dataset(function, file, shape, dtype):
    when = f"a frame has the shape {shape} and the type {dtype}"
    made = call(function, file, np.zeros(shape, dtype), when=when)
    if not file:
        raise NotYet("It closed the file, which is not its own: others go on writing to it.")
    expect_type(f"What it returns when {when}", h5py.Dataset, made, "the dataset")
    expect(f"The name of the dataset, when {when}", "/frames", made.name)
    expect(f"Its shape, when {when}", (0, *shape), made.shape)
    expect(f"Its maxshape, when {when}", (None, *shape), made.maxshape)
    expect(f"Its dtype, when {when}", dtype, str(made.dtype))
    expect(f"Its chunks, when {when}", (1, *shape), made.chunks)


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
        path = Path(folder, "film.h5")
        for numbers, lost in [([0, 1, 2], []), ([5], []), ([7, 8, 11, 13], [9, 10, 12])]:
            _record(path, numbers)
            _expect_missing(function, path, lost, f"the frames {numbers} were recorded")
        _record(path, [4, 7, 12])
        _leave_no_pixels_of_the_last_frame(path)
        when = "the frames [4, 7] were recorded, and of 12 its number, but no pixels"
        _expect_missing(function, path, [5, 6], when)
    return "It found each gap, none where there is none, and was not misled by a killed recorder."


def _record(path, numbers):
    path.unlink(missing_ok=True)
    with Recorder(path) as recorder:
        for number in numbers:
            recorder.add(np.zeros((4, 6, 3), np.uint8), sequence=number)


def _leave_no_pixels_of_the_last_frame(path):
    """Make it a file as a recorder leaves it that is killed: it writes a frame's number first."""
    with h5py.File(path, "r+") as file:
        frames = file["entry/data/frames"]
        frames.resize(len(frames) - 1, axis=0)


def _expect_missing(function, path, lost, when):
    got = call(function, path, when=when)
    expect_type(f"What it returns when {when}", list, got, "a list")
    expect(f"What it returns when {when}", lost, got)
