"""A chain of subscribers that publish: beads found in each frame, linked, and how fast they wander.

::

    camera_publisher  PUB ──> detect_beads  PUB ──> link_beads  PUB ──> whoever wants the result
                  "camera"          │    "beads"            "tracks"
                                    └─ PUB "marked"  ──> a live view, with what was found drawn on

Each is a role of its own, so they may run on one computer or on three; `track` runs both. What they
send, each message as in `zmqlab.patterns.stream`::

    beads/   | {.., "frame_number": 7, "frame_shape": [480, 640], "lost": 0} | x, y of each bead
    tracks/  | {.., "frame_number": 7, "lost": 0, "diffusion": 0.49, "error": 0.01,
                "diameter": 1.0, "steps": 8800, "seconds": 0.0333}           | bead, x, y of each

Positions are in pixels, float64; `lost` counts the camera's frames that did not arrive. The result
(`zmqlab.analysis.diffusion.Diffusion`; diameter in µm) is that of all frames so far, and is left
out while there are too few. Until the background is known, no beads are: then the header says
``"collecting": 0.4``.
"""

import contextlib
import math
from pathlib import Path
from time import monotonic
from typing import Any

import cv2
import numpy as np

from zmqlab.analysis.diffusion import Tracks, bead_diameter
from zmqlab.analysis.particles import DIAMETER, Detector, TrackingError
from zmqlab.patterns.picture_stream import as_picture
from zmqlab.patterns.publisher import Publisher
from zmqlab.patterns.subscription import Subscription, subscribe
from zmqlab.patterns.watch_stream import one_line
from zmqlab.processes.launch import start
from zmqlab.wire.keys import among_ourselves
from zmqlab.wire.messages import MessageError
from zmqlab.wire.text import short

_ENDING = 30.0  # seconds for a detector that has said its last
_PERIOD = 2.0  # seconds between two lines that say how far it is
_WAITING = 60  # frames that may wait here: they do while the first beads are found
_MANY = 1000  # short messages that may wait
_ORANGE = (0, 159, 230)  # blue, green, red: of the palette by Okabe and Ito


def detect_beads(
    *,
    connect: str,
    topic: str = "camera",
    bind: str = "tcp://127.0.0.1:*",
    view: str = "tcp://127.0.0.1:*",
    diameter: float = DIAMETER,
    threshold: float = 20.0,
    wait_for: int = 0,
    timeout: float = 10.0,
    keys: str | Path | None = None,
) -> None:
    """Find the beads in each frame of a stream, and publish where they are.

    Parameters
    ----------
    bind, view
        Where to publish the positions, as ``beads``, and the frames with what was found drawn on
        them, as ``marked``.
    wait_for
        How many subscribers of the positions to wait for before the first frame.
    connect, topic, diameter, threshold, timeout, keys
        As for `track`; raises TimeoutError, too, if no frame came, or too few subscribers.
    """
    detector = Detector(diameter, threshold)
    with (
        contextlib.suppress(KeyboardInterrupt),
        Publisher(bind, "beads", hwm=_MANY, keys=keys) as beads,
        Publisher(view, "marked", hwm=2, keys=keys) as marked,
    ):
        print(f"detector: beads at {beads.endpoint}, marked at {marked.endpoint}", flush=True)
        beads.wait_for(wait_for, timeout)
        with subscribe(connect, topic, hwm=_WAITING, timeout=timeout, keys=keys) as stream:
            for frame in stream:
                about = {"time": stream.header["time"], "lost": stream.lost}
                about["frame_number"] = stream.header["sequence"]
                about["frame_shape"] = frame.shape[:2]
                try:
                    positions = _send_found(beads, detector.add(about, frame))
                    if positions is None:
                        collecting = round(detector.progress, 2)
                        beads.send(np.empty((0, 2)), **about, collecting=collecting)
                    if marked.look():
                        picture, _ = as_picture(frame)
                        marked.send(mark(picture, positions, detector.progress), about["time"])
                except (TypeError, ValueError, cv2.error) as error:
                    print(f"detector: frame {about['frame_number']} left out: {error}", flush=True)
            _send_found(beads, detector.finish())


