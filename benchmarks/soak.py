"""The whole pipeline under the nemesis: what was sent, came, was lost or came twice, and who grew.

    python -m benchmarks.soak --minutes N --seed S [--out benchmarks/soak.md]

A camera server and a publisher; behind a wire, which is a tap, a recorder, a farm, a live view, a
web page with a visitor who measures, and a subscriber in this process; the network map looks at all
of them. The timetable and what is done are those of `zmqlab.course.nemesis`, only slower: roles are
killed and started anew at their place, or paused; the wire is cut, delays, throttles or corrupts;
random bytes and floods come to each port in turn. A role that ends by itself, as the recorder does
when no frame comes for ten seconds, is started anew too, and its last words are shown.
"""

import argparse
import asyncio
import collections
import contextlib
import datetime
import itertools
import random
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import psutil

import zmqlab
from benchmarks.timing import machine
from zmqlab import (
    camera_publisher,
    camera_server,
    open_recording,
    record,
    subscribe,
    tap_relay,
    web_page,
)
from zmqlab.course.nemesis import ACTS, MENDED_BY, Stage, restart, timetable
from zmqlab.course.ports import free_endpoints
from zmqlab.page.live_server import serve_live
from zmqlab.patterns.measurements import kept
from zmqlab.wire.keys import of_this_process

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # the visitor of the page
PATIENCE = 300.0  # seconds: a busy machine is no fault
WARM = 15  # seconds until memory is looked at first, and without faults at the end
SLOWER = 5  # times as slow as for a learner: a role needs seconds to come up
ONE = 20  # frames of a farm
ROLES = ("publisher", "recorder", "farm", "live view", "web page")
FAULTS = [f"kill {name}" for name in ("camera", "wire", *ROLES)]
FAULTS += [f"pause {name}" for name in ROLES]
FAULTS += ["cut", "delay", "throttle", "corrupt", "noise", "flood"]


def farm(endpoint):
    """Transform frames of a stream, so many at a time; say how many results there were."""
    stream = zmqlab.subscribe(endpoint, timeout=60)

    def frames():
        while True:
            with contextlib.suppress(zmqlab.EndOfStream):
                yield stream.read()

    with contextlib.suppress(KeyboardInterrupt), stream:
        while True:
            results = zmqlab.fft_farm(frames(), count=ONE, progress=False)
            print("results", len(results.spectra), flush=True)


