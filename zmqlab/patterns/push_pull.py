"""Push and pull: a ventilator deals out frames, workers transform them, a sink collects.

Three roles, each a plain function that runs in a process of its own, on one computer or on
several. They may start in any order: nothing is sent before all are there. ::

    ventilator  PUSH ----- frames -----> PULL  fft_worker  PUSH ----- results -----> PULL  sink
                DEALER ------------------------ control --------------------------> ROUTER
                                               DEALER ----- control -------------> ROUTER

What is said on the control connections stands in `zmqlab.patterns.rendezvous`, what frames
and results look like in `zmqlab.patterns.workers`.

PUSH deals in turn to whoever is connected, busy or not, and forgets: what a worker had when
it was killed is lost. For workers that ask for work, see `zmqlab.patterns.ask_for_work`.
"""

import contextlib
import itertools
import os
from time import monotonic

import zmq

from zmqlab.cameras import CameraError, open_camera
from zmqlab.messages import pack_frame, recv_message, recv_parts, send_message, send_parts
from zmqlab.patterns.rendezvous import assemble, hear
from zmqlab.patterns.workers import GLANCE, dismiss, poll, recv_result, some, use_one_core, work
from zmqlab.results import gather
from zmqlab.sockets import bind, connect, describe, wait, who_listens
from zmqlab.spectrum import spectrum

HWM = 4  # frames in each queue; ZeroMQ's 1000 would be 922 MB of 640 x 480
_SLICE = 0.5  # seconds: Windows notices Ctrl-C only between two polls


def ventilator(
    control: str,
    camera: str | int = "auto",
    count: int = 100,
    frames: str = "tcp://127.0.0.1:*",
    hwm: int = HWM,
    patience: float = 60.0,
) -> None:
    """Deal out frames of a camera to workers, once the sink and its workers are there.

    Parameters
    ----------
    control
        Endpoint of the sink.
    camera
        A webcam's number, the path of a video file, ``simulated``, or ``auto``.
    count
        How many frames.
    frames
        Where to bind the socket that workers connect to.
    hwm
        Frames that may queue here for each worker.
    patience
        Seconds to wait for the others at each step.

    Raises
    ------
    CameraError
        If there is no frame; the sink is told how many there were.
    TimeoutError
        If there is no sink, or no worker takes a frame.
    """
    with (
        open_camera(camera) as source,
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.DEALER) as boss,
        contextlib.suppress(KeyboardInterrupt),
    ):
        push.linger = boss.linger = 0  # nothing is left to send when the sink says the end
        push.sndhwm = hwm  # before bind: it counts for connections to come
        print(f"ventilator: {source.source} at {bind(push, frames)}", flush=True)
        connect(boss, control)
        if _ask(boss, "ventilator", {}, patience) is None:
            return
        sent, failure = 0, None
        try:
            for frame in itertools.islice(source, count):
                if not _send(push, pack_frame(frame, sequence=sent), boss, patience):
                    return
                sent += 1
        except CameraError as error:
            failure = error  # the frames before it are on their way, and wanted
        send_message(boss, "sent", {"frames": sent})
        _wait_any({boss: zmq.POLLIN}, patience)  # for the end: until then, frames queue here
        if failure:
            raise failure


def fft_worker(
    frames: str,
    control: str,
    worker: str = "",
    task=spectrum,
    hwm: int = HWM,
    patience: float = 60.0,
) -> None:
    """Transform the frames that a ventilator pushes; push the results on to the sink.

    Parameters
    ----------
    frames
        Endpoint of the ventilator.
    control
        Endpoint of the sink.
    worker
        A name that goes with each result. The default holds the number of the process.
    task
        What to do with a frame: it takes one (read-only: it lies in the message) and returns
        an array or a number. The array is sent without a copy, so it must be a fresh one.
    hwm
        Frames that may queue here, and results.
    patience
        Seconds to wait for the sink, for the next frame, and for the sink to take a result.

    Raises
    ------
    TimeoutError
        If the sink or the frames do not come, or the results do not go.
    """
    use_one_core()
    worker = worker or f"worker {os.getpid()}"
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.DEALER) as boss,
        contextlib.suppress(KeyboardInterrupt),
    ):
        push.linger = boss.linger = 0
        pull.rcvhwm = push.sndhwm = hwm
        connect(boss, control)
        welcome = _ask(boss, "worker", {"worker": worker}, patience)
        if welcome is None:
            return
        connect(push, f"{control.rpartition(':')[0]}:{welcome['port']}")
        connect(pull, frames)  # last: who cannot deliver must not take a frame
        while boss not in _wait_any({boss: zmq.POLLIN, pull: zmq.POLLIN}, patience):
            if not _send(push, work(task, recv_parts(pull), worker), boss, patience):
                return


