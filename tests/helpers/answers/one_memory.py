"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

READ_SLOT = solution("read_slot")
# The copy is made after the look.
LOOKS_BEFORE = """
def read_slot(slot, turn, expected):
    return slot.copy() if turn[0] == expected else None
"""
TOO_EARLY = "last look at the turn comes before the end of the copy"

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "read_slot": {
        "looks into a copy of the turn": """
def read_slot(slot, turn, expected):
    frame, (after,) = np.array(slot, copy=True), turn.copy()
    return {expected: frame}.get(int(after))
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "read_slot": {
        "looks before": (LOOKS_BEFORE, TOO_EARLY),
        "no copy": (changed(READ_SLOT, ".copy()", ""), "is the slot itself"),
        "content with any even turn": (
            changed(READ_SLOT, "turn[0] == expected", "turn[0] % 2 == 0"),
            "has written another picture.*expected: None",
        ),
        "content with a later turn": (
            changed(READ_SLOT, "turn[0] == expected", "turn[0] >= expected"),
            "has begun to write the next picture.*expected: None",
        ),
    },
}
