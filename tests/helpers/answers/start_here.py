"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

BYTES = solution("bytes_per_second")


def returns(expression):
    return f"def bytes_per_second(width, height, fps):\n    return {expression}\n"


# Of each exercise, titles and sources.
RIGHT = {
    "bytes_per_second": {
        "a float": returns("float(np.prod([height, width, 3.0, fps]))"),
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "bytes_per_second": {
        "four channels": (
            changed(BYTES, " * 3", " * 4"),
            r"1920 x 1080.*expected: 149299200\b.*it gave: 199065600\b",
        ),
        "one frame": (
            changed(BYTES, " * fps", ""),
            "looks like the bytes of one frame.*it gave: 6220800",
        ),
        "bits": (changed(BYTES, " * 3", " * 24"), "looks like bits"),
        "three bits": (
            changed(BYTES, " * 3", " * 3 / 8"),
            r"1920 x 1080.*expected: 149299200\b.*it gave: 18662400\.0",
        ),
    },
}
