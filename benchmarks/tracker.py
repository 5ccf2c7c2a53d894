"""The particle tracker: how fast beads are found, how many missed, and how wrong D is. One core.

python -m benchmarks.tracker [ROUNDS]

A round is a film of its own of the simulated camera, whose truth is known. trackpy's `locate` looks
at the whole frame, with the same background taken away: in the raw frame it finds a thousand beads,
where there are thirty. Both are told the width of a bead's picture, as each counts it.
"""

import sys
import time
import warnings

import cv2
import numpy as np
import trackpy
from scipy.spatial import KDTree

from benchmarks.timing import Comparison, report
from zmqlab.analysis import Detector, Tracks, find_beads
from zmqlab.cameras import open_camera

ROUNDS = 9
FPS, PIXEL_SIZE = 30, 0.08  # µm
LENGTHS = (5, 10, 20, 30)  # seconds of film
LOOKED_AT = 10  # frames of each film, by both detectors
NEAR = 4  # pixels from the truth


def locate(grey, background):
    """Find beads with trackpy, as its users do."""
    spots = cv2.GaussianBlur(cv2.absdiff(grey, background), (0, 0), 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas 3.1, that what trackpy uses will go
        return trackpy.locate(spots, 21)[["x", "y"]].to_numpy()


OURS, LOCATE = "zmqlab find_beads", "trackpy.locate"
WAYS = {LOCATE: locate, OURS: find_beads}


def film(seed, seconds):
    """Return the frames of a film, in grey, and the true positions in each."""
    with open_camera("simulated", paced=False, seed=seed) as camera:
        frames, truths = [], []
        for _ in range(seconds * FPS):
            frames.append(cv2.cvtColor(camera.read(), cv2.COLOR_BGR2GRAY))
            truths.append(camera.truth["positions"])
        return frames, truths, camera.truth["diffusion"]


def look(find, frames, truths, background):
    """Return frames a second, and the share of beads that were missed, in %."""
    seconds = missed = count = 0
    for number in np.linspace(0, len(frames) - 1, LOOKED_AT).astype(int):
        begin = time.perf_counter()
        found = find(frames[number], background)
        seconds += time.perf_counter() - begin
        distance, which = KDTree(truths[number]).query(found)
        count += len(truths[number])
        missed += len(truths[number]) - len(set(which[distance < NEAR]))
    return LOOKED_AT / seconds, 100 * missed / count


def errors(frames, truth, lengths):
    """Return by how much D is wrong after so many seconds of film, in %."""
    detector, tracks, wrong = Detector(), Tracks(FPS, PIXEL_SIZE), {}
    for number, frame in enumerate(frames, 1):
        for n, positions in detector.add(number, frame):
            tracks.add(n, positions, frame.shape)
        if number in (seconds * FPS for seconds in lengths):
            wrong[number // FPS] = 100 * abs(tracks.diffusion().coefficient / truth - 1)
    return wrong


def compare(rounds=ROUNDS, lengths=LENGTHS):
    """Yield the comparisons of this file."""
    cv2.setNumThreads(1)
    rates, missed = {way: [] for way in WAYS}, {way: [] for way in WAYS}
    wrong = {f"{seconds} s of film": [] for seconds in lengths}
    for seed in range(rounds):
        frames, truths, diffusion = film(seed, max(lengths))
        background = np.median(frames[:: len(frames) // 25], axis=0).astype(np.uint8)
        for way, find in WAYS.items():
            find(frames[0], background)  # what is made once
            rate, share = look(find, frames, truths, background)
            rates[way].append(rate)
            missed[way].append(share)
        for seconds, each in errors(frames, diffusion, lengths).items():
            wrong[f"{seconds} s of film"].append(each)
        print(f"round {seed + 1} of {rounds}", file=sys.stderr)
    what = "30 beads in a VGA frame"
    targets = [(OURS, LOCATE, 6), (OURS, None, 100)]
    yield Comparison(f"{what}, one core", "frames/s", LOCATE, rates, targets)
    yield Comparison(f"{what}, missed", "%", LOCATE, missed, [(OURS, LOCATE, 1)])
    targets = [(f"{seconds} s of film", None, 3) for seconds in lengths if seconds >= 10]
    yield Comparison("The diffusion coefficient, wrong by", "%", "", wrong, targets)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
