"""Where everything of a network map is drawn: boxes in columns, left to right, and ways between.

fast-sugiyama puts processes into columns so that few ways cross. What has its place keeps it: a
process that joins later gets the free place nearest to those it talks to. Only where that would
have messages run backwards that need not is everything laid out anew. Lengths are in pixels.
"""

import statistics
from typing import Any

from zmqlab.page.network_order import BETWEEN, LANE, columns_of
from zmqlab.page.network_ways import (
    arriving,
    ends_of,
    label_of,
    leaving,
    loop,
    node_of,
    path_through,
    queue_of,
)

BOX, GAP = 188, 122  # width of a process, and of the space between two columns
HEAD, ROW, FOOT = 42, 20, 6  # height of name and state, of a socket, of what is below
RELAY = 84, 34  # size of the box of a relay
MARGIN, LEFT = 12, 104  # around it all; to the left of it, for the words of a line in vain
MOST_PORTS = 8  # on each side of a box; those that are more share one
STUB = 34  # length of a line that leads nowhere

Facts = dict[str, Any]
RIGHT = {"PUSH", "PUB", "XPUB", "REQ", "DEALER", "CLIENT", "RADIO", "SCATTER", "PAIR"}


class Layout:
    """Remembers where things were."""

    def __init__(self) -> None:
        self.place: dict[str, tuple[int, float]] = {}  # node: its column, and its top
        self.lanes: dict[tuple[str, str], list[tuple[int, float]]] = {}

    def tidy(self) -> None:
        """Forget where things were."""
        self.place, self.lanes = {}, {}

    def update(self, network: Facts) -> Facts:
        """Return where to draw what `zmqlab.processes.network.network_of` returned.

        Returns
        -------
        dict
            ``width``, ``height``; ``boxes``: {node: (x, y, width, height)}; ``ports``: {socket:
            (x, y, "left" or "right")}, in which sockets for which there was no room share one;
            ``more``: {node: how many those are}; ``ways``: {edge: a path as SVG has it};
            ``labels``, ``queues``: {edge: (x, y, text-anchor)}, where words on it are, and those
            on what waits in it; ``backward``: edges that go right to left.
        """
        nodes = {each["id"]: each for each in network["nodes"]}
        sides, more = _sides(network)
        sizes = {name: _size(nodes[name], sides[name]) for name in nodes}
        pairs = list(
            dict.fromkeys(
                (node_of(each["from"]), node_of(each["to"]))
                for each in network["edges"]
                if node_of(each["from"]) != node_of(each["to"])
            )
        )
        self.arrange(sizes, pairs)
        boxes = self.boxes(sizes)
        ports = _ports(boxes, sides)
        relays = {name for name, node in nodes.items() if node["kind"] == "relay"}
        ends = {e["id"]: ends_of(e, ports, boxes, relays) for e in network["edges"]}
        ways = self.ways(network["edges"], boxes, ends)
        shared = [each[end] for each in network["edges"] for end in ("from", "to")]
        wide = max((x + w for x, _, w, _ in boxes.values()), default=0)
        lowest = [y + h for _, y, _, h in boxes.values()]
        lowest += [y for lanes in self.lanes.values() for _, y in lanes]
        return {
            "width": wide + LEFT,
            "height": max(lowest, default=0) + BETWEEN,
            "boxes": boxes,
            "ports": ports,
            "more": more,
            "ways": ways,
            "labels": {e["id"]: label_of(e, ends, shared) for e in network["edges"]},
            "queues": {e["id"]: queue_of(e, ends, boxes, shared) for e in network["edges"]},
            "backward": [
                e["id"]
                for e in network["edges"]
                if boxes[node_of(e["from"])][0] > boxes[node_of(e["to"])][0]
            ],
        }

    def arrange(self, sizes, pairs):
        """Give every connected process a column and a top, and every way its lanes."""
        self.place = {name: place for name, place in self.place.items() if name in sizes}
        self.lanes = {pair: lanes for pair, lanes in self.lanes.items() if pair in pairs}
        joined = [name for pair in pairs for name in pair]
        if not self.place and joined:
            self.place, self.lanes = columns_of(pairs, sizes)
        new = dict.fromkeys(name for name in joined if name not in self.place)
        while new:
            name = next((n for n in new if self._neighbours(n, pairs)), next(iter(new)))
            del new[name]
            self._insert(name, sizes, pairs)
        if joined and self._backward(pairs):
            fresh, lanes = columns_of(pairs, sizes)
            if _backward(fresh, pairs) < self._backward(pairs):
                stay = {name: place for name, place in self.place.items() if name not in fresh}
                self.place, self.lanes = fresh, lanes
                for name in stay:  # it has lost its connections
                    self._put(name, *stay[name], sizes)
        for pair in pairs:
            if not self._passes(pair, sizes):
                self.lanes[pair] = list(self._new_lanes(pair, sizes))

    def _neighbours(self, name, pairs):
        return [pair for pair in pairs if name in pair and set(pair) - {name} <= set(self.place)]

    def _backward(self, pairs):
        return _backward(self.place, pairs)

    def _insert(self, name, sizes, pairs):
        """Find a place right of those that send to it, or left of those it sends to."""
        around = self._neighbours(name, pairs)
        sources = [self.place[one] for one, other in around if other == name]
        targets = [self.place[other] for one, other in around if one == name]
        if sources:
            column = max(column for column, _ in sources) + 1
        elif targets:
            column = min(column for column, _ in targets) - 1
        else:
            column = min((column for column, _ in self.place.values()), default=0)
        tops = [top for _, top in sources + targets] or [0.0]
        self._put(name, column, statistics.mean(tops), sizes)

    def _put(self, name, column, top, sizes):
        taken = [
            (y, y + sizes[other][1])
            for other, (place, y) in self.place.items()
            if place == column and other in sizes
        ]
        self.place[name] = column, nearest_free(taken, top, sizes[name][1], BETWEEN)

    def _columns_between(self, pair):
        """Return the columns that a way passes, in the order in which it does."""
        (first, _), (last, _) = (self.place[name] for name in pair)
        return range(first + 1, last) if first < last else range(first, last - 1, -1)

    def _passes(self, pair, sizes):
        """Tell whether the lanes of a way are still the right ones, and free."""
        lanes = self.lanes.get(pair)
        if lanes is None or [column for column, _ in lanes] != list(self._columns_between(pair)):
            return False
        return not any(
            place == column and top - 2 < y < top + sizes[name][1] + 2
            for column, y in lanes
            for name, (place, top) in self.place.items()
        )

    def _new_lanes(self, pair, sizes):
        (first, start), (last, end) = (self.place[name] for name in pair)
        start, end = (y + sizes[name][1] / 2 for name, y in zip(pair, (start, end), strict=True))
        for column in self._columns_between(pair):
            part = (column - first) / (last - first) if last != first else 0.5
            taken = [
                (top, top + sizes[name][1])
                for name, (place, top) in self.place.items()
                if place == column
            ]
            taken += [
                (y, y)
                for other, lanes in self.lanes.items()
                for place, y in lanes
                if place == column and other != pair
            ]
            yield column, nearest_free(taken, start + part * (end - start), 0, LANE)

    def boxes(self, sizes):
        """Return where each box is; those without any connection are in rows below the others."""
        left = min((column for column, _ in self.place.values()), default=0)
        tops = [top for _, top in self.place.values()]
        tops += [y for lanes in self.lanes.values() for _, y in lanes]
        top = min(tops, default=0) - MARGIN
        boxes = {}
        for name, (column, y) in self.place.items():
            width, height = sizes[name]
            x = LEFT + (column - left) * (BOX + GAP) + (BOX - width) // 2
            boxes[name] = (x, round(y - top), width, height)
        self.left, self.top = left, top
        used = 1 + max((column - left for column, _ in self.place.values()), default=3)
        below = max((y + h + BETWEEN for _, y, _, h in boxes.values()), default=MARGIN)
        if self.lanes:
            deepest = max((y - top for lanes in self.lanes.values() for _, y in lanes), default=0)
            below = max(below, round(deepest + LANE))
        loose = [name for name in sizes if name not in self.place]
        columns = max(used, min(3, len(loose)))
        for row in range(0, len(loose), columns):
            for number, name in enumerate(loose[row : row + columns]):
                x = LEFT + number * (BOX + GAP) + (BOX - sizes[name][0]) // 2
                boxes[name] = (x, below, *sizes[name])
            below += max(sizes[name][1] for name in loose[row : row + columns]) + BETWEEN
        return {name: boxes[name] for name in sizes}

    def ways(self, edges, boxes, ends):
        """Return the path of each edge."""
        count: dict[tuple[str, str], int] = {}
        ways = {}
        for edge in edges:
            pair = node_of(edge["from"]), node_of(edge["to"])
            number = count[pair] = count.get(pair, -1) + 1
            start, end = ends[edge["id"]]
            if pair[0] == pair[1]:
                ways[edge["id"]] = loop(start, end, boxes[pair[0]], number)
                continue
            points = [leaving(start)]
            for column, y in self.lanes[pair]:
                x = LEFT + (column - self.left) * (BOX + GAP)
                y = round(y - self.top) + (-1) ** number * 3 * ((number + 1) // 2)
                sides = [x - 8, x + BOX + 8]
                backwards = boxes[pair[0]][0] >= boxes[pair[1]][0]
                points += [(each, y, 1) for each in (reversed(sides) if backwards else sides)]
                if backwards:
                    points[-2:] = [(px, py, -1) for px, py, _ in points[-2:]]
            ways[edge["id"]] = path_through([*points, arriving(end)])
        return ways


def _backward(place, pairs):
    return sum(place[one][0] >= place[other][0] for one, other in pairs)


def nearest_free(
    taken: list[tuple[float, float]], wanted: float, height: float, between: float
) -> float:
    """Return the top nearest to `wanted` at which so much height is free.

    Parameters
    ----------
    taken : list of (top, bottom)
    between : float
        Space to be left on both sides.
    """

    def free(top):
        return all(
            top + height + between <= start or top >= stop + between for start, stop in taken
        )

    tries = [wanted]
    tries += [stop + between for _, stop in taken]
    tries += [start - between - height for start, _ in taken]
    return min((top for top in tries if free(top)), key=lambda top: abs(top - wanted))


def _sides(network):
    """Return {node: (ports on the left, on the right)}, and how many have none of their own."""
    goes, comes = ({each[end] for each in network["edges"]} for end in ("from", "to"))
    sides, more = {}, {}
    for node in network["nodes"]:
        left, right = [], []
        for socket in node["sockets"]:
            name = socket["id"]
            on_right = name in goes if (name in goes) != (name in comes) else None
            if on_right is None:
                on_right = socket["type"] in RIGHT
            (right if on_right else left).append(name)
        sides[node["id"]] = left, right
        extra = sum(max(0, len(side) - MOST_PORTS) for side in (left, right))
        if extra:
            more[node["id"]] = extra
    return sides, more


def _size(node, sides):
    if node["kind"] == "relay":
        return RELAY
    rows = min(MOST_PORTS, max(map(len, sides)))
    return BOX, HEAD + ROW * rows + FOOT


def _ports(boxes, sides):
    ports = {}
    for name, (x, y, width, height) in boxes.items():
        for side, there in zip(("left", "right"), sides[name], strict=True):
            for number, socket in enumerate(there):
                row = min(number, MOST_PORTS - 1)
                middle = y + HEAD + ROW * row + ROW // 2 if height > RELAY[1] else y + height // 2
                ports[socket] = (x if side == "left" else x + width, middle, side)
    return ports
