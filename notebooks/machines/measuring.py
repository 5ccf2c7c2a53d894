"""What notebook 16 measures with: short functions, to be opened and read."""

import contextlib
import json
import socket
import time
from statistics import median
from urllib.parse import urlsplit

import psutil
import zmq

from zmqlab import EndOfStream, Publisher, open_camera, recv_message, send_message, subscribe

# Addresses (section 1)


def addresses():
    """Return this computer's addresses: {interface: its IPv4 address}."""
    return {
        name: each.address
        for name, several in psutil.net_if_addrs().items()
        for each in several
        if each.family == socket.AF_INET and can_be_bound(each.address)
    }


def can_be_bound(address):
    """Tell whether it is in use: Windows lists those of adapters without a cable, too."""
    with contextlib.suppress(OSError), socket.socket() as probe:
        probe.bind((address, 0))
        return True
    return False


def is_reached(endpoint, address):
    """Try whether a socket that bound the endpoint can be connected to at an address of ours."""
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(endpoint)
        port = urlsplit(rep.last_endpoint.decode()).port
        try:
            socket.create_connection((address, port), 1).close()
        except OSError:
            return False
        return True


# A stream over a line (sections 3 and 4)


def viewer(endpoint, seconds=0.5, **options):
    """Subscribe, and print how it goes as often as that: frames/s, age of the frames, lost."""
    with subscribe(endpoint, timeout=60, **options) as stream:
        while True:
            stream.read()
            began, lost, ages = time.monotonic(), stream.lost, []
            while (passed := time.monotonic() - began) < seconds:
                try:
                    stream.read(seconds - passed)
                except (TimeoutError, EndOfStream):
                    break
                ages.append(stream.latency)
            if ages:
                print(json.dumps([len(ages) / passed, median(ages), stream.lost - lost]))


def look_at(process, settle=2, count=3):
    """Return the medians of some lines that a viewer prints from now on, after the first ones."""
    last = len(process.output.splitlines()) + settle + count
    process.wait_until(lambda it: len(it.output.splitlines()) >= last, 30, f"{last} lines")
    return last_of(process, count)


def last_of(process, count):
    """Return the medians of the last lines that a viewer has printed."""
    lines = [json.loads(line) for line in process.output.splitlines()[-count:]]
    return [median(column) for column in zip(*lines)]


# Requests over a line (section 3)


def ask(endpoint, function, most, rounds=20):
    """Ask with somebody's `ask_many`; print how many replies a second came."""
    began = time.monotonic()
    replies = function(endpoint, [b"measure"] * most * rounds, most)
    print(len(replies) / (time.monotonic() - began))


# Loss (section 5)


def ticker(bind, period=0.01, size=1000):
    """Publish a message as often as that: its number and the time."""
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        socket.linger = 0
        socket.bind(bind)
        socket.recv()  # the subscription
        due = time.time()
        while True:
            due += period
            time.sleep(max(0, due - time.time()))
            send_message(socket, "tick", {"time": time.time(), "padding": " " * size})


def ticks(endpoint, count):
    """Print of so many messages, a line each, when it was sent and when it came."""
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.rcvtimeo = 20_000
        socket.subscribe("tick")
        socket.connect(endpoint)
        came = [(recv_message(socket)[1]["time"], time.time()) for _ in range(count)]
    print(*map(json.dumps, came), sep="\n")


def lines_of(process):
    """Wait until a process has ended, and return what it printed: a line of JSON each."""
    process.wait(60)
    return [json.loads(line) for line in process.output.splitlines()]


# Clocks (section 7)


def camera_with_a_clock(bind, ahead):
    """Publish a camera whose computer's clock is ahead by so many seconds."""
    with open_camera("simulated") as camera, Publisher(bind, keys="none") as publisher:
        for frame in camera:
            publisher.send(frame, time.time() + ahead)


def clock(bind, ahead):
    """Reply to each request with two times of that clock: when it came, and when it was replied."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            socket.recv()
            came = time.time() + ahead
            socket.send(json.dumps([came, time.time() + ahead]).encode())


def exchange(endpoint, count=20):
    """Ask such a clock so often; print [asked, came, replied, answered] of each time."""
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.rcvtimeo = 20_000
        socket.connect(endpoint)
        for _ in range(count):
            asked = time.time()
            socket.send(b"what time is it?")
            came, replied = json.loads(socket.recv())
            print(json.dumps([asked, came, replied, time.time()]))
