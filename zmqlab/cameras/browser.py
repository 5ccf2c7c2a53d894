"""The webcam of a browser, which `zmqlab.browser_camera` publishes."""

import contextlib
import json
import os
import threading
from typing import Any

import numpy as np
import zmq

from zmqlab.wire.keys import KeysError
from zmqlab.wire.sockets import connect, recv_parts, who_listens

from .base import INSTEAD, Camera, CameraError

# The variables with its endpoint, and the folder of its keys, if it has some: `browser_camera` sets
# them, and processes started later inherit them.
ENDPOINT, KEYS = "ZMQLAB_BROWSER_CAMERA", "ZMQLAB_BROWSER_CAMERA_KEYS"
_LARGEST = 8_000_000  # bytes of a frame


class BrowserCamera(Camera):
    """What a page sends: the newest frame at each `read`.

    While no page does, it is a simulated camera's, with the reason written into the picture;
    `source` says so, and `live` is False. Size and rate are chosen in the page.
    """

    live = False

    def __init__(self, timeout: float = 5.0) -> None:
        self._endpoint, self._settings = os.environ.get(ENDPOINT, ""), {}
        self._keys = os.environ.get(KEYS) or None
        if not self._endpoint:
            raise CameraError(
                "browser: this process knows of no browser's camera. Run browser_camera() in a "
                "cell, and start this process after it; or, in a terminal, first set the variable "
                f"{ENDPOINT} to the endpoint that the cell shows; {INSTEAD}"
            )
        self._parts: list[Any] | None = None  # the newest message, until somebody reads it
        self._news = threading.Condition()
        self._context = zmq.Context()
        self._thread = threading.Thread(target=self._receive, args=(self._subscribe(),))
        self._thread.daemon = True
        self._thread.start()
        try:
            self._shape = self._wait(timeout).shape
        except BaseException:
            self.close()
            raise

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and 3: the shape of the last frame."""
        return self._shape

    def _subscribe(self):
        socket = self._context.socket(zmq.SUB)
        socket.rcvhwm, socket.linger = 2, 0
        socket.subscribe("camera/")
        try:
            connect(socket, self._endpoint, _LARGEST, self._keys)
        except (zmq.ZMQError, KeysError) as error:
            self._context.destroy(linger=0)
            raise CameraError(
                f"browser: {ENDPOINT} is {self._endpoint!r}, to which nothing can be connected "
                f"({error}). It is the endpoint that browser_camera() shows; {INSTEAD}"
            ) from None
        return socket

    def _receive(self, socket):
        """Keep the newest message. A thread does, so that none becomes old in a queue."""
        with socket:
            while not self.closed:
                with contextlib.suppress(TimeoutError):
                    parts = [part.bytes for part in recv_parts(socket, 0.2)]
                    with self._news:
                        self._parts = parts
                        self._news.notify_all()

    def _read(self):
        frame = self._wait(10.0)
        self._shape = frame.shape
        return frame

    def _wait(self, timeout):
        """Return the newest frame that was not read yet."""
        with self._news:
            self._news.wait_for(lambda: self._parts, timeout)
            parts, self._parts = self._parts, None
        again = f"run browser_camera() again, and open this camera again; {INSTEAD}"
        if parts is None:
            who = who_listens(self._endpoint, keys=self._keys, kind=zmq.SUB)
            raise CameraError(
                f"browser: no frame came from {self._endpoint} within {timeout:g} s: {who}. If the "
                f"process that publishes it has ended, {again}"
            )
        try:
            header = json.loads(parts[1])
            if header.get("end"):
                raise CameraError(f"browser: the process that publishes it has ended; {again}")
            frame = np.frombuffer(parts[2], np.uint8).reshape(header["shape"])
            if frame.ndim != 3 or frame.shape[2] != 3:
                raise ValueError(f"its shape is {frame.shape}")
            self.fps = float(header["fps"])
            self.live = header["source"] == "browser"
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise CameraError(
                f"browser: what {self._endpoint} publishes is no frame of a browser ({error!r}); "
                f"{ENDPOINT} must be the endpoint that browser_camera() shows"
            ) from None
        self.source = "browser" if self.live else "browser (simulated: no page gives pictures)"
        return frame.copy()

    def _close(self):
        self._thread.join()  # it uses the socket, and looks every 0.2 s whether it may go on
        self._context.destroy(linger=0)
