"""How long a notebook takes: 140 words or 8 lines of code a minute, 10 minutes an exercise.

The words are those of the prose, and of the guesses: each question with its answers.
"""

import re
from pathlib import Path

from zmqlab.course import predictions

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
WORDS, LINES, EXERCISE = 140, 8, 10
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
STATED = re.compile(r"\*\*Time:?\*\* *(\d+) minutes")
ASKED = re.compile(r"\bpredict\(\"([^\"]+)\"")


def minutes(notebook) -> float:
    """Return the minutes that a notebook takes to read, to run and to work through."""
    words = sum(len(prose(cell).split()) for cell in notebook.cells if cell.cell_type == "markdown")
    words += len(guesses(notebook).split())
    exercises = sum("exercise" in cell.metadata.get("tags", ()) for cell in notebook.cells)
    return words / WORDS + code_lines(notebook) / LINES + EXERCISE * exercises


def guesses(notebook) -> str:
    """Return the questions that a notebook asks, and their answers, as a learner reads them."""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    asked = [predictions._question(name) for name in ASKED.findall(code)]
    return "\n".join(text for each in asked for text in (each.question, *each.answers))


def code_lines(notebook) -> int:
    """Return how many lines of code a learner reads, without blank ones and exercises."""
    return sum(
        sum(bool(line.strip()) for line in cell.source.splitlines())
        for cell in notebook.cells
        if cell.cell_type == "code" and "exercise" not in cell.metadata.get("tags", ())
    )


def prose(cell) -> str:
    """Return the words of a cell: no diagrams and blocks of code, no addresses of links."""
    return re.sub(r"\]\([^)]*\)", "]", FENCED.sub("", cell.source))


def stated(notebook) -> int | None:
    """Return the minutes that a notebook says it takes, in its second cell or before."""
    for cell in notebook.cells[:3]:
        if found := STATED.search(cell.source):
            return int(found[1])
    return None
