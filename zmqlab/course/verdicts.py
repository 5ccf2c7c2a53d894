"""What an exercise shows: the result of a check, a hint. As text, and as HTML in a notebook."""

import html
import re
from dataclasses import dataclass

# The colours are those of `zmqlab.views`; the sign and the words say the same.
_SIGNS = {
    "passed": ("✔", "#009E73"),
    "not yet": ("✘", "#D55E00"),
    "not attempted": ("○", "#7A7A7A"),
}
_HINT = "#0072B2"


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
    """

    name: str
    state: str
    text: str = ""
    expected: str | None = None
    got: str | None = None
    traceback: str = ""
    printed: str = ""

    def __bool__(self):
        return self.state == "passed"

    def __repr__(self):
        lines = [f"{_SIGNS[self.state][0]} {self.name}: {self.state}", self.text]
        lines += [f"{what}: {value}" for what, value in self._comparison()]
        for title, block in self._blocks():
            lines += [f"{title}:", *(f"  {line}" for line in block.splitlines())]
        lines += [self._help()]
        return "\n  ".join(filter(None, lines))

    def _repr_html_(self):
        sign, colour = _SIGNS[self.state]
        lines = [_marked_up(self.text)]
        lines += [f"{what}: {_code(value)}" for what, value in self._comparison()]
        lines += [f"{title}: {_block(block)}" for title, block in self._blocks()]
        lines += [_marked_up(self._help())]
        return _box(colour, f"{sign} {_code(self.name)}: {self.state}", lines)

    def _help(self):
        return f"`hint({self.name})` gives a hint." if self.state == "not yet" else ""

    def _comparison(self):
        return [] if self.expected is None else [("expected", self.expected), ("it gave", self.got)]

    def _blocks(self):
        blocks = [("where it happened", self.traceback)]
        blocks += [("what it printed", self.printed)] * (self.state == "not yet")
        return [(title, block) for title, block in blocks if block]


@dataclass(frozen=True)
class Hint:
    """One of the hints for an exercise."""

    name: str
    number: int
    count: int
    text: str

    def __repr__(self):
        return f"hint {self.number} of {self.count} for {self.name}: {self._all()}"

    def _repr_html_(self):
        title = f"hint {self.number} of {self.count} for {_code(self.name)}"
        return _box(_HINT, title, [_marked_up(self._all())])

    def _all(self):
        last = self.number == self.count
        return self.text + " That was the last hint; the solution is folded away below." * last


def _code(text):
    return f"<code>{html.escape(text)}</code>"


def _block(text):
    return f'<pre style="margin: 4px 0; white-space: pre-wrap">{html.escape(text)}</pre>'


def _marked_up(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _box(colour, title, lines):
    """Return HTML whose text and background are the page's own, dark or light."""
    style = f"border-left: 4px solid {colour}; padding: 2px 12px; overflow-wrap: anywhere"
    body = "".join(f"<div>{line}</div>" for line in lines if line)
    return f'<div role="status" style="{style}"><div><b>{title}</b></div>{body}</div>'
