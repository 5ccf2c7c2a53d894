"""What counts as a frame, wherever one is shown or something is calculated from it."""

import cv2
import numpy as np


def check_frame(frame: object) -> np.ndarray:
    """Return `frame` if it is a picture: height x width x 3 (BGR) or height x width (grey).

    Raises
    ------
    TypeError, ValueError
        If it is not a numpy array of real numbers; if it has another shape, or no pixels.
    """
    if not isinstance(frame, np.ndarray):
        why = ". A camera that is busy or gone gives None" if frame is None else ""
        raise TypeError(
            f"a frame is a numpy array, not {type(frame).__name__}: {str(frame)[:60]}{why}"
        )
    if frame.dtype.kind not in "buif":
        raise TypeError(
            f"a frame of shape {frame.shape} holds {frame.dtype}, and no real numbers: give uint8"
        )
    if frame.ndim not in (2, 3) or frame.shape[2:] not in ((), (3,)) or 0 in frame.shape:
        raise ValueError(
            f"a frame of shape {frame.shape} is not a picture; "
            "give height x width x 3 (BGR) or height x width (grey)"
        )
    return frame


def grey(frame: np.ndarray) -> np.ndarray:
    """Return a frame in grey, 0.114 B + 0.587 G + 0.299 R: uint8, or of any other type float32."""
    frame = check_frame(frame)
    if frame.dtype != np.uint8:
        frame = frame.astype(np.float32)
    return cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY) if frame.ndim == 3 else frame
