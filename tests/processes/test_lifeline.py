"""Processes end when the one that started them does, however that happens."""

import contextlib
import os
import socket
import subprocess
import sys
import time

import psutil
import pytest
from helpers.families import ROLES
from helpers.observing import PATIENCE

pytestmark = pytest.mark.slow  # each starts a family of processes

PARENT = f"""{ROLES}
import os, subprocess, sys

def family():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    zmqlab.ready()
    child.wait()

print(*[zmqlab.start(each).pid for each in (echo, stubborn, family)], flush=True)
{{then}}
"""


@contextlib.contextmanager
def parent(then):
    """Run a script that starts processes; give its handle, the children, and what it printed."""
    script = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(then=then)], stdout=subprocess.PIPE, text=True
    )
    try:
        children = [psutil.Process(int(pid)) for pid in script.stdout.readline().split()]
        assert len(children) == 3
        yield script, children
    finally:
        script.kill()
        script.communicate()


def ended(processes):
    """Wait until processes have ended; return the seconds it took."""
    start = time.perf_counter()
    while alive(processes):
        assert time.perf_counter() - start < PATIENCE
        psutil.wait_procs(processes, timeout=0.02)
    return time.perf_counter() - start


def alive(processes):
    """Return those that run; an orphan that has ended may wait long for its new parent."""
    running = []
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            running += [each] if each.status() != psutil.STATUS_ZOMBIE else []
    return running


def test_children_end_with_a_parent_that_is_killed():
    with parent("time.sleep(60)") as (script, children):
        grandchildren = children[2].children()
        assert grandchildren
        script.kill()
        print(f"they ended {ended(children):.2f} s after it")
        if os.name == "posix":
            ended(grandchildren)
        else:  # nobody knows there whose they were
            grandchildren[0].kill()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on Windows")
def test_children_end_though_a_fork_of_the_parent_holds_the_lifeline():
    then = "os.write(1, b'%d\\n' % os.fork())\ntime.sleep(60)"
    with parent(then) as (script, children):
        fork = psutil.Process(max(int(script.stdout.readline()) for _ in range(2)))
        script.kill()
        print(f"they ended {ended(children):.2f} s after it")
        assert alive([fork])
        fork.kill()
        ended([fork])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on Windows")
def test_a_fork_that_ends_stops_nobody():
    then = "if os.fork():\n    print(os.wait()[1], flush=True)\n    time.sleep(60)"
    with parent(then) as (script, children):
        assert script.stdout.readline() == "0\n"
        assert alive(children) == children
        script.kill()
        ended(children)


@pytest.mark.parametrize("then", ["", "1 / 0", "import signal; signal.raise_signal(15)"])
def test_children_end_with_a_parent_that_ends(then):
    with parent(then) as (script, children):
        script.wait(PATIENCE)
        ended(children)


def test_a_port_is_free_again_after_the_parent_is_killed():
    with parent("time.sleep(60)") as (script, children):
        (held,) = [each.laddr for each in children[0].net_connections() if each.status == "LISTEN"]
        script.kill()
        ended(children)
    with socket.create_server(tuple(held)):
        pass
