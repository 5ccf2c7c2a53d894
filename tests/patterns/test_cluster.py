"""The farm on a cluster: a scheduler and workers as processes of their own, at an address."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from multiprocessing import resource_tracker
from pathlib import Path

import h5py
import numpy as np
import psutil
import pytest

from zmqlab.analysis.spectra import spectrum
from zmqlab.patterns.farm import fft_farm
from zmqlab.patterns.workers import FarmError
from zmqlab.recording.recorder import Recorder, RecordingError

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.timeout(200)

QUIET = {"progress": False, "timeout": 100}


def small_frames(count=40):
    return np.random.default_rng(count).integers(0, 256, (count, 24, 32, 3), np.uint8)


@pytest.fixture(autouse=True, scope="module")
def tracker_of_resources():
    """A helper of Python's own processes, which a local cluster starts and nobody stops."""
    resource_tracker.ensure_running()
    yield
    resource_tracker._resource_tracker._stop()


@contextlib.contextmanager
def dask(*command):
    """Run a command of Dask; yield its process, which prints what it does."""
    line = [sys.executable, "-m", "distributed.cli." + command[0], *command[1:]]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def printed(process, pattern):
    """Return the match of the pattern in what a process prints, once it is there."""
    for line in process.stdout:
        if match := re.search(pattern, line):
            # What comes later is read, too, or the process would wait for a reader.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return match
    raise AssertionError(f"{process.args} ended without {pattern}")


@contextlib.contextmanager
def a_scheduler():
    options = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with dask("dask_scheduler", *options) as process:
        yield process, printed(process, r"(tcp://127\.0\.0\.1:\d+)")[1]


@contextlib.contextmanager
def a_worker(address, name):
    options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name]
    with dask("dask_worker", address, *options) as process:
        printed(process, r"Registered to: +tcp")
        yield process


@pytest.fixture(scope="module")
def cluster():
    """The address of a scheduler with two workers, Ada and Grace."""
    with a_scheduler() as (_, address), a_worker(address, "Ada"), a_worker(address, "Grace"):
        yield address


def check(results, frames):
    """Each frame has come back exactly once, in its place."""
    assert np.array_equal(results.spectra, [spectrum(frame) for frame in frames])
    assert len(results.worker) == len(results.arrival) == len(frames)
    assert 0 < results.arrival.min() <= results.arrival.max() <= results.seconds


def test_the_same_as_with_sockets(cluster):
    frames = small_frames()
    results = fft_farm(frames, engine=cluster, **QUIET)
    check(results, frames)
    assert set(results.worker) == {"worker Ada", "worker Grace"}
    assert np.array_equal(results.spectra, fft_farm(frames, **QUIET).spectra)


@pytest.mark.parametrize("engine", ["zeromq", "cluster"])
def test_a_recording_is_read_where_the_work_is(engine, cluster, tmp_path):
    frames = small_frames(23)
    with Recorder(tmp_path / "film.h5") as recorder:
        for frame in frames:
            recorder.add(frame)
    engine = cluster if engine == "cluster" else engine
    check(fft_farm(tmp_path / "film.h5", engine=engine, **QUIET), frames)
    some = fft_farm(str(tmp_path / "film.h5"), engine=engine, count=7, **QUIET)
    check(some, frames[:7])
    with pytest.raises(RecordingError, match="there is no such file"):
        fft_farm(tmp_path / "none.h5", engine=engine, **QUIET)


def test_progress_counts_frames(cluster, bar_of_text, capsys):
    fft_farm(small_frames(), engine=cluster, timeout=100)
    assert "40/40" in capsys.readouterr().err


def test_an_error_of_the_task_names_the_frame_and_the_line(cluster):
    def fragile(frame):
        if frame[0, 0, 0] == 13:
            raise KeyError("thirteen")
        return frame.mean()

    frames = np.zeros((20, 24, 32, 3), np.uint8)
    frames[:, 0, 0, 0] = range(20)
    with pytest.raises(FarmError, match=r"(?s)on frame 13:.*line \d+, in fragile.*thirteen"):
        fft_farm(frames, task=fragile, engine=cluster, **QUIET)
    assert len(fft_farm(frames, engine=cluster, **QUIET).spectra) == 20  # it goes on serving


