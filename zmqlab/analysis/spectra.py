"""The two-dimensional Fourier transform of a frame: the waves that the picture is made of."""

import math
from typing import NamedTuple

import cv2
import numpy as np
import scipy.fft

# In so many bins around the zero frequency no peak is looked for: there lie the brightness of the
# whole picture, its vignetting and its large shadows.
MIDDLE = 3
FAINTEST = 1e-3  # grey levels: below this is what is left of rounding


class Peak(NamedTuple):
    """A wave found in a frame: its frequency (cycles per pixel) and amplitude (grey levels)."""

    fx: float
    fy: float
    height: float

    @property
    def period(self):
        """Distance from crest to crest, in pixels."""
        return 1 / math.hypot(self.fx, self.fy)

    @property
    def angle(self):
        """Direction across the crests: degrees from the x axis towards the y axis (down)."""
        return math.degrees(math.atan2(self.fy, self.fx)) % 180


def spectrum(frame, window=False):
    """Transform a whole frame.

    Parameters
    ----------
    frame : numpy.ndarray
        Height x width x 3 (BGR, uint8), or height x width (grey).
    window : bool
        Whether to fade the frame out towards its edges first (Hann). The right edge of a frame
        does not continue its left one, nor the bottom the top, and the jump shows as a cross in
        the spectrum. The window takes the cross away and makes each peak wider.

    Returns
    -------
    numpy.ndarray
        Height x (width // 2 + 1), complex64, in the order of `numpy.fft.rfft2`: along each row fx
        goes from 0 to 1/2, down each column fy from 0 up and then from -1/2 to 0. Pixels are real
        numbers, so the other half plane holds the same once more (turned by 180 degrees, complex
        conjugate): it is neither computed nor sent.
    """
    frame = np.asarray(frame)
    if frame.dtype != np.uint8:
        frame = frame.astype(np.float32)  # an average of frames, say
    if frame.ndim == 3 and frame.shape[2] == 3:
        frame = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)  # 0.114 B + 0.587 G + 0.299 R
    if frame.ndim != 2 or min(frame.shape) < 2:
        raise ValueError(
            f"a frame of shape {frame.shape} cannot be transformed; "
            "give height x width x 3 (BGR) or height x width (grey)"
        )
    grey = np.ascontiguousarray(frame, dtype=np.float32)
    height, width = grey.shape
    if window:
        grey = grey * (_hann(height)[:, None] * _hann(width))
    # OpenCV is twice as fast as scipy, but only for sizes without large prime factors.
    if width % 2 == 0 and all(cv2.getOptimalDFTSize(n) == n for n in grey.shape):
        return _unpack(cv2.dft(grey))
    return scipy.fft.rfft2(grey)


