"""What `progress` shows: which exercises are passed, tried or new."""

from zmqlab.course import progress_file
from zmqlab.course.exercises import exercises
from zmqlab.course.verdicts import code


class Progress(list):
    """The exercises in their order: a list of (name, notebook, "passed", "tried" or "new")."""

    def __repr__(self) -> str:
        width = max(len(name) for name, _, _ in self)
        signs = {"passed": "✔", "tried": "…", "new": " "}
        rows = [f"{signs[state]} {name:{width}}  {state:6}  {book}" for name, book, state in self]
        return "\n".join([*rows, self._next()])

    def _repr_html_(self) -> str:
        rows = [
            f"<tr><td>{code(name)}</td><td>{book}</td><td>{state}</td></tr>"
            for name, book, state in self
        ]
        head = "<tr><th>exercise</th><th>notebook</th><th>state</th></tr>"
        return f"<table>{head}{''.join(rows)}</table><p>{self._next()}</p>"

    def _next(self):
        left = [(name, book) for name, book, state in self if state != "passed"]
        done = f"{len(self) - len(left)} of {len(self)} exercises passed"
        return f"{done}; next: {left[0][0]}, in {left[0][1]}" if left else f"{done}: all of them"


def progress() -> Progress:
    """Show which exercises are passed, tried or new, and which is next."""
    states = progress_file.load()["exercises"]
    return Progress(
        (name, exercise.notebook, states.get(name, "new")) for name, exercise in exercises().items()
    )
