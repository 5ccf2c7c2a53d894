"""Python's reader of messages and the one in JavaScript, held to the same vectors.

What they mean stands in `zmqlab/wire/FORMAT.md`; they were written by hand from that.
"""

import json
import math
import re
import struct
from pathlib import Path

import pytest
from helpers.with_node import PROGRAMS, run_node

import zmqlab.wire
from zmqlab.patterns.request_reply import unpack_request
from zmqlab.wire.messages import MessageError, unpack_frame, unpack_message

VECTORS = Path(zmqlab.wire.__file__).with_name("vectors")
FILES = {path.name: json.loads(path.read_text("utf-8")) for path in VECTORS.glob("*.json")}
CASES = [(file, number) for file, cases in FILES.items() for number in range(len(cases))]
each_case = pytest.mark.parametrize(
    ("file", "number"), CASES, ids=[f"{file}: {FILES[file][n]['name']}" for file, n in CASES]
)


def part(written):
    return written["text"].encode() if "text" in written else bytes.fromhex(written["hex"])


def plain(number, as_text=False):
    """Return a number as the vectors have it."""
    if isinstance(number, complex):
        return [plain(number.real), plain(number.imag)]
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    return str(number) if as_text else number


def message(parts):
    topic, header, pixels = unpack_message(parts)
    return {"topic": topic, "header": header, "pixels": pixels.hex()}


def frame(parts):
    topic, header, frame = unpack_frame(parts)
    assert list(frame.shape) == header["shape"]
    numbers = [
        plain(each, frame.dtype.name in ("int64", "uint64")) for each in frame.ravel().tolist()
    ]
    return {"topic": topic, "header": header, "numbers": numbers}


def request(parts):
    command, parameters = unpack_request(parts)
    return {"command": command, "parameters": parameters}


PYTHON = {"messages.json": message, "frames.json": frame, "requests.json": request}


def by_python(file, case):
    try:
        return PYTHON[file]([part(each) for each in case["parts"]])
    except MessageError as error:
        return {"refused": str(error)}


@pytest.fixture(scope="module")
def by_javascript():
    helper, client = Path(__file__).parents[1] / "helpers/vectors.cjs", PROGRAMS / "messages.cjs"
    return {file: json.loads(run_node(helper, client, VECTORS / file)) for file in FILES}


def judge(case, found):
    """A refusal must name what is wrong, and a meaning must be the one of the vector."""
    if "refused" in case:
        assert "refused" in found, f"taken for {found}, though {case['because']}"
        assert re.search(rf"\b{case['refused']}s?\b", found["refused"]), case["because"]
        return
    meaning = {key: case[key] for key in case if key not in ("name", "parts")}
    if "hex" in meaning:
        meaning["pixels"] = meaning.pop("hex").replace(" ", "")
    assert found == meaning


@each_case
def test_python(file, number):
    judge(FILES[file][number], by_python(file, FILES[file][number]))


@pytest.mark.everything
@each_case
def test_javascript(file, number, by_javascript):
    judge(FILES[file][number], by_javascript[file][number])


def test_there_are_vectors_of_each_kind():
    assert FILES.keys() == PYTHON.keys()
    for cases in FILES.values():
        assert {"refused" in case for case in cases} == {True, False}
        names = [case["name"] for case in cases]
        assert len(set(names)) == len(names)


# Of Python's own struct, which has no part in either reader.
CODES = {"bool": "?", "int8": "b", "int16": "h", "int32": "i", "int64": "q"}
CODES |= {"uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q"}
CODES |= {"float16": "e", "float32": "f", "float64": "d", "complex64": "ff", "complex128": "dd"}


def test_the_numbers_of_the_vectors_are_those_of_their_bytes():
    good = [case for case in FILES["frames.json"] if "numbers" in case]
    assert {case["header"]["dtype"] for case in good} == CODES.keys()
    for case in good:
        *_, pixels = map(part, case["parts"])
        code = CODES[case["header"]["dtype"]]
        found = [
            [plain(each, code in "qQ") for each in numbers]
            for numbers in struct.iter_unpack(f"<{code}", pixels)
        ]
        wanted = [each if isinstance(each, list) else [each] for each in case["numbers"]]
        assert found == wanted, case["name"]
