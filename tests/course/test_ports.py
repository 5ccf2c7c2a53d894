"""Ports for programs that are told where to bind."""

import subprocess
import sys
from pathlib import Path

import pytest
import zmq

from zmqlab.course import ports

FEW = range(20_500, 20_512)
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
OURS = "from zmqlab.course import ports\nports.PORTS = range({0}, {1})\n"
OURS += "find = lambda: ports.free_endpoint()"
THEIRS = "import addresses\naddresses.LOWEST, addresses.HIGHEST = {0}, {1}\n"
THEIRS += "find = addresses.free_address"


@pytest.mark.parametrize("program", [OURS, THEIRS], ids=["checks", "notebooks"])
def test_nobody_is_given_a_port_that_another_was(program, monkeypatch):
    """Nor while it is free: whoever was given it will bind it."""
    code = f"{program.format(FEW.start, FEW.stop)}\nprint(*(find() for _ in range(4)), flush=True)"
    command = [sys.executable, "-c", f"{code}\ninput()"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=NOTEBOOKS, **pipes) as process:
        given = process.stdout.readline().split()
        monkeypatch.setattr(ports, "PORTS", FEW)
        given += [ports.free_endpoint() for _ in range(3)]
        process.stdin.write("\n")
    assert len(set(given)) == 7
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        for endpoint in given:
            socket.bind(endpoint)
