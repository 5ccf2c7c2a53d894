"""The exercises of notebook 10: hints, a solution and a check of each."""

import itertools
import sys

import numpy as np

from zmqlab.course.exercises import hints
from zmqlab.course.trial import NotYet, Words, call, expect

_OLD, _NEW = 7, 8  # the values of all pixels, before and after


@hints(
    "While you copy, the writer may begin to write. What can you look at, and when, to know that "
    "it has not?",
    "The turn never goes back. If it is the expected one *after* you have copied, what was it "
    "while you copied?",
    "What you return must be a copy, `slot.copy()`: the slot itself will be written to later.",
    "`frame = slot.copy()`, and then `return frame if turn[0] == expected else None`.",
)
def read_slot(slot, turn, expected):
    frame = slot.copy()
    return frame if turn[0] == expected else None


def check_read_slot(function):
    whens = {  # by how far the turn is ahead of the expected one
        0: "nobody writes",
        1: "the writer has begun to write the next picture",
        2: "the writer has written another picture",
    }
    for ahead, when in whens.items():
        slot, turn = _slot(18 + ahead)
        when = f"the turn is {18 + ahead} and expected is 18: {when}"
        got = call(function, _read_only(slot), _read_only(turn), 18, when=when)
        if ahead:
            expect(f"What it returns when {when}", None, got)
        else:
            _expect_picture(got, slot, when)
    for moment in itertools.count(1):
        steps = call(_come_in_between, function, moment, when="the writer comes in between")
        if moment > steps:
            break
    return "The writer came in between at every moment, and no torn picture was given away."


def _slot(turn):
    """Make a slot and its turn; with an odd turn, half of the next picture is in the slot."""
    slot = np.full((8, 6, 3), _OLD, np.uint8)
    slot[: 4 * (turn % 2)] = _NEW
    return slot, np.array([turn], np.uint64)


def _read_only(array):
    """Return an array of the same memory: only the writer may change that."""
    view = array.view()
    view.flags.writeable = False
    return view


def _come_in_between(function, moment):
    """Begin to write before a step that Python takes in the function; return how many it took."""
    slot, turn = _slot(18)
    steps = 0

    def look(frame, event, arg):
        nonlocal steps
        frame.f_trace_opcodes = True
        if event == "opcode":
            steps += 1
            if steps == moment:
                turn[0] += 1
                slot[:4] = _NEW
        return look

    sys.settrace(look)
    try:
        got = function(_read_only(slot), _read_only(turn), 18)
    finally:
        sys.settrace(None)
    if got is not None:
        _expect_picture(got, slot, "the writer comes in between")
    return steps


def _expect_picture(got, slot, when):
    what = f"What it returns when {when}"
    if not isinstance(got, np.ndarray) or (got.shape, got.dtype) != (slot.shape, slot.dtype):
        right = Words(f"the picture, an array of shape {slot.shape} and type {slot.dtype}")
        raise NotYet(f"{what}:", right, got)
    if np.shares_memory(got, slot):
        raise NotYet(f"{what} is the slot itself, which will be overwritten.")
    if not (got == _OLD).all():
        raise NotYet(
            f"{what} is a torn picture: its last look at the turn comes before the end of the "
            "copy. When must it look?"
        )
