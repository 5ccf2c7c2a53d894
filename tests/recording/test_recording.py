"""Recordings: what comes back, who may read meanwhile, and what is left after each disaster."""

import errno
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from zmqlab.recording.film import NUMBERS_PER_CHUNK
from zmqlab.recording.recorder import Recorder, RecordingError, open_recording, stretch

HERE = Path(__file__).parent
SHAPE = (24, 32, 3)
# hdf5plugin is an extra of the package; `[test]` brings it.
needs_hdf5plugin = pytest.mark.skipif(
    importlib.util.find_spec("hdf5plugin") is None,
    reason="compression needs hdf5plugin: pip install hdf5plugin",
)


def picture(index, shape=SHAPE, dtype=np.uint8):
    """The frame number `index`: noise that any process can make again, to compare with."""
    return np.random.default_rng(index).integers(0, 256, shape).astype(dtype)


def record(path, count, compression=None, **kwargs):
    with Recorder(path, compression) as recorder:
        record_into(recorder, count, **kwargs)
    return recorder


def record_into(recorder, count, **kwargs):
    for index in range(recorder.count, count):
        recorder.add(picture(index, **kwargs), sequence=10 + index, time=1000 + index / 4)


def assert_true(data, shape=SHAPE):
    """Every frame in `data` is the one it should be, with its number; return how many."""
    count = len(data["frames"])
    for index in range(count):
        np.testing.assert_array_equal(data["frames"][index], picture(index, shape))
    np.testing.assert_array_equal(data["sequence"][:count], 10 + np.arange(count))
    np.testing.assert_array_equal(data["time"][:count], 1000 + np.arange(count) / 4)
    return count


def child(call, **kwargs):
    """Run a function of this file in another interpreter."""
    return subprocess.Popen(
        [sys.executable, "-c", f"import test_recording as here; here.{call}"],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **kwargs,
    )


def ask(process, question):
    """Write one line to a child and return the line it answers."""
    print(question, file=process.stdin, flush=True)
    return process.stdout.readline().strip()


# What comes back


@pytest.mark.parametrize("count", [1, 7, NUMBERS_PER_CHUNK, NUMBERS_PER_CHUNK + 1])
def test_frames_come_back_as_they_were(tmp_path, count):
    recorder = record(tmp_path / "film.h5", count)
    assert recorder.count == count
    assert recorder.bytes == count * 24 * 32 * 3
    with open_recording(tmp_path / "film.h5") as data:
        assert assert_true(data) == len(data["sequence"]) == len(data["time"]) == count


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (5, 7, 1), (5, 7, 4)])
@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "i4", "f4", "f8", "c8", "?"])
def test_any_kind_of_frame(tmp_path, shape, dtype):
    record(tmp_path / "film.h5", 3, shape=shape, dtype=dtype)
    with open_recording(tmp_path / "film.h5") as data:
        assert data["frames"].dtype == dtype
        for index in range(3):
            np.testing.assert_array_equal(data["frames"][index], picture(index, shape, dtype))


def test_a_view_is_recorded_as_it_looks(tmp_path):
    whole = picture(0)
    with Recorder(tmp_path / "film.h5") as recorder:
        recorder.add(whole[::2, ::-1])
    with open_recording(tmp_path / "film.h5") as data:
        np.testing.assert_array_equal(data["frames"][0], whole[::2, ::-1])


def test_without_number_and_time(tmp_path):
    with Recorder(tmp_path / "film.h5") as recorder:
        for index in range(3):
            recorder.add(picture(index))
    with open_recording(tmp_path / "film.h5") as data:
        assert list(data["sequence"]) == [0, 1, 2]
        assert list(data["time"]) == sorted(data["time"])
        assert abs(data["time"][0] - (tmp_path / "film.h5").stat().st_mtime) < 60


def test_history_and_stretch(tmp_path):
    record(tmp_path / "film.h5", 50)
    film = np.stack([picture(index) for index in range(50)])
    with open_recording(tmp_path / "film.h5") as data:
        np.testing.assert_array_equal(data["frames"][:, 4, 5], film[:, 4, 5])
        times = data["time"][:]
        for start, stop in [(1002, 1005), (1002.1, 1005.1), (0, 1001), (1011, 9999), (5, 6)]:
            part = stretch(data, start, stop)
            inside = (start <= times) & (times < stop)
            np.testing.assert_array_equal(data["frames"][part], film[inside])
            np.testing.assert_array_equal(data["time"][part], times[inside])


