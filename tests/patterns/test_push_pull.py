"""Ventilator, workers, sink, and the farm, in processes of their own; killed ones included."""

import itertools
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import psutil
import pytest
import zmq
from helpers.choosing import always

from zmqlab.analysis.spectra import spectrum
from zmqlab.cameras import open_camera
from zmqlab.course.ports import free_endpoint, free_endpoints
from zmqlab.patterns.ask_for_work import asking_worker, hand_out, welcome
from zmqlab.patterns.farm import fft_farm
from zmqlab.patterns.push_pull import fft_worker, sink, ventilator
from zmqlab.patterns.workers import FarmError, dismiss, gather
from zmqlab.processes.handle import StartError
from zmqlab.processes.launch import process, start
from zmqlab.wire.messages import pack_message, send_frame
from zmqlab.wire.sockets import bind


def small_frames(count=100):
    """Frames that are quickly made and sent, each different from all others."""
    return np.random.default_rng(count).integers(0, 256, (count, 24, 32, 3), np.uint8)


def check(results, frames):
    """Each frame has come back exactly once, in its place."""
    assert np.array_equal(results.spectra, [spectrum(frame) for frame in frames])
    assert len(results.worker) == len(results.arrival) == len(frames)
    assert results.arrival.min() > 0
    assert results.arrival.max() <= results.seconds


def kill(name):
    """Kill with -9 (on Windows, with what there is), and wait until it is seen to be dead."""
    psutil.Process(process(name).pid).kill()
    process(name).wait_until(lambda process: process.ended, what="death")


# So patient that nobody's silence is noticed: what is found out, is found out otherwise.
PATIENT = {"progress": False, "timeout": 1000}
pytestmark = pytest.mark.timeout(120)

each_way = pytest.mark.parametrize("shared", [False, True])

# The three roles


def film(count):
    """The frames that every simulated camera begins with."""
    with open_camera("simulated", paced=False) as camera:
        return [camera.read() for _ in range(count)]


@pytest.fixture(scope="module")
def first_frames():
    return film(10)


def sink_to_file(path, **options):
    """A sink whose results can be looked at from outside."""
    results = sink(**options)
    np.savez(path, spectra=results.spectra, worker=results.worker, arrival=results.arrival)


@pytest.mark.parametrize(
    "order", always(1, itertools.permutations(["ventilator", "worker", "sink"]))
)
def test_any_order(order, tmp_path, first_frames):
    frames, control = free_endpoints(2)
    roles = {
        "ventilator": (ventilator, [control, "simulated", 10, frames], {}),
        "worker": (fft_worker, [frames, control, "Ada"], {}),
        "sink": (sink_to_file, [tmp_path / "results.npz"], {"control": control}),
    }
    processes = []
    try:
        for role in order:
            function, arguments, options = roles[role]
            processes.append(start(function, *arguments, process_name=role, timeout=30, **options))
        for each in processes:
            assert each.wait(60) == 0, each.output
    finally:
        for each in processes:
            print(each, each.messages, each.output)  # shown where the test fails
            each.stop()
    with np.load(tmp_path / "results.npz") as results:
        assert np.array_equal(results["spectra"], [spectrum(frame) for frame in first_frames])
        assert set(results["worker"]) == {"Ada"}
    assert "Ada: 10" in process("sink").output


def test_ventilator_waits_for_all_workers(tmp_path):
    options = {"workers": 2}
    with (
        start(sink_to_file, tmp_path / "results.npz", process_name="sink", **options) as collecting,
        start(ventilator, collecting.endpoint, "simulated", 60) as dealing,
        start(
            fft_worker, dealing.endpoint, collecting.endpoint, "early", process_name="early"
        ) as early,
    ):
        early.wait_until(lambda worker: worker.messages.get("DEALER 2", {}).get("in"), 20)
        assert dealing.messages["PUSH 0"]["out"] == 0
        with start(
            fft_worker, dealing.endpoint, collecting.endpoint, "late", process_name="late"
        ) as late:
            for each in (collecting, dealing, early, late):
                assert each.wait(30) == 0, each.output
    with np.load(tmp_path / "results.npz") as results:
        assert set(results["worker"]) == {"early", "late"}


