"""Beads: found where they are, linked, and their diffusion measured, against truth and theory."""

import math

import cv2
import numpy as np
import pytest
from scipy.spatial import KDTree

from zmqlab.analysis import particles
from zmqlab.analysis.diffusion import Tracks, bead_diameter, mean_squared_displacement
from zmqlab.analysis.particles import Detector, TrackingError, find_beads
from zmqlab.cameras import open_camera

FPS, PIXEL_SIZE = 30, 0.08


def walk(steps, beads, seed=0, seconds=1 / FPS, diffusion=0.49, error=0.0):
    """Return positions, in pixels, of beads far from each other: (steps + 1, beads, 2)."""
    dice = np.random.default_rng(seed)
    size = math.sqrt(2 * diffusion * seconds) / PIXEL_SIZE
    start = np.stack(np.meshgrid(np.arange(beads), [0]), axis=-1).reshape(1, beads, 2) * 1e5
    moves = dice.normal(0, size, (steps, beads, 2))
    true = np.concatenate([start, start + np.cumsum(moves, axis=0)])
    return true + dice.normal(0, error, true.shape) if error else true


def tracked(positions, numbers=None, **options):
    tracks = Tracks(FPS, PIXEL_SIZE, **options)
    for number, each in zip(numbers or range(len(positions)), positions, strict=True):
        tracks.add(number, each)
    return tracks.diffusion()


def test_beads_are_found_where_they_are():
    with open_camera("simulated", paced=False, beads=0, noise=0) as camera:
        background = cv2.cvtColor(camera.read(), cv2.COLOR_BGR2GRAY)
    missed = false = count = 0
    distances = []
    with open_camera("simulated", paced=False, seed=2) as camera:
        for _ in range(20):
            found, truth = find_beads(camera.read(), background), camera.truth["positions"]
            distance, which = KDTree(truth).query(found)
            hit = distance < 4
            missed += len(truth) - len(set(which[hit]))
            false += len(found) - len(set(which[hit]))
            count += len(truth)
            distances.extend(distance[hit])
    assert missed < 0.04 * count  # two that are nearer than their size are one
    assert false < 0.02 * count
    assert np.median(distances) < 0.2  # pixels


@pytest.mark.parametrize("frame", ["grey", "dark", "float", "empty", "tiny", "flat"])
def test_frames_that_are_hard(frame):
    with open_camera("simulated", paced=False, seed=2) as camera:
        picture = camera.read()
        camera.set(beads=0, noise=0)
        empty = camera.read()
    grey = cv2.cvtColor(empty, cv2.COLOR_BGR2GRAY)
    given, background, least, most = {
        "grey": (cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), grey, 25, 32),
        "dark": (picture // 8, grey // 8, 25, 32),
        "float": (picture / 255, grey / np.float32(255), 25, 32),
        "empty": (empty, grey, 0, 0),
        "tiny": (picture[:9, :9], grey[:9, :9], 0, 0),
        "flat": (np.zeros_like(picture), np.zeros_like(grey), 0, 0),
    }[frame]
    found = find_beads(given, background)
    assert found.shape == (len(found), 2)
    assert least <= len(found) <= most


def test_noise_that_fits_no_background_is_no_beads():
    dice = np.random.default_rng(0)
    noise = dice.integers(0, 256, (480, 640), np.uint8)
    assert len(find_beads(noise, np.full((480, 640), 128), diameter=4, threshold=0.5)) == 0


@pytest.mark.parametrize("bad", [{"diameter": 0}, {"threshold": -1}, {"diameter": float("nan")}])
def test_a_detector_says_what_it_cannot_do(bad):
    with pytest.raises(TrackingError, match=next(iter(bad))):
        Detector(**bad)


def test_frames_wait_for_the_background_and_none_is_left_out():
    detector = Detector()
    frame = np.full((64, 64, 3), 100, np.uint8)
    most = particles.KEPT * particles.EVERY
    counts = [len(list(detector.add(number, frame))) for number in range(most + 5)]
    assert counts == [0] * (most - 1) + [most] + [1] * 5
    assert detector.progress == 1
    other = list(detector.add("another size", np.zeros((32, 32), np.uint8)))
    assert other == []
    assert detector.progress == 1 / most
    assert [about for about, _ in detector.finish()] == ["another size"]
    assert list(detector.finish()) == []


