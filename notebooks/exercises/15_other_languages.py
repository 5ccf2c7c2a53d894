"""The exercises of notebook 15: hints, a solution and a check of each."""

import json
import math
from importlib.resources import files

import numpy as np

from zmqlab.course.exercises import hints
from zmqlab.course.trial import NotYet, Words, call, expect, expect_type


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
    cases = json.loads(files("zmqlab.wire").joinpath("vectors/frames.json").read_text("utf-8"))
    for case in cases:
        name, parts = case["name"], [_part(written) for written in case["parts"]]
        got = call(_attempt, function, parts, when=f"it is given: {name}")
        if "refused" not in case:
            _expect_frame(case, got)
        elif not isinstance(got, ValueError):
            right = Words(f"a ValueError: {case['because']}")
            raise NotYet(f"What it makes of {name!r}:", right, got)
    return f"It understood or refused {len(cases)} messages, each as the page says."


def _part(written):
    return written["text"].encode() if "text" in written else bytes.fromhex(written["hex"])


def _attempt(function, parts):
    """Return what it returns, or the error by which it refuses."""
    try:
        return function(parts)
    except ValueError as error:
        return error


def _expect_frame(case, got):
    name = case["name"]
    if not isinstance(got, tuple | list) or len(got) != 3 or not isinstance(got[2], np.ndarray):
        raise NotYet(f"What it makes of {name!r}:", Words("topic, header, frame (an array)"), got)
    topic, header, frame = got
    expect(f"The topic of {name!r}", case["topic"], topic)
    expect(f"The header of {name!r}", case["header"], header)
    dtype = np.dtype(header["dtype"])
    # Of a complex number, the real part and the imaginary one stand side by side.
    numbers = np.array(case["numbers"], np.zeros(0, dtype).real.dtype)
    numbers = numbers.view(dtype).reshape(header["shape"])
    expect(f"The dtype of {name!r}", dtype.name, frame.dtype.name)
    expect(f"The shape of {name!r}", numbers.shape, frame.shape)
    if not np.array_equal(frame, numbers, equal_nan=True):
        raise NotYet(f"The numbers of {name!r}:", numbers.tolist(), frame.tolist())


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

    wide = np.arange(100, 124, dtype=np.uint8).reshape(2, 4, 3)
    for when, frame in (("the frame is wide", wide), ("the frame is high", wide[:, ::4])):
        got = call(function, frame, when=when)
        expect_type(f"What it returns when {when}", bytes | bytearray, got, "bytes")
        text = b"P6 %d %d 255 " % (frame.shape[1], frame.shape[0])
        begins = bytes(got[: len(text)]).replace(b"\n", b" ")
        expect(f"How the bytes begin when {when}, with spaces for line feeds", text, begins)
        expect(f"How many bytes follow when {when}", frame.size, len(got) - len(text))
        read = cv2.imdecode(np.frombuffer(got, np.uint8), cv2.IMREAD_COLOR)
        mistakes = {"red and blue exchanged": frame[:, :, ::-1].tolist()}
        expect(f"What OpenCV reads when {when}", frame.tolist(), read.tolist(), mistakes)
    return "OpenCV read two pictures, and they were the same."
