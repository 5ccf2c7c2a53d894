"""Processes end when the one that started them does, however that happens."""

import contextlib
import os
import socket
import subprocess
import sys
import time

import psutil
import pytest
from helpers.families import ROLES, is_watchdog
from helpers.observing import PATIENCE

from zmqlab.course.ports import free_endpoint

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
        assert alive(children) == children != []
        script.kill()
        ended(children)


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


def test_a_watchdog_that_was_killed_has_a_successor():
    then = "zmqlab.stop_all()\n" + STUCK.partition("zmqlab\n")[2]
    text = f"{STUCK.replace('sys.stdin.read()', 'sys.stdin.readline()')}\n{then}"
    with script_with(text) as (script, first, (watchdog,)):
        watchdog.kill()
        ended([watchdog])
        print(file=script.stdin, flush=True)
        second = [psutil.Process(int(pid)) for pid in script.stdout.readline().split()]
        assert alive(second) == second != []
        script.kill()
        ended([*first, *second])


def test_children_go_on_when_the_thread_that_started_them_has_ended():
    text = f"""{ROLES}
import sys, threading

def begin():
    zmqlab.start(echo)

thread = threading.Thread(target=begin)
thread.start()
thread.join()
with zmq.Context() as context, context.socket(zmq.REQ) as req:
    req.connect(zmqlab.process("echo").endpoint)
    req.send(b"")
    assert req.poll(20_000)
print(zmqlab.process("echo").pid, flush=True)
sys.stdin.read()
"""
    with script_with(text) as (script, children, _):
        assert alive(children) == children != []
        script.kill()
        ended(children)


@pytest.mark.parametrize("then", ["", "1 / 0", "import signal; signal.raise_signal(15)"])
def test_children_end_with_a_parent_that_ends(then):
    with parent(f"sys.stdin.readline()\n{then}") as (script, children):
        print(file=script.stdin, flush=True)  # now that we hold them
        script.wait(PATIENCE)
        ended(children)


def test_a_port_is_free_again_after_the_parent_is_killed():
    endpoint = free_endpoint()  # at a port that no other program is given meanwhile
    start = f"zmqlab.start(echo, {endpoint!r}, process_name='at this port')"
    with parent(f"print({start}.pid, flush=True)\ntime.sleep(60)") as (script, children):
        children.append(psutil.Process(int(script.stdout.readline())))
        script.kill()
        ended(children)
    with socket.create_server(("127.0.0.1", int(endpoint.rpartition(":")[2]))):
        pass
