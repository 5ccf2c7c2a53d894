"""What a learner may ask for: a hint, a solution, the beginning again, a function that works."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from zmqlab.course.checking import has_passed
from zmqlab.course.exercises import find
from zmqlab.course.verdicts import Help

_hints_given: Counter[str] = Counter()  # by the names of the exercises


def hint(name: str | Callable) -> Help:
    """Give the next hint for an exercise.

    Parameters
    ----------
    name : str or callable
        The exercise's name, or your function.
    """
    try:
        found = find(name)
    except LookupError as error:
        return Help("no hint", error.args[0])
    _hints_given[found.name] += 1
    count = len(found.hints)
    number = min(_hints_given[found.name], count)
    last = f' That was the last one; `solution("{found.name}")` comes after it.'
    text = found.hints[number - 1] + last * (number == count)
    return Help(f"hint {number} of {count} for {found.name}", text)


def solution(name: str | Callable, show: bool = False) -> Help:
    """Show a way to solve an exercise, after a question.

    Parameters
    ----------
    name : str or callable
        The exercise's name, or your function.
    show : bool
        Your answer to the question.
    """
    try:
        found = find(name)
    except LookupError as error:
        return Help("no solution", error.args[0])
    if show:
        text = "Yours may look different and be as good."
        return Help(f"a solution of {found.name}", text, found.solution)
    left = len(found.hints) - _hints_given[found.name]
    hints = f"There are {left} hints you have not seen. " if left > 0 else ""
    return Help(
        f"show the solution of {found.name}?",
        f"{hints}Yours teaches you more, even half of one. If you are sure: "
        f'`solution("{found.name}", show=True)`',
    )


def reset(name: str | Callable) -> Help:
    """Bring back what an exercise began with, in a new cell below; yours stays where it is.

    Parameters
    ----------
    name : str or callable
        The exercise's name, or your function.
    """
    try:
        found = find(name)
    except LookupError as error:
        return Help("nothing to bring back", error.args[0])
    try:
        get_ipython().set_next_input(found.beginning)  # type: ignore[name-defined]
    except (NameError, AttributeError):  # no notebook
        return Help(f"{found.name} began with", source=found.beginning)
    return Help(f"{found.name} began with what is in the new cell below")


def use(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return your function if it has passed its check, otherwise the course's; say which.

    Parameters
    ----------
    function : callable
        What you wrote for an exercise.

    Raises
    ------
    LookupError
        If there is no exercise of its name.
    """
    found = find(function)
    if has_passed(function):
        print(f"{found.name}: yours, it has passed")
        return function
    print(f"{found.name}: the course's own, because yours has not passed its check yet")
    return found.function
