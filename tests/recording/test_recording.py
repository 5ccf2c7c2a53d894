"""Recordings: what comes back, what is refused, and how a viewer and a reader find it."""

import importlib.util
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from helpers.films import SHAPE, assert_true, default_plot, picture, record
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zmqlab import Recorder, RecordingError, open_recording, stretch
from zmqlab.recording.film import NUMBERS_PER_CHUNK

# hdf5plugin is an extra of the package; `[test]` brings it.
needs_hdf5plugin = pytest.mark.skipif(
    importlib.util.find_spec("hdf5plugin") is None,
    reason="compression needs hdf5plugin: pip install hdf5plugin",
)
COMPRESSIONS = [None, *["lz4", "zstd"] * (importlib.util.find_spec("hdf5plugin") is not None)]
LENGTH = st.integers(1, 9)
COLOURS = st.sampled_from([(), (1,), (3,), (4,)])


@pytest.fixture
def path(tmp_path):
    return tmp_path / "film.h5"


# What comes back


@settings(max_examples=40)
@given(
    shape=st.builds(lambda h, w, colours: (h, w, *colours), LENGTH, LENGTH, COLOURS),
    dtype=st.sampled_from(["u1", "<u2", ">u2", "i4", "f4", "f8", "c8", "?"]),
    count=st.integers(1, 9),
    compression=st.sampled_from(COMPRESSIONS),
)
@example(shape=SHAPE, dtype="u1", count=NUMBERS_PER_CHUNK, compression=COMPRESSIONS[-1])
@example(shape=SHAPE, dtype="u1", count=NUMBERS_PER_CHUNK + 1, compression=None)
def test_frames_come_back_as_they_were_and_a_viewer_finds_them(shape, dtype, count, compression):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.h5"
        record(path, count, compression, shape=shape, dtype=dtype)
        with open_recording(path) as data:
            assert data["frames"].dtype == dtype
            assert assert_true(data, shape, dtype) == count
            assert len(data["sequence"]) == len(data["time"]) == count
        with h5py.File(path) as file:
            group, signal = default_plot(file)
            colour = shape[2:] == (3,)
            assert signal.attrs["interpretation"] == ("rgb-image" if colour else "image")
            shown = picture(count - 1, shape, dtype)
            np.testing.assert_array_equal(signal[-1], shown[..., ::-1] if colour else shown)
            for each in (group, file["entry/data"]):
                axes = list(each.attrs["axes"])
                assert axes == ["time"] + ["."] * len(shape)
                assert each[axes[0]].attrs["units"] == "s"
                assert len(each[axes[0]]) == len(each[each.attrs["signal"]]) == count
            assert file["entry"].attrs["NX_class"] == "NXentry"
            assert file["entry/data"].attrs["signal"] == "frames"


def test_a_view_is_recorded_as_it_looks_and_numbered_and_timed_by_itself(path):
    whole = picture(0)
    with Recorder(path) as recorder:
        for _ in range(3):
            recorder.add(whole[::2, ::-1])
        assert recorder.count == 3
    with open_recording(path) as data:
        np.testing.assert_array_equal(data["frames"][2], whole[::2, ::-1])
        assert list(data["sequence"]) == [0, 1, 2]
        assert list(data["time"]) == sorted(data["time"])
        assert abs(data["time"][0] - path.stat().st_mtime) < 60


def test_the_film_takes_no_room_of_its_own(path):
    record(path, 20, shape=(240, 320, 3))
    pixels = 20 * 240 * 320 * 3
    assert pixels < path.stat().st_size < 1.05 * pixels


# A stretch of time


