"""The exercises of notebook 05: hints, a solution and a check of each."""

import contextlib
import random
import reprlib
import threading
import time

import zmq

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.programs import counted, expect_end, running
from zmqlab.course.trial import TIMEOUT, NotYet, Words, call, expect, in_thread, named

LATE = 5.5  # seconds after which the last subscriber comes: more than the lesson's own `rcvtimeo`
HASTE = 3.0  # seconds after which a publisher that does not wait for its messages has ended


LONG = 8000  # bytes
PAIRS = [
    (b"cam1", b"cam1", "they are equal"),
    (b"cam1", b"cam10", "the topic begins with it"),
    (b"cam10", b"cam1", "the topic is shorter than it"),
    (b"", b"camera", "every topic begins with nothing"),
    (b"", b"", "even an empty topic begins with nothing"),
    (b"camera", b"", "an empty topic begins with nothing else"),
    (b"am", b"camera", "it is inside the topic, not at its beginning"),
    (b"era", b"camera", "it is at the end of the topic, not at its beginning"),
    (b"cams", b"camera", "they differ in the last byte of it"),
    (b"bam", b"camera", "they differ in the first byte"),
    (b"Cam", b"camera", "large and small letters are different bytes"),
    (b"CAMERA", b"camera", "large and small letters are different bytes"),
    (b"cam1 ", b"cam1", "a blank is a byte too"),
    (b" cam1", b"cam1", "a blank is a byte too"),
    (b"cam1", b" cam1", "a blank is a byte too"),
    (b"cam 1", b"cam 10 left", "the topic begins with it, blank and all"),
    (b"cam", b"camera/left", "a slash divides nothing"),
    (b"cam", b"cam/cam", "the topic begins with it, and has it once more"),
    (b"cam", b"cam\xff", "the topic begins with it, whatever follows"),
    (b"cam'", b'cam\'"left"', "a quote is a byte too"),
    (b"cam\nle", b"cam\nleft\nright", "a new line is a byte too"),
    (b"caf\xc3", "café".encode(), "half a letter is a byte too"),
    (b"cam1/", b"cam10/", "the slash is a byte too"),
    (b"camera/", b"camera/", "they are equal"),
    (b"cam.ra", b"camera", "a dot is a dot, and no pattern"),
    (b"cam*", b"camera", "a star is a star, and no pattern"),
    (b"cam/#", b"cam/left", "a hash is a hash, and no pattern"),
    (b"cam[1]", b"cam[1]/left", "brackets are bytes, and no pattern"),
    (b"cam?(", b"cam?(1", "the topic begins with it, and it is no pattern"),
    (b"\xff\x00", b"\xff\x00\x01", "any bytes will do, text or not"),
    (b"\xff", b"\xfe", "different bytes are different, though neither is text"),
    (b"\x00", b"camera", "a zero is a byte as any other"),
    (b"\x00", b"", "the topic is shorter than it, and a zero is a byte as any other"),
    (b"\x01cam", b"camera", "a one is a byte as any other"),
    (b"x" * 300, b"x" * 301, "the topic begins with it, long as it is"),
    (b"x" * 300, b"x" * 299 + b"y", "they differ in the last byte of it"),
]


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
    odd = [b"message", b"", b"message", b"message", b" two words ", b"\xff\x00\n", b"0" * 300]
    _publish(function, 1, odd, topic=b"")
    # Long ones: no buffer of the operating system holds what a queue is too short for.
    numbered = [f"message {number}".ljust(LONG).encode() for number in range(2000)]
    _publish(function, 3, numbered, topic=b"message")
    for subscribers in (0, 1, 1):  # what it keeps and what it changes is seen in one process only
        _publish_here(function, subscribers, odd)
    return "Three subscribers to the same topic got each of 2,000 messages, from the first on."