def test_an_error_of_the_frames_is_no_error_of_the_cluster(cluster):
    def frames():
        yield from small_frames(3)
        yield Path("no such frame").read_bytes()

    with pytest.raises(FileNotFoundError, match="no such frame"):
        list(fft_farm(frames(), engine=cluster, **QUIET))


def test_a_task_that_cannot_be_sent(cluster):
    lock = threading.Lock()
    with pytest.raises((FarmError, TypeError), match="pickle"):
        fft_farm(small_frames(), task=lambda frame: lock, engine=cluster, **QUIET)


def test_a_worker_that_is_killed_costs_nothing_but_time(tmp_path):
    """And one that comes in the middle takes its share."""
    frames, mark = small_frames(60), tmp_path / "Ada has worked"

    def marking(frame):
        if np.array_equal(frame, frames[15]):
            mark.touch()
        return spectrum(frame)

    with (
        a_scheduler() as (_, address),
        a_worker(address, "Ada") as Ada,
        contextlib.ExitStack() as late,
    ):

        def frames_and_a_murder():
            for number, frame in enumerate(frames):
                if number == 20:
                    while not mark.exists():  # two tasks are hers, whatever comes
                        pass
                    late.enter_context(a_worker(address, "Grace"))
                if number == 40:
                    psutil.Process(Ada.pid).kill()
                    Ada.wait(20)
                yield frame

        results = fft_farm(frames_and_a_murder(), task=marking, engine=address, count=60, **QUIET)
        check(results, frames)
        assert set(results.worker) == {"worker Ada", "worker Grace"}


@pytest.mark.everything
def test_the_scheduler_is_gone():
    frames = small_frames(60)
    with a_scheduler() as (scheduler, address), a_worker(address, "Ada"):

        def frames_and_a_murder():
            for number, frame in enumerate(frames):
                if number == 30:
                    scheduler.kill()
                    scheduler.wait(20)
                yield frame

        with pytest.raises(FarmError, match=r"the scheduler is gone.*no result for frames"):
            fft_farm(frames_and_a_murder(), engine=address, count=60, progress=False, timeout=10)
    with pytest.raises(FarmError, match=f"no scheduler answers at '{address}'.*`dask scheduler`"):
        fft_farm(frames, engine=address, **QUIET)


def test_nobody_works():
    with (
        a_scheduler() as (_, address),
        pytest.raises(FarmError, match="no workers for 2 s; `dask worker ADDRESS`"),
    ):
        fft_farm(small_frames(), engine=address, progress=False, timeout=2)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"engine": "zmq"}, "no scheduler answers at 'zmq'"),
        ({"engine": "dask", "shared": True}, "shared=True"),
        ({"engine": "dask", "workers": 0}, "workers=0"),
    ],
)
def test_refuses(options, says):
    with pytest.raises((FarmError, ValueError), match=says):
        fft_farm(small_frames(), **options, **QUIET)


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A recording of 23 frames, of which a number is missing."""
    path = tmp_path_factory.mktemp("film") / "film.h5"
    with Recorder(path) as recorder:
        for number, frame in enumerate(small_frames(23)):
            recorder.add(frame, number + (number > 10), 7.5 * number)
    return path


def zmqlab(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "zmqlab", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=150,
    )


@pytest.mark.parametrize("engine", ["zeromq", "cluster"])
def test_spectra_from_a_terminal(engine, cluster, film, tmp_path):
    out = tmp_path / "spectra.h5"
    engine = cluster if engine == "cluster" else engine
    done = zmqlab("spectra", film, "--engine", engine, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == f"{out}: 23 spectra of {film}"
    assert "23/23" in done.stderr  # progress
    with h5py.File(out) as file:
        assert np.array_equal(file["spectra"], [spectrum(each) for each in small_frames(23)])
        assert file["sequence"][:].tolist() == [n + (n > 10) for n in range(23)]
        assert file["time"][-1] == 7.5 * 22
    again = zmqlab("spectra", film, "--out", out)
    assert (again.returncode, again.stderr) == (
        1,
        f"zmqlab: {out}: there is such a file already; choose another name\n",
    )