class Pipeline:
    """The roles, by name; what those have said and sent that are gone; what was done to them."""

    def __init__(self, folder, seed):
        self.folder = folder
        self.over = threading.Event()
        self.log, self.counts = [], collections.Counter()
        self.films, self.began = [], time.monotonic()
        camera, stream, tapped, control, page = free_endpoints(5)
        self.tapped, self.history = tapped, folder / "measurements.sqlite"
        wire = {"connect": stream, "bind": tapped, "control": control, "show": False}
        shown = {"bind": page.replace("tcp", "http"), "history": self.history}
        calls = {
            "camera": partial(camera_server, "simulated", bind=camera),
            "publisher": partial(camera_publisher, "simulated", bind=stream),
            "wire": partial(tap_relay, **wire, keys=of_this_process()),
            "recorder": partial(record, self.next_film(), connect=tapped),
            "farm": partial(farm, tapped),
            "live view": partial(serve_live, tapped, "camera", 32 * "x"),
            "web page": partial(web_page, connect=camera, subscribe=tapped, **shown),
        }
        # Without a trace: of all that were started in an hour it would be kept.
        self.stage = Stage(calls, {}, [], [], "", control, random.Random(seed), traced=False)
        self.there = self.stage.running
        for name in calls:
            restart(self.stage, name)
            self.there[name].wait_until(lambda it: it.ready, PATIENCE, "its start")
        zmqlab.network()
        ports = {"camera": camera, "publisher": stream, "wire": tapped, "wire's control": control}
        self.ports = itertools.cycle((ports | {"web page": page}).items())

    def next_film(self):
        self.films.append(self.folder / f"film-{len(self.films)}.h5")
        return self.films[-1]

    def count_film(self):
        """Count what the newest film holds, and delete it: an hour of them takes 90 GB."""
        path, counts = self.films[-1], self.counts
        if not path.exists():
            return
        try:
            with open_recording(path) as film:
                numbers = film["sequence"][: len(film["frames"])].astype(int)
        except zmqlab.RecordingError as error:  # killed before its first frame
            self.note(f"{error}")
            counts["without a frame"] += 1
            numbers = np.array([], int)
        steps = numbers[1:] - numbers[:-1]
        counts["recorded"] += len(numbers)
        counts["missing in a film"] += int(steps[steps > 1].sum() - (steps > 1).sum())
        counts["twice in a film"] += int((steps == 0).sum())
        path.unlink()

    def note(self, text):
        self.log.append(f"{time.monotonic() - self.began:6.1f} s  {text}")
        print(self.log[-1], flush=True)

    def gone(self, process):
        """Count what a process that has ended, or will, had done."""
        self.counts["results"] += ONE * process.output.count("results ")
        if process is self.there["publisher"]:
            self.counts["sent"] += process.messages.get("XPUB 0", {"out": 0})["out"]

    def again(self, name):
        """Start a role anew, at its place."""
        self.gone(self.there[name])
        if name == "recorder":
            self.count_film()
            self.stage.calls[name] = partial(record, self.next_film(), connect=self.tapped)
        restart(self.stage, name)
        self.stage.started.clear()  # all that they have printed

    def do(self, act):
        """Do what the timetable says."""
        what, _, name = act.partition(" ")
        if what == "restart":
            return self.again(name)
        stage = self.stage
        if what in ("noise", "flood"):
            name, port = next(self.ports)
            stage = stage._replace(bind=port)
        if what not in MENDED_BY.values():
            self.note(f"{what} {name}".strip())
            done = {"kill": "killed", "pause": "paused"}.get(what, what)
            self.counts[f"{done}: {name or 'wire'}"] += 1
        return ACTS[what](stage, name)

    def look_after(self):
        """Start those anew that have ended by themselves."""
        for name, process in list(self.there.items()):
            if process.ended:
                last = process.output.rpartition("\n")[2]
                self.note(f"{name} ended: {last}")
                self.counts[f"ended by itself: {name}"] += 1
                self.again(name)

    def sizes(self):
        """Return {name: (MB, files, threads)} of each role, with what it has started."""
        found = {"this process": _size(psutil.Process(), below=False)}
        return found | {name: _size(psutil.Process(it.pid)) for name, it in self.there.items()}


def _size(process, below=True):
    total = [0, 0, 0]
    for each in [process, *(process.children(recursive=True) if below else [])]:
        with contextlib.suppress(psutil.Error):
            files = each.num_fds() if hasattr(each, "num_fds") else each.num_handles()
            here = each.memory_info().rss / 1e6, files, each.num_threads()
            total = [a + b for a, b in zip(total, here, strict=True)]
    return total


def receive(pipeline):
    """A subscriber: counts what came, and what came twice, until it is over."""
    last = {}  # of each stream; a set of all numbers grows by 20 MB an hour
    with subscribe(pipeline.tapped) as stream:
        while not pipeline.over.is_set():
            with contextlib.suppress(TimeoutError, zmqlab.EndOfStream):
                stream.read(1)
                name, number = stream.header["stream"], stream.header["sequence"]
                pipeline.counts["came twice"] += number <= last.get(name, -1)
                last[name] = number
        pipeline.counts["received"], pipeline.counts["lost"] = stream.received, stream.lost
        pipeline.counts["restarts seen"] = stream.restarts
        pipeline.counts["before"] = stream.first or 0


