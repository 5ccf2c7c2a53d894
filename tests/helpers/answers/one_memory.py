"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

READ_SLOT = solution("read_slot")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "read_slot": {
        "looks before": (
            "def read_slot(slot, turn, expected):\n"
            "    return slot.copy() if turn[0] == expected else None\n",
            "right after the first look.*expected: .7",
        ),
        "no copy": (changed(READ_SLOT, ".copy()", ""), "slot itself|What is in the picture"),
        "content with any even turn": (
            changed(READ_SLOT, "turn[0] == expected", "turn[0] % 2 == 0"),
            "has written another picture before.*expected: None",
        ),
        "the same before and after": (
            "def read_slot(slot, turn, expected):\n"
            "    before = turn[0]\n"
            "    frame = slot.copy()\n"
            "    return frame if turn[0] == before else None\n",
            "has begun before.*expected: None",
        ),
        "never any": (
            "def read_slot(slot, turn, expected):\n    return None\n",
            "nobody writes.*it gave: None",
        ),
        "does not look": (
            "def read_slot(slot, turn, expected):\n    return slot.copy()\n",
            "has begun before",
        ),
    },
}