def log_spectrum(spectrum, width):
    """Turn a spectrum F into a picture: log10(1 + abs(F)), the zero frequency in the middle.

    Parameters
    ----------
    spectrum : numpy.ndarray
        As `spectrum` returns it.
    width : int
        Of the frame it comes from: a half plane does not tell 640 from 641.

    Returns
    -------
    numpy.ndarray
        Height x width, float32; its axes are `frequencies`.
    """
    _check(spectrum, (len(spectrum), width))
    half = np.log10(1 + np.abs(spectrum))
    height, middle = len(half), width // 2
    picture = np.empty((height, width), np.float32)
    picture[:, middle:] = np.roll(half, height // 2, axis=0)[:, : width - middle]
    turned = np.roll(half[::-1], height // 2 + 1, axis=0)  # fy becomes -fy
    picture[:, :middle] = turned[:, middle:0:-1]  # and fx becomes -fx
    return picture


def frequencies(shape):
    """Return the axes of `log_spectrum`: fx of each column and fy of each row, in cycles per pixel.

    Parameters
    ----------
    shape : tuple of int
        Of the frame: height, width.
    """
    height, width = shape[:2]
    return np.fft.fftshift(np.fft.fftfreq(width)), np.fft.fftshift(np.fft.fftfreq(height))


def find_peaks(spectrum, shape, count=1):
    """Find the strongest waves in a frame, to a small fraction of a bin.

    The spectrum is smoothed as a Hann window would have (in frequency, the window is a sum over
    three neighbours: -1/4, 1/2, -1/4), so the cross is gone and a peak is nearly a Gaussian, whose
    top is where a parabola through the logarithms of three bins has it.

    Parameters
    ----------
    spectrum : numpy.ndarray
        As `spectrum` returns it.
    shape : tuple of int
        Of the frame: height, width.
    count : int
        How many to find. Of the two peaks of each wave, (fx, fy) and (-fx, -fy), the one with fx
        > 0 counts.

    Returns
    -------
    list of Peak
        Strongest first; fewer than `count` when there are no more. Heights are grey levels when
        the spectrum was made without a window.
    """
    _check(spectrum, shape)
    height, width = shape[:2]
    if min(height, width) <= 2 * MIDDLE:
        return []
    smooth = _smooth(np.asarray(spectrum, np.complex64), width)
    higher = smooth == cv2.dilate(smooth, np.ones((3, 3)))  # than all eight neighbours
    smooth_here, higher = smooth[1:-1, 1:-1], higher[1:-1, 1:-1]
    fx, fy = np.arange(width // 2 + 1), np.fft.fftfreq(height, 1 / height)[:, None]  # in bins
    outside = fx**2 + fy**2 > MIDDLE**2
    loud = smooth_here > FAINTEST * height * width / 8
    rows, columns = np.nonzero(higher & outside & loud)
    peaks = []
    for i in np.argsort(smooth_here[rows, columns])[::-1]:
        if len(peaks) == count:
            break
        peak = _refine(smooth, rows[i], columns[i], shape)
        if not any(_same(peak, other, shape) for other in peaks):
            peaks.append(peak)
    return peaks


def _same(peak, other, shape):
    """Whether two peaks lie less than 2 bins apart, or one and the mirror image of the other."""
    far = np.array([peak.fx, peak.fy]) - np.outer([1, -1], [other.fx, other.fy])
    bins = np.abs(far - np.rint(far)) * (shape[1], shape[0])  # frequency 1/2 is -1/2 again
    return bool((bins.max(axis=1) < 2).any())


def _refine(smooth, row, column, shape):
    """Return the `Peak` whose highest bin is at `row`, `column`."""
    height, width = shape[:2]
    around = np.log(smooth[row : row + 3, column : column + 3] + 1e-12).astype(float)
    dx, rise_x = _vertex(*around[1])
    dy, rise_y = _vertex(*around[:, 1])
    fx, fy = (column + dx) / width, (row + dy) / height
    fy -= round(fy)  # the lower half of the rows are negative frequencies
    if fx < 0:
        fx, fy = -fx, -fy
    # A wave of amplitude a is two peaks of a N / 2 each, and the window lets a quarter through.
    amplitude = 8 * math.exp(around[1, 1] + rise_x + rise_y) / (height * width)
    return Peak(float(fx), float(fy), amplitude)


def _vertex(left, middle, right):
    """Where a parabola through three points, one apart, has its top, and how much higher it is."""
    curvature = left - 2 * middle + right
    if curvature >= 0:  # flat: no better place than the middle
        return 0.0, 0.0
    shift = (left - right) / (2 * curvature)
    return shift, -((left - right) ** 2) / (8 * curvature)


def _smooth(spectrum, width):
    """Return the magnitude as after a Hann window, one bin wider on each side than `spectrum`."""

    def turned(column):  # what stands at -fx, known from fx
        return np.conj(np.roll(spectrum[::-1, column], 1))[:, None]

    left = [turned(2), turned(1)]
    right = [turned(width - k) for k in range(width // 2 + 1, width // 2 + 3)]
    wide = np.pad(np.hstack([*left, spectrum, *right]), ((2, 2), (0, 0)), mode="wrap")
    parts = np.ascontiguousarray(wide).view(np.float32).reshape(*wide.shape, 2)
    hann = np.float32([-0.25, 0.5, -0.25])
    parts = cv2.sepFilter2D(parts, cv2.CV_32F, hann, hann)[1:-1, 1:-1]
    return cv2.magnitude(parts[..., 0], parts[..., 1])


def _hann(n):
    """The Hann window of `n` points, periodic: 0, ..., 1, ..., nearly 0."""
    return np.float32(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n))


def _unpack(packed):
    """Turn what `cv2.dft` returns, as many real numbers as pixels, into the half plane.

    Each row holds the pairs (real, imaginary) of the columns 1 to width / 2 - 1. The first and
    the last column of the half plane are transforms of real numbers themselves, so half of each
    is enough: they are packed downwards, in the first and the last column.

    https://docs.opencv.org/4.x/d2/de8/group__core__array.html (dft)
    """
    height, width = packed.shape
    half = np.empty((height, width // 2 + 1), np.complex64)
    half[:, 1:-1] = packed[:, 1:-1].view(np.complex64)
    pairs = (height - 1) // 2
    for column in (0, -1):
        source, target = packed[:, column], half[:, column]
        target[0] = source[0]
        target[1 : pairs + 1] = source[1 : 2 * pairs : 2] + 1j * source[2 : 2 * pairs + 1 : 2]
        if height % 2 == 0:
            target[height // 2] = source[-1]
        target[height - pairs :] = np.conj(target[pairs:0:-1])
    return half


def _check(spectrum, shape):
    height, width = shape[:2]
    if np.shape(spectrum) != (height, width // 2 + 1):
        raise ValueError(
            f"a spectrum of shape {np.shape(spectrum)} is not that of a frame of height {height} "
            f"and width {width}, which has the shape {(height, width // 2 + 1)}"
        )
