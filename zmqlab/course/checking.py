"""`check` tries out what you wrote for an exercise, in a process of its own.

The process keeps the notebook safe: your function may hang, or end the process it runs in. A server
that you write runs in yet another one::

    notebook             the check            your server
    check(f)  --start->  uses f   --start->   f("tcp://127.0.0.1:...")
              <-file---  the verdict, as JSON

`trial` and `programs` hold what the checks share, and `verdicts` what you see.
"""

import inspect
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from zmqlab.course import progress_file
from zmqlab.course.exercises import find
from zmqlab.course.verdicts import Result
from zmqlab.processes import cells, launch
from zmqlab.processes.handle import StartError
from zmqlab.processes.launch import start

BEGINS = 90  # seconds until a check has begun, on a busy computer
SLOWEST = 240  # seconds that a whole check may take, on a busy computer
KILLED = -9  # exit code of a process that the system ended (SIGKILL)
LAST_LINES = 20  # of what the function printed are shown
_passed: dict[str, Any] = {}  # name: the code of the function that passed last


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
    verdict, printed = _try_out(found, function)
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
    try:
        inspect.signature(function).bind(*inspect.signature(found.function).parameters)
    except (TypeError, ValueError) as error:
        return f"It will be called as `{found.signature}`, and yours cannot be: {error}."
    return ""


def _try_out(exercise, function):
    """Run the check in a process, and return its verdict and what it printed, come what may."""
    from zmqlab.course.trial import run

    def not_yet(text, traceback=""):
        return {"state": "not yet", "text": text, "traceback": traceback}

    process = None
    with tempfile.TemporaryDirectory() as folder:
        file, begun = Path(folder, "verdict.json"), Path(folder, "verdict.json.begun")
        call = run, exercise.file, exercise.name, function, str(file)
        name = f"check of {exercise.name}"
        try:
            with start(*call, process_name=name, observe=False, start_timeout=BEGINS) as process:
                _wait_for_the_end(process, exercise.name)
            verdict = json.loads(file.read_text("utf-8"))
        except (StartError, FileNotFoundError) as error:
            if begun.exists():  # it may have ended even before it told that it has begun
                process = launch.process(name)
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
