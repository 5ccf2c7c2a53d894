"""What the benchmarks share: interleaved runs, medians with their spread, a table in Markdown."""

import os
import platform
import statistics
import sys


def interleave(ways, rounds):
    """Measure all ways in turn, `rounds` times, so that what disturbs one disturbs all.

    Parameters
    ----------
    ways : dict
        Name: function without arguments that returns a number.
    rounds : int

    Returns
    -------
    dict
        Name: list of the numbers, one a round.
    """
    results = {name: [] for name in ways}
    for number in range(rounds):
        names = list(ways) if number % 2 else list(reversed(ways))  # nobody is always first
        for name in names:
            results[name].append(ways[name]())
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return results


def spread(values):
    """Return median, lower and upper quartile."""
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def ratio(values, base):
    """Return the median of the ratios to `base`, round by round."""
    return statistics.median(mine / other for mine, other in zip(values, base, strict=True))


def table(heads, rows):
    """Return a table in Markdown: the first column text, the others numbers."""
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine():
    """Say in a line what it was measured on."""
    import numpy
    import zmq

    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, pyzmq {zmq.__version__} "
        f"(libzmq {zmq.zmq_version()}), numpy {numpy.__version__}"
    )
