"""Workers that ask for work: no frame waits at a busy worker while another has none.

Unlike PUSH (`zmqlab.patterns.push_pull`), one ROUTER socket gives frames to those that ask, and
remembers who has which. A worker's DEALER socket says::

    ask    | {"worker": "worker 1", "room": 3,      once: I can take three frames,
              "token": "5f0c9a1e.."} |              and here is what only your workers know
    result | (see zmqlab.patterns.workers)          a frame is done: I can take one more
    error  | (see zmqlab.patterns.workers)          the task failed

and is sent frames, and in the end ``end | {} |``. On the ROUTER's side each message has one part
more, the first: the identity of the connection that it came from, or is to take.

A frame is done when its result is here, and not before. What a worker had when it was lost
goes to another one. If both send a result, the first counts. Anybody on this computer may connect;
who does not know the token gets no frame, and is not heard.
"""

import contextlib
import itertools
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import cv2
import numpy as np
import zmq

from zmqlab.patterns.workers import FarmError, Result, some, unpack_result, work
from zmqlab.processes.handle import Process
from zmqlab.wire.messages import MessageError, pack_frame, send_message, unpack_message
from zmqlab.wire.shared import FrameRing, RingReader
from zmqlab.wire.sockets import connect, describe, recv_parts, send_parts, wait
from zmqlab.wire.text import plain

ROOM = 3  # frames a worker asks for: one to work on, one there already, one on its way
_MOST_ROOM = 8
_MANY = 1000  # messages among which there is one of each worker that has sent something
_GLANCE = 0.1  # seconds between two looks at who is gone, while nothing arrives


@dataclass
class Worker:
    """What is known of a worker."""

    name: str
    room: int  # how many more frames it can take
    heard: float  # when it last sent something, or got its first frame after a pause
    lost: str = ""  # why nothing more is expected of it
    given: set[int] = field(default_factory=set)  # the frames that it had, and sent no result of


def asking_worker(
    endpoint: str,
    task: Callable[[np.ndarray], Any],
    worker: str = "",
    timeout: float = 60.0,
    shared: bool = False,
    token: str = "",
    keys: str | Path | None = None,
) -> None:
    """Ask for frames, run a task on each, send back what it returns, until told to end.

    `endpoint` is that of the ROUTER socket that `hand_out` uses; `task`, `worker`, `timeout` and
    `keys` are as for `zmqlab.fft_worker`. If `shared`, the results go through shared memory. Frames
    are taken from either. `token` is that of `welcome`.
    """
    cv2.setNumThreads(1)  # with a worker for each core there is no use for more
    worker = worker or f"worker {os.getpid()}"
    with (
        zmq.Context() as context,
        context.socket(zmq.DEALER) as socket,
        # Until one is done with, it sends no more results than it asked for frames.
        FrameRing(ROOM + 1) as ring,
        RingReader() as reader,
        contextlib.suppress(KeyboardInterrupt),
    ):
        socket.linger = 1000  # milliseconds for the last result to leave
        connect(socket, endpoint, keys=keys)
        send_message(socket, "ask", {"worker": worker, "room": ROOM, "token": token})
        while (parts := recv_parts(socket, timeout))[0].bytes != b"end":
            _, header, frame = reader.unpack_frame(parts)
            parts = work(task, header, frame, worker, ring if shared else None)
            del frame  # with its result, its slot is free
            send_parts(socket, parts, timeout)


def welcome(
    router: zmq.Socket,
    workers: dict[bytes, Worker],
    count: int,
    processes: Sequence[Process] = (),
    timeout: float = 30.0,
    token: str = "",
) -> None:
    """Wait until `count` workers have asked for work; put each into `workers`, by its connection.

    Only those count that say the `token`, which whoever started them has told them.
    Nobody waits for one of whose `processes` it is known that it has ended. TimeoutError says who
    asked, if too few did within `timeout` seconds.
    """
    router.router_mandatory = True  # an error, not silence, where a message has nowhere to go
    deadline = monotonic() + timeout
    while len({worker.name for worker in workers.values()} | _gone(processes).keys()) < count:
        if monotonic() > deadline:
            names = ", ".join(worker.name for worker in workers.values()) or "nobody"
            raise TimeoutError(
                f"{len(workers)} of {count} workers ({names}) asked for work at the "
                f"{describe(router)} within {timeout:g} s"
            )
        if wait({router: zmq.POLLIN}, _GLANCE):
            _receive(router, workers, None, token)


