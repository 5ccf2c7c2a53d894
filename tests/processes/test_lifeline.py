"""Processes end when the one that started them does, however that happens."""

import contextlib
import os
import subprocess
import sys
import time

import psutil
import pytest
from helpers.families import ROLES, is_watchdog
from helpers.observing import PATIENCE

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
        [sys.executable, "-c", PARENT.format(then=then)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
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


STUCK = """
import subprocess, sys, threading, zmqlab

def sleeper(**options):
    there = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], **options)
    print(there.pid, flush=True)

def stuck():
    import re
    sleeper(start_new_session=True)
    sleeper()
    zmqlab.ready()
    print("stuck", flush=True)
    re.match("(a+)+$", 99 * "a" + "b")  # outlasts the stars; nobody else has a turn

process = zmqlab.start(stuck)
process.wait_output("stuck")
print(process.pid, *process.output.split()[:2], flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def script_with(text):
    """Run a script that prints numbers of processes; give it, them, and its watchdogs."""
    script = subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with script:
        there = [psutil.Process(int(pid)) for pid in script.stdout.readline().split()]
        children = psutil.Process(script.pid).children()
        yield script, there, [each for each in children if is_watchdog(each)]
        script.kill()


@pytest.mark.parametrize("how", ["kill", "end"])
def test_who_holds_the_interpreter_ends_with_the_parent_and_so_does_who_left_the_session(how):
    with script_with(STUCK) as (script, family, watchdogs):
        assert len(family) == 3
        assert alive(family) == family
        script.kill() if how == "kill" else script.stdin.close()
        ended(family)
        ended(watchdogs)


@pytest.mark.parametrize("then", ["", "1 / 0", "import signal; signal.raise_signal(15)"])
def test_children_end_with_a_parent_that_ends(then):
    with parent(f"sys.stdin.readline()\n{then}") as (script, children):
        print(file=script.stdin, flush=True)  # now that we hold them
        script.wait(PATIENCE)
        ended(children)
