"""The race of notebook 04: the same tasks in a plain loop, in threads, in a farm, on a cluster."""

import ctypes
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import cv2
import numpy as np
from tqdm.auto import tqdm

from zmqlab import fft_farm


@contextmanager
def one_core_each():
    """Keep OpenCV to one core for each thread and each worker: it would take all of them.

    Give back what the heaps of threads have kept, which is a good deal: glibc makes a heap for
    each, and Binder has no room for them beside a cluster.
    """
    give_back()
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
        give_back()


def give_back():
    """Have glibc give memory that is free back to the system."""
    with suppress(AttributeError, OSError, TypeError):  # not glibc
        ctypes.CDLL(None).malloc_trim(0)


def in_a_loop(task, frames):
    """Return seconds for a frame."""
    began = time.perf_counter()
    results = [task(frame) for frame in frames]
    return (time.perf_counter() - began) / len(results)


def in_threads(task, frames, number):
    """Return seconds for a frame."""
    with ThreadPoolExecutor(number) as pool:
        began = time.perf_counter()
        results = list(pool.map(task, frames))
        return (time.perf_counter() - began) / len(results)


def in_a_farm(task, frames, number):
    """Return seconds for a frame, from the first handed out to the last result."""
    return fft_farm(frames, number, task, progress=False).seconds / len(frames)


def carry_only(frame):
    """Return what costs as much to carry as a spectrum, with nothing to compute."""
    return np.empty((480, 321), np.complex64)


def race(tasks, numbers, rounds=3):
    """Time each task in each way, round after round, so that what disturbs one disturbs all.

    Parameters
    ----------
    tasks : dict
        A task, and frames for it, by what it is called.
    numbers : list of int
        How many threads, and how many workers of a farm.

    Returns
    -------
    dict
        For each task "threads" and "farm": for each of the numbers, seconds for a frame in each
        round. And "loop", which has no number: one list of them.
    """
    parallel = {"threads": in_threads, "farm": in_a_farm}
    times = {
        title: {"loop": [[]]} | {way: [[] for _ in numbers] for way in parallel} for title in tasks
    }
    steps = rounds * len(tasks) * (1 + len(numbers) * len(parallel))
    with one_core_each(), tqdm(total=steps, unit="run", leave=False) as bar:
        for _ in range(rounds):
            for title, (task, frames) in tasks.items():
                times[title]["loop"][0].append(in_a_loop(task, frames))
                bar.update()
                for which, number in enumerate(numbers):
                    for way, run in parallel.items():
                        times[title][way][which].append(run(task, frames, number))
                        bar.update()
    return times


def race_with_dask(times, tasks, address, rounds=3):
    """Let the farm of two and a scheduler with two workers take turns; add to the race's times.

    With a third of the frames: on Binder there is no room for more beside a cluster.
    """
    for ways in times.values():
        ways["Dask"] = [[]]
    with one_core_each(), tqdm(total=2 * rounds * len(tasks), unit="run", leave=False) as bar:
        for _ in range(rounds):
            for title, (task, frames) in tasks.items():
                frames = frames[::3]
                times[title]["farm"][0].append(in_a_farm(task, frames, 2))
                bar.update()
                results = fft_farm(frames, task=task, engine=address, progress=False)
                times[title]["Dask"][0].append(results.seconds / len(frames))
                bar.update()


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
