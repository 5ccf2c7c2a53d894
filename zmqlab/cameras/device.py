"""Webcams as the system has them: which there are, how to open one, why one does not open.

The only file of the cameras with differences between Linux, macOS and Windows.
"""

import glob
import math
import os
import re
import sys
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2

from .base import CameraError, check_number, check_size

INSTEAD = 'or go on with camera="simulated"'
# Direct Show first: Media Foundation may take long to open (opencv#17687), but knows some
# cameras that the other does not.
BACKENDS = {
    "linux": [cv2.CAP_V4L2],
    "darwin": [cv2.CAP_AVFOUNDATION],
    "win32": [cv2.CAP_DSHOW, cv2.CAP_MSMF],
}.get(sys.platform, [cv2.CAP_ANY])
PRIVACY = {
    "darwin": "macOS denies access (System Settings > Privacy & Security > Camera: allow the "
    "program that Jupyter was started from, then start it again; where a window asks for "
    "permission now, allow it and run this once more)",
    "win32": "Windows denies access (Settings > Privacy & security > Camera: let desktop apps "
    "access your camera)",
}


def webcam_numbers():
    """Return the numbers worth trying."""
    if sys.platform != "linux":
        return [0, 1]
    # A webcam has several device files; its pictures come from the one of index 0.
    files = glob.glob("/sys/class/video4linux/video*/index")
    first = [file for file in files if Path(file).read_text().strip() == "0"]
    return sorted(int(re.search(r"video(\d+)/index", file)[1]) for file in first)


def check_present(number):
    """Raise `CameraError` if it can be seen from outside that webcam `number` cannot be opened."""
    if sys.platform != "linux":
        return
    path = f"/dev/video{number}"
    if not os.path.exists(path):
        others = webcam_numbers()
        there = f"there is {' and '.join(map(str, others))}" if others else "there is none at all"
        raise CameraError(
            f"webcam {number}: no such camera ({path}; {there}). Plug it in, {INSTEAD}"
        )
    if not os.access(path, os.R_OK | os.W_OK):
        raise CameraError(
            f"webcam {number}: access to {path} is denied. Run: sudo usermod -aG video $USER, and "
            f"log in again; {INSTEAD}"
        )


def open_capture(number):
    """Return a `cv2.VideoCapture` that has given a frame, or raise `CameraError`."""
    opened = False
    with quiet():
        for backend in BACKENDS:
            capture = cv2.VideoCapture(number, backend)
            if capture.isOpened():
                opened = True
                if any(capture.read()[0] for _ in range(5)):
                    return capture
            capture.release()
    raise CameraError(no_frame(number) if opened else not_opened(number))


def not_opened(number):
    """Say why webcam `number` may not open."""
    if sys.platform == "linux":
        holders = who_has(f"/dev/video{number}")
        if holders:
            return f"webcam {number}: busy. Close {holders}, {INSTEAD}"
        reasons = "it is busy with another user's program, or no webcam but another video device"
    else:
        denied = f", or {PRIVACY[sys.platform]}" if sys.platform in PRIVACY else ""
        reasons = f"there is no such camera, or another program has it (busy){denied}"
    return f"webcam {number}: does not open: {reasons}. Mend that, {INSTEAD}"


def no_frame(number, seconds=None):
    """Say why webcam `number`, though open, may give no frame."""
    waited = f" within {seconds:g} s" if seconds else ""
    holders = who_has(f"/dev/video{number}") if sys.platform == "linux" else ""
    reasons = f"{holders or 'another program'} has it (busy)"
    if sys.platform in PRIVACY:
        reasons += f", or {PRIVACY[sys.platform]}"
    else:
        reasons += ', or it hangs (unplug it), or it is a Raspberry Pi\'s own (use "picamera")'
    return f"webcam {number}: gives no frame{waited}: {reasons}. Mend that, {INSTEAD}"


def who_has(path):
    """Name the other processes that have a file open; on Linux, those that we may look into."""
    holders = {}
    for link in glob.glob("/proc/[0-9]*/fd/*"):
        process = Path(link).parents[1]
        # A process can be gone meanwhile, or be none of our business.
        with suppress(OSError):
            if os.readlink(link) == path and process.name != str(os.getpid()):
                holders[process.name] = (process / "comm").read_text().strip()
    return " and ".join(f"{name} (process {pid})" for pid, name in holders.items())


def read_settings(capture):
    """Return what can be set on a webcam, as it is now: size, and exposure if it tells one."""
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    settings = {"size": (int(width), int(height))}
    exposure = capture.get(cv2.CAP_PROP_EXPOSURE)
    if exposure not in (0, -1):  # a backend's words for "not here"
        settings["exposure"] = 2.0**exposure if sys.platform == "win32" else exposure / 10_000
    return settings


def write_settings(capture, source, settings):
    """Set size and exposure, and read back whether the webcam took them; else `CameraError`."""
    if "size" in settings:
        check_size(source, settings["size"])
    if "exposure" in settings:
        check_number(source, "exposure", settings["exposure"], 1e-4, 10)
    if "size" in settings:
        before, size = read_settings(capture)["size"], tuple(settings["size"])
        given = _resize(capture, size)
        if given != size:
            _resize(capture, before)
            raise CameraError(f"{source}: size={size}; it offers {given} instead, has {before}")
    if "exposure" in settings:
        # Video for Linux counts in 100 µs; Windows in powers of two, in seconds.
        seconds, windows = settings["exposure"], sys.platform == "win32"
        value = round(math.log2(seconds) if windows else seconds * 10_000)
        capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, 0 if windows else 1)  # by hand
        capture.set(cv2.CAP_PROP_EXPOSURE, value)
        if round(capture.get(cv2.CAP_PROP_EXPOSURE)) != value:
            now = read_settings(capture).get("exposure", "unknown")
            raise CameraError(f"{source}: exposure={seconds} s was refused; it is {now}")


def _resize(capture, size):
    """Ask for a size; return that of the next frame, because what a driver says may differ."""
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, size[0])
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, size[1])
    there, frame = capture.read()
    return (frame.shape[1], frame.shape[0]) if there else None


@contextmanager
def quiet():
    """Keep OpenCV from writing warnings to stderr meanwhile: we say what is wrong ourselves."""
    # OpenCV 5 moved it.
    set_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
    before = set_level(0)
    try:
        yield
    finally:
        set_level(before)
