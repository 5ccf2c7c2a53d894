"""The whole pipeline under faults: what was sent, came, was lost or came twice, and who grew.

    python -m benchmarks.soak --minutes N --seed S [--out benchmarks/soak.md]

A camera server and a publisher; behind a tap a recorder, a farm, a live view, a web page with a
visitor who measures, and a subscriber in this process; the network map looks at all of them. By a
timetable that the seed draws, roles are killed (SIGKILL) and started anew at their place, or
paused and resumed, and the tap is cut and mended, or delays. A role that ends by itself, as the
recorder does when no frame comes for ten seconds, is started anew too, and its last words are
shown.
"""

import argparse
import asyncio
import collections
import contextlib
import datetime
import random
import sys
import tempfile
import threading
import time
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
    request,
    subscribe,
    tap_relay,
    web_page,
)
from zmqlab.course.trial import free_endpoints
from zmqlab.page.live_server import serve_live
from zmqlab.patterns.measurements import kept

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # the visitor of the page
PATIENCE = 300.0  # seconds: a busy machine is no fault
WARM = 15  # seconds until memory is looked at first, and without faults at the end
PAUSE = 2.0  # seconds that a role is paused, or the tap cut
ONE = 20  # frames of a farm
KILLED = ("camera", "publisher", "tap", "recorder", "farm", "live view", "web page")
PAUSED = ("publisher", "recorder", "farm", "live view", "web page")
TAP = ({"cut": True}, {"delay": 0.3})


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


def begin(role, *args, **kwargs):
    return zmqlab.start(role, *args, start_timeout=PATIENCE, **kwargs)


class Pipeline:
    """The roles, by name; what those have said and sent that are gone; what was done to them."""

    def __init__(self, folder, seed):
        self.folder, self.dice = folder, random.Random(seed)
        self.over = threading.Event()
        self.log, self.counts = [], collections.Counter()
        self.there, self.films, self.began = {}, [], time.monotonic()
        camera, stream, tapped, self.control = free_endpoints(4)
        self.tapped, self.history = tapped, folder / "measurements.sqlite"
        page = {"connect": camera, "subscribe": tapped, "history": self.history}
        self.start = {
            "camera": lambda: begin(camera_server, "simulated", bind=camera),
            "publisher": lambda: begin(camera_publisher, "simulated", bind=stream),
            "tap": lambda: begin(tap_relay, connect=stream, bind=tapped, control=self.control,
                                 show=False),
            "recorder": lambda: begin(record, self.next_film(), connect=tapped),
            "farm": lambda: begin(farm, tapped),
            "live view": lambda: begin(serve_live, tapped, "camera", 32 * "x"),
            "web page": lambda: begin(web_page, **page),
        }  # fmt: skip
        for name in self.start:
            self.there[name] = self.start[name]()
        zmqlab.network()
        self.there["map"] = zmqlab.process("network map")

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

    def again(self, name, why):
        """Start a role anew, at its place."""
        self.gone(self.there[name])
        if name == "recorder":
            self.count_film()
        self.there[name] = self.start[name]()
        self.counts[f"{why}: {name}"] += 1

    def fault(self):
        """Do what the dice say."""
        what = self.dice.choice(["kill", "kill", "pause", "tap"])
        if what == "tap":
            settings = self.dice.choice(TAP)
            self.note(f"the tap: {settings}")
            self.set_tap(**settings)
            self.over.wait(PAUSE)
            self.set_tap(cut=False, delay=0)
            self.counts[f"tap: {' '.join(settings)}"] += 1
            return
        name = self.dice.choice(KILLED if what == "kill" else PAUSED)
        self.note(f"{what} {name}")
        one = psutil.Process(self.there[name].pid)
        if what == "kill":
            one.kill()
            self.there[name].wait_until(lambda it: it.ended, PATIENCE, "its end")
            self.again(name, "killed")
        else:
            one.suspend()
            self.over.wait(PAUSE)
            one.resume()
            self.counts[f"paused: {name}"] += 1

    def set_tap(self, **settings):
        request(self.control, "set", settings, timeout=PATIENCE)

    def look_after(self):
        """Start those anew that have ended by themselves."""
        for name in self.start:
            if self.there[name].ended:
                last = self.there[name].output.rpartition("\n")[2]
                self.note(f"{name} ended: {last}")
                self.again(name, "ended by itself")

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
    seen = set()
    with subscribe(pipeline.tapped) as stream:
        while not pipeline.over.is_set():
            with contextlib.suppress(TimeoutError, zmqlab.EndOfStream):
                stream.read(1)
                this = stream.header["stream"], stream.header["sequence"]
                pipeline.counts["came twice"] += this in seen
                seen.add(this)
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
            while time.monotonic() < end:
                pipeline.fault()
                pipeline.over.wait(pipeline.dice.uniform(2, 8))
                pipeline.look_after()
            pipeline.over.wait(WARM)
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
        ("frames that came twice there", counts["came twice"]),
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
        "anew for each twenty frames, so that its size depends on the moment. The tap grows by",
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
