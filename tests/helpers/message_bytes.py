"""Whether frames, requests and reports are read as promised, whatever comes.

For the tests, and for the fuzzer. A message is made of any bytes: its parts stand between ``||``.
"""

import json
import threading

from zmqlab.cameras.base import Camera
from zmqlab.patterns.request_reply import COMMANDS, RequestError, _answer, unpack_reply
from zmqlab.processes import report_receiver
from zmqlab.processes.handle import Process
from zmqlab.processes.trace import Noted, unpack
from zmqlab.wire.messages import MessageError, unpack_frame

LONGEST_ERROR = 2_000  # characters
TOKEN = b"a" * 32


def parts_of(data):
    return data.split(b"||")


def check_text(text, done=""):
    """An error is short, has nothing in it that moves a terminal, and was expected."""
    assert text.replace("\n", " ").isprintable(), text
    assert len(text) < LONGEST_ERROR
    assert "Error: " not in text, "a surprise begins with its class"
    assert not done


def check_frame(data):
    """It is refused in a readable line, or is the frame that its header describes."""
    parts = parts_of(data)
    try:
        topic, header, frame = unpack_frame(parts)
    except MessageError as error:
        check_text(str(error))
        return
    assert topic.encode() == parts[0]
    assert json.loads(json.dumps(header)) == header
    assert (frame.nbytes, list(frame.shape)) == (len(parts[2]), header["shape"])
    assert not frame.flags.writeable
    assert frame.tobytes() == parts[2]


class Settable(Camera):
    """A camera with a setting of each kind, and no picture to wait for."""

    limits = {"size": (64, 2048), "exposure": (1e-4, 1.0), "beads": (0, 100)}  # noqa: RUF012

    def __init__(self):
        self._settings = {"size": (640, 480), "exposure": 0.01, "beads": 3}

    def _set(self, settings):
        self._settings |= settings

    def _read(self):
        import numpy as np

        return np.zeros((1, 2, 3), np.uint8)


def check_request(data):
    """It gets one reply that can be read, and the camera's settings stay what they may be."""
    camera = Settable()
    reply, done = _answer(camera, parts_of(data), 7, COMMANDS)
    try:
        topic, _, frame = unpack_reply([bytes(memoryview(part).cast("B")) for part in reply],
                                            "here", "it")  # fmt: skip
    except RequestError as error:
        check_text(str(error), done)
    else:
        assert done in COMMANDS
        assert (topic == "frame") == (frame is not None) == (done == "read")
    for name, value in camera.settings.items():
        camera._checked(name, value)
        assert type(value) is type(Settable().settings[name])


def check_report(data):
    """It is believed, or passed over: what receives it goes on, and remembers little."""
    text, _, noted = data.partition(b"||")
    process = object.__new__(Process)
    process.events, process.sockets, process.previews, process.noted = [], [], {}, Noted()
    process._changed, process.ready, process._reported = threading.Condition(), False, ""
    believed = []

    def receive(report, trace):
        process._receive(report, trace)
        believed.append(report)

    report_receiver._receivers[TOKEN] = receive
    try:
        for parts in ([TOKEN, text, noted], [TOKEN, text], [TOKEN[1:], text, noted]):
            report_receiver._take_in(parts)
    finally:
        report_receiver.forget(TOKEN.decode())
    assert len(believed) <= 1
    assert len(process.noted.stories) <= 1_000
    for part in unpack(noted):
        assert len(part.digest) <= 255
        assert part.number >= 0


CHECKS = {"frame": check_frame, "request": check_request, "report": check_report}
