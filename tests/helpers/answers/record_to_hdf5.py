"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

import re

from helpers.learners import changed, solution

DATASET = solution("frames_dataset")
MISSING = solution("missing")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "frames_dataset": {
        "floats": (changed(DATASET, "dtype=frame.dtype,", ""), "Its dtype.*uint8.*float32"),
        "time last": (
            re.sub(r"\((0|None|1), \*frame.shape\)", r"(*frame.shape, \1)", DATASET),
            "Its shape",
        ),
        "cannot grow for long": (
            changed(DATASET, "maxshape=(None, ", "maxshape=(100, "),
            "Its maxshape.*None.*100",
        ),
        "chunks by themselves": (
            changed(DATASET, "chunks=(1, *frame.shape)", "chunks=True"),
            "Its chunks",
        ),
        "only makes it": (changed(DATASET, "return ", ""), "What it returns"),
    },
    "missing": {
        "how many": (changed(MISSING, "sorted(", "len("), "What it returns when"),
        "from zero on": (
            changed(MISSING, "range(numbers[0],", "range("),
            r"frames \[5\] were recorded",
        ),
        "the file stays open": (
            changed(MISSING, "with open_recording(path) as data:", "if data := h5py.File(path):"),
            "What it returns|raised an error",
        ),
    },
}
