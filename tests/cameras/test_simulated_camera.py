"""The simulated camera, against its own truth and against theory."""

import itertools

import cv2
import numpy as np
import pytest

from zmqlab.cameras import CameraError, open_camera
from zmqlab.cameras.simulated import HALF, LIMITS


def simulated(**settings):
    return open_camera("simulated", paced=False, **settings)


def test_a_frame_is_height_width_3_bgr_uint8_and_fresh():
    with open_camera("simulated", paced=False, size=(320, 200)) as camera:
        frame, after = camera.read(), camera.read()
        assert camera.shape == frame.shape == (200, 320, 3)
        assert frame.dtype == np.uint8
        assert frame.flags.owndata
        assert frame.flags.writeable
        assert frame.flags.c_contiguous
        assert not np.shares_memory(frame, after)
        blue, green, red = frame.mean((0, 1))
        assert blue > green > red  # a lamp whose swapped colours are seen


def test_same_seed_same_film_whether_paced_or_not():
    def film(paced, seed, noise=1.0):
        with open_camera("simulated", paced=paced, seed=seed, fps=200, noise=noise) as camera:
            return np.stack(list(itertools.islice(camera, 5)))

    once = film(False, 7)
    assert np.array_equal(once, film(False, 7))
    assert np.array_equal(once, film(True, 7))
    assert not np.array_equal(once, film(False, 8))
    assert not np.array_equal(film(False, 7, noise=0), film(False, 8, noise=0))  # beads elsewhere
    assert not np.array_equal(once[0], once[1])


def test_the_mean_squared_displacement_gives_the_diffusion_coefficient():
    with simulated(beads=400, diffusion=0.8, fps=50, seed=3) as camera:
        track, times = [], []
        for _ in itertools.islice(camera, 80):
            truth = camera.truth
            track.append(truth["positions"] * truth["pixel_size"])
            times.append(truth["time"])
    assert truth["frame_number"] == 79
    assert times == pytest.approx(np.arange(80) / 50)
    for lag in (1, 4):
        moved = np.subtract(track[lag:], track[:-lag])
        measured = np.mean(moved**2) / (2 * (times[lag] - times[0]))
        assert measured == pytest.approx(truth["diffusion"], rel=0.04)
    assert np.mean(moved) == pytest.approx(0, abs=0.02)  # µm: no drift


def test_beads_seen_in_the_picture_are_where_the_truth_says():
    with simulated(beads=0, noise=0) as camera:
        empty = camera.read().astype(float)
    missed, distances = 0, []
    with simulated(beads=12, seed=5) as camera:
        for frame in itertools.islice(camera, 10):
            signal = np.abs(frame - empty).mean(2) / empty.mean(2)
            found = centres(signal)
            positions = camera.truth["positions"]
            apart = np.linalg.norm(positions[:, None] - positions, axis=2) + 1e3 * np.eye(12)
            for bead in positions[apart.min(1) > 2 * HALF]:  # not two that look like one
                distance = np.linalg.norm(found - bead, axis=1).min()
                missed += distance > 1
                distances.append(distance)
    assert len(distances) > 60
    assert missed == 0
    assert np.median(distances) < 0.2  # pixels


def centres(signal):
    """Return x, y of each blob: the centre of mass of what stands out."""
    smooth = cv2.GaussianBlur(np.float32(signal), (0, 0), 3)
    _, labels = cv2.connectedComponents((smooth > 0.04).astype(np.uint8))
    weight = np.where(signal > 0.06, signal, 0)
    y, x = np.indices(signal.shape)
    sums = [np.bincount(labels.ravel(), (w * weight).ravel()) for w in (1, x, y)]
    return np.stack([sums[1][1:], sums[2][1:]], axis=1) / sums[0][1:, None]


@pytest.mark.parametrize(("period", "angle"), [(12, 25), (7.3, 100), (40, 0), (5, 150)])
def test_the_spectrum_has_its_two_peaks_where_theory_puts_them(period, angle):
    with simulated(fringe_period=period, fringe_angle=angle) as camera:
        grey = cv2.cvtColor(camera.read(), cv2.COLOR_BGR2GRAY).astype(float)
    height, width = grey.shape
    magnitude = np.abs(np.fft.fft2(grey))
    near = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)) < 0.01
    magnitude[near] = 0
    first, second = np.argsort(magnitude.ravel())[:-3:-1]
    fx, fy = np.cos(np.radians(angle)) / period, np.sin(np.radians(angle)) / period
    bins = {(round(s * fy * height) % height, round(s * fx * width) % width) for s in (1, -1)}
    assert {divmod(int(first), width), divmod(int(second), width)} == bins


