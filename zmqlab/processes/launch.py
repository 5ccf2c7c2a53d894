"""Start a function in another process, watch it, stop it.

Each process is a fresh Python interpreter, started the same way on every system. The function
travels by value, so it may be one that was just written in a notebook. What runs first over there
is `zmqlab.processes.child`; what `start` returns is a `zmqlab.processes.handle.Process`.
"""

import atexit
import functools
import io
import os
import pickle
import pkgutil
from collections import ChainMap, deque
from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any, ClassVar

import cloudpickle

from zmqlab.processes import before_start, cells
from zmqlab.processes.handle import Process, StartError, end

_processes: dict[str, Process] = {}  # name: the Process started last under that name

# What a process that is gone has sent may still be of interest: the last of those replaced.
_replaced: deque[Process] = deque(maxlen=10)


def start(
    function: Callable[..., Any],
    *args: Any,
    process_name: str | None = None,
    observe: bool = True,
    trace: bool = False,
    start_timeout: float = 20.0,
    **kwargs: Any,
) -> Process:
    """Run a function in another process and return once it is up.

    It is up when its first socket is bound or connected, when it calls `zmqlab.ready`, or when it
    has already come to a good end. It ends by itself when this process does, however that happens.

    Parameters
    ----------
    function : callable
        Any function, one written in a notebook included. It must make its own context and
        sockets: those cannot travel.
    *args, **kwargs
        What to call it with.
    process_name : str, optional
        One name is one process: if a process of this name runs, it is stopped first. Default: the
        function's own name.
    observe : bool
        Count messages and watch connections. Without it `send` and `recv` are pyzmq's own, for
        measurements.
    trace : bool
        Note when each message passes, for `zmqlab.timeline`. Costs some 0.3 microseconds for each
        part, of at most 20,000 parts a second: of more, the others are left out and counted.
    start_timeout : float
        Seconds to wait for the process to be up.

    Raises
    ------
    StartError
        If it failed first (with its own traceback), or was not up in time.
    """
    name = process_name or str(getattr(function, "__name__", "process"))
    process = launch_call(name, function, args, kwargs, observe, trace)
    try:
        if not process.settle(lambda it: it.ready or it.ended, start_timeout):
            raise StartError(
                f"process {name!r} was not up after {start_timeout:g} s: it bound and connected no "
                "socket. If it needs none, let it call zmqlab.ready(). Its output so far: "
                f"{process.output[-2000:]!r}"
            )
        if process.exit_code and not process.ready:
            raise StartError(
                f"process {name!r} did not come up ({process.state}):\n{process.traceback()}"
            )
    except BaseException:
        process.stop()
        raise
    return process


def launch_call(
    name: str,
    function: Callable[..., Any],
    args: tuple = (),
    kwargs: dict[str, Any] | None = None,
    observe: bool = True,
    trace: bool = False,
) -> Process:
    """Start a process on a call of a function, and do not wait."""
    call = io.BytesIO()
    try:
        _Pickler(call).dump((function, args, kwargs or {}))
    except (TypeError, pickle.PicklingError) as error:
        raise StartError(
            f"{name!r} cannot travel to another process: {error}. A function takes along "
            "what it uses; open sockets, contexts, cameras and files inside it."
        ) from None
    return _launch(name, {"call": call.getvalue()}, observe, trace)


def launch_cell(
    name: str, text: str, arguments: Sequence[str] = (), trace: bool = False
) -> Process:
    """Start a process on the text of a cell, as a terminal would start a script; do not wait.

    Line 1 of a cell is the magic, so the text begins on line 2.
    """
    filename, text = f"<terminal {name}>", "\n" + text
    cells.remember(filename, text)
    task = {"cell": text, "filename": filename, "arguments": arguments}
    return _launch(name, task, True, trace)


def _launch(name, task, observe, trace):
    if trace and not observe:
        raise ValueError(
            f"process {name!r}: trace=True notes what is observed: not with observe=False"
        )
    if name in _processes:
        _processes[name].stop()
        if _processes[name].traced:
            _replaced.append(_processes[name])
    for name_of_function in before_start:
        pkgutil.resolve_name(name_of_function)()
    _processes[name] = Process(name, task, observe, trace)
    return _processes[name]


def process(name: str) -> Process:
    """Return the process of that name, running or ended; KeyError says which there are."""
    if name not in _processes:
        there = ", ".join(repr(known) for known in _processes) or "none"
        raise KeyError(f"no process was called {name!r}; there are: {there}")
    return _processes[name]


def processes() -> list[Process]:
    """Return all processes, running or ended, in the order of their names' first start."""
    return list(_processes.values())


def traced() -> list[Process]:
    """Return all processes with a trace, also some whose names others have by now, oldest first."""
    return [*_replaced, *(each for each in processes() if each.traced)]


def stop_all(timeout: float = 2.0) -> None:
    """Stop every process that was started, all together, as `Process.stop` does one."""
    end(processes(), timeout)


# cloudpickle packs a function by value, with its code, where the other process could not import it.
# Since its version 3.1.3 it leaves out in which file or cell that code was written. We add it
# again: without it a traceback over there could not show the learner's lines.
def _reduce_code(code):
    make, parts = cloudpickle.Pickler.dispatch_table[CodeType](code)
    return _make_code, (make, parts, cells.names().get(code.co_filename, code.co_filename))


def _make_code(make, parts, filename):
    return make(*parts).replace(co_filename=filename)


# cloudpickle packs what `functools.cache` makes of a function by name, and a notebook's own
# function is not there.
def _reduce_cached(cached):
    if cached.__module__ != "__main__":
        return cached.__qualname__
    return _make_cached, (cached.__wrapped__, cached.cache_parameters())


def _make_cached(function, parameters):
    return functools.lru_cache(**parameters)(function)


class _Pickler(cloudpickle.Pickler):
    dispatch_table: ClassVar = ChainMap(
        {CodeType: _reduce_code, type(functools.cache(len)): _reduce_cached},
        cloudpickle.Pickler.dispatch_table,
    )


atexit.register(stop_all, 0.5)  # a kernel that restarts does not wait long
if hasattr(os, "register_at_fork"):  # a fork that ends must not stop what is not its own
    os.register_at_fork(after_in_child=_processes.clear)
