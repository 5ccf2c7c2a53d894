"""Publish and subscribe: a camera that broadcasts, as a radio station does.

The publisher sends each frame to whoever has subscribed by then, and does not ask whether it
arrived::

    camera_publisher    XPUB ──┬── SUB    watch
                               ├── SUB    record
                               └── SUB    for frame in subscribe(...)

What travels is described in `zmqlab.patterns.stream`. `zmqlab.patterns.publisher` sends it,
`zmqlab.patterns.subscription` receives it; this is the camera that is published.
"""

import contextlib
from itertools import islice
from time import monotonic
from time import time as now
from urllib.parse import urlsplit

import zmq

from zmqlab.cameras import open_camera
from zmqlab.patterns.publisher import Publisher
from zmqlab.patterns.request_reply import prepare_and_bind, reply_once
from zmqlab.patterns.stream import WAITING_TO_BE_SENT
from zmqlab.wire.sockets import check_count

_COMMANDS = ("set", "info", "stop")  # of a camera server's; reading is what subscribers do
_TRY = 0.2  # seconds: requests are answered so often while subscribers are waited for
_MOST_REQUESTS = 10  # answered between two frames: a flood must not stop the camera


def camera_publisher(
    camera: str | int = "auto",
    bind: str = "tcp://127.0.0.1:*",
    topic: str = "camera",
    *,
    control: str = "tcp://127.0.0.1:*",
    wait_for: int = 0,
    count: int | None = None,
    hwm: int = WAITING_TO_BE_SENT,
    drop: bool = True,
    shared: int | None = None,
    loop: bool = True,
    timeout: float = 60.0,
) -> None:
    """Publish the frames of a camera, at its own pace, until told to stop.

    Parameters
    ----------
    camera
        A webcam's number, the path of a video file or of a folder of pictures, ``simulated``,
        ``picamera``, or ``auto`` for the first webcam that works.
    bind
        Where to publish. ``tcp://127.0.0.1:*``: any free port, for programs on this computer
        only. ``tcp://0.0.0.0:5555``: port 5555, for every computer on the network.
    topic
        The name of the stream.
    control
        Where to answer requests as a camera server does: set, info and stop.
    wait_for
        How many subscribers to wait for. Not one of them misses the first frame.
    count
        How many frames to publish. Default: until told to stop.
    hwm
        High-water mark: how many frames may wait here for each subscriber.
    drop
        Whether a subscriber for whom so many wait misses frames; otherwise all wait for the
        slowest one. A film can wait. A webcam cannot: what it sees meanwhile is in no frame.
    shared
        Publish through shared memory with so many slots: much faster, to subscribers of the same
        user on this computer only. Give two slots more than all of them hold frames at a time.
    loop
        Whether a film begins again after its last frame; otherwise the stream ends there.
    timeout
        Seconds to wait for subscribers: to come, or to take a frame where none is dropped.

    Raises
    ------
    CameraError
        If the camera cannot be opened, or gives no more frames.
    TimeoutError
        If too few subscribers came, or one that all wait for takes no more frames.
    zmq.ZMQError
        If an endpoint cannot be bound.
    """
    if count is not None:
        check_count(count=count)
    with (
        contextlib.suppress(KeyboardInterrupt),
        open_camera(camera, loop=loop) as source,
        Publisher(bind, topic, hwm=hwm, drop=drop, shared=shared) as publisher,
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as router,
    ):
        requests = prepare_and_bind(router, control)
        print(
            f"camera publisher: {source.source} at {publisher.endpoint}, topic {topic!r}; "
            f"requests at {requests}",
            flush=True,
        )
        stream, frame, told, port = islice(source, count), None, 0, urlsplit(requests).port
        assembled, behind, running = not wait_for, False, True
        deadline = monotonic() + timeout
        while running:
            try:
                if not assembled:
                    publisher.wait_for(wait_for, _TRY)
                    assembled = True
                if frame is None:
                    if (frame := next(stream, None)) is None:
                        break
                    captured, deadline = now(), monotonic() + timeout
                publisher.send(frame, captured, timeout=0, control=port)
                frame = None
            except TimeoutError as error:
                if monotonic() > deadline:
                    raise TimeoutError(f"waited {timeout:g} s: {error}") from None
                if assembled and not behind:
                    behind = True
                    print("camera publisher: waiting for a subscriber that is behind", flush=True)
            told = _tell_subscribers(publisher, told)
            running = _answer_requests(router, source, publisher)
        if drop and not running:  # otherwise those who are behind still get what was sent
            publisher.close(timeout=1)
        print(f"camera publisher: the last of {publisher.sequence} frames is sent", flush=True)


def _tell_subscribers(publisher, told):
    """Print how many subscribe when that has changed; return how many."""
    if (subscribers := publisher.look()) != told:
        plural = "" if subscribers == 1 else "s"
        print(f"camera publisher: {subscribers} subscriber{plural}", flush=True)
    return subscribers


def _answer_requests(router, camera, publisher):
    """Reply to the requests that have come; return False after the one to stop."""
    for _ in range(_MOST_REQUESTS):
        if not router.poll(0):
            break
        if not reply_once(router, camera, publisher.sequence, _COMMANDS)[1]:
            return False
    return True
