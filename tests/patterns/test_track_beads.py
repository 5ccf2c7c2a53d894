"""Detector and linker as roles: what they publish, what they refuse, and how they end."""

import contextlib
import re

import numpy as np
import pytest
from helpers.streams import kill

from zmqlab.analysis.particles import TrackingError
from zmqlab.cameras import open_camera
from zmqlab.course.ports import free_endpoint
from zmqlab.patterns.publish_subscribe import camera_publisher
from zmqlab.patterns.publisher import Publisher
from zmqlab.patterns.subscription import subscribe
from zmqlab.patterns.track_beads import detect_beads, in_words, link_beads, mark, track
from zmqlab.processes.handle import ProcessError, StartError
from zmqlab.processes.launch import start


def walk(frames, beads=20, seed=0):
    """Return positions of beads far from each other, in pixels, and their D: 0.49 µm²/s."""
    dice = np.random.default_rng(seed)
    start = np.stack([1000 + 500 * np.arange(beads), np.full(beads, 1000)], axis=1)
    return start + np.cumsum(dice.normal(0, 2.26, (frames, beads, 2)), axis=0)


@contextlib.contextmanager
def linking(**options):
    """Run `link_beads` on a publisher of positions; yield that, and the process."""
    with (
        Publisher(topic="beads", hwm=1000) as beads,
        start(link_beads, connect=beads.endpoint, **options) as process,
    ):
        beads.wait_for(1)
        yield beads, process


def test_positions_become_tracks_and_a_result():
    positions = walk(200)
    with (
        linking() as (beads, process),
        subscribe(process.endpoint, "tracks", hwm=1000) as tracks,
    ):
        beads.send(np.empty((0, 2)), frame_number=0, lost=0, collecting=0.5)
        while not tracks.received:  # a subscriber that has come to it too
            with contextlib.suppress(TimeoutError):
                tracks.read(0.2)
            if not tracks.received:
                beads.send(np.empty((0, 2)), frame_number=0, lost=0, collecting=0.5)
        for number, each in enumerate(positions):
            beads.send(each, frame_number=number, lost=0, frame_shape=[2000, 20000])
        beads.close()
        rows = [row.copy() for row in tracks if "collecting" not in tracks.header]
        assert len(rows) == 200
        for row, each in zip(rows, positions, strict=True):
            assert np.array_equal(row[:, 1:], each)
            assert np.array_equal(row[:, 0], rows[0][:, 0])  # no bead is taken for another
        result = tracks.header
        assert result["frame_number"] == 199
        assert result["diffusion"] == pytest.approx(0.49, abs=4 * result["error"])
        assert result["diameter"] == pytest.approx(1, rel=0.1)
        assert process.wait() == 0
        assert "µm²/s" in process.output


@pytest.mark.parametrize(
    ("positions", "about", "says"),
    [
        ([[1, 2, 3]], {"frame_number": 1, "lost": 0}, r"shape \(beads, 2\)"),
        ([[1, 2]], {"lost": 0}, "frame_number"),
        ([[1, 2]], {"frame_number": "one", "lost": 0}, "'one'"),
        ([[1, 2]], {"frame_number": 1, "lost": -3}, "-3"),
        ([[np.nan, 2]], {"frame_number": 1, "lost": 0}, "frame 1: positions are numbers"),
        ([[1j, 2]], {"frame_number": 1, "lost": 0}, "frame 1: positions are numbers"),
    ],
)
def test_what_is_no_position_is_refused_and_the_next_is_taken(positions, about, says):
    with linking() as (beads, process):
        for number in (0, 1, 2):
            if number == 1:
                beads.send(np.array(positions), **about)
            else:
                beads.send(np.array([[5, 5], [50, 50]]), frame_number=number, lost=0)
        beads.close()
        assert process.wait() == 0
        assert re.search(f"message left out: .*{says}", process.output), process.output
        assert "2 frames" in process.output


