"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

IN_TURN = solution("send_in_turn")
BATCHES = solution("batches")
WAIT = """        if trackers[turn]:
            trackers[turn].wait(10)
"""
STILL_IN_IT = "filled buffer 0 with frame 3 while frame 0 was still in it"
NO_TRACKER = f"{STILL_IN_IT}.*asked no tracker"

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "send_in_turn": {
        "a queue of trackers": """
from collections import deque


def send_in_turn(socket, buffers, fill, count):
    under_way = deque()
    for number, buffer in zip(range(count), itertools.cycle(buffers)):
        if len(under_way) == len(buffers):
            under_way.popleft().wait()
        fill(buffer, number)
        under_way.append(socket.send(buffer, copy=False, track=True))
""",
        "asks again and again": changed(
            IN_TURN,
            "            trackers[turn].wait(10)",
            "            while not trackers[turn].done:\n                time.sleep(0.001)",
        ),
        "waits a little, again and again": changed(
            IN_TURN,
            "            trackers[turn].wait(10)",
            """            while True:
                try:
                    trackers[turn].wait(timeout=0.1)
                    break
                except zmq.NotDone:
                    continue""",
        ),
        "frames of ZeroMQ's": changed(
            IN_TURN,
            "socket.send(buffers[turn],",
            "socket.send(zmq.Frame(buffers[turn], track=True, copy=False),",
        ),
        "buffers that know": """
class Buffer:
    def __init__(self, pixels):
        self.pixels, self.tracker = pixels, zmq.MessageTracker()

    def send(self, socket, fill, number):
        self.tracker.wait(10)
        fill(self.pixels, number)
        self.tracker = socket.send(memoryview(self.pixels), copy=False, track=True)


def send_in_turn(socket, buffers, fill, count):
    mine = [Buffer(pixels) for pixels in buffers]
    for number in range(count):
        mine[number % len(mine)].send(socket, fill, number)
    for each in mine:
        each.tracker.wait(10)
""",
        "as a list of one part": changed(
            IN_TURN, "socket.send(buffers[turn],", "socket.send_multipart([buffers[turn]],"
        ),
        "a coroutine for each buffer": """
def send_in_turn(socket, buffers, fill, count):
    def lane(buffer):
        number = yield
        while True:
            fill(buffer, number)
            tracker = socket.send(buffer, copy=False, track=True)
            number = yield
            tracker.wait()

    lanes = [lane(buffer) for buffer in buffers]
    for each in lanes:
        next(each)
    for number in range(count):
        lanes[number % len(lanes)].send(number)
""",
        "asks in another thread": """
from concurrent.futures import ThreadPoolExecutor


def send_in_turn(socket, buffers, fill, count):
    with ThreadPoolExecutor(1) as pool:
        waiting = [None for _ in buffers]
        for number in range(count):
            turn = number % len(buffers)
            if waiting[turn] is not None:
                pool.submit(waiting[turn].wait, 30).result()
            fill(buffers[turn], number)
            waiting[turn] = socket.send(buffers[turn], flags=0, copy=False, track=True)
""",
    },
    "batches": {
        "by a batch that knows its time": """
class Batch:
    def __init__(self, when):
        self.until, self.values = when, []

    def packed(self):
        return np.array(self.values, dtype=np.dtype("<f8")).tobytes()


def batches(readings, most, longest):
    batch = None
    for when, value in readings:
        if batch and when - batch.until >= longest:
            yield batch.packed()
            batch = None
        batch = batch or Batch(when)
        batch.values.append(value)
        if len(batch.values) == most:
            yield batch.packed()
            batch = None
    if batch:
        yield batch.packed()
""",
        "by struct, with a closure": """
import struct


def batches(readings, most, longest):
    kept = []

    def pack():
        values = [value for _, value in kept]
        kept.clear()
        return struct.pack(f"<{len(values)}d", *values)

    for reading in readings:
        if kept and reading[0] - kept[0][0] >= longest:
            yield pack()
        kept.append(reading)
        if len(kept) >= most:
            yield pack()
    if kept:
        yield pack()
""",
        "an inner generator": """
def batches(readings, most, longest):
    def lists():
        batch = []
        for when, value in readings:
            if batch and when - first >= longest:
                yield batch
                batch = []
            if not batch:
                first = when
            batch.append(value)
            if len(batch) == most:
                yield batch
                batch = []
        yield batch

    return (np.array(each, float).tobytes() for each in lists() if each)
""",
        "by next": """
def batches(readings, most, longest):
    readings = iter(readings)
    reading = next(readings, None)
    while reading:
        first, value = reading
        values = np.array([value], "<f8")
        reading = None
        while len(values) < most:
            reading = next(readings, None)
            if reading is None or reading[0] >= first + longest:
                break
            values = np.append(values, reading[1])
            reading = None
        yield values.tobytes()
        reading = reading or next(readings, None)
""",
        "a coroutine that is told": """
def collector(most, longest):
    times, values, ready = [], [], []
    while True:
        reading = yield ready
        ready = []
        if values and (reading is None or reading[0] - times[0] >= longest):
            ready.append(np.asarray(values, dtype="<f8").tobytes())
            times, values = [], []
        if reading is not None:
            times.append(reading[0])
            values.append(reading[1])
        if len(values) == most:
            ready.append(np.asarray(values, dtype="<f8").tobytes())
            times, values = [], []


def batches(readings, most, longest):
    told = collector(most, longest)
    next(told)
    for reading in readings:
        yield from told.send(reading)
    yield from told.send(None)
""",
        "bytes that grow": """
import struct


def batches(readings, most, longest):
    data = b""
    for when, value in readings:
        if data and when >= until:
            yield data
            data = b""
        if not data:
            until = when + longest
        data += struct.pack("<d", value)
        if len(data) // 8 == most:
            yield data
            data = b""
    if data:
        yield data
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "send_in_turn": {
        "waits for nothing": (changed(IN_TURN, "trackers[turn].wait(10)", "pass"), NO_TRACKER),
        "sleeps": (changed(IN_TURN, WAIT, "        time.sleep(0.2)\n"), NO_TRACKER),
        "sleeps when it has come round": (
            changed(
                IN_TURN, WAIT, "        if number >= len(buffers):\n            time.sleep(1)\n"
            ),
            NO_TRACKER,
        ),
        "waits until the socket can send": (
            changed(IN_TURN, WAIT, "        socket.poll(1000, zmq.POLLOUT)\n"),
            NO_TRACKER,
        ),
        "waits for the socket to say something": (
            changed(IN_TURN, WAIT, "        socket.poll(100)\n"),
            NO_TRACKER,
        ),
        "waits for the system": (
            changed(IN_TURN, "trackers[turn].wait(10)", "threading.Event().wait(0.2)"),
            NO_TRACKER,
        ),
        "asks and does not wait": (
            changed(IN_TURN, "trackers[turn].wait(10)", "trackers[turn].done"),
            f"{STILL_IN_IT}.*It asked a tracker, but in vain",
        ),
        "is tired of waiting": (
            changed(
                IN_TURN,
                "            trackers[turn].wait(10)",
                "            try:\n                trackers[turn].wait(0)\n"
                "            except zmq.NotDone:\n                pass",
            ),
            f"{STILL_IN_IT}.*It asked a tracker, but in vain",
        ),
        "asks, and sleeps if it must": (
            changed(
                IN_TURN,
                "            trackers[turn].wait(10)",
                "            if not trackers[turn].done:\n                time.sleep(0.2)",
            ),
            f"{STILL_IN_IT}.*It asked a tracker, but in vain",
        ),
        "waits a little, and goes on": (
            changed(
                IN_TURN,
                "            trackers[turn].wait(10)",
                "            try:\n                trackers[turn].wait(0.2)\n"
                "            except zmq.NotDone:\n                pass",
            ),
            f"{STILL_IN_IT}.*It asked a tracker, but in vain",
        ),
        "leaves frames out": (
            changed(
                IN_TURN,
                "            trackers[turn].wait(10)",
                "            if not trackers[turn].done:\n                continue",
            ),
            "Frame 3 did not come|number that it fills in.*expected: 3|filled with frame 3",
        ),
        "asks after it has filled": (
            changed(IN_TURN, WAIT, "").replace(
                "        trackers[turn] = ", WAIT + "        trackers[turn] = "
            ),
            STILL_IN_IT,
        ),
        "copies": (changed(IN_TURN, "copy=False", "copy=True"), "Frame 0 came as a copy"),
        "says nothing of copying": (
            changed(IN_TURN, "copy=False, track=True", "track=True"),
            "Frame 0 came as a copy",
        ),
        "copies first": (
            changed(IN_TURN, "send(buffers[turn]", "send(buffers[turn].copy()"),
            "Frame 0 came as a copy",
        ),
        "sends bytes": (
            changed(IN_TURN, "send(buffers[turn]", "send(buffers[turn].tobytes()"),
            "Frame 0 came as a copy",
        ),
        "with a header": (
            changed(
                IN_TURN,
                "socket.send(buffers[turn]",
                "socket.send_multipart([b'%d' % number, buffers[turn]]",
            ),
            "Frame 0 came as 2 parts.*the buffer and nothing else",
        ),
        "waits at once": (
            changed(IN_TURN, "track=True)", "track=True)\n        trackers[turn].wait(10)"),
            "Frame 1 did not come.*while somebody still looks at the others",
        ),
        "waits for the one before": (
            "def send_in_turn(socket, buffers, fill, count):\n"
            "    tracker = None\n"
            "    for number in range(count):\n"
            "        if tracker:\n"
            "            tracker.wait(10)\n"
            "        buffer = buffers[number % len(buffers)]\n"
            "        fill(buffer, number)\n"
            "        tracker = socket.send(buffer, copy=False, track=True)\n",
            "Frame 1 did not come.*while somebody still looks at the others",
        ),
        "waits for all": (
            changed(
                IN_TURN, "trackers[turn].wait(10)", "[tracker.wait(10) for tracker in trackers]"
            ),
            "Frame 4 did not come|Frame 3 did not come",
        ),
        "waits for another one": (
            changed(IN_TURN, "trackers[turn].wait(10)", "trackers[turn - 1].wait(10)"),
            "Frame 3 did not come.*while somebody still looks at the others",
        ),
        "an array of its own": (
            changed(IN_TURN, "fill(buffers[turn], number)", "fill(buffers[turn].copy(), number)"),
            "What it fills is none of the buffers",
        ),
        "always the first": (
            changed(IN_TURN, "number % len(buffers)", "0"),
            "Frame 1 did not come.*while somebody still looks at the others",
        ),
        "in no order": (
            changed(IN_TURN, "number % len(buffers)", "(2 * number + 1) % len(buffers)"),
            "The buffer, counted from 0, that it fills with frame 0.*expected: 0.*it gave: 1",
        ),
        "does not fill": (
            changed(IN_TURN, "fill(buffers[turn], number)", "buffers[turn][:] = number"),
            "How many frames it filled.*expected: 8.*it gave: 0",
        ),
        "counts from one": (
            changed(IN_TURN, "range(count)", "range(1, count + 1)"),
            "The number that it fills in.*expected: 0.*it gave: 1",
        ),
        "one too few": (
            changed(IN_TURN, "range(count)", "range(count - 1)"),
            "Frame 7 did not come",
        ),
        "each buffer once": (
            changed(IN_TURN, "range(count)", "range(min(count, len(buffers)))"),
            "Frame 3 did not come",
        ),
        "hears nothing of the end of its patience": (
            changed(
                IN_TURN,
                "            trackers[turn].wait(10)",
                "            with contextlib.suppress(zmq.NotDone):\n"
                "                trackers[turn].wait(10)",
            ).replace("def send", "import contextlib\n\ndef send"),
            "filled buffer 0 with frame 2 while frame 0 .*It asked a tracker, but in vain",
        ),
        "whichever is free": (
            """
def send_in_turn(socket, buffers, fill, count):
    trackers = [None] * len(buffers)
    for number in range(count):
        while True:
            free = [n for n, tracker in enumerate(trackers) if not tracker or tracker.done]
            if free:
                break
            time.sleep(0.001)
        turn = free[0]
        fill(buffers[turn], number)
        trackers[turn] = socket.send(buffers[turn], copy=False, track=True)
""",
            "The buffer, counted from 0, that it fills with frame 3.*expected: 0.*gave: 1",
        ),
        "all but the last byte": (
            changed(IN_TURN, "socket.send(buffers[turn],", "socket.send(buffers[turn][:-1],"),
            "How many bytes are in frame 0.*expected: 100000.*gave: 99999",
        ),
        "closes the socket": (
            IN_TURN + "    socket.close()\n",
            "It closed the socket, which is not its own",
        ),
        "frames for which there is no room": (
            changed(
                IN_TURN,
                "        trackers[turn] = socket.send(buffers[turn], copy=False, track=True)",
                "        try:\n"
                "            trackers[turn] = socket.send(\n"
                "                buffers[turn], zmq.NOBLOCK, copy=False, track=True\n"
                "            )\n"
                "        except zmq.Again:\n"
                "            pass",
            ),
            "filled buffer 0 with frame 3 while frame 0 was still in it|Frame 0 did not come",
        ),
    },
    "batches": {
        "one at a time": (
            changed(BATCHES, "len(values) == most", "True"),
            r"The values in batch 1, when six.*expected: \[0.0, 0.0, .*it gave: \[0.0\]",
        ),
        "forgets the rest": (
            changed(BATCHES, "    if values:\n        yield", "    if False:\n        yield"),
            "Batch 2 did not come, when the last batch is not full",
        ),
        "an empty rest": (
            changed(BATCHES, "    if values:\n        yield", "    if True:\n        yield"),
            "After the last batch another one came, when six.*expected: none.*it gave: b''",
        ),
        "never loses patience": (
            changed(BATCHES, "if values and when - first >= longest", "if False"),
            "values in batch 1, when a reading comes exactly after the longest time",
        ),
        "patient with the last one": (
            changed(
                BATCHES, "        if not values:\n            first = when", "        first = when"
            ),
            "values in batch 1, when a reading comes exactly after|the first of them counts",
        ),
        "a moment too patient": (
            changed(BATCHES, "first >= longest", "first > longest"),
            "values in batch 1, when a reading comes exactly after the longest time",
        ),
        "the late one goes along": (
            """
def batches(readings, most, longest):
    values, first = [], None
    for when, value in readings:
        if not values:
            first = when
        values.append(value)
        if len(values) == most or when - first >= longest:
            yield np.array(values, "<f8").tobytes()
            values = []
    if values:
        yield np.array(values, "<f8").tobytes()
""",
            "values in batch 1, when a reading comes exactly after the longest time",
        ),
        "time 0 is no time": (
            changed(BATCHES, "if not values:\n", "if not first:\n").replace(
                "values = []\n", "values, first = [], None\n"
            ),
            "values in batch 1, when a reading comes exactly after the longest time",
        ),
        "by the clock on the wall": (
            changed(BATCHES, "for when, value in readings:", "for _, value in readings:")
            .replace("when - first", "time.monotonic() - first")
            .replace("first = when", "first = time.monotonic()"),
            "values in batch 1, when a reading comes exactly after the longest time",
        ),
        "one late": (
            changed(BATCHES, "len(values) == most", "len(values) > most"),
            "The values in batch 1, when six readings",
        ),
        "full when the next one comes": (
            """
def batches(readings, most, longest):
    values = []
    for when, value in readings:
        if values and (len(values) == most or when - first >= longest):
            yield np.array(values, "<f8").tobytes()
            values = []
        if not values:
            first = when
        values.append(value)
    if values:
        yield np.array(values, "<f8").tobytes()
""",
            "Batch 1 comes late, when six.*due after 3 readings, and came after 4",
        ),
        "all at the end": (
            "def batches(readings, most, longest):\n"
            "    values = [value for _, value in readings]\n"
            "    for n in range(0, len(values), most):\n"
            "        yield np.array(values[n : n + most], '<f8').tobytes()\n",
            "Batch 1 comes late, when six.*due after 3 readings, and came after 6",
        ),
        "keeps what it gave": (
            BATCHES.replace("values = []\n", "pass\n").replace("== most", "% most == 0"),
            "values in batch 2, when six readings",
        ),
        "times too": (
            changed(BATCHES, "values.append(value)", "values.append((when, value))"),
            r"values in batch 1, when six.*expected: \[0.0, 0.0, 0.3.*it gave: \[0.0, 0.0, 1.0",
        ),
        "nothing twice": (
            changed(
                BATCHES,
                "for when, value in readings:\n",
                "for when, value in readings:\n        if value in values:\n            continue\n",
            ),
            "The values in batch 1, when six readings",
        ),
        "floats of four bytes": (
            BATCHES.replace('"<f8"', '"<f4"'),
            "The length of batch 1.*8 bytes for each value.*it gave: 12",
        ),
        "whole numbers": (BATCHES.replace('"<f8"', "int"), "The values in batch 1, when six"),
        "a list": (
            changed(BATCHES, 'np.array(values, "<f8").tobytes()', "values"),
            "The type of batch 1.*expected: bytes.*it gave: .0.0",
        ),
        "an array": (
            changed(BATCHES, ".tobytes()", ""),
            "The type of batch 1.*expected: bytes.*it gave: array",
        ),
        "no generator": (
            """
def batches(readings, most, longest):
    values = [value for _, value in readings]
    return [np.array(values[n : n + most], "<f8").tobytes() for n in range(0, len(values), most)]
""",
            "What it returns.*expected: a generator.*it gave: .b",
        ),
        "needs them all": (
            changed(BATCHES, "values, first = [], None", "values, first, n = [], 0, len(readings)"),
            "six readings.*it raised an error.*TypeError",
        ),
        "sorted": (
            BATCHES.replace("np.array(values", "np.array(sorted(values)"),
            "The values in batch 2, when six readings.*gave: .-0.6666666666666666, -0.66666666",
        ),
        "numbers as they come": (
            BATCHES.replace(', "<f8")', ")"),
            r"The values in a batch of \[1, 2\].*expected: '\[1.0, 2.0\]'",
        ),
        "time -1 is no time": (
            BATCHES.replace("None", "-1")
            .replace("if values and when", "if first >= 0 and when")
            .replace("if not values:", "if first < 0:")
            .replace("values = []\n", "values, first = [], -1\n"),
            "The values in batch 1, when the first of them counts, not the last",
        ),
        "nothing below 0": (
            changed(BATCHES, "append(value)", "append(max(value, 0))"),
            "The values in batch 2, when six readings.*gave: .0.3333333333333333, 0",
        ),
        "leaves NaN out": (
            changed(
                BATCHES,
                "for when, value in readings:\n",
                "for when, value in readings:\n"
                "        if math.isnan(value):\n            continue\n",
            ),
            r"batch of \[nan, 2\.5\].*expected: .\[nan, 2\.5\].*gave: .\[2\.5\]",
        ),
        "half of a time": (
            changed(BATCHES, "when - first >= longest", "int(when - first) >= int(longest)"),
            r"come at random \(most=8, longest=5\.5\)",
        ),
    },
}
