"""The exercises of notebook 10: hints, a solution and a check of each."""

import itertools
import linecache
import sys
import time

import numpy as np

from zmqlab.course.exercises import hints
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    Words,
    call,
    expect,
    in_thread,
)

_OLD, _NEW = 7, 8  # the values of all pixels, before and after


_AT_ONCE = 0.1  # seconds
_PAUSE = 0.001  # seconds between pictures: many copies are whole, and some are not


_MOMENTS = 100  # at which the writer comes in between, or as many as there are


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
        1 << 32: "the writer has written very many more",
        -1: "the writer has not finished the expected picture",
        -2: "the writer has not begun with the expected picture",
    }
    pictures = []
    for (ahead, when), expected in itertools.product(whens.items(), (4, 18, 10**6)):
        slot, turn = _slot(expected + ahead)
        before = slot.copy()
        when = f"the turn is {expected + ahead} and expected is {expected}: {when}"
        got = call(function, slot, turn, expected, when=when)
        who = "only the writer may change it"
        expect(f"The turn after the call ({who}), when {when}", [expected + ahead], turn.tolist())
        if not np.array_equal(slot, before) or not slot.flags.writeable:
            raise NotYet(f"It changed the slot ({who}), when {when}.")
        if ahead and got is not None:
            raise NotYet(f"What it returns when {when}:", Words("None"), _described(got))
        if not ahead:
            _expect_picture(got, slot, when)
            pictures.append(got)
    if any(np.shares_memory(*pair) for pair in itertools.combinations(pictures, 2)):
        raise NotYet("What it returns is the array that it has returned before: make a new one.")
    _expect_at_once(function, whens[-1])
    for steps in (1, 2):
        _come_in_between(function, steps)
    when = "somebody writes all the time, in another thread"
    call(_beside_a_writer, function, when, when=when, timeout=3 * TIMEOUT)
    return "The writer came in between at every moment, and no torn picture was given away."


def _expect_at_once(function, when):
    """See that it does not wait for the writer; a busy computer may be slow once or twice."""
    took = []
    for _ in range(3):
        slot, turn = _slot(3)
        began = time.monotonic()
        call(function, slot, turn, 4, when=when)
        took.append(time.monotonic() - began)
    if min(took) > _AT_ONCE:
        raise NotYet(
            f"Called when {when}, it returned after {min(took):.2f} s, and was to do so at once: "
            "do not wait for the writer."
        )


def _slot(turn):
    """Make a slot and its turn; an odd turn has half of the next picture in it."""
    slot = np.full((8, 6, 3), _OLD, np.uint8)
    slot[: 4 * (turn % 2)] = _NEW
    return slot, np.array([turn], np.uint64)


def _expect_picture(got, slot, when):
    if not isinstance(got, np.ndarray) or (got.shape, got.dtype) != (slot.shape, slot.dtype):
        right = Words(f"the picture, as an array of shape {slot.shape} and type {slot.dtype}")
        raise NotYet(f"What it returns when {when}:", right, _shaped(got))
    if np.shares_memory(got, slot):
        raise NotYet(f"What it returns when {when} is the slot itself, which will be overwritten.")
    expect(f"The values in the picture, when {when}", [_OLD], np.unique(got).tolist())


def _shaped(got):
    if not isinstance(got, np.ndarray):
        return got
    return Words(f"an array of shape {got.shape} and type {got.dtype}")


def _described(got):
    if not isinstance(got, np.ndarray) or not got.size:
        return got
    return Words(f"an array with the values {np.unique(got).tolist()} in it")


def _come_in_between(function, steps):
    """Write, between any two steps that Python takes in the function, and look what it returns."""
    moment, taken = 1, 1
    while moment <= taken:
        slot, turn = _slot(4)

        def write(slot=slot, turn=turn):
            slot[: 4 * steps] = _NEW
            turn += np.uint64(steps)

        stepped = _Stepped(function, moment, write)
        got = call(stepped, slot, turn, 4, when="the writer comes in between")
        taken = stepped.taken
        if got is not None and stepped.line:
            when = f"the writer comes in between, at `{stepped.line}`"
            if isinstance(got, np.ndarray) and not (got == _OLD).all():
                raise NotYet(
                    f"When {when}, it returns a picture that was overwritten: its last look at "
                    "the turn comes before the end of the copy. When must it look?"
                )
            _expect_picture(got, slot, when)
        moment += max(1, taken // _MOMENTS)


class _Stepped:
    """A function that stops before one of the steps that Python takes in it, for `act`."""

    def __init__(self, function, moment, act):
        self.function, self.moment, self.act = function, moment, act
        self.taken, self.outermost, self.line = 0, None, ""

    def __call__(self, *args):
        sys.settrace(self._trace)
        try:
            return self.function(*args)
        finally:
            sys.settrace(None)

    def _trace(self, frame, event, arg):
        frame.f_trace_opcodes = True
        self.outermost = self.outermost or frame
        if event == "opcode":
            self.taken += 1
            if self.taken == self.moment:
                code = self.outermost.f_code
                self.line = linecache.getline(code.co_filename, self.outermost.f_lineno).strip()
                self.act()
        return self._trace


def _beside_a_writer(function, when):
    slot, turn = np.zeros((480, 640, 3), np.uint8), np.zeros(1, np.uint64)

    def write(over):
        for number in itertools.count(1):
            turn[0] += 1
            slot[:] = number % 256
            turn[0] += 1
            # Without a pause the writer would overtake each copy, and no picture be returned.
            if over.wait(_PAUSE):
                return

    with in_thread(write):
        for _ in range(300):
            expected = int(turn[0]) & ~1  # the last picture that is done, which a reader is told of
            got = function(slot, turn, expected)
            value = expected // 2 % 256
            if got is not None and not np.all(got == value):
                expect(f"The values in the picture, when {when}", [value], np.unique(got).tolist())
