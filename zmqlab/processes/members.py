"""The processes of a notebook and the notebook itself, as the network map wants them."""

import os
from typing import Any

from zmqlab.processes import launch, own_sockets
from zmqlab.processes.handle import Process


def members() -> list[dict[str, Any]]:
    """Return what `zmqlab.processes.network.network_of` takes."""
    own = {"name": "notebook", "pid": os.getpid(), "state": "running", "ended": False, "own": True}
    return [own_sockets.report | own, *map(about, launch.processes())]


def about(process: Process) -> dict[str, Any]:
    """Return what is known of a process and its sockets."""
    facts = ("name", "pid", "state", "ended", "sockets", "previews")
    return {fact: getattr(process, fact) for fact in facts} | {"own": False}