def _publish(function, subscribers, sent, topic):
    endpoint = free_endpoint()
    call = function, endpoint, subscribers, sent
    places = {"bind": (endpoint, "XPUB")}
    with (
        running(*call, places=places, name="your publisher") as publisher,
        zmq.Context() as context,
        contextlib.ExitStack() as stack,
    ):
        subs = [stack.enter_context(context.socket(zmq.SUB)) for _ in range(subscribers)]
        for sub in subs:
            sub.linger, sub.rcvhwm, sub.rcvbuf = 0, 1, 2**17  # the rest must wait at the publisher
            sub.connect(endpoint)
        for number, sub in enumerate(subs, 1):  # who has connected has not subscribed
            sub.subscribe(topic)
            if number < subscribers:  # one after the other, and the last one late
                seconds = LATE if number == subscribers - 1 else 0.3
                _expect_patience(publisher, subs[0], seconds, number, subscribers)
        publisher.settle(lambda it: counted(it, "out") >= len(sent), TIMEOUT)
        _expect_heard(publisher, subscribers)
        hasty = publisher.settle(lambda it: it.ended, HASTE)
        for number, got in enumerate(_received(subs, len(sent), publisher), 1):
            _expect_all(sent, got, publisher, f"subscriber {number} of {subscribers}", hasty)
        expect_end(publisher, "its last message")
        if subs[0].poll(1500):
            raise NotYet(f"It sent more than `messages`: {named(*subs[0].recv_multipart())} too.")


def _publish_here(function, subscribers, messages):
    """Call it while subscribers come a little later; see that it waits, and changes nothing."""
    endpoint, given, come = free_endpoint(), [*messages], threading.Event()

    def listen(over):
        if over.wait(1.0):
            return
        with zmq.Context() as context, contextlib.ExitStack() as stack:
            come.set()
            for _ in range(subscribers):
                sub = stack.enter_context(context.socket(zmq.SUB))
                sub.linger = 0
                sub.connect(endpoint)
                sub.subscribe(b"")
            over.wait()

    when = "there is nobody to wait for"
    if subscribers:
        when = "it is called again, and a subscriber comes later"
    with in_thread(listen):
        call(function, endpoint, subscribers, given, when=when, timeout=3 * TIMEOUT)
        if subscribers and not come.is_set():
            raise NotYet(f"When {when}, it returned before anybody had subscribed.")
    expect("The list of messages after the call, which is its caller's", messages, given)


def _expect_patience(publisher, sub, seconds, heard, subscribers):
    """Raise `NotYet` if the publisher does not wait for the other subscribers."""
    if sub.poll(int(1000 * seconds)):
        raise _too_early(heard, subscribers)
    if publisher.ended:
        raise NotYet(f"It ended when only {heard} of {subscribers} subscribers had come.")


def _too_early(heard, subscribers):
    return NotYet(f"It began to send after only {heard} of {subscribers} subscriptions.")


def _expect_heard(publisher, subscribers):
    """Raise `NotYet` unless it has received so many subscriptions, and sent something then."""
    heard = counted(publisher, "in")
    if counted(publisher, "out"):
        if heard < subscribers:
            raise _too_early(heard, subscribers)
        return
    state = "ended without sending" if publisher.ended else "still waits"
    come = "1 subscriber has" if subscribers == 1 else f"{subscribers} subscribers have"
    news = f"{heard} subscription{'s' * (heard != 1)}"
    why = ""
    if heard == 0:
        why = " They come by `recv`, not by time."
    elif heard < subscribers and publisher.running:
        why = " Without `xpub_verbose` it is told of each topic once."
    raise NotYet(f"It {state}, though {come} come: it has received {news}.{why}")


