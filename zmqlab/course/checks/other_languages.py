"""The checks of notebook 15."""

import json
from pathlib import Path

import numpy as np

import zmqlab.wire
from zmqlab.course.exercises import exercise
from zmqlab.course.trial import NotYet, Words, call, expect, expect_type

_VECTORS = Path(zmqlab.wire.__file__).with_name("vectors") / "frames.json"


@exercise(
    "unpack(parts)",
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
def unpack(function):
    cases = json.loads(_VECTORS.read_text("utf-8"))
    for case in cases:
        parts, when = [_part(each) for each in case["parts"]], f"it is given: {case['name']}"
        got = call(_attempt, function, parts, when=when)
        if "refused" in case:
            if not isinstance(got, ValueError):
                text = f"It takes what is to be refused ({case['name']}; {case['because']}):"
                raise NotYet(text, Words("a ValueError"), got)
        elif isinstance(got, ValueError):
            raise NotYet(f"It refuses a good message ({case['name']}) and says: {got}")
        else:
            _judge(case, got)
    refused = sum("refused" in case for case in cases)
    return f"{len(cases) - refused} messages were understood and {refused} refused, as they should."


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
