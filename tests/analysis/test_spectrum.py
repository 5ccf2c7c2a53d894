"""Spectra, against numpy and against waves that are known."""

import math

import numpy as np
import pytest
from scipy.signal import windows

from zmqlab.analysis.spectra import Peak, find_peaks, frequencies, log_spectrum, spectrum
from zmqlab.cameras import open_camera

# Even and odd, with and without large prime factors: both of the ways it is computed.
SIZES = [(480, 640), (481, 641), (45, 60), (135, 250), (64, 37), (37, 64), (7, 9), (8, 8), (2, 2)]


def random_frame(shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def wave(shape, period, angle, amplitude=20.0, mean=100.0, phase=0.4):
    y, x = np.indices(shape)
    angle = math.radians(angle)
    crests = (x * math.cos(angle) + y * math.sin(angle)) / period
    return mean + amplitude * np.cos(2 * math.pi * crests + phase)


def assert_close(got, expected):
    assert np.abs(got - expected).max() < 1e-6 * np.abs(expected).max()


@pytest.mark.parametrize("shape", SIZES)
def test_the_spectrum_is_numpys_of_the_grey_frame(shape):
    frame = random_frame((*shape, 3))
    grey = np.rint(frame @ np.array([0.114, 0.587, 0.299]))  # blue, green, red
    result = spectrum(frame)
    assert result.dtype == np.complex64
    assert result.shape == (shape[0], shape[1] // 2 + 1)
    # OpenCV weighs in whole numbers: a pixel may be one level off.
    assert np.abs(result - np.fft.rfft2(grey)).max() < 2e-4 * grey.sum()
    assert_close(spectrum(frame[..., 0]), np.fft.rfft2(frame[..., 0].astype(float)))


@pytest.mark.parametrize("shape", SIZES)
def test_the_window_is_hanns(shape):
    grey = random_frame(shape)
    window = np.multiply.outer(*(windows.hann(n, sym=False) for n in shape))
    assert_close(spectrum(grey, window=True), np.fft.rfft2(grey * window))


def test_any_real_frame_will_do_and_is_left_alone():
    frame = random_frame((48, 64, 3))
    frame.flags.writeable = False  # as a received frame is
    before = frame.copy()
    plain = spectrum(frame)
    spectrum(frame, window=True)
    assert np.array_equal(frame, before)
    average = spectrum(frame.astype(float))  # of frames, say; not rounded when made grey
    assert np.abs(average - plain).max() < 2e-4 * np.abs(plain).max()
    assert np.array_equal(spectrum(frame[::-1, ::-1]), spectrum(frame[::-1, ::-1].copy()))
    grey = random_frame((48, 64))
    grey.flags.writeable = False
    assert_close(spectrum(grey), np.fft.rfft2(grey))


@pytest.mark.parametrize("shape", [(480, 640, 4), (480,), (1, 640), (640, 1), (2, 3, 4, 5), ()])
def test_what_is_no_frame_is_refused_with_its_shape(shape):
    with pytest.raises(ValueError, match="shape") as error:
        spectrum(np.zeros(shape, np.uint8))
    assert str(shape) in str(error.value)


@pytest.mark.parametrize("shape", SIZES)
def test_the_display_is_the_whole_plane_with_zero_in_the_middle(shape):
    grey = random_frame(shape)
    whole = np.fft.fftshift(np.log10(1 + np.abs(np.fft.fft2(grey))))
    picture = log_spectrum(spectrum(grey), shape[1])
    assert picture.dtype == np.float32
    assert np.abs(picture - whole).max() < 1e-3
    fx, fy = frequencies(shape)
    assert (len(fy), len(fx)) == picture.shape
    zero = np.unravel_index(np.argmax(picture), picture.shape)
    assert (fy[zero[0]], fx[zero[1]]) == (0, 0)


def test_the_axes_say_where_a_wave_is():
    shape = (60, 90)
    fx, fy = 6 / 90, -5 / 60
    frame = wave(shape, 1 / math.hypot(fx, fy), math.degrees(math.atan2(fy, fx)), mean=0)
    picture = log_spectrum(spectrum(frame), 90)
    columns, rows = frequencies(shape)
    row, column = np.unravel_index(np.argsort(picture.ravel())[-2:], picture.shape)
    assert sorted(columns[column]) == pytest.approx([-fx, fx])
    assert columns[column] / rows[row] == pytest.approx(fx / fy)


@pytest.mark.parametrize("window", [False, True])
@pytest.mark.parametrize(
    ("period", "angle"),
    [(12, 25), (2.4, 60), (3.3, 179), (7, 90), (8, 0), (9.1, 91), (23, 135), (60, 20), (100, 110)],
)
def test_the_simulated_fringes_are_found_within_one_per_cent(period, angle, window):
    with open_camera(
        "simulated", paced=False, fringe_period=period, fringe_angle=angle, beads=60, seed=1
    ) as camera:
        for _ in range(3):
            frame = camera.read()
            (peak,) = find_peaks(spectrum(frame, window), frame.shape)
            truth = camera.truth
            assert peak.period == pytest.approx(truth["fringe_period"], rel=0.01)
            assert (peak.angle - truth["fringe_angle"] + 90) % 180 == pytest.approx(90, abs=0.5)


@pytest.mark.parametrize("size", [(640, 480), (320, 240), (641, 481), (127, 131)])
def test_the_picture_may_have_any_size(size):
    with open_camera("simulated", paced=False, size=size, fringe_angle=-50, seed=2) as camera:
        frame = camera.read()
    (peak,) = find_peaks(spectrum(frame), frame.shape)
    assert peak.period == pytest.approx(12, rel=0.01)
    assert peak.angle == pytest.approx(130, abs=1)


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


@pytest.mark.parametrize("kx", [0, 0.3, 0.5, 0.7, 10, 149.5, 150])
@pytest.mark.parametrize("ky", [-100, -99.5, -20.4, 10, 99.8])
def test_a_wave_at_the_rim_of_the_half_plane_is_found_once(kx, ky):
    shape = (200, 300)
    y, x = np.indices(shape)
    frame = 100 + 20 * np.cos(2 * np.pi * (kx / 300 * x + ky / 200 * y) + 1)
    peaks = find_peaks(spectrum(frame), shape, count=5)
    strong = [peak for peak in peaks if peak.height > 5]
    assert len(strong) == 1
    assert strong[0].fx >= 0
    f, n = np.array([kx, ky]), np.array([300, 200])

    def distance(bins):
        return np.abs(bins - n * np.rint(bins / n)).max()

    error = min(distance(strong[0][:2] * n - sign * f) for sign in (1, -1))
    # Where a wave's two peaks meet, they are one bump, in the middle between them.
    assert error < (0.75 if distance(2 * f) < 4 else 0.1)


def test_the_middle_counts_for_nothing():
    flat = np.full((100, 100), 80.0)
    assert find_peaks(spectrum(flat), flat.shape, count=3) == []
    bowl = np.add.outer(np.linspace(-1, 1, 100) ** 2, np.linspace(-1, 1, 100) ** 2) * 100
    frame = bowl + wave((100, 100), 10, 40, amplitude=3)
    (peak,) = find_peaks(spectrum(frame), frame.shape)
    assert peak.period == pytest.approx(10, rel=0.01)
    assert find_peaks(spectrum(np.ones((4, 6))), (4, 6)) == []


def test_numpys_own_spectrum_will_do():
    frame = wave((90, 120), 9, 70)
    ours, theirs = (find_peaks(f(frame), frame.shape)[0] for f in (spectrum, np.fft.rfft2))
    assert ours == pytest.approx(theirs, rel=1e-5)


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
