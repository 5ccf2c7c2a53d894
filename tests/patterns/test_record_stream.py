"""Streams into files: every frame, or an error that says how many are missing."""

import contextlib
import re
import subprocess
import sys

import numpy as np
import pytest
from helpers.streams import (
    kill,
    number_in,
    publish,
    second_endpoint,
)

from zmqlab.cameras import open_camera
from zmqlab.course.ports import free_endpoint
from zmqlab.patterns import record_stream
from zmqlab.patterns.publish_subscribe import camera_publisher
from zmqlab.patterns.record_stream import record
from zmqlab.patterns.request_reply import request
from zmqlab.processes.launch import start
from zmqlab.recording.recorder import RecordingError, open_recording

SMALL = (16, 16, 3)


def recorded(path):
    """Return the numbers of the frames in a file: as their pixels say, and as the file does."""
    with open_recording(path) as data:
        count = len(data["frames"])
        return [number_in(frame) for frame in data["frames"]], list(data["sequence"][:count])


def assert_recorded(path, numbers):
    assert recorded(path) == (list(numbers), list(numbers))


def test_subscribers_of_different_speed_end_with_the_same_frames(tmp_path):
    """Two recorders, one that compresses, and a slow reader of what grows: all have each frame."""
    frames, settings = 100, {"size": [320, 240], "fps": 300}
    one, two = tmp_path / "one.h5", tmp_path / "two.h5"
    with start(camera_publisher, "simulated", wait_for=2, count=frames, hwm=frames) as publisher:
        request(second_endpoint(publisher), "set", settings)
        there = {"connect": publisher.endpoint, "count": frames}
        with (
            start(record, one, **there, process_name="one") as first,
            start(record, two, **there, process_name="two") as second,
        ):
            slow = read_slowly(one, frames, first)
            assert (first.wait(20), second.wait(20), publisher.wait(20)) == (0, 0, 0)
            assert "100 of 100 frames of 'camera', 0 to 99, none lost" in first.output
            assert "none lost" in second.output
    with (
        open_camera("simulated", paced=False, **settings) as camera,
        open_recording(one) as left,
        open_recording(two) as right,
    ):
        truth = [camera.read() for _ in range(frames)]
        for frames_found in (slow, left["frames"], right["frames"]):
            assert np.array_equal(frames_found, truth)
        for data in (left, right):
            assert list(data["sequence"][:frames]) == list(range(frames))
            assert (np.diff(data["time"][:frames]) > 0).all()


def read_slowly(path, count, recorder):
    """Read a recording frame by frame, some at a time, while it grows."""
    found = []
    while len(found) < count:
        with contextlib.suppress(RecordingError), open_recording(path) as data:
            found.extend(data["frames"][len(found) : len(found) + 7])
        assert recorder.exit_code in (None, 0), recorder.output
    return found


def test_a_recorder_that_misses_frames_says_which(tmp_path):
    path = tmp_path / "film.h5"
    with (
        start(publish, 400, hwm=1) as process,
        pytest.raises(RecordingError, match=r"holds \d+ of 400 frames: ") as error,
    ):
        record(path, connect=process.endpoint, count=400, hwm=1)
    found, numbers = recorded(path)
    assert found == numbers
    assert 0 < len(found) < 400
    assert f"{path} holds {len(found)} of 400 frames: " in str(error.value)
    assert f"{400 - len(found)} lost (" in str(error.value)
    missing = sorted(set(range(400)) - set(found))
    assert f"lost ({missing[0]}" in str(error.value)


