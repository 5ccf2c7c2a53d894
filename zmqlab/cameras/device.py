"""Webcams as the system has them: which there are, how to open one, why one does not open.

The only file of the cameras with differences between Linux, macOS and Windows.
"""

import glob
import math
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cv2

from .base import INSTEAD, CameraError

LIMITS = {"size": (16, 4096), "exposure": (1e-4, 10)}  # pixels, seconds
# Direct Show first: Media Foundation may take long to open (opencv#17687), but knows some
# cameras that the other does not.
BACKENDS = {
    "linux": [cv2.CAP_V4L2],
    "darwin": [cv2.CAP_AVFOUNDATION],
    "win32": [cv2.CAP_DSHOW, cv2.CAP_MSMF],
}.get(sys.platform, [cv2.CAP_ANY])
# Why one may not open or give no frame, apart from being busy.
REASONS = {
    "linux": "it hangs (unplug it), it is no webcam but another video device, or it is a "
    'Raspberry Pi\'s own (use "picamera")',
    "darwin": "there is none, or macOS denies access (System Settings > Privacy & Security > "
    "Camera: allow the program that Jupyter was started from, then start it again; if a window "
    "asks for permission now, allow it and run this once more)",
    "win32": "there is none, or Windows denies access (Settings > Privacy & security > Camera: let "
    "desktop apps access your camera)",
}


def webcam_numbers() -> list[int]:
    """Return the numbers of the webcams that may be there."""
    if sys.platform != "linux":
        return [0, 1]
    # A webcam has several device files; its pictures come from the one of index 0.
    # A container sees those of its host in /sys, and has no files of theirs in /dev.
    found: list[int] = []
    for file in map(Path, glob.glob("/sys/class/video4linux/video*/index")):
        with suppress(OSError):  # unplugged just now
            if file.read_text().strip() == "0" and os.path.exists(f"/dev/{file.parent.name}"):
                found += map(int, re.findall(r"\d+$", file.parent.name))
    return sorted(found)


def check_present(number: int) -> None:
    """Raise a `CameraError` if it is plain from outside that webcam `number` cannot be opened."""
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


def open_capture(number: int) -> cv2.VideoCapture:
    """Return a capture that has given a frame, or raise a `CameraError`."""
    problem = "does not open"
    with quiet():
        for backend in BACKENDS:
            capture = cv2.VideoCapture(number, backend)
            if capture.isOpened():
                problem = "gives no frame"
                if any(capture.read()[0] for _ in range(5)):
                    return capture
            capture.release()
    raise CameraError(why_not(number, problem))


def why_not(number: int, problem: str) -> str:
    """Return a text that says what may be the reason for the problem with a webcam."""
    holders = who_has(f"/dev/video{number}") if sys.platform == "linux" else ""
    if holders:
        return f"webcam {number}: {problem}, because it is busy. Close {holders}, {INSTEAD}"
    reasons = REASONS.get(sys.platform, "there is none")
    return (
        f"webcam {number}: {problem}. Perhaps another program has it (busy), or {reasons}. Mend "
        f"that, {INSTEAD}"
    )


def who_has(path: str) -> str:
    """Name the other processes that have a file open; on Linux, those that we may look into."""
    holders = {}
    for link in glob.glob("/proc/[0-9]*/fd/*"):
        process = Path(link).parents[1]
        # A process may have ended meanwhile, or be another user's.
        with suppress(OSError):
            if os.readlink(link) == path and process.name != str(os.getpid()):
                holders[process.name] = (process / "comm").read_text().strip()
    return " and ".join(f"{name} (process {pid})" for pid, name in holders.items())


def read_settings(capture: cv2.VideoCapture) -> dict[str, Any]:
    """Return what can be set on a webcam, as it is now: size, and exposure if it tells one."""
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    settings: dict[str, Any] = {"size": (int(width), int(height))}
    exposure = capture.get(cv2.CAP_PROP_EXPOSURE)
    if exposure not in (0, -1):  # a backend's words for "not here"
        settings["exposure"] = 2.0**exposure if sys.platform == "win32" else exposure / 10_000
    return settings


def write_settings(capture: cv2.VideoCapture, source: str, settings: dict[str, Any]) -> None:
    """Set size and exposure, or raise a `CameraError` if the webcam did not take them."""
    if "size" in settings:
        before, size = read_settings(capture)["size"], settings["size"]
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
def quiet() -> Iterator[None]:
    """Keep OpenCV from writing warnings to stderr meanwhile: errors say what is wrong."""
    # OpenCV 5 moved it.
    set_level = getattr(cv2, "setLogLevel", None) or cv2.utils.logging.setLogLevel
    before = set_level(0)
    try:
        yield
    finally:
        set_level(before)
