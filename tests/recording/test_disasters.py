"""Recordings while they grow, seen from other processes, and what each disaster leaves of them."""

import errno
import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers import films
from helpers.films import ask, assert_true, default_plot, picture, record_into
from test_recording import needs_hdf5plugin

from zmqlab import Recorder, RecordingError, open_recording
from zmqlab.recording.film import NUMBERS_PER_CHUNK

EITHER = [None, pytest.param("lz4", marks=needs_hdf5plugin)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "film.h5"


def child(call, *command):
    """Run a function of this file in another interpreter."""
    return films.child(__file__, call, *command)


def run(call, *command):
    """Run a function of this file in another interpreter; return what it prints, as JSON."""
    with child(call, *command) as process:
        return json.loads(process.communicate(timeout=60)[0])


# Reading while it grows


def answer_looks(path):
    """A child that opens the recording anew for every line it is sent, and says what it saw."""
    for _ in sys.stdin:
        with open_recording(path) as data:
            print(json.dumps([assert_true(data), len(data["sequence"])]), flush=True)


def refresh(path):
    """A child that keeps the file open, as plain h5py does it, and refreshes its one handle."""
    with h5py.File(path, swmr=True) as file:
        frames = file["entry/data/frames"]
        for _ in sys.stdin:
            frames.refresh()
            equal = [np.array_equal(frames[i], picture(i)) for i in range(len(frames))]
            print(json.dumps([len(frames), all(equal) * len(frames)]), flush=True)


@pytest.mark.parametrize(
    ("looks", "compression"),
    [
        ("answer_looks", None),
        pytest.param("answer_looks", "lz4", marks=needs_hdf5plugin),
        ("refresh", None),
    ],
)
def test_another_process_sees_every_frame_as_soon_as_it_is_added(path, looks, compression):
    with Recorder(path, compression) as recorder:
        record_into(recorder, 1)
        with child(f"{looks}({str(path)!r})") as reader:
            for count in (1, 2, 20, NUMBERS_PER_CHUNK, NUMBERS_PER_CHUNK + 1):
                record_into(recorder, count)
                assert json.loads(ask(reader, "look")) == [count, count]
            reader.stdin.close()
            assert reader.wait(20) == 0


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_nobody_else_writes_to_a_file_that_grows(path, mode):
    """Nor reads it without saying that it may grow. There are no locks: a mark in it says so."""
    opens = f"import h5py, sys; h5py.File(sys.argv[1], {mode!r})"
    with Recorder(path) as recorder:
        for count in (0, 3):
            record_into(recorder, count)
            other = subprocess.run([sys.executable, "-c", opens, path], stderr=subprocess.PIPE)
            assert other.returncode == 1
            assert b"OSError: Unable to synchronously open file" in other.stderr
    with open_recording(path) as data:
        assert assert_true(data) == 3


# What is left


def record_for_ever(path, compression=None):
    """A child that says the number of each frame as soon as it is in."""
    with Recorder(path, compression) as recorder:
        while True:
            record_into(recorder, recorder.count + 1)
            print(recorder.count, flush=True)


@pytest.mark.parametrize("count", [1, 43, NUMBERS_PER_CHUNK])
@pytest.mark.parametrize("compression", EITHER)
def test_everything_added_before_the_writer_was_killed(path, count, compression):
    with child(f"record_for_ever({str(path)!r}, {compression!r})") as writer:
        while int(writer.stdout.readline()) < count:
            pass
        writer.kill()  # somewhere in the middle of the next frames
        said = [*map(int, writer.stdout.read().split()), count]
    with open_recording(path) as data:
        assert assert_true(data) >= max(said)
        assert {len(data["sequence"]), len(data["time"])} <= {
            len(data["frames"]),
            len(data["frames"]) + 1,
        }
        _, film = default_plot(data.file)  # and in a viewer, too
        np.testing.assert_array_equal(film[-1], data["frames"][-1][:, :, ::-1])


def record_until_disk_is_full(folder):
    """A child on a disk of 2 MB that only it can see, so that it has to look at what is left."""
    path = Path(folder) / "film.h5"
    with Recorder(path) as recorder, pytest.raises(RecordingError) as full:
        record_into(recorder, 10**6)
    assert f"({os.strerror(errno.ENOSPC)}). The {recorder.count} frames" in str(full.value)
    with open_recording(path) as data:
        there = assert_true(data)
    with h5py.File(path) as file:  # it was closed properly: any program reads it
        assert len(file["entry/data/time"]) == there
    with suppress(OSError), open(Path(folder) / "rest", "wb", buffering=0) as rest:
        while rest.write(bytes(512)):
            pass
    with pytest.raises(RecordingError, match="cannot be made.*" + os.strerror(errno.ENOSPC)):
        Recorder(Path(folder) / "next.h5")
    assert not (Path(folder) / "next.h5").exists()  # else it would be there already next time
    print(json.dumps([recorder.count, there]))


def test_a_disk_that_is_really_full(tmp_path):
    if not (sys.platform == "linux" and os.geteuid() == 0 and shutil.which("unshare")):
        pytest.skip("only root on Linux can mount a small disk")
    mount = f"mount -t tmpfs -o size=2m tmpfs {tmp_path}"
    alone = ["unshare", "--mount", "sh", "-c"]
    if subprocess.run([*alone, mount], stderr=subprocess.DEVNULL).returncode:
        pytest.skip("this container does not let root mount a disk")
    call = f"record_until_disk_is_full({str(tmp_path)!r})"
    count, there = run(call, *alone, f'{mount} && exec "$0" "$@"')
    assert there == count > 500
