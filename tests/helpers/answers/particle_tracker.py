"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

ESTIMATE = solution("covariance_estimate")
STEPS = solution("steps_in_time")

# Of each exercise, titles and sources.
RIGHT = {
    "covariance_estimate": {
        "a loop": """
def covariance_estimate(positions, interval):
    steps = [after - before for before, after in zip(positions, positions[1:])]
    squares = sum(step * step for step in steps) / len(steps)
    products = sum(one * two for one, two in zip(steps, steps[1:])) / (len(steps) - 1)
    return squares / (2 * interval) + products / interval
""",
        "a dot product": """
def covariance_estimate(positions, interval):
    s = np.asarray(positions)[1:] - np.asarray(positions)[:-1]
    return float(s @ s / s.size / 2 / interval + s[1:] @ s[:-1] / (s.size - 1) / interval)
""",
        "a mean for each lag": """
def covariance_estimate(positions, interval):
    steps = np.ediff1d(positions)

    def mean_product(lag):
        return np.average(steps[lag:] * steps[: steps.size - lag])

    return mean_product(0) / (2 * interval) + mean_product(1) / interval
""",
        "by convolution": """
def covariance_estimate(positions, interval):
    steps = np.convolve(positions, [1, -1], "valid")
    squares, products = np.var(steps) + np.mean(steps) ** 2, np.vdot(steps[1:], steps[:-1])
    return (squares + 2 * products / (len(steps) - 1)) / interval / 2
""",
        "correlate": """
def covariance_estimate(positions, interval):
    steps = np.diff(np.asarray(positions, dtype=float))
    n = len(steps)
    by_lag = np.correlate(steps, steps, "full")[n - 1 : n + 1] / [n, n - 1]
    return by_lag @ [0.5, 1.0] / interval
""",
        "one position after the other": """
class Running:
    def __init__(self):
        self.n = self.squares = self.products = 0
        self.last = self.step = None

    def add(self, position):
        if self.last is not None:
            step = position - self.last
            if self.step is not None:
                self.products += step * self.step
            self.squares += step**2
            self.n, self.step = self.n + 1, step
        self.last = position
        return self

def covariance_estimate(positions, interval):
    running = Running()
    for position in positions:
        running.add(float(position))
    mean_square = running.squares / running.n
    mean_product = running.products / (running.n - 1)
    return (mean_square + 2 * mean_product) / (2 * interval)
""",
    },
    "steps_in_time": {
        "in one line": """
def steps_in_time(numbers, positions, fps):
    return [(b - a, (n - m) / fps) for m, n, a, b in
            zip(numbers, numbers[1:], positions, positions[1:])]
""",
        "with numpy": """
def steps_in_time(numbers, positions, fps):
    return np.stack([np.diff(positions), np.diff(numbers) / fps], axis=1)
""",
        "a generator inside": """
def steps_in_time(numbers, positions, fps):
    def steps():
        last = None
        for number, position in zip(numbers, positions):
            if last:
                yield position - last[1], (number - last[0]) / fps
            last = number, position

    return [*steps()]
""",
        "by pairs of pairs": """
class Seen(tuple):
    def __sub__(self, other):
        return tuple(mine - its for mine, its in zip(self, other))


def steps_in_time(numbers, positions, fps):
    seen = map(Seen, zip(positions, numbers))
    return [(step, frames / fps) for step, frames in
            (after - before for before, after in itertools.pairwise(seen))]
""",
        "pairs of pairs": """
from itertools import pairwise

def steps_in_time(numbers, positions, fps):
    return [[x - w, (n - m) / fps] for (m, w), (n, x) in pairwise(zip(numbers, positions))]
""",
        "one after the other, by a coroutine": """
def differences():
    before, difference = None, None
    while True:
        now = yield difference
        difference = None if before is None else now - before
        before = now

def steps_in_time(numbers, positions, fps):
    frames, ways, found = differences(), differences(), []
    next(frames), next(ways)
    for number, position in zip(numbers, positions):
        took, step = frames.send(number), ways.send(position)
        if took is not None:
            found.append((step, took / fps))
    return found
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "covariance_estimate": {
        "the first lag alone": (
            changed(ESTIMATE, "squares + 2 * products", "squares"),
            r"wrong by 0\.2 µm",
        ),
        "both means over as many": (
            changed(
                ESTIMATE,
                "np.mean(steps[1:] * steps[:-1])",
                "np.sum(steps[1:] * steps[:-1]) / len(steps)",
            ),
            r"0\.0, 1\.0, 3\.0, 4\.0.*expected: 6\.0.*gave: .*4\.6",
        ),
        "the correction once": (
            changed(ESTIMATE, "2 * products", "products"),
            r"wrong by 0\.2 µm",
        ),
        "the wrong sign": (
            changed(ESTIMATE, "squares + 2", "squares - 2"),
            r"wrong by 0\.2 µm",
        ),
        "in two dimensions": (
            changed(ESTIMATE, "(2 * interval)", "(4 * interval)"),
            r"expected: 2\.0",
        ),
        "without the interval": (
            changed(ESTIMATE, " / (2 * interval)", " / 2"),
            r"expected: 2\.0",
        ),
        "steps with themselves": (
            changed(ESTIMATE, "steps[1:] * steps[:-1]", "steps * steps"),
            r"expected: 2\.0",
        ),
        "positions for steps": (
            changed(ESTIMATE, "np.diff(positions)", "positions"),
            r"expected: 2\.0",
        ),
        "an array": (changed(ESTIMATE, "np.mean(steps**2)", "steps**2"), "a number"),
        "nothing returned": (changed(ESTIMATE, "return ", "result = "), "a number"),
        "without its sign": (
            changed(
                ESTIMATE, "return (squares + 2 * products)", "return abs(squares + 2 * products)"
            ),
            r"expected: -1.0.*gave: (np.float64\()?1.0",
        ),
        "never below 0": (
            changed(
                ESTIMATE, "return (squares + 2 * products)", "return max(0, squares + 2 * products)"
            ),
            r"expected: -1.0.*gave: (np.float64\()?0.0",
        ),
        "rounded": (
            changed(
                ESTIMATE,
                "return (squares + 2 * products) / (2 * interval)",
                "return round((squares + 2 * products) / (2 * interval), 3)",
            ),
            r"expected: 0.0002.*gave: (np.float64\()?0.0\b",
        ),
        "shifts the positions": (
            changed(ESTIMATE, "    steps = ", "    positions -= positions[0]\n    steps = "),
            "The positions after the call",
        ),
        "in a ring": (
            changed(ESTIMATE, "steps[1:] * steps[:-1]", "steps * np.roll(steps, 1)"),
            r"expected: 2\.0.*gave: np.float64\(1\.333",
        ),
        "less the mean step": (
            changed(
                ESTIMATE, "np.diff(positions)", "np.diff(positions) - np.diff(positions).mean()"
            ),
            r"expected: 2\.0.*gave: np.float64\(-0\.222",
        ),
        "medians": (
            ESTIMATE.replace("np.mean", "np.median"),
            r"expected: 2\.0.*gave: np.float64\(1\.0\)",
        ),
        "np.cov": (
            changed(
                ESTIMATE,
                "np.mean(steps[1:] * steps[:-1])",
                "np.cov(steps[1:], steps[:-1])[0, 1]",
            ),
            r"expected: 2\.0.*gave: np.float64\(-1\.0\)",
        ),
        "all beads so far": (
            "every = []\n\n"
            + changed(
                ESTIMATE,
                "    squares =",
                "    every.append(steps)\n    steps = np.concatenate(every)\n    squares =",
            ),
            r"positions wrong by 0\.1 µm.*expected: 0\.49|expected: 2\.0",
        ),
        "too few to tell": (
            changed(
                ESTIMATE,
                "    steps =",
                "    if len(positions) < 10:\n        return float('nan')\n    steps =",
            ),
            r"expected: 2\.0.*gave: nan",
        ),
        "neighbouring steps are opposite": (
            changed(ESTIMATE, "2 * products", "2 * -abs(products)"),
            "the shutter is open all the time",
        ),
        "with its error": (
            changed(
                ESTIMATE,
                "return (squares + 2 * products) / (2 * interval)",
                "D = (squares + 2 * products) / (2 * interval)\n"
                "    return D, abs(D) * (6 / len(steps)) ** 0.5",
            ),
            "expected: a number.*tuple",
        ),
    },
    "steps_in_time": {
        "by count": (
            changed(STEPS, "(numbers[after] - numbers[before]) / fps", "1 / fps"),
            r"1\.5",
        ),
        "in frames": (changed(STEPS, ") / fps", ")"), r"0\.1"),
        "times the rate": (changed(STEPS, ") / fps", ") * fps"), r"0\.1"),
        "a step too many": (
            changed(STEPS, "    return found", "    return [(0.0, 0.0), *found]"),
            r"expected: \[\(0\.5",
        ),
        "the wrong way round": (
            changed(
                STEPS,
                "positions[after] - positions[before]",
                "positions[before] - positions[after]",
            ),
            r"expected: \[\(0\.5",
        ),
        "seconds first": (
            changed(
                STEPS,
                "(positions[after] - positions[before], seconds)",
                "(seconds, positions[after] - positions[before])",
            ),
            r"expected: \[\(0\.5",
        ),
        "steps without their times": (
            changed(
                STEPS,
                "(positions[after] - positions[before], seconds)",
                "positions[after] - positions[before]",
            ),
            r"expected: \[\(0\.5",
        ),
        "only steps of one frame": (
            changed(STEPS, "        found.append", "        if seconds < 1.5 / fps: found.append"),
            r"1\.5",
        ),
        "leaves out what did not move": (
            """
def steps_in_time(numbers, positions, fps):
    rows = zip(positions, positions[1:], numbers, numbers[1:])
    return [(b - a, (m - n) / fps) for a, b, n, m in rows if b != a]
""",
            r"there are 2.5 a second.*gave: \[\(-1.0, 120.8\), \(0.5, 0.4\)\]",
        ),
        "a whole number a second": (
            changed(STEPS, "/ fps", "/ int(fps)"),
            r"there are 2.5 a second.*gave: \[\(0.0, 0.5\)",
        ),
        "rounded to milliseconds": (
            changed(
                STEPS,
                "(numbers[after] - numbers[before]) / fps",
                "round((numbers[after] - numbers[before]) / fps, 3)",
            ),
            r"there are 30 a second.*gave: \[\(1.0, 0.067\)",
        ),
        "empties the lists": (
            """
def steps_in_time(numbers, positions, fps):
    found = []
    while len(numbers) > 1:
        number, position = numbers.pop(0), positions.pop(0)
        found.append((positions[0] - position, (numbers[0] - number) / fps))
    return found
""",
            "Numbers and positions after the call",
        ),
        "whole seconds": (changed(STEPS, ") / fps", ") // fps"), r"gave: \[\(0\.5, 0\.0\)"),
        "fills the gaps": (
            """
def steps_in_time(numbers, positions, fps):
    frames = np.arange(numbers[0], numbers[-1] + 1) if len(numbers) else []
    between = np.interp(frames, numbers, positions) if len(numbers) else []
    return [(step, 1 / fps) for step in np.diff(between)]
""",
            r"expected: \[\(2\.0, 0\.5\), \(1\.0, 1\.5\)\].*gave: \[\(2\.0, 0\.5\), \(0\.333",
        ),
        "a bead that was never seen": (
            """
def steps_in_time(numbers, positions, fps):
    found, number, position = [], numbers[0], positions[0]
    for n, x in zip(numbers[1:], positions[1:]):
        found.append((x - position, (n - number) / fps))
        number, position = n, x
    return found
""",
            r"the numbers are \[\].*IndexError",
        ),
        "by their times": (
            """
def steps_in_time(numbers, positions, fps):
    by_time = {}
    for i in range(1, len(numbers)):
        by_time[(numbers[i] - numbers[i - 1]) / fps] = positions[i] - positions[i - 1]
    return [(step, seconds) for seconds, step in by_time.items()]
""",
            r"gave: \[\(-0\.5, 0\.1\)\]",
        ),
        "a zip": (
            """
def steps_in_time(numbers, positions, fps):
    return zip(np.diff(positions), np.diff(numbers) / fps)
""",
            "expected: a list of pairs.*zip object",
        ),
        "single precision": (
            """
def steps_in_time(numbers, positions, fps):
    frames = np.diff(np.array(numbers, dtype=np.float32))
    return list(zip(np.diff(positions).tolist(), (frames / fps).tolist()))
""",
            "0.10000000149011612",
        ),
        "how far, not which way": (
            changed(
                STEPS,
                "(positions[after] - positions[before], seconds)",
                "(abs(positions[after] - positions[before]), seconds)",
            ),
            r"gave: \[\(0\.5, 0\.1\), \(0\.5, 0\.1\)\]",
        ),
        "goes on with the last bead": (
            changed(STEPS, "positions, fps):", "positions, fps, found=[]):").replace(
                "    found = []\n", ""
            ),
            r"gave: \[\(0\.5, 0\.1\), \(-0\.5, 0\.1\), \(2\.0, 0\.5\)",
        ),
    },
}
