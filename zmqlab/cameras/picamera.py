"""The camera of a Raspberry Pi, through picamera2.

Its manual: https://datasheets.raspberrypi.com/camera/picamera2-manual.pdf
"""

from .base import INSTEAD, Camera, CameraError

FRAME_TIME = 33333  # µs
TIMEOUT = 10.0  # s, for a frame


class PiCamera(Camera):
    """The first camera module of a Raspberry Pi; size and exposure can be set."""

    source = "picamera"
    fps = 1e6 / FRAME_TIME

    def __init__(self) -> None:
        self._device = _open()
        self._controls: dict = {"FrameDurationLimits": (FRAME_TIME, FRAME_TIME)}
        self._settings = {}
        try:
            self._start((640, 480))
            exposure = self._device.capture_metadata(wait=TIMEOUT)["ExposureTime"] / 1e6
            self._settings["exposure"] = exposure
        except (RuntimeError, TimeoutError) as error:
            self.close()
            raise CameraError(f"picamera: gives no frame ({error}); check its cable") from error

    def _start(self, size):
        # A trap: what picamera2 calls RGB888 lies in memory as blue, green, red (manual, appendix
        # A), as OpenCV has it.
        config = self._device.create_video_configuration(
            main={"size": size, "format": "RGB888"}, controls=self._controls
        )
        self._device.configure(config)
        self._settings["size"] = tuple(self._device.camera_configuration()["main"]["size"])
        shortest, longest, _ = self._device.camera_controls["ExposureTime"]
        exposures = shortest / 1e6, min(longest, FRAME_TIME) / 1e6
        self.limits = {"size": (16, 4096), "exposure": exposures}
        self._device.start()

    def _set(self, settings):
        if "size" in settings:
            self._resize(settings["size"])
        if "exposure" in settings:
            by_hand = {"AeEnable": False, "ExposureTime": round(settings["exposure"] * 1e6)}
            self._controls |= by_hand  # for the next start, too
            self._device.set_controls(by_hand)
            self._settings["exposure"] = settings["exposure"]

    def _resize(self, size):
        before = self._settings["size"]
        self._device.stop()
        self._start(size)
        given = self._settings["size"]
        if given != size:
            self._device.stop()
            self._start(before)
            raise CameraError(f"picamera: size={size}; the nearest it has is {given}")

    def _read(self):
        try:
            return self._device.capture_array("main", wait=TIMEOUT)
        except TimeoutError as error:
            self._device.cancel_all_and_flush()  # or closing would wait for ever
            raise CameraError(
                f"picamera: gave no frame in {TIMEOUT:g} s; check its cable, then open it again"
            ) from error

    def _close(self):
        self._device.close()


def _open():
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise CameraError(
            "picamera: picamera2 is not installed. On a Raspberry Pi: sudo apt install "
            "python3-picamera2, and make the virtual environment with --system-site-packages; "
            f"{INSTEAD}"
        ) from error
    try:
        return Picamera2()
    except IndexError as error:  # it takes the first of an empty list
        raise CameraError(
            "picamera: no such camera. Check its cable; rpicam-hello --list-cameras tells what "
            f"the Raspberry Pi sees; {INSTEAD}"
        ) from error
    except RuntimeError as error:
        raise CameraError(
            f"picamera: busy. Close the program that has it ({error}); {INSTEAD}"
        ) from error
