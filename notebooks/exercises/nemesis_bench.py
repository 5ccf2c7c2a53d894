"""What a learner's programs are tried with while the nemesis breaks things."""

import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import zmq

from zmqlab import trial
from zmqlab.course.judging import Verdict
from zmqlab.course.trial import NotYet

SEED = 12
PATIENT = 25.0  # seconds for an answer while things break, on a busy computer


def expect_unbroken(
    pipeline: Mapping[str, Callable], faults: Iterable[str] | Mapping[float, str], **options: Any
) -> Verdict:
    """Raise `NotYet` if the nemesis breaks something, and print what passed before."""
    verdict = trial(pipeline, faults, seconds=3.5, seed=SEED, ending=PATIENT, **options)
    if not verdict:
        print("\n".join(verdict.story()))
        acts = ", ".join(act for when, act in verdict.acts if when <= verdict.broken[0][0])
        raise NotYet(
            f"Under the nemesis, seed {SEED}: {verdict.broken[0][1]}. "
            f"What had been done to it: {acts or 'nothing yet'}."
        )
    return verdict


def befell(verdict: Verdict) -> str:
    """Say what was done to the programs of a trial."""
    return ", ".join(act for _, act in verdict.acts) + " befell it"


def until_it_sends(function: Callable[..., Any], *args: Any) -> None:
    """Call a function, and die as by `kill -9` when it has sent its first message."""
    send = zmq.Socket.send

    def last(*args, **options):
        send(*args, **options)
        os._exit(9)

    vars(zmq)["Socket"].send = last
    function(*args)


def until_it_writes(path: Path, function: Callable[..., Any], *args: Any) -> None:
    """Call a function, and die as by `kill -9` when a file has grown or shrunk, once it is bound.

    A program that empties the file to write it anew, or writes half a line, is caught in between.
    """
    bind = zmq.Socket.bind

    def size():
        return path.exists() and path.stat().st_size

    def bound(*given, **options):
        made = bind(*given, **options)
        before = size()

        def look(frame, event, arg):
            if event == "c_return" and size() != before:
                os._exit(9)

        sys.setprofile(look)
        threading.setprofile(look)
        return made

    vars(zmq)["Socket"].bind = bound
    function(*args)
