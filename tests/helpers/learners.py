"""Functions as learners write them, in a cell: the starters, the solutions, and wrong answers.

Starters and solutions are those of the notebooks: the cells tagged "exercise" and "solution". Wrong
answers are solutions with something changed.
"""

import ast
import functools
import itertools
import linecache
import re
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
IMPORTS = ast.Import, ast.ImportFrom
_numbers = itertools.count(1)


def written(source, name):
    """Return the function `name` that a cell defines, known to tracebacks by the cell's text."""
    file = f"<cell {next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace = {"__name__": "__main__"}
    exec(imports(name), namespace)
    exec(compile(source, file, "exec"), namespace)
    return namespace[name]


def source(tag, name):
    """Return the source of the notebooks' cell with that tag that defines that function."""
    (found,) = (cell.source for cells in notebooks() for cell in cells if is_for(cell, tag, name))
    return found + "\n"


def names():
    """Return the names of the notebooks' exercises, in order."""
    cells = [cell for cells in notebooks() for cell in cells if is_for(cell, "exercise", "")]
    return [re.findall(r"^def (\w+)\(", cell.source, re.MULTILINE)[-1] for cell in cells]


def is_for(cell, tag, name):
    return tag in cell.metadata.get("tags", ()) and f"def {name}" in cell.source