def test_exposure_scales_the_brightness_until_saturation():
    with simulated(noise=0, beads=0) as camera:

        def brightness(exposure):
            camera.set(exposure=exposure)
            return camera.read().mean()

        one = brightness(0.01)
        assert brightness(0.005) == pytest.approx(one / 2, rel=0.01)
        assert brightness(0.0125) == pytest.approx(one * 1.25, rel=0.01)
        assert brightness(0.04) < one * 3.9  # the brightest pixels are full
        assert brightness(5) == 255
    with simulated(noise=1) as camera:
        assert camera.read().mean() == pytest.approx(one, rel=0.02)


def test_the_noise_is_shot_noise_and_read_noise():
    with simulated(size=(128, 96), beads=0, fringe_contrast=0, seed=2) as camera:
        film = np.stack(list(itertools.islice(camera, 400))).astype(float)
        truth = camera.truth
    mean, variance = film.mean(0), film.var(0, ddof=1)
    expected = mean / truth["electrons_per_level"] + truth["read_noise"] ** 2 + 1 / 12  # rounding
    assert variance.mean() == pytest.approx(expected.mean(), rel=0.02)
    dark, bright = mean < np.quantile(mean, 0.1), mean > np.quantile(mean, 0.9)
    for part in (dark, bright):
        assert variance[part].mean() == pytest.approx(expected[part].mean(), rel=0.05)


def test_settings_are_what_was_set_and_the_next_frame_shows_it():
    with simulated() as camera:
        camera.read()
        camera.set(size=[160, 120], fps=12.5, beads=3)  # a list: it may come from JSON
        assert camera.settings["size"] == (160, 120)
        assert camera.fps == 12.5
        assert camera.read().shape == camera.shape == (120, 160, 3)
        assert camera.truth["positions"].shape == (3, 2)
        assert camera.truth["frame_number"] == 1
        assert camera.truth["time"] == pytest.approx(1 / 12.5)


@pytest.mark.parametrize(
    "bad",
    [
        {"brightness": 1},
        {"self": 1},
        {"size": "640x480"},
        {"size": (640,)},
        {"size": (640.5, 480)},
        {"size": (63, 480)},
        {"size": (10**9, 10**9)},
        {"size": None},
        {"size": (float("nan"), float("inf"))},
        {"beads": 2.5},
        {"exposure": True},
        {"exposure": "long"},
        *[{name: low - 1} for name, (low, _) in LIMITS.items()],
        *[{name: high * 2} for name, (_, high) in LIMITS.items()],
        *[{name: float("nan")} for name in LIMITS],
    ],
)
def test_a_setting_that_cannot_be_is_named_with_its_value_and_changes_nothing(bad):
    (name, value), *_ = bad.items()
    with simulated() as camera:
        before = camera.settings
        with pytest.raises(CameraError) as error:
            camera.set(**{"exposure": 0.002} | bad)
        assert name in str(error.value)
        assert repr(value) in str(error.value)
        assert camera.settings == before
    with pytest.raises(CameraError):
        simulated(**bad)


@pytest.mark.parametrize("seed", [-1, 1.5, None, "a"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(CameraError, match="seed"):
        open_camera("simulated", seed=seed)


def test_closed_is_closed():
    with simulated() as camera:
        pass
    camera.close()
    for use in (camera.read, lambda: camera.set(fps=10), lambda: next(iter(camera))):
        with pytest.raises(CameraError, match="closed"):
            use()


# What makes it honest


def test_blur_washes_out_what_moves():
    def contrast(blur):
        with simulated(noise=0, fps=20, diffusion=5, exposure=0.02, blur=blur) as camera:
            camera.read()  # before it, nothing moved
            seen = camera.read().astype(float)
            camera.set(beads=0)
            return np.abs(seen - camera.read()).mean()

    assert 0.2 * contrast(blur=1) < contrast(blur=10) < 0.9 * contrast(blur=1)


def test_beads_that_rise_and_sink_are_drawn_as_their_heights_say():
    with simulated(beads=8, depth=2, seed=1) as camera:
        heights = [camera.truth["heights"] for _ in itertools.islice(camera, 400)]
    assert np.abs(heights).max() <= 1
    steps = np.diff(heights, axis=0)  # of 1 µm a unit
    free = np.abs(heights[:-1]) < 0.5  # far from the walls
    assert np.mean(steps[free] ** 2) == pytest.approx(2 * 0.49 / 30, rel=0.1)
    assert len({tuple(np.rint(each * 3.5)) for each in np.array(heights)}) > 100  # many looks
