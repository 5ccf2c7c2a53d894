"""The exercises of notebook 09: hints, a solution and a check of each."""

import math
import threading
from collections import deque
from unittest import mock

import numpy as np
import zmq

from zmqlab.course.exercises import hints
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    Words,
    call,
    expect,
    expect_type,
    generated,
    in_thread,
)

_LARGE = 100_000  # bytes of a buffer: below 65,536 pyzmq copies whatever it is told


@hints(
    "Which buffer is frame number 7 to be filled into? And what must have happened to the frame "
    "that was in it before?",
    "`socket.send(buffer, copy=False, track=True)` returns a tracker. Keep one for each buffer, "
    "and wait for it *before you fill that buffer again*, not at once.",
    "`turn = number % len(buffers)`; when `trackers[turn]` is there, `trackers[turn].wait(10)`; "
    "then `fill(buffers[turn], number)` and "
    "`trackers[turn] = socket.send(buffers[turn], copy=False, track=True)`.",
)
def send_in_turn(socket, buffers, fill, count):
    trackers = [None] * len(buffers)
    for number in range(count):
        turn = number % len(buffers)
        if trackers[turn]:
            trackers[turn].wait(10)
        fill(buffers[turn], number)
        trackers[turn] = socket.send(buffers[turn], copy=False, track=True)


def check_send_in_turn(function):
    for size, count in [(3, 8), (1, 3), (2, 0), (4, 9)]:
        _Film(size, count).show(function)
    _Film(2, 6, hasty=True).show(function)
    return "Nothing was copied, and no buffer was filled while anybody still had it."