def look(frames, **options):
    """Have frames looked at; return positions by number, and what the process printed."""
    with Publisher(hwm=1000) as camera:
        options = {"connect": camera.endpoint, "wait_for": 1, **options}
        with (
            start(detect_beads, **options) as process,
            subscribe(process.wait_until(lambda it: it.endpoints)[0], "beads", hwm=1000) as beads,
        ):
            camera.wait_for(1)
            for frame in frames:
                camera.send(frame)
            camera.close()
            found = {}
            for positions in beads:
                if "collecting" not in beads.header:
                    found[beads.header["frame_number"]] = len(positions)
            assert process.wait() == 0
            return found, process.output


def test_a_frame_that_is_none_is_left_out_and_the_others_are_looked_at():
    with open_camera("simulated", paced=False, size=(160, 120), beads=2) as camera:
        frames = [camera.read() for _ in range(40)]
    frames[7], frames[8] = np.zeros(9, np.uint8), np.zeros((4, 4, 2), np.uint8)
    found, printed = look(frames)
    assert sorted(found) == [n for n in range(40) if n not in (7, 8)]
    assert "frame 7 left out: a frame of shape (9,)" in printed
    assert "frame 8 left out" in printed


def test_what_was_found_is_drawn_around_it():
    frame = np.zeros((100, 100), np.uint8)
    drawn = mark(frame, np.array([[50.2, 40.7]]))
    y, x = np.nonzero(drawn.any(axis=2))
    assert (x.mean(), y.mean()) == pytest.approx((50.2, 40.7), abs=0.5)
    assert not drawn[35:46, 45:56].any()  # the bead itself stays to be seen
    assert not frame.any()
    assert not mark(frame, np.empty((0, 2))).any()
    assert mark(frame, None, 0.4).any()


@pytest.mark.parametrize("kind", ["uint8", "float64", "int32"])
@pytest.mark.parametrize("shape", [(120, 160, 3), (120, 160)])
def test_the_marked_frames_are_published_beside_the_positions(shape, kind):
    with (
        Publisher(hwm=1000) as camera,
        start(detect_beads, connect=camera.endpoint) as process,
        subscribe(process.wait_until(lambda it: it.endpoints[1:])[0], "marked") as view,
    ):
        camera.wait_for(1)
        frame = np.full(shape, 100, kind)
        while not view.received and not process.ended:
            camera.send(frame)
            with contextlib.suppress(TimeoutError):
                marked = view.read(0.2)
        assert marked.shape == (120, 160, 3)
        assert len(np.unique(marked)) > 1


def test_lost_frames_are_named_with_what_they_do():
    about = {"diffusion": 0.49, "error": 0.02, "steps": 100, "seconds": 0.0666, "lost": 0}
    assert "error would be" not in in_words(about, 100)
    said = in_words(about | {"lost": 300}, 100)
    assert "100 frames, 300 lost" in said
    assert "67 ms" in said
    assert "0.010" in said
    assert "too few beads" in in_words({"lost": 0}, 5)
    assert in_words({"collecting": 0.4}, 0) == "background 40%"


@pytest.mark.everything
def test_a_camera_that_is_killed_is_one_clear_line_after_the_result():
    with (
        # At a port that no client is lent, so that nobody else comes to listen there.
        start(camera_publisher, "simulated", bind=free_endpoint(), wait_for=1) as camera,
        start(track, connect=camera.endpoint, timeout=6.0) as process,
    ):
        process.wait_output("background", timeout=60)
        kill(camera)
        with pytest.raises(ProcessError, match=r"no frame of 'camera' came .* nobody listens"):
            process.wait(60)
        last = process.output.strip().splitlines()[-1]
        assert TrackingError.__name__ in last


@pytest.mark.parametrize("bad", [{"diameter": -1.0}, {"fps": 0.0}])
def test_what_cannot_be_is_said_before_the_first_frame(bad):
    with pytest.raises(StartError, match=f"TrackingError: .*{next(iter(bad))}="):
        start(track, connect="tcp://127.0.0.1:9", **bad, start_timeout=60).wait(60)
