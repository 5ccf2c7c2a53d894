"""Beads in water: where they are in each frame.

::

    frame  --Detector-->  positions  --Tracks-->  tracks  --Tracks.diffusion-->  D and its error

`Tracks` is in `zmqlab.analysis.diffusion`.
"""

import math
from collections import deque
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

from .frames import grey

DIAMETER = 12.0  # pixels: what is looked for, unless told otherwise
KEPT, EVERY = 25, 6  # the background is the median of 25 frames, one in 6 of the newest 150,
RENEWED = 30  # and made anew every 30 frames
MOST = 500  # beads in a frame: more are no beads, but a background that does not fit


class TrackingError(RuntimeError):
    """Beads cannot be tracked; the text says why and what to do."""


def find_beads(
    frame: np.ndarray, background: np.ndarray, diameter: float = DIAMETER, threshold: float = 20.0
) -> np.ndarray:
    """Find the beads in a frame, bright ones and dark ones.

    What is not beads is divided out: the lamp, the fringes, the dirt. Blurred a little less than
    blurred a lot (a difference of Gaussians) is large where there is a spot of the right size.

    Parameters
    ----------
    frame
        Height x width x 3 (BGR), or height x width (grey).
    background
        The same without beads: height x width, grey, as `Detector` finds it.
    diameter
        Of a bead's picture, in pixels.
    threshold
        How many times a spot must stand out from what the noise does, which is the median.

    Returns
    -------
    numpy.ndarray
        x and y of each bead, in pixels, of shape (beads, 2); (0, 0) is the middle of the top left
        pixel.
    """
    darkest = float(background.max()) / 255 or 1.0
    ratio = cv2.divide(
        grey(frame), np.maximum(background, darkest, dtype=np.float32), dtype=cv2.CV_32F
    )
    small = cv2.GaussianBlur(ratio, (0, 0), diameter / 4)
    spots = cv2.absdiff(small, cv2.GaussianBlur(ratio, (0, 0), diameter / 2))
    apart = 2 * round(0.6 * diameter) + 1  # pixels: the highest one in a square of that side
    faintest = max(threshold * float(np.median(spots[::8, ::8])), 1e-4)
    highest = (spots == cv2.dilate(spots, np.ones((apart, apart)))) & (spots > faintest)
    reach = math.ceil(diameter / 2)
    inside = np.s_[reach:-reach, reach:-reach]
    y, x = np.nonzero(highest[inside])
    if not 0 < len(x) <= MOST:
        return np.empty((0, 2))
    # To a fraction of a pixel: the centre of what rises above a third of the top, in a disc.
    axis = np.arange(-reach, reach + 1)
    around = spots[y[:, None, None] + reach + axis[:, None], x[:, None, None] + reach + axis]
    around = np.maximum(around - 0.3 * around.max(axis=(1, 2), keepdims=True), 0)
    around *= axis[:, None] ** 2 + axis**2 <= reach**2
    weight = around.sum(axis=(1, 2))
    dx, dy = (around @ axis).sum(axis=1) / weight, (axis @ around).sum(axis=1) / weight
    return np.stack([x + reach + dx, y + reach + dy], axis=1)


class Detector:
    """Find the beads in frame after frame, and the background by itself.

    Each pixel of the background is the median of what it was in `KEPT` frames: most of the time
    there is no bead. That takes `KEPT` * `EVERY` frames (5 s at 30 frames/s). Until then frames
    wait here, in grey, 46 MB of 640 x 480; then beads are found in all of them.

    Parameters
    ----------
    diameter, threshold
        As for `find_beads`.
    """

    def __init__(self, diameter: float = DIAMETER, threshold: float = 20.0) -> None:
        if not (1 <= diameter <= 500 and threshold > 0):
            raise TrackingError(
                f"{diameter=:g} pixels, {threshold=:g}; give a diameter from 1 to 500 and a "
                "threshold above 0"
            )
        self.diameter, self.threshold = diameter, threshold
        self.background: np.ndarray | None = None
        self._start()

    def _start(self):
        self._kept: deque = deque(maxlen=KEPT)
        self._waiting: deque = deque(maxlen=KEPT * EVERY)
        self._count = 0

    @property
    def progress(self) -> float:
        """How much of the background is known: 0 to 1."""
        return 1.0 if self.background is not None else self._count / (KEPT * EVERY)

    def add(self, about: Any, frame: np.ndarray) -> Iterator[tuple[Any, np.ndarray]]:
        """Take a frame; yield what is now known of it and of those that waited.

        That is nothing at first, all of them once the background is there, and then always the
        one that was added: `about`, whatever that is, and its positions, as from `find_beads`. A
        frame of another size than the one before begins anew.
        """
        frame = grey(frame)
        if self._kept and self._kept[-1].shape != frame.shape:
            yield from self.finish()
        if self._count % EVERY == 0:
            self._kept.append(frame)
        self._count += 1
        self._waiting.append((about, frame))
        if self._count % RENEWED == 0 and self._count >= KEPT * EVERY:
            self._renew()
        if self.background is not None:
            yield from self._find()

    def finish(self) -> Iterator[tuple[Any, np.ndarray]]:
        """Yield what is known of the frames that still wait, though they were few; begin anew."""
        if self._waiting:
            self._renew()
        yield from self._find()
        self.background = None
        self._start()

    def _renew(self):
        self.background = np.median(np.array(self._kept), axis=0).astype(np.float32)

    def _find(self):
        while self._waiting:
            about, frame = self._waiting.popleft()
            yield about, find_beads(frame, self.background, self.diameter, self.threshold)
