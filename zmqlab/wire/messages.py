"""How a frame travels: one ZeroMQ message of three parts.

::

    part 0   topic    text, UTF-8        frame
    part 1   header   JSON, UTF-8        {"dtype":"uint8","shape":[480,640,3],
                                          "sequence":7,"time":1700000000.25}
    part 2   pixels   the numbers, row by row, least significant byte first

Every language reads that: `FORMAT.md` has it for all of them. Nothing in it can run code, as a
pickle can, and the pixels are not copied on their way into ZeroMQ and out of it.
"""

import json
import operator
from collections.abc import Sequence
from time import time as now
from typing import Any

import numpy as np
import zmq

from zmqlab.wire.sockets import FRAME, recv_parts, send_parts
from zmqlab.wire.text import short

# By name, as they are written in a header. Others (objects, records, dates) do not travel.
_PLAIN = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
_PLAIN += "float16 float32 float64 complex64 complex128"
_DTYPES = {name: np.dtype(name).newbyteorder("<") for name in _PLAIN.split()}
NAMES = {dtype: name for name, dtype in _DTYPES.items()}  # dtype.name itself is slow
_KEYS = dict.fromkeys(["dtype", "shape", "sequence", "time"]).keys()
_MOST_DIMENSIONS = 32  # what every numpy can hold
_LONGEST = 1 << 20  # bytes of a header, or of other JSON
_MOST = 2**53  # above any whole number of ours: every language holds those below it exactly

Header = dict[str, Any]
Received = tuple[str, Header, np.ndarray]  # topic, header, frame


class MessageError(ValueError):
    """A message is not what it should be. The text says what is wrong and with which value."""


def send_frame(
    socket: zmq.Socket,
    frame: np.ndarray,
    topic: str = "frame",
    sequence: int = 0,
    time: float | None = None,
    copy: bool = False,
    timeout: float = 10.0,
    **extra: Any,
) -> None:
    """Send a frame as one message of three parts.

    ::

        topic | {"dtype": .., "shape": .., "sequence": .., "time": .., **extra} | pixels

    Parameters
    ----------
    socket
        Connected or bound, of a type that sends.
    frame
        Usually (height, width, 3), uint8, BGR; any shape of plain numbers travels. One that is
        not contiguous is made so, with a copy.
    topic
        What subscriptions look at.
    sequence, time
        Number of the frame in its stream, so that the receiver sees what it missed; and when it
        was captured, in seconds since the epoch (default: now).
    copy
        With False, ZeroMQ reads the pixels from `frame` itself, at some time after this function
        has returned. **Do not write to the frame afterwards**: what arrives would be a mixture of
        the old and the new. Send a fresh array each time, or copy=True.
    timeout
        Seconds to wait while nobody is connected or the queue is full.
    **extra
        Further keys of the header: anything that JSON can hold.

    Raises
    ------
    MessageError, TimeoutError
        If this is no frame or the header is not JSON; if it could not be sent in time.
    """
    parts = pack_frame(frame, topic, sequence=sequence, time=time, **extra)
    send_parts(socket, parts, timeout, copy)


def recv_frame(socket: zmq.Socket, timeout: float = 10.0) -> Received:
    """Receive a frame sent with `send_frame`: topic, header and frame.

    The frame is read-only, because it is the received message itself and no copy of it. Make one
    with ``frame.copy()`` to write into it.

    Raises
    ------
    MessageError, TimeoutError
        If the message is not a frame (the socket is ready for the next one then); if none arrived
        within `timeout` seconds.
    """
    return unpack_frame(recv_parts(socket, timeout))


def send_message(
    socket: zmq.Socket, topic: str, header: Header, pixels: Any = b"", timeout: float = 10.0
) -> None:
    """Send a message that need not be a frame: ``topic | header | pixels``.

    The header is what JSON can hold; pixels are bytes or a contiguous array of numbers, often
    empty. All else is as for `send_frame`.
    """
    send_parts(socket, pack_message(topic, header, pixels), timeout)


def recv_message(socket: zmq.Socket, timeout: float = 10.0) -> tuple[str, Header, memoryview]:
    """Receive topic, header and pixels (read-only, often empty), as `recv_frame` does."""
    return unpack_message(recv_parts(socket, timeout))


def pack_frame(
    frame: np.ndarray, topic: str = "frame", sequence: int = 0, **extra: Any
) -> list[Any]:
    """Return the three parts of the message that `send_frame` sends."""
    header = frame_header(frame, sequence, **extra)
    return pack_message(topic, header, np.asarray(frame, _DTYPES[header["dtype"]], order="C"))


def frame_header(
    frame: np.ndarray, sequence: int = 0, time: float | None = None, **extra: Any
) -> Header:
    """Return the header of a frame, as `send_frame` has it, which raises the same MessageError."""
    array = np.asarray(frame)
    dtype = array.dtype.newbyteorder("<")
    if dtype not in NAMES:
        raise MessageError(
            f"this is no frame: {short(frame)} (numpy makes it {dtype.name}). "
            f"A frame is an array of one of {_PLAIN}"
        )
    number, seconds = operator.index(sequence), float(now() if time is None else time)
    header = dict(dtype=NAMES[dtype], shape=array.shape, sequence=number, time=seconds, **extra)
    _check_stamp(header)
    return header


def unpack_frame(parts: Sequence[Any]) -> Received:
    """Return topic, header and frame from the three parts of a message."""
    topic, header, pixels = unpack_message(parts)
    return topic, header, view_frame(topic, header, pixels)


