"""What an exercise shows: the result of a check, hints, a solution. As text, and as HTML.

The HTML needs no kernel and no script: hints and solution are folded one into the other, so that
they open at a click or a key, one at a time, and stay folded in an exported page.
"""

import html
import re
import traceback
from dataclasses import dataclass
from pathlib import Path

from zmqlab.course.exercises import Exercise
from zmqlab.processes.handle import StartError

# The colours are those of `zmqlab.page.figures`; the sign and the words say the same.
_SIGNS = {
    "passed": ("✔", "#009E73"),
    "not yet": ("✘", "#D55E00"),
    "not attempted": ("○", "#767676"),
}
BLUE = "#0072B2"


def not_yours(error: BaseException) -> tuple[str, str]:
    """Return what to say of an error of the check itself, and the traceback of its program."""
    if isinstance(error, StartError | TimeoutError):
        what, _, lines = str(error).partition("\n")
        why = (
            "A program of the check failed" if lines else "The computer was too slow for the check"
        )
        return f"{why}: {what.rstrip(':.')}. Check again.", lines
    last = traceback.extract_tb(error.__traceback__)[-1]
    text = (
        f"The check itself failed ({Path(last.filename).name}, line {last.lineno}): "
        f"{type(error).__name__}: {error}. That is a fault of the course and not yours; please "
        "report it."
    )
    return text, ""


@dataclass(frozen=True)
class Result:
    """What `check` found out. True only if the exercise is passed.

    Attributes
    ----------
    name : str
        Of the exercise.
    state : str
        ``"passed"``, ``"not yet"`` or ``"not attempted"``.
    text : str
        What is wrong, or what was tried.
    expected, got : str or None
        What should have come and what came, as Python writes them.
    traceback, printed : str
        Where the function raised an error; the end of what it printed.
    exercise : Exercise or None
        Where hints and a solution come from.
    """

    name: str
    state: str
    text: str = ""
    expected: str | None = None
    got: str | None = None
    traceback: str = ""
    printed: str = ""
    exercise: Exercise | None = None

    def __bool__(self) -> bool:
        return self.state == "passed"

    def __repr__(self) -> str:
        lines = [f"{_SIGNS[self.state][0]} {self.name}: {self.state}", self.text]
        lines += [f"{what}: {value}" for what, value in self._comparison()]
        for title, block in self._blocks():
            lines += [f"{title}:", *(f"  {line}" for line in block.splitlines())]
        if self.exercise and not self:
            lines += [f'hint("{self.name}") gives a hint, solution("{self.name}") a solution']
        return "\n  ".join(filter(None, lines))

    def _repr_html_(self) -> str:
        sign, colour = _SIGNS[self.state]
        lines = [marked_up(self.text)]
        lines += [f"{what}: {code(value)}" for what, value in self._comparison()]
        lines += [f"{title}: {_block(block)}" for title, block in self._blocks()]
        if self.exercise:
            lines += [folded_helps(self.exercise, hints=not self)]
        return box(colour, f"{sign} {code(self.name)}: {self.state}", lines)

    def _comparison(self):
        return [] if self.expected is None else [("expected", self.expected), ("it gave", self.got)]

    def _blocks(self):
        blocks = [("where it happened", self.traceback)]
        blocks += [("what it printed", self.printed)] * (self.state == "not yet")
        return [(title, block) for title, block in blocks if block]


@dataclass(frozen=True)
class Help:
    """A hint, a solution, or a word about them.

    Attributes
    ----------
    title : str
    text : str
        What stands between backquotes is code.
    source : str
        Lines of Python.
    """

    title: str
    text: str = ""
    source: str = ""

    def __repr__(self) -> str:
        return "\n".join(filter(None, [f"{self.title}: {self.text}".rstrip(": "), self.source]))

    def _repr_html_(self) -> str:
        lines = [marked_up(self.text), _block(self.source) if self.source else ""]
        return box(BLUE, html.escape(self.title), lines)


def folded_helps(exercise: Exercise, hints: bool) -> str:
    """Return the hints and the solution as HTML: each is folded into the one before.

    Parameters
    ----------
    exercise : Exercise
    hints : bool
        Whether hints come before the solution: somebody who has passed needs none.
    """
    last = _folded(
        "Another way to write it",
        _block(exercise.solution),
    )
    if not hints:
        return last
    last = _folded(
        "Show the solution?",
        "Yours teaches you more, even half of one."
        + _folded("Yes, show me the solution", _block(exercise.solution)),
    )
    count = len(exercise.hints)
    for number in range(count, 0, -1):
        title = f"Hint {number} of {count}"
        last = _folded(title, f"<div>{marked_up(exercise.hints[number - 1])}</div>{last}")
    return last


def _folded(title, body):
    style = "cursor: pointer; width: fit-content; padding: 1px 8px; margin: 4px 0; "
    style += "border: 1px solid currentColor; border-radius: 4px"
    return f'<details><summary style="{style}">{html.escape(title)}</summary>{body}</details>'


def code(text: str) -> str:
    """Return HTML that shows a text as code."""
    return f"<code>{html.escape(text)}</code>"


def marked_up(text: str) -> str:
    """Return HTML in which what stands between backquotes is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def box(colour: str, title: str, lines: list[str]) -> str:
    """Return HTML whose text and background are the page's own, dark or light."""
    style = f"border-left: 4px solid {colour}; padding: 2px 12px; overflow-wrap: anywhere"
    body = "".join(f"<div>{line}</div>" for line in lines if line)
    return f'<div role="status" style="{style}"><div><b>{title}</b></div>{body}</div>'


def _block(text):
    return f'<pre style="margin: 4px 0; white-space: pre-wrap">{html.escape(text)}</pre>'
