"""What all cameras have in common: how they are used, how they fail, how they keep time."""

import math
import time


class CameraError(RuntimeError):
    """A camera does not do what it was asked; the text says why and what to do."""


class EndOfVideo(CameraError):
    """A video file that does not loop has no more frames."""


class Camera:
    """Where frames come from.

    `open_camera` makes one. Use it with ``with``, so that the device is given back::

        with open_camera() as camera:
            frame = camera.read()        # the next frame
            for frame in camera: ...     # one after the other

    A new kind of camera is a class with a `source`, an `fps`, `settings`, and the three methods
    that begin with an underscore.

    Attributes
    ----------
    source : str
        What was opened: ``"webcam 0"``, ``"simulated"``, ...
    fps : float
        Frames per second, as the camera declares them.
    """

    source = "camera"
    fps = 30.0
    closed = False

    @property
    def shape(self):
        """Height, width and 3: the shape of each frame."""
        width, height = self.settings["size"]
        return (height, width, 3)

    @property
    def settings(self):
        """What can be set, and its value now: a dict."""
        raise NotImplementedError

    def read(self):
        """Wait for the next frame.

        Returns
        -------
        numpy.ndarray
            Height x width x 3, uint8, BGR: a fresh array each time, yours to keep or change.

        Raises
        ------
        CameraError
            When no frame comes, with the reason and what to do; `EndOfVideo` at the end of a
            file that does not loop.
        """
        if self.closed:
            raise CameraError(f"{self.source}: closed; open it again with open_camera")
        return self._read()

    def set(self, /, **settings):
        """Change settings.

        Raises
        ------
        CameraError
            For a setting this camera does not have, or a value it does not take.
        """
        has = self.settings
        for name, value in settings.items():
            if name not in has:
                offer = "it has " + ", ".join(has) if has else "nothing can be set"
                raise CameraError(f"{self.source}: no setting {name} (={value!r}); {offer}")
        if self.closed:
            raise CameraError(f"{self.source}: closed; open it again with open_camera")
        if settings:
            self._set(settings)

    def close(self):
        """Give the device back. Closing twice is safe."""
        if not self.closed:
            self.closed = True
            self._close()

    def _read(self):
        raise NotImplementedError

    def _set(self, settings):
        raise NotImplementedError

    def _close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def __iter__(self):
        while True:
            try:
                frame = self.read()
            except EndOfVideo:
                return
            yield frame


class Pacer:
    """Lets a frame through every 1/fps seconds, without drift.

    Frame number i is due at ``start + i / fps``, so a frame that is late does not delay those
    after it. A reader that was away for long finds `BUFFERS` frames waiting, as in the driver of
    a real camera, and not the film of all it missed.

    Parameters
    ----------
    fps : float
        Frames per second.
    clock, sleep : callable
        The time in seconds, and how to let some pass; a test brings its own.
    """

    BUFFERS = 4

    def __init__(self, fps, clock=time.monotonic, sleep=time.sleep):
        self.period = 1 / fps
        self.clock, self.sleep = clock, sleep
        self.start = None
        self.number = 0

    def wait(self):
        """Return when the next frame is due; the first one is due at once."""
        now = self.clock()
        if self.start is None:
            self.start = now
        newest = math.floor((now - self.start) / self.period)
        self.number = max(self.number, newest - self.BUFFERS + 1)
        due = self.start + self.number * self.period
        if due > now:
            self.sleep(due - now)
        self.number += 1


def check_size(source, value, smallest=16, largest=4096):
    """Return `value` as (width, height), two whole numbers, or raise `CameraError`."""
    try:
        width, height = (int(length) for length in value)
        good = [width, height] == list(value)
    except (TypeError, ValueError, OverflowError):
        good = False
    if not (good and smallest <= width <= largest and smallest <= height <= largest):
        raise CameraError(
            f"{source}: size={value!r}; give (width, height), two whole numbers "
            f"from {smallest} to {largest}, e.g. (640, 480)"
        )
    return width, height


def check_number(source, name, value, low, high):
    """Return `value`, a number from `low` to `high`, or raise `CameraError`."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (number and low <= value <= high):
        raise CameraError(f"{source}: {name}={value!r}; give a number from {low:g} to {high:g}")
    return value


def read_fps(capture):
    """Return the frames per second that a capture declares, 30 if it declares nonsense."""
    import cv2

    fps = capture.get(cv2.CAP_PROP_FPS)
    return fps if math.isfinite(fps) and 0 < fps <= 1000 else 30.0
