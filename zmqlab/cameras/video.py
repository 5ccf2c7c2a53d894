"""A camera that plays a video file, or a folder of pictures."""

import contextlib
import os
import re
import time
from typing import Any

import cv2
import numpy as np

from .base import Camera, CameraError, EndOfVideo, Pacer, read_fps


class VideoFile(Camera):
    """The frames of a video file, as OpenCV decodes them, with the options of `open_camera`.

    Or the pictures in a folder, in the order of the numbers in their names, 30 a second.

    If it is to `loop`, the first frame follows the last; otherwise `read` raises `EndOfVideo`.
    """

    def __init__(
        self, path: str, *, paced: bool = True, loop: bool = True, clock: Any = time
    ) -> None:
        self.source = f"video file {path}"
        self._path, self._loop = path, loop
        self._settings = {}
        self._count = 0
        self._rewind()
        self._shape = self._first.shape
        self.fps = read_fps(self._capture)
        self._pacer = Pacer(self.fps, clock) if paced else None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and 3: the shape of each frame."""
        return self._shape

    def _rewind(self):
        """Open the file anew and decode its first frame: what cannot be decoded is no video."""
        if not _is_utf8(self._path):
            raise CameraError(
                f"video file {self._path!a}: OpenCV takes no name that is not UTF-8; rename it"
            )
        folder = os.path.isdir(self._path)
        if not folder and not os.path.isfile(self._path):
            raise CameraError(
                f"{self.source}: missing. The path is looked for in {os.getcwd()}; a camera that "
                'is no file is a number, "simulated", "picamera" or "auto"'
            )
        self._capture = Pictures(self._path) if folder else cv2.VideoCapture(self._path)
        there, self._first = self._capture.read()
        if not there:
            self._capture.release()
            remedy = "MP4 (H.264) and AVI (Motion JPEG) files work"
            remedy = "there is no picture in this folder" if folder else remedy
            raise CameraError(f"{self.source}: not a video, or OpenCV cannot decode it; {remedy}")

    def _read(self):
        if self._pacer:
            self._pacer.wait()
        frame, self._first = self._first, None
        if frame is None:
            frame = self._capture.read()[1]
        if frame is None and self._loop:
            self._capture.release()
            self._rewind()
            frame, self._first = self._first, None
        if frame is None:
            raise EndOfVideo(
                f"{self.source}: ended after {self._count} frames; open it again, or with loop=True"
            )
        self._count += 1
        return frame

    def _close(self):
        self._capture.release()


class Pictures:
    """The pictures in a folder, read as `cv2.VideoCapture` reads a film."""

    def __init__(self, folder: str) -> None:
        names = sorted(os.listdir(folder), key=numbers_in)
        self._paths = (os.path.join(folder, name) for name in names if _is_picture(folder, name))

    def read(self) -> tuple[bool, Any]:
        """Return whether there is another picture, and the picture, BGR."""
        if (path := next(self._paths, None)) is None:
            return False, None
        picture = None
        with contextlib.suppress(OSError, cv2.error):
            picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        if picture is None:
            raise CameraError(f"picture {path}: broken, or OpenCV cannot decode it; take it away")
        return True, picture

    def get(self, what: int) -> float:
        """Return what `cv2.VideoCapture` does of something unknown."""
        return 0.0

    def release(self) -> None:
        """Hold nothing."""


def _is_utf8(path):
    """Tell whether OpenCV takes a path: at one that is not UTF-8, the interpreter crashes."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_picture(folder, name):
    """Tell by its first bytes or, where OpenCV does not find it by its path, by its ending."""
    path, ending = os.path.join(folder, name), os.path.splitext(name)[1]
    if name.startswith(".") or not os.path.isfile(path):  # ._1.png is what macOS lays beside 1.png
        return False
    if path.isascii():  # OpenCV finds it
        return cv2.haveImageReader(path)
    if _is_utf8(path) and cv2.haveImageReader(path):
        return True
    return _is_utf8(ending) and cv2.haveImageWriter(f"x{ending}")


def numbers_in(name: str) -> list[tuple[int, str]]:
    """Return what to sort file names by: `frame 2` comes before `frame 10`."""
    return [(int(part or 0), text) for text, part in re.findall(r"(\D*)(\d*)", name)]
