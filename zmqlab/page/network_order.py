"""Columns and their order, as fast-sugiyama finds them.

Its algorithm is Sugiyama's: ranks from left to right, then an order in each rank with few
crossings, where a way that passes a rank takes part as a dummy.
"""

import itertools
import statistics
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter

import fast_sugiyama

from zmqlab.processes.traffic import parts_of

BETWEEN, LANE = 18, 14  # pixels between two boxes of a column, and around a way that passes


def columns_of(
    pairs: list[tuple[str, str]], sizes: dict[str, tuple[int, int]]
) -> tuple[dict[str, tuple[int, float]], dict[tuple[str, str, int], float]]:
    """Lay processes out anew.

    Parameters
    ----------
    pairs : list of (str, str)
        Who sends to whom, each once, nobody to itself.
    sizes : dict
        Width and height of each process's box in pixels.

    Returns
    -------
    place : dict
        The column and the top of each process that is in one of the pairs.
    lanes : dict
        At which height a pair's way passes a column: {(one, other, column): y}.
    """
    place: dict[str, tuple[int, float]] = {}
    lanes: dict[tuple[str, str, int], float] = {}
    below = 0.0
    # One connected part at a time, since the library, as of 0.5.3, gives dummies of the second
    # part numbers that vertices have.
    for part in parts_of(pairs):
        names = list(dict.fromkeys(sum(part, ())))
        edges = _without_cycles([(names.index(one), names.index(other)) for one, other in part])
        ((positions, _, _, steps),) = fast_sugiyama.from_edges(
            edges, minimum_length=1, vertex_spacing=1, dummy_vertices=True
        )
        last = max(y for _, (_, y) in positions)
        ranked = [(int(n), round(last - y), x) for n, (x, y) in positions]
        if _upside_down([each for each in ranked if each[0] < len(names)]):
            ranked = [(n, rank, -x) for n, rank, x in ranked]
        heights = {n: sizes[names[n]][1] if n < len(names) else LANE for n, _, _ in ranked}
        tops = _stack(ranked, heights)
        below -= min(tops.values())
        there = {n: (rank, tops[n] + below) for n, rank, _ in ranked}
        place |= {name: there[n] for n, name in enumerate(names)}
        for one, other, dummy in _passed(steps, len(names)):
            column, top = there[dummy]
            lanes[names[one], names[other], column] = top + LANE / 2
        below += max(tops[n] + heights[n] for n in tops) + 2 * BETWEEN
    return place, lanes


def _without_cycles(edges):
    """Leave out edges that close a circle, with which the library may never end."""
    edges = list(edges)
    while True:
        sorter: TopologicalSorter[int] = TopologicalSorter()
        for one, other in edges:
            sorter.add(other, one)
        try:
            sorter.prepare()
        except CycleError as error:
            circle = set(itertools.pairwise(error.args[1]))
            edges.remove(next(edge for edge in reversed(edges) if edge in circle))
        else:
            return edges


def _upside_down(ranked):
    """Tell whether those that came first are mostly below others of the same rank."""
    there = sorted(ranked)
    pairs = [(a[2], b[2]) for i, b in enumerate(there) for a in there[:i] if a[1] == b[1]]
    return sum(1 if first > second else -1 for first, second in pairs) > 0


def _stack(ranked, heights):
    """Return the top of each item: near where the library wants it, and none over another."""
    unit = statistics.mean(heights.values()) + BETWEEN
    columns = defaultdict(list)
    for n, rank, x in ranked:
        columns[rank].append((x, n))
    tops = {}
    for column in columns.values():
        edge, moved = float("-inf"), []
        for x, n in sorted(column):
            wanted = x * unit - heights[n] / 2
            tops[n] = max(wanted, edge)
            moved.append(tops[n] - wanted)
            edge = tops[n] + heights[n] + BETWEEN
        for _, n in column:  # back by what pushing has moved them
            tops[n] -= statistics.mean(moved)
    return tops


def _passed(edges, count):
    """Yield (one, other, a dummy between them); numbers below `count` are processes."""
    steps = defaultdict(list)
    for one, other in edges:
        steps[one].append(other)
    for one in range(count):
        for step in steps[one]:
            dummies = []
            while step >= count:
                dummies.append(step)
                (step,) = steps[step]
            yield from ((one, step, each) for each in dummies)
