"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import beginning, changed, solution

MESSAGE = solution("frame_message")
SAFE_CAMERA = solution("safe_camera_server")
FRINGES = solution("measure_fringe_period")

PIXELS = "np.ascontiguousarray(frame)"
UNKNOWN = 'zmqlab.send_message(socket, "error", {"error": f"unknown command {request}"})'
FAILURE = 'zmqlab.send_message(socket, "error", {"error": str(error)})'


def knows(condition, command="read"):
    """Return a `safe_camera_server` that knows a command by another condition."""
    return changed(SAFE_CAMERA, f'request == [b"{command}"]', condition)


def measures(*lines):
    return "def measure_fringe_period(endpoint):\n" + "".join(f"    {line}\n" for line in lines)


# Of each exercise, titles and sources.
RIGHT = {
    "frame_message": {
        "tobytes": changed(MESSAGE, PIXELS, "frame.tobytes()"),
        "a copy and a tuple": """
def frame_message(frame, sequence):
    pixels = np.array(frame, order="C")
    header = dict(time=time.time(), sequence=sequence, shape=pixels.shape, dtype=pixels.dtype.name)
    return "frame".encode(), bytes(json.dumps(header), "utf-8"), memoryview(pixels)
""",
        "a method": """
class Packer:
    topic = b"frame"

    def frame_message(self, frame, sequence):
        return [self.topic, self.header(frame, sequence), frame.copy(order="C").data]

    def header(self, frame, sequence):
        now = round(time.time(), 3)
        about = {"sequence": sequence, "time": now, "dtype": str(frame.dtype), "by": "me"}
        about["shape"] = [int(length) for length in frame.shape]
        return json.dumps(about, indent=1).encode()

frame_message = Packer().frame_message
""",
        "the course's own": """
def frame_message(frame, sequence):
    return zmqlab.wire.messages.pack_frame(frame, sequence=sequence)
""",
        "JSON's default": """
def frame_message(frame, sequence):
    header = {"time": time.time_ns() / 1e9, "sequence": sequence}
    header |= {name: getattr(frame, name) for name in ("dtype", "shape")}
    return [b"frame", json.dumps(header, default=str).encode(), frame.ravel(order="C").copy()]
""",
        "through a file": """
import io
from functools import partial


def frame_message(frame, sequence):
    file = io.BytesIO()
    for piece in np.nditer(frame, flags=["zerosize_ok"], order="C"):
        file.write(piece.tobytes())
    now = partial(time.time)
    text = '{"dtype": "%s", "shape": %s, "sequence": %d, "time": %r}' % (
        frame.dtype,
        json.dumps(frame.shape),
        sequence,
        now(),
    )
    return [b"frame", text.encode(), file.getvalue()]
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
        "a ROUTER with a poller": """
def safe_camera_server(bind):
    camera = zmqlab.open_camera("simulated")
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    socket.bind(bind)
    poller = zmq.Poller()
    poller.register(socket, zmq.POLLIN)
    going_on, sequence = True, 0
    while going_on:
        if not poller.poll(500):
            continue
        who, empty, *request = socket.recv_multipart()
        topic, header, pixels = b"error", {"error": f"{request}?"}, b""
        if request == [b"stop"]:
            topic, header, going_on = b"ok", {}, False
        elif request == [b"read"]:
            try:
                pixels = camera.read()
                sequence += 1
                topic, header = b"frame", {"sequence": sequence, "time": time.time()}
                header |= {"dtype": str(pixels.dtype), "shape": pixels.shape}
            except zmqlab.CameraError as error:
                header = {"error": f"the camera: {error}"}
        socket.send_multipart([who, empty, topic, json.dumps(header).encode(), pixels])
    socket.close()
    context.term()
    camera.close()
""",
        "asyncio": """
def safe_camera_server(bind):
    async def serve(camera):
        with zmq.asyncio.Context() as context, context.socket(zmq.REP) as socket:
            socket.bind(bind)
            request = []
            while request != [b"stop"]:
                request = await socket.recv_multipart()
                await socket.send_multipart(reply(camera, request))

    def reply(camera, request):
        match request:
            case [b"read"]:
                try:
                    return zmqlab.wire.messages.pack_frame(camera.read())
                except zmqlab.CameraError as error:
                    return [b"error", json.dumps({"error": str(error)}).encode(), b""]
            case [b"stop"]:
                return [b"ok", b"{}", b""]
        return [b"error", b'{"error": "unknown"}', b""]

    with zmqlab.open_camera("simulated") as camera:
        asyncio.run(serve(camera))
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
        "a table of functions": """
def safe_camera_server(bind):
    def read():
        try:
            frame = camera.read()
        except zmqlab.CameraError as error:
            return fail(error)
        zmqlab.send_frame(socket, frame)
        return True

    def stop():
        zmqlab.send_message(socket, "ok", {"stopped": time.time()})
        return False

    def fail(why="not in my table"):
        zmqlab.send_message(socket, "error", {"error": repr(why)})
        return True

    table = {(b"read",): read, (b"stop",): stop}
    with zmqlab.open_camera("simulated") as camera, zmq.Context() as context:
        with context.socket(zmq.REP) as socket:
            socket.bind(bind)
            while table.get(tuple(socket.recv_multipart()), fail)():
                pass
""",
        "the camera in a thread": """
def safe_camera_server(bind):
    async def serve(camera):
        with zmq.asyncio.Context() as context, context.socket(zmq.REP) as socket:
            socket.bind(bind)
            while True:
                frames = await socket.recv_multipart(copy=False)
                request = [frame.bytes for frame in frames]
                if request == [b"stop"]:
                    await socket.send_multipart([b"ok", b"{}", b""])
                    return
                try:
                    if request != [b"read"]:
                        raise zmqlab.CameraError("unknown command")
                    frame = await asyncio.to_thread(camera.read)
                    header = {"dtype": str(frame.dtype), "shape": frame.shape}
                    header |= {"sequence": 0, "time": time.time()}
                    await socket.send_multipart([b"frame", json.dumps(header).encode(), frame])
                except zmqlab.CameraError as error:
                    header = json.dumps({"error": f"{error}"}).encode()
                    await socket.send_multipart([b"error", header, b""])

    with zmqlab.open_camera("simulated") as camera:
        asyncio.run(serve(camera))
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
        "a socket of its own": measures(
            "with zmq.Context() as context, context.socket(zmq.REQ) as socket:",
            "    socket.linger, socket.rcvtimeo = 0, 5000",
            "    socket.connect(endpoint)",
            '    socket.send(b"read")',
            "    frame = zmqlab.recv_frame(socket)[2]",
            "(peak,) = find_peaks(spectrum(frame), frame.shape)",
            "return 1 / float(np.linalg.norm([peak.fx, peak.fy]))",
        ),
        "numpy": measures(
            'topic, header, frame = zmqlab.request(endpoint, "read")',
            "height, width, _ = frame.shape",
            "grey = frame.mean(axis=2)",
            "grey = (grey - grey.mean()) * np.outer(np.hanning(height), np.hanning(width))",
            "power = abs(np.fft.rfft2(grey, (4 * height, 4 * width)))",
            "power[:, :16] *= abs(np.fft.fftfreq(4 * height))[:, None] > 4 / height",
            "y, x = np.unravel_index(power.argmax(), power.shape)",
            "fy, fx = np.fft.fftfreq(4 * height)[y], np.fft.rfftfreq(4 * width)[x]",
            "return 1 / np.hypot(fx, fy)",
        ),
        "a closure": """
def measure(command):
    def measure_fringe_period(endpoint):
        frame = zmqlab.request(endpoint, command, timeout=9)[-1]
        fx, fy, _ = find_peaks(spectrum(frame), frame.shape)[0]
        return 1 / abs(complex(fx, fy))
    return measure_fringe_period

measure_fringe_period = measure("read")
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "frame_message": {
        "not in one piece": (changed(MESSAGE, PIXELS, "frame"), "every second pixel.*contiguous"),
        "a view of the frame": (
            changed(MESSAGE, PIXELS, "memoryview(frame)"),
            "every second pixel.*contiguous",
        ),
        "always uint8": (changed(MESSAGE, "str(frame.dtype)", '"uint8"'), "16 bit.*bytes"),
        "made uint8": (
            changed(MESSAGE, "    header", "    frame = frame.astype(np.uint8)\n    header"),
            "dtype and shape .* grey, of 16 bit.*uint16.*uint8",
        ),
        "in colour only": (
            changed(
                MESSAGE,
                "    header",
                "    height, width, colours = frame.shape\n    header",
            ),
            "grey, of 16 bit, it raised an error.*not enough values to unpack",
        ),
        "width first": (
            changed(MESSAGE, "list(frame.shape)", "[frame.shape[1], frame.shape[0], 3]"),
            r"dtype and shape of what arrives.*\(48, 64, 3\).*\(64, 48, 3\)",
        ),
        "one length": (
            changed(MESSAGE, "list(frame.shape)", "[frame.size]"),
            "dtype and shape.*9216",
        ),
        "numpy's shorthand": (
            changed(MESSAGE, "str(frame.dtype)", "frame.dtype.str"),
            "dtype '.u1'",
        ),
        "a dtype is no JSON": (
            changed(MESSAGE, "str(frame.dtype)", "frame.dtype"),
            "raised an error.*not JSON serializable",
        ),
        "no header": (
            "def frame_message(frame, sequence):\n    return [b'frame', frame.tobytes()]",
            "How many parts.*expected: 3.*gave: 2",
        ),
        "a part more": (changed(MESSAGE, 'b"frame"', 'b"", b"frame"'), "How many parts.*gave: 4"),
        "joined": (
            changed(MESSAGE, "return [", 'return b"".join([').replace(
                f"{PIXELS}]", "frame.tobytes()])"
            ),
            r"a list of three parts.*\(bytes\)",
        ),
        "sends nothing back": (
            changed(MESSAGE, "return [", "print([").replace(f"{PIXELS}]", f"{PIXELS}])"),
            "a list of three parts.*None",
        ),
        "no time": (changed(MESSAGE, '"time": time.time(),', ""), "has no time"),
        "no sequence": (changed(MESSAGE, '"sequence": sequence,', ""), "has no sequence"),
        "the time as text": (changed(MESSAGE, "time.time()", "time.ctime()"), "is no capture time"),
        "another clock": (
            changed(MESSAGE, "time.time()", "time.perf_counter()"),
            "not that of the call .it looks like another clock",
        ),
        "milliseconds": (
            changed(MESSAGE, "time.time()", "1000 * time.time()"),
            "not that of the call .it looks like milliseconds",
        ),
        "whole seconds": (
            changed(MESSAGE, "time.time()", "int(time.time())"),
            "not that of the call .it looks like whole seconds",
        ),
        "always the same time": (
            changed(MESSAGE, "sequence):", "sequence, now=time.time()):").replace(
                '"time": time.time()', '"time": now'
            ),
            "not that of the call .it looks like the time at which the function was defined",
        ),
        "always the same number": (
            changed(MESSAGE, '"sequence": sequence', '"sequence": 0'),
            "The sequence number in the header.*expected: 7.*gave: 0",
        ),
        "counts by itself": (
            "counts = []\n"
            + changed(MESSAGE, "    header = {", "    counts.append(0)\n    header = {").replace(
                '"sequence": sequence', '"sequence": len(counts)'
            ),
            "The sequence number in the header.*expected: 7.*gave: 1",
        ),
        "the next number": (
            changed(MESSAGE, '"sequence": sequence', '"sequence": sequence + 1'),
            "The sequence number.*expected: 7.*gave: 8",
        ),
        "the number as text": (
            changed(MESSAGE, '"sequence": sequence', '"sequence": str(sequence)'),
            "sequence '7' is no frame number",
        ),
        "another topic": (changed(MESSAGE, 'b"frame"', 'b"camera"'), "topic.*'frame'.*'camera'"),
        "an empty topic": (
            changed(MESSAGE, 'b"frame"', 'b""'),
            "topic.*expected: 'frame'.*gave: ''",
        ),
        "the number as a topic": (
            changed(MESSAGE, 'b"frame"', 'f"frame {sequence}".encode()'),
            "topic.*expected: 'frame'.*gave: 'frame 7'",
        ),
        "text for bytes": (
            changed(MESSAGE, 'b"frame"', '"frame"'),
            "cannot send.*unicode|cannot send",
        ),
        "a dict for a header": (
            changed(MESSAGE, "json.dumps(header).encode()", "header"),
            "cannot send the parts",
        ),
        "str for JSON": (
            changed(MESSAGE, "json.dumps(header).encode()", "str(header).encode()"),
            "header is not JSON",
        ),
        "a pickle for JSON": (
            "import pickle\n"
            + changed(MESSAGE, "json.dumps(header).encode()", "pickle.dumps(header)"),
            "header is not UTF-8",
        ),
        "a JPEG": (
            changed(MESSAGE, PIXELS, 'cv2.imencode(".jpg", frame)[1]'),
            "shape .48, 64, 3. of uint8 makes 9216 bytes, but",
        ),
        "a pickle for pixels": (changed(MESSAGE, PIXELS, "frame.dumps()"), "makes 9216 bytes, but"),
        "pixels as text": (
            changed(MESSAGE, PIXELS, "str(frame.tolist()).encode()"),
            "makes 9216 bytes, but",
        ),
        "columns first": (
            changed(MESSAGE, PIXELS, 'frame.tobytes("F")'),
            "not those that left.*looks like column after column",
        ),
        "as it lies in memory": (
            changed(MESSAGE, PIXELS, 'frame.tobytes("A")'),
            "transposed .it looks like column after column",
        ),
        "one piece, if some other": (
            changed(MESSAGE, PIXELS, 'np.require(frame, requirements="A").copy("K")'),
            "transposed",
        ),
        "red for blue": (
            changed(MESSAGE, PIXELS, "np.ascontiguousarray(frame[..., ::-1])"),
            "not those that left.*red and blue exchanged",
        ),
        "one buffer for all": (
            "buffers = {}\n"
            + changed(
                MESSAGE,
                "    return",
                "    buffer = buffers.setdefault((frame.shape, frame.dtype.name), "
                "np.empty(frame.shape, frame.dtype))\n    buffer[:] = frame\n    return",
            ).replace(PIXELS, "buffer"),
            "not those that left, once it has made the next messages",
        ),
        "writes into the frame": (
            changed(MESSAGE, "    return", "    frame[:] = 0\n    return"),
            "It has written into the frame, when the frame is in colour",
        ),
        "async": (f"async {MESSAGE}", "an `async def`"),
        "yields": (changed(MESSAGE, "return", "yield from"), "holds a `yield`"),
        "without lengths of one": (
            changed(MESSAGE, "    header = {", "    frame = frame.squeeze()\n    header = {"),
            r"when the frame has one row.*\(1, 64, 3\).*\(64, 3\)",
        ),
        "at least one length": (
            changed(
                MESSAGE, "    header = {", "    frame = np.ascontiguousarray(frame)\n    header = {"
            ),
            r"when the frame is one number.*'float64', \(\).*'float64', \(1,\)",
        ),
        "a number of 16 bits": (
            changed(MESSAGE, '"sequence": sequence', '"sequence": sequence % 65536'),
            "The sequence number.*expected: 70000.*gave: 4464",
        ),
        "keeps the pixels of each array": (
            "pixels = {}\n\n\n"
            + changed(MESSAGE, PIXELS, "pixels.setdefault(id(frame), frame.tobytes())"),
            "not those that left, when the same array holds the next frame",
        ),
        "keeps headers": (
            """
import functools


@functools.lru_cache
def header(dtype, shape, sequence):
    about = {"dtype": dtype, "shape": shape, "sequence": sequence, "time": time.time()}
    return json.dumps(about).encode()


def frame_message(frame, sequence):
    about = header(str(frame.dtype), frame.shape, sequence)
    return [b"frame", about, np.ascontiguousarray(frame)]
""",
            "time in the header.*or of another call",
        ),
        "no NaN": (
            changed(MESSAGE, PIXELS, "np.ascontiguousarray(np.nan_to_num(frame))"),
            r"in float32 \(it looks like NaN and infinity were replaced",
        ),
        "the type from its letter": (
            changed(
                MESSAGE,
                "str(frame.dtype)",
                '{"u": "uint", "i": "int", "f": "float", "b": "bool"}[frame.dtype.kind]'
                " + str(8 * frame.dtype.itemsize)",
            ),
            "a mask, of truth values.*'bool8' is none of bool",
        ),
        "a time of 32 bits": (
            changed(MESSAGE, "time.time()", "float(np.float32(time.time()))"),
            r"not that of the call \(it looks like (32 bits|whole seconds)",
        ),
        "one list for all": (
            """
parts = [b"frame", b"", b""]


def frame_message(frame, sequence):
    header = {
        "dtype": str(frame.dtype),
        "shape": list(frame.shape),
        "sequence": sequence,
        "time": time.time(),
    }
    parts[1:] = json.dumps(header).encode(), np.ascontiguousarray(frame)
    return parts
""",
            "once it has made the next messages",
        ),
    },
    "safe_camera_server": {
        "the beginning with else": (
            changed(
                changed(
                    beginning("safe_camera_server"),
                    '            if command == "stop"',
                    '            elif command == "stop"',
                ),
                "                break\n",
                "                break\n            else:\n"
                '                zmqlab.send_message(socket, "error", {"error": "unknown"})\n',
            ),
            "CameraError.*as if the cable had been pulled",
        ),
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
        "the last frame again": (
            changed(SAFE_CAMERA, FAILURE, "zmqlab.send_frame(socket, frame)"),
            "Of six times `read`, the camera raised a CameraError.*'frame', 'frame', 'frame'",
        ),
        "one frame for all": (
            changed(
                SAFE_CAMERA,
                "        while True:",
                "        frame = camera.read()\n        while True:",
            ).replace(
                "frame = camera.read()\n                except",
                "frame = frame\n                except",
            ),
            "two.*'frame', 'frame', 'frame'",
        ),
        "a failure is ok": (
            changed(SAFE_CAMERA, FAILURE, FAILURE.replace('"error",', '"ok",')),
            "CameraError at two.*`error` twice, `frame` four times.*'ok'",
        ),
        "no frames": (
            changed(
                SAFE_CAMERA,
                "zmqlab.send_frame(socket, frame)",
                'zmqlab.send_message(socket, "ok", {})',
            ),
            "The topics of the replies to `read`.*'ok'",
        ),
        "pickles": (
            changed(SAFE_CAMERA, "zmqlab.send_frame(socket, frame)", "socket.send_pyobj(frame)"),
            "reply to b'read' is not what was agreed: a message has three parts",
        ),
        "the first part only": (
            changed(SAFE_CAMERA, "socket.recv_multipart()", "[socket.recv()]"),
            "read', b'now.*current state",
        ),
        "looks at the first part": (
            knows('request[0] == b"read"'),
            r"to the parts \[b'read', b'now'\].*expected: 'error'.*gave: 'frame'",
        ),
        "looks at the last part": (
            knows('request[-1] == b"read"'),
            r"to the parts \[b'', b'read'\].*expected: 'error'.*gave: 'frame'",
        ),
        "stops at the first part": (
            knows('request[0] == b"stop"', "stop"),
            r"to the parts \[b'stop', b'now'\].*expected: 'error'.*gave: 'ok'",
        ),
        "drops empty parts": (
            changed(
                SAFE_CAMERA,
                "socket.recv_multipart()",
                "[each for each in socket.recv_multipart() if each]",
            ),
            r"to the parts \[b'read', b''\].*expected: 'error'.*gave: 'frame'",
        ),
        "knows READ": (
            knows('b"".join(request).lower() == b"read"'),
            "expected: 'error'.*gave: 'frame'",
        ),
        "knows read and a blank": (
            knows('len(request) == 1 and request[0].strip() == b"read"'),
            "to b'read '.*expected: 'error'.*gave: 'frame'",
        ),
        "knows readers": (
            knows('len(request) == 1 and request[0].startswith(b"read")'),
            "expected: 'error'.*gave: 'frame'",
        ),
        "knows a stopwatch": (
            knows('len(request) == 1 and request[0].startswith(b"stop")', "stop"),
            "expected: 'error'.*gave: 'ok'",
        ),
        "no word about the unknown": (
            changed(SAFE_CAMERA, UNKNOWN, "pass"),
            "raed.*current state",
        ),
        "silent at the empty request": (
            changed(
                SAFE_CAMERA,
                "            else:\n                zmqlab",
                "            elif request[0]:\n                zmqlab",
            ),
            "ended, and the reply to b'' never came.*current state",
        ),
        "text only": (
            """
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
                try:
                    zmqlab.send_frame(socket, camera.read())
                except zmqlab.CameraError as error:
                    zmqlab.send_message(socket, "error", {"error": str(error)})
            elif command == "stop":
                zmqlab.send_message(socket, "ok", {})
                break
            else:
                zmqlab.send_message(socket, "error", {"error": "unknown"})
""",
            r"to b'\\xff\\xfe' never came.*UnicodeDecodeError",
        ),
        "plain text for an error": (
            changed(SAFE_CAMERA, UNKNOWN, 'socket.send_string("what?")'),
            "three parts",
        ),
        "an error without a reason": (
            changed(SAFE_CAMERA, UNKNOWN, 'zmqlab.send_message(socket, "error", {})'),
            "to b'raed' is an error that does not say what was wrong.*'what was wrong'.*gave: {}",
        ),
        "a failure without a reason": (
            changed(SAFE_CAMERA, FAILURE, 'zmqlab.send_message(socket, "error", {"error": ""})'),
            "to b'read' is an error that does not say what was wrong",
        ),
        "a topic of its own": (
            changed(SAFE_CAMERA, UNKNOWN, UNKNOWN.replace('"error",', '"unknown",')),
            "to b'raed'.*expected: 'error'.*gave: 'unknown'",
        ),
        "ends at what it does not know": (
            changed(SAFE_CAMERA, UNKNOWN, f"{UNKNOWN}\n                break"),
            "had ended after 7 messages, when the reply to b'read' was due",
        ),
        "stops without a word": (
            changed(SAFE_CAMERA, '                zmqlab.send_message(socket, "ok", {})\n', ""),
            "ended, and the reply to b'stop' never came",
        ),
        "stops with an error": (
            changed(SAFE_CAMERA, '"ok", {}', '"error", {"error": "stopped"}'),
            "to b'stop'.*expected: 'ok'.*gave: 'error'",
        ),
        "stops with plain text": (
            changed(SAFE_CAMERA, 'zmqlab.send_message(socket, "ok", {})', 'socket.send(b"ok")'),
            "to b'stop' is not what was agreed: a message has three parts",
        ),
        "does not stop": (
            changed(SAFE_CAMERA, "                break\n", ""),
            "went on instead of ending after b'stop'",
        ),
        "fifty requests": (
            changed(SAFE_CAMERA, "while True", "for _ in range(50)"),
            "had ended after 50 messages, when the reply to",
        ),
        "waits two seconds": (
            changed(SAFE_CAMERA, "socket.bind", "socket.rcvtimeo = 2000\n        socket.bind"),
            "(Nobody asked it for 3.5 s, and it ended instead of waiting"
            "|Your server (had )?ended(,| after)).*zmq.error.Again",
        ),
        "an error that nobody catches": (
            changed(SAFE_CAMERA, UNKNOWN, 'raise ValueError(f"unknown command {request}")'),
            "ended, and the reply to b'raed' never came.*ValueError: unknown command .b'raed",
        ),
        "replies twice": (
            changed(
                SAFE_CAMERA,
                "zmqlab.send_frame(socket, frame)",
                "zmqlab.send_frame(socket, frame)\n"
                '                    zmqlab.send_message(socket, "ok", {})',
            ),
            "reply to b'read' never came. It had sent 1 message before.*current state",
        ),
        "a PUB": (
            changed(SAFE_CAMERA, "REP", "PUB"),
            "a PUB socket where a REP or ROUTER is needed",
        ),
        "ignores what is no text": (
            changed(
                SAFE_CAMERA,
                "socket.recv_multipart()",
                '[part.decode(errors="ignore").encode() for part in socket.recv_multipart()]',
            ),
            r"b'read\\xff'.*expected: 'error'.*gave: 'frame'",
        ),
        "red for blue": (
            changed(SAFE_CAMERA, "(socket, frame)", "(socket, frame[:, :, ::-1].copy())"),
            "frame in the reply to `read` is not as the camera gave it",
        ),
        "always one frame behind": (
            changed(SAFE_CAMERA, "bind(bind)", "bind(bind)\n        last = camera.read()").replace(
                "send_frame(socket, frame)",
                "send_frame(socket, last)\n                    last = frame",
            ),
            "is .* s older than the request: read it from the camera when the request is there",
        ),
        "answers info": (
            """
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
            elif request == [b"info"]:
                zmqlab.send_message(socket, "ok", {"fps": camera.fps})
            else:
                zmqlab.send_message(socket, "error", {"error": f"unknown command {request}"})
""",
            "reply to b'info'.*'error'.*gave: b'ok'",
        ),
        "quits": (
            changed(
                SAFE_CAMERA, 'request == [b"stop"]', 'request in ([b"stop"], [b"quit"], [b"exit"])'
            ),
            "reply to b'quit'.*'error'.*gave: b'ok'",
        ),
        "a frame for every request": (
            """
def safe_camera_server(bind):
    with (
        zmqlab.open_camera("simulated") as camera,
        zmq.Context() as context,
        context.socket(zmq.REP) as socket,
    ):
        socket.bind(bind)
        while True:
            request = socket.recv_multipart()
            try:
                frame = camera.read()
            except zmqlab.CameraError as error:
                zmqlab.send_message(socket, "error", {"error": str(error)})
                continue
            if request == [b"read"]:
                zmqlab.send_frame(socket, frame)
            elif request == [b"stop"]:
                zmqlab.send_message(socket, "ok", {})
                break
            else:
                zmqlab.send_message(socket, "error", {"error": f"unknown command {request}"})
""",
            "reply to b'stop', when the camera would fail.*'ok'.*gave: 'error'",
        ),
        "joins the parts": (
            """
def safe_camera_server(bind):
    with (
        zmqlab.open_camera("simulated") as camera,
        zmq.Context() as context,
        context.socket(zmq.REP) as socket,
    ):
        socket.bind(bind)
        while True:
            request = [b"".join(socket.recv_multipart())]
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
""",
            r"the parts \[b'read', b''\].*gave: 'frame'",
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
        "a sum": (
            changed(FRINGES, "math.hypot(peak.fx, peak.fy)", "(abs(peak.fx) + abs(peak.fy))"),
            "looks like 1 / .fx . fy.",
        ),
        "squares": (
            changed(FRINGES, "math.hypot(peak.fx, peak.fy)", "(peak.fx**2 + peak.fy**2)"),
            "looks like its square",
        ),
        "radians": (changed(FRINGES, "1 / ", "2 * math.pi / "), "2π times too much"),
        "half": (changed(FRINGES, "1 / ", "0.5 / "), "looks like half of it"),
        "whole pixels": (
            changed(
                FRINGES,
                "return 1 / math.hypot(peak.fx, peak.fy)",
                "return round(1 / math.hypot(peak.fx, peak.fy))",
            ),
            "8.5.*more than 2 % .it looks like whole pixels",
        ),
        "a width of 640": (
            measures(
                'frame = zmqlab.request(endpoint, "read")[2]',
                "power = abs(spectrum(frame))",
                "power[:5, :5] = power[-5:, :5] = 0",
                "y, x = np.unravel_index(power.argmax(), power.shape)",
                "y = min(y, 480 - y)",
                "return 1 / math.hypot(x / 640, y / 480)",
            ),
            "8.5 pixels.*off by more than 2 %",
        ),
        "the direction": (
            changed(FRINGES, "1 / math.hypot(peak.fx, peak.fy)", "peak.angle"),
            "off by more than 2 %",
        ),
        "the peak": (
            changed(FRINGES, "1 / math.hypot(peak.fx, peak.fy)", "peak"),
            r"a number of pixels.*Peak",
        ),
        "text": (
            changed(FRINGES, "1 / math.hypot(peak.fx, peak.fy)", 'f"{peak.period:.1f} pixels"'),
            r"a number of pixels.*'12.0 pixels' \(str\)",
        ),
        "prints it": (
            changed(FRINGES, "return ", "print(").replace("peak.fy)", "peak.fy))"),
            "a number of pixels.*None",
        ),
        "a guess": (measures("return 12"), "asked the server for no frame"),
        "a guess, with a frame": (
            changed(FRINGES, "1 / math.hypot(peak.fx, peak.fy)", "12"),
            "23.4 pixels.*off by more than 2 %.*expected: 23.4.*gave: 12",
        ),
        "asks for it": (
            measures(
                'topic, info, _ = zmqlab.request(endpoint, "info")',
                'return info["settings"]["fringe_period"]',
            ),
            "for no frame .it looks like what `info` says, which is wrong here: measure it",
        ),
        "asks for a frame, too": (
            measures(
                'zmqlab.request(endpoint, "read")',
                'return zmqlab.request(endpoint, "info")[1]["settings"]["fringe_period"]',
            ),
            "looks like what `info` says, which is wrong here: measure it",
        ),
        "asks for the truth": (
            measures(
                'zmqlab.request(endpoint, "read")',
                'return zmqlab.request(endpoint, "info")[1]["truth"]["fringe_period"]',
            ),
            "looks like what `info` says, which is wrong here: measure it",
        ),
        "sets it": (
            changed(
                FRINGES,
                "    topic",
                '    zmqlab.request(endpoint, "set", {"fringe_period": 20})\n    topic',
            ),
            "has changed the camera's settings",
        ),
        "the first measurement for all": (
            "cache = {}\n"
            + changed(
                FRINGES,
                "    topic",
                "    if endpoint in cache:\n        return cache[endpoint]\n    topic",
            )
            .replace("return 1", "cache[endpoint] = 1")
            .rstrip()
            + "\n    return cache[endpoint]\n",
            "asked the server for no frame",
        ),
        "stops the server": (
            changed(FRINGES, "    (peak,)", '    zmqlab.request(endpoint, "stop")\n    (peak,)'),
            "has stopped the camera server",
        ),
        "a camera of its own": (
            changed(
                FRINGES,
                'zmqlab.request(endpoint, "read")',
                '0, 1, zmqlab.open_camera("simulated").read()',
            ),
            "asked the server for no frame",
        ),
        "asks at another place": (
            changed(FRINGES, "request(endpoint,", 'request("tcp://127.0.0.1:9",').replace(
                '"read")', '"read", timeout=1)'
            ),
            "raised an error.*TimeoutError",
        ),
        "a PULL": (
            measures(
                "with zmq.Context() as context, context.socket(zmq.PULL) as socket:",
                "    socket.connect(endpoint)",
                "    frame = zmqlab.recv_frame(socket, timeout=1)[2]",
            ),
            "It made a PULL socket where a DEALER or REQ is needed",
        ),
        "a word it does not know": (
            changed(FRINGES, '"read"', '"frame"'),
            "raised an error.*unknown command 'frame'",
        ),
        "believes what is near": (
            measures(
                'said = zmqlab.request(endpoint, "info")[1]["settings"]["fringe_period"]',
                'frame = zmqlab.request(endpoint, "read")[2]',
                "(peak,) = find_peaks(spectrum(frame), frame.shape)",
                "return said if abs(said - peak.period) < 3 else peak.period",
            ),
            "period of 30.2 pixels.*looks like what `info` says, which is wrong here",
        ),
        "sets it for a moment": (
            measures(
                'angle = zmqlab.request(endpoint, "info")[1]["settings"]["fringe_angle"]',
                'zmqlab.request(endpoint, "set", {"fringe_angle": 0})',
                'frame = zmqlab.request(endpoint, "read")[2]',
                'zmqlab.request(endpoint, "set", {"fringe_angle": angle})',
                "(peak,) = find_peaks(spectrum(frame), frame.shape)",
                "return 1 / peak.fx",
            ),
            "has changed the camera's settings, and should only measure",
        ),
        "to a whole bin": (
            measures(
                'grey = zmqlab.request(endpoint, "read")[2].mean(axis=2)',
                "power = abs(np.fft.rfft2(grey - grey.mean()))",
                "y, x = np.unravel_index(power.argmax(), power.shape)",
                "height, width = grey.shape",
                "return 1 / math.hypot(np.fft.fftfreq(height)[y], x / width)",
            ),
            "off by more than 2 %",
        ),
    },
}