def test_the_estimate_and_its_error_are_those_of_theory():
    """Over 200 walks: the mean is right, and the estimates spread as the error says."""
    walks = [tracked(walk(60, 20, seed)) for seed in range(200)]
    found = np.array([(each.coefficient, each.error) for each in walks])
    error = found[:, 1].mean()
    assert found[:, 0].mean() == pytest.approx(0.49, abs=4 * error / math.sqrt(200))
    assert found[:, 0].std() == pytest.approx(error, rel=0.2)
    assert walks[0].steps == 60 * 20
    assert walks[0].seconds == pytest.approx(1 / FPS)


def test_wrong_positions_do_not_make_diffusion():
    wrong = [tracked(walk(60, 20, seed, error=1.5), reach=20) for seed in range(50)]
    found = np.array([(each.coefficient, each.error, each.spread) for each in wrong])
    error = found[:, 1].mean()
    assert found[:, 0].mean() == pytest.approx(0.49, abs=4 * error / math.sqrt(50))
    assert found[:, 0].std() == pytest.approx(error, rel=0.4)
    assert math.sqrt(found[:, 2].mean()) == pytest.approx(1.5 * PIXEL_SIZE, rel=0.05)
    step = 1.5**2 * 2 * PIXEL_SIZE**2 * FPS / 2  # what one lag alone would add
    assert step > 10 * error


@pytest.mark.parametrize("kept", [[0, 1], [0], [0, 1, 4]])
def test_lost_frames_are_counted_in_time(kept):
    """Of six frames so many arrive. The step over a gap is longer, and lasts longer."""
    numbers = [n for n in range(600) if n % 6 in kept]
    positions = walk(600, 40)
    found = tracked([positions[n] for n in numbers], numbers)
    assert found.coefficient == pytest.approx(0.49, abs=3 * found.error)
    assert found.seconds == pytest.approx(6 / len(kept) / FPS, rel=0.02)
    by_count = tracked([positions[n] for n in numbers], reach=25)  # as if none were missing
    assert by_count.coefficient > 1.5 * 0.49


def test_what_sticks_to_the_glass_is_not_counted():
    positions = np.concatenate([walk(100, 10), np.zeros((101, 10, 2)) - 1e4], axis=1)
    positions[:, 10:, 0] -= 1e4 * np.arange(10)
    found = tracked(positions)
    assert found.coefficient == pytest.approx(0.49, abs=4 * found.error)
    assert found.steps == 1000


def test_beads_in_the_way_of_each_other_are_not_counted():
    near = np.array([[0.0, 0.0], [12.0, 0.0], [300.0, 0.0]])
    tracks = Tracks(FPS, PIXEL_SIZE)
    for number in range(30):
        tracks.add(number, near + np.array([0, number]), (1000, 1000))
    assert tracks.diffusion() is None  # two are too near each other, and all to the edge
    for number in range(30, 60):
        tracks.add(number, near + np.array([500, 500 + number]), (1000, 1000))
    assert tracks.diffusion().steps == 29


def test_a_crowd_is_linked_in_time():
    x = np.arange(0, 150, 6.0)
    grid = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    dice = np.random.default_rng(0)
    tracks = Tracks(FPS, PIXEL_SIZE)
    for number in range(3):
        assert len(set(tracks.add(number, grid + dice.normal(0, 0.3, grid.shape)))) == len(grid)


@pytest.mark.parametrize("name", ["fps", "pixel_size", "reach"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan")])
def test_a_number_that_cannot_be_is_named(name, value):
    with pytest.raises(TrackingError, match=f"{name}="):
        Tracks(**{"fps": 30, "pixel_size": 0.08} | {name: value})


def test_the_mean_squared_displacement_is_trackpys():
    positions = walk(300, 40)
    names = np.tile(np.arange(40), 301)
    table = np.column_stack([np.repeat(np.arange(301), 40), names, positions.reshape(-1, 2)])
    seconds, squared = mean_squared_displacement(table, FPS, PIXEL_SIZE, lags=5)
    assert seconds == pytest.approx(np.arange(1, 6) / FPS)
    for lag in range(1, 6):
        moved = (positions[lag:] - positions[:-lag]) * PIXEL_SIZE
        assert squared[lag - 1] == pytest.approx((moved**2).sum(axis=2).mean(), rel=1e-3)


def test_a_bead_of_a_micrometre_in_water_wanders_at_a_known_speed():
    assert bead_diameter(0.49) == pytest.approx(1.0, rel=0.01)
    assert bead_diameter(0.49 / 2) == pytest.approx(2 * bead_diameter(0.49))
