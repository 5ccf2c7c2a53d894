"""What a learner has done is kept in a small file, which is never an obstacle."""

import json
import os
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import platformdirs
import pytest

from zmqlab import check, progress
from zmqlab.course import progress_file


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    """A place for data of the user that nobody else has."""
    monkeypatch.setenv("ZMQLAB_DATA", str(tmp_path / "data"))


def states():
    return {name: state for name, _, state in progress()}


def test_begins_with_nothing():
    assert set(states().values()) == {"new"}
    assert f"0 of {len(states())} exercises passed; next: bytes_per_second" in repr(progress())


def test_tried_then_passed_then_kept():
    def bytes_per_second(width, height, fps):
        return 1

    assert not check(bytes_per_second)
    assert states()["bytes_per_second"] == "tried"

    def bytes_per_second(width, height, fps):
        return 3 * width * height * fps

    assert check(bytes_per_second)
    assert states()["bytes_per_second"] == "passed"
    progress_file.note_exercise("bytes_per_second", passed=False)
    assert states()["bytes_per_second"] == "passed"
    assert f"1 of {len(states())} exercises passed; next: shout_server" in repr(progress())


def test_what_is_not_attempted_is_new():
    def bytes_per_second(width, height, fps):
        raise NotImplementedError("write me")

    check(bytes_per_second)
    assert states()["bytes_per_second"] == "new"


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", "null", '{"folder": 1}', '{"exercises": [], "guesses": {}}', "\0\xff"]
)
def test_a_broken_file_is_said_and_set_aside(broken):
    file = progress_file.path()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(broken.encode("latin-1"))
    with pytest.warns(UserWarning, match="could not be read"):
        assert set(states().values()) == {"new"}
    assert file.with_suffix(".broken").read_bytes() == broken.encode("latin-1")
    progress_file.note_exercise("hears", passed=True)
    assert states()["hears"] == "passed"


def test_a_place_that_cannot_be_written_to_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ZMQLAB_DATA", str(tmp_path / "file"))
    with pytest.warns(UserWarning, match="could not be kept"):
        progress_file.note_exercise("hears", passed=True)


def test_where_the_system_keeps_data_of_users_if_nothing_else_is_said(monkeypatch):
    there = progress_file.path().name
    monkeypatch.delenv("ZMQLAB_DATA")
    assert progress_file.path() == platformdirs.user_data_path("zmqlab") / there


def test_the_file_is_small_and_readable():
    for name in states():
        progress_file.note_exercise(name, passed=True)
    text = progress_file.path().read_text("utf-8")
    assert len(text) < 2000
    assert json.loads(text)["exercises"]["hears"] == "passed"


def test_several_kernels_at_once_leave_a_whole_file():
    with ThreadPoolExecutor(4) as pool, warnings.catch_warnings():
        warnings.simplefilter("error")
        list(pool.map(lambda n: progress_file.note_exercise(f"exercise {n}", True), range(40)))
        assert progress_file.load()["exercises"]


def test_the_command(tmp_path):
    progress_file.note_exercise("shout_server", passed=True)
    command = [sys.executable, "-m", "zmqlab", "progress"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=True)
    assert "✔ shout_server" in done.stdout
    assert "next: bytes_per_second" in done.stdout
