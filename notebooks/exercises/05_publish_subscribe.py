"""The exercises of notebook 05: hints, a solution and a check of each."""

import contextlib

import zmq

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.programs import counted, expect_end, running
from zmqlab.course.trial import TIMEOUT, NotYet, call, expect, named


@hints(
    "A PUB socket cannot know who listens. Which one can receive, and what does it receive?",
    "An XPUB socket receives each subscription as a message: `socket.recv()`, once for each "
    "subscriber.",
    "Several subscribers to the same topic make one message only, unless you set "
    "`socket.xpub_verbose = True` before `bind`.",
    "All messages may have to wait in the queue of one subscriber: `socket.sndhwm = len(messages) "
    "+ 1`. Closed by `with`, socket and context wait until the last one has left.",
)
def publish_to_all(bind, subscribers, messages):
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        socket.xpub_verbose = True
        socket.sndhwm = len(messages) + 1
        socket.bind(bind)
        for _ in range(subscribers):
            socket.recv()
        for message in messages:
            socket.send(message)


def check_publish_to_all(function):
    messages = [b"message %d" % number for number in range(2000)]
    # They are long: what a queue is too short for should not fit into the system's buffers.
    sent = [message.ljust(8000) for message in messages]
    endpoint = free_endpoint()
    program = function, endpoint, 3, sent
    places = {"bind": (endpoint, "XPUB")}
    with (
        running(*program, places=places, name="your publisher") as publisher,
        zmq.Context() as context,
        contextlib.ExitStack() as stack,
    ):
        subs = [stack.enter_context(context.socket(zmq.SUB)) for _ in range(3)]
        _subscribe_one_by_one(subs, endpoint, publisher)
        publisher.settle(lambda process: counted(process, "out") == len(sent), 1.5)
        for number, got in enumerate(_received(subs, len(sent)), 1):
            _expect_all(messages, got, publisher, f"subscriber {number} of 3")
        expect_end(publisher, "its last message")
    return "Three subscribers to the same topic got each of 2,000 messages, from the first on."


def _subscribe_one_by_one(subs, endpoint, publisher):
    """Let the last one come late; raise `NotYet` if the publisher has not waited for it."""
    for come, (sub, pause) in enumerate(zip(subs, (0, 300, 1500))):
        early = subs[0].poll(pause)
        if early or publisher.ended:
            did = "began to send" if early else "ended"
            raise NotYet(f"It {did} when only {come} of 3 subscribers had come.")
        sub.linger, sub.rcvtimeo = 0, int(1000 * TIMEOUT)
        sub.rcvhwm, sub.rcvbuf = 1, 2**17  # the rest has to wait at the publisher
        sub.connect(endpoint)
        sub.subscribe(b"message")


def _received(subs, count):
    """Return what each has received when they have all, or when nothing has come for long.

    They take one message in turn: the publisher may wait until there is room for all of them.
    """
    received = [[] for _ in subs]
    with contextlib.suppress(zmq.Again):
        for _ in range(count):
            for sub, got in zip(subs, received):
                got.append(sub.recv().strip())
    return received


def _expect_all(messages, got, publisher, who):
    if not got and publisher.ended:
        raise NotYet(f"It ended when 3 subscribers had come, and nothing came to {who}.")
    if not got:
        raise NotYet(
            "Three subscribers to the same topic have come, and it sends nothing. It has received "
            f"{counted(publisher, 'in')} of 3 subscriptions: without `xpub_verbose` it hears of "
            "each topic once."
        )
    expect(f"The first messages that {who} got", messages[: len(got)], got)
    if len(got) < len(messages):
        raise NotYet(
            f"Not all messages came to {who}. Its queue was too short (`sndhwm`, set before "
            "`bind`), or thrown away at the end (close the context, and set no `linger`):",
            len(messages),
            len(got),
        )


@hints(
    "A subscription is compared with the beginning of the topic, byte by byte.",
    "`bytes` have a method for that. What does it say of an empty beginning?",
    "`return topic.startswith(subscription)`.",
)
def hears(subscription, topic):
    return topic.startswith(subscription)


def check_hears(function):
    pairs = [
        (b"cam1", b"cam1", "they are equal"),
        (b"cam1", b"cam10", "the topic begins with it"),
        (b"cam10", b"cam1", "the topic is shorter than it"),
        (b"", b"camera", "every topic begins with nothing"),
        (b"am", b"camera", "it is inside the topic, not at its beginning"),
        (b"Cam", b"camera", "large and small letters are different bytes"),
        (b"cam.ra", b"camera", "a dot is a dot, and no pattern"),
        (b"\xff\x00", b"\xff\x00\x01", "any bytes will do, text or not"),
    ]
    for subscription, topic, why in pairs:
        when = f"the subscription is {named(subscription)} and the topic {named(topic)}"
        got = call(function, subscription, topic, when=when)
        expect(f"What it returns when {when} ({why})", _is_heard(subscription, topic), got)
    return f"It agreed with a real publisher on {len(pairs)} pairs."


def _is_heard(subscription, topic):
    """Ask ZeroMQ itself."""
    with zmq.Context() as context, context.socket(zmq.XPUB) as pub, context.socket(zmq.SUB) as sub:
        pub.rcvtimeo = sub.rcvtimeo = int(1000 * TIMEOUT)
        pub.bind("inproc://publisher")
        sub.connect("inproc://publisher")
        for wanted in (subscription, b"the end of it"):
            sub.subscribe(wanted)
            pub.recv()  # it knows of the subscription now
        pub.send(topic)
        pub.send(b"the end of it")
        return sub.recv() == topic


@hints(
    "After 7 comes 8. If 11 comes instead, how many are missing?",
    "Look at neighbours: `zip(numbers, numbers[1:])`. Each pair misses `after - before - 1`.",
    "A number that is not larger than the one before belongs to a new start, which began at 0: "
    "when it is 3, then 0, 1 and 2 are missing.",
)
def count_lost(numbers):
    lost = 0
    for before, after in zip(numbers, numbers[1:]):
        expected = before + 1 if after > before else 0  # a new start counts from 0
        lost += after - expected
    return lost


def check_count_lost(function):
    cases = [
        ([0, 1, 2], 0, "none is missing"),
        ([7, 8, 11], 2, "9 and 10 are missing; what was before the first one is nobody's"),
        ([], 0, "there was no frame"),
        ([3, 0, 1], 0, "a new start after 3"),
        ([9, 2], 2, "a new start after 9: 0 and 1 are missing"),
        ([5, 5], 5, "a new start after the first 5: 0 to 4 are missing"),
        ([4, 6, 1, 3, 0, 2], 4, "two new starts: 5, then 0 and 2, then 1 are missing"),
    ]
    for numbers, lost, why in cases:
        when = f"the numbers are {numbers}"
        got = call(function, numbers, when=when)
        expect(f"What it returns when {when} ({why})", lost, got)
    return "It counted right, across new starts too. A frame lost before the first one is nobody's."
