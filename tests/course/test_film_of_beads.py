"""Notebook 17 with a film of one's own: once through, and what trackpy's own batch makes of it."""

import json
import shutil

import nbformat
import psutil
import pytest
from helpers.beads import by_trackpy, write
from helpers.notebooks import NOTEBOOKS, living_children, run, started
from nbformat import v4

from zmqlab.cameras import open_camera

FRAMES = 300  # ten seconds
ASKED = """
import json
found = by_time.diffusion()
print(json.dumps({
    "D": result["diffusion"], "steps": result["steps"], "last": result["frame_number"],
    "lost": result["lost"], "slow": [found.coefficient, found.error, numbers[-1]],
}))
"""


@pytest.mark.everything
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what trackpy uses of pandas
def test_a_film_is_measured_once_through_and_as_trackpy_does(tmp_path, monkeypatch):
    monkeypatch.setenv("ZMQLAB_DATA", str(tmp_path / "data"))
    folder = tmp_path / "notebooks"
    shutil.copytree(NOTEBOOKS, folder, ignore=shutil.ignore_patterns("node_modules"))
    with open_camera("simulated", paced=False, seed=1, size=(640, 480), beads=20) as camera:
        write(folder / "film.avi", [camera.read() for _ in range(FRAMES)])
    notebook = nbformat.read(folder / "17-particle-tracker.ipynb", as_version=4)
    cell = next(each for each in notebook.cells if each.id == "film")
    assert cell.source.startswith("FILM = None")
    cell.source = cell.source.replace("FILM = None", 'FILM = "film.avi"')
    with started(notebook, folder) as client:
        kernel = psutil.Process(client.km.provisioner.pid)
        run(client, notebook)
        assert not living_children(kernel)
        asked = v4.new_code_cell(ASKED)
        notebook.cells.append(asked)
        client.execute_cell(asked, len(notebook.cells) - 1)
    found = json.loads(asked.outputs[0].text)
    assert (found["last"], found["lost"]) == (FRAMES - 1, 0)
    assert found["D"] == pytest.approx(by_trackpy(folder / "film.avi"), rel=0.05)
    D, error, last = found["slow"]
    assert last < FRAMES
    assert abs(D - found["D"]) < 4 * error
