"""Predictions: you guess before the cell that answers, and see your guess beside what came.

The questions of a notebook are in a file of `notebooks/exercises`, `01_request_reply.toml` say.
Each has three answers, and a sentence for each wrong one on what leads there::

    [slow-server]
    question = "..."
    answers = ["...", "...", "..."]
    right = 2                       # counted from 0; left out where the cell measures which
    because = ["...", "...", "..."]
"""

import html
import tomllib
from functools import cache
from typing import Any, NamedTuple

from zmqlab.course import progress_file
from zmqlab.course.verdicts import BLUE, box, marked_up

# Without it, the button of a long answer is on a line of its own, out of sight; and JupyterLab
# breaks the lines that cells print in the middle of words.
STYLE = """<style>
.widget-radio-box label { display: flex; flex-direction: row-reverse; justify-content: flex-end }
.widget-radio-box label { height: auto }
.widget-radio-box input { flex: none }
.widget-html > .widget-html-content { line-height: 1.5 }
.jp-OutputArea-output pre { word-break: normal; overflow-wrap: anywhere }
</style>"""
RETURNING = 2  # questions of earlier notebooks at the start of each
_guesses: dict[str, int] = {}  # name: number of the answer, chosen in this kernel
_told: set[str] = set()  # whose answer has been shown in this kernel


class Question(NamedTuple):
    """A question, its three answers, and why one might think so."""

    name: str
    notebook: str
    question: str
    answers: list[str]
    because: list[str]
    right: int | None = None

    def __repr__(self) -> str:
        answers = "\n".join(f"  ( ) {answer}" for answer in self.answers)
        return f"Guess first: {self.question}\n{answers}"


class Prediction:
    """A question with its answers to choose from; `predict` makes it."""

    def __init__(self, question: Question, tell: bool = False) -> None:
        import ipywidgets

        self.question, self._tell = question, tell
        self._choices = ipywidgets.RadioButtons(
            options=[(_plain(answer), number) for number, answer in enumerate(question.answers)],
            value=_guesses.get(question.name),
            layout={"width": "max-content", "max_width": "100%"},
        )
        self._answer = ipywidgets.HTML()
        self._choices.observe(self._choose, "value")
        title = ipywidgets.HTML(f"{STYLE}<b>Guess first:</b> {marked_up(question.question)}")
        self.box = ipywidgets.VBox([title, self._choices, self._answer])

    def _choose(self, change):
        number, question = change["new"], self.question
        if number is None:
            return
        first = question.name not in _guesses  # what comes after that knows the answer
        _guesses[question.name] = number
        if self._tell:
            if first:
                progress_file.note_guess(question.name, number, number == question.right)
            self._answer.value = _judged(question, number, question.right)
        else:
            self._answer.value = "Noted. Now run the next cell."

    def __repr__(self) -> str:
        return repr(self.question)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        data, metadata = _widget(self.box, options)
        return {**data, "text/html": self.page(), "text/plain": repr(self)}, metadata

    def page(self) -> str:
        """Return the question as HTML, for a page without widgets."""
        question = self.question
        answers = "".join(f"<li>{marked_up(answer)}</li>" for answer in question.answers)
        lines = [marked_up(question.question), f"<ul>{answers}</ul>"]
        if self._tell and question.right is not None:
            because = marked_up(question.because[question.right])
            answer = f"{marked_up(question.answers[question.right])}. {because}"
            lines += [f"<details><summary>Answer</summary>{answer}</details>"]
        return box(BLUE, "Guess first", lines)


def predict(name: str) -> Prediction:
    """Ask a question before the cell that answers it.

    Parameters
    ----------
    name : str
        Of the question, in the notebook's file of `notebooks/exercises`.

    Raises
    ------
    LookupError
        If there is none of that name.
    """
    return Prediction(_question(name))


