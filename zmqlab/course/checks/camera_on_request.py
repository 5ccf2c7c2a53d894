"""The checks of the exercises on a camera on request."""

import itertools
import numbers
import time

import numpy as np
import zmq

from zmqlab.course.exercises import exercise
from zmqlab.course.programs import accepted, ask, expect_end, served
from zmqlab.course.trial import TIMEOUT, NotYet, call, expect, expect_type, named
from zmqlab.wire.messages import recv_frame, unpack_frame, unpack_message


@exercise(
    "frame_message(frame, sequence)",
    "Three parts: the topic as UTF-8 text, the header as JSON in UTF-8, the pixels as bytes. What "
    "must the header say, so that the receiver can make the array again?",
    "`frame.dtype` and `frame.shape` are no JSON yet: `str(frame.dtype)` and `list(frame.shape)` "
    "are. `json.dumps(header).encode()` makes a part of it.",
    "Every second pixel of a frame does not lie in one piece in memory, and ZeroMQ sends pieces: "
    "`np.ascontiguousarray(frame)` or `frame.tobytes()`.",
    'The header is `{"dtype": str(frame.dtype), "shape": list(frame.shape), "sequence": sequence, '
    '"time": time.time()}`, and what is returned `[b"frame", json.dumps(header).encode(), '
    "np.ascontiguousarray(frame)]`.",
)
def frame_message(function):
    random = np.random.default_rng(0)
    colour = random.integers(0, 256, (48, 64, 3), np.uint8)
    frames = {
        "the frame is in colour": colour,
        "the frame is grey, of 16 bit": random.integers(0, 65536, (20, 30), np.uint16),
        "the frame is an average, in float32": random.random((9, 7, 3), np.float32),
        "the frame is every second pixel of another": colour[::2, ::2],
        "the frame was turned on its side": np.rot90(colour),
    }
    with zmq.Context() as context, context.socket(zmq.PAIR) as one, context.socket(zmq.PAIR) as two:
        one.linger = two.linger = 0
        one.sndtimeo = 5000  # ms
        one.bind("tcp://127.0.0.1:*")
        two.connect(one.last_endpoint)
        for sequence, (when, frame) in enumerate(frames.items(), start=7):
            sent, began = frame.copy(), time.time()
            parts = call(function, frame, sequence, when=when)
            header, received = _sent_over(one, two, parts, when)
            expect(f"The sequence number in the header, when {when}", sequence, header["sequence"])
            if not began - 1 <= header["time"] <= time.time() + 1:
                raise NotYet("The time in the header is not now:", began, header["time"])
            same = (sent.dtype.name, sent.shape), (received.dtype.name, received.shape)
            expect(f"dtype and shape of what arrives when {when}", *same)
            if not np.array_equal(sent, received):
                raise NotYet(f"The pixels that arrive are not those that left, when {when}.")
    return f"{len(frames)} frames went through a socket and came out the same."


def _sent_over(sender, receiver, parts, when):
    """Send the parts from socket to socket; return the header and the frame that arrive."""
    expect_type(f"What it returns when {when}", list | tuple, parts, "a list of three parts")
    expect(f"How many parts it returns when {when}", 3, len(parts))
    try:
        sender.send_multipart(parts)
    except (TypeError, ValueError, BufferError) as error:
        raise NotYet(f"ZeroMQ cannot send the parts that it returns when {when}: {error}") from None
    what = f"The message that it makes when {when}"
    _, header, frame = accepted(what, recv_frame, receiver, TIMEOUT)
    return header, frame


