"""Where everything of a network map is drawn: boxes in columns, left to right, and ways between.

What has its place keeps it: a process that joins later gets the free place nearest to those it
talks to. Only where that would have messages run backwards that need not is everything laid out
anew. Lengths are in pixels; a port is (x, y, 1 or -1: whether it looks to the right or the left).
"""

import statistics
from collections import Counter
from typing import Any

from zmqlab.page.network_order import BETWEEN, LANE, columns_of
from zmqlab.page.network_ways import loop, path_through

BOX, GAP = 188, 122  # width of a process, and of the space between two columns
HEAD, ROW, FOOT = 42, 20, 6  # height of name and state, of a socket, of what is below
RELAY = 84, 34  # size of the box of a relay
MARGIN, LEFT = 12, 104  # around it all; to the left of it, for the words of a line in vain
MOST_PORTS = 8  # on each side of a box; those that are more share one

Facts = dict[str, Any]
RIGHT = {"PUSH", "PUB", "XPUB", "REQ", "DEALER", "CLIENT", "RADIO", "SCATTER", "PAIR"}


def node_of(socket_id: str) -> str:
    """Return whose a socket is."""
    return socket_id.rpartition("/")[0]


class Layout:
    """Remembers where processes were: `place` has the column and the top of each."""

    def __init__(self) -> None:
        self.place: dict[str, tuple[int, float]] = {}
        self._wanted: dict[tuple[str, str, int], float] = {}  # see `columns_of`

    def update(self, network: Facts) -> Facts:
        """Return where to draw what `zmqlab.processes.network.network_of` returned.

        Returns
        -------
        dict
            ``width``, ``height``; ``boxes``: {node: (x, y, width, height)}; ``ports``: {socket:
            port}, in which sockets for which there was no room share one; ``more``: {node: how
            many those are}; ``ways``: {edge: a path as SVG has it}; ``labels``, ``queues``: {edge:
            (x, y, text-anchor)}, where words on it are, and those on what waits in it;
            ``backward``: edges that go right to left.
        """
        edges = network["edges"]
        sides, more = _sides(network)
        sizes = {each["id"]: _size(each, sides[each["id"]]) for each in network["nodes"]}
        pairs = [(node_of(each["from"]), node_of(each["to"])) for each in edges]
        pairs = list(dict.fromkeys(pair for pair in pairs if pair[0] != pair[1]))
        self._arrange(sizes, pairs)
        lanes = self._lanes(sizes, pairs)
        boxes, lanes = self._boxes(sizes, lanes)
        ports = _ports(boxes, sides)
        relays = {each["id"] for each in network["nodes"] if each["kind"] == "relay"}
        ends = {each["id"]: _ends(each, ports, boxes, relays) for each in edges}
        lowest = [y + h for _, y, _, h in boxes.values()]
        lowest += [y for there in lanes.values() for _, y in there]
        return {
            "width": LEFT + max((x + w for x, _, w, _ in boxes.values()), default=0),
            "height": BETWEEN + max(lowest, default=0),
            "boxes": boxes,
            "ports": ports,
            "more": more,
            "ways": _ways(edges, boxes, ends, lanes),
            **_places_of_words(edges, boxes, ends),
            "backward": [
                each["id"]
                for each in edges
                if boxes[node_of(each["from"])][0] > boxes[node_of(each["to"])][0]
            ],
        }

    def _arrange(self, sizes, pairs):
        """Give every connected process a column and a top."""
        self.place = {name: place for name, place in self.place.items() if name in sizes}
        if not self.place:
            self.place, self._wanted = columns_of(pairs, sizes)
        new = [name for name in dict.fromkeys(sum(pairs, ())) if name not in self.place]
        while new:
            there = (name for name in new if any(self._around(name, pairs)))
            name = next(there, new[0])
            new.remove(name)
            self._insert(name, sizes, pairs)
        if _backward(self.place, pairs):
            fresh, wanted = columns_of(pairs, sizes)
            if _backward(fresh, pairs) < _backward(self.place, pairs):
                before, self.place, self._wanted = self.place, fresh, wanted
                for name in before.keys() - fresh.keys():  # it has lost its connections
                    self._put(name, *before[name], sizes)

    def _around(self, name, pairs):
        """Return the places of those that send to a process, and of those it sends to."""
        sources = [self.place[one] for one, to in pairs if to == name and one in self.place]
        targets = [self.place[to] for one, to in pairs if one == name and to in self.place]
        return sources, targets

    def _insert(self, name, sizes, pairs):
        """Find a place right of those that send to it, or left of those it sends to."""
        sources, targets = self._around(name, pairs)
        if sources:
            column = max(column for column, _ in sources) + 1
        elif targets:
            column = min(column for column, _ in targets) - 1
        else:
            column = min((column for column, _ in self.place.values()), default=0)
        tops = [top for _, top in sources + targets] or [0.0]
        self._put(name, column, statistics.mean(tops), sizes)

    def _put(self, name, column, top, sizes):
        taken = self._taken(column, sizes)
        self.place[name] = column, nearest_free(taken, top, sizes[name][1], BETWEEN)

    def _taken(self, column, sizes):
        there = [(top, name) for name, (place, top) in self.place.items() if place == column]
        return [(top, top + sizes[name][1]) for top, name in there]

    def _lanes(self, sizes, pairs):
        """Return {pair: [(column, y)]}: where the way between two processes passes columns."""
        lanes, passed = {}, {}
        for pair in pairs:
            (first, start), (last, end) = (self.place[name] for name in pair)
            start, end = (y + sizes[n][1] / 2 for n, y in zip(pair, (start, end), strict=True))
            # Backwards, it passes the columns of both ends too.
            columns = range(first + 1, last) if first < last else range(first, last - 1, -1)
            lanes[pair] = []
            for column in columns:
                part = (column - first) / (last - first) if last != first else 0.5
                there = passed.setdefault(column, self._taken(column, sizes))
                y = self._wanted.get((*pair, column), start + part * (end - start))
                y = nearest_free(there, y, 0, LANE)
                there.append((y, y))
                lanes[pair].append((column, y))
        return lanes

    def _boxes(self, sizes, lanes):
        """Return boxes and lanes in pixels; what has no connection is in rows below the others."""
        left = min((column for column, _ in self.place.values()), default=0)
        tops = [top for _, top in self.place.values()]
        tops += [y for there in lanes.values() for _, y in there]
        top = min(tops, default=0) - MARGIN

        def x_of(column, width=BOX):
            return LEFT + column * (BOX + GAP) + (BOX - width) // 2

        boxes = {
            name: (x_of(column - left, sizes[name][0]), round(y - top), *sizes[name])
            for name, (column, y) in self.place.items()
        }
        lanes = {
            pair: [(x_of(column - left), round(y - top)) for column, y in there]
            for pair, there in lanes.items()
        }
        below = max((y + h + BETWEEN for _, y, _, h in boxes.values()), default=MARGIN)
        below = max([below, *(y + LANE for there in lanes.values() for _, y in there)])
        loose = [name for name in sizes if name not in self.place]
        used = 1 + max((column - left for column, _ in self.place.values()), default=3)
        columns = max(used, min(3, len(loose)))
        for row in range(0, len(loose), columns):
            there = loose[row : row + columns]
            for column, name in enumerate(there):
                boxes[name] = (x_of(column, sizes[name][0]), below, *sizes[name])
            below += max(sizes[name][1] for name in there) + BETWEEN
        return {name: boxes[name] for name in sizes}, lanes


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
    """Return {node: (sockets on the left, on the right)}, and how many have to share a port."""
    goes, comes = ({each[end] for each in network["edges"]} for end in ("from", "to"))
    sides, more = {}, {}
    for node in network["nodes"]:
        left, right = sides[node["id"]] = [], []
        for socket in node["sockets"]:
            name, one_way = socket["id"], (socket["id"] in goes) != (socket["id"] in comes)
            (right if (name in goes if one_way else socket["type"] in RIGHT) else left).append(name)
        extra = sum(max(0, len(side) - MOST_PORTS) for side in (left, right))
        if extra:
            more[node["id"]] = extra
    return sides, more