def default_plot(file):
    """Follow NeXus from the root to what a viewer shows first, as its manual says.

    https://manual.nexusformat.org/datarules.html#find-the-plottable-data
    """
    group = file
    while "default" in group.attrs:
        group = group[group.attrs["default"]]
    assert group.attrs["NX_class"] == "NXdata"
    return group, group[group.attrs["signal"]]


def test_a_viewer_finds_the_film_in_its_true_colours(tmp_path):
    record(tmp_path / "film.h5", 9)
    with h5py.File(tmp_path / "film.h5") as file:
        group, signal = default_plot(file)
        assert signal.attrs["interpretation"] == "rgb-image"
        for index in range(9):
            np.testing.assert_array_equal(signal[index], picture(index)[:, :, ::-1])
        for shown in (group, file["entry/data"]):
            axes = list(shown.attrs["axes"])
            assert axes == ["time", ".", ".", "."]
            assert shown[axes[0]].attrs["units"] == "s"
            assert len(shown[axes[0]]) == len(shown[shown.attrs["signal"]]) == 9
        assert file["entry"].attrs["NX_class"] == "NXentry"
        assert file["entry/data"].attrs["signal"] == "frames"


def test_the_film_takes_no_room_of_its_own(tmp_path):
    record(tmp_path / "film.h5", 20, shape=(240, 320, 3))
    pixels = 20 * 240 * 320 * 3
    assert pixels < (tmp_path / "film.h5").stat().st_size < 1.05 * pixels


def test_a_viewer_finds_grey_frames(tmp_path):
    record(tmp_path / "film.h5", 9, shape=(5, 7))
    with h5py.File(tmp_path / "film.h5") as file:
        group, signal = default_plot(file)
        assert signal.attrs["interpretation"] == "image"
        assert list(group.attrs["axes"]) == ["time", ".", "."]
        np.testing.assert_array_equal(signal[4], picture(4, (5, 7)))


# What is refused


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (np.zeros((32, 24, 3), np.uint8), "32 x 24 x 3 uint8"),
        (np.zeros((24, 32), np.uint8), "24 x 32 uint8"),
        (np.zeros(SHAPE, np.uint16), "24 x 32 x 3 uint16"),
        (None, "a single object"),
        ("frame", "a single <U5"),
        (np.zeros((0, 32, 3), np.uint8), "0 x 32 x 3 uint8"),
        (np.zeros((2, *SHAPE), np.uint8), "2 x 24 x 32 x 3 uint8"),
    ],
)
def test_a_wrong_frame_is_refused_and_the_recording_goes_on(tmp_path, wrong, what):
    with Recorder(tmp_path / "film.h5") as recorder:
        for index in range(5):
            recorder.add(picture(index), sequence=10 + index, time=1000 + index / 4)
            with pytest.raises(RecordingError, match=what):
                recorder.add(wrong)
    assert recorder.count == 5
    with open_recording(tmp_path / "film.h5") as data:
        assert assert_true(data) == 5


def test_a_wrong_frame_that_nobody_catches(tmp_path):
    def careless():
        with Recorder(tmp_path / "film.h5") as recorder:
            recorder.add(picture(0), sequence=10, time=1000)
            recorder.add(picture(1)[:5])

    with pytest.raises(RecordingError, match=r"5 x 32 x 3 uint8, those recorded .* 24 x 32 x 3"):
        careless()
    with open_recording(tmp_path / "film.h5") as data:
        assert assert_true(data) == 1


def test_a_wrong_number_is_refused_and_the_recording_goes_on(tmp_path):
    with Recorder(tmp_path / "film.h5") as recorder:
        recorder.add(picture(0), sequence=10, time=1000)
        with pytest.raises(ValueError, match="seven"):
            recorder.add(picture(1), sequence="seven")
        recorder.add(picture(1), sequence=11, time=1000.25)
    with open_recording(tmp_path / "film.h5") as data:
        assert assert_true(data) == 2


def test_an_existing_file_is_left_alone(tmp_path):
    path = tmp_path / "film.h5"
    record(path, 3)
    before = path.read_bytes()
    with pytest.raises(RecordingError, match=r"film\.h5: exists already.*delete it or choose"):
        Recorder(path)
    assert path.read_bytes() == before
    path.write_text("not HDF5 at all")
    with pytest.raises(RecordingError, match="exists already"):
        Recorder(path)
    assert path.read_text() == "not HDF5 at all"


