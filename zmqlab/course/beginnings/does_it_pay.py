"""What the exercises of the notebook begin with."""

import numpy as np


def right_spectrum(frame):
    return np.fft.fft2(frame)
