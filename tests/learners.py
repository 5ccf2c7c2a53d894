"""Functions as learners write them, in a cell: the starters, the solutions, and wrong answers.

Starters and solutions are those of the notebooks, where these have them: the cells that are tagged
"exercise" and "solution".
"""

import itertools
import linecache
from pathlib import Path

import nbformat

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
IMPORTS = """
import json, math, time
import numpy as np
import zmq
import zmqlab
from zmqlab.spectrum import find_peaks, spectrum
"""
_numbers = itertools.count(1)


def written(source, name):
    """Return the function `name` that a cell defines, known to tracebacks by the cell's text."""
    file = f"<cell {next(_numbers)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(True), file)
    namespace = {"__name__": "__main__"}
    exec(IMPORTS, namespace)
    exec(compile(source, file, "exec"), namespace)
    return namespace[name]


def in_notebooks(tag, name):
    """Return the source of the cell with that tag that defines the function, or None."""
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if tag in cell.metadata.get("tags", ()) and f"def {name}(" in cell.source:
                return cell.source
    return None


SHOUT = """
def shout_server(bind):
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            request = socket.recv()
            if request == b"stop":
                socket.send(b"BYE")
                break
            socket.send(request.decode().upper().encode())
"""
SILENT = """
def never_silent(bind):
    count = 0
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            request = socket.recv()
            count += 1
            if request == b"time":
                socket.send(time.strftime("%H:%M:%S").encode())
            elif request == b"count":
                socket.send(str(count).encode())
"""
NEVER_SILENT = """
def never_silent(bind):
    count = 0
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            request = b" ".join(socket.recv_multipart())
            count += 1
            if request == b"time":
                socket.send(time.strftime("%H:%M:%S").encode())
            elif request == b"count":
                socket.send(str(count).encode())
            else:
                socket.send(b"unknown command: " + request)
"""
PATIENT = """
def patient_ask(endpoint, request, timeout):
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        socket.send(request)
        if socket.poll(1000 * timeout):
            return socket.recv()
    return None
"""
MESSAGE = """
def frame_message(frame, sequence):
    header = {
        "dtype": str(frame.dtype),
        "shape": list(frame.shape),
        "sequence": sequence,
        "time": time.time(),
    }
    return [b"frame", json.dumps(header).encode(), np.ascontiguousarray(frame)]
"""
CAMERA = """
def safe_camera_server(bind):
    with (
        zmqlab.open_camera("simulated") as camera,
        zmq.Context() as context,
        context.socket(zmq.REP) as socket,
    ):
        socket.bind(bind)
        while True:
            command = socket.recv_string()
            if command == "read":
                zmqlab.send_frame(socket, camera.read())
            if command == "stop":
                zmqlab.send_message(socket, "ok", {})
                break
"""
SAFE_CAMERA = """
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
"""
FRINGES = """
def measure_fringe_period(endpoint):
    topic, header, frame = zmqlab.request(endpoint, "read")
    (peak,) = find_peaks(spectrum(frame), frame.shape)
    return 1 / math.hypot(peak.fx, peak.fy)
"""

SOLUTIONS = {
    "shout_server": SHOUT,
    "never_silent": NEVER_SILENT,
    "patient_ask": PATIENT,
    "frame_message": MESSAGE,
    "safe_camera_server": SAFE_CAMERA,
    "measure_fringe_period": FRINGES,
}
SIGNATURES = {
    "shout_server": "bind",
    "patient_ask": "endpoint, request, timeout",
    "frame_message": "frame, sequence",
    "measure_fringe_period": "endpoint",
}
STARTERS = {"never_silent": SILENT, "safe_camera_server": CAMERA} | {
    name: f"def {name}({parameters}):\n    raise NotImplementedError\n"
    for name, parameters in SIGNATURES.items()
}


def solution(name):
    return in_notebooks("solution", name) or SOLUTIONS[name]


def starter(name):
    return in_notebooks("exercise", name) or STARTERS[name]


def changed(source, old, new):
    """Return the source with one thing changed in it."""
    assert old in source, f"{old!r} is not in the source"
    return source.replace(old, new)


# For each exercise: plausible wrong answers, and what the learner is told about each.
WRONG = {
    "shout_server": {
        "upper of bytes": (changed(SHOUT, ".decode().upper().encode()", ".upper()"), "GR.*SSE|GR"),
        "one request only": (changed(SHOUT, "while True", "for _ in range(1)"), "has ended"),
        "never stops": (
            changed(SHOUT, "                break\n", "                continue\n"),
            "went on",
        ),
        "stops for whatever begins so": (
            changed(SHOUT, 'request == b"stop"', 'request.startswith(b"stop")'),
            "stopwatch",
        ),
        "replies twice": (SHOUT + '            socket.send(b"again")\n', "EFSM|current state"),
        "another port": (
            changed(SHOUT, "socket.bind(bind)", 'socket.bind("tcp://*:*")'),
            "Where it listens",
        ),
        "connects": (changed(SHOUT, "bind(bind)", "connect(bind)"), "Where it listens"),
        "an error after the last reply": (
            changed(SHOUT, "break", "raise ValueError(7)"),
            "error after b'stop'.*ValueError: 7",
        ),
        "a ROUTER that replies twice": (
            changed(
                SHOUT.replace("zmq.REP", "zmq.ROUTER").replace('send(b"BYE")', "send(b'')"),
                "            request = socket.recv()\n",
                "            *who, request = socket.recv_multipart()\n"
                "            for _ in range(2):\n"
                "                socket.send_multipart([*who, request.decode().upper().encode()])\n"
                "            continue\n",
            ),
            "does not wait its turn",
        ),
    },
    "never_silent": {
        "one part only": (
            changed(NEVER_SILENT, 'b" ".join(socket.recv_multipart())', "socket.recv()"),
            "please",
        ),
        "text only": (
            changed(
                NEVER_SILENT,
                'socket.send(b"unknown command: " + request)',
                'socket.send_string("unknown command: " + request.decode())',
            ),
            "UnicodeDecodeError",
        ),
        "does not say which": (
            changed(NEVER_SILENT, ': " + request', '"'),
            "unknown command: coffee",
        ),
        "forgets how to count": (
            changed(NEVER_SILENT, "count += 1", "count = 1"),
            "count of requests was",
        ),
    },
    "patient_ask": {
        "waits for ever": (
            changed(PATIENT, "if socket.poll(1000 * timeout):", "if True:"),
            "still busy",
        ),
        "seconds for milliseconds": (changed(PATIENT, "1000 * ", ""), "it gave: None"),
        "linger": (changed(PATIENT, "socket.linger = 0", "pass"), "there is no server"),
        "one socket for all": (
            """
context = zmq.Context.instance()
sockets = {}
def patient_ask(endpoint, request, timeout):
    import zmq
    sockets = globals().setdefault("sockets", {})
    if endpoint not in sockets:
        sockets[endpoint] = zmq.Context.instance().socket(zmq.REQ)
        sockets[endpoint].connect(endpoint)
    sockets[endpoint].send(request)
    return sockets[endpoint].recv() if sockets[endpoint].poll(1000 * timeout) else None
""".replace("context = zmq.Context.instance()\nsockets = {}\n", ""),
            "current state",
        ),
    },
    "frame_message": {
        "not in one piece": (
            changed(MESSAGE, "np.ascontiguousarray(frame)", "frame"),
            "every second pixel",
        ),
        "no header": (
            "def frame_message(frame, sequence):\n    return [b'frame', frame.tobytes()]",
            "three parts",
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
