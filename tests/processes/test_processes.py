"""Functions in other processes: how they start, how to wait for them, how they end."""

import contextlib
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
import weakref

import cloudpickle
import numpy as np
import psutil
import pytest
import zmq
from helpers.observing import LOOPBACK, PATIENCE

import zmqlab
from zmqlab import ProcessError, StartError
from zmqlab.course.ports import free_endpoint
from zmqlab.processes import launch

# As the functions of a notebook do, those of this file travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

posix_only = pytest.mark.skipif(os.name != "posix", reason="there are no signals on Windows")


@pytest.fixture(autouse=True)
def all_stopped(monkeypatch):
    for each in (zmqlab.Process.stop, zmqlab.stop_all):  # more time for a busy computer
        monkeypatch.setattr(each, "__defaults__", (PATIENCE,))
    yield
    zmqlab.stop_all()


def echo(*, bind=LOOPBACK):
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            rep.send(rep.recv())


def ask(endpoint, question=b"hello"):
    """Ask from this process."""
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.linger, req.rcvtimeo = 0, int(1000 * PATIENCE)
        req.connect(endpoint)
        req.send(question)
        return req.recv()


def failure(function, *args, **kwargs):
    """Start a function that does not come up; return the error's text."""
    with pytest.raises(StartError) as error:
        zmqlab.start(function, *args, **kwargs)
    return str(error.value)


# Starting


def test_a_server_is_up_when_start_returns():
    server = zmqlab.start(echo)
    assert ask(server.endpoint) == b"hello"
    assert (server.name, server.state, server.running) == ("echo", "running", True)
    assert server.endpoints == [server.endpoint]
    assert zmqlab.process("echo") is server
    assert server in launch.processes()
    assert repr(server).startswith(f"<process 'echo', pid {server.pid}, running at tcp://")


def test_a_closure_takes_along_what_it_uses():
    numbers = [1, 2]

    def tell(factor, *rest, end):
        print([factor * n for n in numbers], rest, end, threading.current_thread().name)

    process = zmqlab.start(tell, 2, "a", None, end=np.int64(3))
    process.wait(PATIENCE)
    assert process.output == "[2, 4] ('a', None) 3 MainThread"


def test_functions_of_a_script(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            """
            import sys, zmq, zmqlab

            GREETING = b"hello, "

            def greet():
                with zmq.Context() as context, context.socket(zmq.REP) as rep:
                    rep.bind("tcp://127.0.0.1:*")
                    print(sys.argv, flush=True)
                    rep.send(GREETING + rep.recv())

            with zmqlab.start(greet) as server:
                with zmq.Context() as context, context.socket(zmq.REQ) as req:
                    req.connect(server.endpoint)
                    req.send(b"world")
                    print(req.recv())
                print(server.wait(10), server.output)
            """
        )
    )
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=60)
    assert (run.stdout, run.stderr) == ("b'hello, world'\n0 ['greet']\n", "")


def test_what_cannot_travel_is_told():
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:

        def send():
            push.send(b"")

        text = failure(send)
    assert text.startswith("'send' cannot travel to another process: ")
    assert "open sockets, contexts, cameras and files inside it" in text


def test_a_failing_function_shows_its_own_lines():
    def divide(number):
        return number / 0  # the learner's line

    def outer():
        try:
            divide(1)
        except ZeroDivisionError as error:
            raise ValueError("no such number") from error

    text = failure(outer)
    assert text.startswith("process 'outer' did not come up (failed, exit code 1):\nTraceback")
    assert "return number / 0  # the learner's line" in text
    assert "ZeroDivisionError: division by zero" in text  # the cause too
    assert text.endswith("ValueError: no such number")
    assert "child.py" not in text


def test_an_error_in_a_call_of_pyzmq_shows_the_learners_line():
    taken = zmqlab.start(echo).endpoint
    text = failure(echo, bind=taken, process_name="second")
    assert "rep.bind(bind)" in text
    assert "Address already in use" in text
    assert "observed.py" not in text


