"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

MESSAGE = solution("frame_message")
SAFE_CAMERA = solution("safe_camera_server")
FRINGES = solution("measure_fringe_period")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "frame_message": {
        "not in one piece": (
            changed(MESSAGE, "np.ascontiguousarray(frame)", "frame"),
            "every second pixel",
        ),
        "always uint8": (changed(MESSAGE, "str(frame.dtype)", '"uint8"'), "16 bit.*bytes"),
        "no header": (
            "def frame_message(frame, sequence):\n    return [b'frame', frame.tobytes()]",
            "How many parts.*expected: 3.*gave: 2",
        ),
        "no time": (changed(MESSAGE, '"time": time.time(),', ""), "has no time"),
        "always the same number": (
            changed(MESSAGE, '"sequence": sequence', '"sequence": 0'),
            "sequence",
        ),
        "text for bytes": (changed(MESSAGE, 'b"frame"', '"frame"'), "cannot send"),
        "columns first": (
            changed(MESSAGE, "np.ascontiguousarray(frame)", 'frame.tobytes("F")'),
            "not those that left",
        ),
    },
    "safe_camera_server": {
        "no word of a failure": (
            changed(
                SAFE_CAMERA, 'zmqlab.send_message(socket, "error", {"error": str(error)})', "pass"
            ),
            "EFSM|current state",
        ),
        "falls with the camera": (
            changed(SAFE_CAMERA, "except zmqlab.CameraError", "except OSError"),
            "CameraError",
        ),
        "the first part only": (
            changed(SAFE_CAMERA, "socket.recv_multipart()", "[socket.recv()]"),
            "read', b'now.*current state",
        ),
        "no word about the unknown": (
            changed(
                SAFE_CAMERA,
                'zmqlab.send_message(socket, "error", {"error": f"unknown command {request}"})',
                "pass",
            ),
            "raed.*current state",
        ),
        "plain text for an error": (
            changed(
                SAFE_CAMERA,
                'zmqlab.send_message(socket, "error", {"error": f"unknown command {request}"})',
                'socket.send_string("what?")',
            ),
            "three parts",
        ),
    },
    "measure_fringe_period": {
        "frequency for period": (changed(FRINGES, "1 / ", ""), "more than 2 %"),
        "along x only": (changed(FRINGES, "math.hypot(peak.fx, peak.fy)", "peak.fx"), "60 degrees"),
        "a guess": ("def measure_fringe_period(endpoint):\n    return 12", "23.4"),
        "stops the server": (
            changed(FRINGES, "    (peak,)", '    zmqlab.request(endpoint, "stop")\n    (peak,)'),
            "answers no more",
        ),
    },
}
