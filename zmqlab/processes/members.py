"""The processes of a notebook and the notebook itself, as the network map wants them."""

import os
from typing import Any

from zmqlab.processes import launch, own_sockets
from zmqlab.processes.handle import Process


def members(hidden: str = "") -> list[dict[str, Any]]:
    """Return what `zmqlab.processes.network.network_of` takes, without the process `hidden`."""
    there = [each for each in launch.processes() if each.name != hidden]
    return [notebook(), *({**about(each), "sockets": each.sockets} for each in there)]


def about(process: Process) -> dict[str, Any]:
    """Return what is known of a process beside its sockets."""
    return {
        "name": process.name,
        "pid": process.pid,
        "state": process.state,
        "ended": process.ended,
        "own": False,
    }


def notebook() -> dict[str, Any]:
    """Return what is known of this process, its own sockets included."""
    return {
        "name": "notebook",
        "pid": os.getpid(),
        "state": "running",
        "ended": False,
        "own": True,
        "sockets": own_sockets.report["sockets"],
    }
