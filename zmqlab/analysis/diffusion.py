"""The ways of beads, from frame to frame, and how fast they wander: Brownian motion measured.

Linking is trackpy's (https://soft-matter.github.io/trackpy/), which needs the extra ``tracking``.
"""

import math
from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial import KDTree

from .particles import TrackingError

LONGEST_GAP = 10  # frames: after more, nobody can tell which bead is which
STUCK, LEAST = 0.2, 10  # of the mean squared step; steps of a track that can be judged by it
NEIGHBOUR, EDGE = 2.5, 3.0  # reaches between a bead that counts and another, and an edge
BOLTZMANN = 1.380649e-23  # J/K


class Diffusion(NamedTuple):
    """How fast beads wander, as `Tracks.diffusion` found it.

    The coefficient and its standard error (µm²/s); spread, the variance of the positions that were
    found around the true ones, less what the exposure smears (µm²: negative if that is more); how
    many steps it was calculated from, and how long they last on average (s).
    """

    coefficient: float
    error: float
    spread: float
    steps: int
    seconds: float


class Tracks:
    """The ways of the beads, and how fast they wander, growing position by position.

    A bead that is missed in one frame is another bead in the next: a track has no gap but where
    frames were lost. There its step is longer, and lasts longer.

    Parameters
    ----------
    fps
        Frames per second of the camera: frame number n was taken at n / fps seconds.
    pixel_size
        µm.
    reach
        How far a bead may move from one frame to the next, in pixels; over n frames sqrt(n) times
        as far. Four times the root mean square of a step along an axis is enough.

    Raises
    ------
    TrackingError
        If trackpy is missing, or a number cannot be.
    """

    def __init__(self, fps: float, pixel_size: float, reach: float = 10.0) -> None:
        for name, value in {"fps": fps, "pixel_size": pixel_size, "reach": reach}.items():
            if not 0 < value < math.inf:
                raise TrackingError(f"{name}={value!r}; give a number above 0")
        self.fps, self.pixel_size, self.reach = fps, pixel_size, reach
        self._linker = trackpy().linking.linking.Linker(reach, memory=0)
        self._number: int | None = None  # of the frame before
        self._last: dict[int, np.ndarray] = {}  # where each bead was in it,
        self._step: dict[int, tuple] = {}  # how it got there, and whether that counts,
        self._was_free: set[int] = set()  # whether the next step will,
        self._sums: dict[int, np.ndarray] = defaultdict(lambda: np.zeros(5))  # and all before
        self._ended = np.zeros(5)  # of the beads that are gone, but for those that were stuck

    def add(
        self, number: int, positions: np.ndarray, shape: tuple[int, ...] | None = None
    ) -> list[int]:
        """Link the positions in a frame; return a number for each bead.

        Parameters
        ----------
        number
            Of the frame.
        positions
            x and y of each bead, in pixels, of shape (beads, 2).
        shape
            Of the frame: height, width. What begins near its edge is not counted then.
        """
        positions = np.asarray(positions, float).reshape(-1, 2)
        if self._number is None:
            self._linker.init_level(positions, number)
            lag = 1
        else:
            lag = number - self._number
            if not 0 < lag <= LONGEST_GAP:  # a film from its beginning, or too long a gap
                self._link(np.empty((0, 2)), number, 1)
                self._count({}, set(), 1)
            self._link(positions, number, lag)
        names = self._linker.particle_ids
        self._number = number
        free = {name for name, yes in zip(names, self._free(positions, shape), strict=True) if yes}
        self._count(dict(zip(names, positions, strict=True)), free, lag)
        return names

    def _free(self, positions, shape):
        """Tell which beads are far from each other and from the edges, for two steps at least."""
        free = np.ones(len(positions), bool)
        if len(positions) > 1:
            free &= KDTree(positions).query(positions, 2)[0][:, 1] > NEIGHBOUR * self.reach
        if shape:
            far = positions, np.array(shape[1::-1]) - 1 - positions
            free &= np.min(far, axis=(0, 2)) > EDGE * self.reach
        return free

    def _link(self, positions, number, lag):
        self._linker.search_range = self.reach * math.sqrt(max(1, min(lag, LONGEST_GAP)))
        try:
            self._linker.next_level(positions, number)
        except trackpy().SubnetOversizeException:
            raise TrackingError(
                f"frame {number}: {len(positions)} beads, so close together that within "
                f"reach={self.reach:g} pixels each could be any of many. Give a smaller reach, or "
                "a higher threshold"
            ) from None

    def _count(self, now, free, lag):
        """Add the steps that have led to where the beads are now.

        A step counts if it began where the bead was free, wherever it ended. To ask for free ends
        would prefer the short ones.
        """
        before, self._last = self._last, now
        steps, self._step = self._step, {}
        was_free, self._was_free = self._was_free, free
        for name in before.keys() - now.keys():
            if name in self._sums:
                gone = self._sums.pop(name)
                self._ended += 0 if self._stuck(gone) else gone
        for name in before.keys() & now.keys():
            step = now[name] - before[name]
            self._step[name] = step, name in was_free
            two, counts = steps.get(name, (0, False))
            single = (1, step @ step, lag) if name in was_free else (0, 0, 0)
            pair = (1, step @ two) if counts else (0, 0)
            self._sums[name] += *single, *pair

    def _total(self):
        return self._ended + sum(self._sums.values())

    def _stuck(self, sums):
        """Tell a bead that sticks to the glass, or was left in the background, from one that moves.

        One in a billion that moves would do so little in ten steps.
        """
        count, square, *_ = self._total()
        return sums[0] >= LEAST and sums[1] * count < STUCK * square * sums[0]

    def diffusion(self) -> Diffusion | None:
        """Estimate the diffusion coefficient from all steps so far; None if there are too few.

        By the covariance of neighbouring steps: Vestergaard, Blainey and Flyvbjerg, Optimal
        estimation of diffusion coefficients from single-particle trajectories, Phys. Rev. E 89,
        022726 (2014), equations 14 and 17. A wrong position makes the step to it and the step from
        it wrong by the same amount, the other way round. So the mean product of neighbouring steps
        says how wrong positions are, and how much of a squared step is no movement; the motion
        during the exposure cancels likewise. Steps may last differently long.
        """
        moving = [sums for sums in self._sums.values() if not self._stuck(sums)]
        steps, square, frames, pairs, product = self._ended + sum(moving, np.zeros(5))
        if pairs < LEAST:
            return None
        # Two axes: a squared step is the sum of two, and so is a product.
        scale, seconds = self.pixel_size**2, frames / steps / self.fps
        square, product = scale * square / steps / 2, scale * product / pairs / 2
        coefficient = (square + 2 * product) / (2 * seconds)
        noise = -product / seconds
        variance = 6 * coefficient**2 + 4 * coefficient * noise + 2 * noise**2
        error = math.sqrt(variance / (2 * steps))
        return Diffusion(float(coefficient), error, float(-product), int(steps), float(seconds))


