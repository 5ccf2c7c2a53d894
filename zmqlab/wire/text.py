"""Show what others sent: in one line, of bounded length, without a terminal's commands in it."""

import reprlib
from typing import Any

import zmq


class ArgumentError(ValueError):
    """What was given cannot be; the text says which, and what to give instead."""


def short(value: Any) -> str:
    """Show a value as Python writes it, shortened, however long it is."""
    if isinstance(value, bytes | memoryview | zmq.Frame):
        value = bytes(memoryview(value)[:99])  # type: ignore[arg-type]
    return reprlib.repr(value)


def plain(value: Any, most: int = 300, lines: bool = False) -> str:
    r"""Return the text of a value, at most so many characters of it, with no quotes around it.

    What cannot be printed (escapes that colour or clear a terminal, text from right to left) stands
    there as Python writes it, ``\x1b``; with `lines`, new lines stay.
    """
    text = value if isinstance(value, str) else str(value)
    if len(text) > most:
        text = f"{text[: most // 2]} ... {text[-(most // 2) :]}"
    return "".join(
        each if each.isprintable() or (lines and each == "\n") else ascii(each)[1:-1]
        for each in text
    )
