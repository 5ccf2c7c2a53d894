"""The exercises of notebook 02: hints, a solution and a check of each."""

import itertools
import json
import math
import numbers
import threading
import time

import numpy as np
import zmq

import zmqlab
from zmqlab import (
    find_peaks,
    spectrum,
)
from zmqlab.cameras.simulated import SimulatedCamera
from zmqlab.course.exercises import hints
from zmqlab.course.programs import (
    MANY,
    accepted,
    ask,
    ask_in_turn,
    expect_end,
    expect_patience,
    served,
)
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    Words,
    call,
    expect,
    expect_type,
    looks_like,
    named,
    peer,
)
from zmqlab.patterns.request_reply import reply_once
from zmqlab.wire.messages import recv_frame, unpack_frame, unpack_message


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
    average = random.random((9, 7, 3), np.float32)
    average[0, 0] = np.nan, np.inf, -np.inf
    frames = {
        "the frame is in colour": colour,
        "the frame is the next one": colour[::-1].copy(),
        "the frame is grey, of 16 bit": grey,
        "the frame is an average, in float32": average,
        "the frame is every second pixel of another": colour[::2, ::2],
        "the frame is another one, transposed": grey.T,
        "the frame is a single line, in float64": random.random(50),
        "the frame is four frames in one array": random.integers(-9, 9, (4, 6, 8, 3), np.int16),
        "the frame is every second pixel of the next one": colour[::-2, ::2],
        "the frame is a mask, of truth values": grey > 9999,
        "the frame has one row": colour[:1],
        "the frame has no rows": colour[:0],
    }
    sequences = iter([7, 0, 70_000, 2**40, *range(8, 4 + len(frames))])
    with zmq.Context() as context, context.socket(zmq.PAIR) as one, context.socket(zmq.PAIR) as two:
        one.linger = two.linger = 0
        one.sndtimeo = 5000  # ms
        one.bind("tcp://127.0.0.1:*")
        two.connect(one.last_endpoint)

        def make(when, frame):
            """Call it once, compare what arrives, and return what it made."""
            # In the end the camera was started anew.
            sequence, sent, began = next(sequences, 7), frame.copy(), time.time()
            parts = call(function, frame, sequence, when=when)
            ended = time.time()
            topic, header, received = _sent_over(one, two, parts, when)
            expect(f"The topic of the message when {when}", "frame", topic)
            expect(f"The sequence number in the header when {when}", sequence, header["sequence"])
            _expect_now(header["time"], began, ended)
            same = (sent.dtype.name, sent.shape), (received.dtype.name, received.shape)
            expect(f"dtype and shape of what arrives when {when}", *same)
            if sent.tobytes() != frame.tobytes():  # NaN is not equal to itself
                raise NotYet(f"It has written into the frame, when {when}.")
            _expect_pixels(sent, received, f"when {when}")
            return sent, parts, when

        made = [make(when, frame) for when, frame in frames.items()]
        for sent, parts, when in made:
            _, _, received = _sent_over(one, two, parts, when)
            _expect_pixels(sent, received, "once it has made the next messages")
        again = colour.copy()
        make("the frame is in colour", again)
        again[:] = 255 - again
        make("the same array holds the next frame", again)
        make("the frame is one number, of shape ()", np.array(0.5))
    return f"{len(frames)} frames went through a socket and came out the same."


def _expect_now(got, began, ended):
    if began - 0.001 <= got <= ended + 0.001:  # rounded to milliseconds is near enough
        return
    like = looks_like(
        {
            "whole seconds": abs(got - began) < 1 and got == int(got),
            "32 bits, which are too few": got % 128 == 0 and abs(got - began) < 128,
            "another clock, not that of `time.time()`": got < 1e9,
            "milliseconds": abs(got / 1e3 - began) < 60,
            "nanoseconds": abs(got / 1e9 - began) < 60,
            "the time at which the function was defined, or of another call": (
                began - 3600 < got < began
            ),
        }
    )
    raise NotYet(f"The time in the header is not that of the call{like}:", began, got)


