"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

import numpy as np
from helpers.learners import changed, solution

UNPACK = solution("unpack")
PPM = solution("ppm")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "unpack": {
        "the module's own": (
            "def unpack(parts):\n    return zmqlab.unpack_frame(parts)  # a MessageError is one\n"
        ),
    },
    "ppm": {
        "spaces only": changed(PPM, "P6\\n{width} {height}\\n255\\n", "P6 {width} {height} 255 "),
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "unpack": {
        "the impossible left to numpy": (
            changed(UNPACK, "* size >= 2**53", "* size < 0"),
            "nothing of just too much.*expected: a ValueError",
        ),
        "most significant byte first": (
            changed(UNPACK, '"<"', '">"'),
            "numbers of 'int16'.*expected: .-32768",
        ),
        "the topic as bytes": (changed(UNPACK, "parts[0].decode()", "parts[0]"), "The topic of"),
        "no limit": (changed(UNPACK, " < 2**53\n\n", "\n\n"), r"2\^53"),
    },
    "ppm": {
        "a line feed at the end": (
            changed(PPM, ".tobytes()", '.tobytes() + b"\\n"'),
            "How many bytes follow.*expected: 24.*gave: 25",
        ),
        "blue first": (
            changed(PPM, "frame[:, :, ::-1]", "frame"),
            "looks like red and blue exchanged",
        ),
        "no end of the text": (
            changed(PPM, "255\\n", "255"),
            "How the bytes begin when.*255 '.*255f'",
        ),
        "columns first": (changed(PPM, "tobytes()", 'tobytes("F")'), "What OpenCV reads when"),
    },
}

if np.__version__ >= "2":  # older ones take no more than 32 themselves
    WRONG["unpack"]["33 dimensions"] = (
        changed(UNPACK, "len(shape) > 32", "len(shape) > 64"),
        "33 dimensions",
    )
