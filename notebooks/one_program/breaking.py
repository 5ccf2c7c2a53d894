"""How notebook 08 breaks the programs, and what it counts afterwards."""

import os
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from zmqlab import open_recording, start

MANY = 100_000  # frames: more than there is time for


def _run(program, settings, film):
    os.environ.update(settings)  # before `work` is imported, which looks at them
    _import(program)(MANY, film)


def _import(program):
    import importlib

    module, _, name = program.rpartition(".")
    return getattr(importlib.import_module(module), name)


def start_broken(program, film, **settings):
    """Start a program that goes on until something breaks; settings are environment variables."""
    path = f"{program.__module__}.{program.__name__}"  # by name: nothing of it is imported yet
    name = "_".join([program.__name__, *settings, *settings.values()])
    return start(_run, path, settings, str(film), process_name=name, observe=False)


def _frames_in(film):
    if not film.exists():  # the recorder had not come so far
        return 0
    with open_recording(film) as data:
        return len(data["frames"])


def crash(program, how):
    """Let the analyser crash at frame 40; return what became of the program, as a line."""
    with tempfile.TemporaryDirectory(prefix="zmqlab-", ignore_cleanup_errors=True) as folder:
        film = Path(folder, "film.h5")
        process = start_broken(program, film, CRASH=how, NEXT_RESULT="1")
        process.wait_until(lambda it: it.ended, 60)
        after = max(0, _frames_in(film) - 41)
        return f"{program.__name__:14}{how:8}{process.state:24}{after:6}"


def ctrl_c(program, **settings):
    """Send Ctrl-C as a terminal does; return what became of the program, as a line."""
    with tempfile.TemporaryDirectory(prefix="zmqlab-", ignore_cleanup_errors=True) as folder:
        film = Path(folder, "film.h5")
        process = start_broken(program, film, NEXT_RESULT="3", **settings)
        process.wait_output("running", timeout=60)
        main = psutil.Process(process.pid)
        family = [main, *main.children(recursive=True)]
        began = time.perf_counter()
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
        else:
            process.stop(timeout=20)  # Windows cannot do it from outside: to the main program only
        left = psutil.wait_procs(family, 20)[1]
        process.wait_until(lambda it: it.ended, 5)
        seconds = time.perf_counter() - began
        errors = process.output.count("Traceback (most")
        forced = process.output.count("had to be terminated")
        name = program.__name__ + (" *" if settings else "")
        return f"{name:16}{seconds:8.1f} s{errors:8}{forced:8}{len(left):6}{_frames_in(film):8}"


def side_by_side(head, *calls):
    """Print a table, a line for each call, as the lines come."""
    print(head)
    with ThreadPoolExecutor(3) as pool:
        for line in pool.map(lambda call: call[0](*call[1:-1], **call[-1]), calls):
            print(line)
