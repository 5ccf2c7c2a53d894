"""The exercises, which lie beside the notebooks: a file of `notebooks/exercises` for each notebook.

Such a file holds for each exercise, in this order, its hints, a solution and its check::

    @hints("A server is a loop: ...", "Capitals are a matter of text: ...")
    def shout_server(bind):
        ...  # a way to solve it

    def check_shout_server(function):
        ...  # uses the learner's function, and raises `NotYet` unless it does what it should
        return "It shouted back to a dozen clients."

What an exercise begins with is the notebook's own cell, with the tags "exercise" and its name.
"""

import ast
import importlib.util
import inspect
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from zmqlab.course import progress_file


@dataclass(frozen=True)
class Exercise:
    """An exercise: its file, hints from gentle to explicit, a way to solve it, its check."""

    file: Path
    hints: tuple[str, ...]
    function: Callable[..., Any]
    solution: str
    check: Callable[..., str]

    @property
    def notebook(self) -> str:
        """The name of its notebook's file, such as ``"01-request-reply"``."""
        return self.file.stem.replace("_", "-")

    @property
    def name(self) -> str:
        """Of the function that the learner writes."""
        return self.function.__name__

    @property
    def signature(self) -> str:
        """Of the function that the learner writes, such as ``"shout_server(bind)"``."""
        return f"{self.name}{inspect.signature(self.function)}"

    @property
    def beginning(self) -> str:
        """What the learner found in the notebook."""
        with suppress(OSError, ValueError, KeyError):
            return json.loads(_kept_beginnings().read_text("utf-8"))[self.name]
        return _beginnings().get(self.name, f"def {self.signature}:\n    raise NotImplementedError")


def hints(*texts: str) -> Callable[[Callable], Callable]:
    """Make the function below a solution, and give hints that lead to it.

    Parameters
    ----------
    *texts : str
        From gentle to explicit. What stands between backquotes is code.
    """

    def mark(solution):
        solution.hints = texts
        return solution

    return mark


def exercises() -> dict[str, Exercise]:
    """Return all exercises by their names, in the order of the notebooks.

    Raises
    ------
    FileNotFoundError
        If zmqlab was installed without the notebooks.
    """
    return _read(progress_file.course_folder() / "notebooks")


def find(name: object) -> Exercise:
    """Return the exercise of a name, or of a function of that name.

    Raises
    ------
    LookupError
        If there is none; says which there are.
    """
    known = exercises()
    text = name if isinstance(name, str) else getattr(name, "__name__", "")
    if text not in known:
        raise LookupError(
            f"There is no exercise of the name {text or name!r:.60}. There are: {', '.join(known)}."
        )
    return known[text]


@cache
def _read(folder: Path) -> dict[str, Exercise]:
    if str(folder) not in sys.path:  # the checks import what lies beside the notebooks
        sys.path.append(str(folder))
    files = sorted((folder / "exercises").glob("[0-9][0-9]_*.py"))
    return {exercise.name: exercise for file in files for exercise in read(file)}


def read(file: Path) -> Iterator[Exercise]:
    """Yield the exercises of a file."""
    module = _loaded(file)
    text = file.read_text("utf-8")
    for node in ast.parse(text).body:
        function: Any = getattr(module, getattr(node, "name", ""), None)
        if hasattr(function, "hints"):
            yield Exercise(
                file,
                function.hints,
                function,
                ast.get_source_segment(text, node) or "",
                getattr(module, f"check_{function.__name__}"),
            )


def _loaded(file: Path) -> ModuleType:
    """Run a file as a module that has no name in `sys.modules`: its solutions travel whole."""
    spec = importlib.util.spec_from_file_location(f"exercises_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


def keep_beginnings() -> None:
    """Keep what each exercise begins with, for `reset`, before a learner writes over it."""
    with suppress(OSError):  # else `reset` reads the notebook
        file = _kept_beginnings()
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(_beginnings(), ensure_ascii=False), "utf-8")


def _kept_beginnings() -> Path:
    file = progress_file.path()
    return file.with_name(file.name.replace("progress", "beginnings"))


def _beginnings() -> dict[str, str]:
    """Return the cell of each exercise, as the notebooks have it now."""
    found: dict[str, str] = {}
    for notebook in (progress_file.course_folder() / "notebooks").glob("[0-9]*.ipynb"):
        for cell in json.loads(notebook.read_text("utf-8"))["cells"]:
            tags = set(cell["metadata"].get("tags", ()))
            if "exercise" in tags:
                found |= dict.fromkeys(tags - {"exercise"}, "".join(cell["source"]))
    return found
