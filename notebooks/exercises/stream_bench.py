"""What a learner's subscriber is tried with by hand: a publisher that loses and repeats updates."""

import itertools
from collections.abc import Callable
from typing import Any

import zmq

from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    Words,
    call,
    expect,
    expect_type,
    generated,
    in_thread,
)
from zmqlab.wire import sockets

QUIET = 3  # seconds in which nothing changes at first
AMOUNTS = [number * number % 7 - 1 for number in range(100_000)]  # none, and less than that, too
TOTALS = [0, *itertools.accumulate(AMOUNTS)]  # TOTALS[n]: after update n, the first one is 1


def expect_totals(function: Callable[..., Any], gaps: bool, when: str) -> None:
    """Call it beside a publisher that loses nothing, or that loses and repeats updates."""
    asked: list[int] = []
    with zmq.Context() as context, context.socket(zmq.XPUB) as pub, context.socket(zmq.REP) as rep:
        pub.linger = rep.linger = 0
        stream = sockets.bind(pub, "tcp://127.0.0.1:*")
        snapshots = sockets.bind(rep, "tcp://127.0.0.1:*")
        with in_thread(_be_publisher, pub, rep, gaps, asked):
            got = call(_take, function, snapshots, stream, when=when, timeout=4 * TIMEOUT)
    for before, (number, total) in zip([(0, 0), *got], got, strict=False):
        expect(f"The total after update {number}, when {when}", TOTALS[number], total)
        if number <= before[0]:
            raise NotYet(f"When {when}, it yielded number {number} after {before[0]}.")
    if got[0][0] not in asked:
        raise NotYet(
            f"When {when}, it yielded {got[0]} first, which no snapshot has said: the first pair "
            "is that of the first snapshot."
        )
    if len(asked) > len(got) // (3 if gaps else 24):
        raise NotYet(
            f"When {when}, it asked for {len(asked)} snapshots to yield {len(got)} totals: one "
            "first, and one after each gap. Where the number is the next one, or not greater, "
            "there is no gap, even with an amount of 0."
        )
    if not gaps and asked[:1] != [10]:
        raise NotYet(
            f"When nothing changed for {QUIET:g} s, it asked for no snapshot: that comes first, "
            "whether there is an update or not."
        )
    numbers = [number for number, _ in got]
    for number, after in itertools.pairwise(numbers):
        if not gaps and after != number + 1:
            raise NotYet(
                f"When {when}, it yielded number {after} after {number}: subscribe before you ask "
                "for the snapshot, and leave no update out."
            )
    unseen = set(asked[:-1]).difference(numbers)  # of the last one it may be about to be yielded
    if len(unseen) > len(asked) // 2:  # a busy computer may ask twice, and use the second
        raise NotYet(
            f"When {when}, of {len(asked)} snapshots it did not yield {len(unseen)}: a snapshot's "
            "number and total come in place of what is missing."
        )


def _take(function, snapshots, stream):
    made = generated(function, snapshots, stream)
    got, kept = [], []
    try:
        for pair in itertools.islice(made, 120):
            expect_type("What it yields", tuple | list, pair, "a pair: number, total")
            if len(pair) != 2 or not all(type(each) is int for each in pair):
                raise NotYet("What it yields:", Words("two numbers, of type int"), pair)
            got.append(tuple(pair))
            kept.append(pair)
    finally:
        made.close()
    if got != [tuple(pair) for pair in kept]:
        raise NotYet("It yields the same list each time, and changes it: what you kept changes.")
    if len(got) < 120:
        raise NotYet(f"It ended after {len(got)} totals, and should go on for ever.")
    return got


def _be_publisher(pub, rep, gaps, asked, over):
    """Be a publisher; with gaps, one and then three of 25 get lost, and old ones come again."""
    for number in range(1, len(AMOUNTS)):
        if over.is_set():
            return
        if not gaps or number % 25 not in (5, 20, 21, 22):
            update(pub, number)
        if number < 10 and not gaps:
            continue
        if number == 10 and not gaps:  # nothing changes, until somebody asks
            rep.poll(1000 * QUIET)
            pub.poll(1000)  # and has subscribed
        if number == 60 and not gaps:  # nor here
            over.wait(1.5)
        if gaps and number % 25 == 10:
            for old in (number, max(1, number - 4)):
                update(pub, old)
        if rep.poll(2 if number % 10 < 5 else 0):  # some come at once after others
            asked.append(number)
            rep.recv()
            for late in range(number - 2, number + 1):  # they wait in the queue when it comes
                if late > 0:
                    update(pub, late)
            rep.send_multipart([b"%d" % number, b"%d" % TOTALS[number]])


def update(pub: zmq.Socket, number: int) -> None:
    """Publish an update."""
    pub.send_multipart([b"%d" % number, b"%d" % AMOUNTS[number - 1]])
