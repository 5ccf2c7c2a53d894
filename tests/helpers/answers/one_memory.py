"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

READ_SLOT = solution("read_slot")
LOOKS_BEFORE = """
def read_slot(slot, turn, expected):
    return slot.copy() if turn[0] == expected else None
"""
TOO_EARLY = "last look at the turn comes before the end of the copy"
# Other ways to look at the turn.
LOOKS = ["turn.item()", "turn.copy()[0]", "turn.tolist()[0]", "turn[-1]", "turn.max()"]
LOOKS += ["int.from_bytes(turn.tobytes(), 'little')", "next(iter(turn))", "memoryview(turn)[0]"]

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "read_slot": {
        **{f"by {look}": changed(READ_SLOT, "turn[0]", look) for look in LOOKS[:5]},
        "looks before and after": """
def read_slot(slot, turn, expected):
    if turn[0] != expected:
        return None
    frame = np.empty_like(slot)
    np.copyto(frame, slot)
    if np.array_equal(turn, [expected]):
        return frame
""",
        "looks into a copy of the turn": """
def read_slot(slot, turn, expected):
    frame, (after,) = np.array(slot, copy=True), turn.copy()
    return {expected: frame}.get(int(after))
""",
        "row by row": """
class Reader:
    def __init__(self, slot, turn):
        self.slot, self.turn = slot, turn

    def read(self, expected):
        rows = [row.copy() for row in self.slot]
        return np.stack(rows) if self.turn[0] == expected else None


def read_slot(slot, turn, expected):
    return Reader(slot, turn).read(expected)
""",
        "by an error": """
def read_slot(slot, turn, expected):
    frame = slot + 0
    try:
        assert (turn == expected).all()
    except AssertionError:
        return None
    return frame
""",
        "deepcopy": """
from copy import deepcopy


def read_slot(slot, turn, expected):
    with contextlib.suppress(LookupError):
        frame = deepcopy(slot)
        return [frame][int(turn[0] != expected)]
    return None
""".replace("from copy", "import contextlib\nfrom copy"),
        "bytes that may be written": """
def read_slot(slot, turn, expected):
    copied = bytearray(slot.tobytes())
    now = turn[0]
    if now < expected or now > expected:
        return None
    return np.frombuffer(copied, slot.dtype).reshape(slot.shape)
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "read_slot": {
        "looks before": (LOOKS_BEFORE, f"at `return slot.copy.*{TOO_EARLY}"),
        **{
            f"looks before by {look}": (changed(LOOKS_BEFORE, "turn[0]", look), TOO_EARLY)
            for look in LOOKS
        },
        "looks before, as an array": (changed(LOOKS_BEFORE, "turn[0]", "turn"), TOO_EARLY),
        "looks twice before": (
            changed(LOOKS_BEFORE, "turn[0] ==", "turn[0] == turn[0] =="),
            TOO_EARLY,
        ),
        "remembers a look before": (
            "def read_slot(slot, turn, expected):\n"
            "    now = int(turn[0])\n"
            "    frame = slot.copy()\n"
            "    return frame if now == expected else None\n",
            f"at `now = int.turn.0.*{TOO_EARLY}",
        ),
        "copies once more": (
            "def read_slot(slot, turn, expected):\n"
            "    frame = slot.copy()\n"
            "    if turn[0] == expected:\n"
            "        return slot.copy()\n",
            TOO_EARLY,
        ),
        "copies twice and compares": (
            "def read_slot(slot, turn, expected):\n"
            "    a, b = slot.copy(), slot.copy()\n"
            "    return a if (a == b).all() else None\n",
            "has begun to write the next picture.*expected: None",
        ),
        "waits a moment": (
            "def read_slot(slot, turn, expected):\n"
            "    if turn[0] == expected:\n"
            "        time.sleep(0.001)\n"
            "        return slot.copy()\n",
            TOO_EARLY,
        ),
        "waits for the turn": (
            "def read_slot(slot, turn, expected):\n"
            "    while turn[0] != expected:\n"
            "        time.sleep(0.001)\n"
            "    return slot.copy()\n",
            "still busy 4 s later.*where it happened",
        ),
        "no copy": (changed(READ_SLOT, ".copy()", ""), "is the slot itself"),
        "a view": (changed(READ_SLOT, ".copy()", "[:]"), "is the slot itself"),
        "content with any even turn": (
            changed(READ_SLOT, "turn[0] == expected", "turn[0] % 2 == 0"),
            "has written another picture.*expected: None",
        ),
        "content with a later turn": (
            changed(READ_SLOT, "turn[0] == expected", "turn[0] >= expected"),
            "has begun to write the next picture.*expected: None",
        ),
        "content with an earlier turn": (
            changed(READ_SLOT, "turn[0] == expected", "turn[0] <= expected"),
            "has not finished the expected picture.*expected: None",
        ),
        "always the same turn": (
            changed(READ_SLOT, "== expected", "== 4"),
            "expected is 18: nobody writes.*the picture, as an array.*it gave: None",
        ),
        "the same before and after": (
            "def read_slot(slot, turn, expected):\n"
            "    before = turn[0]\n"
            "    frame = slot.copy()\n"
            "    return frame if turn[0] == before else None\n",
            "has begun to write the next picture.*expected: None",
        ),
        "locks the writer out": (
            "def read_slot(slot, turn, expected):\n"
            "    turn[0] += 1\n"
            "    frame = slot.copy()\n"
            "    return frame if turn[0] == expected + 1 else None\n",
            "only the writer may change it.*expected: .4.*it gave: .5",
        ),
        "looks at a turn that may be another one": (
            "def read_slot(slot, turn, expected):\n"
            "    while turn[0] == expected:\n"
            "        before, frame = int(turn[0]), np.array(slot, copy=True)\n"
            "        if int(turn[0]) == before:\n"
            "            return frame\n",
            "at `while turn.0. == expected:`.*returns a picture that was overwritten",
        ),
        "never any": (
            "def read_slot(slot, turn, expected):\n    return None\n",
            "nobody writes.*it gave: None",
        ),
        "says whether": (
            changed(READ_SLOT, "frame if turn[0] == expected else None", "turn[0] == expected"),
            "nobody writes.*the picture, as an array.*it gave: .*True",
        ),
        "bytes": (
            changed(READ_SLOT, ".copy()", ".tobytes()"),
            "nobody writes.*the picture, as an array",
        ),
        "empty instead of None": (
            changed(READ_SLOT, "else None", "else np.empty(0)"),
            "has begun to write the next picture.*expected: None.*it gave: array",
        ),
        "does not look": (
            "def read_slot(slot, turn, expected):\n    return slot.copy()\n",
            "has begun to write the next picture.*expected: None",
        ),
        "clears the slot": (
            changed(READ_SLOT, "    return", "    slot[:] = 0\n    return"),
            "It changed the slot .only the writer may",
        ),
        "one array for all": (
            """
kept = {}

def read_slot(slot, turn, expected):
    frame = kept.setdefault(slot.shape, np.empty_like(slot))
    np.copyto(frame, slot)
    return frame if turn[0] == expected else None
""",
            "What it returns is the array that it has returned before",
        ),
        "turns of one byte": (
            changed(READ_SLOT, "turn[0] == expected", "turn[0] % 256 == expected % 256"),
            "turn is 4294967300 and expected is 4.*expected: None",
        ),
        "close enough": (
            changed(READ_SLOT, "turn[0] == expected", "np.isclose(turn[0], expected)"),
            "turn is 1000001 and expected is 1000000.*expected: None",
        ),
        "nobody may write": (
            changed(
                READ_SLOT,
                "    frame = slot.copy()\n",
                "    slot.flags.writeable = False\n    frame = slot.copy()\n",
            ),
            "It changed the slot",
        ),
    },
}
