"""What all cameras have in common: how they are used, how they fail, how they keep time."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from numbers import Integral, Real
from types import MappingProxyType
from typing import Any

import numpy as np

INSTEAD = 'or go on with camera="simulated"'  # ends the advice on a device that does not work


class CameraError(RuntimeError):
    """A camera does not do what it was asked; the text says why and what to do."""


class EndOfVideo(CameraError):
    """A video file that does not loop has no more frames."""


class Camera(AbstractContextManager["Camera"]):
    """Where frames come from.

    `open_camera` makes one. Use it with ``with``, so that the device is given back::

        with open_camera() as camera:
            frame = camera.read()        # the next frame
            for frame in camera: ...     # one after the other

    A new kind of camera is a class with a `source`, an `fps`, `_settings` with their `limits`, and
    the methods `_read`, `_set` and `_close`. Making one raises a `CameraError` if it cannot be.

    Attributes
    ----------
    source : str
        What was opened: ``"webcam 0"``, ``"simulated"``, ...
    fps : float
        Frames per second, as the camera declares them.
    limits : dict
        The lowest and the highest value of a setting.
    """

    source = "camera"
    fps = 30.0
    closed = False
    limits: Mapping[str, tuple[float, float]] = MappingProxyType({})
    _settings: dict[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """What can be set, and its value now."""
        return dict(self._settings)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and 3: the shape of each frame."""
        width, height = self.settings["size"]
        return (height, width, 3)

    def read(self) -> np.ndarray:
        """Wait for the next frame.

        Returns
        -------
        numpy.ndarray
            Height x width x 3, uint8, BGR: a fresh array each time, yours to keep or change.

        Raises
        ------
        CameraError
            If no frame comes, with the reason and what to do; `EndOfVideo` at the end of a file
            that does not loop.
        """
        if self.closed:
            raise CameraError(f"{self.source}: closed; open it again with open_camera")
        return self._read()

    def set(self, /, **settings: Any) -> None:
        """Change settings; all are looked at before the first is changed.

        Raises
        ------
        CameraError
            If the camera does not have a setting, or does not take its value.
        """
        has = self.settings
        for name, value in settings.items():
            if name not in has:
                offer = "it has " + ", ".join(has) if has else "nothing can be set"
                raise CameraError(f"{self.source}: no setting {name} (={value!r}); {offer}")
        if self.closed:
            raise CameraError(f"{self.source}: closed; open it again with open_camera")
        if settings:
            self._set({name: self._checked(name, value) for name, value in settings.items()})

    def close(self) -> None:
        """Give the device back. Closing twice is safe."""
        if not self.closed:
            self.closed = True
            self._close()

    def _read(self) -> np.ndarray:
        raise NotImplementedError

    def _set(self, settings: dict[str, Any]) -> None:
        raise NotImplementedError

    def _close(self) -> None:
        pass

    def _checked(self, name, value):
        """Return the value that a setting is to have, in the type that it has now."""
        if name not in self.limits:
            return value
        low, high = self.limits[name]
        kind = type(self.settings[name])
        numbers = value if kind is tuple and isinstance(value, tuple | list) else [value]
        if len(numbers) != (2 if kind is tuple else 1) or not all(
            isinstance(number, Real if kind is float else Integral)
            and not isinstance(number, bool)
            and low <= number <= high
            for number in numbers
        ):
            two = "(width, height), for example (640, 480), two whole numbers"
            asked = {float: "a number", int: "a whole number", tuple: two}[kind]
            raise CameraError(
                f"{self.source}: {name}={value!r}; give {asked} from {low:g} to {high:g}"
            )
        return tuple(map(int, numbers)) if kind is tuple else kind(value)

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[np.ndarray]:
        with suppress(EndOfVideo):
            while True:
                yield self.read()


class Pacer:
    """Lets a frame through every 1/fps seconds, without drift.

    Frame number i is due at ``start + i / fps``, so a frame that is late does not delay those
    after it. A reader that was away for long finds `BUFFERS` frames waiting, as in the driver of
    a real camera, and not the film of all it missed.

    Parameters
    ----------
    fps
        Frames per second.
    clock
        Has `monotonic` and `sleep`, as the module `time` does; a test brings its own.
    """

    BUFFERS = 4

    def __init__(self, fps: float, clock: Any = time) -> None:
        self.period, self.clock = 1 / fps, clock
        self.start: float | None = None
        self.number = 0

    def wait(self) -> None:
        """Return when the next frame is due; the first one is due at once."""
        now = self.clock.monotonic()
        if self.start is None:
            self.start = now
        newest = math.floor((now - self.start) / self.period)
        self.number = max(self.number, newest - self.BUFFERS + 1)
        due = self.start + self.number * self.period
        if due > now:
            self.clock.sleep(due - now)
        self.number += 1


def read_fps(capture: Any) -> float:
    """Return the frames per second that a capture declares, 30 if it declares nonsense."""
    import cv2

    fps = capture.get(cv2.CAP_PROP_FPS)
    return fps if math.isfinite(fps) and 0 < fps <= 1000 else 30.0