def test_no_more_frames_than_asked_for_are_recorded(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(record_stream, "_PERIOD", 1000)  # nothing is said before the end
    path = tmp_path / "film.h5"
    with start(publish, 50, shape=SMALL, drop=False) as process:
        record(path, connect=process.endpoint, count=20)
        assert process.wait(10) == 0
    assert_recorded(path, range(20))
    assert capsys.readouterr().out == (
        f"record: {path} holds 20 of 20 frames of 'camera', 0 to 19, none lost\n"
    )


def test_all_of_a_stream_is_recorded(tmp_path):
    path = tmp_path / "film.h5"
    with start(publish, 50, shape=SMALL, drop=False) as process:
        record(path, connect=process.endpoint)
    assert_recorded(path, range(50))


def test_a_stream_that_ends_early(tmp_path):
    path = tmp_path / "film.h5"
    with (
        start(publish, 5, shape=SMALL) as process,
        pytest.raises(RecordingError, match="holds 5 of 6 frames: the stream ended"),
    ):
        record(path, connect=process.endpoint, count=6)
    assert_recorded(path, range(5))


def test_nobody_publishes(tmp_path):
    path = tmp_path / "film.h5"
    with pytest.raises(TimeoutError, match="nobody listens there"):
        record(path, connect=free_endpoint(), count=3, timeout=0.2)
    assert not path.exists()


def test_no_frames_are_no_recording(tmp_path):
    with pytest.raises(ValueError, match="count=0: give a whole number from 1"):
        record(tmp_path / "film.h5", connect=free_endpoint(), count=0)
    assert not list(tmp_path.iterdir())


def test_an_existing_file_is_not_touched(tmp_path):
    path = tmp_path / "film.h5"
    path.write_text("mine")
    with pytest.raises(RecordingError, match="exists already"):
        record(path, connect=free_endpoint(), count=3)
    assert path.read_text() == "mine"


@pytest.mark.everything
def test_a_publisher_that_dies(tmp_path):
    path = tmp_path / "film.h5"
    with start(camera_publisher, "simulated", wait_for=1, hwm=200) as process:
        with start(record, path, connect=process.endpoint, timeout=5) as recorder:
            wait_for_frames(path)
            kill(process)
            recorder.wait_until(lambda recorder: recorder.ended, 20, "its end")
        assert recorder.exit_code == 1
    found = len(recorded(path)[1])
    assert f"holds {found} frames: no frame of 'camera' came" in recorder.output
    assert "nobody listens there" in recorder.output


def wait_for_frames(path):
    while True:
        with contextlib.suppress(RecordingError), open_recording(path) as data:
            if len(data["frames"]) > 3:
                return


def test_a_publisher_that_is_started_anew_is_not_passed_over_in_silence(tmp_path):
    path, endpoint = tmp_path / "film.h5", free_endpoint()
    with start(record, path, connect=endpoint, count=10**9, timeout=60) as recorder:
        for _ in range(2):
            with start(camera_publisher, "simulated", endpoint, wait_for=1, hwm=200) as process:
                wait_for_frames(path)
                kill(process)
        with start(publish, 3, endpoint, shape=(480, 640, 3)):
            recorder.wait_until(lambda recorder: recorder.ended, 20, "its end")
    assert "the publisher was started anew" in recorder.output
    assert "lost (" not in recorder.output
    numbers = recorded(path)[1]
    assert numbers[-3:] == [0, 1, 2]


def test_ctrl_c_ends_a_recording_that_is_kept(tmp_path):
    path = tmp_path / "film.h5"
    with (
        start(camera_publisher, "simulated", wait_for=1, hwm=200) as process,
        start(record, path, connect=process.endpoint, hwm=123) as recorder,
    ):
        wait_for_frames(path)
        assert recorder.sockets[0]["options"]["RCVHWM"] == 123
        recorder.stop(timeout=20)
        assert recorder.exit_code == 0
    numbers = recorded(path)[1]
    assert numbers == list(range(len(numbers)))
    assert f"{len(numbers)} frames of 'camera', 0 to {numbers[-1]}, none lost" in recorder.output
    assert re.search(
        r"Ctrl-C came \d+\.\d s after the last frame; .* is not known", recorder.output
    )


def test_frames_of_another_shape_end_a_recording_that_is_kept(tmp_path):
    path = tmp_path / "film.h5"
    with (
        start(camera_publisher, "simulated", wait_for=1, hwm=200) as process,
        start(record, path, connect=process.endpoint) as recorder,
    ):
        wait_for_frames(path)
        request(second_endpoint(process), "set", {"size": [320, 240]})
        recorder.wait_until(lambda recorder: recorder.ended, 20, "its end")
    count = len(recorded(path)[1])
    assert count > 3
    assert f"{path} holds {count} frames: frame {count} was not recorded" in recorder.output
    assert "this frame is 240 x 320 x 3 uint8" in recorder.output


def test_from_a_terminal(tmp_path):
    def zmqlab(*arguments):
        command = [sys.executable, "-m", "zmqlab", "record", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    path = tmp_path / "film.h5"
    with start(camera_publisher, "simulated", topic="microscope", wait_for=1, hwm=200) as process:
        there = ("--connect", process.endpoint, "--topic", "microscope")
        result = zmqlab(*there, "--count", 10, path)
        assert (result.returncode, result.stderr) == (0, "")
        assert "10 of 10 frames of 'microscope', 0 to 9, none lost" in result.stdout
        again = zmqlab(*there, "--count", 10, path)
        assert again.returncode == 1
        assert again.stderr.startswith(f"zmqlab: {path}: exists already")
        assert again.stderr.count("\n") == 1
    assert recorded(path)[1] == list(range(10))
