"""Folders that go with their process; those of strangers, which stay as they are."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from zmqlab.processes.own_folder import MARKER, own_folder
from zmqlab.wire.keys import make_keys

SECONDS = 60
KEEPS_KEYS = """
import sys
from zmqlab.wire.keys import among_ourselves, of_this_process
with among_ourselves(sys.argv[1]) as copy:
    print(of_this_process(), copy, sep="\\n", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A temporary folder of the test's own."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


@pytest.fixture
def start(place, tmp_path):
    """What starts a process that keeps keys in that folder."""
    make_keys(tmp_path / "lab")
    (tmp_path / "lab" / "notes.txt").write_text("belongs to no key")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    env = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(place))
    return lambda: subprocess.Popen(
        [sys.executable, "-c", KEEPS_KEYS, tmp_path / "lab"], env=env, **pipes
    )


def secrets(process):
    """Return where the secret keys of a process lie: its own, and those for what it starts."""
    return [Path(process.stdout.readline().strip()) / "own.key_secret" for _ in range(2)]


def left_behind(place, name="zmqlab-dead", marker="zmqlab-dead"):
    """Make a folder as a process that was killed leaves it."""
    folder = place / name
    (folder / "keys" / "clients").mkdir(parents=True)
    for file in ("reports", "keys/own.key_secret", "keys/clients/ada.key"):
        (folder / file).touch()
    (folder / MARKER).write_text(marker)
    return folder


def tree(folder):
    """Return all that a folder holds: its paths, with what the files say."""
    return {
        path: path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
        if not path.is_fifo()
    }


def stays(folder):
    """Tell whether all in a folder is as before when a process has made one of its own."""
    before = tree(folder)
    with own_folder():
        pass
    return tree(folder) == before and folder.is_dir()


def test_keys_of_a_process_that_was_killed_go_with_the_next_one(start, place):
    with start() as killed, start() as living:
        of_killed, of_living = secrets(killed), secrets(living)
        killed.kill()
        killed.wait(SECONDS)
        assert all(path.exists() for path in of_killed + of_living)
        with start() as successor:
            of_successor = secrets(successor)
            assert not any(path.exists() for path in of_killed)
            assert all(path.exists() for path in of_living + of_successor)
    assert not list(place.iterdir())


def test_a_folder_that_was_left_behind_goes(place):
    folder = left_behind(place)
    with own_folder() as ours:
        assert not folder.exists()
    assert not ours.exists()


@pytest.mark.parametrize("marker", ["lock", MARKER])
@pytest.mark.parametrize("text", ["", "bars", "\0"])
def test_a_folder_of_the_same_name_stays(place, marker, text):
    folder = place / "zmqlab-bars"
    (folder / "data").mkdir(parents=True)
    (folder / marker).write_text(text)
    (folder / "data" / "film.h5").write_bytes(b"three weeks of work")
    assert stays(folder)


@pytest.mark.parametrize("file", ["film.h5", "keys/film.h5", "keys/clients/a/b.key", "reports2"])
def test_a_folder_in_which_a_stranger_lies_stays(place, file):
    folder = left_behind(place)
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_bytes(b"three weeks of work")
    assert stays(folder)


def test_a_copy_under_another_name_stays(place):
    assert stays(left_behind(place, "zmqlab-kept"))


def test_a_folder_of_a_process_that_runs_stays(place):
    with own_folder() as folder:
        assert stays(folder)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_folder_whose_marker_is_a_pipe_stays(place):
    piped = left_behind(place)
    (piped / MARKER).unlink()
    os.mkfifo(piped / MARKER)
    assert stays(piped)


@pytest.mark.parametrize("link", ["", MARKER, "keys"])
def test_symbolic_links_are_not_followed(place, tmp_path, link):
    elsewhere = left_behind(tmp_path)
    path = left_behind(place) / link
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    try:
        path.symlink_to(elsewhere / link)
    except OSError:
        pytest.skip("this user of Windows may make no links")
    assert stays(place / "zmqlab-dead")
    assert (elsewhere / "keys" / "clients" / "ada.key").exists()


@pytest.mark.skipif(not hasattr(os, "chown") or os.getuid(), reason="only root gives files away")
@pytest.mark.parametrize("owned", ["", MARKER])
def test_a_folder_of_another_user_stays(place, owned):
    folder = left_behind(place)
    os.chown(folder / owned, 65534, 65534)
    assert stays(folder)
