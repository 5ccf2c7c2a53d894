"""What a learner has done so far, in a file of a few bytes that is the learner's own.

::

    {"folder": "/home/ada/zmqlab",
     "exercises": {"shout_server": "passed", "never_silent": "tried"},
     "guesses": {"queue": {"guess": 1, "right": false}}}

There is one file for each folder that holds the course, where the system keeps data of users, or
in the folder that the variable ZMQLAB_DATA names: on Windows no other variable moves it.
"""

import contextlib
import hashlib
import json
import os
import secrets
import warnings
from pathlib import Path
from typing import Any

import platformdirs

FIRST_NOTEBOOK = Path("notebooks", "00-start-here.ipynb")


def course_folder() -> Path:
    """Return the folder that holds `notebooks/`: this one, one above it, or where zmqlab lies.

    Raises
    ------
    FileNotFoundError
        If none does: zmqlab was installed without the notebooks.
    """
    here, clone = Path.cwd(), Path(__file__).resolve().parents[2]
    for folder in (here, *here.parents, clone):
        if (folder / FIRST_NOTEBOOK).is_file():
            return folder
    raise FileNotFoundError(
        f"There is no {FIRST_NOTEBOOK} in {here}, above it, or in {clone}: zmqlab was installed "
        "without its notebooks. Clone or unpack the course's repository, change into its folder "
        'and type: pip install -e ".[notebooks]" && zmqlab lab'
    )


def path() -> Path:
    """Return the file of this folder's progress, which need not exist."""
    # Windows takes c: and C: for the same, and programs write one or the other.
    name = hashlib.sha256(os.path.normcase(_folder()).encode()).hexdigest()[:16]
    place = os.environ.get("ZMQLAB_DATA") or platformdirs.user_data_path("zmqlab")
    return Path(place, f"progress-{name}.json")


def _folder():
    try:
        return str(course_folder())
    except FileNotFoundError:
        return str(Path.cwd())


def load() -> dict[str, Any]:
    """Return what the file holds; nothing, with a warning, if it cannot be read now."""
    try:
        return _read()
    except OSError as error:
        text = f"your progress in {path()} cannot be read now ({error.strerror})"
        warnings.warn(text, stacklevel=2)
        return {"folder": _folder(), "exercises": {}, "guesses": {}}


def _read():
    """Read the file. A broken one is said, set aside, and begun anew."""
    file = path()
    empty: dict[str, Any] = {"folder": _folder(), "exercises": {}, "guesses": {}}
    try:
        held = json.loads(file.read_text("utf-8"))
        if not all(isinstance(held[key], type(value)) for key, value in empty.items()):
            raise ValueError("it is no progress of this course")
        return held
    except (FileNotFoundError, NotADirectoryError):
        return empty
    except (ValueError, KeyError, TypeError) as error:
        aside = file.with_suffix(".broken")
        with contextlib.suppress(OSError):
            file.replace(aside)
        warnings.warn(
            f"{file} could not be read ({error}); it is now {aside.name}, and your progress begins "
            "anew. Your notebooks are as they were",
            stacklevel=3,
        )
        return empty


def _keep(kind, name, state):
    """Add something to the file; an exercise that is passed stays so."""
    file = path()
    part = file.with_suffix(f".{secrets.token_hex(4)}")
    try:
        held = _read()  # an error must not lead to an empty one, which would be kept
        if held[kind].get(name) == "passed":
            return
        held[kind][name] = state
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(held, ensure_ascii=False, indent=1), "utf-8")
        part.replace(file)
    except OSError as error:  # a home that cannot be written to: the course goes on
        with contextlib.suppress(OSError):
            part.unlink()
        warnings.warn(f"your progress could not be kept in {file}: {error.strerror}", stacklevel=4)


def note_exercise(name: str, passed: bool) -> None:
    """Keep that an exercise was tried, or passed; once passed it stays so."""
    _keep("exercises", name, "passed" if passed else "tried")


def note_guess(name: str, guess: int, right: bool) -> None:
    """Keep what was guessed before a cell answered, and whether that was right."""
    _keep("guesses", name, {"guess": guess, "right": right})
