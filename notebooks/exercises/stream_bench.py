"""What a learner's subscriber is tried with by hand: a publisher that loses and repeats updates."""

import itertools
from collections.abc import Callable
from typing import Any

import zmq

from zmqlab.course.trial import TIMEOUT, Words, call, expect, generated, in_thread
from zmqlab.wire import sockets

AMOUNTS = [number * number % 7 - 1 for number in range(100_000)]  # none, and less than that, too
TOTALS = [0, *itertools.accumulate(AMOUNTS)]  # TOTALS[n]: after update n, the first one is 1
FIRST, AGAIN, LAST = 10, 25, 40  # the numbers of the two snapshots, and where the trial ends
LOST = 21, 22, 23


def expect_totals(function: Callable[..., Any]) -> None:
    """Call it beside a publisher, and raise `NotYet` unless it yields the right totals."""
    when = f"updates {LOST[0]} to {LOST[-1]} get lost, and others come twice"
    with zmq.Context() as context, context.socket(zmq.XPUB) as pub, context.socket(zmq.REP) as rep:
        pub.linger = rep.linger = 0
        stream = sockets.bind(pub, "tcp://127.0.0.1:*")
        snapshots = sockets.bind(rep, "tcp://127.0.0.1:*")
        with in_thread(_publish, pub, rep):
            given = function, snapshots, stream
            call(_expect_pairs, *given, when=when, timeout=3 * TIMEOUT, story=_when_to_ask)


def _when_to_ask():
    return "It gets a snapshot once it has subscribed, and another one after a gap, and no more."


def _expect_pairs(function, snapshots, stream):
    updates, before = generated(function, snapshots, stream), "nothing"
    try:
        for number in (*range(FIRST, LOST[0]), *range(AGAIN, LAST)):
            pair = next(updates, Words("nothing: it ended"))
            pair = tuple(pair) if isinstance(pair, list) else pair
            right = number, TOTALS[number]
            expect(f"The pair, number and total, that it yields after {before}", right, pair)
            before = right
    finally:
        updates.close()


def _publish(pub, rep, over):
    """Be a publisher: it waits for a subscriber, loses some updates and sends some twice."""
    while not (pub.poll(50) or over.is_set()):
        pass
    _give_snapshot(pub, rep, FIRST, over)
    for number in range(FIRST + 1, LOST[0]):
        update(pub, number)
    update(pub, LOST[-1] + 1)
    _give_snapshot(pub, rep, AGAIN, over)
    for number in range(AGAIN + 1, LAST):
        update(pub, number)
        update(pub, number - number % 3)  # some are old


def _give_snapshot(pub, rep, number, over):
    """Wait for a request; the snapshot holds two updates that wait in the subscriber's queue."""
    while not rep.poll(50):
        if over.is_set():
            return
    rep.recv()
    update(pub, number - 1)
    update(pub, number)
    rep.send_multipart([b"%d" % number, b"%d" % TOTALS[number]])


def update(pub: zmq.Socket, number: int) -> None:
    """Publish an update."""
    pub.send_multipart([b"%d" % number, b"%d" % AMOUNTS[number - 1]])
