"""What a learner's watcher is tried with by hand: two workers, which fall silent in turn."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

import zmq

from zmqlab.course.ports import free_endpoint
from zmqlab.course.trial import NotYet, call, expect, expect_type, generated, in_thread

SLACK = 1.0  # seconds that a busy computer may take more than is told
NOTICED, ALARMS = 3.0, 1  # seconds until a worker is missed; how many false alarms there may be
TICK, BUSY = 0.05, 20  # seconds from beat to beat; ticks from one long task to the next
LONG = 0.8  # seconds that a long task takes


def expect_missed(function: Callable[..., Any]) -> None:
    """Beat, fall silent, and raise `NotYet` if it misses nobody, or somebody who is there."""
    bind = free_endpoint()
    last: dict[bytes, float] = {}
    silent: set[bytes] = set()
    missed: list[bytes] = []

    def story():
        now = time.monotonic()
        ages = [f"{now - last[name]:.1f} s ago from {name}" for name in sorted(silent)]
        return f"It has yielded {missed}. The last beats: {', '.join(ages)}."

    with in_thread(_be_workers, bind, last, silent, missed):
        when = "two workers beat, and fall silent in turn"
        call(_take_missed, function, bind, last, silent, missed, when=when, timeout=25, story=story)


def _be_workers(bind, last, silent, missed, over):
    """Be Ada, busy at times, and Ben, silent at times; at the end both are silent."""
    with contextlib.ExitStack() as stack:
        context = stack.enter_context(zmq.Context())
        pushes = {name: stack.enter_context(context.socket(zmq.PUSH)) for name in (b"Ada", b"Ben")}
        for push in pushes.values():
            push.linger = 0
            push.connect(bind)

        def beat(ticks, *names, long=LONG):
            silent.update(pushes.keys() - set(names))
            silent.difference_update(names)
            due = time.monotonic()  # a busy computer is late with one beat, not with all after it
            for tick in range(ticks):
                for name in names:
                    if name == b"Ben" or tick % BUSY < BUSY - long / TICK:
                        last[name] = time.monotonic()
                        pushes[name].send(name, zmq.NOBLOCK)
                due += TICK
                if over.wait(max(0.0, due - time.monotonic())):
                    return

        with contextlib.suppress(zmq.Again):  # nobody is there, or has been for long
            beat(3 * BUSY, b"Ada", b"Ben")
            while not (missed or over.is_set()):
                beat(BUSY, b"Ada", long=0)  # never silent: who waits for a silence waits for ever
            beat(3 * BUSY, b"Ada")  # Ben, who is missed already, is missed for longer
            beat(BUSY, b"Ada", b"Ben")
            beat(1, b"Ada", b"Ben")  # who was missed by mistake is heard once more
            beat(BUSY // 2, b"Ben")
            beat(0)
            while len(missed) < 3 and not over.wait(TICK):
                pass
            beat(BUSY // 4, b"Ben")  # back once more, though all had been missed
            beat(0)
        over.wait()


def _take_missed(function, bind, last, silent, missed):
    made, alarms = generated(function, bind), 0
    ages: list[float] = []
    since: dict[bytes, float] = {}  # who was missed, and what its last beat was then
    try:
        for name in made:
            expect_type("What it yields", bytes, name, "a worker's name, of type bytes")
            if name not in last:
                raise NotYet(f"It yielded {name!r}, and there is no worker of that name.")
            age = time.monotonic() - last[name]
            if since.get(name) == last[name]:
                raise NotYet(f"It yielded {name!r} twice, and no beat had come in between.")
            since[name] = last[name]
            if name not in silent:
                alarms += 1
                _expect_few(alarms, name, age)
                continue
            if age > NOTICED + SLACK:
                raise NotYet(
                    f"It yielded {name!r} {age:.1f} s after its last beat: {NOTICED:g} s at most."
                )
            ages.append(age)
            missed.append(name)
            if len(missed) == 4:
                found = [missed[0], *sorted(missed[1:3]), missed[3]]
                expect("Who was missed", [b"Ben", b"Ada", b"Ben", b"Ben"], found)
                if min(ages) > NOTICED:  # a busy computer is late, and hardly four times
                    raise NotYet(
                        f"It missed each {min(ages):.1f} s or more after its last beat: "
                        f"{NOTICED:g} s at most."
                    )
                return None
    finally:
        made.close()
    raise NotYet(f"It ended after it had yielded {missed}, and should go on for ever.")


def _expect_few(alarms, name, age):
    if alarms > ALARMS:
        raise NotYet(
            f"{alarms} false alarms: {name!r}, heard {age:.1f} s before, was at work on a task "
            f"that takes {LONG:g} s. There may be {ALARMS}."
        )
