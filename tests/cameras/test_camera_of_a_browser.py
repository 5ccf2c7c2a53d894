"""The browser's camera as a camera like the others; its publisher is tested in tests/page."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from helpers.browser_pictures import GREEN, serving, showing
from helpers.streams import raw_publisher

from zmqlab import pack_frame
from zmqlab.cameras import CameraError, browser, device, open_camera
from zmqlab.cameras.browser import ENDPOINT

WAIT = 20


def green(frame):
    return frame.shape == (96, 128, 3) and np.abs(frame.astype(int) - GREEN[0, 0]).max() < 8


def until(wanted, get):
    """Get one after the other until one is as wanted: a page without a turn sends nothing."""
    deadline = time.monotonic() + 3 * WAIT
    while not wanted(one := get()):
        assert time.monotonic() < deadline
    return one


@pytest.fixture
def patient(monkeypatch):
    """What "auto" waits for a browser's frame: more, for a busy computer."""
    kind = browser.BrowserCamera
    monkeypatch.setattr(browser, "BrowserCamera", lambda timeout=WAIT: kind(WAIT))


def opened_by_auto():
    with open_camera("auto", paced=False) as camera:
        return camera.source


@pytest.fixture
def no_webcam(monkeypatch):
    monkeypatch.delenv("ZMQLAB_CAMERA", raising=False)
    monkeypatch.delenv(ENDPOINT, raising=False)
    monkeypatch.setattr(device, "webcam_numbers", list)


@pytest.fixture
def served(no_webcam, monkeypatch):
    """The publisher's process, known to this one and to those it starts, and its pages' address."""
    with serving() as (process, place):
        monkeypatch.setenv(ENDPOINT, process.endpoint)
        yield process, place


def test_a_camera_like_the_others(served, patient, capsys):
    with showing(served[1]), open_camera("browser") as camera:
        frame = until(green, camera.read)
        assert (camera.source, camera.shape, camera.fps) == ("browser", (96, 128, 3), 25)
        frame[:] = 0  # ours to change
        until(green, camera.read)
        with pytest.raises(CameraError, match="nothing can be set"):
            camera.set(exposure=0.1)
        until(lambda source: source == "browser", opened_by_auto)
        assert "camera: browser, 128 x 96, 25 frames/s" in capsys.readouterr().out
    with pytest.raises(CameraError, match="closed"):
        camera.read()


def test_without_a_page_the_simulated_camera_goes_on(served, patient, capsys):
    with open_camera("browser") as camera:
        assert camera.source == "browser (simulated: no page gives pictures)"
        assert camera.read().shape == (480, 640, 3)
        with showing(served[1]):
            while not camera.live:
                frame = camera.read()
            assert green(frame)
        while camera.live:
            frame = camera.read()
        assert frame.shape == (96, 128, 3)
        assert not green(frame)
    assert opened_by_auto() == "simulated"
    said = capsys.readouterr().out
    assert "no page gives pictures" in said
    assert "browser_camera()" not in said  # which has been called


@pytest.mark.parametrize(
    ("endpoint", "words"),
    [("", "Run browser_camera"), ("5555", "nothing can be connected"), ("x://y", "'x://y'")],
)
def test_an_endpoint_that_is_none(no_webcam, monkeypatch, endpoint, words):
    monkeypatch.setenv(ENDPOINT, endpoint)
    with pytest.raises(CameraError, match=words):
        open_camera("browser")


HEADER = {"shape": [48, 64, 3], "fps": 30, "source": "browser"}
NO_FRAMES = {
    "one part": [b"camera/"],
    "no JSON": [b"camera/", b"\xff{", GREEN.tobytes()],
    "no object": [b"camera/", b"[]", GREEN.tobytes()],
    "deep": [b"camera/", b"[" * 100_000, GREEN.tobytes()],
    "another shape": [b"camera/", json.dumps(HEADER | {"shape": [480, 640, 3]}).encode(), b"7"],
    "grey": [b"camera/", json.dumps(HEADER | {"shape": [48, 192]}).encode(), GREEN.tobytes()],
    "no shape": [b"camera/", json.dumps(HEADER | {"shape": "all"}).encode(), GREEN.tobytes()],
    "no rate": [b"camera/", json.dumps(HEADER | {"fps": "fast"}).encode(), GREEN.tobytes()],
    "another publisher's": pack_frame(GREEN, "camera/"),
}


@pytest.mark.parametrize("parts", NO_FRAMES.values(), ids=NO_FRAMES)
def test_what_is_no_frame_of_a_browser(no_webcam, monkeypatch, parts):
    with raw_publisher() as (socket, ready), ThreadPoolExecutor() as pool:
        monkeypatch.setenv(ENDPOINT, socket.last_endpoint.decode())
        opened = pool.submit(open_camera, "browser")
        ready()
        socket.send_multipart(parts)
        with pytest.raises(CameraError, match="is no frame of a browser"):
            opened.result(WAIT)
