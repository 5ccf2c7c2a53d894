"""The exercises of notebook 02: hints, a solution and a check of each."""

import itertools
import json
import math
import numbers
import time
from functools import partial

import numpy as np
import zmq

import zmqlab
from zmqlab import find_peaks, spectrum
from zmqlab.cameras import Camera
from zmqlab.course.exercises import hints
from zmqlab.course.programs import accepted, ask, expect_end, served
from zmqlab.course.trial import TIMEOUT, NotYet, Words, call, expect, expect_type, named, peer
from zmqlab.wire.messages import pack_frame, pack_message, recv_frame, unpack_frame, unpack_message


@hints(
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
def frame_message(frame, sequence):
    header = {
        "dtype": str(frame.dtype),
        "shape": list(frame.shape),
        "sequence": sequence,
        "time": time.time(),
    }
    return [b"frame", json.dumps(header).encode(), np.ascontiguousarray(frame)]


def check_frame_message(function):
    random = np.random.default_rng(0)
    colour = random.integers(0, 256, (48, 64, 3), np.uint8)
    grey = random.integers(0, 65536, (20, 30), np.uint16)
    frames = {
        "the frame is in colour": colour,
        "the frame is grey, of 16 bit": grey,
        "the frame is every second pixel of another": colour[::2, ::2],
        "the frame is a mask, of truth values": grey > 9999,
        "the frame is one number, of shape ()": np.array(0.5),
    }
    made = {}
    for sequence, (when, frame) in enumerate(frames.items(), start=7):
        before = frame.copy()
        made[when] = call(function, frame, sequence, when=when)
        expect(f"The frame itself after the call, when {when}", before.tolist(), frame.tolist())
    # Only now, because a later call must not change what an earlier one has made.
    for sequence, (when, frame) in enumerate(frames.items(), start=7):
        header, received = _sent(made[when], when)
        expect(f"The sequence number in the header when {when}", sequence, header["sequence"])
        if not -0.1 < time.time() - header["time"] < 10:
            now = Words(f"{time.time()}, or a little before")
            raise NotYet("The time in the header is not that of the call:", now, header["time"])
        came = received.dtype, received.shape
        expect(f"dtype and shape of what arrives when {when}", (frame.dtype, frame.shape), came)
        expect(f"The pixels that arrive when {when}", frame.tolist(), received.tolist())
    return f"{len(frames)} frames went through a socket and came out the same."


def _sent(parts, when):
    """Send the parts from socket to socket; return header and frame that arrive."""
    expect_type(f"What it returns when {when}", list | tuple, parts, "a list of three parts")
    expect(f"How many parts it returns when {when}", 3, len(parts))
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as sender,
        context.socket(zmq.PULL) as receiver,
    ):
        sender.linger = 0
        sender.bind("tcp://127.0.0.1:*")
        receiver.connect(sender.last_endpoint)
        try:
            sender.send_multipart(parts)
        except (TypeError, ValueError, BufferError) as error:
            raise NotYet(f"ZeroMQ cannot send what it returns when {when}: {error}") from None
        what = f"The message that it makes when {when}"
        topic, header, received = accepted(what, recv_frame, receiver, TIMEOUT)
    expect(f"The topic of the message when {when}", "frame", topic)
    return header, received


@hints(
    "What does the server send when the command is neither `read` nor `stop`? And what becomes of "
    "it when the camera gives no frame?",
    "Every request needs a reply. What goes wrong is one, too: "
    '`zmqlab.send_message(socket, "error", {"error": "what was wrong"})`.',
    "`recv_string` fails for bytes that are no text, and takes only the first part of several. "
    '`recv_multipart` takes all that comes; compare with `[b"read"]` and `[b"stop"]`.',
    "Put `camera.read()` between `try:` and `except zmqlab.CameraError as error:`, and reply with "
    "`str(error)`. The frame is sent after that, in `else:`.",
)
def safe_camera_server(bind):
    with (
        zmqlab.open_camera("simulated") as camera,
        zmq.Context() as context,
        context.socket(zmq.REP) as socket,
    ):
        socket.bind(bind)
        while True:
            request = socket.recv_multipart()
            if request == [b"read"]:
                try:
                    frame = camera.read()
                except zmqlab.CameraError as error:
                    zmqlab.send_message(socket, "error", {"error": str(error)})
                else:
                    zmqlab.send_frame(socket, frame)
            elif request == [b"stop"]:
                zmqlab.send_message(socket, "ok", {})
                break
            else:
                zmqlab.send_message(socket, "error", {"error": f"unknown command {request}"})


