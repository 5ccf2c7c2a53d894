"""A farm: frames go to several processes, results come back, in one call."""

import contextlib
import itertools
import math
import secrets
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zmq

from zmqlab.analysis.spectra import spectrum
from zmqlab.cameras import Camera
from zmqlab.patterns.ask_for_work import ROOM, Worker, asking_worker, hand_out, welcome
from zmqlab.patterns.workers import Result, Results, dismiss, gather
from zmqlab.processes.handle import ProcessError, StartError, end
from zmqlab.processes.launch import launch_call
from zmqlab.recording import open_recording
from zmqlab.wire.keys import among_ourselves
from zmqlab.wire.shared import FrameRing
from zmqlab.wire.sockets import FRAME, bind, check_count
from zmqlab.wire.text import ArgumentError

_COMING_UP = 60.0  # seconds for workers to start, on a busy computer too
_OF_A_CAMERA = 100  # frames, as in the article


def fft_farm(
    frames: Iterable[np.ndarray] | str | Path,
    workers: int = 2,
    task: Callable[[np.ndarray], Any] = spectrum,
    *,
    engine: str = "zeromq",
    count: int | None = None,
    shared: bool = False,
    progress: bool = True,
    timeout: float = 30.0,
    keys: str | Path | None = None,
) -> Results:
    """Transform many frames, in several processes whose workers ask for work.

    They share it fairly, and take over what another one had when it was lost: see
    `zmqlab.patterns.ask_for_work`.

    Parameters
    ----------
    frames
        A list, an array, a generator, a camera, or the path of a recording. It is read here, in
        this process, not faster than the workers work; a recording by a cluster's own workers.
    workers
        How many processes.
    task
        What to do with each frame, if not its `spectrum`. A function, one of a notebook too, of
        a frame (read-only: it lies in a message) that returns an array or a number, of the same
        shape for every frame. The array must be a fresh one each time.
    engine
        Who hands the frames out: ``"zeromq"``, the sockets of this course; ``"dask"``, a cluster
        of Dask that is started here; or the address of a scheduler, ``tcp://192.168.1.5:8786``,
        whose workers may be on other computers, however many (`workers` does not count then).
    count
        How many frames to take. Default: all; of a camera, which never ends, 100.
    shared
        Whether frames and results go through shared memory (`zmqlab.wire.shared`), which spares
        their way through the system; not with a cluster.
    progress
        Show how far it is, where tqdm is installed.
    timeout
        Seconds that a worker may be silent while it has a frame: longer than the task takes.
        With a cluster, seconds in which the next results must come.
    keys
        A folder of `zmqlab keys`, to encrypt frames and results; not with a cluster. Without, other
        users of this computer cannot read or send any: each worker is told a token.

    Returns
    -------
    Results
        ``spectra`` in the order of the frames, ``worker`` and ``arrival`` of each, ``seconds``
        (without the start of the processes).

    Raises
    ------
    StartError, TimeoutError
        If the workers do not come up.
    FarmError
        If the task fails, all workers are lost, or a cluster does not answer.
    ValueError
        If there are no frames, or what the task returns does not fit into one array.
    """
    farm = arrivals_of(frames, workers, task, engine, count, shared, timeout, keys)
    with farm as (arrivals, count):
        return gather(show(arrivals, count) if progress else arrivals, count)


@contextlib.contextmanager
def arrivals_of(
    frames: Iterable[np.ndarray] | str | Path,
    workers: int,
    task: Callable[[np.ndarray], Any],
    engine: str,
    count: int | None,
    shared: bool,
    timeout: float,
    keys: str | Path | None = None,
) -> Iterator[tuple[Iterator[Result], int | None]]:
    """Bring a farm up; yield its results, each once, as they arrive, and how many there will be."""
    check_count(workers=workers)
    if shared and engine != "zeromq":
        raise ArgumentError(
            "shared=True: memory is shared on one computer; leave it out for a cluster"
        )
    if keys is not None and engine != "zeromq":
        raise ArgumentError(
            f"keys={str(keys)!r}: a cluster has its own (TLS); leave them out for one"
        )
    with contextlib.ExitStack() as stack:
        film = Path(frames) if isinstance(frames, str | Path) else None
        if film:
            frames = stack.enter_context(open_recording(film))["frames"]
        taken, count = _take(frames, count)
        if engine == "zeromq":
            arrivals = stack.enter_context(_farm(taken, workers, task, shared, timeout, keys))
        else:
            from zmqlab.patterns import cluster

            client = stack.enter_context(cluster.connected(engine, workers))
            arrivals = cluster.hand_out(client, film or taken, task, count, timeout)
        yield arrivals, count


