"""The ways of beads, from frame to frame, and how fast they wander: Brownian motion measured.

Linking is trackpy's (https://soft-matter.github.io/trackpy/), which needs the extra ``tracking``.
"""

import math
import warnings
from collections import defaultdict
from typing import Any, NamedTuple

import numpy as np
from scipy.spatial import KDTree

from .particles import TrackingError

LONGEST_GAP = 10  # frames: after more, nobody can tell which bead is which
STUCK, LEAST = 0.1, 5  # of the mean squared step; steps of a track that can be judged by it
NEIGHBOUR, EDGE = 2.5, 3.0  # reaches to another bead, and to an edge, that are room for a step
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
        trackpy()
        self._number: int | None = None  # of the frame before
        self._names: dict[Any, int] = {}  # of trackpy's tracks that it has seen,
        self._count_of_names = 0  # and how many there were
        self._last: dict[int, np.ndarray] = {}  # where each bead was in it,
        self._step: dict[int, tuple] = {}  # how it got there, in which time, from where,
        self._room: dict[int, float] = {}  # how much room there is for the next, in reaches,
        self._sums: dict[int, np.ndarray] = defaultdict(lambda: np.zeros(6))  # and all before
        self._ended = np.zeros(6)  # of the beads that are gone, but for those that were stuck

    def add(
        self, number: int, positions: np.ndarray, shape: tuple[int, ...] | None = None
    ) -> list[int]:
        """Link the positions in a frame; return a number for each bead.

        It is -1 for those that are less than a quarter of the reach from another, which nobody can
        tell apart from frame to frame.

        Parameters
        ----------
        number
            Of the frame.
        positions
            x and y of each bead, in pixels, of shape (beads, 2).
        shape
            Of the frame: height, width. What begins near its edge is not counted then.
        """
        given = np.asarray(positions, float).reshape(-1, 2)
        apart = np.full(len(given), np.inf)  # from the nearest other one
        if len(given) > 1:
            apart = KDTree(given).query(given, 2)[0][:, 1]
        clear = apart > self.reach / 4
        positions = given[clear]
        lag = LONGEST_GAP + 1 if self._number is None else number - self._number
        if not 0 < lag <= LONGEST_GAP:  # the first one, a film from its beginning, or a long gap
            self._begin(positions)
        else:
            self._link(positions, number, lag)
        names = self._name([point.track for point in self._linker.hash.points])
        self._number = number
        room = apart[clear] / NEIGHBOUR / self.reach
        if shape:
            to_edges = np.min([positions, np.array(shape[1::-1]) - 1 - positions], axis=(0, 2))
            room = np.minimum(room, to_edges / EDGE / self.reach)
        self._count(
            dict(zip(names, positions, strict=True)), dict(zip(names, room, strict=True)), lag
        )
        every = np.full(len(given), -1)
        every[clear] = names
        return every.tolist()

    def _begin(self, positions):
        """End all tracks, and begin with these positions."""
        self._count({}, {}, 1)
        # Where beads are many and near, it makes the reach smaller, down to a tenth.
        adaptive = {"adaptive_stop": self.reach / 10, "adaptive_step": 0.7}
        self._linker = trackpy().linking.linking.Linker(self.reach, memory=0, **adaptive)
        self._linker.init_level(positions, 0)

    def _name(self, tracks):
        """Return a number for each of trackpy's tracks.

        trackpy numbers them too, but all linkers of a program share one counter, and each begins
        with setting it back.
        """
        names = {}
        for track in tracks:
            if (name := self._names.get(track)) is None:
                name, self._count_of_names = self._count_of_names, self._count_of_names + 1
            names[track] = name
        self._names = names
        return list(names.values())

    def _link(self, positions, number, lag):
        self._linker.search_range = self.reach * math.sqrt(lag)
        try:
            self._linker.next_level(positions, number)
        except trackpy().SubnetOversizeException:
            self._number = None
            raise TrackingError(
                f"frame {number}: {len(positions)} beads, so close together that within "
                f"reach={self.reach:g} pixels each could be any of many. Give a smaller reach, or "
                "a higher threshold"
            ) from None

    def _count(self, now, room, lag):
        """Add the steps that have led to where the beads are now.

        A step counts if it began where there was room for one of that many frames, wherever it
        ended. To ask for room at its end would prefer the short ones.
        """
        before, self._last = self._last, now
        steps, self._step = self._step, {}
        had, self._room = self._room, room
        for name in before.keys() - now.keys():
            if name in self._sums:
                gone = self._sums.pop(name)
                self._ended += 0 if self._stuck(gone) else gone
        for name in before.keys() & now.keys():
            step = now[name] - before[name]
            self._step[name] = step, lag, had[name]
            two, frames, at_first = steps.get(name, (0, 0, 0.0))
            # Each weighs as much as it is certain: a squared step, over its time, as any other; a
            # product the less, the longer its two steps.
            if had[name] ** 2 > lag:
                self._sums[name][:4] += 1, lag, step @ step / lag, 1 / lag
            if at_first**2 > max(frames, (frames + lag) / 2):
                self._sums[name][4:] += 1 / (frames * lag), step @ two / (frames * lag)

    def _total(self):
        return self._ended + sum(self._sums.values())

    def _stuck(self, sums):
        """Tell a bead that sticks to the glass, or was left in the background, from one that moves.

        Of those that move, fewer than one in a thousand would do so little in five steps.
        """
        count, _, square, *_ = self._total()
        return sums[0] >= LEAST and sums[2] * count < STUCK * square * sums[0]

    def diffusion(self) -> Diffusion | None:
        """Estimate the diffusion coefficient from all steps so far; None if there are too few.

        By the covariance of neighbouring steps: Vestergaard, Blainey and Flyvbjerg, Optimal
        estimation of diffusion coefficients from single-particle trajectories, Phys. Rev. E 89,
        022726 (2014). A wrong position makes the step to it and the step from
        it wrong by the same amount, the other way round. So the mean product of neighbouring steps
        says how wrong positions are, and how much of a squared step is no movement; the motion
        during the exposure cancels likewise. Steps may last differently long.
        """
        moving = [sums for sums in self._sums.values() if not self._stuck(sums)]
        steps, frames, square, rate, weight, product = self._ended + sum(moving, np.zeros(6))
        if steps < LEAST or not weight:
            return None
        # Two axes: a squared step is the sum of two, and so is a product.
        scale = self.pixel_size**2 / 2
        spread = -scale * product / weight
        noise = spread * self.fps * rate / steps
        coefficient = scale * self.fps * square / steps / 2 - noise
        variance = 6 * coefficient**2 + 4 * coefficient * noise + 2 * noise**2
        # That is where steps last equally long, and each has a neighbour: then `fewer` is 1.
        fewer = (rate / steps) ** 2 * steps / weight
        of_products = 4 * coefficient**2 + 8 * coefficient * noise + 7 * noise**2
        variance += max(0, fewer - 1) * of_products
        return Diffusion(
            float(coefficient),
            math.sqrt(variance / (2 * steps)),
            float(spread),
            int(steps),
            float(frames / steps / self.fps),
        )


def mean_squared_displacement(
    tracks: np.ndarray, fps: float, pixel_size: float, lags: int = 30
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far beads get: lag times (s) and the mean squared displacement (µm²) over each.

    Parameters
    ----------
    tracks
        Frame number, bead, x and y (pixels) of each position, of shape (positions, 4). Bead -1,
        which is none, is left out.
    fps, pixel_size
        As for `Tracks`.
    lags
        The longest lag time, in frames.
    """
    import pandas

    table = pandas.DataFrame(tracks[tracks[:, 1] >= 0], columns=["frame", "particle", "x", "y"])
    with warnings.catch_warnings():  # of pandas, about what trackpy 0.7 uses of it
        warnings.simplefilter("ignore", DeprecationWarning)
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
