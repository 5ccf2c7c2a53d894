"""What is committed fits together: README, dependencies, notebooks, and the way they are stored."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).parents[2]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)

START = 'pip install -e ".[notebooks]" && zmqlab lab'
TEST = 'pip install -e ".[test]" && pytest'
CELL_METADATA = {"tags", "jupyter"}


def run(*command):
    """Run one of the project's tools in the root of the repository."""
    command = [sys.executable, "-m", *command]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_readme_has_the_two_commands():
    commands = re.findall(r"^    (pip install .*&&.*)$", README, re.MULTILINE)
    assert commands == [START, TEST]


def test_ci_runs_the_command_of_the_readme():
    lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert TEST in lines


def test_readme_lists_the_notebooks():
    listed = re.findall(r"\((notebooks/\S+\.ipynb)\)", README)
    assert listed == [path.relative_to(ROOT).as_posix() for path in PATHS]


def test_links_in_the_readme_lead_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]


def test_every_dependency_says_what_it_is_for():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extras = PROJECT["project"]["optional-dependencies"].values()
    for requirement in [*PROJECT["project"]["dependencies"], *(r for e in extras for r in e)]:
        if not requirement.startswith("zmqlab"):
            assert re.search(rf'"{re.escape(requirement)}",? +# \w+', text), requirement


def test_conda_takes_its_list_from_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    *conda, pip = environment["dependencies"]
    assert [re.match(r"\w+", name)[0] for name in conda] == ["python", "pip"]
    assert pip == {"pip": ["-e .[notebooks]"]}


@pytest.mark.parametrize("command", ["check", "format --check"])
def test_ruff(command):
    done = run("ruff", *command.split(), ".")
    assert done.returncode == 0, done.stdout + done.stderr


def hook() -> list[str]:
    """Return the command that strips notebooks before each commit."""
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    hooks = {hook["id"]: hook for repo in config["repos"] for hook in repo["hooks"]}
    return [hooks["nbstripout"]["entry"], *hooks["nbstripout"]["args"]]


def test_notebooks_are_stored_as_the_hook_leaves_them():
    done = run(*hook(), "--verify", *map(str, PATHS))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_hook_undoes_what_jupyterlab_adds(tmp_path):
    path = shutil.copy(PATHS[0], tmp_path)
    run(*hook(), path)
    before = nbformat.read(path, as_version=4)
    after = nbformat.read(path, as_version=4)
    after.metadata.kernelspec.language = "python"
    after.metadata.language_info.version = "3.13.5"
    for cell in after.cells:
        cell.metadata.editable = True
        cell.metadata.slideshow = {"slide_type": ""}
        if cell.cell_type == "code":
            cell.metadata.execution = {"iopub.status.busy": "2026-01-01T00:00:00Z"}
            cell.execution_count = 3
            cell.outputs = [nbformat.v4.new_output("stream", text="hello")]
    nbformat.write(after, path)
    assert run(*hook(), path).returncode == 0
    assert nbformat.read(path, as_version=4) == before


@each_notebook
def test_notebook_is_stored_lean(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)  # among other things, that the cells' ids are unique
    assert (notebook.nbformat, notebook.nbformat_minor >= 5) == (4, True)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    assert notebook.metadata.kernelspec == kernel
    assert notebook.metadata.language_info == {"name": "python"}
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert set(cell.metadata) <= CELL_METADATA, f"cell {cell.id}: {dict(cell.metadata)}"
        assert cell.metadata.get("jupyter", {"source_hidden": True}) == {"source_hidden": True}
        if cell.cell_type == "code":
            assert cell.execution_count is None, f"cell {cell.id} has an execution count"
            assert cell.outputs == [], f"cell {cell.id} has outputs"


@each_notebook
def test_pictures_have_an_alt_text(path):
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown":
            pictures = re.findall(r"!\[(.*?)\]\(", cell.source, re.DOTALL)
            pictures += re.findall(r"<img(?![^>]*\balt=\"([^\"]*\w))[^>]*>", cell.source)
            assert all(re.search(r"\w", alt) for alt in pictures), f"cell {cell.id}"
