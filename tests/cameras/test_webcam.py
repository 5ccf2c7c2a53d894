"""Webcams.

No test can count on having one, so a stand-in with OpenCV's interface takes a device's place
(https://docs.opencv.org/4.x/d8/dfe/classcv_1_1VideoCapture.html).
"""

import itertools
import os
import queue
import re
import subprocess
import sys
import threading
import types

import cv2
import numpy as np
import pytest

from zmqlab.cameras import CameraError, device, open_camera, webcam
from zmqlab.cameras.webcam import Webcam


class Device:
    """What a `cv2.VideoCapture` does, with frames when the test gives them."""

    def __init__(self):
        self.frames = queue.Queue()
        self.has = {cv2.CAP_PROP_FRAME_WIDTH: 64, cv2.CAP_PROP_FRAME_HEIGHT: 48}
        self.has |= {cv2.CAP_PROP_FPS: 25, cv2.CAP_PROP_EXPOSURE: 100}
        self.fixed = set()  # properties that it does not let anybody change
        self.runs = False  # whether it gives frames of its own accord
        self.taken = threading.Semaphore(0)
        self.decoded = []
        self.released = threading.Event()

    def give(self, level):
        self.frames.put(level)

    def grab(self):
        try:
            self.level = self.frames.get(timeout=0.002 if self.runs else None)
        except queue.Empty:
            self.level = 0
        self.taken.release()
        return self.level is not None

    def retrieve(self):
        self.decoded.append(self.level)
        size = self.get(cv2.CAP_PROP_FRAME_HEIGHT), self.get(cv2.CAP_PROP_FRAME_WIDTH)
        return True, np.full((*size, 3), self.level, np.uint8)

    def read(self):
        return self.retrieve() if self.grab() else (False, None)

    def get(self, name):
        return self.has.get(name, 0)

    def set(self, name, value):
        if name not in self.fixed:
            self.has[name] = value
        return name not in self.fixed

    def release(self):
        assert not self.released.is_set()
        self.released.set()


@pytest.fixture
def plugged(monkeypatch):
    """A stand-in at number 0, which gives its first frame at once."""
    stand_in = Device()
    monkeypatch.setattr(device, "check_present", lambda number: None)
    monkeypatch.setattr(device, "open_capture", lambda number: stand_in)
    stand_in.give(1)
    yield stand_in
    stand_in.runs = True
    stand_in.give(0)  # so that nothing waits in it for ever


def given(device, *levels):
    """Give frames, and return once all are out of the driver."""
    for level in levels:
        device.give(level)
    for _ in levels:
        assert device.taken.acquire(timeout=10)


@pytest.fixture
def now(monkeypatch):
    """The time, in a list, as a webcam has it: it stands still."""
    now = [1000.0]
    clock = types.SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr("zmqlab.cameras.webcam.time", clock)
    return now


def test_a_webcam_gives_its_newest_frame(plugged, now):
    with open_camera("0") as camera:
        assert camera.source == "webcam 0"
        assert camera.fps == 25
        assert camera.read().shape == camera.shape == (48, 64, 3)
        plugged.taken.acquire()
        given(plugged, *range(10, 20))
        plugged.give(20)  # once this one is taken, the thread has told of those before
        assert plugged.taken.acquire(timeout=10)
        assert camera.read()[0, 0, 0] in (19, 20)
        plugged.runs = True  # so that it hears of its end, whenever that comes
        plugged.give(0)
    assert plugged.released.wait(10)


def test_frames_nobody_looks_at_are_neither_decoded_nor_kept(plugged, now):
    with open_camera(0) as camera:
        camera.read()
        plugged.taken.acquire()
        now[0] += 5
        given(plugged, 2, 3, 4, 5)  # 5 may still be in the works
        assert plugged.decoded[:1] == [1]
        assert {2, 3, 4}.isdisjoint(plugged.decoded)
        plugged.runs = True
        plugged.give(6)
        assert camera.read()[0, 0, 0] in (0, 5, 6)


def test_a_webcam_is_set_and_read_back(plugged):
    plugged.runs = True
    with open_camera(0) as camera:
        camera.set(size=(32, 24))
        assert camera.settings["size"] == (32, 24)
        assert camera.shape == (24, 32, 3)
        camera.read()  # this one may be from before
        assert camera.read().shape == (24, 32, 3)
        camera.set(exposure=0.125)
        assert camera.settings["exposure"] == pytest.approx(0.125)
        plugged.fixed |= {cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_EXPOSURE}
        with pytest.raises(CameraError, match=r"size=\(64, 48\); it offers \(32, 48\) instead"):
            camera.set(size=(64, 48))
        assert camera.settings["size"] == (32, 24)
        with pytest.raises(CameraError, match=r"exposure=0\.5 s was refused; it is 0\.125"):
            camera.set(exposure=0.5)
        with pytest.raises(CameraError, match="no setting fringe_period"):
            camera.set(fringe_period=3)
        with pytest.raises(CameraError, match="size='big'"):
            camera.set(size="big")