def check_safe_camera_server(function):
    nonsense = [[b"READ"], [b""], [b"\xff\xfe"], [b"read", b"now"], [b"stop", b""]]
    with served(_with_failing_camera, function) as server:
        replies = [_reply(server, b"read") for _ in range(6)]
        topics = sorted(topic for topic, _ in replies)
        what = "The topics of six replies to `read`, of a camera that raises CameraError twice"
        expect(what, ["error"] * 2 + ["frame"] * 4, topics)
        frames = {frame.tobytes() for topic, frame in replies if topic == "frame"}
        expect("How many of the four frames are new ones", 4, len(frames))
        for request in nonsense:
            topic, _ = _reply(server, *request)
            expect(f"The topic of the reply to {named(*request)}", "error", topic)
        topic, _ = _reply(server, b"stop")
        expect("The topic of the reply to b'stop'", "ok", topic)
        expect_end(server, "b'stop'")
    return "It replied to everything, told of each failure, and served on until it was stopped."


def _with_failing_camera(function, bind):
    """Run the server where every third `read` of a camera fails, as that of a webcam may."""
    read, count = Camera.read, itertools.count(1)

    def read_or_fail(camera):
        if next(count) % 3 == 0:
            raise zmqlab.CameraError("simulated: no frame came, as if the cable had been pulled")
        return read(camera)

    Camera.read = read_or_fail
    return function(bind)


def _reply(server, *request):
    """Ask, and return topic and frame of the reply, which must be a message of three parts."""
    reply, what = ask(server, *request), f"The reply to {named(*request)}"
    topic, header, frame = accepted(what, unpack_message, reply)
    if topic == "frame":
        return topic, accepted(what, unpack_frame, reply)[2]
    if topic == "error":
        error = header.get("error")
        expect_type(f"{what} has the topic `error`, and its header says", str, error, "what failed")
    return topic, frame


@hints(
    "Three steps: a frame from the server, its spectrum, and in there the place of the peak.",
    '`topic, header, frame = zmqlab.request(endpoint, "read")`, then '
    "`spectrum(frame)` and `find_peaks(spectrum, frame.shape)` of `zmqlab`.",
    "A peak at (fx, fy) is a wave of `math.hypot(fx, fy)` cycles per pixel, whichever way it runs. "
    "How many pixels is one cycle?",
    "`(peak,) = find_peaks(spectrum(frame), frame.shape)` and then "
    "`return 1 / math.hypot(peak.fx, peak.fy)`.",
)
def measure_fringe_period(endpoint):
    topic, header, frame = zmqlab.request(endpoint, "read")
    (peak,) = find_peaks(spectrum(frame), frame.shape)
    return 1 / math.hypot(peak.fx, peak.fy)


def check_measure_fringe_period(function):
    settings = [(12.0, 0.0, (640, 480)), (23.4, 60.0, (640, 480)), (8.5, 140.0, (320, 240))]
    for period, angle, size in settings:
        when = f"the fringes have a period of {period:g} pixels and run at {angle:g} degrees"
        fringes = {"fringe_period": period, "fringe_angle": angle}
        camera = zmqlab.open_camera("simulated", paced=False, size=size, **fringes)
        with camera, peer(zmq.ROUTER, partial(_serve, camera)) as endpoint:
            got = call(function, endpoint, when=when, timeout=10)
        expect_type(f"What it returns when {when}", numbers.Real, got, "a number of pixels")
        if got == SAID:
            raise NotYet("It returns what `info` says, which is wrong here: measure it.")
        if not math.isclose(got, period, rel_tol=0.02):
            raise NotYet(f"When {when}, it is off by more than 2 %:", period, got)
    return f"It measured {len(settings)} patterns of fringes to 2 %."


SAID = 31.0  # pixels, by `info`


def _serve(camera, router, over):
    """Be a camera server that knows `read` and `info`, and says another period than it shows."""
    while not over.is_set():
        if router.poll(50):
            client, empty, command, *_ = router.recv_multipart()
            reply = pack_message("error", {"error": "this server knows `read` and `info` only"})
            if command == b"read":
                reply = pack_frame(camera.read())
            if command == b"info":
                said = camera.settings | {"fringe_period": SAID}
                reply = pack_message("ok", {"settings": said, "truth": said})
            router.send_multipart([client, empty, *reply])
