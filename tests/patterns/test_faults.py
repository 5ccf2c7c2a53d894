"""Every role when something breaks under it: it serves on, or ends with a clear line; nothing kept
is lost.

Killed in the middle and started anew in its place; a clock that goes back, a camera that is
unplugged, a disk that is full. Which roles there are, `test_battery.py` knows, and how each is
seen to serve.
"""

import contextlib
import errno
import functools
import os
import random
import re
import threading

import pytest
from helpers.attacks_by_role import PATIENCE
from helpers.choosing import always
from helpers.faults import FRAMES, HOUR
from helpers.streams import kill
from test_battery import (
    ANY,
    OPENS,
    ask,
    befalls,
    ends_clearly,
    honest_camera,
    run,
)

from zmqlab import (
    Recorder,
    RequestError,
    StartError,
    camera_server,
    open_recording,
    process,
    record,
    request,
    snapshot,
)
from zmqlab.course.ports import free_endpoint
from zmqlab.patterns.transform_recording import spectra


@contextlib.contextmanager
def befallen(fault):
    """Have a fault befall all roles that are started meanwhile."""
    befalls.fault = fault
    try:
        yield
    finally:
        befalls.fault = None


def passed(it):
    """Return how many messages have passed a process, in and out."""
    return sum(each["in"] + each["out"] for each in it.messages.values())


def until_passed(it, moment, served):
    """Wait until so many messages have passed, it has served as often, or has ended."""
    while not (it.ended or len(served) >= moment or passed(it) >= moment):
        it.settle(lambda it: it.ended or passed(it) >= moment, 0.1)


# Killed


@pytest.mark.parametrize("name", always(len(OPENS) - 1, sorted(OPENS, key="detect_beads".__eq__)))
def test_a_role_that_is_killed_has_a_successor_at_its_place(name, tmp_path):
    moment, over, served = random.Random(name).randrange(20), threading.Event(), []

    def keep_asking(role):
        with contextlib.suppress(Exception):  # it is killed in the middle
            while not over.is_set():
                role.serves()
                served.append(True)

    with OPENS[name](free_endpoint(), tmp_path) as role:
        asking = threading.Thread(target=keep_asking, args=(role,))
        asking.start()
        until_passed(role.process, moment, served)
        if role.process.running:
            kill(role.process)
        over.set()
        if name == "sink":  # its ventilator and worker would go to the successor
            asking.join(PATIENCE)
        bind = next(iter(role.doors)).replace("http", "tcp")
    with OPENS[name](bind, tmp_path) as again:
        again.serves()
        asking.join(2 * PATIENCE)
        assert not asking.is_alive()
        assert again.process.running or ends_clearly(again.process)


@pytest.mark.parametrize("seed", range(2))
def test_a_recorder_that_is_killed_has_recorded_what_it_received(seed, tmp_path):
    path, moment = tmp_path / "film.h5", random.Random(seed).randrange(2, 60)
    endpoint = free_endpoint()
    with (
        run(record, path, connect=endpoint, timeout=PATIENCE) as process,
        honest_camera(endpoint),
    ):
        process.wait_until(lambda it: passed(it) >= moment, PATIENCE)
        received = passed(process)
        kill(process)
        with open_recording(path) as film:  # the last one may not have been taken out of its socket
            numbers = film["sequence"][:].tolist()
            assert len(numbers) >= received - 1
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        with run(record, tmp_path / "second.h5", connect=endpoint, count=5) as second:
            assert second.wait(PATIENCE) == 0


# The clock


def test_a_recording_has_the_frames_in_order_although_the_clock_went_back(tmp_path):
    path, endpoint = tmp_path / "film.h5", free_endpoint()
    with (
        befallen("the clock goes back"),
        run(record, path, connect=endpoint, count=50, timeout=PATIENCE) as process,
        honest_camera(endpoint),
    ):
        assert process.wait(PATIENCE) == 0
    with open_recording(path) as film:
        numbers, times = film["sequence"][:], film["time"][:]
    assert numbers.tolist() == list(range(numbers[0], numbers[0] + 50))
    assert min(times[1:] - times[:-1]) < -HOUR / 2


# The camera


def test_a_camera_server_whose_camera_is_unplugged(tmp_path):
    with befallen("the camera is unplugged"), OPENS["camera_server"](ANY, tmp_path) as role:
        # To be asked once: who asks again has the camera read once more.
        read = functools.partial(request, role.process.endpoint, "read", timeout=PATIENCE)
        for _ in range(FRAMES):
            read()
        for _ in range(2):
            with pytest.raises(RequestError, match="is it plugged in"):
                read()
            assert ask(role.process.endpoint, "info")[0] == "ok"


@pytest.mark.parametrize("name", ["camera_publisher", "proxy", "tap_relay", "detect_beads"])
def test_roles_behind_a_camera_that_is_unplugged(name, tmp_path):
    """The publisher says so and ends; what is behind it goes on with another one at its place."""
    with befallen("the camera is unplugged"), OPENS[name](ANY, tmp_path) as role:
        camera = process(f"camera_publisher {threading.get_ident()}")
        camera.wait_until(lambda it: it.ended, PATIENCE)
        assert "is it plugged in" in camera.output
        assert ends_clearly(camera)
        befalls.fault = None
        if role.process is not camera and role.process.running:
            with honest_camera(camera.endpoint):
                try:
                    role.serves()
                except TimeoutError:  # the first camera's end may have come to it just now
                    if role.process.running:
                        raise
        assert role.process.running or ends_clearly(role.process), role.process.output


# The disk


def test_a_recorder_keeps_what_the_disk_has_room_for(tmp_path):
    path, endpoint = tmp_path / "film.h5", free_endpoint()
    with (
        befallen("the disk is full"),
        run(record, path, connect=endpoint, timeout=PATIENCE) as process,
        honest_camera(endpoint),
    ):
        process.wait_until(lambda it: it.ended, PATIENCE)
    last = process.output.rpartition("\n")[2]
    assert ends_clearly(process), process.output
    assert os.strerror(errno.EFBIG) in last
    (told,) = re.findall(r"film.h5 holds (\d+) frames|reads its (\d+) frames", last)
    with open_recording(path) as film:
        assert len(film["sequence"]) >= int("".join(told)) >= 3


@pytest.mark.parametrize("role", [snapshot, spectra])
def test_there_is_no_room_and_no_half_of_a_file(role, tmp_path):
    """Of a picture, and of the spectra of a film; `test_web_page.py` has a full disk too."""
    film, out = tmp_path / "film.h5", tmp_path / "out.tiff"
    with run(camera_server, "simulated") as camera:
        request(camera.endpoint, "set", {"size": [2048, 2048]}, timeout=PATIENCE)
        frame = ask(camera.endpoint, "read")[2]
        with Recorder(film) as recorder:
            recorder.add(frame, 0, 0.0)
        with befallen("the disk is full"), contextlib.suppress(StartError):
            if role is snapshot:
                run(snapshot, out, connect=camera.endpoint, timeout=PATIENCE)
            else:
                run(spectra, film, out=out, workers=1)
        failed = process(f"{role.__name__} {threading.get_ident()}")
        failed.wait_until(lambda it: it.ended, PATIENCE)
    assert f"cannot write {out}: {os.strerror(errno.EFBIG)}" in failed.output.rpartition("\n")[2]
    assert set(tmp_path.iterdir()) == {film}
