"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

import re

from helpers.learners import changed, solution

DATASET = solution("frames_dataset")
MISSING = solution("missing")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "frames_dataset": {
        "from an empty array": """
def frames_dataset(file, frame):
    empty = np.empty((0,) + frame.shape, frame.dtype)
    return file.create_dataset(
        "frames", data=empty, maxshape=(None,) + frame.shape, chunks=(1,) + frame.shape
    )
""",
        "requires one": """
def frames_dataset(file, frame):
    one = (1, *frame.shape)
    file.require_dataset(
        "/frames", (0, *frame.shape), str(frame.dtype), maxshape=(None, *one[1:]), chunks=one
    )
    return file["frames"]
""",
        "emptied again": """
class Film:
    def __init__(self, file, frame):
        shape, self.frame = frame.shape, frame
        self.made = file.create_dataset(
            "frames", data=frame[np.newaxis], maxshape=(None, *shape), chunks=(1, *shape)
        )

    def empty(self):
        self.made.resize(0, axis=0)
        return self.made


def frames_dataset(file, frame):
    return Film(file, frame).empty()
""",
        "compressed": changed(DATASET, "dtype=frame.dtype,", "dtype=frame.dtype, compression=1,"),
        "below h5py's surface": """
def frames_dataset(file, frame):
    space = h5py.h5s.create_simple((0, *frame.shape), (h5py.h5s.UNLIMITED, *frame.shape))
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((1, *frame.shape))
    kind = h5py.h5t.py_create(frame.dtype, logical=True)
    return h5py.Dataset(h5py.h5d.create(file.id, b"frames", kind, space, plan))
""",
        "without a name at first": """
def frames_dataset(file, frame):
    shape = tuple(frame.shape)
    nameless = file.create_dataset(
        None, (5,) + shape, frame.dtype, maxshape=(None,) + shape, chunks=(1,) + shape
    )
    nameless.resize((0,) + shape)
    file["frames"] = nameless
    return file["frames"]
""",
    },
    "missing": {
        "gap by gap": """
def missing(path):
    gaps = []
    with open_recording(path) as data:
        numbers = data["sequence"][: data["frames"].shape[0]]
        for before, after in itertools.pairwise(numbers):
            gaps.extend(range(before + 1, after))
    return gaps
""",
        "by numpy": """
def missing(path):
    with open_recording(path) as data:
        numbers = data["sequence"][:][: len(data["frames"])]
    return list(np.setdiff1d(np.arange(numbers[0], numbers[-1] + 1), numbers))
""",
        "by h5py alone": """
def missing(path):
    with h5py.File(path, "r", swmr=True) as file:  # one that was killed has not let go
        data = file["entry"]["data"]
        there = {int(number) for number, _ in zip(data["sequence"], data["frames"])}
    return [n for n in range(min(there), max(there)) if n not in there]
""",
        "counts along": """
def missing(path):
    with open_recording(path) as data:
        there = iter(data["sequence"][: len(data["frames"])].tolist())
    due, lacking = next(there) + 1, []
    for number in there:
        while due < number:
            lacking.append(due)
            due += 1
        due = number + 1
    return lacking
""",
        "a mask": """
def missing(path):
    with open_recording(path) as data:
        there = data["sequence"][: data["frames"].len()]
    lacking = np.ones(there[-1] - there[0] + 1, bool)
    lacking[there - there[0]] = False
    return (np.flatnonzero(lacking) + there[0]).tolist()
""",
        "in a thread, by bisection": """
import bisect


def missing(path):
    def read():
        with open_recording(path) as data:
            numbers.extend(map(int, data["sequence"][: len(data["frames"])]))

    numbers = []
    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    found = []
    for n in range(numbers[0], numbers[-1]):
        place = bisect.bisect_left(numbers, n)
        if numbers[place] != n:
            found += [n]
    return found
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "frames_dataset": {
        "floats": (
            changed(DATASET, "dtype=frame.dtype,", ""),
            "Its dtype.*expected: 'uint8'.*it gave: 'float32'|raised an error.*dtype",
        ),
        "always uint8": (
            changed(DATASET, "frame.dtype", "np.uint8"),
            "Its dtype.*expected: 'uint16'.*it gave: 'uint8'",
        ),
        "always the camera's shape": (
            DATASET.replace("*frame.shape", "480, 640, 3"),
            r"Its shape.*expected: \(0, 48, 64, 3\).*it gave: \(0, 480, 640, 3\)",
        ),
        "colour only": (
            changed(DATASET, "return ", "height, width, colours = frame.shape\n    return "),
            r"shape \(30, 40\) and the type uint16, it raised an error.*not enough values",
        ),
        "time last": (
            re.sub(r"\((0|None|1), \*frame.shape\)", r"(*frame.shape, \1)", DATASET),
            r"Its shape.*expected: \(0, 48, 64, 3\).*it gave: \(48, 64, 3, 0\)",
        ),
        "not empty": (
            changed(DATASET, "shape=(0,", "shape=(1,"),
            r"Its shape.*expected: \(0, .*it gave: \(1, ",
        ),
        "with the frame in it": (
            changed(DATASET, "shape=(0, *frame.shape)", "data=frame[np.newaxis]"),
            r"Its shape.*expected: \(0, .*it gave: \(1, ",
        ),
        "cannot grow": (
            changed(DATASET, "        maxshape=(None, *frame.shape),\n", ""),
            r"Its maxshape.*expected: \(None, .*it gave: \(0, |raised an error.*Chunk",
        ),
        "cannot grow for long": (
            changed(DATASET, "maxshape=(None, ", "maxshape=(100, "),
            "Its maxshape.*None.*100",
        ),
        "grows everywhere": (
            changed(DATASET, "maxshape=(None, *frame.shape)", "maxshape=(None,) * (frame.ndim+1)"),
            r"Its maxshape.*it gave: \(None, None",
        ),
        "chunks by themselves": (
            changed(DATASET, "chunks=(1, *frame.shape)", "chunks=True"),
            r"Its chunks.*expected: \(1, 48",
        ),
        "ten frames a chunk": (
            changed(DATASET, "chunks=(1,", "chunks=(10,"),
            r"Its chunks.*expected: \(1, 48.*it gave: \(10, ",
        ),
        "another name": (
            changed(DATASET, '"frames"', '"images"'),
            "The name of the dataset.*expected: '/frames'.*it gave: '/images'",
        ),
        "in a group": (
            changed(DATASET, '"frames"', '"entry/data/frames"'),
            "The name of the dataset.*it gave: '/entry/data/frames'",
        ),
        "only makes it": (
            changed(DATASET, "return ", ""),
            "What it returns.*expected: the dataset.*it gave: None",
        ),
        "returns the file": (
            changed(DATASET, "return ", "") + "    return file\n",
            "What it returns.*expected: the dataset.*it gave: <HDF5 file",
        ),
        "closes the file": (
            changed(DATASET, "return ", "made = ") + "    file.close()\n    return made\n",
            "It closed the file",
        ),
        "a file of its own": (
            changed(
                DATASET,
                "file.create",
                'h5py.File("mine.h5", "w", driver="core", backing_store=False).create',
            ),
            "not in the `file` that it was given",
        ),
        "the name of its type": (
            changed(DATASET, "dtype=frame.dtype", "dtype=frame.dtype.name"),
            "Its dtype, when .* the type >u2.*expected: '>u2'.*gave: 'uint16'",
        ),
        "empties the file": (
            changed(DATASET, "    return ", "    file.clear()\n    return "),
            r"What is in the file.*expected: \['frames', 'light'\].*gave: \['frames'\]",
        ),
        "one more dataset": (
            changed(DATASET, "    return ", '    file["sequence"] = np.arange(0)\n    return '),
            r"What is in the file.*gave: \['frames', 'light', 'sequence'\]",
        ),
        "writes into the frame": (
            changed(DATASET, "    return ", "    frame[...] = 0\n    return "),
            "has changed the frame that it was given",
        ),
        "no axis of one": (
            (
                "def frames_dataset(file, frame):\n    frame = np.squeeze(frame)\n"
                + DATASET.split("\n", 1)[1]
            ),
            r"Its shape.*\(0, 30, 40, 1\).*\(0, 30, 40\)",
        ),
        "makes it once": (
            """
MADE = {}


def frames_dataset(file, frame):
    kind = frame.shape, frame.dtype.str
    if kind not in MADE:
        MADE[kind] = file.create_dataset(
            "frames",
            shape=(0, *frame.shape),
            maxshape=(None, *frame.shape),
            chunks=(1, *frame.shape),
            dtype=frame.dtype,
        )
    return MADE[kind]
""",
            "is not in the `file` that it was given",
        ),
        "two or three axes": (
            """
def frames_dataset(file, frame):
    match frame.shape:
        case (height, width):
            shape = (height, width)
        case (height, width, colours):
            shape = (height, width, colours)
        case _:
            raise ValueError("this is no picture")
    return file.create_dataset(
        "frames", (0, *shape), frame.dtype, maxshape=(None, *shape), chunks=(1, *shape)
    )
""",
            r"shape \(50,\).*raised an error.*no picture",
        ),
        "chunks of a megabyte at most": (
            """
def frames_dataset(file, frame):
    rows = frame.shape[0]
    while rows > 1 and rows * frame[:1].nbytes > 2**20:
        rows = (rows + 1) // 2
    return file.create_dataset(
        "frames",
        shape=(0, *frame.shape),
        maxshape=(None, *frame.shape),
        chunks=(1, rows, *frame.shape[1:]),
        dtype=frame.dtype,
    )
""",
            r"Its chunks.*\(1, 200, 240, 4\).*\(1, 100, 240, 4\)",
        ),
        "by the name of the file": (
            """
def frames_dataset(file, frame):
    with h5py.File(file.filename, "a") as mine:
        made = mine.create_dataset(
            "frames",
            shape=(0, *frame.shape),
            maxshape=(None, *frame.shape),
            chunks=(1, *frame.shape),
            dtype=frame.dtype,
        )
    return made
""",
            "is not in the `file` that it was given",
        ),
    },
    "missing": {
        "how many": (
            changed(MISSING, "sorted(", "len("),
            "What it returns when.*expected: a list.*it gave: 0 .int",
        ),
        "a set": (
            changed(MISSING, "sorted(", "set("),
            "What it returns when.*expected: a list.*it gave: set",
        ),
        "an array": (
            changed(MISSING, "return sorted", "return np.array")
            .replace("set(range", "sorted(set(range")
            .replace("set(numbers))", "set(numbers)))"),
            "What it returns when.*expected: a list.*it gave: array",
        ),
        "from zero on": (
            changed(MISSING, "range(numbers[0],", "range("),
            r"frames \[5\] were recorded.*expected: \[\].*it gave: \[0, 1, 2, 3, 4\]",
        ),
        "to the length": (
            changed(MISSING, "numbers[0], numbers[-1] + 1", "len(numbers)"),
            "were recorded.*expected: .*it gave",
        ),
        "one too many at the end": (
            changed(MISSING, "[-1] + 1", "[-1] + 2"),
            r"\[0, 1, 2\] were recorded.*expected: \[\].*it gave: \[3\]",
        ),
        "one too many at the beginning": (
            changed(MISSING, "numbers[0],", "numbers[0] - 1,"),
            r"\[0, 1, 2\] were recorded.*expected: \[\].*it gave: \[-1\]",
        ),
        "of a frame without pixels": (
            changed(MISSING, '[: len(data["frames"])]', "[:]"),
            r"the frames \[4, 7\] were recorded, and of 12 no pixels.*\[5, 6\].*8, 9, 10, 11\]",
        ),
        "the last ones": (
            changed(MISSING, '[: len(data["frames"])]', '[-len(data["frames"]) :]'),
            r"the frames \[4, 7\] were recorded, and of 8 no pixels.*\[5, 6\].*it gave: \[\]",
        ),
        "never the last": (
            changed(MISSING, '[: len(data["frames"])]', "[:-1]"),
            r"the frames \[5\] were recorded, it raised|\[7, 8, 11\] were recorded.*\[9, 10\]",
        ),
        "the first of each gap": (
            """
def missing(path):
    with open_recording(path) as data:
        numbers = data["sequence"][: len(data["frames"])]
    return (numbers[:-1][np.diff(numbers) > 1] + 1).tolist()
""",
            r"\[7, 8, 11\] were recorded.*expected: \[9, 10\].*it gave: \[9\]",
        ),
        "the places of the gaps": (
            """
def missing(path):
    with open_recording(path) as data:
        numbers = data["sequence"][: len(data["frames"])]
    return np.flatnonzero(np.diff(numbers) > 1).tolist()
""",
            r"\[7, 8, 11\] were recorded.*expected: \[9, 10\].*it gave: \[1\]",
        ),
        "the frames around a gap too": (
            """
def missing(path):
    gaps = []
    with open_recording(path) as data:
        numbers = data["sequence"][: len(data["frames"])].tolist()
    for before, after in zip(numbers, numbers[1:]):
        gaps += range(before, after)
    return gaps
""",
            r"\[0, 1, 2\] were recorded.*expected: \[\].*it gave: \[0, 1\]",
        ),
        "prints them": (
            changed(MISSING, "return ", "print(") + ")\n",
            "expected: a list.*it gave: None",
        ),
        "what a recorder would say": (
            changed(MISSING, "return sorted", "return str"),
            "expected: a list.*it gave: 'set",
        ),
        "the file as it is": (
            changed(MISSING, "with open_recording(path) as data:", "if data := h5py.File(path):"),
            "raised an error.*sequence",
        ),
        "opens it as any other": (
            changed(
                MISSING,
                "open_recording(path) as data:",
                'h5py.File(path) as file:\n        data = file["entry/data"]',
            ),
            "the recorder was killed: .* it raised an error.*h5py.File",
        ),
        "nothing is before frame 0": (
            """
def missing(path):
    gaps, before = [], None
    with open_recording(path) as data:
        for number in data["sequence"][: len(data["frames"])].tolist():
            if before:
                gaps += range(before + 1, number)
            before = number
    return gaps
""",
            r"\[0, 3, 4\] were recorded.*expected: \[1, 2\].*gave: \[\]",
        ),
        "removes the file": (
            "from pathlib import Path\n"
            + changed(MISSING, "    return ", "    Path(path).unlink()\n    return "),
            "It has changed the file.*open it for reading only",
        ),
        "leaves it open": (
            "opened = []\n"
            + changed(
                MISSING,
                "    with open_recording(path) as data:",
                '    file = h5py.File(path, "r", swmr=True, locking=False)\n'
                "    opened.append(file)\n"
                '    if data := file["entry/data"]:',
            ),
            "It leaves the file open: read it in",
        ),
        "in the order of a set": (
            changed(MISSING, "sorted(", "list("),
            r"\[30, 34\].*expected: \[31, 32, 33\].*gave: \[32",
        ),
        "what a first look gives": (
            changed(MISSING, '[: len(data["frames"])]', '[: min(1000, len(data["frames"]))]'),
            r"\[0, 1, 2, 3, 4, 5, \.\.\.\].*expected: \[1000, 1001\].*gave: \[\]",
        ),
        "knows the file": (
            "from functools import cache\n\n\n@cache\n" + MISSING.lstrip(),
            r"another film was recorded at the same path.*\[3, 4\]",
        ),
        "a black frame has no pixels": (
            """
def missing(path):
    with open_recording(path) as data:
        numbers = [int(n) for n, frame in zip(data["sequence"], data["frames"]) if frame.any()]
    return sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
""",
            "IndexError",
        ),
        "waits until it is complete": (
            """
def missing(path):
    while True:
        with open_recording(path) as data:
            numbers = data["sequence"][:].tolist()
            if len(numbers) == len(data["frames"]):
                break
        time.sleep(0.1)
    return sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
""",
            "recorder was killed.*still busy",
        ),
        "a path is text": (
            """
def missing(path):
    if not path.endswith(".h5"):
        path += ".h5"
    with open_recording(path) as data:
        numbers = data["sequence"][: len(data["frames"])].tolist()
    return sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
""",
            "has no attribute 'endswith'",
        ),
    },
}