class _Film:
    """A receiver beside the learner's function, in one program, where a message is the buffer."""

    def __init__(self, size, count, hasty=False):
        self.buffers = [np.zeros(_LARGE, np.uint8) for _ in range(size)]
        self.count, self.when = count, f"it has {size} buffers for {count} frames"
        self.when += ", and a `wait` for some seconds ends in vain" * hasty
        self.hasty = hasty  # the first wait that has an end comes to it at once
        self.filled, self.gave_up = 0, False
        self.in_use = {}  # number of a buffer: number of the frame that somebody still looks at
        self.problem = None
        self.judged = threading.Event()  # the first frame that came
        self.asks = 0  # of any tracker, since a frame was let go, whose buffer was not free
        self.asked = threading.Event()  # and it will wait, or has asked again

    def show(self, function):
        with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
            socket.linger, socket.sndtimeo = 0, int(1000 * TIMEOUT)
            socket.bind("inproc://film")
            given = function, socket, [*self.buffers], self._fill, self.count
            with _trackers_telling(self._note_ask, self._ends), in_thread(self._look, context):
                try:
                    call(*given, when=self.when, timeout=3 * TIMEOUT, story=self._story)
                except NotYet as error:
                    if self.gave_up and not self.problem and "raised an error" in error.text:
                        return  # it may give up, but not go on
                    raise self.problem or error from None
                if socket.closed:
                    raise NotYet("It closed the socket, which is not its own.")
        if self.problem:
            raise self.problem
        expect(f"How many frames it filled when {self.when}", self.count, self.filled)

    def _story(self):
        return self.problem.text if self.problem else ""

    def _fill(self, buffer, number):
        if self.problem:
            raise self.problem
        mine = next((n for n, each in enumerate(self.buffers) if each is buffer), None)
        if mine is None:
            raise NotYet(f"What it fills is none of the buffers, when {self.when}.")
        expect(f"The number that it fills in, when {self.when}", self.filled, number)
        if mine in self.in_use:
            self.judged.wait(TIMEOUT)  # it may be a copy that is looked at
            asked = "asked a tracker, but in vain" if self.asks else "asked no tracker"
            raise self.problem or NotYet(
                f"When {self.when}: it filled buffer {mine} with frame {number} while frame "
                f"{self.in_use[mine]} was still in it, and somebody was looking at it. It {asked}."
            )
        what = "The buffer, counted from 0, that it fills"
        expect(f"{what} with frame {number}, when {self.when}", number % len(self.buffers), mine)
        self.in_use[mine] = number
        self.filled += 1
        buffer[:] = number

    def _look(self, context, over):
        """Take the frames, and keep as many as there are buffers, each until it is asked for."""
        kept = deque()
        with context.socket(zmq.PAIR) as socket:
            socket.linger = 0
            over.wait(0.1)  # a frame that nobody can take yet is to be sent all the same
            socket.connect("inproc://film")
            try:
                for number in range(self.count):
                    kept.append(self._take(socket, number, over))
                    self.judged.set()
                    if len(kept) == len(self.buffers) and number + 1 < self.count:
                        self._await_asked(over)
                        if number + 1 == len(kept) > 2:  # for once the second before the first
                            second = kept[1]
                            del kept[1]
                            self._let_go(*second)
                            del second
                            over.wait(0.1)
                        self._let_go(*kept.popleft())
            except NotYet as error:
                self.problem = error.with_traceback(None)  # that would keep the frame
            self.judged.set()
            while kept:
                self._let_go(*kept.popleft())

    def _await_asked(self, over):
        for _ in range(int(TIMEOUT / 0.05)):
            if self.asked.wait(0.05) or over.is_set():
                break
        else:
            raise NotYet(
                f"Somebody looks at all buffers, when {self.when}, and for {TIMEOUT:g} s it asked "
                "no tracker whether one is free."
            )
        self.asks = 0
        self.asked.clear()

    def _ends(self):
        """Tell whether a wait that has an end comes to it at once, which happens but once."""
        hasty, self.hasty = self.hasty, False
        self.gave_up |= hasty
        return hasty

    def _note_ask(self, patient):
        self.asks += 1
        if patient or self.asks > 1:  # whoever asks but once may go on all the same
            self.asked.set()

    def _take(self, socket, number, over):
        for _ in range(int(TIMEOUT / 0.05)):
            returned = over.is_set()  # the function has, or has raised an error
            if socket.poll(50) or returned:
                break
        if not socket.poll(0):
            raise NotYet(
                f"Frame {number} did not come, when {self.when}. (A buffer that nobody has can be "
                "filled and sent while somebody still looks at the others.)"
            )
        frame, *more = socket.recv_multipart(copy=False)
        if more:
            raise NotYet(
                f"Frame {number} came as {1 + len(more)} parts, when {self.when}: it should be the "
                "buffer and nothing else."
            )
        pixels = np.frombuffer(frame, np.uint8)
        same = [one for one, each in enumerate(self.buffers) if np.shares_memory(pixels, each)]
        if not same:
            raise NotYet(f"Frame {number} came as a copy, when {self.when}.")
        expect(f"How many bytes are in frame {number}, when {self.when}", _LARGE, len(pixels))
        expect(f"What is in frame {number}, when {self.when}", number, int(pixels[0]))
        return same[0], frame

    def _let_go(self, buffer, frame):
        self.in_use.pop(buffer, None)  # before ZeroMQ hears of it, with the end of `frame`


def _trackers_telling(tell, ends):
    """Call `tell(patient)` when a tracker was asked in vain, or is going to be waited for.

    A wait for some seconds comes to its end at once if `ends()` says so.
    """
    wait, done = zmq.MessageTracker.wait, zmq.MessageTracker.done.fget  # type: ignore[attr-defined]

    def telling_wait(tracker, timeout=-1):
        if timeout >= 0 and not done(tracker) and ends():
            tell(False)
            raise zmq.NotDone
        if not 0 <= timeout < 1:
            tell(True)
        try:
            wait(tracker, timeout)
        except zmq.NotDone:
            tell(False)
            raise

    def telling_done(tracker):
        free = done(tracker)
        if not free:
            tell(False)
        return free

    tell_all = {"wait": telling_wait, "done": property(telling_done)}
    return mock.patch.multiple(zmq.MessageTracker, **tell_all)