@settings(max_examples=50)
@given(
    times=st.lists(st.integers(0, 12) | st.just(float("nan")), min_size=1, max_size=12),
    ends=st.tuples(st.integers(-1, 13), st.integers(-1, 13)),
)
def test_a_stretch_holds_the_frames_of_that_time_and_no_others(times, ends):
    start, stop = ends
    inside = [index for index, time in enumerate(times) if start <= time < stop]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.h5"
        with Recorder(path) as recorder:
            for time in times:
                recorder.add(np.zeros((2, 2), np.uint8), time=time)
        with open_recording(path) as data:
            if inside == list(range(inside[0], inside[-1] + 1) if inside else ()):
                part = stretch(data, start, stop)
                assert list(data["sequence"][part]) == inside
                assert len(data["frames"][part]) == len(data["time"][part]) == len(inside)
            else:
                with pytest.raises(RecordingError, match="the clock was set back"):
                    stretch(data, start, stop)


# What is refused


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (np.zeros((32, 24, 3), np.uint8), "32 x 24 x 3 uint8, the 5 recorded before.*24 x 32 x 3"),
        (np.zeros((24, 32), np.uint8), "24 x 32 uint8"),
        (np.zeros(SHAPE, np.uint16), "24 x 32 x 3 uint16"),
        (None, "a single object"),
        ("frame", "a single <U5"),
        (np.zeros((0, 32, 3), np.uint8), "0 x 32 x 3 uint8"),
        (np.zeros((2, *SHAPE), np.uint8), "2 x 24 x 32 x 3 uint8"),
    ],
)
def test_a_wrong_frame_is_refused_and_the_recording_goes_on(path, wrong, what):
    with Recorder(path) as recorder:
        for index in range(7):
            recorder.add(picture(index), sequence=10 + index, time=1000 + index / 4)
            if index == 4:
                with pytest.raises(RecordingError, match=rf"film\.h5: .*{what}"):
                    recorder.add(wrong)
    with open_recording(path) as data:
        assert assert_true(data) == 7


def test_a_wrong_number_is_refused_and_the_recording_goes_on(path):
    with Recorder(path) as recorder:
        recorder.add(picture(0), sequence=10, time=1000)
        with pytest.raises(ValueError, match="seven"):
            recorder.add(picture(1), sequence="seven")
        recorder.add(picture(1), sequence=11, time=1000.25)
    with open_recording(path) as data:
        assert assert_true(data) == 2


@pytest.mark.parametrize("content", [b"", b"not HDF5 at all"])
def test_an_existing_file_is_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"film\.h5: exists already.*delete it or choose"):
        Recorder(path)
    assert path.read_bytes() == content


def test_a_missing_folder_and_a_folder(tmp_path):
    with pytest.raises(RecordingError, match=r"there is no folder .*nowhere"):
        Recorder(tmp_path / "nowhere" / "film.h5")
    with pytest.raises(RecordingError, match="exists already"):
        Recorder(tmp_path)


def test_closed_is_closed_and_without_a_frame_there_is_no_file(path):
    with Recorder(path) as recorder:
        assert path.exists()
    assert not path.exists()
    recorder.close()
    with pytest.raises(RecordingError, match=r"film\.h5: this recording is closed"):
        recorder.add(picture(2))


def test_what_is_no_recording(path):
    def opened():
        with open_recording(path):
            pass

    with pytest.raises(RecordingError, match="there is no such file"):
        opened()
    path.write_text("frames " * 1000)
    with pytest.raises(RecordingError, match=r"film\.h5: cannot be opened"):
        opened()
    with h5py.File(path, "w") as file:
        file["images"] = picture(0)
    with pytest.raises(RecordingError, match="holds no frames"):
        opened()
    with h5py.File(path, "w") as file:
        file["entry/data/frames"] = picture(0)[None]
    with pytest.raises(RecordingError, match=r"holds no frames.*entry/data/sequence"):
        opened()


# Reading, and looking, in the process that records


# Compression


def test_compression_without_its_package_says_what_to_install(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "hdf5plugin", None)  # how Python marks one it cannot import
    with pytest.raises(ImportError, match=r'pip install "zmqlab\[compression\]"'):
        Recorder(path, compression="lz4")
    assert not path.exists()


def test_an_unknown_compression(path):
    with pytest.raises(ValueError, match='None, "lz4" or "zstd", not \'jpeg\''):
        Recorder(path, compression="jpeg")
    assert not path.exists()
