"""How a frame travels: one ZeroMQ message of three parts.

::

    part 0   topic    text, UTF-8        frame
    part 1   header   JSON, UTF-8        {"dtype":"uint8","shape":[480,640,3],
                                          "sequence":7,"time":1700000000.25}
    part 2   pixels   the numbers, row by row, least significant byte first

Every language reads that. Nothing in it can run code, as a pickle can, and the
pixels are not copied on their way into ZeroMQ and out of it.

`send_frame` and `recv_frame` carry frames; `send_message` and `recv_message`
carry the same three parts where there is no frame. Each is packing and sending,
or receiving and unpacking, and both halves can be had apart.
"""

import json
import operator
import reprlib
from time import time as now

import numpy as np
import zmq

from zmqlab.wire.parts import recv_parts, send_parts

# By name, as they are written in a header. Others (objects, records, dates) do not travel.
_DTYPES = {
    name: np.dtype(name).newbyteorder("<")
    for name in (
        *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("float16", "float32", "float64", "complex64", "complex128"),
    )
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}  # dtype.name itself is slow
_KEYS = dict.fromkeys(["dtype", "shape", "sequence", "time"]).keys()
_MOST_DIMENSIONS = 32  # what every numpy can hold
_MOST = 2**63  # above any sequence number or length of ours; JSON itself has no limit


class MessageError(ValueError):
    """A message is not what it should be. The text says what is wrong and with which value."""


def send_frame(
    socket, frame, topic="frame", sequence=0, time=None, copy=False, timeout=10.0, **extra
):
    """Send a frame as one message of three parts.

    ::

        topic | {"dtype": .., "shape": .., "sequence": .., "time": .., **extra} | pixels

    Parameters
    ----------
    socket : zmq.Socket
        Connected or bound, of a type that sends.
    frame : numpy.ndarray
        Usually (height, width, 3), uint8, BGR; any shape of plain numbers travels.
        One that is not contiguous is made so, with a copy.
    topic : str
    sequence : int
        Number of the frame in its stream, so that the receiver sees what it missed.
    time : float, optional
        When the frame was captured, in seconds since the epoch. Default: now.
    copy : bool
        With False, ZeroMQ reads the pixels from `frame` itself, at some time after this
        function has returned. **Do not write to the frame afterwards**: what arrives
        would be a mixture of the old and the new. Send a fresh array each time, or copy=True.
    timeout : float
        Seconds to wait while nobody is connected or the queue is full.
    **extra
        Further keys of the header: anything that JSON can hold.

    Raises
    ------
    MessageError
        If `frame` is not an array of plain numbers, or the header is not JSON.
    TimeoutError
        If it could not be sent in time.
    """
    send_parts(socket, pack_frame(frame, topic, sequence, time, **extra), timeout, copy)


def recv_frame(socket, timeout=10.0):
    """Receive a frame sent with `send_frame`.

    ::

        topic | {"dtype": .., "shape": .., "sequence": .., "time": .., ...} | pixels

    Parameters
    ----------
    socket : zmq.Socket
    timeout : float
        Seconds.

    Returns
    -------
    topic : str
    header : dict
    frame : numpy.ndarray
        Read-only, because it is the received message itself and no copy of it.
        Make one with ``frame.copy()`` to write into it.

    Raises
    ------
    MessageError
        If the message is not a frame. The whole of it has been received then, and the
        socket is ready for the next.
    TimeoutError
        If no message arrived in time.
    """
    return unpack_frame(recv_parts(socket, timeout))


def send_message(socket, topic, header, pixels=b"", timeout=10.0):
    """Send topic, header (a dict of what JSON can hold) and bytes as a message of three parts."""
    send_parts(socket, pack_message(topic, header, pixels), timeout)


def recv_message(socket, timeout=10.0):
    """Receive topic (str), header (dict) and pixels (read-only memoryview, often empty).

    Raises `MessageError` and `TimeoutError` as `recv_frame` does.
    """
    return unpack_message(recv_parts(socket, timeout))


def pack_frame(frame, topic="frame", sequence=0, time=None, **extra):
    """Return the three parts of the message that `send_frame` sends."""
    header = frame_header(frame, sequence, time, **extra)
    return pack_message(topic, header, np.asarray(frame, _DTYPES[header["dtype"]], order="C"))


def frame_header(frame, sequence=0, time=None, **extra):
    """Return the header of a frame, a dict."""
    array = np.asarray(frame)
    dtype = array.dtype.newbyteorder("<")
    if dtype not in _NAMES:
        raise MessageError(
            f"this is no frame: {_short(frame)} (numpy makes it {dtype.name}). "
            f"A frame is an array of one of {', '.join(_DTYPES)}"
        )
    header = dict(
        dtype=_NAMES[dtype],
        shape=array.shape,
        sequence=operator.index(sequence),
        time=float(now() if time is None else time),
        **extra,
    )
    _check_stamp(header)
    return header


def unpack_frame(parts):
    """Return topic, header and frame from the three parts of a message."""
    topic, header, pixels = unpack_message(parts)
    return topic, header, view_frame(topic, header, pixels)


