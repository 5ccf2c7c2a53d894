"""Queues of several lengths, and messages of several sizes."""

import contextlib
import statistics
import time

import numpy as np
import zmq

from zmqlab import drawing, recv_frame, send_frame, start

VGA = (480, 640, 3)
MARKS = [1, 2, 4, 8, 16]
SIZES = [4**power for power in range(8)]


def give_marked(marks, rounds, count):
    frame = np.zeros(VGA, np.uint8)
    with zmq.Context() as context, contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(context.socket(zmq.PUSH)) for _ in marks]
        for socket, mark in zip(sockets, marks):
            socket.sndhwm = mark
            socket.bind("tcp://127.0.0.1:*")
        for _ in range(rounds):
            for socket in sockets:
                for number in range(count):
                    send_frame(socket, frame, sequence=number)


def take_marked(endpoints, marks, rounds, count):
    """Return frames per second, and ages in milliseconds: a row for each round."""
    rates, ages = np.empty((2, rounds, len(marks)))
    with zmq.Context() as context, contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(context.socket(zmq.PULL)) for _ in marks]
        for socket, mark, endpoint in zip(sockets, marks, endpoints):
            socket.rcvhwm = mark
            socket.connect(endpoint)
        for row, column in np.ndindex(rates.shape):
            age = []
            for number in range(count):
                if number == count // 3:  # what had piled up before our turn is gone
                    began = time.perf_counter()
                topic, header, frame = recv_frame(sockets[column])
                age.append(1000 * (time.time() - header["time"]))
                frame.max()  # the work
            rates[row, column] = (count - count // 3) / (time.perf_counter() - began)
            ages[row, column] = statistics.median(age[count // 3 :])
    return rates, ages


def try_marks(rounds=5, count=90):
    """Return frames per second and ages (ms) for each of the marks: medians of the rounds."""
    giver = start(give_marked, MARKS, rounds, count, process_name="giver")
    giver.wait_until(lambda it: len(it.endpoints) == len(MARKS), what="all endpoints")
    rates, ages = take_marked(giver.endpoints, MARKS, rounds, count)
    giver.stop()
    return np.median(rates, axis=0), np.median(ages, axis=0)


def draw_marks(rates, ages):
    """Draw frames per second and the age of a frame against the mark."""
    words = "; ".join(
        f"mark {mark}: {rate:.0f} frames/s, {age:.1f} ms old"
        for mark, rate, age in zip(MARKS, rates, ages, strict=True)
    )
    with drawing(words, 8, 2.6, columns=2) as (left, right):
        left.plot(MARKS, rates, "o-")
        left.set(xlabel="high-water mark (frames)", ylabel="frames per second")
        right.plot(MARKS, ages, "s-", color="C1")
        right.set(xlabel="high-water mark (frames)", ylabel="age of a frame (ms)")
        for axes in (left, right):
            axes.set_xscale("log", base=2)
            axes.set_xticks(MARKS, [str(mark) for mark in MARKS])
            axes.set_ylim(bottom=0)


def give_numbers(sizes):
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.sndhwm = 100
        socket.bind("tcp://127.0.0.1:*")
        for size in sizes:
            message = np.arange(size, dtype="float64").tobytes()
            for _ in range(max(500, min(100_000, 5_000_000 // size))):
                socket.send(message)
            socket.send(b"")  # the end of this size


def try_sizes():
    """Return numbers per second for each size of a message."""
    found = []
    giver = start(give_numbers, SIZES, process_name="giver", observe=False)
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.rcvhwm, pull.rcvtimeo = 100, 10_000
        pull.connect(giver.endpoint)
        for _ in SIZES:
            pull.recv()
            count, began = 0, time.perf_counter()
            while message := pull.recv():
                count += len(np.frombuffer(message))
            found.append(count / (time.perf_counter() - began))
    return found


def draw_sizes(found):
    """Draw numbers per second against numbers in a message."""
    words = ", ".join(f"{n:,}: {rate:.2g}/s" for n, rate in zip(SIZES, found, strict=True))
    with drawing(f"numbers per second by numbers in a message: {words}", 6.4, 2.8) as axes:
        axes.loglog(SIZES, found, "o-")
        axes.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
        axes.minorticks_off()
        axes.set(xlabel="numbers in each message", ylabel="numbers per second")
        axes.grid()
