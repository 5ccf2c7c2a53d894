"""What of an array can be shown as a picture."""

from typing import Any

import numpy as np


def drawable(frame: Any, least: int = 1, most: int = 2**31) -> tuple[np.ndarray, str]:
    """Return a frame as a picture of uint8, and what had to be assumed for that, or "".

    White is 255 in a frame of uint8, and 1 in one of booleans or of floating point from 0 to 1. In
    any other it is the highest number, and black is 0 or, if there are negative ones, the lowest.
    A ValueError or TypeError says what it is that is no picture, or not of `least` to `most` pixels
    in each direction.
    """
    if not isinstance(frame, np.ndarray):
        raise TypeError(
            f"a frame is a numpy array, not {type(frame).__name__}: {str(frame)[:60]}"
            + (". A camera that is busy or gone gives None" if frame is None else "")
        )
    what = f"a frame of {frame.dtype} and shape {frame.shape}"
    if not (frame.ndim == 2 or (frame.ndim == 3 and frame.shape[2] == 3)):
        raise ValueError(
            f"{what} is no picture: give height x width x 3 (BGR) or height x width (grey)"
        )
    if min(frame.shape) < least or max(frame.shape) > most:
        raise ValueError(f"{what} cannot be shown: give {least:,} to {most:,} pixels each way")
    if frame.dtype == np.uint8:
        return frame, ""
    if frame.dtype.kind not in "biuf":
        raise TypeError(f"{what} is no picture: give real numbers")
    with np.errstate(all="ignore"):
        numbers = frame.astype(np.float32)
        finite = np.isfinite(numbers)
        low, high = (each(where=finite, initial=0) for each in (numbers.min, numbers.max))
        natural = frame.dtype.kind in "bf" and low == 0 and high <= 1
        scale = 255 / (1 if natural or low == high else high - low)
        levels = np.nan_to_num(np.clip(scale * (numbers - low), 0, 255))
    assumed = [] if natural else ["its highest number is white"]
    assumed += [] if finite.all() else ["what is no number is black"]
    return levels.astype(np.uint8), ", ".join(assumed)
