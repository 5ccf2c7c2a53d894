"""Which roles there are."""

import inspect

import zmqlab
from zmqlab.__main__ import app

ROOMS = {"cameras", "course", "page", "patterns", "processes"}  # of those that may open sockets
NO_ROLES = {"drawing", "show_frame", "show_page", "show_spectrum", "timeline"}
NO_SOCKETS = {
    *("lab", "progress", "keys", "Camera"),
    *("check", "hint", "reset", "solution", "use", "predict", "recall", "reveal"),
}
# What they start has sockets, and what a process is told comes by a pipe.
STARTS = {"start", "process", "Process", "ready", "stop_all"}


def offered():
    """Return the names of all that `zmqlab` and its command offer that may use a socket."""
    names = {name.replace("-", "_") for name in app if not name.startswith("-")}
    for name in zmqlab.__all__:
        thing = getattr(zmqlab, name)
        room = getattr(thing, "__module__", "").split(".")[1:2]
        error = inspect.isclass(thing) and issubclass(thing, Exception)
        names |= {name} if room and room[0] in ROOMS and not error else set()
    return names - NO_ROLES - NO_SOCKETS - STARTS - {"Subscription"}