def test_two_recorders_of_one_file(tmp_path):
    with Recorder(tmp_path / "film.h5") as recorder:
        recorder.add(picture(0), sequence=10, time=1000)
        with pytest.raises(RecordingError, match="exists already"):
            Recorder(tmp_path / "film.h5")
        recorder.add(picture(1), sequence=11, time=1000.25)
    with open_recording(tmp_path / "film.h5") as data:
        assert assert_true(data) == 2


def test_a_missing_folder_and_a_folder(tmp_path):
    with pytest.raises(RecordingError, match=r"there is no folder .*nowhere"):
        Recorder(tmp_path / "nowhere" / "film.h5")
    with pytest.raises(RecordingError, match="exists already"):
        Recorder(tmp_path)


def test_closed_is_closed(tmp_path):
    recorder = record(tmp_path / "film.h5", 2)
    recorder.close()
    with pytest.raises(RecordingError, match=r"film\.h5: this recording is closed"):
        recorder.add(picture(2))


def test_without_a_frame_there_is_no_file(tmp_path):
    with Recorder(tmp_path / "film.h5") as recorder:
        assert (tmp_path / "film.h5").exists()
    assert recorder.count == 0
    assert not (tmp_path / "film.h5").exists()


def test_what_is_no_recording(tmp_path):
    def opened(path):
        with open_recording(path):
            pass

    with pytest.raises(RecordingError, match="there is no such file"):
        opened(tmp_path / "film.h5")
    (tmp_path / "film.h5").write_text("frames " * 1000)
    with pytest.raises(RecordingError, match=r"film\.h5: cannot be opened"):
        opened(tmp_path / "film.h5")
    with h5py.File(tmp_path / "film.h5", "w") as file:
        file["images"] = picture(0)
    with pytest.raises(RecordingError, match="holds no frames"):
        opened(tmp_path / "film.h5")


# Reading while it grows


def answer_looks(path):
    """A child that opens the recording anew for every line it is sent, and says what it saw."""
    for _ in sys.stdin:
        with open_recording(path) as data:
            print(json.dumps([assert_true(data), len(data["sequence"])]), flush=True)


def test_another_process_sees_every_frame_as_soon_as_it_is_added(tmp_path):
    path = tmp_path / "film.h5"
    with Recorder(path) as recorder, child(f"answer_looks({str(path)!r})") as reader:
        for index in range(NUMBERS_PER_CHUNK + 5):
            recorder.add(picture(index), sequence=10 + index, time=1000 + index / 4)
            if index % 19 == 0 or index >= NUMBERS_PER_CHUNK - 1:
                assert json.loads(ask(reader, "look")) == [index + 1, index + 1]
        reader.stdin.close()
        assert reader.wait(20) == 0


def refresh(path):
    """A child that keeps the file open, as plain h5py does it, and refreshes its one handle."""
    with h5py.File(path, swmr=True) as file:
        frames = file["entry/data/frames"]
        for _ in sys.stdin:
            frames.refresh()
            equal = [np.array_equal(frames[i], picture(i)) for i in range(len(frames))]
            print(json.dumps([len(frames), all(equal)]), flush=True)


def test_another_process_refreshes_with_plain_h5py(tmp_path):
    path = tmp_path / "film.h5"
    with Recorder(path) as recorder:
        recorder.add(picture(0))
        with child(f"refresh({str(path)!r})") as reader:
            for index in range(1, 40):
                recorder.add(picture(index))
                if index % 7 == 0:
                    assert json.loads(ask(reader, "look")) == [index + 1, True]
            reader.stdin.close()
            assert reader.wait(20) == 0


def record_in_turns(path, compression=None):
    """A child that records twenty frames for every line it is sent, then says how many are in."""
    with Recorder(path, compression) as recorder:
        for _ in sys.stdin:
            record_into(recorder, recorder.count + 20)
            print(recorder.count, flush=True)


@pytest.mark.parametrize("compression", [None, pytest.param("lz4", marks=needs_hdf5plugin)])
def test_reading_while_another_process_is_recording(tmp_path, compression):
    path = tmp_path / "film.h5"
    with child(f"record_in_turns({str(path)!r}, {compression!r})") as writer:
        said = int(ask(writer, "go"))
        while said < 300:
            print("go", file=writer.stdin, flush=True)
            with open_recording(path) as data:  # in the middle of the next twenty
                assert said <= assert_true(data) <= min(len(data["sequence"]), len(data["time"]))
            said = int(writer.stdout.readline())
            with open_recording(path) as data:
                said_more = int(ask(writer, "go"))
                lengths = [len(data[name]) for name in ("time", "sequence", "frames")]
                assert lengths == [said] * 3  # what was there on opening
                assert assert_true(data) == said
            said = said_more
        writer.stdin.close()
        assert writer.wait(20) == 0
    with open_recording(path) as data:
        assert assert_true(data) == said