def _send_found(beads, found):
    """Publish the positions in each frame; return those in the last one, None if there is none."""
    positions = None
    for about, positions in found:
        beads.send(positions, **about)
    return positions


def mark(frame: np.ndarray, positions: np.ndarray | None, progress: float = 1.0) -> np.ndarray:
    """Return a frame with a ring around each bead, or with how much of the background is known."""
    drawn = frame.copy() if frame.ndim == 3 else cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    for x, y in [] if positions is None else np.rint(8 * positions).astype(int):
        cv2.circle(drawn, (int(x), int(y)), 8 * 14, _ORANGE, 2, cv2.LINE_AA, shift=3)
    if positions is None:
        text, where = f"background {progress:.0%}", (10, drawn.shape[0] - 12)
        cv2.putText(drawn, text, where, cv2.FONT_HERSHEY_SIMPLEX, 0.7, _ORANGE, 2, cv2.LINE_AA)
    return drawn


def link_beads(
    *,
    connect: str,
    bind: str = "tcp://127.0.0.1:*",
    fps: float = 30.0,
    pixel_size: float = 0.08,
    reach: float = 10.0,
    timeout: float = 10.0,
    keys: str | Path | None = None,
) -> None:
    """Link the positions of a stream to tracks; publish them, and the diffusion coefficient.

    Parameters
    ----------
    connect
        Where the positions are published, as `detect_beads` does.
    bind
        Where to publish, as ``tracks``.
    fps, pixel_size, reach, timeout, keys
        As for `track`; raises what that raises, too.
    """
    with contextlib.suppress(KeyboardInterrupt):
        _link(connect, bind, Tracks(fps, pixel_size, reach), timeout, keys, keys)


def _link(connect, bind, tracks, timeout, keys, to_detector):
    """Link until the stream ends, which is when this returns."""
    told, frames, said = monotonic(), 0, "no frame yet"
    with (
        Publisher(bind, "tracks", hwm=_MANY, keys=keys) as publisher,
        subscribe(connect, "beads", hwm=_MANY, timeout=timeout, keys=to_detector) as stream,
        one_line() as show,
    ):
        print(f"track: tracks at {publisher.endpoint}", flush=True)
        try:
            for positions in stream:
                try:
                    about, rows = _linked(tracks, stream, positions)
                except (MessageError, TrackingError) as error:
                    print(f"track: message left out: {error}", flush=True)
                    continue
                publisher.send(rows, **about)
                frames += "collecting" not in about
                said = in_words(about, frames)
                if monotonic() > told + _PERIOD:
                    told = monotonic()
                    show(f"track: {said}")
        finally:
            show(f"track: {said}")


def _linked(tracks: Tracks, stream: Subscription, positions: np.ndarray):
    """Return the header and the rows of the message that answers one of positions."""
    header = stream.header
    number, lost = header.get("frame_number"), header.get("lost")
    shape = header.get("frame_shape")
    flat = positions.shape[1:] == (2,)
    if type(number) is not int or type(lost) is not int or lost < 0 or not flat:
        raise MessageError(
            f"a frame_number, a number of lost ones and positions of shape (beads, 2) make a "
            f"message; here {short(number)}, {short(lost)} and {positions.shape} came"
        )
    if positions.dtype.kind not in "iuf" or not np.isfinite(positions).all():
        raise MessageError(f"frame {number}: positions are numbers, and these are not all")
    about: dict[str, Any] = {"time": header["time"], "frame_number": number}
    about["lost"] = lost + stream.lost
    if type(header.get("collecting")) in (int, float):
        return about | {"collecting": header["collecting"]}, np.empty((0, 3))
    names = tracks.add(number, positions, shape if _is_shape(shape) else None)
    if found := tracks.diffusion():
        about |= {"diffusion": found.coefficient, "error": found.error}
        about |= {"steps": found.steps, "seconds": found.seconds}
        if found.coefficient > 0:
            about["diameter"] = bead_diameter(found.coefficient)
    return about, np.column_stack([names, positions])


