"""The checks of the exercises on publish and subscribe."""

import contextlib
import random

import zmq

from zmqlab.course.exercises import exercise
from zmqlab.course.programs import running
from zmqlab.course.trial import TIMEOUT, NotYet, call, expect, expect_return, free_endpoint


@exercise(
    "publish_to_all(bind, subscribers, messages)",
    "A PUB socket cannot know who listens. Which one can receive, and what does it receive?",
    "An XPUB socket receives each subscription as a message: `socket.recv()`, once for each "
    "subscriber.",
    "Several subscribers to the same topic make one message only, unless you set "
    "`socket.xpub_verbose = True` before `bind`.",
    "All messages may have to wait in the queue of one subscriber: `socket.sndhwm = len(messages) "
    "+ 1`.",
)
def publish_to_all(function):
    _publish(function, subscribers=1, messages=10)
    _publish(function, subscribers=3, messages=2000)
    return "Three subscribers to the same topic got each of 2,000 messages, from the first on."


def _publish(function, subscribers, messages):
    sent = [f"message {number}".encode() for number in range(messages)]
    endpoint = free_endpoint()
    call = function, endpoint, subscribers, sent
    places = {"bind": (endpoint, "XPUB PUB")}
    with (
        running(*call, places=places, name="your publisher"),
        contextlib.ExitStack() as stack,
    ):
        context = stack.enter_context(zmq.Context())
        subs = []
        for number in range(1, subscribers + 1):
            # One after the other: each has been heard before the next one comes.
            sub = stack.enter_context(context.socket(zmq.SUB))
            sub.linger, sub.rcvhwm = 0, 10 * messages
            sub.subscribe(b"message")
            sub.connect(endpoint)
            subs.append(sub)
            if number < subscribers and sub.poll(300):
                raise NotYet(
                    f"It began to send when only {number} of {subscribers} subscribers had come."
                )
        for number, sub in enumerate(subs, 1):
            what = f"How many of {messages} messages subscriber {number} of {subscribers} got"
            expect(what, messages, _count(sub, sent))


def _count(sub, sent):
    """Return how many messages arrive, until the last one has, or nothing comes any more."""
    arrived = 0
    while sub.poll(int(1000 * TIMEOUT)):
        message = sub.recv()
        arrived += 1
        if message == sent[-1]:
            break
    return arrived


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
        got = call(function, subscription, topic, when=when)
        if bool(got) != _is_heard(subscription, topic):
            does = "does not hear" if got else "hears"
            raise NotYet(f"When {when}, a real subscriber {does} it. Yours returned {got!r}.")
    return f"It agreed with a real publisher on {len(pairs)} pairs."


def _is_heard(subscription, topic):
    """Ask ZeroMQ itself."""
    with zmq.Context() as context, context.socket(zmq.XPUB) as pub, context.socket(zmq.SUB) as sub:
        pub.rcvtimeo = sub.rcvtimeo = int(1000 * TIMEOUT)
        pub.bind("inproc://publisher")
        sub.connect("inproc://publisher")
        for each in (subscription, b"the end of it"):
            sub.subscribe(each)
            pub.recv()
        pub.send(topic)
        pub.send(b"the end of it")
        return sub.recv() != b"the end of it"


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
    for numbers, lost in cases + [_broadcast(dice) for _ in range(20)]:
        when = f"the numbers are {numbers!r}"
        expect_return(lost, function, list(numbers), when=when)
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
