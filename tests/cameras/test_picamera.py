"""The camera of a Raspberry Pi, with a stand-in for picamera2.

Its interface is that of the manual, https://datasheets.raspberrypi.com/camera/picamera2-manual.pdf
"""

import sys
import types

import numpy as np
import pytest

from zmqlab.cameras import CameraError, open_camera


class Picamera2:
    """As much of picamera2.Picamera2 as its manual promises and we use; controls lag not."""

    camera_controls = {"ExposureTime": (100, 1_000_000, 20_000)}  # noqa: RUF012
    broken = None

    def __init__(self, camera_num=0):
        type(self).opened = self
        if self.broken is not None and not isinstance(self.broken, TimeoutError):
            raise self.broken
        self.state, self.controls, self.config = "open", {"ExposureTime": 20_000}, None

    def create_video_configuration(self, main=None, controls=None):
        width, height = main["size"]
        assert main["format"] == "RGB888"
        size = (width - width % 2, height - height % 2)  # it aligns
        return {"main": {"size": size, "format": "RGB888"}, "controls": controls}

    def configure(self, config):
        assert self.state != "started", "Camera must be stopped before configuring"
        self.config = config
        self.controls = {"ExposureTime": 20_000} | config["controls"]  # those before are gone

    def camera_configuration(self):
        return self.config

    def start(self):
        self.state = "started"

    def stop(self):
        self.state = "stopped"

    def close(self):
        self.state = "closed"

    def set_controls(self, controls):
        self.controls |= controls

    def capture_metadata(self, wait=None):
        assert self.state == "started"
        return {"ExposureTime": self.controls["ExposureTime"]}

    def capture_array(self, name="main", wait=None):
        assert self.state == "started"
        assert 0 < wait < 60
        if self.broken:
            raise self.broken
        width, height = self.config["main"]["size"]
        return np.full((height, width, 3), (200, 100, 50), np.uint8)  # RGB888: blue comes first

    def cancel_all_and_flush(self):
        self.state = "flushed"


@pytest.fixture
def raspberry(monkeypatch):
    kind = type("Picamera2", (Picamera2,), {})
    monkeypatch.setitem(sys.modules, "picamera2", types.SimpleNamespace(Picamera2=kind))
    return kind


def test_picamera_gives_blue_green_red(raspberry):
    with open_camera("picamera") as camera:
        frame = camera.read()
        assert camera.shape == frame.shape == (480, 640, 3)
        assert frame[0, 0].tolist() == [200, 100, 50]
        assert camera.fps == pytest.approx(30, rel=1e-3)
    assert raspberry.opened.state == "closed"


def test_picamera_is_set(raspberry):
    with open_camera("picamera", size=(320, 240), exposure=0.005) as camera:
        assert camera.settings == {"size": (320, 240), "exposure": 0.005}
        assert camera.read().shape == (240, 320, 3)
        assert raspberry.opened.controls["ExposureTime"] == 5000
        assert raspberry.opened.controls["AeEnable"] is False
        camera.set(size=(640, 480))
        assert raspberry.opened.controls["ExposureTime"] == 5000  # kept over a restart
        with pytest.raises(CameraError, match=r"size=\(321, 240\); the nearest it has"):
            camera.set(size=(321, 240))
        assert camera.read().shape == (480, 640, 3)
        with pytest.raises(CameraError, match="exposure=1"):  # longer than a frame lasts
            camera.set(exposure=1)
        assert camera.settings == {"size": (640, 480), "exposure": 0.005}


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (IndexError("list index out of range"), "no such camera"),
        (RuntimeError("Camera __init__ sequence did not complete."), "busy"),
    ],
)
def test_picamera_that_does_not_open(raspberry, broken, words):
    raspberry.broken = broken
    with pytest.raises(CameraError, match=f"{words}.*simulated"):
        open_camera("picamera")


def test_picamera_that_gives_no_frame(raspberry):
    with open_camera("picamera") as camera:
        raspberry.broken = TimeoutError()
        with pytest.raises(CameraError, match="no frame in 10 s"):
            camera.read()
        assert raspberry.opened.state == "flushed"


def test_picamera_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(CameraError, match=r"python3-picamera2.*simulated"):
        open_camera("picamera")