def leave(how):
    print("before", flush=True)
    how()


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (lambda: os._exit(3), "(failed, exit code 3):\nbefore"),
        (lambda: sys.exit(4), "(failed, exit code 4):\nbefore"),
        (lambda: sys.exit("no camera"), "(failed, exit code 1):\nbefore\nno camera"),
        pytest.param(os.abort, "(failed, killed by SIGABRT):\nbefore", marks=posix_only),
        pytest.param(
            lambda: os.kill(os.getpid(), signal.SIGSEGV),
            "(failed, killed by SIGSEGV):\nbefore\nFatal Python error: Segmentation fault",
            marks=posix_only,
        ),
    ],
)
def test_other_ways_not_to_come_up(how, told):
    text = failure(leave, how)
    assert text.startswith(f"process 'leave' did not come up {told}")
    if "Fatal" in told:
        assert "in leave" in text  # the line that crashed


def test_one_that_never_binds_is_stopped(monkeypatch):
    def forget(seconds):
        print("thinking", flush=True)
        time.sleep(seconds)

    settle = zmqlab.Process.settle

    def settle_late(process, condition, timeout):
        if timeout == 5.0:  # they begin once it has printed
            process.wait_output("thinking", PATIENCE)
        return settle(process, condition, timeout)

    monkeypatch.setattr(zmqlab.Process, "settle", settle_late)
    text = failure(forget, 60, start_timeout=5.0)
    assert "was not up after 5 s: it bound and connected no socket" in text
    assert "zmqlab.ready()" in text
    assert "'thinking'" in text
    assert not zmqlab.process("forget").running


def test_no_socket_is_needed():
    def compute():
        print(6 * 7)

    process = zmqlab.start(compute)
    assert (process.wait(PATIENCE), process.output) == (0, "42")
    no_socket = r"bound socket of process 'compute'(.|\n)*no socket"
    with pytest.raises(TimeoutError, match=no_socket):
        _ = process.endpoint

    def watch():
        zmqlab.ready()
        time.sleep(60)

    with zmqlab.start(watch) as process:
        assert process.state == "running"
    assert process.state == "stopped"


def test_a_name_is_one_process():
    first = zmqlab.start(echo, bind=free_endpoint())
    second = zmqlab.start(echo, bind=first.endpoint)  # its port is free again
    assert first.state == "stopped"
    assert not psutil.pid_exists(first.pid)
    assert ask(second.endpoint) == b"hello"
    assert zmqlab.process("echo") is second


# Waiting for it


def test_a_wait_in_vain_says_what_the_sockets_saw():
    server = zmqlab.start(echo)
    with pytest.raises(TimeoutError) as error:
        server.wait(0.3)
    assert str(error.value).split("\n") == [
        "waited for the end of process 'echo', but it did not come in 0.3 s: "
        "the process is running.",
        f"- its socket: REP · bound to {server.endpoint} · no peer · in 0 out 0",
        "- it printed nothing",
    ]
    with pytest.raises(TimeoutError, match="waited for a line with 'x' of process 'echo'"):
        server.wait_output("x", 0.01)


def test_a_failure_after_the_start_is_told_by_wait():
    def fail(endpoint):
        with zmq.Context() as context, context.socket(zmq.PULL) as pull:
            pull.bind(endpoint)
            pull.recv()
            raise RuntimeError("the camera is gone")

    process = zmqlab.start(fail, LOOPBACK)
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.connect(process.endpoint)
        push.send(b"")
        with pytest.raises(ProcessError) as error:
            process.wait(PATIENCE)
    assert str(error.value).startswith("process 'fail' failed:\nTraceback")
    assert str(error.value).endswith("RuntimeError: the camera is gone")
    assert process.state == "failed, exit code 1"
    process.stop()
    assert process.state == "failed, exit code 1"  # a stop comes too late to change it
    with pytest.raises(TimeoutError, match=r"it cannot come: the process is failed"):
        process.wait_output("x", PATIENCE)


# Stopping it


def stubborn(ignored, then=None):
    """Ignore the wish to stop, in one of several ways."""
    if ignored == "SIGTERM":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    zmqlab.ready()
    while True:
        try:
            print("working", flush=True)
            time.sleep(60)
        except KeyboardInterrupt:
            print("no", flush=True)


