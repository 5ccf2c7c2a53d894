"""Solutions of the exercises."""

import cv2
import numpy as np


def right_spectrum(frame):
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    return np.fft.rfft2(grey.astype(np.float32)).astype(np.complex64)