@pytest.mark.parametrize("role", [ventilator, fft_worker, sink])
def test_says_who_did_not_come(role):
    nobody = free_endpoint()
    arguments = {
        ventilator: [nobody, "simulated"],
        fft_worker: [free_endpoint(), nobody],
        sink: ["tcp://127.0.0.1:*", "tcp://127.0.0.1:*", 2],
    }[role]
    says = "no ventilator and 0 of 2 workers" if role is sink else "nobody listens there"
    with pytest.raises(TimeoutError, match=says):
        role(*arguments, timeout=0.3)


def test_sink_that_gives_up_sends_the_others_home():
    control = free_endpoint()
    with ThreadPoolExecutor() as pool:
        collecting = pool.submit(sink, control, workers=2, timeout=5)
        working = pool.submit(fft_worker, free_endpoint(), control, timeout=30)
        dealing = pool.submit(ventilator, control, "simulated", timeout=30)
        with pytest.raises(TimeoutError, match="the ventilator and 1 of 2 workers"):
            collecting.result(20)
        assert working.result(20) is dealing.result(20) is None


@pytest.mark.everything
def test_memory_is_bounded_while_the_sink_is_away():
    """A sink stopped in mid-stream stops the ventilator; nothing is lost when it comes back."""
    count = 150
    with (
        start(sink) as collecting,
        start(ventilator, collecting.endpoint, "simulated", count) as dealing,
        start(fft_worker, dealing.endpoint, collecting.endpoint) as working,
    ):
        collecting.wait_until(lambda sink: sink.messages["PULL 1"]["in"] > 3, 30)
        before = [each.memory for each in (dealing, working)]
        psutil.Process(collecting.pid).suspend()
        pushed = pushed_when_still(dealing)
        had = collecting.messages["PULL 1"]["in"]
        assert pushed - had < 60  # 4 frames in each of 4 queues, and what the system's buffers hold
        for each, memory in zip((dealing, working), before, strict=True):
            assert each.memory - memory < 60e6
        psutil.Process(collecting.pid).resume()
        for each in (collecting, dealing, working):
            assert each.wait(60) == 0, each.output
    assert f"{count} results" in collecting.output


def pushed_when_still(dealing):
    """Return how many frames a ventilator has pushed, once that has not changed for a second."""
    for pushed in iter(lambda: dealing.messages["PUSH 0"]["out"], None):
        try:
            dealing.wait_until(lambda v, n=pushed: v.messages["PUSH 0"]["out"] > n, 1)
        except TimeoutError:
            return pushed


# The farm


@each_way
def test_farm(shared):
    frames = list(small_frames())
    results = fft_farm(frames, workers=2, shared=shared, progress=False)
    check(results, frames)
    assert set(results.worker) == {"worker 1", "worker 2"}
    oracle = np.fft.rfft2([cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) for frame in frames])
    assert np.allclose(results.spectra, oracle, rtol=1e-4, atol=0.5)
    assert "worker 1: " in repr(results)
    assert not process("worker 1").running


def test_farm_takes_a_camera():
    """Of a camera, which never ends, 100 frames, or as many as are asked for."""
    with open_camera("simulated", paced=False, size=(64, 64)) as camera:
        assert len(fft_farm(camera, workers=1).spectra) == 100
    with open_camera("simulated", paced=False, size=(64, 64)) as camera:
        frames = [camera.read() for _ in range(7)]
    with open_camera("simulated", paced=False, size=(64, 64)) as camera:
        check(fft_farm(camera, workers=1, count=7), frames)


def test_farm_runs_any_task():
    """Scalars, closures; and an array grows with frames that nobody has counted."""
    factor = 3
    frames = small_frames(200)
    results = fft_farm(iter(frames), task=lambda frame: factor * frame.mean(), progress=False)
    assert np.allclose(results.spectra, [factor * frame.mean() for frame in frames])


def test_farm_shows_progress(bar_of_text, capsys):
    fft_farm(small_frames(5), workers=1)
    assert "5/5" in capsys.readouterr().err


