"""The exercises of notebook 15: hints, a solution and a check of each."""

import json
import math
import re
import tracemalloc
from pathlib import Path

import numpy as np

import zmqlab.wire
from zmqlab.course.exercises import hints
from zmqlab.course.trial import NotYet, Words, call, expect, expect_type, looks_like

_VECTORS = Path(zmqlab.wire.__file__).with_name("vectors") / "frames.json"


@hints(
    "`bytes.decode()` and `json.loads(text)` raise a ValueError where the text is wrong. What do "
    "they let through? `json.loads` takes `NaN` unless `parse_constant` is a function that raises, "
    "and given bytes instead of text it guesses the encoding.",
    "`True` is an `int` to Python: ask for `type(value) is int`. A function `whole(value)` serves "
    "the lengths and the sequence number.",
    "Compare `math.prod(shape) * np.dtype(dtype).itemsize` with `len(pixels)` before you make the "
    "array. Python's integers do not overflow. For the lengths beside a 0: "
    "`math.prod(length or 1 for length in shape)`.",
    'The array is `np.ndarray(shape, np.dtype(dtype).newbyteorder("<"), pixels)`. The names of '
    "the dtypes come from the page's table, and no other is taken: numpy knows more.",
)
def unpack(parts):
    names = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
    names += "float16 float32 float64 complex64 complex128"

    def whole(value):
        return type(value) is int and 0 <= value < 2**53

    def refuse(what):
        raise ValueError(f"refused: {what}")

    if len(parts) != 3:
        refuse("there must be three parts")
    topic, pixels = parts[0].decode(), parts[2]
    header = json.loads(parts[1].decode(), parse_constant=refuse)
    if not isinstance(header, dict) or not header.keys() >= {"dtype", "shape", "sequence", "time"}:
        refuse("the header is no frame's")
    dtype, shape, time = header["dtype"], header["shape"], header["time"]
    if not isinstance(dtype, str) or dtype not in names.split():
        refuse("dtype")
    if not isinstance(shape, list) or len(shape) > 32 or not all(map(whole, shape)):
        refuse("shape")
    if not whole(header["sequence"]):
        refuse("sequence")
    if type(time) not in (int, float) or not abs(time) < 2**53:
        refuse("time")
    size = np.dtype(dtype).itemsize
    if math.prod(length or 1 for length in shape) * size >= 2**53:
        refuse("the shape is impossible")
    if math.prod(shape) * size != len(pixels):
        refuse("shape and pixels do not fit")
    return topic, header, np.ndarray(shape, np.dtype(dtype).newbyteorder("<"), pixels)


def check_unpack(function):
    cases = json.loads(_VECTORS.read_text("utf-8"))
    for case in cases:
        parts, when = [_part(each) for each in case["parts"]], f"it is given: {case['name']}"
        given = list(parts)
        tracemalloc.start()
        got = call(_attempt, function, given, when=when)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        if given != parts:
            raise NotYet(f"It has changed the list that it was given ({case['name']}).")
        if most > 2**26:
            text = f"It takes {most:,} bytes of memory before it compares"
            raise NotYet(f"{text} ({case['name']}; {case.get('because', 'a good message')}).")
        if "refused" in case:
            if not isinstance(got, ValueError):
                text = f"It takes what is to be refused ({case['name']}; {case['because']}):"
                raise NotYet(text, Words("a ValueError"), got)
        elif isinstance(got, ValueError):
            raise NotYet(f"It refuses a good message ({case['name']}) and says: {got}")
        else:
            _judge(case, got)
    _expect_large(function)
    refused = sum("refused" in case for case in cases)
    return f"{len(cases) - refused} messages were understood and {refused} refused, as they should."


@hints(
    'The text: `f"P6\\n{width} {height}\\n255\\n".encode()`. Which of the two comes first in '
    "`frame.shape`?",
    "OpenCV's order is blue, green, red. `frame[:, :, ::-1]` turns it round, and `tobytes()` makes "
    "bytes of any array, row by row.",
)
def ppm(frame):
    height, width, colours = frame.shape
    return f"P6\n{width} {height}\n255\n".encode() + frame[:, :, ::-1].tobytes()