def sink(
    control: str = "tcp://127.0.0.1:*",
    results: str = "tcp://127.0.0.1:*",
    workers: int = 1,
    hwm: int = HWM,
    patience: float = 60.0,
):
    """Wait for a ventilator and workers, then collect a result for every frame.

    Parameters
    ----------
    control
        Where to bind the socket at which the others announce themselves.
    results
        Where to bind the socket for results, at the same address.
    workers
        How many must be there before the ventilator starts; others may come later.
    hwm
        Results that may queue here, for each worker.
    patience
        Seconds to wait for them, and then for each next result.

    Returns
    -------
    Results

    Raises
    ------
    TimeoutError
        If somebody does not come, or results do not; says who and which.
    FarmError
        If the task failed.
    """
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as router,
        context.socket(zmq.PULL) as pull,
    ):
        router.linger = 1000  # milliseconds for the end to be told
        pull.rcvhwm = hwm
        print(f"sink: at {bind(router, control)}", flush=True)
        bind(pull, results)
        peers = {}
        try:
            assemble(router, pull, peers, workers, patience=patience)
            collected = gather(collect(router, pull, peers, patience))
        finally:
            dismiss(router, peers)
    print(f"sink: {collected}", flush=True)
    return collected


def collect(router, pull, peers, patience=60.0):
    """Yield the results at the sink, once for each frame: number, name of the worker, array.

    Raises
    ------
    TimeoutError
        If none comes for `patience` seconds; says which are missing.
    FarmError
        If the task failed.
    """
    total, seen, heard = None, set(), monotonic()
    while len(seen) != total:
        ready = poll({router: zmq.POLLIN, pull: zmq.POLLIN}, GLANCE)
        if router in ready:
            sent = hear(router, pull, peers, go=True)
            total = total if sent is None else sent
        if pull in ready:
            result = recv_result(pull)
            if result and result[0] not in seen:
                heard = monotonic()
                seen.add(result[0])
                yield result
        elif monotonic() - heard > patience:
            missing = "and the ventilator has not said how many frames there are"
            if total is not None:
                missing = f"of {total}; missing: {some(set(range(total)) - seen)}"
            raise TimeoutError(
                f"no result came for {patience:g} s, after {len(seen)} {missing}. What PUSH "
                "has given to a worker is lost with it: has one been killed?"
            )


def _wait_any(events, patience):
    """As `poll`, but raise TimeoutError if none is ready in time."""
    deadline = monotonic() + patience
    while not (ready := poll(events, min(_SLICE, max(0, deadline - monotonic())))):
        if monotonic() > deadline:
            names = " and the ".join(map(describe, events))
            raise TimeoutError(f"nothing came in or could go out at the {names} in {patience:g} s")
    return ready


def _ask(boss, topic, header, patience):
    """Announce oneself to the sink; return the header of its answer, None if that is the end."""
    send_message(boss, topic, header)
    if not wait(boss, zmq.POLLIN, patience):
        endpoint = boss.last_endpoint.decode()
        raise TimeoutError(
            f"no answer from a sink at {endpoint} in {patience:g} s: {who_listens(endpoint)}. "
            "It answers a ventilator once its workers are there"
        )
    answer, header, _ = recv_message(boss)
    return None if answer == "end" else header


def _send(push, parts, boss, patience):
    """Send a message; return False if the sink says the end before it can go."""
    if boss in _wait_any({boss: zmq.POLLIN, push: zmq.POLLOUT}, patience):
        return False
    send_parts(push, parts)
    return True
