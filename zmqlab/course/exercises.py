"""Exercises: you write a function in a notebook, `check` tries it out.

The checks of a notebook are a file in `checks`, and the check of an exercise is a plain function
there. It takes your function, uses it as a program would, and raises `NotYet` when something else
comes out than should. It runs in a process of its own, because your function may hang, or end the
process it runs in; a server that you write runs in yet another one::

    notebook             the check            your server
    check(f)  --start->  uses f   --start->   f("tcp://127.0.0.1:...")
              <-file---  the verdict, as JSON

`trial` and `programs` hold what the checks share, `verdicts` what you see, `helps` the hints and
the rest, and `progress_file` what you have done so far. What an exercise begins with is in
`beginnings`, a way to solve it in `solutions`: a file for each notebook, as in `checks`.
"""

import importlib
import inspect
import json
import pkgutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from zmqlab.course import beginnings, checks, progress_file, solutions
from zmqlab.course.verdicts import Result
from zmqlab.processes import cells, launch
from zmqlab.processes.handle import StartError
from zmqlab.processes.launch import start

BEGINS = 90  # seconds until a check has begun, on a busy computer
SLOWEST = 240  # seconds that a whole check may take, on a busy computer
KILLED = -9  # exit code of a process that the system ended (SIGKILL)
LAST_LINES = 20  # of what the function printed are shown
_exercises: dict[str, "Exercise"] = {}
_passed: dict[str, Any] = {}  # name: the code of the function that passed last


@dataclass(frozen=True)
class Exercise:
    """An exercise, as its check describes it."""

    notebook: str
    signature: str
    hints: tuple[str, ...]
    check: Callable[..., str]

    @property
    def name(self) -> str:
        """Of the function that the learner writes."""
        return self.signature.partition("(")[0]

    @property
    def beginning(self) -> str:
        """What the learner finds in the notebook."""
        return self._source(beginnings)

    @property
    def solution(self) -> str:
        """The source of a way to solve it."""
        return self._source(solutions)

    @property
    def function(self) -> Callable[..., Any]:
        """A way to solve it, to be called."""
        return getattr(self._module(solutions), self.name)

    def _source(self, package: ModuleType) -> str:
        return inspect.getsource(getattr(self._module(package), self.name)).rstrip()

    def _module(self, package: ModuleType) -> ModuleType:
        return importlib.import_module(f"{package.__name__}.{self.notebook}")


def exercise(signature: str, *hints: str) -> Callable[[Callable], Callable]:
    """Make the function below the check of an exercise.

    Parameters
    ----------
    signature : str
        Of the function that the learner writes, such as ``"shout_server(bind)"``.
    *hints : str
        From gentle to explicit. What stands between backquotes is code.
    """

    def register(check):
        notebook = check.__module__.rpartition(".")[2]
        made = Exercise(notebook, signature, hints, check)
        _exercises[made.name] = made
        return check

    return register


def exercises() -> dict[str, Exercise]:
    """Return all exercises by their names, in the order of the notebooks."""
    for module in pkgutil.iter_modules(checks.__path__):
        importlib.import_module(f"{checks.__name__}.{module.name}")
    return dict(sorted(_exercises.items(), key=lambda item: NOTEBOOKS.index(item[1].notebook)))


NOTEBOOKS = (  # by the names of their files
    *("start_here", "request_reply", "camera_on_request", "push_pull", "does_it_pay"),
    *("publish_subscribe", "record_to_hdf5", "one_program", "how_it_ends"),
    *("where_the_time_goes", "one_memory", "inside_zeromq", "when_things_break", "who_may_connect"),
    *("a_web_page", "other_languages", "more_than_one_machine", "particle_tracker"),
    "challenges",
)


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


