"""Frames and messages through real sockets, and what must not get through."""

import contextlib
import json
import pickle
import time

import numpy as np
import pytest
import zmq
from helpers.strategies import edits, mutilate
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from zmqlab.wire.messages import (
    MessageError,
    pack_frame,
    recv_frame,
    recv_message,
    send_frame,
    send_message,
    unpack_frame,
)

DTYPES = [
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
]
STAMP = {"sequence": 3, "time": 12.5}


@pytest.fixture
def pair():
    """Two connected sockets, on a real tcp connection."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PAIR) as left,
        context.socket(zmq.PAIR) as right,
    ):
        left.linger = right.linger = 0
        left.bind("tcp://127.0.0.1:*")
        right.connect(left.last_endpoint)
        yield left, right


def raw(header, pixels=b"", topic=b"frame"):
    """The parts of a message as somebody else may have made them."""
    return [topic, header if isinstance(header, bytes) else json.dumps(header).encode(), pixels]


@pytest.mark.parametrize("shape", [(480, 640, 3), (7, 5), (11,), (2, 3, 4, 5), (0, 3), ()])
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_array_of_numbers_arrives_as_it_was(pair, dtype, shape):
    frame = (np.random.default_rng(1).random(shape) * 200).astype(dtype)
    before = time.time()
    send_frame(pair[0], frame, topic="cam é", sequence=7, exposure=0.02)
    topic, header, received = recv_frame(pair[1])
    assert topic == "cam é"
    assert received.dtype == frame.dtype
    assert received.shape == frame.shape
    assert np.array_equal(received, frame)
    assert header["sequence"] == 7
    assert header["exposure"] == 0.02
    assert before <= header["time"] <= time.time()


def test_what_is_received_is_read_only_and_lives_on(pair):
    frame = np.arange(640 * 480, dtype=np.float32)
    send_frame(pair[0], frame)
    received = recv_frame(pair[1])[2]
    with pytest.raises(ValueError, match="read-only"):
        received[0] = 1
    for _ in range(5):  # memory that later messages would take if the first had been let go
        send_frame(pair[0], frame + 1)
        recv_frame(pair[1])
    assert np.array_equal(received, frame)
    received.copy()[0] = 1


def test_only_the_copy_may_be_written_to_after_sending():
    """With copy=False the pixels that travel are the sender's own memory."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PAIR) as left,
        context.socket(zmq.PAIR) as right,
    ):
        left.bind("inproc://copies")
        right.connect("inproc://copies")
        for copy in (False, True):
            frame = np.zeros((480, 640, 3), np.uint8)
            send_frame(left, frame, copy=copy)
            frame[:] = 255
            received = recv_frame(right)[2]
            assert np.shares_memory(received, frame) is not copy
            assert received.max() == (0 if copy else 255)


@pytest.mark.parametrize(
    "pixels", ["text", None, 7, np.zeros((4, 4))[:, ::2], np.array(["2020-01-01"], "M8[s]")]
)
def test_what_are_no_pixels_is_refused_before_anything_is_sent(pair, pixels):
    with pytest.raises(MessageError, match="pixels are bytes or a contiguous array"):
        send_message(pair[0], "frame", {}, pixels)
    send_message(pair[0], "next", {})
    assert recv_message(pair[1])[0] == "next"


@pytest.mark.parametrize(
    ("frame", "extra", "complaint"),
    [
        (None, {}, "no frame: None"),
        (np.array([None, object()]), {}, "numpy makes it object"),
        (np.zeros(3, dtype="i4,f8"), {}, "numpy makes it void"),
        (np.array(["a"]), {}, "numpy makes it str"),
        (np.array(["2020-01-01"], dtype="M8[s]"), {}, "numpy makes it datetime64"),
        (np.zeros(3), {"sequence": -1}, "sequence -1"),
        (np.zeros(3), {"sequence": 2**53}, "sequence 9007199254740992"),
        (np.zeros(3), {"time": float("nan")}, "time nan"),
        (np.zeros(3), {"gain": float("inf")}, "cannot be written as JSON"),
        (np.zeros(3), {"camera": object()}, "neither a number"),
        (np.zeros(3), {"topic": b"frame"}, "write 'frame', without b"),
    ],
)
def test_a_sender_is_told_what_it_cannot_send(pair, frame, extra, complaint):
    with pytest.raises(MessageError, match=complaint):
        send_frame(pair[0], frame, **extra)
    send_frame(pair[0], np.ones(3))  # nothing of the bad one was sent
    assert np.array_equal(recv_frame(pair[1])[2], np.ones(3))


def test_the_shape_cannot_be_given_twice(pair):
    with pytest.raises(TypeError, match="shape"):
        send_frame(pair[0], np.ones(3), shape=(1, 3))