def mean_squared_displacement(
    tracks: np.ndarray, fps: float, pixel_size: float, lags: int = 30
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far beads get: lag times (s) and the mean squared displacement (µm²) over each.

    Parameters
    ----------
    tracks
        Frame number, bead, x and y (pixels) of each position, of shape (positions, 4).
    fps, pixel_size
        As for `Tracks`.
    lags
        The longest lag time, in frames.
    """
    import pandas

    table = pandas.DataFrame(tracks, columns=["frame", "particle", "x", "y"])
    found = trackpy().emsd(table, pixel_size, fps, max_lagtime=lags)
    return found.index.to_numpy(), found.to_numpy()


def bead_diameter(
    diffusion: float, temperature: float = 298.15, viscosity: float = 0.89e-3
) -> float:
    """Return the diameter of a bead, in µm, from its diffusion coefficient: Stokes and Einstein.

    Parameters
    ----------
    diffusion
        µm²/s.
    temperature
        K.
    viscosity
        Pa s; that of water at 25 °C is 0.89 mPa s.
    """
    return BOLTZMANN * temperature / (3 * math.pi * viscosity * diffusion * 1e-12) * 1e6


def trackpy() -> Any:
    """Import trackpy, or say how to get it."""
    try:
        import trackpy
    except ImportError:
        raise TrackingError(
            'trackpy is missing, which links the beads: pip install "trackpy>=0.7"'
        ) from None
    return trackpy
