"""The ways of a network map: paths as SVG has them, through points (x, y, direction) in pixels.

A direction is 1, to the right, or -1.
"""

Point = tuple[int, int, int]


def path_through(points: list[Point]) -> str:
    """Return a smooth path through points, level at each of them."""
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


def loop(start: Point, end: Point, box: tuple[int, int, int, int], number: int) -> str:
    """Return a way from a port of a box to another: below it, or in a small bow on one side."""
    (x, y, out), (to_x, to_y, to_out) = start, end
    if out == to_out:
        bow = out * (24 + 6 * number)
        return f"M{x},{y}C{x + bow},{y} {to_x + bow},{to_y} {to_x},{to_y}"
    below, middle = box[1] + box[3] + 8 + 3 * number, box[0] + box[2] // 2
    return (
        f"M{x},{y}C{x + out * 30},{y} {x + out * 30},{below} {middle},{below}"
        f"C{to_x + to_out * 30},{below} {to_x + to_out * 30},{to_y} {to_x},{to_y}"
    )