GOOD = {"dtype": "uint8", "shape": [2, 3], **STAMP}
BAD = {
    "one part": ([b"hello"], "has 1: \\[b'hello'\\]"),
    "two parts": ([b"frame", b"{}"], "has 2"),
    "four parts": ([*raw(GOOD, b"123456"), b""], "has more"),
    "many parts": ([b"x"] * 1000, "has more"),
    "topic not UTF-8": (raw(GOOD, b"123456", b"\xff\xfe"), "topic is not UTF-8 text"),
    "header not UTF-8": (raw(b"\xff{}"), "header is not UTF-8 text"),
    "header UTF-16": (raw(json.dumps(GOOD).encode("utf-16"), b"123456"), "not UTF-8|not JSON"),
    "header empty": (raw(b""), "header is not JSON"),
    "header a pickle": (raw(pickle.dumps(GOOD)), "not UTF-8"),
    "header a list": (raw(b"[1, 2]"), "must be a JSON object"),
    "header a number": (raw(b"5"), "must be a JSON object"),
    "header null": (raw(b"null"), "must be a JSON object"),
    "cut off": (raw(json.dumps(GOOD).encode()[:-4], b"123456"), "header is not JSON"),
    "NaN": (raw(b'{"dtype":"uint8","time":NaN}'), "JSON knows no NaN"),
    "Infinity": (raw(b'{"dtype":"uint8","time":-Infinity}'), "JSON knows no -Infinity"),
    "nested": (raw(b'{"a":' + b"[" * 200_000), "header is not JSON"),
    "nested objects": (raw(b'{"a":' * 200_000), "header is not JSON"),
    "huge integer": (raw(b'{"sequence":' + b"9" * 100_000 + b"}"), "header is not JSON"),
    "long integer": (raw(GOOD | {"sequence": 10**4000}, b"123456"), "sequence 1000"),
    "no dtype": (raw({"shape": [2, 3], **STAMP}, b"123456"), "has no dtype"),
    "nothing": (raw({}), "has no dtype, shape, sequence, time"),
    "an error": (raw({"error": "busy"}, topic=b"error"), "topic 'error' carries no frame"),
    "dtype object": (raw(GOOD | {"dtype": "object"}, b"123456"), "dtype 'object' is none of"),
    "dtype O": (raw(GOOD | {"dtype": "|O"}, b"123456"), "dtype '|O' is none of"),
    "dtype record": (raw(GOOD | {"dtype": [["a", "u1"]]}, b"123456"), "is none of"),
    "dtype of commas": (raw(GOOD | {"dtype": "u1,u1"}, b"123456"), "is none of"),
    "dtype void": (raw(GOOD | {"dtype": "V1"}, b"123456"), "is none of"),
    "dtype sized": (raw(GOOD | {"dtype": "(999999999,)u1"}, b"123456"), "is none of"),
    "dtype empty": (raw(GOOD | {"dtype": ""}, b"123456"), "is none of"),
    "dtype null": (raw(GOOD | {"dtype": None}, b"123456"), "dtype None is none of"),
    "dtype a dict": (raw(GOOD | {"dtype": {}}, b"123456"), "is none of"),
    "shape a number": (raw(GOOD | {"shape": 6}, b"123456"), "shape 6 is no list"),
    "shape text": (raw(GOOD | {"shape": "23"}, b"123456"), "is no list"),
    "shape null": (raw(GOOD | {"shape": None}, b"123456"), "is no list"),
    "shape of floats": (raw(GOOD | {"shape": [2.0, 3.0]}, b"123456"), "is no list"),
    "shape of bools": (raw(GOOD | {"shape": [True, 6]}, b"123456"), "is no list"),
    "shape negative": (raw(GOOD | {"shape": [-2, -3]}, b"123456"), "is no list"),
    "shape -1": (raw(GOOD | {"shape": [-1, 3]}, b"123456"), "is no list"),
    "shape too large": (raw(GOOD | {"shape": [2, 4]}, b"123456"), "makes 8 bytes, but 6 bytes"),
    "shape too small": (raw(GOOD | {"shape": [2, 2]}, b"123456"), "makes 4 bytes, but 6 bytes"),
    "shape of a gigabyte": (raw(GOOD | {"shape": [1 << 30]}, b"123456"), "makes 1073741824"),
    "shape overflows": (raw(GOOD | {"shape": [2**32, 2**32]}), "makes 18446744073709551616"),
    "shape of 2**64 + 6": (raw(GOOD | {"shape": [2981, 6188106029422862]}, b"123456"), "51622 "),
    "shape of 0 and more": (raw(GOOD | {"shape": [0, 2**52, 2**52]}), "is impossible"),
    "shape of long integers": (raw(GOOD | {"shape": [10**4000] * 3}), "is no list"),
    "too many dimensions": (raw(GOOD | {"shape": [1] * 5000}, b"1"), "at most 32"),
    "itemsize": (raw(GOOD | {"dtype": "float64"}, b"123456"), "makes 48 bytes"),
    "no pixels": (raw(GOOD), "but 0 bytes"),
    "sequence text": (raw(GOOD | {"sequence": "3"}, b"123456"), "sequence '3' is no"),
    "sequence negative": (raw(GOOD | {"sequence": -1}, b"123456"), "sequence -1 is no"),
    "sequence float": (raw(GOOD | {"sequence": 3.0}, b"123456"), "sequence 3.0 is no"),
    "sequence bool": (raw(GOOD | {"sequence": True}, b"123456"), "sequence True is no"),
    "time text": (raw(GOOD | {"time": "now"}, b"123456"), "time 'now' is no"),
    "time null": (raw(GOOD | {"time": None}, b"123456"), "time None is no"),
    "time infinite": (raw(b'{"dtype":"uint8","shape":[0],"sequence":0,"time":1e999}'), "time inf"),
    "time a long integer": (raw(GOOD | {"time": 10**4000}, b"123456"), "time 1000"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_message_is_refused_and_the_next_one_received(pair, name):
    parts, complaint = BAD[name]
    pair[0].send_multipart(parts)
    send_frame(pair[0], np.arange(6), sequence=1)
    with pytest.raises(MessageError, match=complaint) as error:
        recv_frame(pair[1])
    assert len(str(error.value)) < 800
    _, header, frame = recv_frame(pair[1])
    assert header["sequence"] == 1
    assert np.array_equal(frame, np.arange(6))


@settings(max_examples=500, deadline=None)
@given(changes=edits, count=st.integers(1, 4))
def test_mutilated_messages_raise_nothing_but_message_errors(changes, count):
    parts = pack_frame(np.arange(12, dtype=np.uint16).reshape(3, 4), sequence=5, note="é")
    bad = [*mutilate(parts, changes), b""][:count]
    with contextlib.suppress(MessageError):
        assert unpack_frame(bad)[2].nbytes == len(bad[2])


@settings(max_examples=200, deadline=None)
@given(
    arrays(st.sampled_from(DTYPES), array_shapes(min_dims=0, min_side=0, max_dims=4, max_side=5))
)
def test_every_array_comes_out_as_it_went_in(frame):
    parts = [bytes(memoryview(part)) for part in pack_frame(frame)]
    found = unpack_frame(parts)[2]
    assert (found.shape, found.dtype) == (frame.shape, frame.dtype)
    assert found.tobytes() == frame.tobytes()


class Bomb:
    """Unpickling one goes off, and the test sees it."""

    exploded = 0

    def __reduce__(self):
        return Bomb.explode, ()

    @staticmethod
    def explode():
        Bomb.exploded += 1


def test_nothing_is_ever_unpickled(pair):
    bomb = pickle.dumps(Bomb())
    pickle.loads(bomb)
    assert Bomb.exploded == 1  # it works
    header = {"dtype": "object", "shape": [1], **STAMP}
    as_bytes = header | {"dtype": "uint8", "shape": [len(bomb)]}
    for parts in ([bomb], [bomb] * 3, raw(bomb, bomb), raw(header, bomb), raw(as_bytes, bomb)):
        pair[0].send_multipart(parts)
        with contextlib.suppress(MessageError):
            assert recv_frame(pair[1])[2].tobytes() == bomb
    assert Bomb.exploded == 1


def test_messages_without_a_frame(pair):
    send_message(pair[0], "ok", {"settings": {"exposure": 0.02}})
    assert recv_message(pair[1])[:2] == ("ok", {"settings": {"exposure": 0.02}})
    send_message(pair[0], "blob", {}, b"\0" * 100_000)
    topic, header, pixels = recv_message(pair[1])
    assert (topic, header) == ("blob", {})
    assert pixels == b"\0" * 100_000
    assert pixels.readonly


def test_a_wait_ends_and_says_what_it_waited_for(pair):
    with pytest.raises(TimeoutError) as error:
        recv_frame(pair[1], timeout=0.05)
    assert "PAIR socket" in str(error.value)
    assert pair[0].last_endpoint.decode() in str(error.value)
    assert "0.05 s" in str(error.value)


def test_a_send_that_nobody_takes_ends_and_says_so():
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.bind("tcp://127.0.0.1:*")
        with pytest.raises(TimeoutError, match=r"PUSH socket at tcp://127.0.0.1:.* nobody is"):
            send_frame(push, np.zeros((4, 4)), timeout=0.05)
        with pytest.raises(TimeoutError):
            send_frame(push, np.zeros((4, 4)), timeout=0)
