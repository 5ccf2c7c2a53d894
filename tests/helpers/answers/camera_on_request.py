"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

MESSAGE = solution("frame_message")
SAFE_CAMERA = solution("safe_camera_server")
FRINGES = solution("measure_fringe_period")

PIXELS = "np.ascontiguousarray(frame)"
FAILURE = 'zmqlab.send_message(socket, "error", {"error": str(error)})'


def measures(*lines):
    return "def measure_fringe_period(endpoint):\n" + "".join(f"    {line}\n" for line in lines)


# Of each exercise, titles and sources.
RIGHT = {
    "frame_message": {
        "tobytes": changed(MESSAGE, PIXELS, "frame.tobytes()"),
        "the course's own": """
def frame_message(frame, sequence):
    return zmqlab.wire.messages.pack_frame(frame, sequence=sequence)
""",
    },
    "safe_camera_server": {
        "text": """
def safe_camera_server(bind):
    def fail(socket, why):
        zmqlab.send_message(socket, "error", {"error": f"sorry: {why}"})

    with zmqlab.open_camera("simulated") as camera, zmq.Context() as context:
        with context.socket(zmq.REP) as socket:
            socket.bind(bind)
            while True:
                try:
                    (part,) = socket.recv_multipart()
                    command = part.decode()
                    if command == "stop":
                        break
                    if command != "read":
                        raise ValueError(command)
                    frame = camera.read()
                except Exception as error:
                    fail(socket, repr(error))
                else:
                    zmqlab.send_frame(socket, frame)
            zmqlab.send_message(socket, "ok", {"bye": True})
""",
        "a method": """
class Server:
    def safe_camera_server(self, bind):
        with zmqlab.open_camera("simulated") as self.camera, zmq.Context() as context:
            with context.socket(zmq.REP) as self.socket:
                self.socket.bind(bind)
                while self.reply(*self.socket.recv_multipart()):
                    pass

    def reply(self, command, *more):
        if command == b"stop" and not more:
            zmqlab.send_message(self.socket, "ok", {})
            return False
        try:
            if command != b"read" or more:
                raise zmqlab.CameraError("not a command of mine")
            zmqlab.send_frame(self.socket, self.camera.read())
        except zmqlab.CameraError as error:
            zmqlab.send_message(self.socket, "error", {"error": str(error)})
        return True

safe_camera_server = Server().safe_camera_server
""",
    },
    "measure_fringe_period": {
        "the peak's own": measures(
            '_, _, frame = zmqlab.request(endpoint, "read")',
            "peak = max(find_peaks(spectrum(frame), frame.shape), key=lambda peak: peak.height)",
            "return peak.period",
        ),
        "an average of three": measures(
            "periods = []",
            "for _ in range(3):",
            '    frame = zmqlab.request(endpoint, "read")[2]',
            "    (peak,) = find_peaks(spectrum(frame), frame.shape)",
            "    periods.append((peak.fx**2 + peak.fy**2) ** -0.5)",
            "return np.mean(periods)",
        ),
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "frame_message": {
        "not in one piece": (changed(MESSAGE, PIXELS, "frame"), "every second pixel.*contiguous"),
        "always uint8": (changed(MESSAGE, "str(frame.dtype)", '"uint8"'), "16 bit.*bytes"),
        "a part more": (changed(MESSAGE, 'b"frame"', 'b"", b"frame"'), "How many parts.*gave: 4"),
        "no time": (changed(MESSAGE, '"time": time.time(),', ""), "has no time"),
        "no sequence": (changed(MESSAGE, '"sequence": sequence,', ""), "has no sequence"),
        "the time as text": (changed(MESSAGE, "time.time()", "time.ctime()"), "is no capture time"),
        "another topic": (changed(MESSAGE, 'b"frame"', 'b"camera"'), "topic.*'frame'.*'camera'"),
    },
    "safe_camera_server": {
        "no word of a failure": (
            changed(SAFE_CAMERA, FAILURE, "pass"),
            "to b'read' never came.*current state",
        ),
        "falls with the camera": (
            changed(SAFE_CAMERA, "except zmqlab.CameraError", "except OSError"),
            "CameraError",
        ),
        "ends with the camera": (
            changed(SAFE_CAMERA, FAILURE, f"{FAILURE}\n                    break"),
            "had ended after 3 messages, when the reply to b'read' was due",
        ),
        "tries until there is a frame": (
            changed(SAFE_CAMERA, FAILURE, "zmqlab.send_frame(socket, camera.read())"),
            "Of six times `read`, the camera raised a CameraError.*'frame', 'frame', 'frame'",
        ),
        "a failure is ok": (
            changed(SAFE_CAMERA, FAILURE, FAILURE.replace('"error",', '"ok",')),
            "CameraError at two.*`error` twice, `frame` four times.*'ok'",
        ),
        "pickles": (
            changed(SAFE_CAMERA, "zmqlab.send_frame(socket, frame)", "socket.send_pyobj(frame)"),
            "reply to b'read' is not what was agreed: a message has three parts",
        ),
        "the first part only": (
            changed(SAFE_CAMERA, "socket.recv_multipart()", "[socket.recv()]"),
            "read', b'now.*current state",
        ),
    },
    "measure_fringe_period": {
        "frequency for period": (
            changed(FRINGES, "1 / ", ""),
            "more than 2 % .it looks like crests per pixel",
        ),
        "along x only": (
            changed(FRINGES, "math.hypot(peak.fx, peak.fy)", "peak.fx"),
            "60 degrees.*period along x only",
        ),
        "along y only": (
            changed(FRINGES, "math.hypot(peak.fx, peak.fy)", "peak.fy"),
            "at 0 degrees.*more than 2 %.*12.0|ZeroDivisionError",
        ),
        "the larger of both": (
            changed(FRINGES, "math.hypot(peak.fx, peak.fy)", "max(abs(peak.fx), abs(peak.fy))"),
            "60 degrees.*period along y only",
        ),
        "radians": (changed(FRINGES, "1 / ", "2 * math.pi / "), "2π times too much"),
        "half": (changed(FRINGES, "1 / ", "0.5 / "), "looks like half of it"),
        "a guess": (measures("return 12"), "asked the server for no frame"),
    },
}
