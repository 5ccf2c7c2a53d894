"""What a notebook says when one of its cells is run before its first one.

Kernels of this environment load this small extension at their start (`etc/ipython` of the
environment, where the package puts its configuration). It imports nothing of the course.
"""

from pathlib import Path
from typing import Any

_SAY = "run the first cell of this notebook first (it loads the course), and then this one again"
_CELL_MAGICS, _LINE_MAGICS = ("terminal",), ("terminals", "stop")


def load_ipython_extension(ipython: Any) -> None:
    """Watch for names that the first cell would have brought."""

    def not_loaded(*_):
        from IPython.core.error import UsageError

        raise UsageError(_SAY)

    for name in _CELL_MAGICS:
        ipython.register_magic_function(not_loaded, "cell", name)
    for name in _LINE_MAGICS:
        ipython.register_magic_function(not_loaded, "line", name)
    ipython.set_custom_exc((NameError,), _explain)


def _explain(ipython, kind, error, traceback, tb_offset=None):
    if not _first_cell_ran(ipython) and _in_the_course():
        error = NameError(f"{error}: {_SAY}")
    ipython.showtraceback((kind, error, traceback), tb_offset=tb_offset)


def _first_cell_ran(ipython):
    return "zmqlab" in ipython.extension_manager.loaded


def _in_the_course():
    return Path("00-start-here.ipynb").is_file()
