"""A camera that plays a video file."""

import os
import time
from typing import Any

import cv2

from .base import Camera, CameraError, EndOfVideo, Pacer, read_fps


class VideoFile(Camera):
    """The frames of a video file, as OpenCV decodes them, with the options of `open_camera`.

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
        if not os.path.isfile(self._path):
            raise CameraError(
                f"{self.source}: missing. The path is looked for in {os.getcwd()}; a camera that "
                'is no file is a number, "simulated", "picamera" or "auto"'
            )
        self._capture = cv2.VideoCapture(self._path)
        there, self._first = self._capture.read()
        if not there:
            self._capture.release()
            raise CameraError(
                f"{self.source}: not a video, or OpenCV cannot decode it; "
                "MP4 (H.264) and AVI (Motion JPEG) files work"
            )

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
