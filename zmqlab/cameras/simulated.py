"""A camera in software: a microscope that looks at beads in water through interference fringes.

All about its picture is known (`SimulatedCamera.truth`), so that what a program measures can be
compared with what is there.
"""

import functools
import math
import time
from typing import Any

import cv2
import numpy as np

from .base import Camera, CameraError, Pacer

PIXEL_SIZE = 0.08  # µm: pixels of 4.8 µm behind an objective that magnifies 60 times
BEAD_RADIUS = 0.5 / PIXEL_SIZE  # pixels
LEVEL = 135.0  # grey levels in the middle of the picture, after EXPOSURE
EXPOSURE = 0.01  # s
# Blue, green, red: the colour of the lamp, and how fast it fades towards the corners. A blue
# picture, so that one whose colours were taken in the wrong order is orange, and seen to be wrong.
LAMP = np.array([1.0, 0.93, 0.70], np.float32)
FADING = np.array([0.40, 0.62, 0.90], np.float32)
# The sensor: light comes in electrons, whose number varies by its own square root (shot noise).
ELECTRONS_PER_LEVEL = 20.0
READ_NOISE = 0.8  # grey levels

SETTINGS = {  # name: what it is at first, the lowest, the highest
    "size": ((640, 480), 64, 2048),  # pixels: width, height
    "fps": (30.0, 0.1, 1000),
    "exposure": (EXPOSURE, 1e-6, 10),  # s
    "fringe_period": (12.0, 2, 10_000),  # pixels
    "fringe_angle": (25.0, -360, 360),  # degrees from the x axis towards the y axis (down)
    "fringe_contrast": (0.25, 0, 1),  # 0 for none, 1 for stripes that reach black
    "beads": (30, 0, 1000),  # how many
    "diffusion": (0.49, 0, 100),  # µm²/s: kT / (6π η r) for a bead of 1 µm in water at 25 °C
    "noise": (1.0, 0, 10),  # 0 for none, 1 as the sensor has it
    # What makes it honest, and is off at first:
    "blur": (1, 1, 100),  # places at which a bead is drawn during the exposure: 1 for no blur
    "depth": (0.0, 0, 100),  # µm of water in which beads rise and sink, out of focus and into it
    "stay": (0.0, 0, 1e6),  # s after which a bead leaves, on average, and another comes; 0: never
}
LIMITS = {name: (low, high) for name, (_, low, high) in SETTINGS.items()}
HALF = 20  # a bead is drawn 2 * HALF + 1 pixels wide,
LOOKS = 8  # in one of 8 looks, from below the focus to above it,
PHASES = 4  # to a quarter of a pixel


