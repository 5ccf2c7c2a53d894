"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

DATASET = solution("frames_dataset")
MISSING = solution("missing")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "frames_dataset": {
        "compressed": changed(DATASET, "dtype=frame.dtype,", "dtype=frame.dtype, compression=1,"),
    },
    "missing": {
        "by numpy": """
def missing(path):
    with open_recording(path) as data:
        numbers = data["sequence"][:][: len(data["frames"])]
    return list(np.setdiff1d(np.arange(numbers[0], numbers[-1] + 1), numbers))
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "frames_dataset": {
        "floats": (
            changed(DATASET, "dtype=frame.dtype,", ""),
            "Its dtype.*expected: 'uint8'.*it gave: 'float32'|raised an error.*dtype",
        ),
        "always uint8": (
            changed(DATASET, "frame.dtype", "np.uint8"),
            "Its dtype.*expected: 'uint16'.*it gave: 'uint8'",
        ),
        "always the camera's shape": (
            DATASET.replace("*frame.shape", "480, 640, 3"),
            r"Its shape.*expected: \(0, 48, 64, 3\).*it gave: \(0, 480, 640, 3\)",
        ),
        "colour only": (
            changed(DATASET, "return ", "height, width, colours = frame.shape\n    return "),
            r"shape \(30, 40\) and the type uint16, it raised an error.*not enough values",
        ),
    },
    "missing": {
        "how many": (
            changed(MISSING, "sorted(", "len("),
            "What it returns when.*expected: a list.*it gave: 0 .int",
        ),
        "a set": (
            changed(MISSING, "sorted(", "set("),
            "What it returns when.*expected: a list.*it gave: set",
        ),
        "from zero on": (
            changed(MISSING, "range(numbers[0],", "range("),
            r"frames \[5\] were recorded.*expected: \[\].*it gave: \[0, 1, 2, 3, 4\]",
        ),
        "to the length": (
            changed(MISSING, "numbers[0], numbers[-1] + 1", "len(numbers)"),
            "were recorded.*expected: .*it gave",
        ),
    },
}
