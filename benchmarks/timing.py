"""What the benchmarks share: interleaved runs, medians with their spread, a table in Markdown."""

import importlib.metadata
import importlib.util
import os
import platform
import statistics
import sys
from dataclasses import dataclass, field

LESS_IS_BETTER = {"s", "ms", "µs", "MB", "%"}


@dataclass
class Comparison:
    """Several ways to do the same, measured in turn.

    Attributes
    ----------
    what : str
    unit : str
        Of the values. Of seconds and bytes less is better, of everything else more.
    base : str
        The way that all others are compared with.
    values : dict
        Way: list of numbers, one a round.
    targets : list of (str, str or None, float)
        A way, another way, how many times better the first is to be at least. Without another
        way the number is the value itself that is to be reached.
    left_out : list of str
        Ways that could not be measured here, and why.
    date : str
        When it was measured, if not with the others.
    """

    what: str
    unit: str
    base: str
    values: dict
    targets: list = field(default_factory=list)
    left_out: list = field(default_factory=list)
    date: str = ""

    def times(self, way, base=None):
        """Return median and quartiles of how many times better a way is, round by round."""
        pairs = zip(self.values[way], self.values[base or self.base], strict=False)  # as `slow` is
        if self.unit in LESS_IS_BETTER:
            return spread([other / mine for mine, other in pairs])
        return spread([mine / other for mine, other in pairs])

    def verdicts(self, way):
        """Return (what was to be reached, what was, whether that is enough) for each target."""
        said = []
        for mine, other, least in self.targets:
            if mine != way or mine not in self.values:
                continue
            if other is None:
                most, value = self.unit in LESS_IS_BETTER, spread(self.values[way])[0]
                sign, good = ("≤", value <= least) if most else ("≥", value >= least)
                said.append((f"{sign} {least:g} {self.unit}", number(value), good))
            elif other in self.values:
                value = self.times(way, other)[0]
                said.append((f"≥ {least:g} × {other}", number(value), value >= least))
        return said

    def rows(self):
        """Return way, median with quartiles, how many times better than the base, and targets."""
        for way, values in self.values.items():
            middle, low, high = map(number, spread(values))
            around = f" ({low} to {high})" if low != high else ""
            reached = "; ".join(
                f"{goal}: {value} {'✓' if good else '**missed**'}"
                for goal, value, good in self.verdicts(way)
            )
            ratio = "" if self.base not in self.values else number(self.times(way)[0])
            yield [way, f"{middle}{around} {self.unit}", ratio, reached]


def number(value):
    """Return a number with three digits that count, and thousands kept apart."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def interleave(ways, rounds, slow=(), left_out=None):
    """Measure all ways in turn, `rounds` times, so that what disturbs one disturbs all.

    Parameters
    ----------
    ways : dict
        Name: function without arguments that returns a number.
    rounds : int
    slow : collection of str
        Names of ways that are measured in the first third of the rounds only.
    left_out : list of str, optional
        Where it is given, a way that fails is left out, and named here; otherwise it raises.

    Returns
    -------
    dict
        Name: list of the numbers, one a round.
    """
    results = {name: [] for name in ways}
    for number in range(rounds):
        names = list(ways) if number % 2 else list(reversed(ways))  # nobody is always first
        for name in names:
            if name not in results or (name in slow and number >= max(1, rounds // 3)):
                continue
            try:
                results[name].append(ways[name]())
            except Exception as error:
                if left_out is None:
                    raise
                left_out.append(f"{name}: {error!r}")
                del results[name]
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    return results


def spread(values):
    """Return median, lower and upper quartile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def ratio(values, base):
    """Return the median of the ratios to `base`, round by round."""
    return statistics.median(mine / other for mine, other in zip(values, base, strict=True))


def table(heads, rows):
    """Return a table in Markdown: the first column text, the others numbers."""
    lines = [heads, ["---"] + ["---:"] * (len(heads) - 1), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def report(comparisons):
    """Print comparisons as they come, a table each."""
    for each in comparisons:
        heads = [each.what, "median (quartiles)", each.base and f"× {each.base}", "target"]
        print(f"\n{table(heads, each.rows())}", *each.left_out, sep="\n", flush=True)


def absent(peers):
    """Return those of {name: module} that are not installed, as what is left out and why."""
    return [
        f"{name}: {module} is not installed"
        for name, module in peers.items()
        if not importlib.util.find_spec(module)
    ]


def machine():
    """Say in a line what it was measured on."""
    import numpy
    import zmq

    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, pyzmq {zmq.__version__} "
        f"(libzmq {zmq.zmq_version()}), numpy {numpy.__version__}"
    )


def versions(packages):
    """Return {package: version} of those that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
