"""A proxy: one address at which many viewers find many cameras.

::

    camera_publisher    XPUB ──┐                        ┌── SUB    watch
    camera_publisher    XPUB ──┼── XSUB  proxy  XPUB ───┼── SUB    record
    camera_publisher    XPUB ──┘                        └── SUB    for frame in subscribe(...)

Frames go to the right, subscriptions to the left. Each frame comes from its camera once, however
many viewers there are, and only while at least one of them has subscribed to its topic. The proxy
connects, so that only from an address that was named can frames come in.

To a camera the proxy is **one** subscriber: ``wait_for=1`` waits for the first viewer, and
``wait_for=2`` for ever. ``drop=False`` makes a camera wait for the proxy alone, and the proxy waits
for nobody: viewers that are behind miss frames, and see by the numbers which. Requests do not go
through it.
"""

import contextlib
from collections import Counter
from pathlib import Path
from time import monotonic

import zmq

from zmqlab.patterns.stream import WAITING_IN_THE_SYSTEM, WAITING_TO_BE_SENT
from zmqlab.patterns.subscribers import Subscriptions
from zmqlab.wire import sockets
from zmqlab.wire.interrupts import whole
from zmqlab.wire.text import ArgumentError

_MOST = 100  # messages passed one way before the other way has its turn: neither can be flooded
_SILENCE = 10  # seconds after which to ask a silent camera's computer for a sign of life
_A_WHILE = 1.0  # seconds between two looks whether each camera is still connected


def proxy(
    *,
    connect: list[str],
    bind: str = "tcp://127.0.0.1:*",
    hwm: int = WAITING_TO_BE_SENT,
    keys: str | Path | None = None,
) -> None:
    """Pass on what cameras publish to whoever subscribes, until Ctrl-C.

    Give each camera a topic of its own. The control that a stream names is a port of the camera's
    computer: where the proxy runs on another one, ask the camera at its own address.

    Parameters
    ----------
    connect
        Where the cameras publish, for example ``tcp://192.168.1.20:5555``: one or several. They may
        come later, go, and come again.
    bind
        Where viewers subscribe. ``tcp://127.0.0.1:*``: any free port, for programs on this
        computer only. ``tcp://0.0.0.0:6000``: port 6000, for every computer on the network.
    hwm
        High-water mark: how many frames may wait here for each viewer, and from each camera.
        A viewer for whom so many wait misses frames.
    keys
        A folder of `zmqlab keys`: then only viewers with keys that it knows can connect, and the
        cameras must have the same folder, or that of its ``server.key``. Or ``none``: without one
        of the two, `bind` must be an address of this computer alone.

    Raises
    ------
    ValueError, KeysError
        If no camera is named.
    zmq.ZMQError
        If an endpoint cannot be bound or connected.
    """
    endpoints = [connect] if isinstance(connect, str) else list(dict.fromkeys(connect))
    sockets.check_count(hwm=hwm)
    if not endpoints:
        raise ArgumentError("connect=[]: name the endpoint of at least one camera")
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.XSUB) as cameras,
        context.socket(zmq.XPUB) as viewers,
    ):
        cameras.linger = viewers.linger = 0
        cameras.rcvhwm = viewers.sndhwm = hwm
        cameras.rcvbuf = WAITING_IN_THE_SYSTEM
        cameras.tcp_keepalive, cameras.tcp_keepalive_idle = 1, _SILENCE
        viewers.xpub_verboser = True  # each subscription, to see whose it is
        endpoint = sockets.bind(viewers, bind, sockets.TOPIC, keys)
        for camera in endpoints:
            sockets.connect(cameras, camera, keys=keys)
        print(f"proxy: what {', '.join(endpoints)} publish is at {endpoint}", flush=True)
        # Not `zmq.proxy`: it hears of no Ctrl-C on Windows, and nobody counts what it passes on.
        believed, wanted, look = Subscriptions(), Counter[bytes](), 0.0
        while True:
            if monotonic() > look:
                look = monotonic() + _A_WHILE
                for camera in endpoints:
                    sockets.come_back(cameras, camera)
            ready = sockets.wait({cameras: zmq.POLLIN, viewers: zmq.POLLIN}, _A_WHILE)
            if viewers in ready:
                _pass_subscriptions(viewers, cameras, believed, wanted)
            if cameras in ready:
                _pass_frames(cameras, viewers)


def _pass_frames(cameras, viewers):
    with contextlib.suppress(zmq.Again):  # nothing more has come
        for _ in range(_MOST):
            with whole:
                parts = cameras.recv_multipart(zmq.NOBLOCK, copy=False)
                sockets.send_each(viewers, parts)  # never waits: who has no room misses it


def _pass_subscriptions(viewers, cameras, believed, wanted):
    """Pass on the first subscription to a topic, and the end of the last one."""
    with contextlib.suppress(zmq.Again):
        for _ in range(_MOST):
            with whole:
                change, topic = believed.hear(viewers.recv(zmq.NOBLOCK, copy=False))
                wanted[topic] += change
                if change and wanted[topic] == max(change, 0):
                    cameras.send(bytes([change > 0]) + topic)
                wanted += Counter()  # without those that nobody wants
