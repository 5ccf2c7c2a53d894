"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

BYTES = solution("bytes_per_second")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "bytes_per_second": {
        "grey": (changed(BYTES, " * 3", ""), "expected: 27648000.*it gave: 9216000"),
        "one frame": (changed(BYTES, " * fps", ""), "it gave: 921600"),
        "says it instead": (
            "def bytes_per_second(width, height, fps):\n    print(width * height * 3 * fps)\n",
            "it gave: None.*what it printed:.*27648000",
        ),
    },
}