@exercise(
    "safe_camera_server(bind)",
    "What does the server send when the command is neither `read` nor `stop`? And what becomes of "
    "it when the camera gives no frame?",
    "Every request needs a reply. What goes wrong is one, too: "
    '`zmqlab.send_message(socket, "error", {"error": "what was wrong"})`.',
    "`recv_string` fails for bytes that are no text, and takes only the first part of several. "
    '`recv_multipart` takes all that comes; compare with `[b"read"]` and `[b"stop"]`.',
    "Put `camera.read()` between `try:` and `except zmqlab.CameraError as error:`, and reply with "
    "`str(error)`. The frame is sent after that, in `else:`.",
)
def safe_camera_server(function):
    with served(_with_failing_camera, function) as server:
        topics = [_topic(server, b"read") for _ in range(6)]
        what = "The topics of six replies, sorted, while the camera fails at every third `read`"
        expect(what, ["error"] * 2 + ["frame"] * 4, sorted(topics))
        for parts in ([b"raed"], [b""], [b"\xff\xfe"], [b"read", b"now"], [b"READ"], [b"set"]):
            expect(f"The topic of the reply to {named(*parts)}", "error", _topic(server, *parts))
            if _topic(server, b"read") == "error" == _topic(server, b"read"):
                raise NotYet(f"After {named(*parts)} it gives no frame any more.")
        expect("The topic of the reply to b'stop'", "ok", _topic(server, b"stop"))
        expect_end(server, "b'stop'")
    return "It replied to everything, told of each failure, and served on until it was stopped."


def _with_failing_camera(function, bind):
    """Run the server where every third `read` of a camera fails, as that of a webcam may."""
    from zmqlab.cameras import Camera, CameraError

    read, count = Camera.read, itertools.count(1)

    def read_or_fail(camera):
        if next(count) % 3 == 0:
            raise CameraError("simulated: no frame came, as if the cable had been pulled")
        return read(camera)

    Camera.read = read_or_fail
    function(bind)


def _topic(server, *request):
    """Ask, and return the topic of the reply, which must be a message of three parts."""
    reply, what = ask(server, *request), f"The reply to {named(*request)}"
    topic, _, _ = accepted(what, unpack_message, reply)
    if topic == "frame":
        accepted(what, unpack_frame, reply)
    return topic


@exercise(
    "measure_fringe_period(endpoint)",
    "Three steps: a frame from the server, its spectrum, and in there the place of the peak.",
    '`topic, header, frame = zmqlab.request(endpoint, "read")`, then '
    "`spectrum(frame)` and `find_peaks(spectrum, frame.shape)` of `zmqlab`.",
    "A peak at (fx, fy) is a wave of `math.hypot(fx, fy)` cycles per pixel, whichever way it runs. "
    "How many pixels is one cycle?",
    "`(peak,) = find_peaks(spectrum(frame), frame.shape)` and then "
    "`return 1 / math.hypot(peak.fx, peak.fy)`.",
)
def measure_fringe_period(function):
    from zmqlab import camera_server, start

    settings = [
        {"fringe_period": 12.0, "fringe_angle": 0.0},
        {"fringe_period": 23.4, "fringe_angle": 60.0},
        {"fringe_period": 8.5, "fringe_angle": 140.0, "size": [320, 240]},
        {"fringe_period": 17.0, "fringe_angle": 90.0, "exposure": 0.004},
    ]
    with start(camera_server, "simulated", process_name="camera server") as server:
        for each in settings:
            _ask_camera(server, "set", each)
            period, angle = each["fringe_period"], each["fringe_angle"]
            when = f"the fringes have a period of {period:g} pixels and run at {angle:g} degrees"
            got = call(function, server.endpoint, when=when, timeout=10)
            _ask_camera(server, "info")
            expect_type(f"What it returns when {when}", numbers.Real, got, "a number of pixels")
            if not abs(got - period) <= 0.02 * period:
                raise NotYet(f"What it returns when {when} is off by more than 2 %:", period, got)
    return f"It measured {len(settings)} patterns of fringes to 2 %."


def _ask_camera(server, command, parameters=None):
    from zmqlab import request

    try:
        request(server.endpoint, command, parameters, timeout=TIMEOUT)
    except TimeoutError:
        raise NotYet(
            "After your function the camera server answers no more. Did it stop the server?"
        ) from None
