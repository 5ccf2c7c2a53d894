"""Exercises: you write a function in a notebook, `check` tries it out, `hint` helps.

The checks of a notebook are a file beside this one, and the check of an exercise is a plain
function there. It takes your function, uses it as a program would, and raises `NotYet` when
something else comes out than should. It runs in a process of its own, because your function may
hang, or end the process it runs in; a server that you write runs in yet another one::

    notebook             the check            your server
    check(f)  --start->  uses f   --start->   f("tcp://127.0.0.1:...")
              <-file---  the verdict, as JSON

`trial` holds what the checks share, `results` what you see.
"""

import importlib
import inspect
import json
import pkgutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from zmqlab.course.verdicts import Hint, Result
from zmqlab.processes import cells

SLOWEST = 90  # seconds that a whole check may take
LAST_LINES = 20  # of what the function printed are shown
_exercises: dict[str, "Exercise"] = {}  # name: Exercise
_hints_given: Counter[str] = Counter()  # name: how many


class Exercise(NamedTuple):
    signature: str
    hints: tuple
    check: object


def exercise(signature, *hints):
    """Make the function below the check of an exercise.

    Parameters
    ----------
    signature : str
        Of the function that the learner writes, such as ``"shout_server(bind)"``.
    *hints : str
        From gentle to explicit. What stands between backquotes is code.
    """

    def register(check):
        _exercises[signature.partition("(")[0]] = Exercise(signature, hints, check)
        return check

    return register


def check(function):
    """Try out what you wrote for an exercise.

    Parameters
    ----------
    function : callable
        Yours, under the name that the exercise gives it.

    Returns
    -------
    Result
        Passed; not yet, with what was expected and what came; or not attempted, as long as
        the function raises `NotImplementedError`.
    """
    name = getattr(function, "__name__", None)
    if not callable(function) or name is None:
        text = "Hand over the function itself, as in `check(shout_server)`."
        return Result(f"{function!r:.60}", "not attempted", text)
    try:
        found = _find(name)
        inspect.signature(function).bind(*_parameters(found.signature))
    except LookupError as error:
        return Result(name, "not attempted", error.args[0])
    except (TypeError, ValueError) as error:
        text = f"It will be called as `{found.signature}`, and yours cannot be: {error}."
        return Result(name, "not yet", text)
    verdict, printed = _try_out(name, found.check, function)
    verdict["traceback"] = _name_cells(verdict.get("traceback", ""))
    return Result(
        name, **verdict, printed=_name_cells("\n".join(printed.splitlines()[-LAST_LINES:]))
    )


def hint(function):
    """Give the next hint for an exercise; `function` is yours, or the exercise's name."""
    name = function if isinstance(function, str) else getattr(function, "__name__", None)
    try:
        hints = _find(name).hints
    except LookupError as error:
        return Result(f"{function!r:.60}", "not attempted", error.args[0])
    _hints_given[name] += 1
    number = min(_hints_given[name], len(hints))
    return Hint(name, number, len(hints), hints[number - 1])


def _find(name):
    """Return the exercise of that name; LookupError says which there are."""
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    if name not in _exercises:
        there = ", ".join(_exercises)
        raise LookupError(f"There is no exercise of the name {name!r:.60}. There are: {there}.")
    return _exercises[name]


def _parameters(signature):
    return signature.partition("(")[2].rstrip(")").split(", ")


def _try_out(name, check, function):
    """Run the check in a process, and return its verdict and what it printed, come what may."""
    from zmqlab import StartError, start
    from zmqlab.course.trial import run

    def not_yet(text, traceback=""):
        return {"state": "not yet", "text": text, "traceback": traceback}

    process = None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "verdict.json")
        call = run, check, function, str(file)
        try:
            with start(
                *call, process_name=f"check of {name}", observe=False, start_timeout=SLOWEST
            ) as process:
                process.wait_until(lambda process: process.ended, SLOWEST, "the verdict")
            verdict = json.loads(file.read_text("utf-8"))
        except StartError as error:
            what, _, lines = str(error).partition("\n")
            verdict = not_yet(f"The check could not begin: {what}", lines)
        except TimeoutError:
            verdict = not_yet(f"The check was not done after {SLOWEST} s, and was ended.")
        except FileNotFoundError:
            verdict = not_yet(
                f"It ended the process that it ran in, with exit code {process.exit_code}. A "
                "function returns or raises an error, and the process goes on."
            )
        except KeyboardInterrupt:
            verdict = not_yet("The check was interrupted.")
    return verdict, process.output if process else ""


def _name_cells(text):
    """Write "Cell In[3]" where a traceback names a cell by a made-up file."""
    for file, cell in cells.names().items():
        text = text.replace(file, cell)
    return text