def test_farm_does_without_tqdm(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # what an import of it then raises
    check(fft_farm(small_frames(5), workers=1), small_frames(5))
    assert capsys.readouterr().err == ""


def test_farm_tells_of_an_error_in_the_task():
    def picky(frame):
        if frame[0, 0, 0] == 99:
            raise ArithmeticError("too bright for me")
        return frame

    frames = np.zeros((50, 24, 32, 3), np.uint8)
    frames[30, 0, 0, 0] = 99
    with pytest.raises(FarmError, match=r"(?s)frame 30.*in picky.*ArithmeticError: too bright"):
        fft_farm(frames, task=picky, progress=False)


def test_farm_tells_of_an_error_in_the_frames():
    def broken():
        yield from small_frames(20)
        raise OSError("the cable fell out")

    with pytest.raises(OSError, match="the cable fell out"):
        fft_farm(broken(), progress=False)
    assert not process("worker 1").running


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"frames": np.zeros((24, 32, 3), np.uint8)}, "this is one frame"),
        ({"frames": []}, "no frame"),
        ({"frames": small_frames(3), "workers": 0}, "workers=0: give a whole number from 1"),
        ({"frames": [small_frames(1)[0], small_frames(1)[0, :-2]]}, "frame 1 gave"),
    ],
)
def test_farm_refuses(arguments, says):
    with pytest.raises(ValueError, match=says):
        fft_farm(**arguments | {"workers": arguments.get("workers", 1)}, progress=False)


def test_farm_says_that_a_task_cannot_travel():
    with pytest.raises(StartError, match="cannot travel"):
        fft_farm(small_frames(3), task=threading.Lock().acquire_lock, progress=False)


# Workers that are lost


@each_way
@pytest.mark.parametrize("at", [0, 1, 50, 99])
def test_killed_between_frames(at, shared):
    """Killed when frame number `at` is taken: before the first, ..., before the last."""

    def frames():
        for number, frame in enumerate(small_frames()):
            if number == at:
                kill("worker 1")
            yield frame

    check(fft_farm(frames(), shared=shared, **PATIENT), small_frames())


@each_way
@pytest.mark.parametrize("at", [0, 99])
def test_killed_in_mid_task(at, shared, tmp_path):
    """Killed by itself in the middle of frame number `at`; the next who gets it survives."""
    frames = small_frames()
    mark, fatal = tmp_path / "somebody died", frames[at]

    def deadly(frame):
        if np.array_equal(frame, fatal) and not mark.exists():
            mark.touch()
            psutil.Process().kill()
        return spectrum(frame)

    check(fft_farm(frames, task=deadly, shared=shared, **PATIENT), frames)
    assert [process(f"worker {number}").exit_code == 0 for number in (1, 2)].count(False) == 1


@pytest.mark.parametrize("at", [0, 50])
def test_all_killed(at):
    def frames():
        for number, frame in enumerate(small_frames()):
            if number == at:
                kill("worker 1")
                kill("worker 2")
            yield frame

    with pytest.raises(FarmError, match=r"all workers are lost: worker 1 \(.*worker 2 \("):
        fft_farm(frames(), **PATIENT)


# Workers in threads: what can be tried without processes


def farm_of_threads(frames, count=2, task=spectrum, disturb=lambda endpoint: 0):
    """Run the farm; `disturb` returns how many more are known to it then."""
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as router,
        ThreadPoolExecutor() as pool,
    ):
        endpoint, workers = bind(router, "tcp://127.0.0.1:*"), {}
        hired = [pool.submit(asking_worker, endpoint, task, f"thread {n}") for n in range(count)]
        try:
            welcome(router, workers, count)
            welcome(router, workers, count + disturb(endpoint))
            return gather(hand_out(router, workers, frames))
        finally:
            dismiss(router, workers)
            for worker in hired:
                worker.result(20)


def test_a_result_counts_only_from_who_was_given_its_frame():
    """Whoever is known, and has no room, gets no frame and makes no result."""
    with zmq.Context() as context, context.socket(zmq.DEALER) as guest:
        guest.linger = 0

        def disturb(endpoint):
            guest.connect(endpoint)
            guest.send_multipart(pack_message("ask", {"worker": "guest", "room": 0}))
            for number in range(40):
                send_frame(guest, np.ones((24, 17), np.complex64), "result", number, worker="guest")
            return 1

        frames = list(small_frames())
        found = farm_of_threads(frames, disturb=disturb)
        check(found, frames)
        assert "guest" not in found.worker
        assert guest.recv_multipart()[0] == b"end", "it was known"


def test_nobody_asks():
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        bind(router, "tcp://127.0.0.1:*")
        with pytest.raises(TimeoutError, match=r"0 of 2 workers \(nobody\)"):
            welcome(router, {}, 2, timeout=0.2)
