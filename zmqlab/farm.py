"""A farm: frames go to several processes, results come back, in one call."""

import contextlib
import itertools
import math
import warnings
from collections.abc import Sequence
from functools import partial

import numpy as np
import zmq

from zmqlab.cameras import Camera
from zmqlab.patterns.ask_for_work import ROOM, asking_worker, hand_out, welcome
from zmqlab.patterns.push_out import push_out
from zmqlab.patterns.push_pull import HWM, fft_worker
from zmqlab.patterns.rendezvous import assemble, wait_connected
from zmqlab.patterns.workers import dismiss
from zmqlab.processes import ProcessError, StartError, launch_call
from zmqlab.results import gather
from zmqlab.shared import FrameRing, RingReader
from zmqlab.sockets import bind
from zmqlab.spectrum import spectrum

_ANY_PORT = "tcp://127.0.0.1:*"
_COMING_UP = 60.0  # seconds for workers to start, on a busy computer too
_OF_A_CAMERA = 100  # frames, as in the article


def fft_farm(
    frames,
    workers=2,
    task=spectrum,
    *,
    count=None,
    pattern="ask",
    shared=False,
    progress=True,
    timeout=30.0,
):
    """Transform many frames, in several processes.

    Parameters
    ----------
    frames : iterable of numpy.ndarray
        A list, an array, a generator, a camera. It is read here, in this process, not faster
        than the workers work.
    workers : int
        How many processes.
    task : callable
        What to do with each frame, if not its `spectrum`. A function, one of a notebook too, of
        a frame (read-only: it lies in a message) that returns an array or a number, of the same
        shape for every frame. The array must be a fresh one each time.
    count : int, optional
        How many frames to take. Default: all; of a camera, which never ends, 100.
    pattern : {"ask", "push"}
        Workers that ask for work (`zmqlab.patterns.ask_for_work`), or work that is pushed to
        them in turn (`zmqlab.patterns.push_pull`). Only those that ask share it fairly, and
        take over what another one had when it was lost.
    shared : bool
        Whether frames and results go through shared memory (`zmqlab.shared`), which spares their
        way through the system. For workers that ask: PUSH never hears when a frame is done with.
    progress : bool
        Show how far it is, where tqdm is installed.
    timeout : float
        Seconds that a worker may be silent while it has a frame: longer than the task takes.

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
        If the task fails, or too many workers are lost: all who ask, or one who was pushed to.
    ValueError
        If there are no frames, or what the task returns does not fit into one array.
    """
    if pattern not in _PATTERNS:
        raise ValueError(f"pattern={pattern!r}: there are {' and '.join(map(repr, _PATTERNS))}")
    if workers < 1:
        raise ValueError(f"workers={workers}: a farm needs at least one")
    if shared and pattern != "ask":
        raise ValueError(f"shared=True, pattern={pattern!r}: shared memory is for 'ask' only")
    frames, count = _take(frames, count)
    names = [f"worker {number}" for number in range(1, workers + 1)]
    if shared:
        return _ask_shared(frames, count, names, task, progress, timeout)
    return _PATTERNS[pattern](frames, count, names, task, progress, timeout)


def _ask(frames, count, names, task, progress, timeout, shared=False, **packing):
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.linger = 1000  # milliseconds for the end to be told
        endpoint = bind(router, _ANY_PORT)
        workers = {}
        with _crew(asking_worker, names, endpoint=endpoint, task=task, shared=shared) as processes:
            gone = partial(_gone, processes)
            try:
                welcome(router, workers, len(names), gone, _COMING_UP)
                _check_up(processes)
                arrivals = hand_out(router, workers, frames, gone, timeout, **packing)
                return gather(_show(arrivals, count, progress), count)
            finally:
                dismiss(router, workers)


def _ask_shared(frames, count, names, *rest):
    """The same with frames and results in shared memory: a frame stays in its slot until done."""
    slots = ROOM * len(names) + 2  # what the workers ask for, the next one, and one being written
    with FrameRing(slots) as ring, RingReader() as reader:
        frames = (_put(frame, ring) for frame in frames)
        packing = {"pack": ring.pack_frame, "unpack": reader.unpack_frame}
        return _ask(frames, count, names, *rest, shared=True, **packing)


def _put(frame, ring):
    """Copy a frame into a slot of the ring, which it has to itself for as long as it lasts."""
    slot = ring.empty(np.shape(frame), np.asarray(frame).dtype)
    slot[...] = frame
    return slot


def _push(frames, count, names, task, progress, timeout):
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.ROUTER) as router,
        push.get_monitor_socket(zmq.EVENT_HANDSHAKE_SUCCEEDED) as monitor,
    ):
        push.linger, router.linger = 0, 1000
        push.sndhwm = pull.rcvhwm = HWM
        endpoints = {"frames": bind(push, _ANY_PORT), "control": bind(router, _ANY_PORT)}
        bind(pull, _ANY_PORT)
        peers = {}
        with _crew(fft_worker, names, **endpoints, task=task) as processes:
            gone = partial(_gone, processes)
            try:
                assemble(router, pull, peers, len(names), 0, gone, _COMING_UP)
                wait_connected(monitor, len(names), gone)
                _check_up(processes)
                arrivals = push_out(push, router, pull, peers, frames, gone, timeout)
                return gather(_show(arrivals, count, progress), count)
            finally:
                dismiss(router, peers)


_PATTERNS = {"ask": _ask, "push": _push}


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


def _show(arrivals, count, progress):
    """Let a progress bar count what passes."""
    if progress:
        with contextlib.suppress(ImportError):
            from tqdm.auto import tqdm

            return tqdm(arrivals, total=count, unit="frame")
    return arrivals


@contextlib.contextmanager
def _crew(role, names, **arguments):
    """Start a process for each name, all at once; see to it that they end."""
    processes = []
    try:
        for name in names:
            # A worker that waits, waits for this process; it ends with it: no need for patience.
            call = arguments | {"worker": name, "patience": math.inf}
            processes.append(launch_call(name, role, kwargs=call))
        yield processes
        for process in processes:  # they have been told the end
            with contextlib.suppress(TimeoutError, ProcessError):
                process.wait(2)
    finally:
        for process in processes:
            process.stop()


def _gone(processes):
    """Return names of processes that have ended, and what became of each."""
    return {process.name: process.state for process in processes if process.ended}


def _check_up(processes):
    """Say who did not come up; raise StartError if nobody did."""
    failed = [process for process in processes if process.ended]
    texts = [f"process {each.name!r} did not come up:\n{each.traceback()}" for each in failed]
    if len(failed) == len(processes):
        raise StartError(texts[0])
    for text in texts:
        warnings.warn(f"{text}\nThe others go on", stacklevel=4)