class SimulatedCamera(Camera):
    """Interference fringes, beads in Brownian motion, and a sensor's noise.

    The beads move by simulated time, frame by frame, so the film does not depend on how fast it
    is read. The walls at the edges of the picture throw them back.

    The options are those of `open_camera`. The settings are size, fps, exposure, fringe_period,
    fringe_angle, fringe_contrast, beads, diffusion, noise, blur, depth and stay; see `SETTINGS`
    for their units.
    """

    source = "simulated"
    limits = LIMITS

    def __init__(
        self, *, paced: bool = True, seed: int = 0, clock: Any = time, **settings: Any
    ) -> None:
        if not isinstance(seed, int) or seed < 0:
            raise CameraError(f"simulated: seed={seed!r}; give a whole number from 0")
        self._paced, self._seed, self._clock = paced, seed, clock
        self._settings = {name: first for name, (first, *_) in SETTINGS.items()}
        self._changed = set(SETTINGS)  # since the picture was last prepared
        self._number, self._time = -1, 0.0
        self.set(**settings)

    @property
    def truth(self) -> dict[str, Any]:
        """What is really there.

        fringe_period (pixels), fringe_angle (degrees); diffusion (µm²/s), pixel_size (µm);
        positions, x and y of each bead in the last frame (with blur, its mean during the
        exposure), in pixels, of shape (beads, 2), where (0, 0) is the middle of the top left
        pixel; heights, how far each is above the focus, from -1 to 1; names, a number for each
        bead that ever came; frame_number, of the last frame, from 0 (-1 before the first), and its
        time (s, simulated); the sensor's electrons_per_level and read_noise (grey levels).
        """
        self._prepare()
        named = ("fringe_period", "fringe_angle", "diffusion")
        return {name: self._settings[name] for name in named} | {
            "pixel_size": PIXEL_SIZE,
            "positions": self._seen.mean(axis=0),
            "heights": self._heights.copy(),
            "names": self._names.copy(),
            "frame_number": self._number,
            "time": self._time,
            "electrons_per_level": ELECTRONS_PER_LEVEL,
            "read_noise": READ_NOISE,
        }

    def _set(self, settings):
        self._changed |= {n for n, value in settings.items() if value != self._settings[n]}
        self._settings |= settings
        self.fps = self._settings["fps"]

    def _prepare(self):
        """Compute what the changed settings ask for: all that stays the same between frames."""
        changed, self._changed = self._changed, set()
        now = self._settings
        if "fps" in changed:
            self._pacer = Pacer(now["fps"], self._clock)
        if changed & {"size", "beads"}:
            self._walk = np.random.default_rng([self._seed, 0])
            self._walls = np.array(now["size"]) - 1 - HALF  # the other ones are at HALF
            self._positions = self._walk.uniform(HALF, self._walls, (now["beads"], 2))
            self._seen = self._positions[None]  # where it is drawn, of shape (blur, beads, 2)
            self._names = np.arange(now["beads"])
            self._heights = np.linspace(-1, 1, LOOKS)[self._names % LOOKS]
        if "size" in changed:
            self._noise, self._dice = sensor_noise(now["size"], self._seed)
        if changed - {"fps", "beads", "diffusion", "blur", "depth", "stay"}:
            fringes = (now[f"fringe_{what}"] for what in ("period", "angle", "contrast"))
            self._light = lamp_light(now["size"], now["exposure"], *fringes)
            variance = self._light / ELECTRONS_PER_LEVEL + READ_NOISE**2
            self._spread = np.float32(now["noise"]) * np.sqrt(variance)
            self._extra = np.empty_like(self._light)

    def _read(self):
        self._prepare()
        if self._paced:
            self._pacer.wait()
        self._number += 1
        if self._number > 0:
            self._expose(1 / self.fps)
        count = self._light.size
        start = self._dice.integers(self._noise.size - count)
        noise = self._noise[start : start + count].reshape(self._light.shape)
        cv2.multiply(noise, self._spread, dst=self._extra)
        for positions in self._seen:
            draw_beads(self._extra, self._light, positions, self._heights, 1 / len(self._seen))
        return cv2.add(self._light, self._extra, dtype=cv2.CV_8U)  # rounds, and stops at 0 and 255

    def _expose(self, seconds):
        """Let so much time pass, with the shutter open at its end."""
        blur, leave = self._settings["blur"], self._settings["stay"]
        if leave:
            gone = self._walk.random(len(self._names)) < -math.expm1(-seconds / leave)
            self._positions[gone] = self._walk.uniform(HALF, self._walls, (gone.sum(), 2))
            self._names[gone] = self._names.max(initial=0) + 1 + np.arange(gone.sum())
        # One step to the first place, and shorter ones between the places.
        step = min(self._settings["exposure"], seconds) / blur if blur > 1 else 0.0
        self._seen = np.array(
            [self._move(seconds - step * (blur - 1))] + [self._move(step) for _ in range(blur - 1)]
        )
        self._time += seconds

    def _move(self, seconds):
        """One Brownian step: along each axis the variance is 2 D t."""
        spread = np.sqrt(2 * self._settings["diffusion"] * seconds)  # µm
        moved = self._positions + spread / PIXEL_SIZE * self._walk.standard_normal(
            self._positions.shape
        )
        self._positions = HALF + fold(moved - HALF, self._walls - HALF)
        if depth := self._settings["depth"]:  # 2, in heights
            risen = self._heights + 2 * spread / depth * self._walk.standard_normal(
                len(self._names)
            )
            self._heights = fold(risen + 1, 2.0) - 1
        return self._positions


