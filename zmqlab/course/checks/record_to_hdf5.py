"""The checks of the exercises on recordings."""

import tempfile
from pathlib import Path

import h5py
import numpy as np

from zmqlab.course.exercises import exercise
from zmqlab.course.trial import NotYet, call, expect, expect_return, expect_type
from zmqlab.recording.recorder import Recorder


@exercise(
    "frames_dataset(file, frame)",
    "`file.create_dataset(name, shape=..., maxshape=..., chunks=..., dtype=...)` makes a dataset. "
    "In a shape time comes first, and a `None` in `maxshape` is an axis that may grow.",
    "Empty means that there are 0 frames: `shape=(0, *frame.shape)`. Without `dtype` the numbers "
    "become 32-bit floats.",
    '`file.create_dataset("frames", shape=(0, *frame.shape), maxshape=(None, *frame.shape), '
    "chunks=(1, *frame.shape), dtype=frame.dtype)`, and return it.",
)
def frames_dataset(function):
    dice = np.random.default_rng(5)
    for shape, dtype in [((48, 64, 3), "uint8"), ((30, 40), "uint16")]:
        frames = dice.integers(0, 255, (3, *shape)).astype(dtype)
        when = f"a frame has the shape {shape} and the type {dtype}"
        with tempfile.TemporaryDirectory() as folder, h5py.File(Path(folder, "a.h5"), "w") as file:
            made = call(function, file, frames[0].copy(), when=when)
            expect_type(f"What it returns when {when}", h5py.Dataset, made, "the dataset")
            expect(f"The name of the dataset, when {when}", "/frames", made.name)
            expect(f"Its shape, when {when}", (0, *shape), made.shape)
            expect(f"Its maxshape, when {when}", (None, *shape), made.maxshape)
            expect(f"Its dtype, when {when}", dtype, str(made.dtype))
            expect(f"Its chunks, when {when}", (1, *shape), made.chunks)
            made.resize(3, axis=0)
            made[:] = frames
            if not (made[:] == frames).all():
                raise NotYet(f"Three frames that were written read differently, when {when}.")
    return "Films of two kinds fit, frame by frame."


@exercise(
    "missing(path)",
    "`with open_recording(path) as data:` opens it; `data['sequence'][:]` are the numbers.",
    "Which numbers should there be, from the first to the last? Take away those that are there: "
    "`set(range(...)) - set(numbers)`.",
    "`numbers = data['sequence'][:].tolist()`, and then "
    "`return sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))`.",
)
def missing(function):
    cases = [[0, 1, 2], [5], [7, 8, 11], [3, 9], [100, 101, 103, 104, 110]]
    for numbers in cases:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "film.h5")
            with Recorder(path) as recorder:
                for number in numbers:
                    recorder.add(np.zeros((4, 6, 3), np.uint8), sequence=number)
            when = f"the frames {numbers} were recorded"
            expected = sorted(set(range(numbers[0], numbers[-1])) - set(numbers))
            expect_return(expected, function, str(path), when=when)
    return "It found each gap, and none where there is none."
