"""Opening cameras, their pace, video files against OpenCV's decoding, and the choice of one."""

import itertools
import os

import cv2
import numpy as np
import pytest

from zmqlab.cameras import CameraError, EndOfVideo, device, open_camera
from zmqlab.cameras.base import Pacer
from zmqlab.cameras.simulated import SimulatedCamera


def simulated(**settings):
    return open_camera("simulated", paced=False, **settings)


# Keeping time


class Clock:
    """Time that passes only when somebody sleeps, and then a little longer than asked."""

    def __init__(self, late=0.0):
        self.now, self.late = 100.0, late

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        assert seconds > 0
        self.now += seconds + self.late


def test_frames_are_paced_without_drift():
    clock = Clock(late=0.004)
    camera = SimulatedCamera(fps=25, size=(64, 64), clock=clock)
    camera.read()
    assert clock.now == 100
    for number in range(1, 200):
        camera.read()
        assert clock.now == pytest.approx(100 + number / 25 + 0.004)


def test_a_reader_that_was_away_finds_four_frames_and_then_the_pace_again():
    clock = Clock()
    pacer = Pacer(10, clock)
    pacer.wait()
    clock.now += 60.05
    for _ in range(Pacer.BUFFERS):
        pacer.wait()
        assert clock.now == pytest.approx(160.05)
    for number in (1, 2, 3):
        pacer.wait()
        assert clock.now == pytest.approx(160 + number / 10)


# Video files


@pytest.fixture(scope="module", params=[("film.avi", "MJPG"), ("film.mp4", "mp4v")])
def video(request, tmp_path_factory):
    """A file of ten frames at 20 frames/s, and its frames as OpenCV decodes them."""
    name, codec = request.param
    path = str(tmp_path_factory.mktemp("video") / name)
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*codec), 20, (160, 120))
    with simulated(size=(160, 120)) as camera:
        for frame in itertools.islice(camera, 10):
            writer.write(frame)
    writer.release()
    capture = cv2.VideoCapture(path)
    frames = [capture.read()[1] for _ in range(10)]
    assert capture.read() == (False, None)
    return path, frames


def test_a_video_gives_the_frames_that_opencv_decodes_and_ends(video):
    path, frames = video
    with open_camera(path, paced=False, loop=False) as camera:
        assert camera.fps == 20
        assert camera.shape == (120, 160, 3)
        assert camera.settings == {}
        assert np.array_equal(list(camera), frames)
        with pytest.raises(EndOfVideo, match="10 frames"):
            camera.read()
        with pytest.raises(CameraError, match="nothing can be set"):
            camera.set(exposure=1)


def test_a_video_loops(video):
    path, frames = video
    with open_camera(path, paced=False) as camera:
        twice = list(itertools.islice(camera, 25))
    assert np.array_equal(twice, (frames * 3)[:25])
    assert not np.shares_memory(twice[0], twice[10])


def test_a_folder_of_pictures_is_a_video_in_the_order_of_their_numbers(video, tmp_path):
    frames = video[1]
    for number, frame in enumerate(frames):  # 0 to 9, and then 10 after 9
        cv2.imwrite(str(tmp_path / f"frame {number + 1}.png"), frame)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "frame 3.hdr").write_text("ENVI: none either, though OpenCV knows the ending")
    (tmp_path / "still being copied.png").touch()
    with open_camera(tmp_path, paced=False, loop=False) as camera:
        assert (camera.fps, camera.shape) == (30, (120, 160, 3))
        assert np.array_equal(list(camera), frames)
    (tmp_path / "frame 3.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with open_camera(tmp_path, paced=False) as camera:
        camera.read()
        with pytest.raises(CameraError, match=r"frame 3\.png: broken"):
            [camera.read() for _ in range(5)]


def test_a_folder_without_pictures_says_so(tmp_path):
    with pytest.raises(CameraError, match="no picture in this folder"):
        open_camera(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"not a film", b"RIFF\x00\x00\x00\x00AVI ", bytes(range(256)) * 40]
)
def test_a_file_that_is_no_video_says_so(tmp_path, content):
    path = tmp_path / "film.avi"
    path.write_bytes(content)
    with pytest.raises(CameraError, match="not a video"):
        open_camera(path)


@pytest.mark.parametrize("source", ["nowhere.mp4", "simulate"])
def test_a_missing_file_says_where_it_was_looked_for_and_what_else_there_is(source):
    with pytest.raises(CameraError, match="missing") as error:
        open_camera(source)
    assert os.getcwd() in str(error.value)
    assert "simulated" in str(error.value)


@pytest.mark.parametrize("source", [None, 1.5, True, b"0", ["simulated"]])
def test_what_is_no_source_at_all(source):
    with pytest.raises(CameraError, match="number of a webcam"):
        open_camera(source)


# auto


@pytest.fixture
def nothing_chosen(monkeypatch):
    monkeypatch.delenv("ZMQLAB_CAMERA", raising=False)
    monkeypatch.setattr(device, "webcam_numbers", list)


def test_auto_without_a_webcam_is_simulated_and_says_so(nothing_chosen, capsys):
    with open_camera(paced=False, seed=4, size=(128, 96)) as camera:
        assert camera.source == "simulated"
        with simulated(seed=4, size=(128, 96)) as same:
            assert np.array_equal(camera.read(), same.read())
    assert "camera: simulated" in capsys.readouterr().out


def test_auto_tells_why_it_took_no_webcam(nothing_chosen, monkeypatch, capsys):
    monkeypatch.setattr(device, "webcam_numbers", lambda: [97])
    with open_camera() as camera:
        assert camera.source == "simulated"
    assert "webcam 97: " in capsys.readouterr().out


def test_auto_obeys_the_environment(nothing_chosen, monkeypatch, capsys, video):
    monkeypatch.setenv("ZMQLAB_CAMERA", video[0])
    with open_camera(paced=False) as camera:
        assert np.array_equal(camera.read(), video[1][0])
    assert "ZMQLAB_CAMERA" in capsys.readouterr().out
    monkeypatch.setenv("ZMQLAB_CAMERA", "nowhere.avi")
    with pytest.raises(CameraError, match=r"ZMQLAB_CAMERA is 'nowhere\.avi'"):
        open_camera()
    monkeypatch.setenv("ZMQLAB_CAMERA", "auto")
    with open_camera() as camera:
        assert camera.source == "simulated"
