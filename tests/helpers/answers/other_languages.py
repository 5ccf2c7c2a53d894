"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

import numpy as np
from helpers.learners import changed, solution

UNPACK = solution("unpack")
PPM = solution("ppm")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "unpack": {
        "the module's own": (
            "def unpack(parts):\n    return zmqlab.unpack_frame(parts)  # a MessageError is one\n"
        ),
        "numpy from a buffer": changed(
            UNPACK,
            'np.ndarray(shape, np.dtype(dtype).newbyteorder("<"), pixels)',
            'np.frombuffer(pixels, np.dtype(dtype).newbyteorder("<")).reshape(shape)',
        ),
        "errors by assert, in a class of its own": """
class Refused(ValueError):
    pass

SIZES = {"bool": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "uint8": 1, "uint16": 2,
         "uint32": 4, "uint64": 8, "float16": 2, "float32": 4, "float64": 8, "complex64": 8,
         "complex128": 16}

def no_constant(name):
    raise Refused(name)

def unpack(parts):
    try:
        topic, text, pixels = (bytes(part) for part in parts)
        header = json.loads(text.decode("utf-8"), parse_constant=no_constant)
        assert type(header) is dict
        size, shape = SIZES[header["dtype"]], header["shape"]
        assert type(shape) is list and len(shape) < 33
        for number in [*shape, header["sequence"]]:
            assert type(number) is int and number in range(2**53)
        assert type(header["time"]) in (int, float) and -(2**53) < header["time"] < 2**53
        count = room = size
        for length in shape:
            count, room = count * length, room * max(length, 1)
        assert count == len(pixels) and room < 2**53
        frame = np.empty(shape, "<" + np.dtype(header["dtype"]).str[1:])
        frame.reshape(-1).view(np.uint8)[:] = np.frombuffer(pixels, np.uint8)
        return topic.decode("utf-8"), header, frame
    except (AssertionError, KeyError, TypeError) as error:
        raise Refused(repr(error)) from None
""",
    },
    "ppm": {
        "OpenCV's own": (
            "def ppm(frame):\n"
            '    return cv2.imencode(".ppm", np.ascontiguousarray(frame))[1].tobytes()\n'
        ),
        "spaces only": changed(PPM, "P6\\n{width} {height}\\n255\\n", "P6 {width} {height} 255 "),
        "pixel by pixel": (
            "def ppm(frame):\n"
            '    data = bytearray(b"P6 %d %d 255\\n" % (frame.shape[1], frame.shape[0]))\n'
            "    for row in frame.tolist():\n"
            "        for blue, green, red in row:\n"
            "            data += bytes([red, green, blue])\n"
            "    return data\n"
        ),
        "slices of a bytearray": """
def ppm(frame):
    height, width, _ = frame.shape
    data = bytearray(frame.tobytes())
    data[0::3], data[2::3] = data[2::3], data[0::3]
    return b"P6\\n%d\\n%d\\n255\\n" % (width, height) + bytes(data)
""",
        "by way of a file": """
import tempfile
from pathlib import Path


def ppm(frame):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "frame.ppm")
        with path.open("wb") as file:
            file.write(" ".join(map(str, ["P6", *frame.shape[1::-1], 255, ""])).encode())
            for row in frame:
                file.write(bytes(np.take(row, [2, 1, 0], axis=1)))
        return path.read_bytes()
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "unpack": {
        "whatever numpy takes": (
            "def unpack(parts):\n"
            "    header = json.loads(parts[1])\n"
            '    frame = np.frombuffer(parts[2], header["dtype"]).reshape(header["shape"])\n'
            "    return parts[0].decode(), header, frame\n",
            "raised an error|takes what is to be refused",
        ),
        "the impossible left to numpy": (
            changed(UNPACK, "* size >= 2**53", "* size < 0"),
            "takes what is to be refused.*nothing of just too much",
        ),
        "most significant byte first": (
            changed(UNPACK, '"<"', '">"'),
            "numbers of 'int16'.*expected: .-32768",
        ),
        "column by column": (
            changed(UNPACK, ", pixels)", ', pixels, order="F")'),
            "The numbers of 'grey",
        ),
        "the topic as bytes": (changed(UNPACK, "parts[0].decode()", "parts[0]"), "The topic of"),
        "the encoding guessed": (
            changed(UNPACK, "parts[1].decode()", "parts[1]"),
            "byte order mark|UTF-16",
        ),
        "what Python's JSON lets through": (
            changed(UNPACK, ", parse_constant=refuse", ""),
            "JSON has no NaN.*expected: a ValueError",
        ),
        "the first three parts": (
            changed(UNPACK, "len(parts) != 3", "len(parts) < 3"),
            "four parts",
        ),
        "a KeyError for a missing key": (
            changed(UNPACK, ' or not header.keys() >= {"dtype", "shape", "sequence", "time"}', ""),
            "KeyError",
        ),
        "true is a number": (
            changed(UNPACK, "type(value) is int", "isinstance(value, int)"),
            "a length that is true|true",
        ),
        "no limit": (changed(UNPACK, " < 2**53\n\n", "\n\n"), r"2\^53"),
        "whatever number it has": (
            changed(UNPACK, 'not whole(header["sequence"])', "False"),
            "sequence",
        ),
        "whatever time it has": (
            changed(UNPACK, "type(time) not in (int, float) or not abs(time) < 2**53", "False"),
            "time text",
        ),
        "any name that numpy knows": (
            changed(UNPACK, " or dtype not in names.split()", ""),
            "dtype",
        ),
        "at least as many bytes": (
            changed(UNPACK, "!= len(pixels)", "> len(pixels)"),
            "one byte too many",
        ),
        "nothing is refused": (
            "def unpack(parts):\n    try:\n"
            "        return zmqlab.unpack_frame(parts)\n"
            "    except ValueError:\n        return None\n",
            "takes what is to be refused.*it gave: None",
        ),
        "refuses everything": (
            'def unpack(parts):\n    raise ValueError("no")\n',
            "a good message",
        ),
        "numbers of any kind": (
            changed(UNPACK, "dtype not in names.split()", "not known(dtype)").replace(
                "    def refuse",
                "    def known(name):\n"
                "        try:\n"
                '            return np.dtype(name).kind in "biufc" and name[:1] not in "<>=|"\n'
                "        except TypeError:\n"
                "            return False\n\n"
                "    def refuse",
            ),
            "takes what is to be refused .dtype.*not in the table",
        ),
        "no NaN among its own keys": (
            changed(UNPACK, ", parse_constant=refuse", "").replace(
                "    dtype, shape, time =",
                "    def nan(value):\n"
                "        return isinstance(value, float) and not math.isfinite(value)\n\n"
                "    if any(map(nan, header.values())):\n"
                '        refuse("NaN")\n'
                "    dtype, shape, time =",
            ),
            "NaN within a list in its header; JSON has no NaN.*expected: a ValueError",
        ),
        "empties the list": (
            changed(
                UNPACK,
                "topic, pixels = parts[0].decode(), parts[2]",
                "topic, pixels = parts[0].decode(), parts.pop()",
            ),
            "has changed the list that it was given",
        ),
        "a short header only": (
            changed(UNPACK, "len(parts) != 3", "len(parts) != 3 or len(parts[1]) > 2**16"),
            "refuses parts of .* bytes, which are not too large",
        ),
    },
    "ppm": {
        "a line feed at the end": (
            changed(PPM, ".tobytes()", '.tobytes() + b"\\n"'),
            "Behind the last pixel something follows",
        ),
        "blue first": (
            changed(PPM, "frame[:, :, ::-1]", "frame"),
            "looks like red and blue exchanged",
        ),
        "height first": (
            changed(PPM, "{width} {height}", "{height} {width}"),
            "How the bytes begin when the frame is wider than high.*expected: 'P6 ",
        ),
        "text in place of bytes": (
            "def ppm(frame):\n    return 'P6 %d %d 255 ' % frame.shape[1::-1]\n",
            "expected: bytes",
        ),
        "no end of the text": (changed(PPM, "255\\n", "255"), "How the bytes begin when.*255 '"),
        "columns first": (changed(PPM, "tobytes()", 'tobytes("F")'), "reads another picture"),
        "upside down": (
            changed(PPM, "frame[:, :, ::-1]", "frame[::-1, :, ::-1]"),
            "looks like upside down",
        ),
        "another format": (
            "def ppm(frame):\n    return cv2.imencode('.png', frame)[1].tobytes()\n",
            "How the bytes begin.*expected: b'P6'",
        ),
        "pixels as text": (
            changed(PPM, "frame[:, :, ::-1].tobytes()", "str(frame.tolist()).encode()"),
            "besides the 9216 of the pixels",
        ),
        "turns the frame itself round": (
            "def ppm(frame):\n"
            "    frame[:] = frame[:, :, ::-1].copy()\n"
            '    return b"P6 %d %d 255 " % frame.shape[1::-1] + frame.tobytes()\n',
            "has changed the frame",
        ),
        "no pixels": (changed(PPM, " + frame[:, :, ::-1].tobytes()", ""), "besides the 9216"),
        "a comma between the lengths": (
            changed(PPM, "{width} {height}", "{width},{height}"),
            "How the bytes begin when.*expected: 'P6 64 48 255 '.*gave: b'P6.n64,48",
        ),
        "a comment": (
            changed(PPM, "P6\\n", "P6\\n# a frame\\n"),
            "How the bytes begin when.*expected: 'P6 64 48 255 '.*gave: b'P6.n# a frame",
        ),
        "pixels that look like blanks": (
            changed(PPM, ".tobytes()", ".tobytes().lstrip()"),
            "when the frame is one very dark pixel",
        ),
        "turns the frame round and back": (
            "def ppm(frame):\n"
            "    frame[:] = frame[:, :, ::-1].copy()\n"
            '    data = b"P6 %d %d 255 " % frame.shape[1::-1] + frame.tobytes()\n'
            "    frame[:] = frame[:, :, ::-1].copy()\n"
            "    return data\n",
            "when the frame is read-only.*raised an error.*read-only",
        ),
        "as they lie in memory": (
            changed(PPM, ".tobytes()", '.ravel("K").tobytes()'),
            "another picture when the frame lies column by column in memory",
        ),
        "thousands": (
            changed(PPM, "{width} {height}", "{width:,} {height:,}"),
            "1200 pixels wide.*gave: b'P6.n1,200 2",
        ),
        "mirrored": (
            changed(PPM, "frame[:, :, ::-1]", "frame[:, ::-1, ::-1]"),
            "left and right exchanged",
        ),
        "all bytes turned round": (
            changed(PPM, "frame[:, :, ::-1].tobytes()", "frame.tobytes()[::-1]"),
            "turned by half a turn",
        ),
        "tabs": (
            changed(PPM, "P6\\n{width} {height}\\n", "P6\\t{width}\\t{height}\\t"),
            "with one space or line feed after each",
        ),
        "the size of the first frame": (
            """
text = None


def ppm(frame):
    global text
    if text is None:
        text = b"P6 %d %d 255\\n" % (frame.shape[1], frame.shape[0])
    return text + frame[:, :, ::-1].tobytes()
""",
            "the frame is higher than wide.*expected: 'P6 4 9 255 '",
        ),
        "without gaps only": (
            changed(
                PPM,
                "frame[:, :, ::-1].tobytes()",
                "np.frombuffer(frame, np.uint8).reshape(-1, 3)[:, ::-1].tobytes()",
            ),
            "every second pixel of another, it raised an error",
        ),
        "as bright as it is": (
            changed(PPM, "255", "{frame.max()}"),
            "column by column.*expected: 'P6 7 5 255 '",
        ),
    },
}

if np.__version__ >= "2":  # older ones take no more than 32 themselves
    WRONG["unpack"]["33 dimensions"] = (
        changed(UNPACK, "len(shape) > 32", "len(shape) > 64"),
        "33 dimensions",
    )
