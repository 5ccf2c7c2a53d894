"""The two-dimensional Fourier transform of a frame: the waves that the picture is made of."""

import math
from typing import NamedTuple

import cv2
import numpy as np
import scipy.fft

from .frames import grey

# No peak is looked for within so many bins of the zero frequency: the brightness of the whole
# picture, its vignetting and its large shadows lie there.
MIDDLE = 3
FAINTEST = 1e-3  # grey levels: anything below is what rounding leaves


class Peak(NamedTuple):
    """A wave found in a frame: its frequency (cycles per pixel) and amplitude (grey levels)."""

    fx: float
    fy: float
    height: float

    @property
    def period(self) -> float:
        """Distance from crest to crest, in pixels."""
        return 1 / math.hypot(self.fx, self.fy)

    @property
    def angle(self) -> float:
        """Direction across the crests: degrees from the x axis towards the y axis (down)."""
        return math.degrees(math.atan2(self.fy, self.fx)) % 180


def spectrum(frame: np.ndarray) -> np.ndarray:
    """Transform a whole frame.

    Parameters
    ----------
    frame
        Height x width x 3 (BGR), or height x width (grey).

    Returns
    -------
    numpy.ndarray
        Height x (width // 2 + 1), complex64, in the order of `numpy.fft.rfft2`: along each row fx
        goes from 0 to 1/2, down each column fy from 0 up and then from -1/2 to 0. Pixels are real
        numbers, so the other half plane holds the same once more (turned by 180 degrees, complex
        conjugate): it is neither computed nor sent.

    Raises
    ------
    TypeError, ValueError
        If `frame` is not a picture; the text says what it is instead.
    """
    pixels = np.ascontiguousarray(grey(frame), dtype=np.float32)
    # OpenCV is half as fast again as scipy, but only for sizes without large prime factors.
    if pixels.shape[1] % 2 == 0 and all(cv2.getOptimalDFTSize(n) == n for n in pixels.shape):
        return _unpack(cv2.dft(pixels))
    return scipy.fft.rfft2(pixels)