def test_a_look_into_the_file_before_the_first_frame_stops_nothing(tmp_path):
    """A viewer that opens the file then fails, but holds a lock for a moment."""
    fcntl = pytest.importorskip("fcntl", reason="locks that HDF5 takes on Linux and macOS")
    path = tmp_path / "film.h5"
    with Recorder(path) as recorder, path.open("rb") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH | fcntl.LOCK_NB)
        record_into(recorder, 3)
    with open_recording(path) as data:
        assert assert_true(data) == 3


@pytest.mark.parametrize("mode", ["r", "r+"])
def test_nobody_else_writes_to_a_file_that_grows(tmp_path, mode):
    """Nor reads it without saying that it may grow. There are no locks: a mark in it says so."""
    path = tmp_path / "film.h5"
    opens = f"import h5py, sys; h5py.File(sys.argv[1], {mode!r})"
    with Recorder(path) as recorder:
        for count in (0, 3):
            record_into(recorder, count)
            other = subprocess.run([sys.executable, "-c", opens, path], stderr=subprocess.PIPE)
            assert other.returncode == 1
            assert b"OSError: Unable to synchronously open file" in other.stderr
    with open_recording(path) as data:
        assert assert_true(data) == 3


def test_reading_in_the_process_that_records(tmp_path):
    with Recorder(tmp_path / "film.h5") as recorder:
        for index in range(NUMBERS_PER_CHUNK + 5):
            recorder.add(picture(index), sequence=10 + index, time=1000 + index / 4)
            if index % 19 == 0:
                with open_recording(tmp_path / "film.h5") as data:
                    assert assert_true(data) == index + 1
    with open_recording(tmp_path / "film.h5") as data:
        assert assert_true(data) == NUMBERS_PER_CHUNK + 5


# What is left


def record_for_ever(path, compression=None):
    """A child that says the number of each frame as soon as it is in."""
    with Recorder(path, compression) as recorder:
        while True:
            record_into(recorder, recorder.count + 1)
            print(recorder.count, flush=True)


@pytest.mark.parametrize("count", [1, 2, 43, NUMBERS_PER_CHUNK, 300])
@pytest.mark.parametrize("compression", [None, pytest.param("lz4", marks=needs_hdf5plugin)])
def test_everything_added_before_the_writer_was_killed(tmp_path, count, compression):
    path = tmp_path / "film.h5"
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


def record_until_full(folder, limits, shape):
    """A child for which no file may grow beyond the first limit; then it may up to the next."""
    import resource
    import signal

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # to write too much is an error, then, no signal
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    recorder, errors = None, []
    for limit in limits:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        recorder = recorder or Recorder(Path(folder) / "film.h5")
        with pytest.raises(RecordingError) as full:
            record_into(recorder, 10**6, shape=shape)
        errors.append([recorder.count, str(full.value)])
    try:
        recorder.close()
    except RecordingError as error:
        errors.append([recorder.count, str(error)])
    print(json.dumps(errors))


def run(call):
    with child(call) as process:
        return json.loads(process.communicate(timeout=60)[0])


def skip_without_limits():
    if importlib.util.find_spec("resource") is None:
        pytest.skip("this system cannot limit the size of a file (no module resource)")


# Tiny frames, so that at some limits it is HDF5's own bookkeeping that finds no room.
@pytest.mark.parametrize("limit", range(9_000, 30_000, 1_999))
def test_everything_added_before_the_disk_was_full(tmp_path, limit):
    skip_without_limits()
    (count, error), *closing = run(f"record_until_full({str(tmp_path)!r}, [{limit}], (3, 4, 3))")
    assert f"frame {10 + count} could not be written" in error
    assert f"The {count} frames before it are kept" in error
    assert all(f"open_recording reads its {count} frames" in message for _, message in closing)
    if count == 0:
        assert not (tmp_path / "film.h5").exists()
        return
    with open_recording(tmp_path / "film.h5") as data:
        assert assert_true(data, (3, 4, 3)) == count
        assert len(data["sequence"]) == len(data["time"]) == count


