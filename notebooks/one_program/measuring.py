"""How the programs are timed, and what else notebook 07 measures and draws."""

import ast
import inspect
import itertools
import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import zmq

from one_program import work
from zmqlab import Recorder, drawing, open_camera, open_recording, start

WIDTH = 8.6  # inches of a figure


def plain_loop(frames, path):
    """One thing after the other. Whoever does not beat it has made things hard for nothing."""
    with open_camera("simulated", paced=False) as camera, Recorder(path) as recorder:
        for number in range(work.WARM_UP + frames):
            if number == work.WARM_UP:
                began = work.mark()
            frame = camera.read()
            recorder.add(frame[::2, ::2], number)
            work.look(number, frame)
    work.report(began, work.mark(), frames, number + 1)


def measure(program, frames=60, rounds=3):
    """Run a program a few times, each in a process of its own; return the medians.

    Each time its film must hold every frame.
    """
    name, found = program.__name__, []
    with tempfile.TemporaryDirectory(prefix="zmqlab-", ignore_cleanup_errors=True) as folder:
        for number in range(rounds):
            film = Path(folder, f"{name}-{number}.h5")
            process = start(program, frames, str(film), process_name=name, observe=False)
            process.wait(timeout=90)
            found.append(json.loads(process.output.splitlines()[-1]))
            with open_recording(film) as data:
                complete = data["sequence"][:].tolist() == [*range(found[-1]["seen"])]
            assert complete, f"frames are missing in the film of {name}"
            print(f"{name}: {found[-1]['fps']:.0f} frames a second, film complete")
    return {key: statistics.median(each[key] for each in found) for key in ("fps", "cpu")}


def time_lines(frames=40):
    """Print how many milliseconds each line of the plain loop takes for a frame: medians."""
    times = []
    with tempfile.TemporaryDirectory(prefix="zmqlab-", ignore_cleanup_errors=True) as folder:
        film = Path(folder, "timed.h5")
        with open_camera("simulated", paced=False) as camera, Recorder(film) as recorder:
            for number in range(frames):
                marks = [time.perf_counter()]
                frame = camera.read()
                marks.append(time.perf_counter())
                recorder.add(frame[::2, ::2], number)
                marks.append(time.perf_counter())
                work.look(number, frame)
                marks.append(time.perf_counter())
                times.append([1000 * (b - a) for a, b in itertools.pairwise(marks)])
    read, add, look = (statistics.median(each) for each in zip(*times, strict=True))
    print(f"camera.read: {read:.1f} ms, recorder.add: {add:.1f} ms, work.look: {look:.1f} ms")


def gain(job, rounds=5):
    """Return how many times as fast a job is in two threads at once as twice in a row."""
    return statistics.median(2 * _seconds(job) / _seconds(job, job) for _ in range(rounds))


def _seconds(*jobs):
    threads = [threading.Thread(target=job) for job in jobs]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def _answer(context, count):
    with context.socket(zmq.REP) as socket:
        socket.rcvtimeo = 5000
        socket.bind("inproc://echo")
        for _ in range(count):
            socket.send(socket.recv())


def round_trip(beside, count=80):
    """Return the milliseconds that a question and its answer take, beside a thread that works."""

    def be_busy():
        while not done.is_set():
            beside()
            busy.set()

    busy, done = threading.Event(), threading.Event()
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        threads = [
            threading.Thread(target=_answer, args=(context, count)),
            threading.Thread(target=be_busy),
        ]
        for thread in threads:
            thread.start()
        socket.rcvtimeo = 5000
        socket.connect("inproc://echo")
        times = []
        busy.wait(5)
        for _ in range(count):
            done.wait(0.002)  # questions come now and then
            began = time.perf_counter()
            socket.send(b"?")
            socket.recv()
            times.append(1000 * (time.perf_counter() - began))
        done.set()
        for thread in threads:
            thread.join()
    return statistics.mean(times)


def reads_and_writes(trips):
    """Return how often this program reads and writes during so many round trips over `inproc`.

    None where the operating system does not count them for a program, or counts other things.
    """
    if sys.platform != "linux" or not hasattr(psutil.Process, "io_counters"):
        return None
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        thread = threading.Thread(target=_answer, args=(context, trips))
        thread.start()
        socket.rcvtimeo = 5000
        socket.connect("inproc://echo")
        before = psutil.Process().io_counters()
        for _ in range(trips):
            socket.send(b"?")
            socket.recv()
        after = psutil.Process().io_counters()
        thread.join()
    counted = after.read_count - before.read_count, after.write_count - before.write_count
    return counted if all(counted) else None


def draw_gains(gains, trips):
    """Draw what a second thread gains, and how long a round trip takes beside other work."""
    words = "gain by a second thread: " + ", ".join(f"{k} {v:.1f}" for k, v in gains.items())
    words += "; round trip: " + ", ".join(f"{k} {v:.2g} ms" for k, v in trips.items())
    with drawing(words, WIDTH, 2.6, columns=2) as (left, right):
        bars = left.barh(list(gains), list(gains.values()))
        left.bar_label(bars, fmt="{:.1f}", padding=4)
        left.axvline(1, color="C1", linewidth=1)
        left.set(xlabel="times as fast with two threads", xlim=(0, 2.4))
        bars = right.barh(list(trips), list(trips.values()), color="C1")
        right.bar_label(bars, fmt="{:.2g} ms", padding=4)
        right.set(xlabel="question and answer (ms)", xscale="log", xlim=(0.001, 200))
        for axes in (left, right):
            axes.invert_yaxis()


def count_lines(*things):
    """Return the lines of code of functions and modules, without blank ones and docstrings."""
    total = 0
    for thing in things:
        tree = ast.parse(inspect.getsource(thing))
        for node in ast.walk(tree):
            documented = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module)
            if documented and ast.get_docstring(node):
                del node.body[0]
        total += len([line for line in ast.unparse(tree).splitlines() if line])
    return total


def draw_programs(facts):
    """Draw frames a second, CPU time and lines of each program."""
    what = [("fps", "frames a second"), ("cpu", "CPU for a frame (ms)"), ("lines", "lines of code")]
    labels = [name.replace("_", " ") for name in facts]
    words = "; ".join(
        f"{label}: {each['fps']:.0f} frames/s, {each['cpu']:.1f} ms, {each['lines']} lines"
        for label, each in zip(labels, facts.values(), strict=True)
    )
    with drawing(words, WIDTH, 2.5, columns=3) as panels:
        for number, (axes, (key, label)) in enumerate(zip(panels, what, strict=True)):
            bars = axes.barh(labels, [each[key] for each in facts.values()], color=f"C{number}")
            axes.bar_label(bars, fmt="{:.1f}" if key == "cpu" else "{:.0f}", padding=4)
            axes.set(xlabel=label)
            axes.margins(x=0.25)
            axes.invert_yaxis()
        for axes in panels[1:]:
            axes.set_yticks([])
