"""Where a network map draws things: left to right, nothing over another, all in its old place."""

import random
import re

import numpy as np
from helpers.networks import network, twenty

from zmqlab.page.network_layout import Layout
from zmqlab.page.network_svg import svg, table
from zmqlab.page.network_words import flow_words, queue_words


def overlaps(boxes):
    there = list(boxes.items())
    return [
        (one, other)
        for number, (one, (x, y, w, h)) in enumerate(there)
        for other, (u, v, b, c) in there[:number]
        if x < u + b and u < x + w and y < v + c and v < y + h
    ]


def points_of(way):
    """Return points on a way, close to each other."""
    points = []
    for step, numbers in re.findall(r"([MLC])([^MLC]+)", way):
        corners = [float(each) for each in re.findall(r"-?[\d.]+", numbers)]
        corners = np.array([*points[-1:], *zip(corners[::2], corners[1::2], strict=True)])
        assert len(corners) == {"M": 1, "L": 2, "C": 4}[step]
        for t in np.linspace(0, 1, 100):
            left = corners
            while len(left) > 1:  # de Casteljau's way to a point of a Bézier curve
                left = (1 - t) * left[:-1] + t * left[1:]
            points.append(tuple(left[0]))
    return points


def crossed(way, boxes, but):
    """Return the boxes that a way passes through."""
    points = points_of(way)
    return {
        name
        for name, (x, y, w, h) in boxes.items()
        for px, py in points
        if name not in but and x + 1 < px < x + w - 1 and y + 1 < py < y + h - 1
    }


def test_twenty_processes_with_sixty_sockets_fit():
    drawn = twenty()
    assert len(drawn["nodes"]) == 20
    assert sum(len(node["sockets"]) for node in drawn["nodes"]) == 60
    layout = Layout().update(drawn)
    assert not overlaps(layout["boxes"])
    assert not layout["backward"]
    for edge in drawn["edges"]:
        (x, y, _), (u, v, _) = (layout["ports"][edge[end]] for end in ("from", "to"))
        assert x < u
        way = layout["ways"][edge["id"]]
        assert way.startswith(f"M{x},{y}")
        assert way.endswith(f"{u},{v}")
        ends = [edge[end].rpartition("/")[0] for end in ("from", "to")]
        assert not crossed(way, layout["boxes"], ends)
    for x, y, w, h in layout["boxes"].values():
        assert 0 <= x < x + w <= layout["width"]
        assert 0 <= y < y + h <= layout["height"]


def test_who_joins_moves_nobody():
    names = [f"worker{number}" for number in range(6)]
    pairs = [("source", name) for name in names] + [(name, "sink") for name in names]
    layout = Layout()
    before = layout.update(network(pairs))["boxes"]
    after = layout.update(network([*pairs, ("source", "new"), ("new", "sink")]))["boxes"]
    assert {name: after[name] for name in before} == before
    assert after["new"][0] == before["worker0"][0]
    with_watcher = [*pairs, ("source", "new"), ("new", "sink"), ("sink", "watcher")]
    last = layout.update(network(with_watcher))["boxes"]
    assert {name: last[name][:2] for name in after} == {name: after[name][:2] for name in after}
    assert last["watcher"][0] > last["sink"][0]
    assert not overlaps(last)


def test_who_has_ended_keeps_its_place_and_leaves_it_when_dismissed():
    layout = Layout()
    pairs = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]
    before = layout.update(network(pairs))["boxes"]
    dead = layout.update(network([("a", "c"), ("c", "d")], also=["b"]))["boxes"]
    assert {name: box[:2] for name, box in dead.items()} == {n: b[:2] for n, b in before.items()}
    assert set(layout.update(network([("a", "c"), ("c", "d")]))["boxes"]) == {"a", "c", "d"}


def test_any_network_is_laid_out():
    """Circles, several parts, pairs both ways: none of them overlaps, or ends the process."""
    dice = random.Random(3)
    for _ in range(150):
        names = [f"n{number}" for number in range(dice.randint(1, 20))]
        layout = Layout()
        for _ in range(4):
            some = dice.sample(names, dice.randint(1, len(names)))
            pairs = [(dice.choice(some), dice.choice(some)) for _ in range(dice.randint(0, 30))]
            there = network(list(dict.fromkeys(pairs)), also=some)
            assert not overlaps(layout.update(there)["boxes"])


def test_what_is_drawn_is_in_words_too():
    drawn = network([("camera", "<viewer>")])
    drawn["nodes"][0]["sockets"][0]["dangling"] = [
        {"endpoint": "tcp://127.0.0.1:1", "reason": "refused: nobody listens", "short": "refused"}
    ]
    drawn["nodes"][1] |= {"ended": True, "state": "failed, killed by SIGKILL"}
    (edge,) = drawn["edges"]
    flow = {"count": 3.0, "rate": 30.0, "bytes": 3e7, "exact": True}
    queue = {"waiting": 412, "full": 0.4, "lost": 0, "told": True, "copies": False}
    flows = {edge["id"]: {"there": flow, "back": None} | queue}
    drawing = svg(drawn, Layout().update(drawn))
    rows = table(drawn, flows)
    for text in (drawing, rows):
        assert "&lt;viewer&gt;" in text
        assert "<viewer>" not in text
        assert "✕ failed, killed by SIGKILL" in text
        assert "refused: nobody listens" in text
    assert "30/s · 30 MB/s" in rows
    assert "▮▮▯▯ 412 waiting" in rows
    # The page writes the same into the drawing, where there is room for it.
    assert flow_words(flows[edge["id"]]) == "30/s · 30 MB/s"
    assert queue_words(flows[edge["id"]]) == "▮▮▯▯ 412 waiting"
    for kind in ("rate", "queue"):
        (where,) = re.findall(rf'<text class="label {kind}"[^>]*data-edge="([^"]+)"', drawing)
        assert where == "camera/0&gt;&lt;viewer&gt;/0"
    assert (
        'role="img" aria-label="network of 2 processes with 1 connection, and 1 in vain"' in drawing
    )
    assert rows.count("<tr>") == 3
