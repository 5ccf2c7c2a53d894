"""The farm's work on a cluster: Dask takes the place of the sockets.

`hand_out` does what `zmqlab.patterns.ask_for_work.hand_out` does. A task of Dask's scheduler
is a few frames, because each task costs it about a millisecond. Frames stay here until their
results have come, so that nothing is lost with a worker; those of a film are read by the workers.

Scheduler and workers need zmqlab, and workers a film at the same path as here. They unpickle what
comes by their ports and run it, whoever sends it. So they belong on loopback or in a closed
network, or have Dask's TLS (https://distributed.dask.org/en/stable/tls.html).
"""

import contextlib
import itertools
import os
import pickle
import socket
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cloudpickle
import cv2
import numpy as np

from zmqlab.patterns.workers import FarmError, Result, some
from zmqlab.recording import open_recording

if TYPE_CHECKING:
    from distributed import Client

_AT_A_TIME = 8  # frames in a task, at most
_ROOM = 3  # tasks under way for each thread of a worker: one to work on, and some to come
_COMING_UP = 20.0  # seconds for a scheduler to answer
_KNOCK = 1.0  # seconds for a worker to be reached

Numbers = tuple[int, int]  # of the first frame of a task, and behind its last


@contextlib.contextmanager
def connected(engine: str, workers: int) -> Iterator["Client"]:
    """Yield a client of the cluster at an address, or of one of our own for so long.

    Parameters
    ----------
    engine
        The scheduler's address, such as ``tcp://192.168.1.5:8786``, or ``"dask"``: then workers
        are started here, each a process of one thread.

    Raises
    ------
    FarmError
        If no scheduler answers at the address.
    ModuleNotFoundError
        If Dask is not installed.
    """
    try:
        from dask import config
        from distributed import Client, LocalCluster
        from distributed.utils import silence_logging_cmgr
    except ModuleNotFoundError as error:
        error.msg = "a cluster needs Dask: pip install 'zmqlab[cluster]'"
        raise
    with contextlib.ExitStack() as stack:
        # What its threads find out when a scheduler is gone is said once, by an error.
        stack.enter_context(silence_logging_cmgr("critical"))
        scheduler = engine
        if engine == "dask":
            # Dask sets these here, for the workers to inherit, and would leave them to all that
            # is started later: https://github.com/dask/distributed/blob/main/distributed/nanny.py
            for name in ("PYTHONHASHSEED", *config.get("distributed.nanny.pre-spawn-environ")):
                if name not in os.environ:
                    stack.callback(os.environ.pop, name, None)
            scheduler = stack.enter_context(
                LocalCluster(
                    n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"
                )
            )
        try:
            client = Client(scheduler, timeout=_COMING_UP, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise FarmError(
                f"no scheduler answers at {engine!r} ({error or type(error).__name__}). "
                "`dask scheduler` starts one, and prints its address"
            ) from None
        yield stack.enter_context(client)


def hand_out(
    client: "Client",
    frames: Iterable[np.ndarray] | Path,
    task: Callable[[np.ndarray], Any],
    count: int | None,
    timeout: float,
) -> Iterator[Result]:
    """Give frames to a cluster, a few at a time; yield each result once, as it arrives.

    Parameters
    ----------
    frames
        No more are taken than the workers have room for; or the path of a recording, of which the
        workers read `count` frames.
    timeout
        Seconds in which some result must come.

    Raises
    ------
    FarmError
        If the task failed, killed worker after worker, or nothing comes any more.
    """
    from distributed import CancelledError, wait
    from distributed.client import ClosedClientError

    at_a_time = min(_AT_A_TIME, max(1, (count or 1) // (2 * _ROOM * _threads(client))))
    theirs: list[Exception] = []  # what the frames themselves have raised
    if isinstance(frames, Path):
        tasks = _of_film(count or 0, at_a_time, frames)
    else:
        tasks = _of_frames(frames, at_a_time, theirs)
    packed = cloudpickle.dumps(task)  # or the scheduler would have to know it, too
    direct = _reachable(client)
    under_way: dict[Any, Numbers] = {}
    try:
        while True:
            room = _ROOM * _threads(client) - len(under_way)
            for numbers, source in itertools.islice(tasks, max(0, room)):
                with warnings.catch_warnings():  # frames are large; here is where they belong
                    warnings.filterwarnings("ignore", "Sending large graph")
                    future = client.submit(_work, packed, numbers, source, pure=False)
                under_way[future] = numbers
            if not under_way:
                return
            with client.as_current():
                done = wait(list(under_way), timeout, "FIRST_COMPLETED").done
            for future in done:
                yield from _results(client, future, under_way[future], direct)
                del under_way[future]
    except (TimeoutError, OSError, CancelledError, ClosedClientError) as error:
        if error in theirs:
            raise
        missing = some([first for first, _ in under_way.values()])
        raise FarmError(
            f"nothing comes from the cluster any more: {_reason(client, timeout)}. "
            f"There is no result for frames {missing}, nor for any after them"
        ) from None
    finally:
        # Where nobody is there, that was said above.
        with contextlib.suppress(TimeoutError, OSError, ClosedClientError):
            client.cancel(list(under_way), force=True)


def _threads(client):
    """Return how many tasks the workers can run at a time; at least one, for one may yet come."""
    with contextlib.suppress(AttributeError, RuntimeError):  # Dask has given its scheduler up
        return max(1, sum(client.nthreads().values()))
    return 1


def _reachable(client):
    """Tell whether all workers can be reached from here: then results need no way round.

    By way of the scheduler they are sent twice. But it may be all that can be reached, through a
    tunnel or a firewall, and Dask would try each worker anew for each result.
    """
    addresses = [each.rpartition("/")[2].rpartition(":") for each in client.nthreads()]
    try:
        for host, _, port in addresses:
            socket.create_connection((host.strip("[]"), int(port)), _KNOCK).close()
    except (OSError, ValueError):  # or an address of another kind
        return False
    return bool(addresses)


def _reason(client, timeout):
    """Say why nothing came, as far as it can be known."""
    workers = None
    # It may take Dask a moment to see that; the other two come while it gives up.
    with contextlib.suppress(OSError, AttributeError, RuntimeError):
        workers = client.nthreads()
    if workers is None or client.status != "running":
        return "the scheduler is gone"
    if not workers:
        return f"it has had no workers for {timeout:g} s; `dask worker ADDRESS` starts one"
    return f"no task was done within {timeout:g} s"


def _of_frames(frames, at_a_time, theirs):
    """Yield numbers and frames of each task; note what the frames raise, which is not Dask's."""
    frames, first = iter(frames), 0
    try:
        while some_frames := list(itertools.islice(frames, at_a_time)):
            yield (first, first + len(some_frames)), some_frames
            first += len(some_frames)
    except Exception as error:
        theirs.append(error)
        raise


def _of_film(count, at_a_time, path):
    """Yield numbers of each task, and where the film is."""
    for first in range(0, count, at_a_time):
        yield (first, min(first + at_a_time, count)), str(path.resolve())


def _work(packed, numbers, source):
    """Run the task on a few frames, at a worker; return its name, the results, and an error."""
    from distributed import get_worker

    cv2.setNumThreads(1)  # with a worker for each core there is no use for more
    name, results = f"worker {get_worker().name}", []
    try:
        task = pickle.loads(packed)
        for frame in source if isinstance(source, list) else _frames_of(source, numbers):
            frame.flags.writeable = False  # as it is in a message
            results.append(np.asarray(task(frame)))
    except Exception as error:
        lines = error.__traceback__ and error.__traceback__.tb_next
        return name, results, "".join(traceback.format_exception(error.with_traceback(lines)))
    return name, results, ""


def _frames_of(path, numbers):
    with open_recording(path) as data:
        yield from data["frames"][slice(*numbers)]


def _results(client, future, numbers, direct):
    """Yield the results of a task that has ended."""
    from distributed import CancelledError
    from distributed.client import ClosedClientError

    first, _ = numbers
    try:
        name, arrays, error = client.gather(future, direct=direct)
    except (OSError, CancelledError, ClosedClientError):  # nobody is there any more
        raise
    except Exception as error:  # Dask's own: it could not be sent, or no worker survives it
        raise FarmError(f"frames {some(range(*numbers))} have no result: {error}") from None
    for number, array in enumerate(arrays, first):
        yield number, name, array
    if error:
        raise FarmError(f"the task failed in {name} on frame {first + len(arrays)}:\n{error}")
