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
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import cv2
import numpy as np
import zmq

from zmqlab.analysis.spectra import spectrum
from zmqlab.cameras import CameraError, open_camera
from zmqlab.patterns.rendezvous import VENTILATOR, assemble, greet, hear, is_over
from zmqlab.patterns.workers import (
    FarmError,
    Result,
    Results,
    dismiss,
    gather,
    some,
    unpack_result,
    work,
)
from zmqlab.wire import sockets
from zmqlab.wire.messages import recv_frame, send_frame, send_message
from zmqlab.wire.shared import RingReader

HWM = 4  # frames or results in each queue; ZeroMQ's 1000 frames of 640 x 480 would be 922 MB


def ventilator(
    control: str,
    camera: str | int = "auto",
    count: int = 100,
    bind: str = "tcp://127.0.0.1:*",
    timeout: float = 60.0,
    keys: str | Path | None = None,
) -> None:
    """Deal out frames of a camera to workers, once the sink and its workers are there.

    Parameters
    ----------
    control
        Endpoint of the sink.
    camera, count
        As for `zmqlab.open_camera`; and how many frames of it.
    bind
        Where to bind the socket that workers connect to.
    timeout
        Seconds to wait for the others at each step.
    keys
        A folder of `zmqlab keys`, the same for ventilator, workers and sink, or copies: then nobody
        else can connect to any of them. Or ``none``: without one of the two, what they bind must
        be addresses of this computer alone.

    Raises
    ------
    CameraError, TimeoutError
        If there is no frame (the sink is told how many there were); no sink, or no free worker.
    """
    with (
        open_camera(camera) as source,
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.DEALER) as dealer,
        contextlib.suppress(KeyboardInterrupt),
    ):
        push.linger = dealer.linger = 0  # nothing is left to send when the sink says the end
        push.sndhwm = HWM  # before bind: it counts for connections to come
        print(f"ventilator: {source.source} at {sockets.bind(push, bind, keys=keys)}", flush=True)
        if greet(dealer, control, VENTILATOR, timeout, keys) is None:
            return
        sent, failure = 0, None
        try:
            for frame in itertools.islice(source, count):
                if is_over(dealer, {push: zmq.POLLOUT}, timeout):
                    return
                send_frame(push, frame, sequence=sent)
                sent += 1
        except CameraError as error:
            failure = error  # the frames before it are on their way, and wanted
        send_message(dealer, "sent", {"frames": sent})
        is_over(dealer, {}, timeout)  # until then, frames queue here
        if failure:
            raise failure


def fft_worker(
    endpoint: str,
    control: str,
    worker: str = "",
    task: Callable[[np.ndarray], Any] = spectrum,
    timeout: float = 60.0,
    keys: str | Path | None = None,
) -> None:
    """Transform the frames that a ventilator pushes; push the results on to the sink.

    Parameters
    ----------
    endpoint
        Of the ventilator.
    control, timeout, keys
        As for `ventilator`; raises TimeoutError, too.
    worker
        A name that goes with each result. The default holds the number of the process.
    task
        What to do with a frame: it takes one (read-only: it lies in the message) and returns
        an array or a number. The array is sent without a copy, so it must be a fresh one.
    """
    cv2.setNumThreads(1)  # with a worker for each core there is no use for more
    worker = worker or f"worker {os.getpid()}"
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.DEALER) as dealer,
        contextlib.suppress(KeyboardInterrupt),
    ):
        push.linger = dealer.linger = 0
        pull.rcvhwm = push.sndhwm = HWM
        if (go := greet(dealer, control, worker, timeout, keys)) is None:
            return
        sockets.connect(push, f"{control.rpartition(':')[0]}:{go['port']}", keys=keys)
        sockets.connect(pull, endpoint, keys=keys)  # last: who cannot deliver must not take a frame
        while not is_over(dealer, {pull: zmq.POLLIN}, timeout):
            _, header, frame = recv_frame(pull)
            parts = work(task, header, frame, worker, token=go["token"])
            if is_over(dealer, {push: zmq.POLLOUT}, timeout):
                return
            sockets.send_parts(push, parts)


def sink(
    control: str = "tcp://127.0.0.1:*",
    results: str = "tcp://127.0.0.1:*",
    workers: int = 1,
    timeout: float = 60.0,
    keys: str | Path | None = None,
) -> Results:
    """Wait for a ventilator and workers, then collect a result for every frame.

    Parameters
    ----------
    control, results
        Where to bind, at one address: for the others to announce themselves, and for results.
    workers
        How many must be there before the ventilator starts; others may come later.
    timeout
        Seconds to wait for them, and then for each next result.
    keys
        As for `ventilator`.

    Raises
    ------
    TimeoutError, FarmError
        If somebody does not come, or results do not (says who and which); if the task failed.
    """
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as router,
        context.socket(zmq.PULL) as pull,
    ):
        router.linger = 1000  # milliseconds for the end to be told
        pull.rcvhwm = HWM
        print(f"sink: at {sockets.bind(router, control, keys=keys)}", flush=True)
        port = int(sockets.bind(pull, results, sockets.FRAME, keys).rpartition(":")[2])
        go = {"port": port, "token": secrets.token_hex(16)}
        peers: dict[bytes, str] = {}
        try:
            assemble(router, pull, peers, workers, go, timeout)
            collected = gather(_collect(router, pull, peers, go, timeout))
        finally:
            dismiss(router, peers)
    print(f"sink: {collected}", flush=True)
    return collected


def _collect(router, pull, peers, go, timeout) -> Iterator[Result]:
    """Yield the results at the sink, once for each frame."""
    total, most, heard = None, -1, monotonic()
    seen: set[int] = set()
    while len(seen) != total:
        left = heard + timeout - monotonic()
        ready = sockets.wait({router: zmq.POLLIN, pull: zmq.POLLIN}, left)
        if router in ready:
            sent = hear(router, peers, go)
            total = total if sent is None else sent
        if pull in ready:
            result = unpack_result(sockets.recv_parts(pull), RingReader(), go["token"])
            if result and result[0] not in seen:
                most = max(most, result[0])
                heard = monotonic()
                seen.add(result[0])
                yield result
        if total is not None and most >= total:
            raise FarmError(
                f"a result came for frame {most}, and the ventilator has sent {total}, numbered "
                "from 0: something else has connected as a worker"
            )
        if not ready:
            missing = "and the ventilator has not said how many frames there are"
            if total is not None:
                absent = (number for number in range(total) if number not in seen)
                missing = f"of {total}; missing: {some([*itertools.islice(absent, 6)])}"
            raise TimeoutError(
                f"no result came for {timeout:g} s, after {len(seen)} {missing}. What PUSH "
                "has given to a worker is lost with it: has one been killed?"
            )