def check(function: Callable[..., Any]) -> Result:
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
    if not callable(function):
        text = "Hand over the function itself, as in `check(shout_server)`."
        return Result(f"{function!r:.60}", "not attempted", text)
    if name in (None, "<lambda>"):
        kind = "`lambda`" if name else f"`{type(function).__name__}`"
        text = f"Write it with `def` and the exercise's name: a {kind} has no name to go by."
        return Result(name or f"{function!r:.60}", "not attempted", text)
    try:
        found = find(name)
    except LookupError as error:
        return Result(name, "not attempted", error.args[0])
    unfit = _unfit(function, found)
    if unfit:
        return _noted(Result(name, "not yet", unfit, exercise=found))
    verdict, printed = _try_out(name, found.check, function)
    verdict["traceback"] = _name_cells(verdict.get("traceback", ""))
    printed = _name_cells("\n".join(printed.splitlines()[-LAST_LINES:]))
    if verdict["state"] == "passed":
        _passed[name] = getattr(function, "__code__", function)
    return _noted(Result(name, **verdict, printed=printed, exercise=found))


def has_passed(function: Callable[..., Any]) -> bool:
    """Tell whether this very function has passed its check, here and since it was written."""
    return _passed.get(function.__name__, ...) == getattr(function, "__code__", function)


def _noted(result: Result) -> Result:
    if result.state != "not attempted":
        progress_file.note_exercise(result.name, bool(result))
    return result


def _unfit(function, found):
    """Say why a function cannot be called as the exercise does, or nothing."""
    coroutine = inspect.iscoroutinefunction
    if inspect.isasyncgenfunction(function) or coroutine(function) > coroutine(found.function):
        return (
            "It is an `async def`: called, it would only return a coroutine. Write a plain `def`; "
            "inside it `asyncio.run(...)` may run what is asynchronous."
        )
    generator = inspect.isgeneratorfunction
    if generator(function) and not generator(found.function):
        return "It holds a `yield`, so that a call would not run it. `return` what it gives."
    parameters = found.signature.partition("(")[2].rstrip(")").split(", ")
    try:
        inspect.signature(function).bind(*parameters)
    except (TypeError, ValueError) as error:
        return f"It will be called as `{found.signature}`, and yours cannot be: {error}."
    return ""


def _try_out(name, check, function):
    """Run the check in a process, and return its verdict and what it printed, come what may."""
    from zmqlab.course.trial import run

    def not_yet(text, traceback=""):
        return {"state": "not yet", "text": text, "traceback": traceback}

    process = None
    with tempfile.TemporaryDirectory() as folder:
        file, begun = Path(folder, "verdict.json"), Path(folder, "verdict.json.begun")
        call = run, check, function, str(file)
        options = {"process_name": f"check of {name}", "observe": False, "start_timeout": BEGINS}
        try:
            with start(*call, **options) as process:
                _wait_for_the_end(process, name)
            verdict = json.loads(file.read_text("utf-8"))
        except (StartError, FileNotFoundError) as error:
            if begun.exists():  # it may have ended even before it told that it has begun
                process = launch.process(options["process_name"])
                verdict = not_yet(
                    "The process of the check was killed, perhaps because there was no memory "
                    "left. Stop what else is running, and check again."
                    if process.exit_code == KILLED
                    else f"It ended the process that it ran in, with exit code {process.exit_code}"
                    ". A function returns or raises an error, and the process goes on."
                )
            else:
                what, _, lines = str(error).partition("\n")
                verdict = not_yet(f"The check could not begin: {what}", lines)
        except TimeoutError:
            verdict = not_yet(f"The check was not done after {SLOWEST} s, and was ended.")
        except KeyboardInterrupt:
            verdict = not_yet("The check was interrupted.")
        except OSError as error:
            verdict = not_yet(
                f"The check could not begin: {error.strerror or error}. Stop what else is running, "
                "or restart the kernel, and check again."
            )
    return verdict, process.output if process else ""


def _wait_for_the_end(process, name):
    """Wait until a check has ended and, in a notebook, say how long it has been at work."""
    ipython, shown = sys.modules.get("IPython"), None  # a module alone need not have it
    for seconds in range(1, 1 + SLOWEST):
        process.settle(lambda process: process.ended, 1.0)
        text = "" if process.ended else f"The check of {name} is at work: {seconds} s."
        if shown:
            shown.update({"text/plain": text}, raw=True)
        elif text and seconds > 1 and ipython and ipython.get_ipython():
            shown = ipython.display.display({"text/plain": text}, raw=True, display_id=True)
        if process.ended:
            return
    raise TimeoutError


def _name_cells(text):
    """Write "Cell In[3]" where a traceback names a cell by a made-up file."""
    for file, cell in cells.names().items():
        text = text.replace(file, cell)
    return text
