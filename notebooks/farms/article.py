"""The article's farm, as notebook 04 measures it: pickles, and `np.fft.fft2` of the colour frame.

https://pythonforthelab.com/blog/using-pyzmq-for-inter-process-communication-part-1/
"""

import time

import numpy as np
import zmq
from addresses import free_address

from zmqlab import open_camera, process, ready, start


def read_frames(count):
    """Return so many frames of the simulated camera, read as fast as it gives them."""
    with open_camera("simulated", paced=False) as camera:
        return [camera.read() for _ in range(count)]


def article_ventilator(frames, door, count):
    """Wait for the sink's answer; then push all frames, pickled."""
    images = read_frames(count)
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.REQ) as sink,
    ):
        push.bind(frames)
        sink.connect(door)
        sink.send(b"")
        sink.recv()
        for image in images:
            push.send_pyobj(image)


def article_worker(frames, results):
    """Transform frames for ever."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as receiver,
        context.socket(zmq.PUSH) as sender,
    ):
        receiver.connect(frames)
        sender.connect(results)
        while True:
            image = receiver.recv_pyobj()
            sender.send_pyobj(np.fft.fft2(image))


def article_sink(results, door, count):
    """Answer the ventilator, collect the results, and print how many seconds that took."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as receiver,
        context.socket(zmq.REP) as ventilator,
    ):
        receiver.bind(results)
        ventilator.bind(door)
        ventilator.recv()
        ventilator.send(b"")
        began = time.perf_counter()
        for _ in range(count):
            receiver.recv_pyobj()
        print(time.perf_counter() - began)


def time_article_farm(workers, count=16):
    """Return milliseconds for a frame in the article's farm, from the first to the last result."""
    frames_at, results_at, door_at = free_address(), free_address(), free_address()
    film = article_ventilator, frames_at, door_at, count
    ventilator = start(*film, process_name="ventilator")
    names = [f"worker {number + 1}" for number in range(workers)]
    for name in names:
        start(article_worker, frames_at, results_at, process_name=name)
    ventilator.wait_until(lambda it: it.sockets[0]["peers"] == workers, 20, "the workers")
    sink = start(article_sink, results_at, door_at, count, process_name="sink")
    sink.wait(timeout=120)
    for name in names:
        process(name).stop()
    return 1000 * float(sink.output) / count


def plain_loop(task, count):
    """Run a task on frames, one after the other, and print how many seconds that took."""
    images = read_frames(count)
    ready()
    began = time.perf_counter()
    for image in images:
        task(image)
    print(time.perf_counter() - began)


def time_loop(task, count=16):
    """Return milliseconds for a frame in a plain loop, in a process of its own."""
    loop = start(plain_loop, task, count, process_name="loop")
    loop.wait(timeout=120)
    return 1000 * float(loop.output) / count
