"""What notebook 05 measures with, and draws: short functions, to be opened and read."""

import re
import threading
import time

import zmq
from tqdm.auto import tqdm

from zmqlab import drawing, open_camera, send_frame, start, subscribe

# How many messages arrive (section 2)


def send_thousand(publisher, subscriber):
    """Send 1,000 messages, then the word "end" until it arrives; return how many came before it.

    Messages of one socket keep their order, so nothing can come after the first "end".
    """
    for number in range(1000):
        publisher.send(b"camera/ %d" % number)
    arrived = 0
    while True:
        publisher.send(b"camera/ end")
        while subscriber.poll(20):  # milliseconds
            if subscriber.recv() == b"camera/ end":
                return arrived
            arrived += 1


def announcements(verbose):
    """Let three sockets subscribe to one topic; return what their XPUB socket receives."""
    context = zmq.Context()
    publisher = context.socket(zmq.XPUB)
    publisher.xpub_verbose = verbose
    publisher.bind("inproc://air")
    for _ in range(3):
        subscriber = context.socket(zmq.SUB)
        subscriber.subscribe(b"camera/")
        subscriber.connect("inproc://air")
    received = []
    while publisher.poll(200):  # within one program a subscription is there at once
        received.append(publisher.recv())
    context.destroy(linger=0)
    return received


# Which messages arrive (sections 3 and 5)


def heard(topics, *subscriptions):
    """Publish one message for each topic; return the topics that a subscriber receives."""
    arrived = receive([[topic, b"..."] for topic in topics], *subscriptions)
    return [message[0] for message in arrived]


def receive(messages, *subscriptions, conflate=False):
    """Publish messages to one subscriber; return those that it receives."""
    with zmq.Context() as context, context.socket(zmq.XPUB) as pub, context.socket(zmq.SUB) as sub:
        pub.rcvtimeo = sub.rcvtimeo = 5000
        sub.conflate = conflate
        pub.bind("inproc://air")
        sub.connect("inproc://air")
        for subscription in subscriptions:
            sub.subscribe(subscription)
            pub.recv()  # wait until the subscription is there
        for message in messages:
            pub.send_multipart(message)
        arrived = []
        while sub.poll(200):  # within one program a message is there at once
            arrived.append(sub.recv_multipart())
        return arrived


# Loss and age against time (section 5)


def reader(endpoint, hwm, work, latest=False, seconds=6):
    """Read frames and work on each of them; print twice a second how it goes."""
    with subscribe(endpoint, hwm=hwm) as stream:
        began = told = time.monotonic()
        while told < began + seconds:
            stream.latest() if latest else stream.read()
            time.sleep(work)  # the work
            if time.monotonic() > told + 0.5:
                told = time.monotonic()
                print(
                    f"{told - began:.1f} s: {stream.received} received, {stream.lost} lost, "
                    f"the last one {1000 * stream.latency:.0f} ms old"
                )


def rows(process):
    """Wait until a reader has ended; return the numbers of each line that it printed."""
    process.wait(timeout=60)
    return [
        [float(number) for number in re.findall(r"\d+\.?\d*", line)]
        for line in process.output.splitlines()
    ]


def losses(measured):
    """Return how many frames each reader lost in a second, from the first loss to the end."""
    rates = []
    for lines in measured.values():
        first, last = lines[0], lines[-1]
        began = max(line[0] for line in lines if line[2] == first[2])
        lost = last[2] - first[2]
        rates.append(f"{lost / (last[0] - began):.0f}" if lost else "0")
    return ", ".join(rates)


def draw_marks(measured):
    """Draw lost frames and the age of the last one against time, a line for each mark."""
    words = "; ".join(
        f"mark {mark}: {lines[-1][2]:.0f} frames lost, the last one read {lines[-1][3]:.0f} ms old"
        for mark, lines in measured.items()
    )
    with drawing(words, 8, 3, columns=2) as (left, right):
        for (mark, lines), style in zip(measured.items(), ("-", "--", ":", "-.") * 4):
            seconds, _, lost, age = zip(*lines)
            left.plot(seconds, lost, style, lw=2)
            right.plot(seconds, age, style, lw=2, label=f"mark {mark}")
        left.set(xlabel="time (s)", ylabel="frames lost so far")
        right.set(xlabel="time (s)", ylabel="age of the last frame (ms)")
        for axes in (left, right):
            axes.set_ylim(bottom=0)
            axes.grid()
        right.legend(loc="upper left", bbox_to_anchor=(1.02, 1))


# Memory against frames sent (section 6)


def publish_fast(hwm, count):
    """Publish frames once somebody has subscribed, 100 a second, and stay."""
    camera = open_camera("simulated", fps=100)
    with camera, zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        socket.sndhwm, socket.linger = hwm, 0
        socket.bind("tcp://127.0.0.1:*")
        socket.recv()  # the subscription
        for number in range(count + 1):
            send_frame(socket, camera.read(), sequence=number)
            print("sent", number, "frames")
        threading.Event().wait(60)


def subscribe_and_sleep(endpoint, hwm):
    """Subscribe to everything, and do anything but read."""
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.rcvhwm, socket.linger = hwm, 0
        socket.subscribe(b"")
        socket.connect(endpoint)
        threading.Event().wait(60)


def memories(hwm, count=160):
    """Send to a subscriber that does not read; return how much memory both take meanwhile.

    A list of (frames sent, MB more at the publisher, MB more at the subscriber).
    """
    publisher = start(publish_fast, hwm, count, process_name="publisher")
    subscriber = start(subscribe_and_sleep, publisher.endpoint, hwm, process_name="sleeper")
    measured = []
    for sent in tqdm(range(0, count + 1, 10), desc=f"mark {hwm}"):
        publisher.wait_output(f"sent {sent} frames", timeout=30)
        measured.append((sent, publisher.memory / 1e6, subscriber.memory / 1e6))
    publisher.stop()
    subscriber.stop()
    _, first_here, first_there = measured[0]
    measured = [(sent, here - first_here, there - first_there) for sent, here, there in measured]
    print(f"mark {hwm}: the subscriber took {measured[-1][2]:.0f} MB more,", end=" ")
    print(f"the publisher {measured[-1][1]:.0f} MB")
    return measured


def draw_memory(measured):
    """Draw the memory of publisher and subscriber against the frames sent, for each mark."""
    words = "; ".join(
        f"mark {mark}, after {lines[-1][0]} frames: publisher {lines[-1][1]:.0f} MB more, "
        f"sleeping subscriber {lines[-1][2]:.0f} MB"
        for mark, lines in measured.items()
    )
    with drawing(words, 7, 3) as axes:
        for (mark, lines), style in zip(measured.items(), ("-", "--", ":", "-.") * 4):
            sent, publisher, subscriber = zip(*lines)
            axes.plot(sent, subscriber, style, lw=2, color="C1", label=f"subscriber, mark {mark}")
            axes.plot(sent, publisher, style, lw=2, color="C0", label=f"publisher, mark {mark}")
        axes.set(xlabel="frames sent", ylabel="memory more than at first (MB)")
        axes.set_ylim(bottom=0)
        axes.grid()
        axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1))
