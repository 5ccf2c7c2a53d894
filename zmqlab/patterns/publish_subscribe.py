"""Publish and subscribe: a camera that broadcasts, as a radio station does.

Each frame goes to whoever has subscribed by then; nobody asks whether it arrived::

    camera_publisher    XPUB ──┬── SUB    watch
                               ├── SUB    record
                               └── SUB    for frame in subscribe(...)

What travels stands in `zmqlab.patterns.stream`; `publisher` sends it, `subscription` receives it.
"""

import contextlib
import time
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import zmq

from zmqlab.cameras import open_camera
from zmqlab.patterns.publisher import Publisher
from zmqlab.patterns.request_reply import prepare_and_bind, reply_once
from zmqlab.patterns.stream import WAITING_TO_BE_SENT
from zmqlab.wire.sockets import check_count, wait

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
    keys: str | Path | None = None,
) -> None:
    """Publish the frames of a camera, at its own pace, until told to stop.

    Parameters
    ----------
    camera
        A webcam's number, the path of a video file or of a folder of pictures, ``simulated``,
        ``picamera``, ``browser`` (see `zmqlab.browser_camera`), or ``auto`` for the first webcam
        that works.
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
        Seconds to wait for subscribers: to come, or to take a frame where none is dropped. One that
        takes none for so long is disconnected, if others do.
    keys
        A folder of `zmqlab keys`: then only programs with keys that it knows can connect, and
        nobody else can read what passes. Or ``none``: without one of the two, `bind` and `control`
        must be addresses of this computer alone.

    Raises
    ------
    CameraError, zmq.ZMQError, KeysError
        If the camera cannot be opened or gives no more frames; if an endpoint cannot be bound.
    TimeoutError
        If too few subscribers came, or none takes frames any more.
    """
    check_count(count=1 if count is None else count)
    with (
        contextlib.suppress(KeyboardInterrupt),
        open_camera(camera, loop=loop) as source,
        Publisher(bind, topic, hwm=hwm, drop=drop, shared=shared, keys=keys) as publisher,
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as router,
    ):
        requests = prepare_and_bind(router, control, keys)
        print(
            f"camera publisher: {source.source} at {publisher.endpoint}, topic {topic!r}; "
            f"requests at {requests}",
            flush=True,
        )
        stream, frame, told, port = islice(source, count), None, 0, urlsplit(requests).port
        running = True
        held: list[list[zmq.Frame]] = []
        deadline = time.monotonic() + timeout
        while running:
            try:
                if wait_for:
                    publisher.wait_for(wait_for, _TRY)
                    wait_for = 0  # from now on who leaves is not missed
                if frame is None:
                    if (frame := next(stream, None)) is None:
                        break
                    captured, deadline = time.time(), time.monotonic() + timeout
                publisher.send(frame, captured, timeout=0, control=port)
                frame = None
            except TimeoutError as error:
                if time.monotonic() > deadline:
                    if not publisher.let_go_of_the_slow():
                        raise TimeoutError(f"waited {timeout:g} s: {error}") from None
                    deadline = time.monotonic() + timeout
            if (subscribers := publisher.look()) != told:
                told = subscribers
                print(f"camera publisher: {told} subscriber{'s' * (told != 1)}", flush=True)
            for _ in range(_MOST_REQUESTS):
                if not running or not (held or wait({router: zmq.POLLIN}, 0)):
                    break
                number = publisher.sequence
                running = reply_once(router, source, number, held, _COMMANDS, timeout=0)[1]
        if drop and not running:  # otherwise those who are behind still get what was sent
            publisher.close(timeout=1)
        print(f"camera publisher: the last of {publisher.sequence} frames is sent", flush=True)
