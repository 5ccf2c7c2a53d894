"""What a live view shows: a frame, and its spectrum beside it, as one small picture."""

import cv2
import numpy as np

from zmqlab.spectrum import display, spectrum

QUALITY = 80  # of the JPEG, per cent
FAINT, BRIGHT = 3.0, 7.0  # what is black and what is white in a spectrum: log10(1 + |F|)


def draw(frame, with_spectrum=True):
    """Return the frame with its spectrum to the right of it: height x (2 width) x 3, BGR, uint8."""
    picture = frame if frame.ndim == 3 else cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    if not with_spectrum:
        return picture
    logarithm = display(spectrum(frame), frame.shape[1])
    levels = np.clip((logarithm - FAINT) * (255 / (BRIGHT - FAINT)), 0, 255).astype(np.uint8)
    return np.hstack([picture, cv2.applyColorMap(levels, cv2.COLORMAP_MAGMA)])


def encode(picture, ending=".jpg"):
    """Return the picture as the bytes of an image file."""
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY] if ending == ".jpg" else []
    return cv2.imencode(ending, picture, options)[1].tobytes()
