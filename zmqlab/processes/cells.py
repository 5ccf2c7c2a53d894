"""The cells of a notebook, as Python's tracebacks know them: made-up files and their lines."""

import linecache


def remember(filename: str, text: str) -> None:
    """Let tracebacks show the lines of `text` as those of a file that does not exist."""
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)


def names() -> dict[str, str]:
    """Return what a notebook's user calls its cells: {made-up file: "Cell In[3]"}."""
    try:
        numbers = get_ipython().compile._filename_map  # type: ignore[name-defined]  # noqa: SLF001
    except (NameError, AttributeError):
        return {}
    return {file: f"Cell In[{number}]" for file, number in numbers.items()}


def sources() -> dict[str, str]:
    """Return all code that is in no file: {name of the cell, or else made-up file: text}."""
    known = names()
    return {
        known.get(file, file): "".join(entry[2])
        for file, entry in list(linecache.cache.items())
        if len(entry) == 4 and entry[1] is None
    }