def log_spectrum(spectrum: np.ndarray, width: int) -> np.ndarray:
    """Turn a spectrum F into a picture: log10(1 + abs(F)), the zero frequency in the middle.

    It comes from a frame so many pixels wide: a half plane does not tell 640 from 641. The picture
    is height x width, float32; its axes are `frequencies`.
    """
    _check(spectrum, (len(spectrum), width))
    half = np.log10(1 + np.abs(np.asarray(spectrum, np.complex64)))
    turned = np.roll(half[::-1], 1, axis=0)  # (fx, fy) becomes (-fx, -fy)
    whole = np.hstack([turned[:, width // 2 : 0 : -1], half[:, : (width + 1) // 2]])
    return np.fft.fftshift(whole, axes=0)


def frequencies(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the axes of `log_spectrum`, of a frame of that shape (height, width).

    They are fx of each column and fy of each row, in cycles per pixel.
    """
    height, width = shape[:2]
    return np.fft.fftshift(np.fft.fftfreq(width)), np.fft.fftshift(np.fft.fftfreq(height))


def find_peaks(spectrum: np.ndarray, shape: tuple[int, ...], count: int = 1) -> list[Peak]:
    """Find the strongest waves in a frame, to a small fraction of a bin.

    A frame's right edge does not continue its left one, nor the bottom the top, and the jump shows
    as a cross in the spectrum. A Hann window, which fades the frame out towards its edges, would
    take it away. In frequency that window is a sum over three neighbours (-1/4, 1/2, -1/4), so it
    is applied here to the finished spectrum. Each peak is then nearly a Gaussian, whose top is
    where a parabola through the logarithms of three bins has it.

    Parameters
    ----------
    spectrum, shape
        As the function `spectrum` returns it; and of the frame: height, width.
    count
        How many to find, the strongest first: fewer are returned if there are no more. Each wave
        has two peaks, (fx, fy) and (-fx, -fy); the one with fx > 0 counts.
    """
    _check(spectrum, shape)
    height, width = shape[:2]
    if min(height, width) <= 2 * MIDDLE:
        return []
    smooth = hann_spectrum(np.asarray(spectrum, np.complex64), width)
    inner = np.s_[1:-1, 1:-1]  # `smooth` is a bin wider on each side
    highest = (smooth == cv2.dilate(smooth, np.ones((3, 3))))[inner]  # of the nine around it
    loud = smooth[inner] > FAINTEST * height * width / 8
    fx, fy = np.arange(width // 2 + 1), np.fft.fftfreq(height, 1 / height)[:, None]  # in bins
    rows, columns = np.nonzero(highest & loud & (fx**2 + fy**2 > MIDDLE**2))
    peaks: list[Peak] = []
    for i in np.argsort(smooth[inner][rows, columns])[::-1]:
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
    # Along x and along y: where a parabola through three points, one apart, has its top, and how
    # much higher it is. Three that are level have it in the middle.
    left, middle, right = np.stack([around[1], around[:, 1]], axis=1)
    curvature = np.minimum(left - 2 * middle + right, -1e-9)
    dx, dy = (left - right) / (2 * curvature)
    rise = -((left - right) ** 2) / (8 * curvature)
    fx, fy = (column + dx) / width, (row + dy) / height
    fy -= round(fy)  # the lower half of the rows are negative frequencies
    if fx < 0:
        fx, fy = -fx, -fy
    # A wave of amplitude a is two peaks of a N / 2 each, and the window lets a quarter through.
    amplitude = 8 * math.exp(around[1, 1] + rise.sum()) / (height * width)
    return Peak(float(fx), float(fy), amplitude)


def hann_spectrum(spectrum: np.ndarray, width: int) -> np.ndarray:
    """Return the magnitude as after a Hann window, one bin wider on each side than `spectrum`."""
    middle = (width - 1) // 2
    turned = np.roll(spectrum[::-1, [2, 1, middle, middle - 1]], 1, axis=0).conj()  # known at -fx
    wide = np.hstack([turned[:, :2], spectrum, turned[:, 2:]])
    wide = np.pad(wide, ((2, 2), (0, 0)), mode="wrap")
    parts = np.ascontiguousarray(wide).view(np.float32).reshape(*wide.shape, 2)
    hann = np.array([-0.25, 0.5, -0.25], np.float32)
    faded = cv2.sepFilter2D(parts, cv2.CV_32F, hann, hann)[1:-1, 1:-1]
    return cv2.magnitude(faded[..., 0], faded[..., 1])


def _unpack(packed):
    """Turn what `cv2.dft` returns, as many real numbers as pixels, into the half plane.

    Each row holds the pairs (real, imaginary) of the columns 1 to width / 2 - 1. The first and
    the last column of the half plane are transforms of real numbers themselves, so half of each
    is enough: they are packed downwards, in the first and the last column. The first number there
    is real, and so is the last one if the height is even.

    https://docs.opencv.org/4.x/d2/de8/group__core__array.html (dft)
    """
    height, width = packed.shape
    half = np.empty((height, width // 2 + 1), np.complex64)
    half[:, 1:-1] = packed[:, 1:-1].view(np.complex64)
    upper = height // 2 + 1
    for column in (0, -1):
        pairs = np.zeros(2 * upper, np.float32)
        pairs[0], pairs[2 : height + 1] = packed[0, column], packed[1:, column]
        half[:upper, column] = pairs.view(np.complex64)
        half[upper:, column] = np.conj(half[height - upper : 0 : -1, column])
    return half


def _check(spectrum, shape):
    height, width = shape[:2]
    if np.shape(spectrum) != (height, width // 2 + 1):
        raise ValueError(
            f"a spectrum of shape {np.shape(spectrum)} is not that of a frame of height {height} "
            f"and width {width}, which has the shape {(height, width // 2 + 1)}"
        )
