"""The beginning of a part of a message, and, if it is a picture, a small one: for who looks on.

::

    {"size": 921600, "begins": "7f3a...",          as hex, at most 400 bytes
     "picture": {"kind": "bmp", "bytes": "..."}}       base64

`picture` is there of a frame, whose header comes before it, and of a short JPEG or PNG (its kind
is then "jpeg" or "png").
"""

import base64
import json
import math
import struct
import sys
import time
from contextlib import suppress

BEGINNING = 400  # bytes: the header of a frame is shorter
THUMBNAIL = 80, 60  # pixels
MOST_PICTURE = 60_000  # bytes of a JPEG or PNG
PERIOD = 0.02  # seconds between pictures of a process: they take 20 microseconds each
_KINDS = {b"\xff\xd8\xff": "jpeg", b"\x89PNG": "png"}
_next_picture = 0.0


def sample(part, before):
    """Return what is kept of a part: drawn above.

    Parameters
    ----------
    part : memoryview
        Its bytes.
    before : list of dict
        Samples of the parts of the same message before it.
    """
    global _next_picture
    begins = bytes(part[:BEGINNING])
    found = {"size": len(part), "begins": begins.hex()}
    if len(part) > BEGINNING and time.monotonic() >= _next_picture:
        kind, picture = _picture(part, begins, before)
        if picture:
            _next_picture = time.monotonic() + PERIOD
            found["picture"] = {"kind": kind, "bytes": base64.b64encode(picture).decode()}
    return found


def _picture(part, begins, before):
    kind = next((kind for mark, kind in _KINDS.items() if begins.startswith(mark)), None)
    if kind is None and before:
        return "bmp", _thumbnail(part, before[-1]["begins"])
    return kind, part if kind and len(part) <= MOST_PICTURE else None


def _thumbnail(part, header):
    """Return a frame with fewer pixels, if the part before it is the header of one."""
    numpy = sys.modules.get("numpy")  # whoever sends frames has it
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        about = json.loads(bytes.fromhex(header))
        height, width = about["shape"][:2]
        if about["dtype"] == "uint8" and height > 0 and width > 0:
            pixels = numpy.frombuffer(part, numpy.uint8).reshape(about["shape"])
            step = math.ceil(max(width / THUMBNAIL[0], height / THUMBNAIL[1]))
            small = pixels[::step, ::step]
            if small.ndim == 2:
                small = numpy.repeat(small[..., None], 3, axis=2)
            if small.shape[2] == 3:
                return _bmp(small)
    return None


def _bmp(picture):
    """Return a picture, BGR, as an image file that needs no library to be made."""
    height, width, _ = picture.shape
    fill = bytes(-3 * width % 4)  # so that each row has a multiple of 4 bytes
    rows = b"".join(row.tobytes() + fill for row in picture[::-1])
    head = b"BM" + struct.pack("<IIIIiiHH", 54 + len(rows), 0, 54, 40, width, height, 1, 24)
    return head.ljust(54, b"\0") + rows