@pytest.mark.everything
@pytest.mark.parametrize("ignored", ["Ctrl-C", pytest.param("SIGTERM", marks=posix_only)])
def test_a_stubborn_process_is_stopped_by_force(ignored):
    process = zmqlab.start(stubborn, ignored)
    process.wait_output("working", PATIENCE)
    process.stop(timeout=10.0)
    assert (process.state, process.exit_code) == ("stopped by force", 0)
    assert process.output == "working\nno\nworking"  # it was asked exactly once
    assert not psutil.pid_exists(process.pid)


def tidy(block):
    """Block until told to stop, then put things in order."""
    try:
        with zmq.Context() as context, context.socket(zmq.PULL) as pull:
            pull.bind(LOOPBACK)
            print("blocked")
            block(pull)
    finally:
        print("in order")


@pytest.mark.parametrize(
    "block",
    [
        lambda pull: pull.recv(),
        lambda pull: pull.recv_multipart(),
        lambda pull: pull.poll(),
        lambda pull: time.sleep(60),
        lambda pull: threading.Event().wait(60),
        lambda pull: sum(iter(lambda: 1, 2)),
        lambda pull: zmq.proxy(pull, pull.context.socket(zmq.PUSH)),
        lambda pull: __import__("asyncio").run(__import__("asyncio").sleep(60)),
    ],
    ids=["recv", "recv_multipart", "poll", "sleep", "event", "loop", "proxy", "asyncio"],
)
def test_a_stop_lets_it_put_things_in_order(block):
    process = zmqlab.start(tidy, block)
    process.wait_output("blocked")
    process.stop(timeout=PATIENCE)
    assert (process.state, process.exit_code) == ("stopped", 0)
    assert process.output == "blocked\nin order"
    process.stop()
    assert process.state == "stopped"


def test_a_stop_just_after_a_message_is_not_lost():
    # A signal that comes while a socket is about to block again interrupts nothing.
    for _ in range(8):
        process = zmqlab.start(echo)
        with zmq.Context() as context, context.socket(zmq.REQ) as req:
            req.connect(process.endpoint)
            process.wait_until(lambda it: it.sockets[0]["peers"], PATIENCE, "a peer")
        process.stop(timeout=PATIENCE)
        assert process.state == "stopped"


def test_a_with_block_stops_it_on_an_error_too():
    with pytest.raises(ValueError, match="mine"), zmqlab.start(echo) as process:
        raise ValueError("mine")
    assert process.state == "stopped"


@posix_only
def test_one_that_is_killed_says_so():
    process = zmqlab.start(echo)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait(PATIENCE) == -signal.SIGKILL
    assert process.state == "failed, killed by SIGKILL"
    assert process.memory == 0


@posix_only
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL, None])
def test_what_it_has_started_ends_with_it(end):
    """When it is asked to end, when it is killed, and when it is done."""

    def found_a_family():
        sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print("pid", sleeper.pid)
        if end:
            zmqlab.ready()
            threading.Event().wait(PATIENCE)

    process = zmqlab.start(found_a_family)
    sleeper = int(process.wait_output("pid").split()[1])
    if end == signal.SIGINT:
        process.stop()
    elif end:
        os.kill(process.pid, end)
    process.wait(PATIENCE)
    with contextlib.suppress(psutil.NoSuchProcess):  # it has ended, and was waited for
        there = psutil.Process(sleeper)
        psutil.wait_procs([there], timeout=PATIENCE)
        assert there.status() == psutil.STATUS_ZOMBIE


def test_nothing_is_left_in_this_process():
    zmqlab.start(echo).stop()
    this = psutil.Process()
    threads = this.num_threads()
    files = this.num_fds() if os.name == "posix" else 0
    handles = []
    for _ in range(5):
        process = zmqlab.start(echo)
        process.stop()
        handles.append(weakref.ref(process))
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if this.num_threads() <= threads and not (files and this.num_fds() > files):
            break
        os.sched_yield() if hasattr(os, "sched_yield") else None
    assert this.num_threads() <= threads
    assert not files or this.num_fds() <= files
    del process
    gc.collect()
    assert [handle() for handle in handles[:-1]] == [None] * 4  # the last still has its name
