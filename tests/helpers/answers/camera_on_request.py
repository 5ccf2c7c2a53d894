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
    },
    "measure_fringe_period": {
        "the peak's own": measures(
            '_, _, frame = zmqlab.request(endpoint, "read")',
            "peak = max(find_peaks(spectrum(frame), frame.shape), key=lambda peak: peak.height)",
            "return peak.period",
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
            "six replies.*expected: .'error', 'error', 'frame'.*gave: .'frame', 'frame', 'frame'",
        ),
    },
    "measure_fringe_period": {
        "frequency for period": (
            changed(FRINGES, "1 / ", ""),
            r"off by more than 2 %.*expected: 12\.0.*it gave: 0\.083",
        ),
        "along x only": (
            changed(FRINGES, "math.hypot(peak.fx, peak.fy)", "peak.fx"),
            r"60 degrees.*expected: 23\.4.*it gave: 4[67]\.",
        ),
        "radians": (changed(FRINGES, "1 / ", "2 * math.pi / "), r"expected: 12\.0.*it gave: 75\."),
        "half": (changed(FRINGES, "1 / ", "0.5 / "), r"expected: 12\.0.*it gave: (6\.0|5\.9)"),
    },
}
