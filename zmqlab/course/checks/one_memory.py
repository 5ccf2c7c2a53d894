"""The checks of notebook 10."""

import itertools

import numpy as np

from zmqlab.course.exercises import exercise
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    Words,
    call,
    expect,
    in_thread,
)


@exercise(
    "read_slot(slot, turn, expected)",
    "While you copy, the writer may begin to write. What can you look at, and when, to know that "
    "it has not?",
    "The turn never goes back. If it is the expected one *after* you have copied, what was it "
    "while you copied?",
    "What you return must be a copy, `slot.copy()`: the slot itself will be written to later.",
    "`frame = slot.copy()`, and then `return frame if turn[0] == expected else None`.",
)
def read_slot(function):
    moments = {  # when the writer begins anew: at which look at the turn, and how far it gets
        "nobody writes": (None, 0),
        "the writer has begun before": (0, 1),
        "the writer has written another picture before": (0, 2),
        "the writer begins right after the first look at the turn": (1, 1),
        "the writer writes a whole picture right after the first look at the turn": (1, 2),
        "the writer begins right after the second look at the turn": (2, 1),
    }
    for when, (look, steps) in moments.items():
        slot, turn = _Turn.make(look, steps)
        got = call(function, slot, turn, 4, when=when)
        turn.write()  # at the latest now
        _judge(got, slot, when, may_be_none=look is not None, must_be_none=look == 0)
    when = "somebody writes all the time, in another thread"
    call(_beside_a_writer, function, when, when=when, timeout=3 * TIMEOUT)
    return "It was given the slot at every awkward moment, and never gave a torn picture away."


_OLD, _NEW = 7, 8  # the values of all pixels, before and after


class _Turn(np.ndarray):
    """The turn of a slot whose writer begins to write just when somebody has looked at it."""

    @classmethod
    def make(cls, look, steps):
        slot = np.full((64, 64, 3), _OLD, np.uint8)
        turn = np.array([4], np.uint64).view(cls)
        turn.slot, turn.steps, turn.looks, turn.look = slot, steps, 0, look
        if look == 0:
            turn.write()
        return slot, turn

    def __array_finalize__(self, parent):
        self.look = None  # of a copy or a view nothing is played

    def __getitem__(self, index):
        before = super().__getitem__(index)
        if self.look is not None:
            self.looks += 1
            if self.looks == self.look:
                self.write()
        return before

    def write(self):
        self.look = None
        self.slot[: 32 if self.steps == 1 else 64] = _NEW
        self += np.uint64(self.steps)


def _judge(got, slot, when, may_be_none, must_be_none):
    what = f"What it returns when {when}:"
    if got is None and may_be_none:
        return
    if must_be_none:
        raise NotYet(what, Words("None, for the picture may be torn"), got)
    if got is None or not isinstance(got, np.ndarray) or got.shape != slot.shape:
        raise NotYet(what, Words("the picture"), got)
    if np.shares_memory(got, slot):
        raise NotYet(f"What it returns when {when} is the slot itself, which will be overwritten.")
    values = np.unique(got).tolist()
    expect(f"The values in the picture that it returns when {when}", [_OLD], values)


def _beside_a_writer(function, when):
    slot, turn = np.zeros((480, 640, 3), np.uint8), np.zeros(1, np.uint64)

    def write(over):
        for number in itertools.count(1):
            turn[0] += 1
            slot[:] = number % 256
            turn[0] += 1
            if over.is_set():
                return

    with in_thread(write):
        for _ in range(500):
            expected = int(turn[0]) + 1 & ~1  # the next even one
            got = function(slot, turn, expected)
            if got is not None:
                values = np.unique(got).tolist()
                expect(f"The values in the picture, when {when}", [expected // 2 % 256], values)