@hints(
    "Collect values in a list. At which two moments does a batch go, and what becomes of the last?",
    "When a reading comes, first look whether it is too late for the batch that is being "
    "collected: `when - first >= longest`. If so, that batch goes without it.",
    "Then append the value (if the list was empty, its time is the new `first`), and when there "
    "are `most` of them, the batch goes at once, and not when the next reading comes.",
    "`yield np.array(values, '<f8').tobytes()`, then `values = []`. After the loop, once more if "
    "there are any left.",
)
def batches(readings, most, longest):
    values, first = [], None
    for when, value in readings:
        if values and when - first >= longest:
            yield np.array(values, "<f8").tobytes()
            values = []
        if not values:
            first = when
        values.append(value)
        if len(values) == most:
            yield np.array(values, "<f8").tobytes()
            values = []
    if values:
        yield np.array(values, "<f8").tobytes()


def check_batches(function):
    random = np.random.default_rng(7)
    cases = [
        ([0, 1, 2, 3, 4, 5], 3, 100, "six readings make two full batches"),
        ([0, 1, 2, 3, 4], 3, 100, "the last batch is not full"),
        ([0, 0.5, 1.0, 1.5], 10, 1.0, "a reading comes exactly after the longest time"),
        ([0, 7, 14], 10, 1.0, "each reading comes after a long pause"),
        ([-3.0, -2.6, -2.2, -1.8, -1.4], 10, 1.0, "the first of them counts, not the last"),
        ([5, 6, 7], 1, 100, "a batch is one reading"),
        ([], 3, 1.0, "there are none"),
        ([0, 0, 0, 2, 2], 3, 1.0, "several come at the same time"),
        ([0, 1, 2], 3, 2.0, "the last one that fits comes too late"),
        (random.exponential(1, 300).cumsum().tolist(), 8, 5.5, "they come at random"),
    ]
    for times, most, longest, when in cases:
        when = f"{when} (most={most}, longest={longest:g})"
        call(_batch, function, times, most, longest, when, when=when)
    for pair in ([1, 2], [math.nan, 2.5]):
        readings = enumerate(pair)
        batch = call(lambda it: b"".join(function(it, 2, 9)), readings, when=f"values are {pair}")
        expected = str([float(value) for value in pair])  # as text: NaN does not equal itself
        expect(f"The values in a batch of {pair}", expected, str(np.frombuffer(batch).tolist()))
    return "Full batches went at once, slow ones after the longest time, and nothing was lost."


def _batch(function, times, most, longest, when):
    """Compare the batches that it gives, and when it gives them, with the right ones."""
    taken = 0

    def readings():
        nonlocal taken
        for number, time in enumerate(times):
            taken += 1
            yield time, _value(number)

    given = generated(function, readings(), most, longest)
    number = 0
    for number, (begin, end, needed) in enumerate(_cuts(times, most, longest), 1):
        values = [_value(n) for n in range(begin, end)]
        got = next(given, None)
        if got is None:
            raise NotYet(f"Batch {number} did not come, when {when}:", values, None)
        what = f"batch {number}, when {when}"
        expect_type(f"The type of {what}", bytes, got, "bytes")
        if len(got) % 8:
            raise NotYet(f"The length of {what}:", Words("8 bytes for each value"), len(got))
        expect(f"The values in {what}", values, np.frombuffer(got, "<f8").tolist())
        if taken != needed:
            due = f"It is due after {needed} readings, and came after {taken}"
            raise NotYet(f"Batch {number} comes late, when {when}. {due}.")
    left = next(given, None)
    if left is not None:
        raise NotYet(f"After the last batch another one came, when {when}:", Words("none"), left)


def _value(number):
    """Return what is read at a time: there are equal neighbours, and they rise and fall."""
    half = number // 2
    return (-half if half % 3 == 2 else half) / 3


def _cuts(times, most, longest):
    """Yield the first reading of each batch, the one after its last, and how many tell that."""
    begin = 0
    for number, time in enumerate(times):
        if number > begin and time - times[begin] >= longest:
            yield begin, number, number + 1
            begin = number
        if number + 1 - begin == most:
            yield begin, number + 1, number + 1
            begin = number + 1
    if begin < len(times):
        yield begin, len(times), len(times)
