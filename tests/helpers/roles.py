"""Which roles there are."""

import inspect

import zmqlab
from zmqlab.__main__ import app

NO_ROLES = {"drawing", "show_frame", "show_page", "show_spectrum", "timeline"}
NO_SOCKETS = {"lab", "doctor", "progress", "keys"}


def offered():
    """Return the names of all that `zmqlab` and its command offer that may use a socket."""
    names = {name.replace("-", "_") for name in app if not name.startswith("-")}
    for name in zmqlab.__all__:
        thing = getattr(zmqlab, name)
        room = getattr(thing, "__module__", "").split(".")[1:2]
        error = inspect.isclass(thing) and issubclass(thing, Exception)
        names |= {name} if room in (["patterns"], ["page"]) and not error else set()
    return names - NO_ROLES - NO_SOCKETS - {"Subscription"}
