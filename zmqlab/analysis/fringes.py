"""The period of interference fringes, with its uncertainty, from a single frame."""

import math
from typing import NamedTuple

import cv2
import numpy as np

from zmqlab.analysis.frames import grey
from zmqlab.analysis.spectra import find_peaks, hann_spectrum, spectrum

NEAR, FAR = 4, 8  # bins from the peak: between them the spectrum holds what is no fringe
CLEAR = 30  # times as much power as around it: noise alone reaches 12 somewhere in a frame
STEPS = 4  # of Newton's method; after three the numbers no longer change


class Fringes(NamedTuple):
    """What was measured: period and its standard uncertainty (pixels), angle (degrees)."""

    period: float
    uncertainty: float
    angle: float


def measure_fringes(frame: np.ndarray) -> Fringes | None:
    """Measure the period of the clearest fringes in a frame; None if there are none.

    The strongest peak of the spectrum is where the search begins. It ends where the Fourier
    transform of the frame under a Hann window has its maximum, at any frequency, not only at one
    of the bins: for a wave in noise that is the estimate of least squares.

    The uncertainty comes from the same frame. All that is no wave of this period (the sensor's
    noise, beads, dust) also has power at the frequency of the fringes, and pushes the maximum
    aside. How much there is, the spectrum around the peak tells; how far it pushes, the curvature
    of the maximum. Without a window that is the bound of Rife and Boorstyn, IEEE Transactions on
    Information Theory 20, 591 (1974), in two dimensions. Repeated frames scatter as much only if
    all that disturbs has changed from one to the next: dust that rests pushes each of them to the
    same side.

    Parameters
    ----------
    frame
        Height x width x 3 (BGR), or height x width (grey).

    Raises
    ------
    TypeError, ValueError
        If `frame` is not a picture.
    """
    bins = spectrum(frame)
    peaks = find_peaks(bins, frame.shape)
    if not peaks:
        return None
    pixels = grey(frame).astype(np.float32)
    down, across = (_Axis(length) for length in pixels.shape)
    wave = 2 * np.pi * np.array([peaks[0].fy, peaks[0].fx])  # radians per pixel
    for _ in range(STEPS):
        # The transform F at this frequency, its first and its second derivatives.
        sums = down.waves(wave[0]) @ _along_rows(pixels, across.waves(wave[1]))
        value, first = sums[0, 0], -1j * np.array([sums[1, 0], sums[0, 1]])
        second = -np.array([[sums[2, 0], sums[1, 1]], [sums[1, 1], sums[0, 2]]])
        slope = (value.conj() * first).real  # of |F|² / 2, which has its maximum where F has
        curvature = (value.conj() * second + np.outer(first, first.conj())).real
        if np.linalg.det(curvature) <= 0:
            return None  # a ridge, no peak
        wave = wave - np.linalg.solve(curvature, slope)
    around = _power_around(bins, wave / (2 * np.pi), pixels.shape)
    frequency = math.hypot(*wave) / (2 * np.pi)
    if not abs(value) ** 2 > CLEAR * around or not 0 < frequency < 0.75:
        return None
    pixel = around / (down.squares[0] * across.squares[0])  # variance of what is no fringe
    push = np.diag([down.squares[1] * across.squares[0], down.squares[0] * across.squares[1]])
    narrow = np.linalg.inv(curvature)
    covariance = abs(value) ** 2 * pixel / 2 * narrow @ push @ narrow
    direction = wave / math.hypot(*wave)
    uncertainty = math.sqrt(direction @ covariance @ direction) / (2 * np.pi * frequency**2)
    angle = math.degrees(math.atan2(wave[0], wave[1])) % 180
    return Fringes(1 / frequency, uncertainty, angle)


class _Axis:
    """One axis of a frame, from its middle, under a Hann window."""

    def __init__(self, length):
        self.places = np.arange(length) - (length - 1) / 2
        self.window = np.cos(np.pi * self.places / length) ** 2
        self.squares = [np.sum((self.window * self.places**n) ** 2) for n in (0, 1)]

    def waves(self, frequency):
        """Return the window times the wave, times 1, place and place squared: 3 x length."""
        wave = self.window * np.exp(-1j * frequency * self.places)
        return np.stack([wave, wave * self.places, wave * self.places**2])


def _along_rows(pixels, waves):
    """Return the sum of each row times each wave: height x 3.

    With OpenCV: the threads of numpy's matrix product wait for one another, a hundred times as
    long where other programs are busy.
    """
    parts = np.concatenate([waves.real, waves.imag]).astype(np.float32)
    sums = cv2.gemm(pixels, parts, 1, None, 0, flags=cv2.GEMM_2_T)
    return sums[:, :3] + 1j * sums[:, 3:].astype(float)


def _power_around(bins, frequency, shape):
    """Return the typical |F|² at the bins `NEAR` to `FAR` from the peak.

    The median, which other peaks nearby do not move. The power of noise is distributed
    exponentially, and its mean is the median / ln 2.
    """
    height, width = shape
    row, column = np.rint(frequency * shape).astype(int)
    smooth = hann_spectrum(bins, width)[1:-1, 1:-1]
    steps = np.arange(-FAR, FAR + 1)
    distance = np.hypot(steps[:, None], steps)
    rows, columns = np.nonzero((distance >= NEAR) & (distance <= FAR))
    rows, columns = row + steps[rows], column + steps[columns]
    inside = (columns >= 0) & (columns < smooth.shape[1])
    return np.median(smooth[rows[inside] % height, columns[inside]] ** 2) / math.log(2)