def test_a_webcam_that_hangs_is_given_up_and_given_back(monkeypatch):
    stuck = Device()
    monkeypatch.setattr(device, "check_present", lambda number: None)
    monkeypatch.setattr(device, "open_capture", lambda number: stuck)
    with pytest.raises(CameraError, match=r"gives no frame within 0\.1 s.*simulated"):
        Webcam(0, timeout=0.1)
    assert not stuck.released.is_set()
    stuck.give(1)  # it comes back
    assert stuck.released.wait(10)


def test_a_webcam_that_is_unplugged(plugged):
    with open_camera(0) as camera:
        camera.read()
        for _ in range(10):
            plugged.give(None)
        with pytest.raises(CameraError, match="plugged in"):
            list(camera)
        with pytest.raises(CameraError, match="plugged in"):
            camera.set(size=(64, 48))


def test_a_webcam_that_takes_seconds_to_open_is_waited_for(plugged, monkeypatch):
    """Its first frame is decoded, however long ago it was asked for."""
    seconds, asked = itertools.count(), threading.Event()

    def passes():
        asked.set()
        return 10.0 * next(seconds)  # from one look at the clock to the next

    def open_slowly(number):
        asked.wait(0.5)
        return plugged

    monkeypatch.setattr(webcam, "time", types.SimpleNamespace(monotonic=passes))
    monkeypatch.setattr(device, "open_capture", open_slowly)
    plugged.runs = True
    with open_camera(0) as camera:
        assert camera.read().shape == (48, 64, 3)


def test_opening_a_webcam_again_closes_the_earlier_one(plugged, monkeypatch):
    second = Device()
    first = open_camera(0)
    plugged.runs = True  # so that it hears of its end, whenever that comes
    plugged.give(1)
    monkeypatch.setattr(device, "open_capture", lambda number: second)
    second.give(2)
    with open_camera(0) as camera:
        assert plugged.released.wait(10)
        with pytest.raises(CameraError, match="closed"):
            first.read()
        assert camera.read()[0, 0, 0] == 2
        second.give(0)


def test_the_stand_in_has_the_interface_of_opencv():
    for name in ("grab", "retrieve", "read", "get", "set", "release"):
        assert callable(getattr(cv2.VideoCapture, name))


def test_a_webcam_that_is_not_there_says_what_to_do_and_opencv_says_nothing(capfd):
    with pytest.raises(CameraError, match=r"webcam 97: .*no such camera.*camera=\"simulated\""):
        open_camera(97)
    with pytest.raises(CameraError, match=r"webcam 97: does not open.*camera=\"simulated\""):
        device.open_capture(97)
    assert capfd.readouterr().err == ""
    assert cv2.VideoCapture(97).isOpened() is False
    if sys.platform == "linux":
        assert "WARN" in capfd.readouterr().err  # what was kept back, and is not any more


@pytest.mark.skipif(sys.platform != "linux", reason="device files are Linux's")
def test_a_webcam_without_permission_says_denied(monkeypatch):
    monkeypatch.setattr(os.path, "exists", lambda path: True)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(CameraError, match=r"access to /dev/video0 is denied.*usermod.*simulated"):
        open_camera(0)


@pytest.mark.skipif(sys.platform != "linux", reason="device files are Linux's")
def test_who_is_busy_with_a_device_is_named(tmp_path, monkeypatch):
    path = str(tmp_path / "video0")
    hold = f"file = open({path!r}, 'w'); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        other.stdout.readline()
        assert str(other.pid) in device.who_has(path)
        monkeypatch.setattr(device, "who_has", lambda _, who=device.who_has: who(path))
        text = device.why_not(0, "does not open")
        assert re.search(rf"does not open.* busy\. Close .*\(process {other.pid}\)", text)
        monkeypatch.undo()
        other.communicate(b"\n", timeout=10)
    assert device.who_has(path) == ""


@pytest.mark.parametrize(
    ("system", "words"),
    [("darwin", "System Settings > Privacy"), ("win32", "Settings > Privacy & security")],
)
def test_on_other_systems_the_privacy_settings_are_named(monkeypatch, system, words):
    monkeypatch.setattr(sys, "platform", system)
    text = device.why_not(0, "gives no frame within 5 s")
    assert "gives no frame within 5 s" in text
    assert words in text
    assert "busy" in text
    assert 'camera="simulated"' in text
    assert device.webcam_numbers() == [0, 1]


def test_auto_takes_the_first_webcam_that_gives_a_frame(plugged, monkeypatch, capsys):
    def open_capture(number):
        if number == 0:
            raise CameraError("webcam 0: busy")
        return plugged

    monkeypatch.delenv("ZMQLAB_CAMERA", raising=False)
    monkeypatch.setattr(device, "webcam_numbers", lambda: [0, 2])
    monkeypatch.setattr(device, "open_capture", open_capture)
    with open_camera() as camera:
        assert camera.source == "webcam 2"
        plugged.give(0)
    assert "camera: webcam 2, 64 x 48, 25 frames/s" in capsys.readouterr().out
