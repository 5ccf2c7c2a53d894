"""Notebook 06 deletes its own recordings only, and those when it is asked to."""

import importlib

import pytest
from helpers.minutes import NOTEBOOKS


@pytest.fixture
def own_files(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(NOTEBOOKS))
    monkeypatch.chdir(tmp_path)
    import own_files

    return importlib.reload(own_files)


def record(path, size):
    path.write_bytes(bytes(size))
    return path


def test_what_is_not_its_own_stays(own_files, capsys):
    own = record(own_files.fresh("film"), 2_000_000)
    learners = [record(own_files.FOLDER / "mine.h5", 9), record(own.parents[1] / "film.h5", 9)]
    own_files.tidy(delete=False)
    assert own.exists()
    assert "left 2 MB in" in capsys.readouterr().out
    own_files.tidy(delete=True)
    assert not own.exists()
    assert all(each.exists() for each in learners)
    assert "Deleted" in capsys.readouterr().out
    own_files.tidy(delete=False)
    assert "left no recording" in capsys.readouterr().out


def test_a_cell_can_be_run_again(own_files):
    first = record(own_files.fresh("film"), 9)
    assert own_files.fresh("film") == first
    assert not first.exists()
