"""The exercises of notebook 17: hints, a solution and a check of each."""

import math

import numpy as np

from zmqlab.course.exercises import hints
from zmqlab.course.trial import NotYet, call, expect, expect_type

_D = 0.49  # µm²/s
_PATIENCE = 20.0  # seconds: a transform, or all products of all steps, are right, too


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
    small = [0.0, 1.0, 3.0, 2.0]
    got = call(function, np.array(small), 0.5, when=f"the positions are {small} µm, 0.5 s apart")
    expect_type("What it returns", int | float | np.number, got, "a number")
    # Steps 1, 2, -1: the mean square is 2, the mean product of neighbours (2 - 2) / 2 = 0.
    _expect(2.0, got, f"the positions are {small} µm, 0.5 s apart", 1e-9)
    for what, interval, wrong, smeared in (
        ("positions are exact", 1 / 30, 0.0, 1),
        ("each position is wrong by 0.2 µm", 1 / 30, 0.2, 1),
        ("the shutter is open all the time", 1 / 30, 0.0, 20),
        ("there are ten frames a second, and positions wrong by 0.1 µm", 0.1, 0.1, 1),
    ):
        given = _walk(20_000, interval, wrong, smeared)
        got = call(function, given.copy(), interval, when=what, timeout=_PATIENCE)
        _expect(_D, got, f"{what}, and D is {_D} µm²/s", 0.08)
    even = [0.0, 1.0, 3.0, 4.0]  # three squares of steps, and two products of neighbours, 2 each
    got = call(function, np.array(even), 0.5, when=f"the positions are {even} µm, 0.5 s apart")
    _expect(6.0, got, f"the positions are {even} µm, 0.5 s apart", 1e-9)
    to_and_fro = [0.0, 1.0, 0.0, 1.0]  # as if nothing but wrong positions: 1 - 2, over 2 * 0.5
    got = call(function, np.array(to_and_fro), 0.5, when=f"the positions are {to_and_fro} µm")
    _expect(-1.0, got, f"the positions are {to_and_fro} µm, 0.5 s apart", 1e-9)
    tiny = [1000.0, 1000.01, 1000.03, 1000.02]  # the first one again, a hundredth of it
    given = np.array(tiny)
    got = call(function, given, 0.5, when=f"the positions are {tiny} µm, 0.5 s apart")
    _expect(2e-4, got, f"the positions are {tiny} µm, 0.5 s apart", 1e-6)
    expect("The positions after the call", tiny, given.tolist())
    return "It finds D where positions are wrong, and where the exposure smears them."


def _expect(right, got, when, tolerance):
    if not math.isclose(got, right, rel_tol=tolerance):
        expect(f"What it returns when {when}", right, got)


def _walk(steps, interval, wrong, smeared):
    """Return positions of a bead along an axis (µm), of which each is the mean of a few places."""
    dice = np.random.default_rng(steps + smeared)
    moves = dice.normal(0, math.sqrt(2 * _D * interval / smeared), steps * smeared)
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
    cases = [
        ([4, 5, 6], [1.0, 1.5, 1.0], 10.0, [(0.5, 0.1), (-0.5, 0.1)]),
        ([0, 1, 4], [0.0, 2.0, 3.0], 2.0, [(2.0, 0.5), (1.0, 1.5)]),
        ([100, 130], [5.0, 3.0], 30.0, [(-2.0, 1.0)]),
        (
            [7, 8, 310, 311, 315],
            [2.0, 2.0, 1.0, 1.5, 1.5],
            2.5,
            [(0.0, 0.4), (-1.0, 120.8), (0.5, 0.4), (0.0, 1.6)],
        ),
        ([7, 9, 10], [0.0, 1.0, 1.5], 30.0, [(1.0, 2 / 30), (0.5, 1 / 30)]),
        ([7], [1.0], 30.0, []),
        ([], [], 30.0, []),
    ]
    for numbers, positions, fps, right in cases:
        when = (
            f"the numbers are {numbers}, the positions {positions} and there are {fps:g} a second"
        )
        given = [*numbers], [*positions]
        got = call(function, *given, fps, when=when)
        expect(f"Numbers and positions after the call, when {when}", (numbers, positions), given)
        expect_type("What it returns", list | tuple | np.ndarray, got, "a list of pairs")
        try:
            plain = [tuple(float(part) for part in pair) for pair in got]
        except (TypeError, ValueError):
            expect(f"What it returns when {when}", right, got)
            raise NotYet(f"It returns no list of pairs when {when}.") from None
        near = len(plain) == len(right) and all(
            len(a) == 2 and all(map(math.isclose, a, b)) for a, b in zip(plain, right, strict=True)
        )
        if not near:
            expect(f"What it returns when {when}", right, plain)
    return "Each step has the time that it took, whether or not frames are missing."
