"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

IN_TURN = solution("send_in_turn")
BATCHES = solution("batches")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "send_in_turn": {
        "waits for nothing": (
            changed(IN_TURN, "trackers[turn].wait(10)", "pass"),
            "filled buffer 0 with frame 3 while frame 0 was still in it",
        ),
        "copies": (changed(IN_TURN, "copy=False", "copy=True"), "Frame 0 came as a copy"),
        "copies first": (
            changed(IN_TURN, "send(buffers[turn]", "send(buffers[turn].copy()"),
            "copy",
        ),
        "waits at once": (
            changed(IN_TURN, "track=True)", "track=True)\n        trackers[turn].wait(10)"),
            "Frame 1 did not come",
        ),
        "an array of its own": (
            changed(IN_TURN, "fill(buffers[turn], number)", "fill(buffers[turn].copy(), number)"),
            "none of the buffers",
        ),
        "always the first": (
            changed(IN_TURN, "number % len(buffers)", "0"),
            "Frame 1 did not come",
        ),
        "one too few": (changed(IN_TURN, "range(count)", "range(count - 1)"), "did not come"),
    },
    "batches": {
        "one at a time": (changed(BATCHES, "len(values) == most", "True"), "Batch 1|batch 1"),
        "forgets the rest": (
            changed(BATCHES, "    if values:\n        yield", "    if False:\n        yield"),
            "Batch 2 did not come, when the last batch is not full",
        ),
        "never loses patience": (
            changed(BATCHES, "if values and when - first >= longest", "if False"),
            "a reading comes exactly after the longest time",
        ),
        "patient with the last one": (
            changed(
                BATCHES, "        if not values:\n            first = when", "        first = when"
            ),
            "the longest time|the first of them counts",
        ),
        "a moment too patient": (
            changed(BATCHES, "first >= longest", "first > longest"),
            "exactly after the longest time",
        ),
        "one late": (
            changed(BATCHES, "len(values) == most", "len(values) > most"),
            "six readings",
        ),
        "all at the end": (
            "def batches(readings, most, longest):\n"
            "    values = [value for _, value in readings]\n"
            "    for n in range(0, len(values), most):\n"
            "        yield np.array(values[n : n + most], '<f8').tobytes()\n",
            "How many readings it had taken for batch 1",
        ),
        "floats of four bytes": (changed(BATCHES, '"<f8"', '"<f4"'), "8 bytes each"),
        "a list": (changed(BATCHES, 'np.array(values, "<f8").tobytes()', "values"), "8 bytes each"),
    },
}
