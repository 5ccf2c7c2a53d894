"""The program with coroutines: one thread, which changes from one to the next at each `await`."""

import asyncio

import numpy as np
import zmq
import zmq.asyncio

import zmqlab
from one_program import work
from one_program.sockets_way import new_context
from zmqlab import Recorder, open_camera, pack_frame, unpack_frame

NAMES = "frames", "analyser", "recorder", "results"


async def camera_task(context, at, stop):
    """Send frames until the event is set, and the end behind the last one."""
    with (
        open_camera("simulated", paced=False) as camera,
        context.socket(zmq.PUSH) as frames,
    ):
        frames.connect(at["frames"])
        number = 0
        while not stop.is_set():
            frame = await asyncio.to_thread(camera.read)
            await frames.send_multipart(pack_frame(frame, sequence=number), copy=False)
            number += 1
        await frames.send_multipart(pack_frame(np.empty(0), "end"))


async def publisher_task(context, at):
    """Hand on what comes to both.

    An XPUB says at any time that it could send, so a loop that waits for room in it would never
    rest: hence a PUSH for each.
    """
    with (
        context.socket(zmq.PULL) as frames,
        context.socket(zmq.PUSH) as to_analyser,
        context.socket(zmq.PUSH) as to_recorder,
    ):
        frames.bind(at["frames"])
        to_analyser.connect(at["analyser"])
        to_recorder.connect(at["recorder"])
        topic = None
        while topic != b"end":
            parts = await frames.recv_multipart(copy=False)
            await to_analyser.send_multipart(parts, copy=False)
            await to_recorder.send_multipart(parts, copy=False)
            topic = parts[0].bytes


async def taken(socket):
    """Yield number and frame of each message, until the end."""
    while True:
        topic, header, frame = unpack_frame(await socket.recv_multipart(copy=False))
        if topic == "end":
            return
        yield header["sequence"], frame


async def analyser_task(context, at):
    """Find the fringes in each frame, in a thread, and send what was found."""
    with context.socket(zmq.PULL) as frames, context.socket(zmq.PUSH) as results:
        frames.bind(at["analyser"])
        results.connect(at["results"])
        async for number, frame in taken(frames):
            period = await asyncio.to_thread(work.look, number, frame)
            await results.send_json({"sequence": number, "period": period})
        await results.send_json({"end": True})


async def recorder_task(context, at):
    """Record every second pixel of each frame."""
    with context.socket(zmq.PULL) as frames, Recorder(at["film"]) as recorder:
        frames.bind(at["recorder"])
        async for number, frame in taken(frames):
            recorder.add(frame[::2, ::2], number)  # in the loop: a Recorder belongs to one thread


async def watch_tasks(context, at, stop, frames):
    """Take results; when there are enough, stop the camera, and await the end."""
    with context.socket(zmq.PULL) as results:
        results.bind(at["results"])
        seen = 0
        while seen < work.WARM_UP + frames:
            await results.recv_json()
            seen += 1
            if seen == 1:
                print("running")
            if seen == work.WARM_UP:
                began = work.mark()
        ended = work.mark()
        stop.set()
        while "end" not in await results.recv_json():
            seen += 1
    work.report(began, ended, frames, seen)


async def all_tasks(frames, path):
    """Run the parts side by side; an error of one cancels the others."""
    at = {name: f"inproc://{name}" for name in NAMES} | {"film": path}
    stop = asyncio.Event()
    with new_context(zmq.asyncio.Context) as context:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(camera_task(context, at, stop))
            tasks.create_task(publisher_task(context, at))
            tasks.create_task(analyser_task(context, at))
            tasks.create_task(recorder_task(context, at))
            tasks.create_task(watch_tasks(context, at, stop, frames))


def with_asyncio(frames, path):
    """Run the loop. On Windows the usual one cannot wait for ZeroMQ's sockets; this one can."""
    zmqlab.ready()
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(all_tasks(frames, path))
