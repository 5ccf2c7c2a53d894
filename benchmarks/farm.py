"""The farm: 100 frames of 640 x 480, two workers, against the article's way and other ways.

    python -m benchmarks.farm [ROUNDS]

Each measurement is a fresh process that makes its frames, starts its workers if it has any,
waits until they are up, and then takes the time from the first frame given out to the last
result at hand (the article's own workers were running, too). The farm puts its results into one
array in that time, the others return a list. OpenCV has one thread in each process. The memory
is another run of the same, watched: its numbers are not used for the times.

"Malloc variables set": the two of glibc, in every process, that `zmqlab.start` sets for its
children only.
"""

import contextlib
import functools
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

from benchmarks.timing import Comparison, absent, interleave, report
from zmqlab.analysis.spectra import spectrum
from zmqlab.patterns.farm import fft_farm
from zmqlab.processes.spawn import FRAMES_REUSE_MEMORY as MALLOC

COUNT, SHAPE, WORKERS = 100, (480, 640, 3), 2
CHUNK = 5  # frames at a time, where a library can be told
PATIENCE = 120  # seconds for one measurement
ROUNDS = 7


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
        yield list(pool.map(task, frames, chunksize=CHUNK))


def pool(task, frames):
    with multiprocessing.Pool(WORKERS, one_core) as pool:
        pool.map(abs, range(10 * WORKERS))
        yield
        yield list(pool.imap(task, frames, CHUNK))


def joblib(task, frames):
    from joblib import Parallel, delayed

    # Large arrays travel as memory-mapped files, but "large" begins above a frame's size.
    with Parallel(WORKERS, max_nbytes="100K") as parallel:
        parallel(delayed(one_core)() for _ in range(10 * WORKERS))
        yield
        yield parallel(delayed(task)(frame) for frame in frames)


def dask(task, frames):
    from distributed import Client

    with Client(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as client:
        client.run(one_core)
        yield
        yield client.gather(client.map(task, client.scatter(frames), pure=False))


def ray(task, frames):
    import ray

    ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="error")
    ray.get([ray.remote(one_core).remote() for _ in range(10 * WORKERS)])
    work = ray.remote(task)
    yield
    yield ray.get([work.remote(ray.put(frame)) for frame in frames])
    ray.shutdown()


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


def farm(way, task, frames):
    """The farm starts its workers itself, so it takes the time itself."""
    yield
    yield fft_farm(frames, WORKERS, task, **way, progress=False)


def free_port():
    from zmqlab.course.ports import free_endpoint  # here: workers need no memory for it

    return int(free_endpoint().rpartition(":")[2])


WAYS = {
    "article's farm": article_farm,
    "plain loop": loop,
    "ThreadPoolExecutor": threads,
    "fft_farm, workers ask": functools.partial(farm, {}),
    "fft_farm, shared memory": functools.partial(farm, {"shared": True}),
    "ProcessPoolExecutor": executor,
    "multiprocessing.Pool.imap": pool,
    "joblib": joblib,
    "dask.distributed": dask,
    "ray": ray,
}
PEERS = {"joblib": "joblib", "dask.distributed": "distributed", "ray": "ray"}
SLOW = {"joblib", "dask.distributed", "ray"}  # to start: measured in every third round only
OURS, SHARED = "fft_farm, workers ask", "fft_farm, shared memory"
ARTICLE, LOOP = "article's farm", "plain loop"
FEW = [ARTICLE, LOOP, "ThreadPoolExecutor", OURS, SHARED, "ProcessPoolExecutor", "joblib"]
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


def measure(way, task, malloc=False):
    """Return the milliseconds of the work, with workers that are up."""
    touch_memory()
    output, _ = _measure(way, task, malloc, lambda process: None)
    return 1e3 * output["streaming"]


def touch_memory():
    """Use half a gigabyte, and give it back.

    On a virtual machine, memory that nobody has used for a while must first be fetched from the
    host. That takes many times as long as to take it from the system, and who is hit is chance.
    """
    np.ones(1 << 26)


def peak_memory(way, task):
    """Return the most memory that all processes had together, in MB."""
    return _measure(way, task, False, watch_memory)[1] / 1e6


def _measure(way, task, malloc, watch):
    command = [sys.executable, "-m", "benchmarks.farm", "run", way, task]
    environment = os.environ | (MALLOC if malloc else {})
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            seen = watch(process)
            output, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    if process.returncode:
        raise ChildProcessError(f"{way} ended with exit code {process.returncode}")
    return json.loads(output), seen


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


def compare(rounds=ROUNDS):
    """Yield the comparisons of this file."""
    missing = absent(PEERS)
    there = [way for way in WAYS if way not in {each.partition(":")[0] for each in missing}]
    what = f"Farm, {WORKERS} workers, {COUNT} VGA frames"
    targets = [(OURS, ARTICLE, 14), (SHARED, ARTICLE, 30), (SHARED, LOOP, 1)]
    targets += [(OURS, peer, 2) for peer in ("ProcessPoolExecutor", "joblib", "dask.distributed")]
    run = functools.partial(one, rounds=rounds, left_out=missing)
    yield run(f"{what}, their spectrum", there, "light", targets)
    few = [way for way in FEW if way in there]
    yield run(f"{what}, their spectrum, malloc variables set", few, "light", [], malloc=True)
    own_task = [way for way in there if way != ARTICLE]  # the article's farm knows only its own
    targets = [(OURS, LOOP, 1.7)]
    yield run(f"{what}, 10 ms of work each", own_task, "heavy", targets, base=LOOP)
    each = {way: functools.partial(peak_memory, way, task_of(way, "light")) for way in there}
    peaks = interleave(each, 1, left_out=missing)
    yield Comparison(f"{what}, peak memory", "MB", ARTICLE, peaks, [], missing)


def one(what, ways, task, targets, base=ARTICLE, malloc=False, *, rounds, left_out):
    each = {way: functools.partial(measure, way, task_of(way, task), malloc) for way in ways}
    left_out = left_out.copy()
    values = interleave(each, rounds, SLOW, left_out)
    return Comparison(what, "ms", base, values, targets, left_out)


def task_of(way, task):
    return "article" if way == ARTICLE else task


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["run", way, task]:
            run(way, task)
        case ["ventilator", *ports]:
            article_ventilator(*ports)
        case ["worker", *ports]:
            article_worker(*ports)
        case rest:
            report(compare(*map(int, rest)))
