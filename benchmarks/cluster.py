"""The farm on a cluster: what fft_farm adds to Dask's own `client.map`, and the farm of sockets.

    python -m benchmarks.cluster [ROUNDS]

One scheduler with two workers of one thread, which have done everything once before, does 100
frames of 640 x 480 in each of the ways: frames of this process, or of a recording, which the
workers read. `client.map` returns a list, the farm one array. The farm of sockets starts its
workers anew, and that does not count.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.farm import COUNT, WORKERS, heavy, light, make_frames, one_core
from benchmarks.timing import Comparison, absent, interleave, report
from zmqlab.patterns.farm import fft_farm
from zmqlab.recording import Recorder, open_recording

ROUNDS = 7
MAP, MAP_FILM = "client.map", "client.map, from HDF5"
DASK, DASK_FILM = "fft_farm, Dask", "fft_farm, Dask, from HDF5"


def mapped(client, task, frames):
    """Return milliseconds of what Dask's documentation teaches first."""
    began = perf_counter()
    client.gather(client.map(task, frames, pure=False))
    return 1e3 * (perf_counter() - began)


def read_and_work(number, path, task):
    with open_recording(path) as data:
        return task(data["frames"][number])


def farmed(frames, task, **engine):
    return 1e3 * fft_farm(frames, WORKERS, task, progress=False, **engine).seconds


def compare(rounds=ROUNDS, count=COUNT):
    """Yield the comparisons of this file."""
    if missing := absent({"all of the cluster": "distributed"}):
        yield Comparison("Cluster", "ms", MAP, {}, [], missing)
        return
    from distributed import Client, LocalCluster

    frames = make_frames()[:count]
    quiet = {"dashboard_address": "127.0.0.1:0", "silence_logs": 50}
    with (
        tempfile.TemporaryDirectory() as folder,
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, **quiet) as cluster,
        Client(cluster) as client,
    ):
        path = Path(folder, "film.h5")
        with Recorder(path) as recorder:
            for frame in frames:
                recorder.add(frame)
        client.run(one_core)
        at = cluster.scheduler_address
        for task, what in [(light, "their spectrum"), (heavy, "10 ms of work each")]:
            work = partial(read_and_work, path=str(path), task=task)
            ways = {
                MAP: partial(mapped, client, task, frames),
                DASK: partial(farmed, frames, task, engine=at),
                MAP_FILM: partial(mapped, client, work, range(len(frames))),
                DASK_FILM: partial(farmed, path, task, engine=at),
                "fft_farm, sockets": partial(farmed, frames, task),
            }
            for way in ways.values():
                way()
            title = f"Cluster of {WORKERS}, {len(frames)} VGA frames, {what}"
            targets = [(DASK, MAP, 1), (DASK_FILM, MAP_FILM, 1)]
            yield Comparison(title, "ms", MAP, interleave(ways, rounds), targets)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