def _size(node, sides):
    if node["kind"] == "relay":
        return RELAY
    return BOX, HEAD + ROW * min(MOST_PORTS, max(map(len, sides))) + FOOT


def _ports(boxes, sides):
    ports = {}
    for name, (x, y, width, _) in boxes.items():
        for at, out, there in zip((x, x + width), (-1, 1), sides[name], strict=True):
            for number, socket in enumerate(there):
                row = min(number, MOST_PORTS - 1)
                ports[socket] = at, y + HEAD + ROW * row + ROW // 2, out
    return ports


def _ends(edge, ports, boxes, relays):
    """Return the ports of an edge; what a relay passes on comes in on the left, goes out right."""
    ends = [ports[edge["from"]], ports[edge["to"]]]
    for number, end in enumerate(("from", "to")):
        if node_of(edge[end]) in relays:
            x, y, width, height = boxes[node_of(edge[end])]
            ends[number] = (x, y + height // 2, -1) if number else (x + width, y + height // 2, 1)
    return ends


def _ways(edges, boxes, ends, lanes):
    """Return the path of each edge: from port to port, through its lanes."""
    count: dict[tuple[str, str], int] = {}
    ways = {}
    for edge in edges:
        pair = node_of(edge["from"]), node_of(edge["to"])
        number = count[pair] = count.get(pair, -1) + 1
        start, (x, y, out) = ends[edge["id"]]
        if pair[0] == pair[1]:
            ways[edge["id"]] = loop(start, (x, y, out), boxes[pair[0]], number)
            continue
        points = [start]
        aside = (-1) ** number * 3 * ((number + 1) // 2)  # so that each of several is seen
        forwards = 1 if boxes[pair[0]][0] < boxes[pair[1]][0] else -1
        for left, height in lanes[pair]:
            sides = (left - 8, left + BOX + 8)[::forwards]
            points += [(each, height + aside, forwards) for each in sides]
        ways[edge["id"]] = path_through([*points, (x, y, -out)])
    return ways


def _places_of_words(edges, boxes, ends):
    """Return where words on each edge are: at the end that it has for itself.

    Words on what waits are below the box of a socket with several edges.
    """
    shared = Counter(each[end] for each in edges for end in ("from", "to"))
    labels, queues = {}, {}
    for edge in edges:
        counts = [shared[edge[end]] for end in ("from", "to")]
        x, y, out = ends[edge["id"]][counts[1] <= counts[0]]
        labels[edge["id"]] = x + 12 * out, y - 5, "start" if out > 0 else "end"
        queues[edge["id"]] = x + 12 * out, y + 11, "start" if out > 0 else "end"
        if max(counts) > 1:
            several = counts[0] < 2
            x, _, out = ends[edge["id"]][several]
            _, top, _, height = boxes[node_of(edge["to" if several else "from"])]
            queues[edge["id"]] = x, top + height + 13, "end" if out > 0 else "start"
    return {"labels": labels, "queues": queues}