def test_going_on_when_there_is_room_again(tmp_path):
    skip_without_limits()
    errors = run(f"record_until_full({str(tmp_path)!r}, [60_000, 120_000], {SHAPE})")
    (full, first), (full_again, _), *_ = errors
    assert os.strerror(errno.EFBIG) in first
    assert full_again > 1.5 * full
    with open_recording(tmp_path / "film.h5") as data:
        assert assert_true(data) == full_again


# At the first of these limits HDF5 2.0 has no room for its index of the frames, and gives up.
@pytest.mark.parametrize("limit", [28_176, 28_000, 29_000])
def test_when_hdf5_cannot_go_on_the_recording_says_that_it_is_closed(tmp_path, limit):
    skip_without_limits()
    errors = run(f"record_until_full({str(tmp_path)!r}, [{limit}, 90_000], (3, 4, 3))")
    (full, _), (full_again, second), *_ = errors
    assert full_again > 2 * full or "this recording is closed" in second
    with open_recording(tmp_path / "film.h5") as data:
        assert assert_true(data, (3, 4, 3)) == full_again


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
    print(json.dumps([recorder.count, there]))


def test_a_disk_that_is_really_full(tmp_path):
    if not (sys.platform == "linux" and os.geteuid() == 0 and shutil.which("unshare")):
        pytest.skip("only root on Linux can mount a small disk")
    mounted = f"mount -t tmpfs -o size=2m tmpfs {tmp_path}"
    if subprocess.run(
        ["unshare", "--mount", "sh", "-c", mounted], stderr=subprocess.DEVNULL
    ).returncode:
        pytest.skip("this container does not let root mount a disk")
    code = f"import test_recording as here; here.record_until_disk_is_full({str(tmp_path)!r})"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f'{mounted} && exec "$0" -c "$1"', sys.executable, code],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    count, there = json.loads(done.stdout)
    assert there == count > 500


def interrupt_itself(path):
    """A child that records and, in the middle of adding a frame, gets Ctrl-C."""
    from zmqlab.recording import film

    append = film.append

    def interrupted(dataset, index, chunk):
        append(dataset, index, chunk)
        if index == 30 and dataset.name.endswith("time"):  # one of three is still to come
            raise KeyboardInterrupt

    film.append = interrupted
    try:
        record(path, 100)
    except KeyboardInterrupt:
        print(json.dumps("interrupted"))


def test_ctrl_c_in_the_middle_of_a_frame(tmp_path):
    assert run(f"interrupt_itself({str(tmp_path / 'film.h5')!r})") == "interrupted"
    with open_recording(tmp_path / "film.h5") as data:
        assert assert_true(data) == len(data["sequence"]) == len(data["time"]) == 30


# Compression


@needs_hdf5plugin
@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_frames_come_back_as_they_were(tmp_path, compression):
    record(tmp_path / "film.h5", NUMBERS_PER_CHUNK + 1, compression)
    with child(f"answer_looks({str(tmp_path / 'film.h5')!r})") as reader:  # loads it by itself
        assert json.loads(ask(reader, "look")) == [NUMBERS_PER_CHUNK + 1] * 2
        reader.stdin.close()


@needs_hdf5plugin
def test_compression_makes_smooth_frames_smaller(tmp_path):
    smooth = np.add.outer(np.arange(240), np.arange(320)).astype(np.uint8)
    for compression in (None, "lz4", "zstd"):
        with Recorder(tmp_path / f"{compression}.h5", compression) as recorder:
            for _ in range(10):
                recorder.add(smooth)
        assert recorder.bytes == 10 * smooth.nbytes
    plain, *smaller = [(tmp_path / f"{c}.h5").stat().st_size for c in (None, "lz4", "zstd")]
    assert max(smaller) < plain / 4


def test_compression_without_its_package_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "hdf5plugin", None)  # how Python marks one it cannot import
    with pytest.raises(ImportError, match=r'pip install "zmqlab\[compression\]"'):
        Recorder(tmp_path / "film.h5", compression="lz4")
    assert not (tmp_path / "film.h5").exists()


def test_an_unknown_compression(tmp_path):
    with pytest.raises(RecordingError, match='None, "lz4" or "zstd", not \'jpeg\''):
        Recorder(tmp_path / "film.h5", compression="jpeg")
    assert not (tmp_path / "film.h5").exists()