class Outcome:
    """Your guess beside what came; `reveal` makes it."""

    def __init__(self, question: Question, came: str, right: int, guess: int | None) -> None:
        self.question, self.came, self.right, self.guess = question, came, right, guess

    def __repr__(self) -> str:
        return "\n".join(_untagged(line) for line in self._lines())

    def _repr_html_(self) -> str:
        return box(BLUE, "Your guess, and what came", self._lines())

    def _lines(self):
        question = self.question
        came = f"It came: {marked_up(self.came)}" if self.came else ""
        if self.guess is None:
            right = marked_up(question.answers[self.right])
            lines = ["You made no guess.", came, f"Right is: {right}."]
        else:
            guess = marked_up(question.answers[self.guess])
            lines = [f"You guessed: {guess}", came, _judged(question, self.guess, self.right)]
        return [line for line in lines if line]


def reveal(name: str, came: object = "", right: int | None = None) -> Outcome:
    """Set a guess beside what came, and keep whether it was right.

    Parameters
    ----------
    name : str
        Of the question that `predict` asked.
    came : optional
        What the cell measured, to be shown.
    right : int, optional
        Which answer is right, counted from 0, where that is measured.

    Raises
    ------
    LookupError
        If there is no question of that name.
    ValueError
        If nothing says which answer is right.
    """
    question = _question(name)
    right = question.right if right is None else right
    if right is None:
        raise ValueError(f"reveal({name!r}): say which answer is right, as in right=0")
    guess = _guesses.get(name)
    if guess is not None and name not in _told:  # who knows the answer does not guess
        progress_file.note_guess(name, guess, guess == right)
    _told.add(name)
    return Outcome(question, str(came), right, guess)


class Returning:
    """Questions of earlier notebooks, one below the other; `recall` makes it."""

    def __init__(self, questions: list[Question]) -> None:
        import ipywidgets

        self._predictions = [Prediction(question, tell=True) for question in questions]
        self._box = ipywidgets.VBox([each.box for each in self._predictions])

    def __repr__(self) -> str:
        return "\n".join(map(repr, self._predictions))

    def _repr_mimebundle_(self, **options: Any) -> Any:
        data, metadata = _widget(self._box, options)
        page = STYLE + "<br>".join(each.page() for each in self._predictions)
        return {**data, "text/html": page, "text/plain": repr(self)}, metadata


def recall(notebook: str) -> Returning:
    """Ask two questions of earlier notebooks again: those that were guessed wrong come first.

    Parameters
    ----------
    notebook : str
        The one that begins, by its number, such as ``"03"``.
    """
    guesses = progress_file.load()["guesses"]
    earlier = [
        each
        for each in map(_question, _questions())
        if each.notebook[:2] < notebook[:2] and each.right is not None
    ]

    def rank(each):
        guess = guesses.get(each.name)
        return 1 if guess is None else 2 if guess.get("right") else 0

    newest_first = earlier[::-1]
    chosen = sorted(newest_first, key=rank)[:RETURNING]
    for each in chosen:
        _guesses.pop(each.name, None)
    return Returning(chosen)


def _widget(box, options):
    """Return the data and the metadata of a widget: some versions give the data only."""
    bundle = box._repr_mimebundle_(**options)
    return bundle if isinstance(bundle, tuple) else (bundle, {})


def _judged(question, guess, right):
    if guess == right:
        return f"<b>Right.</b> {marked_up(question.because[right])}"
    because = marked_up(question.because[guess])
    return f"<b>Not so:</b> {because} Right is: {marked_up(question.answers[right])}."


@cache
def _questions() -> dict[str, Any]:
    folder = progress_file.course_folder() / "notebooks" / "exercises"
    return {
        name: {"notebook": file.stem.replace("_", "-"), **question}
        for file in sorted(folder.glob("*.toml"))
        for name, question in tomllib.loads(file.read_text("utf-8")).items()
    }


def _question(name: str) -> Question:
    known = _questions()
    if name not in known:
        raise LookupError(f"there is no question {name!r}; there are: {', '.join(known)}")
    return Question(name, **known[name])


def _plain(text):
    return text.replace("`", "")


def _untagged(line):
    return html.unescape(
        line.replace("<b>", "").replace("</b>", "").replace("<code>", "`").replace("</code>", "`")
    )