def _received(subs, count, publisher):
    """Return what each subscriber receives: so many messages, or all until nothing comes."""
    got = {sub: [] for sub in subs}
    poller = zmq.Poller()
    for sub in subs:
        poller.register(sub, zmq.POLLIN)
    last = time.monotonic()
    while poller.sockets:
        patience = 2.0 if publisher.ended else TIMEOUT
        ready = poller.poll(500)
        for sub, _ in ready:
            got[sub].append(sub.recv_multipart())
            if len(got[sub]) == count:
                poller.unregister(sub)
        if ready:
            last = time.monotonic()
        elif time.monotonic() > last + patience:
            break
    return got.values()


def _expect_all(sent, got, publisher, who, hasty):
    """Raise `NotYet` unless this subscriber got all that was to be sent."""
    for number, (parts, right) in enumerate(zip(got, sent, strict=False)):
        if len(parts) > 1:
            raise NotYet(f"Each message has one part. {who.capitalize()} got {named(*parts)}.")
        if parts != [right] and (len(got) == len(sent) or parts[0] not in sent):
            raise NotYet(f"Message {number}, as {who} got it:", right, parts[0])
    if len(got) < len(sent):
        marks = [each["options"]["SNDHWM"] for each in publisher.sockets if each["type"] == "XPUB"]
        why = ""
        if (out := counted(publisher, "out")) < len(sent):
            why = f": it sent only {out}"
        elif 0 < marks[0] < len(sent):
            why = f": its queue for each subscriber holds {marks[0]} messages"
        elif not hasty:
            why = ": its queue for each subscriber was too short. Set `sndhwm` before `bind`"
        elif publisher.ended:
            why = ": it ended before they had left. Close the context too, with no `linger` set"
        raise NotYet(f"Not all messages came to {who}{why}.", len(sent), len(got))


@hints(
    "A subscription is compared with the beginning of the topic, byte by byte.",
    "`bytes` have a method for that. What does it say of an empty beginning?",
    "`return topic.startswith(subscription)`.",
)
def hears(subscription, topic):
    return topic.startswith(subscription)


def check_hears(function):
    for subscription, topic, why in PAIRS:
        when = f"the subscription is {named(subscription)} and the topic {named(topic)}"
        got = call(function, subscription, topic, when=when)
        if type(got) is not bool:
            raise NotYet(f"What it returns when {when}:", Words("`True` or `False`"), got)
        if got != _is_heard(subscription, topic):
            does = "does not receive" if got else "receives"
            raise NotYet(f"When {when}, a real subscriber {does} it: {why}. Yours returned {got}.")
    return f"It agreed with a real publisher on {len(PAIRS)} pairs."


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
    dice = random.Random(4)
    cases = [
        ([0, 1, 2], 0, "none is missing"),
        ([7, 8, 11], 2, "9 and 10 are missing; what was before the first one is nobody's"),
        ([5], 0, "what was before the first one is nobody's"),
        ([], 0, "there was no frame"),
        ([3, 0, 1], 0, "a new start after 3"),
        ([9, 2], 2, "a new start after 9: 0 and 1 are missing"),
        ([5, 5], 5, "a new start after the first 5: 0 to 4 are missing"),
        ([0, 0, 0], 0, "two new starts"),
        ([4, 6, 1, 3, 0, 2], 4, "two new starts: 5, then 0 and 2, then 1 are missing"),
        ([0, 1000], 999, "all between them are missing"),
        ([6, 9, 9, 10], 11, "a new start after the first 9: 7, 8, then 0 to 8 are missing"),
        ([70_000, 5, 70_002], 70_001, "a new start after 70000"),
        ([2**40, 2**40 + 3], 2, "two are missing, large as the numbers are"),
        ([*range(0, 10_000, 2)], 4999, "every other one is missing"),
    ]
    cases += [(*_broadcast(dice), "at random") for _ in range(20)]
    for numbers, lost, why in cases:
        given, when = [*numbers], f"the numbers are {reprlib.repr(numbers)}"
        got = call(function, given, when=when)
        expect(f"What it returns when {when} ({why})", lost, got)
        expect(f"The list, which is not its own, when {when}", numbers, given)
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