@contextlib.contextmanager
def _farm(frames, workers, task, shared, timeout, keys):
    names = [f"worker {number}" for number in range(1, workers + 1)]
    known: dict[bytes, Worker] = {}
    with (
        # Slots for what the workers ask for, the next frame, and one being written.
        FrameRing(ROOM * workers + 2) if shared else contextlib.nullcontext() as ring,
        among_ourselves(keys) as keys,
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as router,
    ):
        if ring:  # each frame stays in its slot until its result is here
            frames = (_put(frame, ring) for frame in frames)
        router.linger = 1000  # milliseconds for the end to be told
        endpoint, token = bind(router, "tcp://127.0.0.1:*", FRAME, keys), secrets.token_hex(16)
        role = {"endpoint": endpoint, "task": task, "shared": shared, "token": token, "keys": keys}
        with _processes(names, **role) as processes:
            try:
                welcome(router, known, workers, processes, _COMING_UP, token)
                _check_up(processes)
                yield hand_out(router, known, frames, processes, timeout, ring, token)
            finally:
                dismiss(router, known)


def _put(frame, ring):
    """Copy a frame into a slot of the ring, which it has to itself for as long as it lasts."""
    slot = ring.empty(np.shape(frame), np.asarray(frame).dtype)
    slot[...] = frame
    return slot


def _take(frames, count):
    """Return the frames that are to be taken, and how many, None if nobody knows."""
    if isinstance(frames, np.ndarray) and frames.ndim == 3 and frames.shape[2] == 3:
        raise ValueError(f"this is one frame, of shape {frames.shape}: give a list of frames")
    if count is None and isinstance(frames, Camera):
        count = _OF_A_CAMERA
    if hasattr(frames, "__len__"):
        count = len(frames) if count is None else min(count, len(frames))
    # A sequence keeps its frames as they are, and a camera makes a fresh one each time. But a
    # generator may well fill one buffer again and again, and frames must last until they are sent.
    keeps = isinstance(frames, Sequence | np.ndarray | Camera)
    return itertools.islice(frames if keeps else map(np.array, frames), count), count


def show(arrivals: Iterator[Result], count: int | None) -> Iterable[Result]:
    """Let a progress bar count what passes, where tqdm is installed."""
    with contextlib.suppress(ImportError):
        from tqdm.auto import tqdm

        return tqdm(arrivals, total=count, unit="frame")
    return arrivals


@contextlib.contextmanager
def _processes(names, **role):
    """Start a worker of each name, all at once; see to it that they end."""
    processes = []
    try:
        for name in names:
            # A worker that waits, waits for this process; it ends with it: no need for patience.
            arguments = role | {"worker": name, "timeout": math.inf}
            processes.append(launch_call(name, asking_worker, kwargs=arguments))
        yield processes
        for process in processes:  # they have been told the end
            with contextlib.suppress(TimeoutError, ProcessError):
                process.wait(2)
    finally:
        end(processes, 2.0)


def _check_up(processes):
    """Say who did not come up; raise StartError if nobody did."""
    failed = [process for process in processes if process.ended]
    texts = [f"process {each.name!r} did not come up:\n{each.traceback()}" for each in failed]
    if len(failed) == len(processes):
        raise StartError(texts[0])
    for text in texts:
        warnings.warn(f"{text}\nThe others go on", stacklevel=4)