def _expect_pixels(sent, received, when):
    if sent.tobytes() != received.tobytes():
        like = looks_like(
            {
                "NaN and infinity were replaced": np.array_equal(np.nan_to_num(sent), received),
                "column after column": np.array_equal(np.ravel(sent, "F"), received.ravel()),
                "red and blue exchanged": sent.ndim > 2
                and np.array_equal(sent[..., ::-1], received),
            }
        )
        raise NotYet(f"The pixels that arrive are not those that left, {when}{like}.")


def _sent_over(sender, receiver, parts, when):
    """Send the parts from socket to socket; return topic, header and frame that arrive."""
    expect_type(f"What it returns when {when}", list | tuple, parts, "a list of three parts")
    expect(f"How many parts it returns when {when}", 3, len(parts))
    try:
        sender.send_multipart(parts)
    except (TypeError, ValueError, BufferError) as error:
        raise NotYet(f"ZeroMQ cannot send the parts that it returns when {when}: {error}") from None
    what = f"The message that it makes when {when}"
    return accepted(what, recv_frame, receiver, TIMEOUT)


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
    nonsense = [[b"raed"], [b""], [b"\xff\xfe"], [b"read", b"now"], [b"stop", b"now"], [b"set"]]
    nonsense += [[b"read", b""], [b"", b"read"], [b"READ"], [b"STOP"], [b"read "], [b"stop "]]
    nonsense += [[b"reader"], [b"stopwatch"], [b"a", b"b", b"c"], [b"read\xff"], [b"\xffstop"]]
    with served(_with_failing_camera, function) as server:
        replies = [_reply(server, b"read") for _ in range(6)]
        failed = sum(topic == "error" for topic, _ in replies)
        if failed != 2:
            what = "Of six times `read`, the camera raised a CameraError at two. The topics came so"
            raise NotYet(f"{what}:", Words("`error` twice, `frame` four times"), _topics(replies))
        expect("The topics of the replies to `read`", {"error", "frame"}, set(_topics(replies)))
        # Without what `read_or_fail` notes there.
        frames = [frame.tobytes()[8:] for topic, frame in replies if topic == "frame"]
        if len(set(frames)) < len(frames):
            raise NotYet(
                "Two replies to `read` hold the same frame: read one for each request, from a "
                "camera that stays open."
            )
        for parts in nonsense:
            _expect_topic("error", server, *parts)
            # Three: so the camera would not fail if what follows were taken for `read`.
            if "frame" not in _topics(_reply(server, b"read") for _ in range(3)):
                raise NotYet(f"After {named(*parts)} it gives no frame any more.")
        others = [b"nonsense %d" % n for n in range(MANY)]
        for request, reply in ask_in_turn(server, b"info", b"quit", b"exit", *others):
            expect(f"The topic of the reply to {named(request)}", b"error", reply[0])
        expect_patience(server)
        _expect_new_frame(server)
        topics = ["error", *_topics(_reply(server, b"read") for _ in range(3))]
        for _ in range(2 - topics[::-1].index("error")):  # the camera would fail the next time
            _reply(server, b"read")
        _expect_topic("ok", server, b"stop", when=", when the camera would fail")
        expect_end(server, "b'stop'")
    return "It replied to everything, told of each failure, and served on until it was stopped."


def _with_failing_camera(function, bind):
    """Run the server where every third `read` of a camera fails, as that of a webcam may."""
    from zmqlab.cameras import Camera, CameraError

    read, count = Camera.read, itertools.count(1)

    def read_or_fail(camera):
        if next(count) % 3 == 0:
            raise CameraError("simulated: no frame came, as if the cable had been pulled")
        frame = read(camera).copy()
        frame.reshape(-1)[:8] = np.frombuffer(np.float64(time.time()), np.uint8)  # when
        return frame

    Camera.read = read_or_fail
    return function(bind)


def _expect_new_frame(server):
    topic = ""
    while topic != "frame":  # one of three is an error
        time.sleep(0.5)
        asked = time.time()
        topic, frame = _reply(server, b"read")
    (taken,) = np.frombuffer(frame.tobytes()[:8].ljust(8), np.float64)  # noted by `read_or_fail`
    if not abs(asked - taken) < 60:
        raise NotYet("The frame in the reply to `read` is not as the camera gave it.")
    if taken < asked - 0.1:
        raise NotYet(
            f"The frame in the reply to `read` is {asked - taken:.2g} s older than the request: "
            "read it from the camera when the request is there."
        )