def check_ppm(function):
    import cv2

    random = np.random.default_rng(15)
    frame = random.integers(0, 256, (48, 64, 3), np.uint8)
    frames = {
        "the frame is wider than high": frame,
        "the frame is higher than wide": random.integers(0, 256, (9, 4, 3), np.uint8),
        "the frame is every second pixel of another": frame[::2, ::2],
        "the frame lies column by column in memory": np.asfortranarray(frame[:5, :7]),
        "the frame has one pixel": frame[:1, :1],
        "the frame is one very dark pixel": np.array([[[10, 32, 9]]], np.uint8),  # as text: blanks
        "the frame is 1200 pixels wide": random.integers(0, 256, (2, 1200, 3), np.uint8),
        "the frame is read-only, as those that you receive": frame[::-1, ::-1].copy(),
    }
    frames["the frame is read-only, as those that you receive"].flags.writeable = False
    for when, frame in frames.items():
        given = frame.copy()
        got = call(function, frame, when=when)
        expect_type(f"What it returns when {when}", bytes | bytearray, got, "bytes")
        if not np.array_equal(frame, given):
            raise NotYet(f"It has changed the frame that it was given, when {when}.")
        if not got.startswith(b"P6"):
            raise NotYet("How the bytes begin:", b"P6", bytes(got[:2]))
        height, width, _ = frame.shape
        if not re.match(rb"P6[ \n]%d[ \n]%d[ \n]255[ \n]" % (width, height), got):
            text = Words(f"'P6 {width} {height} 255 ', with one space or line feed after each")
            raise NotYet(f"How the bytes begin when {when}:", text, bytes(got[:20]))
        size = len(got) - frame.nbytes
        if not 0 < size < 40:
            what = f"How many bytes there are besides the {frame.nbytes} of the pixels, when {when}"
            raise NotYet(f"{what}:", Words("those of the text, a dozen or so"), size)
        read = cv2.imdecode(np.frombuffer(got, np.uint8), cv2.IMREAD_UNCHANGED)
        if read is None:
            raise NotYet(f"OpenCV cannot read it when {when}. It begins:", None, bytes(got[:20]))
        expect(f"The shape of what OpenCV reads, when {when}", frame.shape, read.shape)
        if not np.array_equal(read, frame):
            mistakes = {
                "red and blue exchanged": read[:, :, ::-1],
                "upside down": read[::-1],
                "left and right exchanged": read[:, ::-1],
                "turned by half a turn": read[::-1, ::-1],
            }
            like = looks_like({it: np.array_equal(frame, one) for it, one in mistakes.items()})
            raise NotYet(f"OpenCV reads another picture when {when}{like}.")
        if not got.endswith(given[:, :, ::-1].tobytes()):
            raise NotYet("Behind the last pixel something follows: a file ends with its pixels.")
    return f"OpenCV read {len(frames)} pictures, and they were the same."


def _expect_large(function):
    """Let it read what is as large as every reader must take, or nearly so."""
    topic, pixels = "camera " * 12, bytes(3 * 10**6)
    header = {"dtype": "uint8", "shape": [1000, 1000, 3], "sequence": 7, "time": 1}
    header["more"] = "-" * 10**6
    parts = [topic.encode(), json.dumps(header).encode(), pixels]
    got = call(_attempt, function, parts, when="it is given a large message")
    if isinstance(got, ValueError):
        sizes = ", ".join(f"{len(part):,}" for part in parts)
        raise NotYet(f"It refuses parts of {sizes} bytes, which are not too large, and says: {got}")


def _part(written):
    return written["text"].encode() if "text" in written else bytes.fromhex(written["hex"])


def _attempt(function, parts):
    """Return what it returns, or the error by which it refuses."""
    try:
        return function(parts)
    except ValueError as error:
        return error


def _judge(case, got):
    name = case["name"]
    expect_type(f"What it returns of {name!r}", tuple | list, got, "topic, header, frame")
    expect(f"How many things it returns of {name!r}", 3, len(got))
    topic, header, frame = got
    expect(f"The topic of {name!r}", case["topic"], topic)
    expect(f"The header of {name!r}", case["header"], header)
    expect_type(f"The frame of {name!r}", np.ndarray, frame, "an array")
    dtype, shape = np.dtype(header["dtype"]), tuple(header["shape"])
    same = (dtype.name, shape), (frame.dtype.name, frame.shape)
    expect(f"dtype and shape of the frame of {name!r}", *same)
    numbers = np.array([_number(each, dtype) for each in case["numbers"]], dtype).reshape(shape)
    with np.errstate(invalid="ignore"):
        if not np.array_equal(frame, numbers, equal_nan=dtype.kind in "fc"):
            raise NotYet(f"The numbers of {name!r}:", numbers.tolist(), frame.tolist())


def _number(written, dtype):
    """Return a number as Python has it: pairs are complex, and text stands for what JSON lacks."""
    if isinstance(written, list):
        return complex(*written)
    return dtype.type(written) if isinstance(written, str) else written