def view_frame(topic: str, header: Header, pixels: memoryview) -> np.ndarray:
    """Return the frame that a header describes, made of the bytes that came with it."""
    dtype, shape, nbytes = check_frame(topic, header)
    if nbytes != pixels.nbytes:
        raise MessageError(
            f"the header's shape {short(shape)} of {header['dtype']} makes {nbytes} bytes, "
            f"but {pixels.nbytes} bytes of pixels came. Header and pixels must describe one array"
        )
    return np.ndarray(shape, dtype, pixels)


def check_frame(topic: str, header: Header) -> tuple[np.dtype, list[int], int]:
    """Return dtype, shape and number of bytes of the frame that a header describes.

    It comes from outside: no array is made before each of its numbers has been checked, and this
    number of bytes compared with those that are really there.
    """
    if not header.keys() >= _KEYS:
        missing = [key for key in _KEYS if key not in header]
        raise MessageError(
            f"a message with topic {short(topic)} carries no frame: its header "
            f"{short(header)} has no {', '.join(missing)}. Send frames with send_frame"
        )
    _check_stamp(header)
    name, shape = header["dtype"], header["shape"]
    if not isinstance(name, str) or name not in _DTYPES:
        raise MessageError(
            f"the header's dtype {short(name)} is none of {_PLAIN}. "
            "Convert the frame before sending it, for example with frame.astype('uint8')"
        )
    nbytes = room = _DTYPES[name].itemsize  # and Python's integers do not overflow
    for length in shape if isinstance(shape, list) and len(shape) <= _MOST_DIMENSIONS else [None]:
        if type(length) is not int or not 0 <= length < _MOST:
            raise MessageError(
                f"the header's shape {short(shape)} is no list of at most "
                f"{_MOST_DIMENSIONS} lengths, such as [480, 640, 3]"
            )
        nbytes *= length
        room *= length or 1
    if not nbytes and room >= _MOST:  # lengths beside the 0 that numpy cannot hold
        raise MessageError(f"the header's shape {short(shape)} is impossible")
    return _DTYPES[name], shape, nbytes


def pack_message(topic: str, header: Header, pixels: Any = b"") -> list[Any]:
    """Return the three parts of a message: topic, header and pixels."""
    if not isinstance(topic, str):
        raise MessageError(f"a topic is text, not {short(topic)}: write 'frame', without b")
    try:
        view = memoryview(pixels)
        contiguous = view.c_contiguous
    except (TypeError, ValueError):  # ValueError: an array of dates, for one
        contiguous = False
    if not contiguous:  # said here: once its topic is on its way, a message must be finished
        raise MessageError(
            f"pixels are bytes or a contiguous array of numbers, not {short(pixels)}. "
            "Encode text with .encode(); send arrays with send_frame"
        )
    if view.nbytes > FRAME:
        raise MessageError(
            f"{view.nbytes} bytes of pixels are more than {FRAME}, the most there is"
        )
    return [topic.encode(), to_json(header), pixels]


def unpack_message(parts: Sequence[Any]) -> tuple[str, Header, memoryview]:
    """Return topic, header and pixels from the three parts of a message."""
    if len(parts) != 3:
        count = len(parts) if len(parts) < 3 else "more"
        raise MessageError(
            f"a message has three parts, topic, header and pixels; this one has {count}: "
            f"[{', '.join(map(short, parts[:4]))}]. Send it with send_frame or send_message"
        )
    topic = to_text(parts[0], "topic")
    return topic, from_json(parts[1], "header"), memoryview(parts[2]).toreadonly()


def to_text(part: Any, what: str) -> str:
    """Decode a part that must be UTF-8."""
    try:
        return str(part, "utf-8")
    except UnicodeDecodeError:
        raise MessageError(
            f"the {what} is not UTF-8 text: {short(part)}. Encode text with .encode()"
        ) from None


def to_json(value: Any) -> bytes:
    """Encode a dict as JSON that every language reads; numpy's numbers become plain ones."""
    try:
        text = _encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise MessageError(f"{short(value)} cannot be written as JSON: {error}") from None
    if len(text) > _LONGEST:
        raise MessageError(_too_long(short(value), len(text)))
    return text


def from_json(part: Any, what: str) -> Header:
    """Decode a part that must be a JSON object."""
    if len(part) > _LONGEST:
        raise MessageError(_too_long(f"the {what}", len(part)))
    text = to_text(part, what).strip(" \t\r\n")
    try:
        value, end = _decode(text)
        if end < len(text):
            raise ValueError(f"more follows after character {end}")
    except (ValueError, RecursionError) as error:
        raise MessageError(f"the {what} is not JSON: {short(part)} ({error})") from None
    if not isinstance(value, dict):
        raise MessageError(f"the {what} must be a JSON object, {{...}}, not {short(part)}")
    return value


def _too_long(what, length):
    return f"{what} makes {length} bytes of JSON, more than {_LONGEST}: send numbers as pixels"


def _check_stamp(header):
    """Check sequence number and time; a bool is an int to Python, but not here."""
    sequence, time = header["sequence"], header["time"]
    if type(sequence) is not int or not 0 <= sequence < _MOST:
        raise MessageError(
            f"the header's sequence {short(sequence)} is no frame number: count 0, 1, 2, ..."
        )
    if type(time) not in (int, float) or not -_MOST < time < _MOST:
        raise MessageError(
            f"the header's time {short(time)} is no capture time: "
            "give seconds since the epoch, as time.time() does"
        )


def _plain(value):
    """Turn numpy's numbers and arrays into Python's."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{short(value)} is neither a number, text, list nor dict")


def _refuse(constant):
    raise ValueError(f"JSON knows no {constant}")


# Without a look for circles: what contains itself is too deep anyway.
_encode = json.JSONEncoder(
    separators=(",", ":"), allow_nan=False, default=_plain, check_circular=False
).encode
# Not `decode`, whose look for blanks around the value takes half as long again.
_decode = json.JSONDecoder(parse_constant=_refuse).raw_decode
