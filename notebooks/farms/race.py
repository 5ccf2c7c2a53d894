"""The race of notebook 04: the same tasks in a plain loop, in threads, in a farm, on a cluster."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import cv2
import numpy as np
from tqdm.auto import tqdm

from zmqlab import fft_farm


@contextmanager
def one_core_each():
    """Keep OpenCV to one core for each thread and each worker: it would take all of them."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def in_a_loop(task, frames, number, cluster):
    """Return seconds for a frame; a loop does not care for the number."""
    began = time.perf_counter()
    results = [task(frame) for frame in frames]
    return (time.perf_counter() - began) / len(results)


def in_threads(task, frames, number, cluster):
    """Return seconds for a frame."""
    with ThreadPoolExecutor(number) as pool:
        began = time.perf_counter()
        results = list(pool.map(task, frames))
        return (time.perf_counter() - began) / len(results)


def in_a_farm(task, frames, number, cluster=None):
    """Return seconds for a frame, from the first handed out to the last result."""
    return fft_farm(frames, number, task, progress=False).seconds / len(frames)


def on_a_cluster(task, frames, number, cluster):
    """Return seconds for a frame, or None where it has not so many workers: it has two."""
    if number == 2:
        return fft_farm(frames, task=task, engine=cluster, progress=False).seconds / len(frames)
    return None


def carry_only(frame):
    """Return what costs as much to carry as a spectrum, with nothing to compute."""
    return np.empty((480, 321), np.complex64)


def race(tasks, numbers, cluster, rounds=3):
    """Time each task in each way, round after round, so that what disturbs one disturbs all.

    Parameters
    ----------
    tasks : dict
        A task, and frames for it, by what it is called.
    numbers : list of int
        How many threads, and how many workers of a farm.
    cluster : str
        The address of a Dask scheduler with two workers.

    Returns
    -------
    dict
        For each task "loop", "threads", "farm" and "Dask": for each of the numbers, seconds for a
        frame in each round.
    """
    ways = {"loop": in_a_loop, "threads": in_threads, "farm": in_a_farm, "Dask": on_a_cluster}
    times = {title: {way: [[] for _ in numbers] for way in ways} for title in tasks}
    steps = rounds * len(tasks) * len(numbers) * len(ways)
    with one_core_each(), tqdm(total=steps, unit="run", leave=False) as bar:
        for _ in range(rounds):
            for title, (task, frames) in tasks.items():
                for which, number in enumerate(numbers):
                    for way, run in ways.items():
                        if seconds := run(task, frames, number, cluster):
                            times[title][way][which].append(seconds)
                        bar.update()
    return times


def cores_in_use(task, frames, threads=2):
    """Return how many cores so many threads keep busy: seconds of computing in a second, a median.

    This number can be trusted on a busy computer, too: it may be too small, but not too large.
    """
    shares = []
    with one_core_each(), ThreadPoolExecutor(threads) as pool:
        for _ in range(3):
            began, computed = time.perf_counter(), time.process_time()
            list(pool.map(task, frames))
            shares.append((time.process_time() - computed) / (time.perf_counter() - began))
    return float(np.median(shares))


def time_to_carry(frames, rounds=3):
    """Return seconds to carry a frame to a worker and a spectrum back: the median of the rounds."""
    bar = tqdm(range(rounds), unit="run", leave=False)
    return float(np.median([in_a_farm(carry_only, frames, 2) for _ in bar]))
