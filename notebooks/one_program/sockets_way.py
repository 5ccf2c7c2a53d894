"""The program with ZeroMQ between its parts: as threads of one process, or as processes."""

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import zmq

from one_program import work
from zmqlab import (
    Recorder,
    open_camera,
    pack_frame,
    recv_message,
    send_message,
    start,
    unpack_frame,
)

NAMES = "control", "frames", "stream", "results"


def new_context(kind=zmq.Context):
    """Make a context whose sockets have short queues, and none of which waits for ever."""
    context = kind()
    context.sndhwm = context.rcvhwm = work.ROOM
    context.sndtimeo = context.rcvtimeo = 1000 * work.LONGEST
    context.linger = 2000
    return context


def camera_part(context, at):
    """Send frames until told to stop, and the end behind the last one."""
    with (
        open_camera("simulated", paced=False) as camera,
        context.socket(zmq.PULL) as control,
        context.socket(zmq.PUSH) as frames,
    ):
        control.connect(at["control"])
        frames.connect(at["frames"])
        number = 0
        while not control.poll(0):
            frames.send_multipart(pack_frame(camera.read(), sequence=number), copy=False)
            number += 1
        frames.send_multipart(pack_frame(np.empty(0), "end"))


def publisher_part(context, at):
    """Wait for two subscribers, then hand on what comes, without looking into it."""
    with context.socket(zmq.PULL) as frames, context.socket(zmq.XPUB) as stream:
        stream.xpub_verbose = stream.xpub_nodrop = True
        frames.bind(at["frames"])
        stream.bind(at["stream"])
        for _ in range(2):
            stream.recv()
        topic = None
        while topic != b"end":
            parts = frames.recv_multipart(copy=False)
            stream.send_multipart(parts, copy=False)
            topic = parts[0].bytes


def subscription(socket, at):
    """Yield number and frame of each message, until the end."""
    socket.linger = 0  # has nothing to deliver, least of all to a publisher that has ended
    socket.subscribe(b"")
    socket.connect(at["stream"])
    while True:
        topic, header, frame = unpack_frame(socket.recv_multipart(copy=False))
        if topic == "end":
            return
        yield header["sequence"], frame


def analyser_part(context, at):
    """Find the fringes in each frame, and send what was found."""
    with context.socket(zmq.SUB) as stream, context.socket(zmq.PUSH) as results:
        results.connect(at["results"])
        for number, frame in subscription(stream, at):
            period = work.look(number, frame)
            send_message(results, "result", {"sequence": number, "period": period})
        send_message(results, "end", {})


def recorder_part(context, at):
    """Record every second pixel of each frame."""
    with context.socket(zmq.SUB) as stream, Recorder(at["film"]) as recorder:
        for number, frame in subscription(stream, at):
            recorder.add(frame[::2, ::2], number)


PARTS = [camera_part, publisher_part, analyser_part, recorder_part]


def watch(context, at, frames):
    """Take results; when there are enough, or an error comes, stop the camera; await the end."""
    with context.socket(zmq.PUSH) as control, context.socket(zmq.PULL) as results:
        control.bind(at["control"])
        results.bind(at["results"])
        seen = 0
        try:
            while seen < work.WARM_UP + frames:
                recv_message(results, work.NEXT_RESULT if seen else work.LONGEST)
                seen += 1
                if seen == 1:
                    print("running")
                if seen == work.WARM_UP:
                    began = work.mark()
            ended = work.mark()
        finally:
            control.send(b"stop")
            with contextlib.suppress(TimeoutError):  # where the end was lost with a part
                while recv_message(results, work.NEXT_RESULT)[0] != "end":
                    seen += 1
    work.report(began, ended, frames, seen)


def with_threads(frames, path):
    """Run the parts as threads: one context, `inproc` between them."""
    at = {name: f"inproc://{name}" for name in NAMES} | {"film": path}
    with new_context() as context:
        threads = [threading.Thread(target=part, args=(context, at)) for part in PARTS]
        for thread in threads:
            thread.start()
        try:
            watch(context, at, frames)
        finally:
            for thread in threads:
                thread.join(work.LONGEST)


def on_its_own(part, at):
    """Run a part in a process: it has a context of its own."""
    with new_context() as context:
        part(context, at)


def free_address():
    """Return an address at which nobody listens."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        return f"tcp://127.0.0.1:{socket.bind_to_random_port('tcp://127.0.0.1', 20000, 32000)}"


def start_part(part, at, observe=True):
    """Start a part in a process."""
    return start(on_its_own, part, at, process_name=part.__name__, observe=observe)


def with_zeromq(frames, path):
    """Run the parts as processes: `tcp` between them."""
    at = {name: free_address() for name in NAMES} | {"film": path}
    with ThreadPoolExecutor(4) as pool:  # all at once, since each takes a moment
        processes = list(pool.map(lambda part: start_part(part, at, observe=False), PARTS))
    with new_context() as context:
        try:
            watch(context, at, frames)
        finally:
            for process in processes:
                process.wait_until(lambda it: it.ended, work.LONGEST, "its end")
