"""A webcam, through OpenCV."""

import atexit
import queue
import threading
import time
from concurrent.futures import Future
from typing import Any

import numpy as np

from . import device
from .base import Camera, CameraError, read_fps

_open: dict[int, "Webcam"] = {}  # number: the Webcam that has it, of this process


class Webcam(Camera):
    """A webcam by its number: the newest frame at each `read`.

    OpenCV can be stuck in a device for long, and hands out frames in the order in which they lie
    in the driver, old ones first. So a thread has the device to itself, from opening it to giving
    it back. It takes frame after frame and keeps the newest, so that a reader can wait for one
    with a timeout. That thread changes the settings too, between two frames: size, and exposure if
    the webcam tells its own.

    Opening a webcam that this process has open already, as running a cell again does, closes the
    earlier one. The first frame may take ten seconds; `timeout` is how many to wait for it.
    """

    limits = device.LIMITS

    def __init__(self, number: int, timeout: float = 20.0) -> None:
        self.source = f"webcam {number}"
        self._number = number
        self._frame: np.ndarray | None = None  # the newest, until somebody reads it
        self._failure: str | None = None  # why there will be no more
        self._news = threading.Condition()  # of the two above
        self._asked = time.monotonic()  # when somebody last wanted a frame
        self._orders: queue.SimpleQueue[tuple[dict[str, Any], Future]] = queue.SimpleQueue()
        self._settings = {}
        if number in _open:
            _open[number].close()
        device.check_present(number)
        self._thread = threading.Thread(target=self._run, name=self.source, daemon=True)
        self._thread.start()
        _open[number] = self
        try:
            self._wait(timeout)
        except BaseException:
            self.close()
            raise

    def _read(self):
        frame = self._wait(10.0)
        with self._news:
            self._frame = None
        return frame

    def _wait(self, timeout):
        """Return the newest frame that was not read yet."""
        with self._news:
            self._asked = float("inf")  # as long as somebody waits
            try:
                self._news.wait_for(lambda: self._frame is not None or self._failure, timeout)
            finally:
                self._asked = time.monotonic()
            if self._frame is None:
                problem = f"gives no frame within {timeout:g} s"
                raise CameraError(self._failure or device.why_not(self._number, problem))
            return self._frame

    def _set(self, settings):
        done = Future()
        self._orders.put((settings, done))
        if self._failure:
            raise CameraError(self._failure)
        try:
            done.result(timeout=10.0)
        except TimeoutError:
            raise CameraError(f"{self.source}: did not take {settings} within 10 s") from None

    def _close(self):
        _open.pop(self._number, None)
        self._thread.join(2.0)  # if OpenCV is stuck, the thread ends when OpenCV comes back

    # From here on: what the thread does.

    def _run(self):
        capture, failure = None, f"{self.source}: closed"
        try:
            capture = device.open_capture(self._number)
            self._settings = device.read_settings(capture)
            self.fps = read_fps(capture)
            self._film(capture)
        except Exception as error:  # the reader who waits for a frame must know
            failure = str(error)
        if capture:
            capture.release()
        self._tell(None, failure)

    def _film(self, capture):
        """Take frame after frame, until this camera is closed."""
        misses = 0
        while not self.closed:
            self._obey(capture)
            there, frame = capture.grab(), None
            if there and time.monotonic() - self._asked < 1:  # unwatched, it need not be decoded
                there, frame = capture.retrieve()
            misses = 0 if there else misses + 1
            if misses == 10:
                raise CameraError(f"{self.source}: gives no more frames; is it still plugged in?")
            self._tell(frame)

    def _tell(self, frame, failure=None):
        with self._news:
            self._frame, self._failure = frame, failure
            self._news.notify_all()

    def _obey(self, capture):
        """Carry out the orders that came since the last frame."""
        while not self._orders.empty():
            settings, done = self._orders.get()
            refused = None
            try:
                device.write_settings(capture, self.source, settings)
            except CameraError as error:
                settings, refused = {}, error  # perhaps of the second one: the first has changed
            self._settings |= settings | device.read_settings(capture)
            self._tell(None)  # the newest frame is from before
            done.set_exception(refused) if refused else done.set_result(None)


@atexit.register
def _close_all():
    """Close all webcams: no thread may be inside OpenCV when the interpreter goes."""
    for camera in list(_open.values()):
        camera.close()
