"""The rules of the house: its rooms, its sizes, its one front door, its map, its version."""

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

import zmqlab

ROOT = Path(__file__).parents[2]
ROOMS = sorted(path.parent.name for path in ROOT.glob("zmqlab/*/__init__.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
BESIDE = sorted((ROOT / "notebooks").rglob("*.py"))  # files that notebooks open and run

# The most lines of Python: of a file, of the module without course/, of what learners may read, of
# course/, of the exercises.
LONGEST_FILE, MODULE, READ = 350, 15_600, 6_150
COURSE, EXERCISES = 2_650, 3_500
# What a learner is not invited to read, of the rooms that one is invited to.
STAGE = {
    *("wire/shared.py", "wire/ring.py", "patterns/farm.py", "patterns/cluster.py"),
    *("patterns/picture_stream.py", "patterns/web_visitors.py"),
    *("patterns/tap_halves.py", "patterns/capture.py", "wire/line.py", "wire/commands.py"),
    *("wire/guard.py", "patterns/subscribers.py", "patterns/http_server.py"),
}


def run(*command):
    """Run one of the project's tools in the root of the repository."""
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_room_imports_from_those_below_it_only():
    run("-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-cache")


@pytest.mark.everything
@pytest.mark.timeout(1000)
@pytest.mark.skipif(np.__version__ < "2", reason="older packages say other types, or none")
def test_annotations_hold():
    run("-m", "mypy")


def lines_of(*patterns):
    """Return {file: lines} of the module's Python files that match one of the patterns."""
    files = {path for pattern in patterns for path in (ROOT / "zmqlab").glob(pattern)}
    return {
        path.relative_to(ROOT / "zmqlab").as_posix(): path.read_bytes().count(b"\n")
        for path in files
    }


def test_no_file_is_long():
    long = {name: lines for name, lines in lines_of("**/*.py").items() if lines > LONGEST_FILE}
    assert not long


def test_the_module_is_small():
    files = lines_of("**/*.py")
    assert len(files) > 40
    lines = sum(lines for name, lines in files.items() if not name.startswith("course/"))
    assert lines <= MODULE
    assert sum(lines_of("course/*.py").values()) <= COURSE


def test_the_exercises_are_small():
    files = [path for path in BESIDE if path.parent.name == "exercises"]
    assert sum(path.read_bytes().count(b"\n") for path in files) <= EXERCISES


def test_what_one_is_invited_to_read_is_small():
    files = lines_of("wire/*.py", "analysis/*.py", "patterns/*.py")
    assert files.keys() > STAGE
    lines = sum(lines for name, lines in files.items() if name not in STAGE)
    assert lines <= READ


def imports(source, line_magics=re.compile(r"^\s*[%!?].*$", re.MULTILINE)):
    """Return what the code of a cell imports, as (module, names)."""
    for node in ast.walk(ast.parse(line_magics.sub("", source))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module, [alias.name for alias in node.names]


def sources(path):
    """Yield the Python of a notebook, cell by cell, or of a file beside the notebooks."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        yield text
        return
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and "--language node" not in source:
            yield source


@pytest.mark.parametrize("path", [*NOTEBOOKS, *BESIDE], ids=lambda path: path.name)
def test_notebooks_come_in_by_the_front_door(path):
    """They import from zmqlab, and from nowhere below it; the checks look behind it."""
    if path.parent.name == "exercises":
        return
    for source in sources(path):
        for module, names in imports(source):
            assert not module.startswith("zmqlab."), source
            if module == "zmqlab":
                assert set(names) <= set(zmqlab.__all__), source


def test_all_rooms_are_known():
    assert set(ROOMS) == {
        *("cameras", "wire", "analysis", "recording", "processes", "patterns", "page", "course")
    }


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_names_lead_somewhere_and_say_what_they_are(room):
    module = importlib.import_module(f"zmqlab.{room}".strip("."))
    assert inspect.getdoc(module)
    assert module.__all__
    things = {name: getattr(module, name) for name in module.__all__}
    ours = {
        name: thing
        for name, thing in things.items()
        if inspect.isclass(thing) or inspect.isroutine(thing)
    }
    assert not [name for name, thing in ours.items() if not thing.__doc__], "without a docstring"
    missing = [each for thing in ours.values() for each in unannotated(thing)]
    assert not missing, f"without an annotation: {', '.join(missing)}"


def unannotated(thing):
    """Yield each public function of ours, or parameter of one, that has no annotation."""
    if inspect.isclass(thing):
        for name, part in vars(thing).items():
            part = part.fget if isinstance(part, property) else getattr(part, "__func__", part)
            if inspect.isfunction(part) and (name == "__init__" or not name.startswith("_")):
                yield from unannotated(part)
        return
    signature = inspect.signature(thing)
    if signature.return_annotation is signature.empty and thing.__name__ != "__init__":
        yield f"{thing.__qualname__} -> ?"
    for name, parameter in signature.parameters.items():
        if parameter.annotation is parameter.empty and name not in ("self", "cls"):
            yield f"{thing.__qualname__}({name})"


def test_the_map_names_every_folder():
    """CONTRIBUTING.md has a line for each folder of the module and of the tests."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    mapped = re.findall(r"^\| `((?:zmqlab|tests)/[\w/]*)` +\| \w.* \|$", text, re.MULTILINE)
    folders = {
        f"{path.parent.relative_to(ROOT).as_posix()}/"
        for folder in ("zmqlab", "tests")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert sorted(mapped) == sorted(folders)


def test_there_is_one_version():
    version = zmqlab.__version__
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == version
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## ([\d.]+)", changes, re.MULTILINE)[1] == version
    assert re.search(r'^dynamic = \["version"\]', (ROOT / "pyproject.toml").read_text(), re.M)