def view_frame(topic, header, pixels):
    """Return the frame that a header describes, made of the bytes that came with it."""
    dtype, shape, nbytes = check_frame(topic, header)
    if nbytes != pixels.nbytes:
        raise MessageError(
            f"the header's shape {_short(shape)} of {header['dtype']} makes {nbytes} bytes, "
            f"but {pixels.nbytes} bytes of pixels came. Header and pixels must describe one array"
        )
    try:
        return np.ndarray(shape, dtype, pixels)
    except ValueError as error:  # no bytes, and lengths beside the 0 that numpy cannot hold
        raise MessageError(f"the header's shape {_short(shape)} is impossible: {error}") from None


def check_frame(topic, header):
    """Return dtype, shape and number of bytes of the frame that a header describes.

    The header comes from outside: no array is made before each of its numbers has been checked,
    and this number of bytes compared with those that are really there.
    """
    if not header.keys() >= _KEYS:
        missing = [key for key in _KEYS if key not in header]
        raise MessageError(
            f"a message with topic {_short(topic)} carries no frame: its header "
            f"{_short(header)} has no {', '.join(missing)}. Send frames with send_frame"
        )
    _check_stamp(header)
    return _check_array(header)


def pack_message(topic, header, pixels=b""):
    """Return the three parts of a message: topic, header and pixels."""
    if not isinstance(topic, str):
        raise MessageError(f"a topic is text, not {_short(topic)}: write 'frame', without b")
    try:
        contiguous = memoryview(pixels).c_contiguous
    except (TypeError, ValueError):  # ValueError: an array of dates, for one
        contiguous = False
    if not contiguous:  # said here: once its topic is on its way, a message must be finished
        raise MessageError(
            f"pixels are bytes or a contiguous array of numbers, not {_short(pixels)}. "
            "Encode text with .encode(); send arrays with send_frame"
        )
    return [topic.encode(), to_json(header), pixels]


def unpack_message(parts):
    """Return topic (str), header (dict) and pixels (read-only memoryview) from three parts."""
    if len(parts) != 3:
        count = len(parts) if len(parts) < 3 else "more"
        raise MessageError(
            f"a message has three parts, topic, header and pixels; this one has {count}: "
            f"{_short(parts)}. Send it with send_frame or send_message"
        )
    topic = to_text(parts[0], "topic")
    return topic, from_json(parts[1], "header"), memoryview(parts[2]).toreadonly()


def to_text(part, what):
    """Decode a part that must be UTF-8."""
    try:
        return str(part, "utf-8")
    except UnicodeDecodeError:
        raise MessageError(
            f"the {what} is not UTF-8 text: {_short(part)}. Encode text with .encode()"
        ) from None


def to_json(value):
    """Encode a dict as JSON that every language reads; numpy's numbers become plain ones."""
    try:
        return _encode(value).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise MessageError(f"{_short(value)} cannot be written as JSON: {error}") from None


def from_json(part, what):
    """Decode a part that must be a JSON object."""
    text = to_text(part, what)
    try:
        value = _decode(text)
    except (ValueError, RecursionError) as error:
        raise MessageError(f"the {what} is not JSON: {_short(part)} ({error})") from None
    if not isinstance(value, dict):
        raise MessageError(f"the {what} must be a JSON object, {{...}}, not {_short(part)}")
    return value


def _plain(value):
    """Turn numpy's numbers and arrays into Python's."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{_short(value)} is neither a number, text, list nor dict")


def _refuse(constant):
    raise ValueError(f"JSON knows no {constant}")


_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False, default=_plain).encode
_decode = json.JSONDecoder(parse_constant=_refuse).decode


def _check_stamp(header):
    """Check sequence number and time; a bool is an int to Python, but not here."""
    sequence, time = header["sequence"], header["time"]
    if type(sequence) is not int or not 0 <= sequence < _MOST:
        raise MessageError(
            f"the header's sequence {_short(sequence)} is no frame number: count 0, 1, 2, ..."
        )
    if type(time) not in (int, float) or not -_MOST < time < _MOST:
        raise MessageError(
            f"the header's time {_short(time)} is no capture time: "
            "give seconds since the epoch, as time.time() does"
        )


def _check_array(header):
    """Return dtype, shape and the number of bytes they make, if they are what they should be."""
    name, shape = header["dtype"], header["shape"]
    if not isinstance(name, str) or name not in _DTYPES:
        raise MessageError(
            f"the header's dtype {_short(name)} is none of {', '.join(_DTYPES)}. "
            "Convert the frame before sending it, for example with frame.astype('uint8')"
        )
    nbytes = _DTYPES[name].itemsize  # and Python's integers do not overflow
    for length in shape if isinstance(shape, list) and len(shape) <= _MOST_DIMENSIONS else [None]:
        if type(length) is not int or not 0 <= length < _MOST:
            raise MessageError(
                f"the header's shape {_short(shape)} is no list of at most "
                f"{_MOST_DIMENSIONS} lengths, such as [480, 640, 3]"
            )
        nbytes *= length
    return _DTYPES[name], shape, nbytes


def _short(value):
    """Show a value in an error message, shortened, however long it is."""
    raw = bytes | memoryview | zmq.Frame
    if isinstance(value, list) and all(isinstance(item, raw) for item in value):
        return "[" + ", ".join(map(_short, value)) + "]"
    if isinstance(value, raw):
        start = bytes(memoryview(value)[:40])
        return repr(start) + ("..." if len(value) > len(start) else "")
    return reprlib.repr(value)
