"""Start a function in another process, watch it, stop it.

Each process is a fresh Python interpreter, started the same way on every
system. The function travels by value (`zmqlab.call`), so it may be one that was
just written in a notebook. What runs first over there is `zmqlab.child`; what
the sockets over there do is told by `zmqlab.observed`; what `start` returns is
a `zmqlab.handle.Process`.
"""

import atexit
import linecache
import os
import pickle

from zmqlab.handle import Process, ProcessError, StartError, end

__all__ = ["Process", "ProcessError", "StartError", "process", "processes", "start", "stop_all"]

_processes = {}  # name: the Process started last under that name


def start(function, *args, name=None, observe=True, timeout=20.0, **kwargs):
    """Run a function in another process and return once it is up.

    It is up when its first socket is bound or connected, when it calls
    `zmqlab.ready`, or when it has already come to a good end. The process ends by
    itself when this one does, however that happens.

    Parameters
    ----------
    function : callable
        Any function, one written in a notebook included. It must make its own
        context and sockets: those cannot travel.
    *args, **kwargs
        What to call it with.
    name : str, optional
        One name is one process: if a process of this name runs, it is stopped
        first. The default is the function's own name.
    observe : bool
        Count messages and watch connections. Without it `send` and `recv` are
        pyzmq's own, for measurements.
    timeout : float
        Seconds to wait for the process to be up.

    Returns
    -------
    Process

    Raises
    ------
    StartError
        If it failed first (with its own traceback), or was not up in time.
    """
    name = name or getattr(function, "__name__", "process")
    process = launch_call(name, function, args, kwargs, observe)
    try:
        _wait_ready(process, timeout)
    except BaseException:
        process.stop()
        raise
    return process


def launch(name, letter, observe=True):
    """Start a process on `letter` under `name`, in place of an earlier one, and do not wait."""
    if name in _processes:
        _processes[name].stop()
    _processes[name] = Process(name, letter, observe)
    return _processes[name]


def launch_call(name, function, args=(), kwargs=None, observe=True):
    """Start a process on a call of a function, and do not wait."""
    from zmqlab.call import pack_call

    try:
        call = pack_call(function, args, kwargs or {})
    except (TypeError, pickle.PicklingError) as error:
        raise StartError(
            f"{name!r} cannot travel to another process: {error}. A function takes along "
            "what it uses; open sockets, contexts, cameras and files inside it."
        ) from None
    return launch(name, {"call": call}, observe)


def launch_cell(name, text, arguments=()):
    """Start a process on the text of a cell, as a terminal would start a script.

    Line 1 of a cell is the magic, so the text begins on line 2.
    """
    filename, text = f"<terminal {name}>", "\n" + text
    # The child is sent what `linecache` knows; so a traceback shows the lines.
    linecache.cache[filename] = (len(text), None, text.splitlines(True), filename)
    return launch(name, {"cell": text, "filename": filename, "arguments": arguments})


def _wait_ready(process, timeout):
    process.settle(timeout)
    if process.ended and process.exit_code != 0:
        raise StartError(
            f"process {process.name!r} did not come up ({process.state}):\n{process.traceback()}"
        )
    if not (process.ready or process.ended):
        raise StartError(
            f"process {process.name!r} was not up after {timeout:g} s: it bound and connected "
            "no socket. If it needs none, let it call zmqlab.ready(). "
            f"Its output so far: {process.output[-2000:]!r}"
        )


def process(name):
    """Return the process of that name, running or ended.

    Raises
    ------
    KeyError
        If there never was one; says which there are.
    """
    if name not in _processes:
        there = ", ".join(repr(known) for known in _processes) or "none"
        raise KeyError(f"no process was called {name!r}; there are: {there}")
    return _processes[name]


def processes():
    """Return all processes, running or ended, in the order of their names' first start."""
    return list(_processes.values())


def stop_all(timeout=2.0):
    """Stop every process that was started, all together.

    Parameters
    ----------
    timeout : float
        Seconds they may take to end when asked, and again when terminated.
    """
    end(processes(), timeout)


atexit.register(stop_all, 0.5)  # a kernel that restarts does not wait long
if hasattr(os, "register_at_fork"):  # a fork that ends must not stop what is not its own
    os.register_at_fork(after_in_child=_processes.clear)
