"""The program with processes and queues of `multiprocessing`: it must stand in a file."""

import contextlib
import multiprocessing
import os
import queue
import signal
import time

import zmqlab
from one_program.work import LONGEST, NEXT_RESULT, ROOM, WARM_UP, look, mark, report
from zmqlab import Recorder, open_camera


def camera_part(frames, stop):
    """Put frames into a queue until the event is set, and the end behind the last one."""
    with open_camera("simulated", paced=False) as camera:
        number = 0
        while not stop.is_set():
            frames.put((number, camera.read()), timeout=LONGEST)
            number += 1
    frames.put(None, timeout=LONGEST)


def publisher_part(frames, to_analyser, to_recorder):
    """Hand on what comes: a queue gives each item to one taker, so there is one for each."""
    item = True
    while item is not None:
        item = frames.get(timeout=LONGEST)
        to_analyser.put(item, timeout=LONGEST)
        to_recorder.put(item, timeout=LONGEST)


def analyser_part(frames, results):
    """Find the fringes in each frame, and hand on what was found."""
    while (item := frames.get(timeout=LONGEST)) is not None:
        number, frame = item
        results.put((number, look(number, frame)), timeout=LONGEST)
    results.put(None, timeout=LONGEST)


def recorder_part(frames, path):
    """Record every second pixel of each frame."""
    with Recorder(path) as recorder:
        while (item := frames.get(timeout=LONGEST)) is not None:
            number, frame = item
            recorder.add(frame[::2, ::2], number)


def process(part, *arguments):
    """Run a part in its process."""
    if os.environ.get("IGNORE_CTRL_C"):  # notebook 08 tells what this is for
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    part(*arguments)


def with_queues(frames, path):
    """Make queues and event, start the processes, take the results, and end it all."""
    zmqlab.ready()  # it has no socket by which `start` could tell that it is up
    spawn = multiprocessing.get_context("spawn")
    stop = spawn.Event()
    taken, to_analyser, to_recorder, results = (spawn.Queue(ROOM) for _ in range(4))
    calls = [
        (camera_part, taken, stop),
        (publisher_part, taken, to_analyser, to_recorder),
        (analyser_part, to_analyser, results),
        (recorder_part, to_recorder, path),
    ]
    processes = [spawn.Process(target=process, args=call, name=call[0].__name__) for call in calls]
    for each in processes:
        each.start()
    seen = 0
    try:
        while seen < WARM_UP + frames:
            results.get(timeout=NEXT_RESULT if seen else LONGEST)
            seen += 1
            if seen == 1:
                print("running")
            if seen == WARM_UP:
                began = mark()
        ended = mark()
        stop.set()
        while results.get(timeout=NEXT_RESULT) is not None:
            seen += 1
        report(began, ended, frames, seen)
    finally:
        stop.set()
        clear_up(processes, results)


def clear_up(processes, results):
    """Go on taking results until all processes have ended, and force those that do not."""
    deadline = time.monotonic() + NEXT_RESULT
    while any(each.is_alive() for each in processes) and time.monotonic() < deadline:
        with contextlib.suppress(queue.Empty):
            results.get(timeout=0.05)
    for each in processes:
        if each.is_alive():
            print("had to be terminated:", each.name)
            each.terminate()
        each.join(NEXT_RESULT)