def fold(x: np.ndarray, width: Any) -> np.ndarray:
    """Return where something is between mirrors at 0 and at `width`: a strip of paper, folded."""
    return np.abs((x + width) % (2 * width) - width)


def lamp_light(
    size: tuple[int, int], exposure: float, period: float, angle: float, contrast: float
) -> np.ndarray:
    """Return what reaches the sensor from the lamp: grey levels, float32, height x width x 3.

    Two waves that meet at an angle add up to ``1 + contrast * cos(2π (fx x + fy y))``, so the
    spectrum has a peak at (fx, fy), 1 / `period` from its middle, and another at (-fx, -fy).
    """
    width, height = size
    x = np.arange(width, dtype=np.float32)
    y = np.arange(height, dtype=np.float32)[:, None]
    angle = math.radians(angle)
    fx, fy = math.cos(angle) / period, math.sin(angle) / period
    fringes = 1 + contrast * np.cos(2 * np.pi * (fx * x + fy * y))
    # The lamp is not quite in the middle, as in any laboratory.
    from_lamp = (x - 0.48 * width) ** 2 + (y - 0.47 * height) ** 2
    fading = np.exp(-(from_lamp / (0.25 * (width**2 + height**2)))[..., None] * FADING)
    level = LEVEL * exposure / EXPOSURE
    return (level * LAMP * fading * fringes[..., None]).astype(np.float32)


def sensor_noise(size: tuple[int, int], seed: int) -> tuple[np.ndarray, np.random.Generator]:
    """Return normal random numbers enough for a frame and more, and dice to choose a stretch.

    Drawing a million numbers takes longer than all the rest of a frame. So they are drawn once,
    and each frame takes a stretch that begins at random.
    """
    random = np.random.default_rng([seed, 1])
    count = 3 * size[0] * size[1] + 2**18
    return random.standard_normal(count, dtype=np.float32), random


@functools.cache
def bead_pictures() -> np.ndarray:
    """Return how a bead changes the light that passes it: a fraction, of each look and each phase.

    Shape (LOOKS, PHASES, PHASES, 2 * HALF + 1, 2 * HALF + 1), phases along y and x. A bright core
    in a dark ring above the focus, a dark core in a bright ring below it; the rings widen with the
    distance. Drawn to resemble what a microscope shows, not computed from optics.
    """
    offset = (np.arange(PHASES) + 0.5) / PHASES - 0.5
    axis = np.arange(-HALF, HALF + 1) - offset[:, None]
    r = np.hypot(axis[:, None, :, None], axis[None, :, None, :])
    pictures = []
    for z in np.linspace(-1, 1, LOOKS):
        blur, ring = abs(z), BEAD_RADIUS * (1.1 + 0.65 * abs(z))
        core = np.exp(-((r / BEAD_RADIUS / (0.62 + 0.25 * blur)) ** 2))
        first = np.exp(-(((r - ring) / (1.3 + 1.3 * blur)) ** 2))
        second = np.exp(-(((r - 1.55 * ring) / (1.3 + blur)) ** 2))
        bead = (0.35 + 0.25 * blur) * core - (0.38 - 0.12 * blur) * first + 0.14 * blur * second
        pictures.append(np.sign(z) * bead * np.clip((HALF - r) / 5, 0, 1))
    return np.array(pictures, np.float32)


def draw_beads(
    extra: np.ndarray,
    light: np.ndarray,
    positions: np.ndarray,
    heights: np.ndarray,
    weight: float = 1.0,
) -> None:
    """Add to `extra` what each bead, at `positions`, takes away from the `light` or brings."""
    pictures = bead_pictures() * np.float32(weight) if weight != 1 else bead_pictures()
    corners = np.floor(positions + 0.5).astype(int)
    phases = ((positions + 0.5 - corners) * PHASES).astype(int)
    looks = np.rint((heights + 1) / 2 * (LOOKS - 1)).astype(int)
    for (x, y), (right, down), look in zip(corners, phases, looks, strict=True):
        here = np.s_[y - HALF : y + HALF + 1, x - HALF : x + HALF + 1]
        extra[here] += light[here] * pictures[look, down, right, :, :, None]
