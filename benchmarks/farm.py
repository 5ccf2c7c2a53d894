"""The farm: 100 frames of 640 x 480, two workers, against the article's way and other ways.

    python -m benchmarks.farm [ROUNDS] > benchmarks/farm.md

Each measurement is a fresh process that makes its frames, starts its workers if it has any,
waits until they are up, and then takes the time from the first frame given out to the last
result at hand ("streaming"; the article's own workers were running, too). "Total" is that and
the start of the workers. The memory is another run of the same, watched: its numbers are not
used for the times.

Rows "malloc" have the two variables of glibc set, in every process, that `zmqlab.start` sets
for its children only.
"""

import contextlib
import functools
import importlib.util
import json
import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from time import perf_counter

import numpy as np
import psutil
import zmq
from zmq.utils.monitor import recv_monitor_message

from benchmarks.timing import interleave, machine, ratio, spread, table
from zmqlab.farm import fft_farm
from zmqlab.handle import _MEMORY as MALLOC
from zmqlab.spectrum import spectrum

COUNT, SHAPE, WORKERS = 100, (480, 640, 3), 2
PATIENCE = 300  # seconds for one measurement


# Tasks


def light(frame):
    return spectrum(frame)


def heavy(frame):
    """About 10 ms on one core: the frame without its fine structure, and then its spectrum."""
    import cv2

    return spectrum(cv2.GaussianBlur(frame, (0, 0), 10))


def article(frame):
    return np.fft.fft2(frame)


def one_core():
    """What each worker does first: import what the task needs, and keep it to one thread."""
    import cv2

    cv2.setNumThreads(1)
    return os.getpid()


# Ways: each yields once its workers are up, and then does the work.


def loop(task, frames):
    yield
    yield [task(frame) for frame in frames]


def threads(task, frames):
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(abs, range(WORKERS)))
        yield
        yield list(pool.map(task, frames))


def executor(task, frames):
    with ProcessPoolExecutor(WORKERS) as pool:
        for each in [pool.submit(one_core) for _ in range(10 * WORKERS)]:
            each.result()
        yield
        yield list(pool.map(task, frames))


def pool(task, frames):
    with multiprocessing.Pool(WORKERS, one_core) as pool:
        pool.map(abs, range(10 * WORKERS))
        yield
        yield list(pool.imap(task, frames))


def joblib(task, frames):
    from joblib import Parallel, delayed

    with Parallel(WORKERS) as parallel:
        parallel(delayed(one_core)() for _ in range(10 * WORKERS))
        yield
        yield parallel(delayed(task)(frame) for frame in frames)


def dask(task, frames):
    from distributed import Client

    with Client(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as client:
        client.run(one_core)
        yield
        yield client.gather(client.map(task, frames, pure=False))


def article_farm(task, frames):
    """As the article has it: three kinds of process, pickles, the marks as they are."""
    context = zmq.Context.instance()
    sync, results, sender = context.socket(zmq.REP), context.socket(zmq.PULL), free_port()
    ports = [sync.bind_to_random_port("tcp://127.0.0.1"), sender]
    ports += [results.bind_to_random_port("tcp://127.0.0.1")]
    command = [sys.executable, "-m", "benchmarks.farm"]
    children = [subprocess.Popen([*command, "ventilator", *map(str, ports[:2])])]
    for _ in range(WORKERS):
        children.append(subprocess.Popen([*command, "worker", *map(str, ports[1:])]))
    try:
        sync.recv()  # the ventilator has its frames, and its workers are connected
        yield
        sync.send(b"")
        yield [results.recv_pyobj() for _ in range(COUNT)]
    finally:
        for child in children:
            child.kill()
            child.wait()


def article_ventilator(sync_port, port):
    context = zmq.Context.instance()
    socket = context.socket(zmq.PUSH)
    monitor = socket.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED)
    socket.bind(f"tcp://127.0.0.1:{port}")
    sync = context.socket(zmq.REQ)
    sync.connect(f"tcp://127.0.0.1:{sync_port}")
    frames = make_frames()
    for _ in range(WORKERS):
        recv_monitor_message(monitor)
    sync.send(b"")
    sync.recv()
    for frame in frames:
        socket.send_pyobj(frame)
    threading.Event().wait()  # until it is killed


def article_worker(port, results_port):
    context = zmq.Context.instance()
    receiver, sender = context.socket(zmq.PULL), context.socket(zmq.PUSH)
    receiver.connect(f"tcp://127.0.0.1:{port}")
    sender.connect(f"tcp://127.0.0.1:{results_port}")
    while True:
        sender.send_pyobj(article(receiver.recv_pyobj()))


def farm(pattern, task, frames):
    """The farm starts its workers itself, so it takes the time itself."""
    yield
    yield fft_farm(frames, WORKERS, task, pattern=pattern, progress=False)


def free_port():
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        return socket.bind_to_random_port("tcp://127.0.0.1")