def _expect_topic(expected, server, *request, when=""):
    topic, _ = _reply(server, *request)
    expect(f"The topic of the reply to {named(*request)}{when}", expected, topic)


def _topics(replies):
    return [topic for topic, _ in replies]


def _reply(server, *request):
    """Ask, and return topic and frame of the reply, which must be a message of three parts."""
    reply, what = ask(server, *request), f"The reply to {named(*request)}"
    topic, header, frame = accepted(what, unpack_message, reply)
    if topic == "frame":
        return topic, accepted(what, unpack_frame, reply)[2]
    said = header.get("error")
    if topic == "error" and not (isinstance(said, str) and said.strip()):
        words = Words("{'error': 'what was wrong'}")
        raise NotYet(
            f"{what} is an error that does not say what was wrong in its header:", words, header
        )
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
    settings = [  # period, angle, size
        (12.0, 0.0, (640, 480)),
        (23.4, 60.0, (640, 480)),
        (8.5, 140.0, (320, 240)),
        (17.0, 90.0, (240, 360)),
        (30.2, -35.0, (320, 240)),  # between two bins, and near to what is SAID
    ]
    with _Misinformed(paced=False) as camera, peer(zmq.ROUTER, camera.serve) as endpoint:
        for period, angle, size in settings:
            camera.set(fringe_period=period, fringe_angle=angle, size=size)
            camera.changed, camera.frames = False, 0
            when = f"the fringes have a period of {period:g} pixels and run at {angle:g} degrees"
            got = call(function, endpoint, when=when, timeout=10)
            expect_type(f"What it returns when {when}", numbers.Real, got, "a number of pixels")
            like = _like(got, period, math.radians(angle))
            with camera.replying:  # it has done what it was asked for
                if camera.stopped:
                    raise NotYet("It has stopped the camera server, which others may need.")
                if camera.changed:
                    raise NotYet("It has changed the camera's settings, and should only measure.")
                if not camera.frames:
                    like = looks_like({INFO: got == SAID})
                    raise NotYet(f"It has asked the server for no frame{like}:", period, got)
            if not abs(got - period) <= 0.02 * period:
                raise NotYet(f"When {when}, it is off by more than 2 %{like}:", period, got)
    return f"It measured {len(settings)} patterns of fringes to 2 %."


def _like(got, period, angle):
    x, y = abs(math.cos(angle)) + 1e-9, abs(math.sin(angle)) + 1e-9
    mistakes = {
        INFO: SAID,
        "crests per pixel, not pixels per crest": 1 / period,
        "the period along x only": period / x,
        "the period along y only": period / y,
        "1 / (fx + fy)": period / (x + y),
        "its square": period**2,
        "half of it": period / 2,
        "twice as much": period * 2,
        "2π times too much": period * 2 * math.pi,
        "2π times too little": period / 2 / math.pi,
    }
    return looks_like(
        {words: math.isclose(got, value, rel_tol=0.02) for words, value in mistakes.items()}
        | {"whole pixels": got % 1 == 0 and abs(got - period) < 1.5}
    )


SAID = 31.0  # pixels
INFO = "what `info` says, which is wrong here: measure it"


class _Misinformed(SimulatedCamera):
    """A camera server whose camera says another period than it shows."""

    frames, stopped, changed, replying = 0, False, False, threading.Lock()

    @property
    def settings(self):
        return self._settings | {"fringe_period": SAID}

    @property
    def truth(self):
        return super().truth | {"fringe_period": SAID}

    def _set(self, settings):
        self.changed |= any(value != self._settings[name] for name, value in settings.items())
        super()._set(settings)

    def _read(self):
        self.frames += 1
        return super()._read()

    def serve(self, socket, over):
        """Be the server, in a thread, until it is over or somebody stops it."""
        held = []
        while not (over.is_set() or self.stopped):
            if held or socket.poll(50):
                with self.replying:
                    self.stopped = not reply_once(socket, self, self.frames, held, timeout=0.05)[1]
