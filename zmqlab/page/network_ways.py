"""The ways of a network map: paths from port to port, as SVG has them, and where their words are.

A port is (x, y, "left" or "right"), in pixels; where words are is (x, y, SVG's text-anchor).
"""

from typing import Any

Port = tuple[int, int, str]
Point = tuple[int, int, int]  # x, y, 1 or -1: to the right or to the left
Box = tuple[int, int, int, int]  # x, y, width, height
Facts = dict[str, Any]


def node_of(socket_id: str) -> str:
    """Return whose a socket is."""
    return socket_id.rpartition("/")[0]


def leaving(port: Port) -> Point:
    """Return where a way leaves a port, and into which direction."""
    x, y, side = port
    return x, y, 1 if side == "right" else -1


def arriving(port: Port) -> Point:
    """Return where a way arrives at a port, and in which direction."""
    x, y, side = port
    return x, y, 1 if side == "left" else -1


def path_through(points: list[Point]) -> str:
    """Return a smooth path through points (x, y, direction), level at each of them."""
    x, y, direction = points[0]
    path = f"M{x},{y}"
    for next_x, next_y, next_direction in points[1:]:
        bend = max(36, abs(next_x - x) // 2)
        if abs(next_y - y) < 2 and direction == next_direction == (1 if next_x > x else -1):
            path += f"L{next_x},{next_y}"
        else:
            path += f"C{x + direction * bend},{y} {next_x - next_direction * bend},{next_y} "
            path += f"{next_x},{next_y}"
        x, y, direction = next_x, next_y, next_direction
    return path


def loop(start: Port, end: Port, box: Box, number: int) -> str:
    """Return a way from a process to itself: below it, or in a small bow on one side."""
    (x, y, side), (to_x, to_y, to_side) = start, end
    out, into = (1 if each == "right" else -1 for each in (side, to_side))
    if side == to_side:
        bow = 24 + 6 * number
        return f"M{x},{y}C{x + out * bow},{y} {to_x + out * bow},{to_y} {to_x},{to_y}"
    below, middle = box[1] + box[3] + 8 + 3 * number, box[0] + box[2] // 2
    return (
        f"M{x},{y}C{x + out * 30},{y} {x + out * 30},{below} {middle},{below}"
        f"C{to_x + into * 30},{below} {to_x + into * 30},{to_y} {to_x},{to_y}"
    )


def ends_of(edge: Facts, ports: dict[str, Port], boxes: dict[str, Box], relays: set) -> list[Port]:
    """Return the ports of an edge; what a relay passes on comes in on the left, goes out right."""
    ends = []
    for end, side in (("from", "right"), ("to", "left")):
        port, name = ports[edge[end]], node_of(edge[end])
        if name in relays:
            x, y, width, height = boxes[name]
            port = (x + width if side == "right" else x), y + height // 2, side
        ends.append(port)
    return ends


def label_of(edge: Facts, ends: dict[str, list[Port]], shared: list[str]) -> Port:
    """Return where the words on an edge are: at the end that it has for itself."""
    at_end = shared.count(edge["to"]) <= shared.count(edge["from"])
    x, y, side = ends[edge["id"]][at_end]
    return (x - 12, y - 5, "end") if side == "left" else (x + 12, y - 5, "start")


def queue_of(
    edge: Facts, ends: dict[str, list[Port]], boxes: dict[str, Box], shared: list[str]
) -> Port:
    """Return where the words on what waits are: below the box of a socket with several edges."""
    for number, end in enumerate(("from", "to")):
        if shared.count(edge[end]) > 1:
            x, _, side = ends[edge["id"]][number]
            _, top, _, height = boxes[node_of(edge[end])]
            return x, top + height + 13, "start" if side == "left" else "end"
    x, y, anchor = label_of(edge, ends, shared)
    return x, y + 16, anchor