@functools.cache
def notebooks():
    """Return the code cells of each notebook."""
    return [
        [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
        for path in sorted(NOTEBOOKS.glob("*.ipynb"))
    ]


@functools.cache
def imports(name):
    """Return the imports of the notebook that has the exercise of that name."""
    (cells,) = (all for all in notebooks() if any(is_for(cell, "exercise", name) for cell in all))
    found = []
    for cell in cells:
        if not cell.source.startswith("%%"):
            python = re.sub(r"^[%!].*", "", cell.source, flags=re.MULTILINE)
            found += [node for node in ast.parse(python).body if isinstance(node, IMPORTS)]
    return "\n".join(map(ast.unparse, found))


def changed(source, old, new):
    """Return the source with one thing changed in it."""
    assert old in source, f"{old!r} is not in the source"
    return source.replace(old, new)


BYTES = source("solution", "bytes_per_second")
SHOUT = source("solution", "shout_server")
NEVER_SILENT = source("solution", "never_silent")
PATIENT = source("solution", "patient_ask")
MESSAGE = source("solution", "frame_message")
SAFE_CAMERA = source("solution", "safe_camera_server")
FRINGES = source("solution", "measure_fringe_period")
MEAN = source("solution", "mean_worker")
IN_ORDER = source("solution", "in_order")
RIGHT = source("solution", "right_spectrum")
HEARS = source("solution", "hears")
PUBLISH = source("solution", "publish_to_all")
LOST = source("solution", "count_lost")
DATASET = source("solution", "frames_dataset")
MISSING = source("solution", "missing")
THREAD = source("solution", "in_a_thread")
MANY = source("solution", "many_at_once")
RADIO = source("solution", "radio")
IN_TURN = source("solution", "send_in_turn")
BATCHES = source("solution", "batches")
READ_SLOT = source("solution", "read_slot")
KEPT = """
def patient_ask(endpoint, request, timeout):
    sockets = globals().setdefault("sockets", {})
    if endpoint not in sockets:
        sockets[endpoint] = zmq.Context.instance().socket(zmq.TYPE)
        sockets[endpoint].connect(endpoint)
    sockets[endpoint].send(request)
    return sockets[endpoint].recv() if sockets[endpoint].poll(1000 * timeout) else None
"""
SHARED = """
def patient_ask(endpoint, request, timeout):
    socket = zmq.Context.instance().socket(zmq.REQ)
    socket.linger = 0
    socket.connect(endpoint)
    socket.send(request)
    answer = socket.recv() if socket.poll(1000 * timeout) else None
    return answer
"""
# For each exercise: plausible wrong answers, and what the learner is told about each.
WRONG = {
    "bytes_per_second": {
        "grey": (changed(BYTES, " * 3", ""), "expected: 27648000.*it gave: 9216000"),
        "one frame": (changed(BYTES, " * fps", ""), "it gave: 921600"),
        "says it instead": (
            "def bytes_per_second(width, height, fps):\n    print(width * height * 3 * fps)\n",
            "it gave: None.*what it printed:.*27648000",
        ),
    },
    "shout_server": {
        "upper of bytes": (changed(SHOUT, ".decode().upper().encode()", ".upper()"), "GR.*SSE|GR"),
        "one request only": (changed(SHOUT, "while True", "for _ in range(1)"), "has ended"),
        "never stops": (
            changed(SHOUT, "                break\n", "                continue\n"),
            "went on",
        ),
        "takes one client for another": (
            changed(
                changed(SHOUT, "        while True:", "        replies = {}\n        while True:"),
                "socket.send(request.decode().upper().encode())",
                "socket.send(replies.setdefault(len(request), request.decode().upper().encode()))",
            ),
            "among several.*expected: .b'CLIENT",
        ),
        "stops for whatever begins so": (
            changed(SHOUT, 'request == b"stop"', 'request.startswith(b"stop")'),
            "stopwatch",
        ),
        "replies twice": (SHOUT + '            socket.send(b"again")\n', "EFSM|current state"),
        "another port": (
            changed(SHOUT, "socket.bind(bind)", 'socket.bind("tcp://*:*")'),
            "Where it listens",
        ),
        "connects": (changed(SHOUT, "bind(bind)", "connect(bind)"), "Where it listens"),
        "an error after the last reply": (
            changed(SHOUT, "break", "raise ValueError(7)"),
            "error after b'stop'.*ValueError: 7",
        ),
        "a ROUTER that replies twice": (
            changed(
                SHOUT.replace("zmq.REP", "zmq.ROUTER").replace('send(b"BYE")', "send(b'')"),
                "            request = socket.recv()\n",
                "            *who, request = socket.recv_multipart()\n"
                "            for _ in range(2):\n"
                "                socket.send_multipart([*who, request.decode().upper().encode()])\n"
                "            continue\n",
            ),
            "does not wait its turn",
        ),
    },
    "never_silent": {
        "one part only": (
            changed(NEVER_SILENT, 'b" ".join(socket.recv_multipart())', "socket.recv()"),
            "please",
        ),
        "text only": (
            changed(
                NEVER_SILENT,
                'socket.send(b"unknown command: " + request)',
                'socket.send_string("unknown command: " + request.decode())',
            ),
            "UnicodeDecodeError",
        ),
        "does not say which": (
            changed(NEVER_SILENT, ': " + request', '"'),
            "unknown command: coffee",
        ),
        "forgets how to count": (
            changed(NEVER_SILENT, "count += 1", "count = 1"),
            "count of requests was",
        ),
    },
    "patient_ask": {
        "waits for ever": (
            changed(PATIENT, "if socket.poll(1000 * timeout):", "if True:"),
            "still busy",
        ),
        "seconds for milliseconds": (changed(PATIENT, "1000 * ", ""), "it gave: None"),
        "linger": (changed(PATIENT, "socket.linger = 0", "pass"), "there is no server"),
        "one REQ for all": (KEPT.replace("TYPE", "REQ"), "current state"),
        "one DEALER for all": (
            changed(
                KEPT.replace("TYPE", "DEALER").replace(
                    ".send(request)", '.send_multipart([b"", request])'
                ),
                ".recv()",
                ".recv_multipart()[-1]",
            ),
            "earlier request comes first.*reply to second.*reply to first",
        ),
        "leaves sockets open": (
            changed(SHARED, "socket.linger = 0", "globals().setdefault('kept', []).append(socket)"),
            "sockets open",
        ),
        "leaves requests behind": (
            changed(SHARED, "socket.linger = 0", "pass").replace(
                "    return answer", "    socket.close()\n    return answer"
            ),
            "given up on two.*old",
        ),
    },
    "frame_message": {
        "not in one piece": (
            changed(MESSAGE, "np.ascontiguousarray(frame)", "frame"),
            "every second pixel",
        ),
        "always uint8": (changed(MESSAGE, "str(frame.dtype)", '"uint8"'), "16 bit.*bytes"),
        "no header": (
            "def frame_message(frame, sequence):\n    return [b'frame', frame.tobytes()]",
            "three parts",
        ),
        "no time": (changed(MESSAGE, '"time": time.time(),', ""), "has no time"),
        "always the same number": (
            changed(MESSAGE, '"sequence": sequence', '"sequence": 0'),
            "sequence",
        ),
        "text for bytes": (changed(MESSAGE, 'b"frame"', '"frame"'), "cannot send"),
        "columns first": (
            changed(MESSAGE, "np.ascontiguousarray(frame)", 'frame.tobytes("F")'),
            "not those that left",
        ),
    },
    "safe_camera_server": {
        "no word of a failure": (
            changed(
                SAFE_CAMERA, 'zmqlab.send_message(socket, "error", {"error": str(error)})', "pass"
            ),
            "EFSM|current state",
        ),
        "falls with the camera": (
            changed(SAFE_CAMERA, "except zmqlab.CameraError", "except OSError"),
            "CameraError",
        ),
        "the first part only": (
            changed(SAFE_CAMERA, "socket.recv_multipart()", "[socket.recv()]"),
            "read', b'now.*current state",
        ),
        "no word about the unknown": (
            changed(
                SAFE_CAMERA,
                'zmqlab.send_message(socket, "error", {"error": f"unknown command {request}"})',
                "pass",
            ),
            "raed.*current state",
        ),
        "plain text for an error": (
            changed(
                SAFE_CAMERA,
                'zmqlab.send_message(socket, "error", {"error": f"unknown command {request}"})',
                'socket.send_string("what?")',
            ),
            "three parts",
        ),
    },
    "measure_fringe_period": {
        "frequency for period": (changed(FRINGES, "1 / ", ""), "more than 2 %"),
        "along x only": (changed(FRINGES, "math.hypot(peak.fx, peak.fy)", "peak.fx"), "60 degrees"),
        "a guess": ("def measure_fringe_period(endpoint):\n    return 12", "23.4"),
        "stops the server": (
            changed(FRINGES, "    (peak,)", '    zmqlab.request(endpoint, "stop")\n    (peak,)'),
            "answers no more",
        ),
    },
    "mean_worker": {
        "goes on after the end": (changed(MEAN, "break", "continue"), "went on instead of ending"),
        "forgets the number": (
            changed(MEAN, 'header["sequence"], "mean"', '0, "mean"'),
            "sequence number",
        ),
        "binds": (
            changed(MEAN, "push.connect(results)", "push.bind(results)"),
            "Address already in use|in use",
        ),
        "always uint8": (changed(MEAN, 'header["dtype"]', '"uint8"'), "uint16.*expected"),
        "throws the last results away": (
            changed(MEAN, "pull.connect(frames)", "push.linger = 0\n        pull.connect(frames)"),
            "sink comes after the end.*has ended",
        ),
    },
    "in_order": {
        "as they come": (
            "def in_order(arrivals):\n    for number, result in arrivals:\n        yield result\n",
            "changed places",
        ),
        "waits for all": (
            "def in_order(arrivals):\n"
            "    for number, result in sorted(arrivals, key=lambda pair: pair[0]):\n"
            "        yield result\n",
            "How many it had taken",
        ),
        "keeps all": (changed(IN_ORDER, "early.pop(due)", "early[due]"), "memory fills"),
        "one at a time": (
            changed(IN_ORDER, "while due", "if due"),
            "How many it gives|Result number|taken",
        ),
        "nothing for None": (
            changed(IN_ORDER, "while due in early", "while early.get(due)"),
            "None, and arrays|numbers, None|raised an error|ambiguous",
        ),
    },
    "right_spectrum": {
        "of each colour": (changed(RIGHT, "np.fft.rfft2(grey", "np.fft.rfft2(frame"), "shape"),
        "twice as many digits": (
            changed(RIGHT, ".astype(np.complex64)", ".astype(complex)"),
            "complex64",
        ),
        "red for blue": (changed(RIGHT, "BGR2GRAY", "RGB2GRAY"), "red noise|row"),
        "the whole plane": (changed(RIGHT, "rfft2", "fft2"), "shape"),
    },
    "hears": {
        "the same word": (
            changed(HEARS, "topic.startswith(subscription)", "topic == subscription"),
            "cam10",
        ),
        "anywhere": (
            changed(HEARS, "topic.startswith(subscription)", "subscription in topic"),
            "b'am'",
        ),
        "the wrong way round": (
            changed(HEARS, "topic.startswith(subscription)", "subscription.startswith(topic)"),
            "cam10",
        ),
    },
    "publish_to_all": {
        "waits for nobody": (changed(PUBLISH, "socket.recv()", "pass"), "radio"),
        "hears of each topic once": (
            changed(PUBLISH, "socket.xpub_verbose = True", "pass"),
            "How many of 2000 messages",
        ),
        "a short queue": (changed(PUBLISH, "len(messages) + 1", "10"), "How many of 2000 messages"),
    },
    "count_lost": {
        "counts those that came": (
            changed(LOST, "return lost", "return len(numbers)"),
            "expected: 0",
        ),
        "negative at a new start": (
            changed(LOST, "before + 1 if after > before else 0", "before + 1"),
            "new start|it gave: -",
        ),
        "one too many": (changed(LOST, "before + 1 if", "before if"), "expected: 0"),
    },
    "frames_dataset": {
        "floats": (changed(DATASET, "dtype=frame.dtype,", ""), "Its dtype.*uint8.*float32"),
        "time last": (
            re.sub(r"\((0|None|1), \*frame.shape\)", r"(*frame.shape, \1)", DATASET),
            "Its shape",
        ),
        "cannot grow for long": (
            changed(DATASET, "maxshape=(None, ", "maxshape=(100, "),
            "Its maxshape.*None.*100",
        ),
        "chunks by themselves": (
            changed(DATASET, "chunks=(1, *frame.shape)", "chunks=True"),
            "Its chunks",
        ),
        "only makes it": (changed(DATASET, "return ", ""), "What it returns"),
    },
    "missing": {
        "how many": (changed(MISSING, "sorted(", "len("), "What it returns when"),
        "from zero on": (
            changed(MISSING, "range(numbers[0],", "range("),
            r"frames \[5\] were recorded",
        ),
        "the file stays open": (
            changed(MISSING, "with open_recording(path) as data:", "if data := h5py.File(path):"),
            "What it returns|raised an error",
        ),
    },
    "in_a_thread": {
        "in this thread": (
            "def in_a_thread(work, items):\n    return [work(item) for item in items]\n",
            "in the thread that called you",
        ),
        "by a queue": (
            "from concurrent.futures import ThreadPoolExecutor\n\n\n"
            "def in_a_thread(work, items):\n"
            "    with ThreadPoolExecutor(1) as pool:\n"
            "        return list(pool.map(work, items))\n",
            "No socket was open",
        ),
        "the end is a word": (
            THREAD.replace('[b"item", item]', "[item]")
            .replace('[b"end", b""]', '[b"end"]')
            .replace('[0] == b"item"', '[0] != b"end"')
            .replace("message[1]", "message[0]"),
            "still busy.*recv_multipart",
        ),
        "all first, then the results": (
            changed(
                THREAD,
                "                kind, result",
                "            for _ in items:\n                kind, result",
            ),
            "5000 items.*still busy",
        ),
        "no word of an error": (
            changed(THREAD, "except Exception as error", "except OSError as error"),
            "work. raises an error, it was still busy",
        ),
        "an error is a result": (
            changed(THREAD, "raise RuntimeError(result.decode())", "pass"),
            "it raised none",
        ),
        "goes without waiting": (
            changed(
                changed(THREAD, "            thread.join()\n", ""),
                "    def worker(context):\n",
                "    def worker(context):\n        work_on(context)\n"
                "        threading.Event().wait(60)\n\n    def work_on(context):\n",
            ),
            "leaves a thread behind",
        ),
    },
    "many_at_once": {
        "one after the other": (
            changed(
                MANY,
                "tasks.create_task(answer(socket, address, request))",
                "await answer(socket, address, request)",
            ),
            "while b'1.5' was exposing",
        ),
        "sleeps in the loop": (
            changed(MANY, "await asyncio.sleep(", "time.sleep("),
            "while b'1.5' was exposing",
        ),
        "a REP": (changed(MANY, "zmq.ROUTER", "zmq.REP"), "while b'1.5' was exposing"),
        "falls over a word": (changed(MANY, "except ValueError", "except OSError"), "soon"),
        "leaves exposures behind": (
            changed(MANY, '[*address, b"BYE"])\n', '[*address, b"BYE"])\n                return\n')
            .replace("async with asyncio.TaskGroup() as tasks", "if True")
            .replace("tasks.create_task(", "asyncio.create_task("),
            "still exposing",
        ),
        "never ends": (
            changed(MANY, "                        break\n", "                        continue\n"),
            "stop",
        ),
    },
    "radio": {
        "whole, but waits for ever": (
            changed(RADIO, "if not socket.poll(100)", "if False"),
            "the event is set.*still busy",
        ),
        "does not wait at all": (
            changed(RADIO, "socket.poll(100)", "socket.poll(0)"),
            "again and again instead of waiting",
        ),
        "two at a time": (
            changed(
                changed(RADIO, "socket.recv_multipart()", "[socket.recv(), socket.recv()]"),
                'parts == [b"stop"]',
                'parts[0] == b"stop"',
            ),
            "of one part and of three",
        ),
        "whatever begins so": (
            changed(RADIO, 'parts == [b"stop"]', 'parts[0].startswith(b"stop")'),
            "of one part and of three",
        ),
        "any number of parts": (
            changed(changed(RADIO, "if len(parts) == 2", "if parts"), "parts[1]", "parts[-1]"),
            "of one part and of three",
        ),
        "leaves its socket open": (
            changed(
                RADIO,
                "    with zmq.Context() as context, context.socket(zmq.SUB) as socket:\n",
                "    socket = zmq.Context.instance().socket(zmq.SUB)\n"
                "    globals().setdefault('kept', []).append(socket)\n"
                "    if True:\n",
            ),
            "sockets open",
        ),
    },
    "send_in_turn": {
        "waits for nothing": (
            changed(IN_TURN, "trackers[turn].wait(10)", "pass"),
            "filled buffer 0 with frame 3 while frame 0 was still in it",
        ),
        "copies": (changed(IN_TURN, "copy=False", "copy=True"), "Frame 0 came as a copy"),
        "copies first": (
            changed(IN_TURN, "send(buffers[turn]", "send(buffers[turn].copy()"),
            "copy",
        ),
        "waits at once": (
            changed(IN_TURN, "track=True)", "track=True)\n        trackers[turn].wait(10)"),
            "Frame 1 did not come",
        ),
        "an array of its own": (
            changed(IN_TURN, "fill(buffers[turn], number)", "fill(buffers[turn].copy(), number)"),
            "none of the buffers",
        ),
        "always the first": (
            changed(IN_TURN, "number % len(buffers)", "0"),
            "Frame 1 did not come",
        ),
        "one too few": (changed(IN_TURN, "range(count)", "range(count - 1)"), "did not come"),
    },
    "batches": {
        "one at a time": (changed(BATCHES, "len(values) == most", "True"), "Batch 1|batch 1"),
        "forgets the rest": (
            changed(BATCHES, "    if values:\n        yield", "    if False:\n        yield"),
            "Batch 2 did not come, when the last batch is not full",
        ),
        "never loses patience": (
            changed(BATCHES, "if values and when - first >= longest", "if False"),
            "a reading comes exactly after the longest time",
        ),
        "patient with the last one": (
            changed(
                BATCHES, "        if not values:\n            first = when", "        first = when"
            ),
            "the longest time|the first of them counts",
        ),
        "a moment too patient": (
            changed(BATCHES, "first >= longest", "first > longest"),
            "exactly after the longest time",
        ),
        "one late": (
            changed(BATCHES, "len(values) == most", "len(values) > most"),
            "six readings",
        ),
        "all at the end": (
            "def batches(readings, most, longest):\n"
            "    values = [value for _, value in readings]\n"
            "    for n in range(0, len(values), most):\n"
            "        yield np.array(values[n : n + most], '<f8').tobytes()\n",
            "How many readings it had taken for batch 1",
        ),
        "floats of four bytes": (changed(BATCHES, '"<f8"', '"<f4"'), "8 bytes each"),
        "a list": (changed(BATCHES, 'np.array(values, "<f8").tobytes()', "values"), "8 bytes each"),
    },
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
