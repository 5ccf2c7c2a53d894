"""The benchmarks run, with few frames, and their table and figure are those of their numbers."""

import importlib.util
import json
import re
import sys
import threading
from multiprocessing import resource_tracker
from pathlib import Path

import numpy as np
import pytest
import zmq

from benchmarks import (
    cluster,
    curve,
    farm,
    frames,
    noticed,
    observed,
    proxy,
    recorder,
    small_messages,
    spectrum,
    start_up,
    tap,
)
from benchmarks import tracker as tracker_ways
from benchmarks.__main__ import SECTIONS
from benchmarks.report import HEADS, panels, rows, write_figure, write_table
from benchmarks.timing import Comparison, absent, interleave, table
from zmqlab.wire import sockets

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def stored():
    """The numbers that were measured last, and what they belong to."""
    results = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    return results, [Comparison(**each) for each in results["comparisons"]]


@pytest.fixture(scope="module", autouse=True)
def tracker():
    """The process that multiprocessing keeps beside those that it starts, on systems like Unix."""
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()
    yield
    resource_tracker._resource_tracker._stop()


def checked(comparisons):
    """Return {what was compared: comparison}, having looked whether the numbers can be true."""
    found = {each.what: each for each in comparisons}
    for one in found.values():
        assert one.values, one.left_out
        for way, values in one.values.items():
            assert values, way
            assert np.isfinite(values).all(), way
            assert min(values) > 0, way
        assert not one.base or one.times(one.base) == (1, 1, 1)
    return found


def few(monkeypatch, module, **lists):
    """Let a module measure only some of its ways."""
    for name, ways in lists.items():
        monkeypatch.setattr(module, name, ways)


@pytest.mark.everything
def test_frames_pass_every_way(monkeypatch):
    article, ours = "article, PUSH/PULL", "send_frame, PUSH/PULL"
    ways = [article, ours, "multiprocessing.Queue", "plain TCP socket", "memory copy"]
    few(
        monkeypatch,
        frames,
        ONE_READER=ways,
        ON_REQUEST=["article, REQ/REP"],
        THREE_READERS=["article, PUB/SUB"],
        PACED_WAYS=["send_frame, PUB/SUB"],
        LOSSY=["send_frame, PUB/SUB"],
    )
    found = checked(frames.compare(1, ["VGA"], share=0.1))
    alone = found["Frames, VGA, one reader"]
    assert set(alone.values) == set(ways)
    assert [goal for goal, _, _ in alone.verdicts(ours)] == [f"≥ 3.5 × {article}"]
    assert found["Of 120 frames sent at once, arrive"].values["send_frame, PUB/SUB"] == [100]


@pytest.mark.everything
@pytest.mark.parametrize("name", ["imagezmq, PUB/SUB", "NetGear, PAIR", "zenoh, shared memory"])
def test_frames_pass_peers(name):
    module = frames.PEERS[name.partition(",")[0]]
    pytest.importorskip(module)
    values, failed = frames.measure([name], "burst", "VGA", 12, 1)
    assert not failed
    assert values[name][0] > 0


def test_a_lost_frame_is_noticed():
    sent = [np.full((2, 2, 3), pixel, np.uint8) for pixel in (0, 1, 3)]
    with pytest.raises(SystemExit, match="frame 2 has pixel 3"):
        frames.rate(iter(sent).__next__, 3)


def test_a_way_that_cannot_open_is_named(monkeypatch):
    monkeypatch.setitem(frames.WAYS, "broken", (broken, broken))
    values, failed = frames.measure(["broken", "memory copy"], "burst", "VGA", 12, 1)
    assert list(values) == ["memory copy"]
    assert failed == ["broken: EOFError()"]


@pytest.mark.everything
def test_curve():
    found = checked(curve.compare(1, {"tiny": ((4, 4, 3), 3)}, trips=3, flood=20, firsts=1))
    assert len(found) == 4
    assert all(set(each.values) == {curve.PLAIN, curve.CURVE} for each in found.values())


def broken(endpoint):
    raise SystemExit  # as a library that ends the process; no traceback in the tests' output


@pytest.mark.everything
def test_small_messages():
    found = checked(small_messages.compare(1, trips=3, flood=200))
    assert "REQ/REP, zmq.asyncio" in found["Round trip of a small message"].values
    assert set(found["A flood of small messages"].values) == set(small_messages.FLOODS)


@pytest.mark.everything
def test_farm():
    assert farm.measure(farm.ARTICLE, "article") > 0
    assert farm.measure(farm.OURS, "light") > 0
    assert farm.measure(farm.SHARED, "light") > 0
    assert farm.peak_memory(farm.LOOP, "light") > 100 * 0.92  # MB: the frames alone


@pytest.mark.everything
def test_cluster():
    pytest.importorskip("distributed")
    found = checked(cluster.compare(1, count=6))
    assert len(found) == 2


@pytest.mark.everything
def test_recorder():
    found = checked(recorder.compare(1, count=8))
    sizes = found["The file of 8 VGA frames"].values
    assert sizes[recorder.ARTICLE][0] > 3.9 * sizes[recorder.OURS][0]
    assert sizes[recorder.PLAIN] == [8 * 921_600 / 1e6]


