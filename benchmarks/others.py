"""The other processes of a benchmark: fresh interpreters that are told what to do over a pipe."""

import contextlib
import importlib
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict

SPAWN = multiprocessing.get_context("spawn")
PATIENCE = 60  # seconds for an answer
GRACE = 2  # seconds for a process to end


@contextlib.contextmanager
def other_process(function, *args, environment=None):
    """Run ``function(pipe, *args)`` in a process of its own; give our end of the pipe.

    Closing that ends a process that listens to it, with time to clean up what it shares.
    """
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_run, args=(function, theirs, *args), daemon=True)
    with _set(environment or {}):
        process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(GRACE)
        process.kill()
        process.join()


def _run(function, pipe, *args):
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        function(pipe, *args)


@contextlib.contextmanager
def _set(environment):
    """Set variables for what is started in the block."""
    before = os.environ.copy()
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def answer(pipe):
    """Return what a process says; EOFError if it has ended instead."""
    if not pipe.poll(PATIENCE):
        raise TimeoutError(f"no answer from a measured process in {PATIENCE} s")
    return pipe.recv()


def in_a_fresh_process(function, *args):
    """Return what a function returns where no other measurement has left its memory behind."""
    with ProcessPoolExecutor(1, mp_context=SPAWN) as pool:
        return pool.submit(function, *args).result()


def compare(section, rounds):
    """Return the comparisons of a module as plain dictionaries."""
    compare = importlib.import_module(f"benchmarks.{section}").compare
    return [asdict(each) for each in (compare(rounds) if rounds else compare())]
