"""Columns and their order, as fast-sugiyama finds them, and from that a first layout.

Its algorithm is Sugiyama's: ranks from left to right, then an order in each rank with few
crossings, where a way that passes a rank takes part as a dummy.
"""

import statistics
from collections import defaultdict

import fast_sugiyama

BETWEEN, LANE = 18, 14  # pixels between two boxes of a column, and around a way that passes

Pair = tuple[str, str]


def columns_of(
    pairs: list[Pair], sizes: dict[str, tuple[int, int]]
) -> tuple[dict[str, tuple[int, float]], dict[Pair, list[tuple[int, float]]]]:
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
        For each pair the columns that its way passes, and at which height.
    """
    place: dict[str, tuple[int, float]] = {}
    lanes: dict[Pair, list[tuple[int, float]]] = {}
    below = 0.0
    for part in _parts(pairs):
        found, passed = _columns_of_part(part, sizes)
        place |= {name: (column, top + below) for name, (column, top) in found.items()}
        lanes |= {pair: [(c, y + below) for c, y in there] for pair, there in passed.items()}
        lowest = [place[name][1] + sizes[name][1] for name in found]
        lowest += [y + below for there in passed.values() for _, y in there]
        below = max(lowest) + 2 * BETWEEN
    return place, lanes


def _columns_of_part(pairs, sizes):
    """Lay out processes that are all connected.

    One part at a time, since the library, as of 0.5.3, gives dummies of the second part numbers
    that vertices have.
    """
    names = list(dict.fromkeys(name for pair in pairs for name in pair))
    number = {name: index for index, name in enumerate(names)}
    turned = _without_cycles([(number[one], number[other]) for one, other in pairs])
    ((positions, _, _, edges),) = fast_sugiyama.from_edges(
        list(dict.fromkeys(turned.values())),
        minimum_length=1,
        vertex_spacing=1,
        dummy_vertices=True,
    )
    last = max(y for _, (_, y) in positions)
    ranked = [(n, round(last - y), x) for n, (x, y) in positions]
    if _upside_down([each for each in ranked if each[0] < len(names)]):
        ranked = [(n, rank, -x) for n, rank, x in ranked]
    heights = {n: sizes[names[n]][1] if n < len(names) else LANE for n, _, _ in ranked}
    tops = _stack(ranked, heights)
    highest = min(tops.values())
    place = {n: (rank, tops[n] - highest) for n, rank, _ in ranked}
    ways = _ways(edges, len(names))
    lanes = {
        pair: [(place[n][0], place[n][1] + LANE / 2) for n in ways[forwards]]
        for pair, (edge, forwards) in zip(pairs, turned.items(), strict=True)
        if edge == forwards
    }
    return {name: place[number[name]] for name in names}, lanes


def _parts(pairs):
    """Return the pairs in lists: those that are connected with each other together."""
    parts: list[list[Pair]] = []
    for pair in pairs:
        joined = [part for part in parts if any(set(pair) & set(each) for each in part)]
        parts = [part for part in parts if part not in joined]
        parts.append([each for part in joined for each in part] + [pair])
    return parts


def _without_cycles(edges):
    """Return {edge: the same, or turned round where it would close a circle}."""
    after = defaultdict(list)
    incoming = defaultdict(int)
    for one, other in edges:
        after[one].append(other)
        incoming[other] += 1
    # Depth first from those that only send; what leads back to somebody on the way is turned.
    state: dict[int, str] = {}
    back = set()
    for root in sorted(dict(edges) | {b: a for a, b in edges}, key=lambda n: incoming[n]):
        way = [(root, iter(after[root]))] if root not in state else []
        state.setdefault(root, "on the way")
        while way:
            one, rest = way[-1]
            other = next(rest, None)
            if other is None:
                state[one] = "done"
                way.pop()
            elif other not in state:
                state[other] = "on the way"
                way.append((other, iter(after[other])))
            elif state[other] == "on the way":
                back.add((one, other))
    return {edge: edge[::-1] if edge in back else edge for edge in edges}


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


def _ways(edges, count):
    """Return {(one, other): dummies on the way}, where numbers below `count` are processes."""
    steps = defaultdict(list)
    for one, other in edges:
        steps[one].append(other)
    ways = {}
    for one in range(count):
        for step in steps[one]:
            passed = []
            while step >= count:
                passed.append(step)
                (step,) = steps[step]
            ways[one, step] = passed
    return ways
