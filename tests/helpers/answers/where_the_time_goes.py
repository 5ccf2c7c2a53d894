"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

IN_TURN = solution("send_in_turn")
BATCHES = solution("batches")
STILL_IN_IT = "filled buffer 0 with frame 3 while frame 0 was still in it"

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "send_in_turn": {
        "as a list of one part": changed(
            IN_TURN, "socket.send(buffers[turn],", "socket.send_multipart([buffers[turn]],"
        ),
    },
    "batches": {
        "by next": """
def batches(readings, most, longest):
    readings = iter(readings)
    reading = next(readings, None)
    while reading:
        first, value = reading
        values = np.array([value], "<f8")
        reading = None
        while len(values) < most:
            reading = next(readings, None)
            if reading is None or reading[0] >= first + longest:
                break
            values = np.append(values, reading[1])
            reading = None
        yield values.tobytes()
        reading = reading or next(readings, None)
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "send_in_turn": {
        "waits for nothing": (changed(IN_TURN, "trackers[turn].wait(10)", "pass"), STILL_IN_IT),
        "asks and does not wait": (
            changed(IN_TURN, "trackers[turn].wait(10)", "trackers[turn].done"),
            STILL_IN_IT,
        ),
        "copies": (changed(IN_TURN, "copy=False", "copy=True"), "Frame 0 came as a copy"),
        "an array of its own": (
            changed(IN_TURN, "fill(buffers[turn], number)", "fill(buffers[turn].copy(), number)"),
            "What it fills with frame 0 is not buffer 0",
        ),
    },
    "batches": {
        "one at a time": (
            changed(BATCHES, "len(values) == most", "True"),
            r"values in its batches when two.*expected: \[\[1.0, 2.0, .*it gave: \[\[1.0\], \[2.0",
        ),
        "forgets the rest": (
            changed(BATCHES, "    if values:\n        yield", "    if False:\n        yield"),
            r"when the last batch is not full.*\[4.0, 5.0\]\].*it gave: \[\[1.0, 2.0, 3.0\]\]",
        ),
        "an empty rest": (
            changed(BATCHES, "    if values:\n        yield", "    if True:\n        yield"),
            r"values in its batches when two batches are full.*it gave: .*6.0\], \[\]\]",
        ),
        "whole numbers": (
            BATCHES.replace('"<f8"', "int"),
            r"values in its batches when two.*it gave: \[\[5e-324",
        ),
    },
}