def _is_shape(shape):
    return isinstance(shape, list) and len(shape) == 2 and all(type(n) is int for n in shape)


def in_words(about: dict[str, Any], frames: int) -> str:
    """Say what a message of `link_beads` says, and what lost frames do to it."""
    if "collecting" in about:
        return f"background {about['collecting']:.0%}"
    lost = about["lost"]
    words = f"{frames} frames, {lost} lost"
    if "diffusion" not in about:
        return f"too few beads to tell how fast they wander; {words}"
    found = f"D = {about['diffusion']:.3f} ± {about['error']:.3f} µm²/s"
    if "diameter" in about:
        found += f", beads of {about['diameter']:.2f} µm"
    if lost:
        error = about["error"] * math.sqrt(frames / (frames + lost))
        words += (
            f": a step lasts {1000 * about['seconds']:.0f} ms on average, and without the loss "
            f"the error would be about {error:.3f}"
        )
    return f"{found}; {about['steps']} steps in {words}"


def track(
    *,
    connect: str,
    topic: str = "camera",
    bind: str = "tcp://127.0.0.1:*",
    view: str = "tcp://127.0.0.1:*",
    fps: float = 30.0,
    pixel_size: float = 0.08,
    diameter: float = DIAMETER,
    threshold: float = 20.0,
    reach: float = 10.0,
    timeout: float = 10.0,
    keys: str | Path | None = None,
) -> None:
    """Find and link the beads in a stream; publish their tracks and how fast they wander.

    Runs `detect_beads` in a process of its own, and `link_beads`.

    Parameters
    ----------
    connect, topic
        Where the frames are published, and the name of their stream.
    bind, view
        Where to publish the tracks with the growing result, as ``tracks``, and the frames with what
        was found drawn on them, as ``marked``.
    fps
        Frames per second of the camera: frame number n was taken at n / fps seconds.
    pixel_size
        µm.
    diameter, threshold
        Of a bead's picture, in pixels; how many times it must stand out from the noise.
    reach
        How far a bead may move from one frame to the next, in pixels.
    timeout
        Seconds to wait for each frame.
    keys
        A folder of `zmqlab keys`: for a publisher that lets in only clients it knows, and to let in
        only clients it knows here. Or ``none``: without one of the two, what is bound must be
        addresses of this computer alone.

    Raises
    ------
    TrackingError
        If beads cannot be found or linked, with the reason; the result so far is printed.
    TimeoutError
        If the detector sends nothing.
    """
    tracks = Tracks(fps, pixel_size, reach)
    looking: dict[str, Any] = {"connect": connect, "topic": topic, "view": view, "wait_for": 1}
    looking |= {"diameter": diameter, "threshold": threshold, "timeout": timeout, "keys": keys}
    with (
        contextlib.suppress(KeyboardInterrupt),
        among_ourselves(keys) as own,
        start(detect_beads, **looking, process_name="detector", start_timeout=60.0) as detector,
    ):
        beads, marked = detector.wait_until(lambda it: it.endpoints[1:] and it.endpoints)
        print(f"track: marked frames at {marked}", flush=True)
        try:
            _link(beads, bind, tracks, timeout + 2, keys, own)  # its own errors come first
        except TimeoutError:
            _blame(detector)
            raise
        _blame(detector)


def _blame(detector):
    """Raise the error that the detector has ended with, if there is one."""
    if detector.settle(lambda it: it.ended, _ENDING) and detector.exit_code:
        raise TrackingError(detector.traceback().splitlines()[-1]) from None
