"""Painters that write into memory which a reader sees too."""

import itertools
import mmap
import os
import random
import tempfile
from collections import Counter

import numpy as np
import zmq

from fast_frames.film import stripes, verdict
from zmqlab import drawing, start

VGA = (480, 640, 3)
PAGE = mmap.PAGESIZE  # bytes; the operating system maps memory in pages


def shared_folder():
    """Make a folder in memory where there is one, such as Linux's /dev/shm."""
    where = "/dev/shm" if os.path.isdir("/dev/shm") else None
    return tempfile.TemporaryDirectory(dir=where, ignore_cleanup_errors=True)


def newest(socket):
    """Wait for news, and take the last that there is."""
    news = socket.recv_json()
    while socket.poll(0):
        news = socket.recv_json()
    return news


def slots_of(path, slots):
    """Map a file of so many slots: return their turns and their pixels."""
    size = VGA[0] * VGA[1] * VGA[2]
    memory = np.memmap(path, np.uint8, "r+", shape=(slots, PAGE + size))
    return [slot[:8].view("u8") for slot in memory], [slot[PAGE:].reshape(VGA) for slot in memory]


def scribbler_with_turns(path, slots):
    turns, pixels = slots_of(path, slots)
    with zmq.Context() as context, context.socket(zmq.PUB) as socket:
        socket.bind("tcp://127.0.0.1:*")
        for number in itertools.count():
            slot = number % slots
            turns[slot] += 1  # odd: I am writing
            stripes(number, pixels[slot])
            turns[slot] += 1  # even: it is written
            socket.send_json([number, slot, int(turns[slot][0])])


def try_slots(read_slot, folder, slots, count=100):
    """Let a painter paint as fast as it can; return what a reader got that dawdles."""
    path = os.path.join(folder, f"{slots}_slots")
    with open(path, "wb") as file:
        file.truncate(slots * (PAGE + int(np.prod(VGA))))
    turns, pixels = slots_of(path, slots)
    worker = start(scribbler_with_turns, path, slots, process_name="scribbler", observe=False)
    verdicts = Counter()
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.rcvtimeo = 5000
        sub.subscribe("")
        sub.connect(worker.endpoint)
        for _ in range(count):
            number, slot, turn = newest(sub)
            for _ in range(random.randrange(12)):
                sub.recv()  # of a picture that we let go by
            frame = read_slot(pixels[slot], turns[slot], turn)
            verdicts["overtaken" if frame is None else verdict(frame, number)] += 1
    worker.stop()
    return verdicts


def draw_slots(got):
    """Draw how many frames were right, overtaken and torn, by the number of slots."""
    words = "; ".join(f"{slots} slots: {dict(verdicts)}" for slots, verdicts in got.items())
    with drawing(words, 6.8, 2.6) as axes:
        left = np.zeros(len(got))
        for what, colour in [("right", "C2"), ("overtaken", "C0"), ("torn", "C1")]:
            counts = np.array([verdicts[what] for verdicts in got.values()])
            axes.barh([str(slots) for slots in got], counts, left=left, color=colour, label=what)
            left += counts
        axes.set(xlabel="frames of 100", ylabel="slots")
        axes.invert_yaxis()
        axes.figure.legend(loc="outside upper center", ncols=3)
