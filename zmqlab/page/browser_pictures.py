"""Take apart what a page sends of its camera: nothing of it is believed before it is checked."""

import json
from typing import Any

import cv2
import numpy as np

SMALLEST, LONGEST_SIDE = 64, 1920  # pixels
LARGEST = 1920 * 1080  # pixels of a picture
_PLANES = {"I420": cv2.COLOR_YUV2BGR_I420, "NV12": cv2.COLOR_YUV2BGR_NV12}
# Segments of a JPEG that have a length, up to the first that tells its size: baseline ones, which
# all browsers write. A progressive JPEG may keep a decoder busy for minutes.
_PASSED, _SIZE = {0xC4, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)}, {0xC0, 0xC1}


def decode_picture(message: bytes) -> tuple[np.ndarray, dict[str, Any]]:
    """Return the frame in a message, BGR, and what the page says of it.

    The message is drawn in `zmqlab.page.browser_server`.

    Raises
    ------
    ValueError, LookupError, TypeError, RecursionError
        If it is no such message; the text says what is wrong.
    """
    length = int.from_bytes(message[:4], "big")
    about, pixels = json.loads(message[4 : 4 + length]), message[4 + length :]
    size = width, height = about["width"], about["height"]
    check_size(size)
    for name, most in ("fps", 1000), ("time", 2**53):
        number = about[name]
        if type(number) not in (int, float) or not 0 < number < most:  # nor a NaN
            raise ValueError(f"{name} is {number!r:.40}")
    if about["format"] in _PLANES:
        if width % 2 or height % 2 or len(pixels) != width * height * 3 // 2:
            raise ValueError(f"{len(pixels)} bytes are no planes of {width} x {height} pixels")
        planes = np.frombuffer(pixels, np.uint8).reshape(height * 3 // 2, width)
        return cv2.cvtColor(planes, _PLANES[about["format"]]), about
    if about["format"] != "jpeg":
        raise ValueError(f"the format is {about['format']!r:.40}, not jpeg, I420 or NV12")
    if jpeg_size(pixels) != size:  # before it is decoded: a few bytes may claim to be gigabytes
        raise ValueError(f"a JPEG of {jpeg_size(pixels)} pixels was to be of {size}")
    way = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        frame = cv2.imdecode(np.frombuffer(pixels, np.uint8), way)
    except cv2.error as error:
        raise ValueError(f"a JPEG that OpenCV refuses: {error}") from None
    if frame is None or frame.shape != (height, width, 3):
        raise ValueError("a JPEG that OpenCV cannot decode")
    return frame, about


def check_size(size: Any) -> None:
    """Raise ValueError for what is no width and height of a picture, or too small or large."""
    numbers = tuple(size) if isinstance(size, tuple | list) else ()
    whole = len(numbers) == 2 and all(type(number) is int for number in numbers)
    if (
        not whole
        or min(numbers) < SMALLEST
        or max(numbers) > LONGEST_SIDE
        or (numbers[0] * numbers[1] > LARGEST)
    ):
        raise ValueError(
            f"size={size!r:.40}: give (width, height), for example (640, 480), from {SMALLEST} to "
            f"{LONGEST_SIDE} pixels and at most {LARGEST:,} in all"
        )


def jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Return width and height from the header of a baseline JPEG; ValueError if it is none."""
    at = 2
    while jpeg[:2] == b"\xff\xd8" and at + 9 <= len(jpeg) and jpeg[at] == 0xFF:
        if jpeg[at + 1] in _SIZE:
            return int.from_bytes(jpeg[at + 7 : at + 9]), int.from_bytes(jpeg[at + 5 : at + 7])
        if jpeg[at + 1] not in _PASSED:
            break
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    raise ValueError("what should be a baseline JPEG is none")
