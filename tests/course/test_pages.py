"""What every notebook holds to: an honest time, short cells, answers that stay the learner's."""

import ast
import re

import nbformat
import pytest
from helpers.minutes import NOTEBOOKS, code_lines, minutes, stated

from zmqlab.course import predictions
from zmqlab.course.exercises import exercises

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))
LONGEST_CELL, MOST_CODE, HOUR = 25, 300, 60
each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@each_notebook
def test_states_the_minutes_that_it_takes(notebook):
    counted = minutes(notebook)
    assert counted <= HOUR, f"{counted:.0f} minutes: an hour at most"
    assert stated(notebook) == 5 * round(counted / 5), f"{counted:.0f} minutes are counted"


@each_notebook
def test_cells_are_short_and_few(notebook):
    long = {
        cell.id: lines
        for cell in code(notebook)
        if (lines := cell.source.count("\n") + 1) > LONGEST_CELL
    }
    assert not long, "cells of more than 25 lines"
    assert code_lines(notebook) <= MOST_CODE


@each_notebook
def test_nothing_replaces_what_the_learner_wrote(notebook):
    """No cell shows a hint or a solution unasked, and none binds an exercise's name again."""
    names = set(exercises())
    for cell in code(notebook):
        assert not re.search(r"^\s*(hint|solution|reset)\(", cell.source, re.MULTILINE), cell.id
        assert "solution" not in cell.metadata.get("tags", ())
        if "exercise" in cell.metadata.get("tags", ()) or "--language node" in cell.source:
            continue
        source = re.sub(r"^\s*[%!].*$", "", cell.source, flags=re.MULTILINE)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                assert node.name not in names, f"{node.name} is written again"
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                assert node.id not in names, f"{node.id} is bound again"


@each_notebook
def test_exercises_are_as_the_course_has_them(notebook):
    """Each cell holds the beginning that `reset` brings back, and a check comes after it."""
    cells = code(notebook)
    for number, cell in enumerate(cells):
        if "exercise" not in cell.metadata.get("tags", ()):
            continue
        (name,) = set(cell.metadata.tags) - {"exercise"}
        if name not in exercises():
            continue
        assert cell.source == exercises()[name].beginning
        after = "\n".join(each.source for each in cells[number + 1 :])
        assert re.search(rf"\bcheck\({name}\)", after), f"no check({name})"


@each_notebook
def test_every_question_is_asked_and_answered(notebook, path):
    source = "\n".join(cell.source for cell in code(notebook))
    asked = re.findall(r"\bpredict\(\"([^\"]+)\"", source)
    told = re.findall(r"\breveal\(\s*\"([^\"]+)\"", source)
    mine = [name for name in predictions._questions() if _notebook(name) == path.stem]
    assert asked == told == mine or sorted(asked) == sorted(told) == sorted(mine)
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    assert "Guess first" not in prose, "a question without predict()"


@each_notebook
def test_every_answer_is_shown(notebook):
    """A notebook shows the last expression of a cell by itself, and nothing before it."""
    for cell in code(notebook):
        if "reveal(" in cell.source:
            *before, _ = ast.parse(cell.source).body
            unseen = [ast.unparse(each) for each in before if isinstance(each, ast.Expr)]
            assert not any(each.startswith("reveal(") for each in unseen), cell.id


def _notebook(name):
    return predictions._questions()[name]["notebook"]


@each_notebook
def test_earlier_questions_return(notebook, path):
    number = path.name[:2]
    asked = re.search(
        rf"^recall\(\"{number}\"\)$", "\n".join(c.source for c in code(notebook)), re.M
    )
    assert bool(asked) == (number != "00")


def test_every_exercise_is_in_a_notebook_in_that_order():
    found = []
    for path in PATHS:
        for cell in nbformat.read(path, as_version=4).cells:
            if "exercise" in cell.metadata.get("tags", ()):
                found += [name for name in cell.metadata.tags if name in exercises()]
    assert found == list(exercises())


@each_notebook
def test_card_and_glossary_are_at_hand(notebook):
    top = notebook.cells[0].source
    assert "(card.ipynb)" in top
    assert "(glossary.ipynb)" in top
