"""The exercises of notebook 09: hints, a solution and a check of each."""

import threading

import numpy as np
import zmq

from zmqlab.course.exercises import hints
from zmqlab.course.trial import NotYet, call, expect, expect_type, generated

_LARGE = 100_000  # bytes of a buffer: below 65,536 pyzmq copies whatever it is told
_LOOK = 0.1  # seconds that somebody looks at a frame, once all buffers are in use


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
    with (
        zmq.Context() as context,
        context.socket(zmq.PAIR) as sender,
        context.socket(zmq.PAIR) as receiver,
    ):
        sender.linger = 0
        sender.bind("inproc://film")
        receiver.connect("inproc://film")
        film = _Film(receiver)
        when = "it has 3 buffers for 8 frames"
        call(function, sender, [*film.buffers], film.fill, 8, when=when, story=film.story)
        expect(f"How many frames it filled when {when}", 8, film.filled)
        film.receive(7)
    return "Nothing was copied, and no buffer was filled while anybody still had it."


class _Film:
    """Buffers, and somebody who looks at them: within a process, a message is the buffer itself."""

    def __init__(self, socket):
        self.socket = socket
        self.buffers = [np.zeros(_LARGE, np.uint8) for _ in range(3)]
        self.looked_at = {}  # number of a buffer: the frame that was sent from it
        self.filled = 0

    def fill(self, buffer, number):
        """Be the `fill` that the learner's function calls: here all mistakes show."""
        expect("The number that it fills in", self.filled, number)
        turn = number % len(self.buffers)
        if number:
            self.receive(number - 1)
        if buffer is not self.buffers[turn]:
            raise NotYet(f"What it fills with frame {number} is not buffer {turn} of 0, 1 and 2.")
        if turn in self.looked_at:
            raise NotYet(
                f"It filled buffer {turn} with frame {number} while frame "
                f"{number - len(self.buffers)} was still in it, and somebody was looking at it."
            )
        buffer[:] = number
        self.filled += 1
        if self.filled >= len(self.buffers):  # only now does anybody let go of a frame
            next_turn = self.filled % len(self.buffers)
            threading.Timer(_LOOK, self.looked_at.pop, [next_turn, None]).start()

    def receive(self, number):
        """Take a frame, and go on looking at it."""
        if not self.socket.poll(1000):
            raise NotYet(f"Frame {number} was filled in, and did not come.")
        parts = self.socket.recv_multipart(copy=False)
        expect(f"How many parts frame {number} has", 1, len(parts))
        turn = number % len(self.buffers)
        if not np.shares_memory(np.frombuffer(parts[0], np.uint8), self.buffers[turn]):
            raise NotYet(f"Frame {number} came as a copy, and not as buffer {turn} itself.")
        self.looked_at[turn] = parts[0]

    def story(self):
        return (
            f"Frames that it had filled: {self.filled}. Somebody looks at them, and lets go of the "
            "oldest when all buffers are in use: only then need it wait, and for that buffer alone."
        )


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
    cases = {  # when: times, most, longest; the batches, and after how many readings each is due
        "two batches are full": ([0, 1, 2, 3, 4, 5], 3, 100, [[1, 2, 3], [4, 5, 6]], [3, 6]),
        "the last batch is not full": ([0, 1, 2, 3, 4], 3, 100, [[1, 2, 3], [4, 5]], [3, 5]),
        "a reading comes exactly after the longest time": (
            [0, 0.5, 1.0, 1.5],
            10,
            1.0,
            [[1, 2], [3, 4]],
            [3, 4],
        ),
        "a batch's first reading counts, and not its last": (
            [0, 0.4, 0.8, 1.2, 1.6],
            10,
            1.0,
            [[1, 2, 3], [4, 5]],
            [4, 5],
        ),
        "there are no readings": ([], 3, 1.0, [], []),
    }
    for when, (times, most, longest, batches, due) in cases.items():
        when = f"{when} (most={most}, longest={longest:g}, times {times})"
        got = call(_collected, function, times, most, longest, when=when)
        expected = [[float(number) for number in batch] for batch in batches]
        expect(f"The values in its batches when {when}", expected, [batch for batch, _ in got])
        counts = [count for _, count in got]
        expect(f"After how many readings each batch came, when {when}", due, counts)
    return "Full batches went at once, slow ones after the longest time, and nothing was lost."


def _collected(function, times, most, longest):
    """Return the values of each batch, and how many readings had been taken when it came.

    The value of the first reading is 1, of the second 2, and so on.
    """
    taken = 0

    def readings():
        nonlocal taken
        for time in times:
            taken += 1
            yield time, float(taken)

    batches = generated(function, readings(), most, longest)
    return [(_values(batch), taken) for batch in batches]


def _values(batch):
    expect_type("A batch", bytes, batch, "bytes")
    expect("How many bytes a batch has beyond 8 for each value", 0, len(batch) % 8)
    return np.frombuffer(batch, "<f8").tolist()