def hand_out(
    router: zmq.Socket,
    workers: dict[bytes, Worker],
    frames: Iterable[np.ndarray],
    processes: Sequence[Process] = (),
    timeout: float = 30.0,
    ring: FrameRing | None = None,
    token: str = "",
) -> Iterator[Result]:
    """Give frames to the workers that ask; yield each result once, as it arrives.

    `router` and `workers` are as `welcome` left them, `token` is the same; a worker that asks later
    gets frames too. Of the `frames` no more are taken than are asked for, and one; each is kept
    until its result is here. A worker is lost that is silent for `timeout` seconds while it has a
    frame, or whose process, if it is one of `processes`, has ended. With a `ring`, the pixels stay
    there.

    Raises
    ------
    FarmError
        If the task failed, or all workers are lost.
    """
    pack, reader = (ring.pack_frame if ring else pack_frame), RingReader()
    fresh = enumerate(frames)
    out: dict[int, np.ndarray] = {}  # number: frame, for each whose result is not here
    held: dict[int, bytes] = {}  # number: the worker that has it, if one has
    strange = 0  # messages since the last result: strangers may flood the socket
    while True:
        number = next((each for each in out if each not in held), None)
        if number is None:
            for number, frame in itertools.islice(fresh, 1):
                out[number] = frame
        if not out:
            return
        able = [one for one, worker in workers.items() if worker.room > 0 and not worker.lost]
        if give := number is not None and bool(able):
            identity = max(able, key=lambda one: workers[one].room)
            worker = workers[identity]
            try:
                send_parts(router, [identity, *pack(out[number], sequence=number)])
                if identity not in held.values():
                    worker.heard = monotonic()
                worker.room -= 1
                held[number] = identity
                worker.given.add(number)
            except zmq.ZMQError as error:
                if error.errno != zmq.EHOSTUNREACH:
                    raise
                worker.lost = "its connection is closed"
        strange += 1
        if not wait({router: zmq.POLLIN}, 0 if give else _GLANCE):
            strange = _MANY
        elif result := _receive(router, workers, reader, token):
            strange = 0
            if result[0] in out:
                del out[result[0]]
                held.pop(result[0], None)
                yield result
        if strange >= _MANY:  # all that came has been read: who is silent now is really silent
            strange = 0
            _take_back(workers, held, _gone(processes), timeout)
            if all(worker.lost for worker in workers.values()):
                fates = _gone(processes) | {each.name: each.lost for each in workers.values()}
                what = ", ".join(f"{name} ({fate})" for name, fate in fates.items())
                raise FarmError(
                    f"all workers are lost: {what}. There is no result for frames {some(out)}, "
                    "nor for any after them"
                )


def _gone(processes):
    """Return the names of processes that have ended, and what became of each."""
    return {process.name: process.state for process in processes if process.ended}


def _receive(router, workers, reader, token):
    """Take in one message; return the result in it, or None."""
    identity, *parts = recv_parts(router)
    worker = workers.get(identity.bytes)
    if worker is None:  # one that asks for the first time, or a stranger
        with contextlib.suppress(MessageError):
            topic, header, _ = unpack_message(parts)
            name, room = header.get("worker"), header.get("room")
            said = str(header.get("token", "")).encode()
            known = secrets.compare_digest(said, token.encode())
            if known and topic == "ask" and isinstance(name, str) and isinstance(room, int):
                room = min(max(room, 0), _MOST_ROOM)
                workers[identity.bytes] = Worker(plain(name, 100), room, monotonic())
    elif (result := unpack_result(parts, reader)) and result[0] in worker.given:
        worker.given.remove(result[0])
        worker.room = min(worker.room + 1, _MOST_ROOM)
        worker.heard, worker.lost = monotonic(), ""
        return result
    return None


def _take_back(workers, held, gone, timeout):
    """Find out who is lost, and take back the frames that they had."""
    for identity, worker in workers.items():
        if not worker.lost and worker.name in gone:
            worker.lost = gone[worker.name]
        elif monotonic() - worker.heard > timeout and identity in held.values():
            worker.lost = worker.lost or f"silent for {timeout:g} s with a frame to work on"
        if worker.lost:
            worker.room = 0
    for number in [each for each, identity in held.items() if workers[identity].lost]:
        del held[number]
