"""Choose a camera and open it."""

import os
import time
from typing import Any

from .base import Camera, CameraError


def open_camera(
    source: int | str | os.PathLike[str] = "auto",
    *,
    paced: bool = True,
    loop: bool = True,
    seed: int = 0,
    **settings: Any,
) -> Camera:
    """Open a camera.

    Parameters
    ----------
    source
        A number
            The webcam of that number; the first one is 0.
        The path of a video file, or of a folder of pictures
            Its frames, at the pace it was filmed; pictures 30 a second.
        ``"simulated"``
            A microscope in software, with a known truth; see `SimulatedCamera`.
        ``"picamera"``
            The camera of a Raspberry Pi, through picamera2.
        ``"browser"``
            The webcam of the computer that shows the notebook, once `browser_camera` has been
            called there; the environment variable ``ZMQLAB_BROWSER_CAMERA`` has its endpoint.
        ``"auto"``
            What the environment variable ``ZMQLAB_CAMERA`` says; without it, the first webcam
            that really gives a frame; without one, the browser's if a page gives pictures;
            otherwise the simulated camera. Prints which.
    paced
        For a file and the simulated camera: whether `read` waits until the frame is due.
        A device keeps its own time.
    loop
        Whether a video file begins again after its last frame.
    seed
        Of the simulated camera: the same seed gives the same frames.
    **settings
        What the camera is to be set to, e.g. ``size=(640, 480), exposure=0.01`` (pixels,
        seconds). Its `settings` tell what it has.

    Returns
    -------
    Camera
        Use it with ``with``.

    Raises
    ------
    CameraError
        If it cannot be opened or set. The text says why (no such camera, busy, access denied, no
        frame, file missing, not a video, a setting that it does not have or take) and what to do.
    """
    camera: Camera
    if isinstance(source, os.PathLike):
        source = os.fspath(source)
    if isinstance(source, str) and source.isdecimal():
        source = int(source)
    if source == "auto":
        camera = _open_auto(paced, loop, seed)
    elif source == "simulated":
        from .simulated import SimulatedCamera

        camera = SimulatedCamera(paced=paced, seed=seed)
    elif source == "picamera":
        from .picamera import PiCamera

        camera = PiCamera()
    elif source == "browser":
        from .browser import BrowserCamera

        camera = BrowserCamera()
    elif isinstance(source, int) and not isinstance(source, bool):
        from .webcam import Webcam

        camera = Webcam(source)
    elif isinstance(source, str):
        from .video import VideoFile

        camera = VideoFile(source, paced=paced, loop=loop)
    else:
        raise CameraError(
            f"camera={source!r}; give the number of a webcam, the path of a video file, "
            '"simulated", "picamera", "browser" or "auto"'
        )
    try:
        camera.set(**settings)
    except CameraError:
        camera.close()
        raise
    return camera


def _open_auto(paced, loop, seed):
    """Open the camera that the environment names, or the first that gives pictures."""
    from .browser import ENDPOINT, BrowserCamera
    from .device import webcam_numbers
    from .webcam import Webcam

    chosen = os.environ.get("ZMQLAB_CAMERA", "auto")
    if chosen not in ("", "auto"):
        try:
            camera = open_camera(chosen, paced=paced, loop=loop, seed=seed)
        except CameraError as error:
            raise CameraError(f"{error} (ZMQLAB_CAMERA is {chosen!r})") from error
        print(f"camera: {_describe(camera)}, as ZMQLAB_CAMERA says")
        return camera
    reasons = []
    deadline = time.monotonic() + 10
    for number in webcam_numbers():
        try:
            camera = Webcam(number, timeout=max(1, min(5, deadline - time.monotonic())))
        except CameraError as error:
            reasons.append(str(error))
        else:
            print(f"camera: {_describe(camera)}")
            return camera
    offer = "; in a notebook, browser_camera() lends your browser's webcam"
    if os.environ.get(ENDPOINT):
        offer = ""
        try:
            camera = BrowserCamera(timeout=1)
        except CameraError as error:
            reasons.append(str(error))
        else:
            if camera.live:
                print(f"camera: {_describe(camera)}")
                return camera
            reasons.append("browser: no page gives pictures; its preview says why")
            camera.close()
    camera = open_camera("simulated", paced=paced, seed=seed)
    why = f"because no webcam gives a frame{offer}"
    print(f"camera: {_describe(camera)}, {why}", *reasons, sep="\n  ")
    return camera


def _describe(camera):
    height, width, _ = camera.shape
    return f"{camera.source}, {width} x {height}, {camera.fps:g} frames/s"
