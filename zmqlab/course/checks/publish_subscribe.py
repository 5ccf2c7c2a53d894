"""The checks of notebook 04: publish and subscribe."""

import contextlib
import random

import zmq

from zmqlab.course.exercises import exercise
from zmqlab.course.trial import (
    PATIENCE,
    NotYet,
    call,
    expect,
    free_endpoint,
    running,
)


@exercise(
    "hears(subscription, topic)",
    "A subscription is compared with the beginning of the topic, byte by byte.",
    "`bytes` have a method for that. What does it say of an empty beginning?",
    "`return topic.startswith(subscription)`.",
)
def hears(function):
    pairs = [
        *[(b"cam1", b"cam1"), (b"cam1", b"cam10"), (b"cam10", b"cam1"), (b"", b"camera")],
        *[(b"", b""), (b"camera", b""), (b"am", b"camera"), (b"Cam", b"camera")],
        *[(b"\xff\x00", b"\xff\x00\x01"), (b"cam1/", b"cam10/"), (b"camera/", b"camera/")],
    ]
    for subscription, topic in pairs:
        when = f"the subscription is {subscription!r} and the topic {topic!r}"
        got = call(function, subscription, topic, seconds=PATIENCE, when=when)
        expect(f"What it returns when {when}", _is_heard(subscription, topic), bool(got))
    return f"It agreed with a real publisher on {len(pairs)} pairs."


def _is_heard(subscription, topic):
    """Ask ZeroMQ itself."""
    with zmq.Context() as context, context.socket(zmq.XPUB) as pub, context.socket(zmq.SUB) as sub:
        pub.rcvtimeo = sub.rcvtimeo = int(1000 * PATIENCE)
        pub.bind("inproc://air")
        sub.connect("inproc://air")
        for each in (subscription, b"the end of it"):
            sub.subscribe(each)
            pub.recv()
        pub.send(topic)
        pub.send(b"the end of it")
        return sub.recv() != b"the end of it"


@exercise(
    "publish_to_all(bind, subscribers, messages)",
    "A PUB socket cannot know who listens. Which one can receive, and what does it receive?",
    "An XPUB socket receives each subscription as a message: `socket.recv()`, once for each radio.",
    "Several radios with the same topic make one message only, unless you set "
    "`socket.xpub_verbose = True` before `bind`.",
    "All messages may have to wait in the queue of one radio: `socket.sndhwm = len(messages) + 1`.",
)
def publish_to_all(function):
    _publish(function, subscribers=1, messages=10)
    _publish(function, subscribers=3, messages=2000)
    return "Three radios with the same topic got each of 2,000 messages, from the first on."


def _publish(function, subscribers, messages):
    sent = [f"message {number}".encode() for number in range(messages)]
    endpoint = free_endpoint()
    with (
        running(
            *(function, endpoint, subscribers, sent), name="your publisher", verb="bound"
        ) as publisher,
        contextlib.ExitStack() as stack,
    ):
        expect("Where it is bound", [endpoint], publisher.endpoints)
        context = stack.enter_context(zmq.Context())
        radios = []
        for number in range(subscribers):
            # One after the other: each has been heard before the next one comes.
            radio = stack.enter_context(context.socket(zmq.SUB))
            radio.linger, radio.rcvhwm = 0, 10 * messages
            radio.subscribe(b"message")
            radio.connect(endpoint)
            radios.append(radio)
            if number < subscribers - 1 and radio.poll(300):
                raise NotYet(
                    f"It began to send when {number + 1} of {subscribers} radios were there."
                )
        for number, radio in enumerate(radios, 1):
            expect(
                f"How many of {messages} messages radio {number} of {subscribers} got",
                messages,
                _count(radio, sent),
            )


def _count(radio, sent):
    """Return how many messages arrive, until the last one has, or nothing comes any more."""
    arrived = 0
    while radio.poll(int(1000 * PATIENCE)):
        message = radio.recv()
        arrived += 1
        if message == sent[-1]:
            break
    return arrived


@exercise(
    "count_lost(numbers)",
    "After 7 comes 8. If 11 comes instead, how many are missing?",
    "Look at neighbours: `zip(numbers, numbers[1:])`. Each pair misses `after - before - 1`.",
    "A number that is not larger than the one before belongs to a new start, which began at 0: "
    "when it is 3, then 0, 1 and 2 are missing.",
)
def count_lost(function):
    dice = random.Random(4)
    cases = [([0, 1, 2], 0), ([5], 0), ([], 0), ([7, 8, 11], 2), ([3, 0, 1], 0), ([9, 2], 2)]
    for _ in range(20):
        cases.append(_broadcast(dice))
    for numbers, lost in cases:
        when = f"the numbers are {numbers!r}"
        got = call(function, list(numbers), seconds=PATIENCE, when=when)
        expect(f"What it returns when {when}", lost, got)
    return "It counted right, across new starts too. A frame lost before the first one is nobody's."


def _broadcast(dice):
    """Make up what arrived of one or two broadcasts, and how many frames are missing."""
    first = dice.randrange(20)
    arrived = [number for number in range(first, first + 12) if dice.random() < 0.7] or [first]
    lost = arrived[-1] - arrived[0] + 1 - len(arrived)
    if dice.random() < 0.5:
        again = [number for number in range(first) if dice.random() < 0.7]
        if again:
            lost += again[-1] + 1 - len(again)
            arrived += again
    return arrived, lost