def test_spectrum():
    checked(spectrum.compare(1))


@pytest.mark.everything
def test_tracker(monkeypatch):
    monkeypatch.setattr(tracker_ways, "LOOKED_AT", 4)
    found = checked(tracker_ways.compare(1, lengths=(5, 6)))
    rates = found["30 beads in a VGA frame, one core"]
    assert [goal for goal, _, _ in rates.verdicts(tracker_ways.OURS)] == [
        "≥ 6 × trackpy.locate",
        "≥ 100 frames/s",
    ]
    wrong = found["The diffusion coefficient, wrong by"].values
    assert list(wrong) == ["5 s of film", "6 s of film"]
    assert max(map(max, wrong.values())) < 20


@pytest.mark.everything
def test_start_up(monkeypatch):
    monkeypatch.setattr(start_up, "first_picture", lambda: 1.0)  # in tests/course it runs
    found = checked(start_up.compare(1))
    assert found["First picture of notebook 00"].unit == "s"


@pytest.mark.everything
def test_observed(monkeypatch):
    monkeypatch.setattr(observed, "PAIRS", 1)
    monkeypatch.setattr(observed, "COUNT", {"round trips": 30})
    targets = {"round trips": {"observed": 0.95, "traced": 0.9}}
    monkeypatch.setattr(observed, "TARGET", targets)
    checked(observed.compare(1))


@pytest.mark.everything
def names_of_threads(pipe):
    """Bind a socket as a role does; say which threads there are then."""
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        sockets.bind(pull, "tcp://127.0.0.1:*")
        pipe.send([each.name for each in threading.enumerate()])
        pipe.recv()


@pytest.mark.everything
def test_proxy():
    found = checked(proxy.compare(1, seconds=0.1))
    assert all(set(one.values) == set(proxy.WAYS) for one in found.values())
    assert len(found) == 4


@pytest.mark.everything
def test_tap(monkeypatch):
    monkeypatch.setattr(tap, "TRIPS", 10)
    found = checked(tap.compare(1))
    assert len(found) == 3
    assert all(set(one.values) == {tap.DIRECT, tap.READ, tap.BLIND} for one in found.values())


@pytest.mark.everything
def test_noticed():
    (found,) = checked(noticed.compare(1)).values()
    assert list(found.values) == list(noticed.FAULTS)


def test_each_row_of_the_notebooks_table_is_measured_or_never_noticed():
    path = ROOT / "notebooks" / "12-when-things-break.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    rows = re.findall(r'table\.add\(\s*"([^"]+)"', code)
    assert len(rows) == code.count("table.add(") > 10
    assert sorted(rows) == sorted([*noticed.ROWS, *noticed.NEVER_NOTICED])
    assert set(noticed.ROWS.values()) <= set(noticed.FAULTS)


def test_slow_ways_take_a_third_of_the_rounds_and_are_compared_with_the_same_ones():
    numbers = {"fast": iter(range(1, 7)), "slow": iter((10, 20))}
    ways = {way: numbers[way].__next__ for way in numbers}
    values = interleave(ways, 6, slow={"slow"})
    assert values == {"fast": [1, 2, 3, 4, 5, 6], "slow": [10, 20]}
    assert Comparison("", "s", "fast", values).times("slow") == (0.1, 0.1, 0.1)


def test_verdicts():
    values = {"base": [2.0, 4.0], "ours": [1.0, 1.0]}
    targets = [("ours", "base", 3.5), ("ours", None, 1), ("ours", "absent", 9)]
    said = Comparison("", "ms", "base", values, targets).verdicts("ours")
    assert said == [("≥ 3.5 × base", "3", False), ("≤ 1 ms", "1", True)]
    assert Comparison("", "frames/s", "base", values).times("ours")[0] == 0.375


def test_what_is_not_installed_is_named():
    assert absent({"a way": "no_such_module", "another": "json"}) == [
        "a way: no_such_module is not installed"
    ]


def test_every_section_can_be_run():
    for section in SECTIONS:
        source = FOLDER / f"{section}.py"
        assert re.search(r"^def compare\(\w+=[A-Z]", source.read_text("utf-8"), re.MULTILINE)


def test_the_table_is_that_of_the_numbers(stored, tmp_path):
    results, comparisons = stored
    write_table(results, comparisons, tmp_path / "README.md")
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert page == (tmp_path / "README.md").read_text(encoding="utf-8")
    assert table(HEADS, rows(comparisons)) in page
    assert len(comparisons) > 10


@pytest.mark.skipif(not importlib.util.find_spec("matplotlib"), reason="draws with matplotlib")
def test_the_figure_is_that_of_the_numbers(stored, tmp_path):
    results, comparisons = stored
    write_figure(results, comparisons, tmp_path / "benchmarks.svg")
    texts = [
        re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text(encoding="utf-8"))
        for path in (FOLDER / "benchmarks.svg", tmp_path / "benchmarks.svg")
    ]
    assert texts[0] == texts[1]
    for one in panels(comparisons):
        assert {one.what, *one.values} <= set(texts[0])


def test_the_readme_shows_the_figure():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.search(r"!\[[^]]{80,}\]\(benchmarks/benchmarks\.svg\)", text)
    assert "(benchmarks/README.md)" in text
