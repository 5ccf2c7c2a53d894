"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

ESTIMATE = solution("covariance_estimate")
STEPS = solution("steps_in_time")

# Of each exercise, titles and sources.
RIGHT = {
    "covariance_estimate": {
        "a dot product": """
def covariance_estimate(positions, interval):
    s = np.asarray(positions)[1:] - np.asarray(positions)[:-1]
    return float(s @ s / s.size / 2 / interval + s[1:] @ s[:-1] / (s.size - 1) / interval)
""",
    },
    "steps_in_time": {
        "with numpy": """
def steps_in_time(numbers, positions, fps):
    return np.stack([np.diff(positions), np.diff(numbers) / fps], axis=1)
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
        "in two dimensions": (
            changed(ESTIMATE, "(2 * interval)", "(4 * interval)"),
            r"positions are exact.*expected: 0\.49",
        ),
        "an array": (changed(ESTIMATE, "np.mean(steps**2)", "steps**2"), "a number"),
        "shifts the positions": (
            changed(ESTIMATE, "    steps = ", "    positions -= positions[0]\n    steps = "),
            "The positions after the call",
        ),
    },
    "steps_in_time": {
        "in frames": (changed(STEPS, ") / fps", ")"), r"0\.1"),
        "a step too many": (
            changed(STEPS, "    return found", "    return [(0.0, 0.0), *found]"),
            r"expected: \[\(0\.5",
        ),
        "a whole number a second": (
            changed(STEPS, "/ fps", "/ int(fps)"),
            r"2\.5 frames.*gave: \[\(0.0, 0.5\)",
        ),
        "whole seconds": (changed(STEPS, ") / fps", ") // fps"), r"gave: \[\(0\.5, 0\.0\)"),
    },
}
