"""Recordings whose every frame, number and time any process can make again, to compare with."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from zmqlab import Recorder

SHAPE = (24, 32, 3)


def picture(index, shape=SHAPE, dtype="u1"):
    """Return the frame number `index`: noise."""
    return np.random.default_rng(index).integers(0, 256, shape).astype(dtype)


def record(path, count, compression=None, **kind):
    """Make a recording of so many frames."""
    with Recorder(path, compression) as recorder:
        record_into(recorder, count, **kind)


def record_into(recorder, count, **kind):
    """Go on with a recording until it has so many frames."""
    for index in range(recorder.count, count):
        recorder.add(picture(index, **kind), sequence=10 + index, time=1000 + index / 4)


def assert_true(data, shape=SHAPE, dtype="u1"):
    """Check that every frame in `data` is the one it should be; return how many there are."""
    count = len(data["frames"])
    for index in range(count):
        np.testing.assert_array_equal(data["frames"][index], picture(index, shape, dtype))
    np.testing.assert_array_equal(data["sequence"][:count], 10 + np.arange(count))
    np.testing.assert_array_equal(data["time"][:count], 1000 + np.arange(count) / 4)
    return count


def default_plot(file):
    """Follow NeXus from the root to what a viewer shows first, as its manual says.

    https://manual.nexusformat.org/datarules.html#find-the-plottable-data
    """
    group = file
    while "default" in group.attrs:
        group = group[group.attrs["default"]]
    assert group.attrs["NX_class"] == "NXdata"
    return group, group[group.attrs["signal"]]


def child(file, call, *command):
    """Run a function of the test file in another interpreter."""
    code = f"import {Path(file).stem} as here; here.{call}"
    paths = [str(Path(file).parent), str(Path(__file__).parent.parent)]
    return subprocess.Popen(
        [*command, sys.executable, "-c", f"import sys; sys.path[:0] = {paths}; {code}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ask(process, question):
    """Write one line to a child and return the line it answers."""
    print(question, file=process.stdin, flush=True)
    return process.stdout.readline().strip()
