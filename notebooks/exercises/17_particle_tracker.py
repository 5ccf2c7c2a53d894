"""The exercises of notebook 17: hints, a solution and a check of each."""

from contextlib import suppress

import numpy as np

from zmqlab.course.exercises import hints
from zmqlab.course.trial import call, expect, expect_return, expect_type

_D = 0.49  # µm²/s


@hints(
    "The steps are `np.diff(positions)`. What does a wrong position do to the step that leads to "
    "it, and to the step that leads away from it?",
    "It makes one too long and the other too short by the same amount. So the mean product of "
    "neighbours, `np.mean(steps[1:] * steps[:-1])`, is minus the mean square of what is wrong; a "
    "squared step holds that twice.",
    "`(np.mean(steps**2) + 2 * np.mean(steps[1:] * steps[:-1])) / (2 * interval)`.",
)
def covariance_estimate(positions, interval):
    steps = np.diff(positions)
    squares = np.mean(steps**2)
    products = np.mean(steps[1:] * steps[:-1])
    return (squares + 2 * products) / (2 * interval)


def check_covariance_estimate(function):
    for what, wrong, smeared in (
        ("positions are exact", 0.0, 1),
        ("each position is wrong by 0.2 µm", 0.2, 1),
        ("the shutter is open all the time", 0.0, 20),
    ):
        got = call(function, _walk(20_000, 1 / 30, wrong, smeared), 1 / 30, when=what, timeout=20)
        expect_type("What it returns", int | float | np.number, got, "a number")
        if not abs(got / _D - 1) < 0.08:
            expect(f"What it returns when {what}, and D is {_D} µm²/s", _D, got)
    positions = np.array([1.0, 2.0, 4.0, 5.0])
    # Steps 1, 2, 1: the mean square is 2, and so is the mean product of neighbours.
    expect_return(6.0, function, positions, 0.5, when="they are 1, 2, 4 and 5 µm, 0.5 s apart")
    expect("The positions after the call", [1.0, 2.0, 4.0, 5.0], positions.tolist())
    return "It finds D where positions are wrong, and where the exposure smears them."


def _walk(steps, interval, wrong, smeared):
    """Return positions of a bead along an axis (µm), of which each is the mean of a few places."""
    dice = np.random.default_rng(steps + smeared)
    moves = dice.normal(0, np.sqrt(2 * _D * interval / smeared), steps * smeared)
    seen = np.cumsum(moves).reshape(steps, smeared).mean(axis=1)
    return seen + dice.normal(0, wrong, steps)


@hints(
    "Two positions that follow each other need not be of frames that follow each other. How many "
    "frames lie between numbers 7 and 10?",
    "The step is `positions[i + 1] - positions[i]`, and it took "
    "`(numbers[i + 1] - numbers[i]) / fps` seconds.",
    "`[(after - before, (n - m) / fps) for m, n, before, after in zip(numbers, numbers[1:], "
    "positions, positions[1:])]`.",
)
def steps_in_time(numbers, positions, fps):
    found = []
    for before, after in zip(range(len(numbers)), range(1, len(numbers))):
        seconds = (numbers[after] - numbers[before]) / fps
        found.append((positions[after] - positions[before], seconds))
    return found


def check_steps_in_time(function):
    for numbers, positions, fps, right in (
        ([4, 5, 6], [1.0, 1.5, 1.0], 10.0, [(0.5, 0.1), (-0.5, 0.1)]),
        ([7, 8, 310], [2.0, 2.0, 1.0], 2.5, [(0.0, 0.4), (-1.0, 120.8)]),
        ([7], [1.0], 30.0, []),
    ):
        when = f"the numbers are {numbers}, the positions {positions}, {fps:g} frames a second"
        got = call(function, numbers, positions, fps, when=when)
        with suppress(TypeError, ValueError):  # what is no list of pairs is shown as it is
            got = [tuple(round(float(part), 9) for part in pair) for pair in got]
        expect(f"What it returns when {when}", right, got)
    return "Each step has the time that it took, whether or not frames are missing."
