"""The period of fringes: against the simulated camera's truth, and its uncertainty as well."""

import numpy as np
import pytest

from zmqlab import measure_fringes, open_camera

SEEDS = range(40)
FRAMES = {
    "as it comes": {},
    "no beads": {"beads": 0},
    "steep": {"fringe_period": 7.77, "fringe_angle": -60.0},
    "faint": {"fringe_contrast": 0.03},
    "dark": {"exposure": 0.001},
    "overexposed": {"exposure": 0.03},
    "wide": {"fringe_period": 80.0},
    "small": {"size": (320, 240)},
}


def measured(seed=0, **settings):
    """Return what is measured in one frame, and the truth."""
    with open_camera("simulated", paced=False, seed=seed, **settings) as camera:
        return measure_fringes(camera.read()), camera.truth


@pytest.mark.parametrize("settings", FRAMES.values(), ids=FRAMES)
def test_the_truth_lies_as_far_off_as_the_uncertainty_says(settings):
    """Over many frames with other beads: the errors, in units of their uncertainty, spread by 1."""
    errors = []
    for seed in SEEDS:
        fringes, truth = measured(seed, **settings)
        errors.append((fringes.period - truth["fringe_period"]) / fringes.uncertainty)
        assert abs((fringes.angle - truth["fringe_angle"] + 90) % 180 - 90) < 0.2
    # 0.68 to 1.32: three standard deviations of a spread found from 40 errors; it may be an
    # overestimate, where what is around the peak belongs to the fringes themselves.
    assert 0.5 < np.sqrt(np.mean(np.square(errors))) < 1.33
    assert abs(np.mean(errors)) < 3 / np.sqrt(len(errors))


def test_a_frame_as_it_comes():
    fringes, truth = measured()
    assert fringes.period == pytest.approx(truth["fringe_period"], abs=0.003)
    assert 1e-4 < fringes.uncertainty < 1e-3


@pytest.mark.parametrize(("diffusion", "least", "most"), [(0.49, 0.4, 2.5), (0.0, 0.0, 0.2)])
def test_repeated_frames_scatter_as_much_only_if_the_beads_move(diffusion, least, most):
    with open_camera("simulated", paced=False, diffusion=diffusion) as camera:
        found = [measure_fringes(camera.read()) for _ in range(20)]
    scatter = np.std([each.period for each in found])
    assert least < scatter / np.mean([each.uncertainty for each in found]) < most


@pytest.mark.parametrize("seed", range(8))
def test_no_fringes(seed):
    assert measured(seed, fringe_contrast=0.0)[0] is None


@pytest.mark.parametrize(
    "frame",
    [
        np.zeros((480, 640, 3), np.uint8),
        np.full((48, 64), 255, np.uint8),
        np.random.default_rng(0).integers(0, 256, (480, 640), np.uint8),
        np.zeros((4, 4), np.uint8),
        np.eye(64, dtype=np.uint8),
        np.tile(np.uint8([0, 255]), (64, 32)),
        np.full((64, 64), np.nan),
    ],
    ids=["black", "white", "noise", "tiny", "a line", "every second column", "nan"],
)
def test_what_is_no_wave_is_none_or_finite(frame):
    fringes = measure_fringes(frame)
    assert fringes is None or np.isfinite(fringes).all()


def test_no_picture():
    with pytest.raises(TypeError, match="NoneType"):
        measure_fringes(None)