WAYS = {
    "article's farm": article_farm,
    "plain loop": loop,
    "ThreadPoolExecutor": threads,
    "fft_farm, workers ask": functools.partial(farm, "ask"),
    "fft_farm, PUSH": functools.partial(farm, "push"),
    "ProcessPoolExecutor": executor,
    "multiprocessing.Pool.imap": pool,
    "joblib": joblib,
    "dask.distributed": dask,
}
if not importlib.util.find_spec("distributed"):
    del WAYS["dask.distributed"]
TASKS = {"article": article, "light": light, "heavy": heavy}


# One measurement


def make_frames():
    return list(np.random.default_rng(1).integers(0, 256, (COUNT, *SHAPE), np.uint8))


def run(way, task):
    """In a process of its own: do the work once, print streaming and total seconds."""
    one_core()
    frames = make_frames()
    start = perf_counter()
    steps = WAYS[way](TASKS[task], frames)
    next(steps)
    up = perf_counter()
    results = next(steps)
    end = perf_counter()
    streaming = getattr(results, "seconds", end - up)
    if way != "article's farm":
        spectra = getattr(results, "spectra", results)
        assert np.array_equal(spectra[-1], TASKS[task](frames[-1]))
    steps.close()
    print(json.dumps({"streaming": streaming, "total": end - start}))


def measure(way, task, malloc=False, watch=False):
    """Return streaming and total seconds, and, where it is watched, the memory it took."""
    command = [sys.executable, "-m", "benchmarks.farm", "run", way, task]
    environment = os.environ | (MALLOC if malloc else {})
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        peak = watch_memory(process) if watch else None
        output, _ = process.communicate(timeout=PATIENCE)
    return json.loads(output) | {"peak": peak}


def watch_memory(process):
    """Return the most memory that the process and its children had together, in bytes."""
    parent, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            family = [parent, *parent.children(recursive=True)]
            peak = max(peak, sum(map(memory, family)))
    return peak


def memory(process):
    """What a process has, with its share of what it shares with others, where that is told."""
    try:
        full = process.memory_full_info()
    except psutil.Error:  # it has just ended
        return 0
    return getattr(full, "pss", full.uss)


# All of them


def ways_of(task):
    """Return the ways that are measured on a task: the article's farm knows only its own."""
    names = [name for name in WAYS if task != "heavy" or name != "article's farm"]
    return {name: "article" if name == "article's farm" else task for name in names}


def measure_all(task, malloc, rounds):
    """Return {way: {"streaming": [seconds, ...], "total": [...], "peak": bytes}}."""
    ways = ways_of(task)
    each = {
        name: functools.partial(measure, name, its_task, malloc) for name, its_task in ways.items()
    }
    runs = interleave(each, rounds)
    results = {}
    for name, its_task in ways.items():
        results[name] = {key: [run[key] for run in runs[name]] for key in ("streaming", "total")}
        results[name]["peak"] = measure(name, its_task, malloc, watch=True)["peak"]
    return results


def results_table(results):
    """Compare every way with each of the farm's competitors."""
    ours = results["fft_farm, workers ask"]["streaming"]
    rows = []
    for name, result in results.items():
        middle, low, high = spread([1e3 * seconds for seconds in result["streaming"]])
        row = [name, f"{middle:.0f} ({low:.0f}-{high:.0f})"]
        row += [f"{1 / ratio(ours, result['streaming']):.2f}"]
        row += [f"{spread(result['total'])[0]:.2f}", f"{result['peak'] / 1e6:.0f}"]
        rows.append(row)
    heads = ["way", "streaming, ms (quartiles)", "farm is x faster", "total, s", "peak, MB"]
    return table(heads, rows)


def main(rounds=7):
    print("# The farm\n")
    print(f"`python -m benchmarks.farm`; {machine()}; {rounds} rounds, interleaved; medians,")
    print(f"ratios round by round. {COUNT} frames of 640 x 480 x 3, {WORKERS} workers, OpenCV with")
    print("one thread each. Streaming: from the first frame given out to the last result at hand,")
    print(
        "with the workers already running. Total: with their start (and, for the farm only, their"
    )
    print("end). Peak: memory of all processes together, frames and results included. The farm")
    print("puts its results into one array in that time, the others return a list.\n")
    for title, task, malloc in (
        ("The spectrum of each frame", "light", False),
        ("The spectrum of each frame, malloc variables set everywhere", "light", True),
        ("About 10 ms of work a frame", "heavy", False),
        ("About 10 ms of work a frame, malloc variables set everywhere", "heavy", True),
    ):
        print(f"## {title}\n")
        print(results_table(measure_all(task, malloc, rounds)), end="\n\n", flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", way, task]:
            run(way, task)
        case ["ventilator", *ports]:
            article_ventilator(*ports)
        case ["worker", *ports]:
            article_worker(*ports)
        case rest:
            main(*map(int, rest))
