"""What a learner's watcher is tried with by hand: two workers, which fall silent in turn."""

import time
from collections.abc import Callable
from typing import Any

import zmq

from zmqlab.course.ports import free_endpoint
from zmqlab.course.trial import NotYet, Words, call, expect_type, generated, in_thread

SLACK = 1.0  # seconds that a busy computer may take more than is told
NOTICED, ALARMS = 3.0, 1  # seconds until a worker is missed; how many false alarms there may be
SHORT, LONG = 0.05, 0.8  # seconds that most tasks take, and that one in five takes


def expect_missed(function: Callable[..., Any]) -> None:
    """Beat, fall silent, and raise `NotYet` if it misses nobody, or somebody who is there."""
    last, silent, missed = {}, set(), []  # when each has beaten last; who is silent; was missed
    given = free_endpoint(), last, silent, missed
    when = "Ben falls silent, comes back, and then he and Ada fall silent"
    with in_thread(_be_workers, *given):
        call(_take_missed, function, *given, when=when, timeout=20)


def _be_workers(bind, last, silent, missed, over):
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.linger = 0
        push.connect(bind)

        def work(*names, longest=LONG):
            for seconds in (SHORT, SHORT, SHORT, SHORT, longest, 0):  # and a beat at the end
                for name in names:
                    last[name] = time.monotonic()
                    push.send(name)
                over.wait(seconds)

        for _ in range(3):
            work(b"Ada", b"Ben")
        silent.add(b"Ben")
        while not (missed or over.is_set()):
            work(b"Ada", longest=SHORT)  # who looks only when no beat comes misses nobody
        silent.clear()
        work(b"Ada", b"Ben")
        silent.update((b"Ada", b"Ben"))
        over.wait()


def _take_missed(function, bind, last, silent, missed):
    names, alarms, known = generated(function, bind), [], {}
    try:
        while len(missed) < 3:
            name = next(names, Words("nothing: it ended"))
            expect_type("What it yields", bytes, name, "a worker's name, of type bytes")
            beat = last.get(name)
            if beat == known.get(name):
                raise NotYet(f"It yielded {name!r} again, and no beat had come in between.")
            known[name] = beat
            if name in silent:
                missed.append(name)
            else:
                alarms.append(name)
            _judge(name, time.monotonic() - beat, alarms)
    finally:
        names.close()


def _judge(name, age, alarms):
    if len(alarms) > ALARMS:
        raise NotYet(
            f"{len(alarms)} false alarms: {name!r}, heard {age:.1f} s before, was at work on a "
            f"task that takes {LONG:g} s. There may be {ALARMS}."
        )
    if age > NOTICED + SLACK:
        raise NotYet(f"It yielded {name!r} {age:.1f} s after its last beat: {NOTICED:g} s at most.")
