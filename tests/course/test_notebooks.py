"""The notebooks of the course, once; with --everything a second time in the same kernel."""

import pytest
from helpers.notebooks import PATHS, run_through


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("path", PATHS[:10], ids=lambda path: path.stem)
def test_runs(path, tmp_path, monkeypatch, capsys, pytestconfig):
    times = 2 if pytestconfig.getoption("everything") else 1
    run_through(path, times, tmp_path, monkeypatch, capsys)
