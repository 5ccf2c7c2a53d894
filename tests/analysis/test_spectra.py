"""Spectra, against numpy and against waves that are known."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from zmqlab.analysis import Peak, find_peaks, frequencies, log_spectrum, spectrum
from zmqlab.cameras import open_camera

# Even and odd, with and without large prime factors: both of the ways it is computed.
SIZES = st.tuples(st.integers(1, 80), st.integers(1, 80))
PIXELS = st.sampled_from(["u1", "i2", ">u2", "i8", "f4", "f8", "?"])


def random_frame(shape, dtype="u1"):
    return np.random.default_rng(0).integers(0, 256, shape).astype(dtype)


def wave(shape, period, angle, amplitude=20.0, mean=100.0, phase=0.4):
    y, x = np.indices(shape)
    angle = math.radians(angle)
    crests = (x * math.cos(angle) + y * math.sin(angle)) / period
    return mean + amplitude * np.cos(2 * math.pi * crests + phase)


def assert_close(got, expected):
    assert np.abs(got - expected).max() < 1e-6 * np.abs(expected).max()


@given(shape=SIZES, dtype=PIXELS)
@example(shape=(480, 640), dtype="u1")
@example(shape=(481, 641), dtype="u1")
def test_the_spectrum_of_grey_is_numpys_and_its_display_the_whole_plane(shape, dtype):
    grey = random_frame(shape, dtype)
    result = spectrum(grey)
    assert result.dtype == np.complex64
    assert_close(result, np.fft.rfft2(grey.astype(float)))
    picture = log_spectrum(result, shape[1])
    assert picture.dtype == np.float32
    whole = np.fft.fftshift(np.log10(1 + np.abs(np.fft.fft2(grey))))  # zero in the middle
    assert np.abs(10**picture - 10**whole).max() < 1e-5 * 10 ** whole.max()
    fx, fy = frequencies(shape)
    assert (len(fy), len(fx)) == picture.shape
    zero = np.argwhere(whole == whole.max())[0] if grey.any() else np.array(shape) // 2
    assert (fy[zero[0]], fx[zero[1]]) == (0, 0)


@given(shape=SIZES)
@example(shape=(480, 640))
def test_colours_are_weighed_as_the_eye_does(shape):
    frame = random_frame((*shape, 3))
    grey = np.rint(frame @ np.array([0.114, 0.587, 0.299]))  # blue, green, red
    # OpenCV weighs in whole numbers: a pixel may be one level off.
    assert np.abs(spectrum(frame) - np.fft.rfft2(grey)).max() < 2e-4 * grey.sum() + grey.size


def test_the_axes_say_where_a_wave_is():
    shape = (60, 90)
    fx, fy = 6 / 90, -5 / 60
    frame = wave(shape, 1 / math.hypot(fx, fy), math.degrees(math.atan2(fy, fx)), mean=0)
    picture = log_spectrum(spectrum(frame), 90)
    columns, rows = frequencies(shape)
    row, column = np.unravel_index(np.argsort(picture.ravel())[-2:], picture.shape)
    assert sorted(columns[column]) == pytest.approx([-fx, fx])
    assert columns[column] / rows[row] == pytest.approx(fx / fy)


@pytest.mark.parametrize(
    ("period", "angle"),
    [(12, 25), (2.4, 60), (3.3, 179), (7, 90), (8, 0), (9.1, 91), (23, 135), (60, 20), (100, 110)],
)
def test_the_simulated_fringes_are_found_within_one_per_cent(period, angle):
    with open_camera(
        "simulated", paced=False, fringe_period=period, fringe_angle=angle, beads=60, seed=1
    ) as camera:
        for _ in range(3):
            frame = camera.read()
            (peak,) = find_peaks(spectrum(frame), frame.shape)
            truth = camera.truth
            assert peak.period == pytest.approx(truth["fringe_period"], rel=0.01)
            assert (peak.angle - truth["fringe_angle"] + 90) % 180 == pytest.approx(90, abs=0.5)


def test_peaks_are_found_to_a_fraction_of_a_bin_with_their_heights_strongest_first():
    shape = (200, 300)
    rng = np.random.default_rng(0)
    waves = [(9.7, 33.0, 30.0), (17.3, 120.0, 20.0), (5.2, 90.0, 10.0)]
    frame = sum(wave(shape, *each, mean=40) for each in waves) + rng.normal(0, 2, shape)
    peaks = find_peaks(spectrum(frame), shape, count=3)
    for peak, (period, angle, amplitude) in zip(peaks, waves, strict=True):
        assert peak.period == pytest.approx(period, rel=2e-3)
        assert peak.angle == pytest.approx(angle, abs=0.2)
        assert peak.height == pytest.approx(amplitude, rel=0.05)
        assert peak == (peak.fx, peak.fy, peak.height)


def test_the_middle_counts_for_nothing():
    flat = np.full((100, 100), 80.0)
    assert find_peaks(spectrum(flat), flat.shape, count=3) == []
    bowl = np.add.outer(np.linspace(-1, 1, 100) ** 2, np.linspace(-1, 1, 100) ** 2) * 100
    frame = bowl + wave((100, 100), 10, 40, amplitude=3)
    (peak,) = find_peaks(spectrum(frame), frame.shape)
    assert peak.period == pytest.approx(10, rel=0.01)
    assert find_peaks(spectrum(np.ones((4, 6))), (4, 6)) == []


def test_a_peak_tells_period_and_angle():
    peak = Peak(0.03, -0.04, 1.0)
    assert peak.period == pytest.approx(20)
    assert peak.angle == pytest.approx(180 - math.degrees(math.atan2(4, 3)))


@pytest.mark.parametrize("shape", [(480, 642), (479, 640), (640, 480)])
def test_a_spectrum_and_a_shape_that_do_not_go_together(shape):
    result = spectrum(np.ones((480, 640)))
    with pytest.raises(ValueError, match=r"\(480, 321\)"):
        find_peaks(result, shape)
    with pytest.raises(ValueError, match="shape"):
        log_spectrum(result, 642)