async def visit(pipeline):
    """A visitor of the page: measures once a second, and comes again when the page has gone."""
    from helpers.web_pages import address_of, visiting

    while not pipeline.over.is_set():
        with contextlib.suppress(Exception):
            async with visiting(address_of(pipeline.there["web page"])) as visitor:
                while not pipeline.over.is_set():
                    try:
                        await visitor.measure()
                        pipeline.counts["measured"] += 1
                    except RuntimeError:
                        pipeline.counts["not measured, and told so"] += 1
                    await asyncio.sleep(1)
        await asyncio.sleep(0.5)


def soak(minutes, seed):
    """Run it; return a table in Markdown."""
    with tempfile.TemporaryDirectory(prefix="zmqlab-soak-") as folder:
        pipeline = Pipeline(Path(folder), seed)
        threads = [
            threading.Thread(target=receive, args=(pipeline,)),
            threading.Thread(target=lambda: asyncio.run(visit(pipeline))),
        ]
        for each in threads:
            each.start()
        end = time.monotonic() + 60 * minutes
        try:
            pipeline.over.wait(WARM)
            before = pipeline.sizes()
            plan = timetable(FAULTS, 60 * minutes / SLOWER, seed)
            for before_it, when in itertools.pairwise([0.0, *sorted(plan)]):
                pipeline.over.wait(SLOWER * (when - before_it))
                if plan[when].partition(" ")[0] not in MENDED_BY.values():
                    pipeline.look_after()
                    if time.monotonic() > end:
                        break
                pipeline.do(plan[when])
            pipeline.over.wait(WARM)
            pipeline.look_after()
            after = pipeline.sizes()
        finally:
            pipeline.over.set()
            for each in threads:
                each.join(120)
        for each in pipeline.there.values():
            pipeline.gone(each)
        zmqlab.stop_all(20)
        pipeline.count_film()
        return table(pipeline, minutes, seed, before, after)


def table(pipeline, minutes, seed, before, after):
    """Return what was counted and measured, as Markdown."""
    counts = pipeline.counts
    told = len(kept(pipeline.history))
    rows = [
        ("frames sent, by the publishers' last reports", counts["sent"]),
        ("of these before the subscriber came", counts["before"]),
        ("frames at the subscriber", counts["received"]),
        ("frames that it counted as lost (a mark was reached; cut, paused)", counts["lost"]),
        ("frames that came there twice, or after a later one", counts["came twice"]),
        ("publishers that it saw started anew", counts["restarts seen"]),
        (f"frames in {len(pipeline.films)} recordings", counts["recorded"]),
        ("recordings that cannot be read, or were ended before a frame", counts["without a frame"]),
        ("frames missing within a recording", counts["missing in a film"]),
        ("frames twice in a recording", counts["twice in a film"]),
        (f"results of the farm, {ONE} at a time, each once", counts["results"]),
        ("measurements that the page's visitor was shown", counts["measured"]),
        ("measurements kept (killed between keeping and showing: more)", told),
        ("measurements refused, and said so", counts["not measured, and told so"]),
    ]
    rows += [(key, counts[key]) for key in sorted(counts) if ": " in key]
    lines = [
        "# Soak",
        "",
        f"    python -m benchmarks.soak --minutes {minutes:g} --seed {seed}",
        "",
        f"{datetime.date.today()}, {minutes:g} minutes, on {machine()}.",
        "",
        "What is done to whom, and what is counted, stands in `soak.py`. A farm starts its workers",
        "anew for each twenty frames, so that its size depends on the moment. The wire grows by",
        "what it holds up when it delays for the first time, and keeps: 4 MiB for each connection.",
        "",
        "| what | how many |",
        "| --- | ---: |",
        *(f"| {what} | {count:,} |" for what, count in rows),
        "",
        "| process, with what it started | MB, start | end | files | end | threads | end |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, (memory, files, running) in before.items():
        later = after[name]
        lines.append(
            f"| {name} | {memory:.0f} | {later[0]:.0f} | {files} | {later[1]} "
            f"| {running} | {later[2]} |"
        )
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a file for the table")
    given = parser.parse_args()
    text = soak(given.minutes, given.seed)
    print(text)
    if given.out:
        given.out.write_text(text, encoding="utf-8")
