"""The magics and the panel, in a real kernel; and what becomes of children when kernels end."""

import contextlib
import os
import re
import signal
import time
from types import SimpleNamespace

import psutil
import pytest
import zmq
from helpers.families import ROLES
from helpers.in_kernel import PATIENT, open_kernel

from zmqlab import ring_folders
from zmqlab.course.ports import free_endpoint
from zmqlab.page import magics

PATIENCE = 60.0  # seconds; far more than anything here takes

SERVER = """%%terminal {name}
import zmq
with zmq.Context() as context, context.socket(zmq.REP) as rep:
    rep.bind("tcp://127.0.0.1:*")
    print("the {name} is up")
    while True:
        rep.send(rep.recv())
"""


@pytest.fixture(scope="module")
def shared_kernel():
    with open_kernel() as kernel:
        assert kernel.run(PATIENT).error == ""
        yield kernel


@pytest.fixture
def kernel(shared_kernel):
    yield shared_kernel
    assert shared_kernel.run("zmqlab.stop_all()").error == ""


def value(kernel, expression):
    """Return what an expression in the kernel prints."""
    cell = kernel.run(f"print({expression})")
    assert cell.error == ""
    return cell.text.removesuffix("\n")


def terminal(kernel, text, line="terminal 1"):
    """Run a cell under %%terminal to the end of its process; return what it printed."""
    name = line.split()[0]
    assert kernel.run(f"%%terminal {line}\n{text}").error == ""
    kernel.run(f"{name}.wait_until(lambda it: it.ended, {PATIENCE}, 'the end')")
    return value(kernel, f"{name}.output")


def rings_of(pids):
    return [path for folder in ring_folders() for pid in pids for path in folder.glob(f"{pid}-*")]


# %%terminal


def test_a_cell_can_be_traced_and_one_of_node_cannot(kernel):
    assert terminal(kernel, "import sys\nprint(sys.argv[1:])", "one --trace two") == "['two']"
    assert value(kernel, "one.traced") == "True"
    refused = kernel.run("%%terminal one --trace --language node\n1")
    assert "not observed" in refused.text


def test_a_cell_runs_as_in_another_terminal(kernel):
    text = """
import __main__, sys
def double(x):
    return SCALE * x
SCALE = 2
if __name__ == "__main__":
    print(double(21), __main__.SCALE, sys.argv)
    print("%d\\t\\\\ {braces} $HOME !ls", 5 % 3)
"""
    printed = terminal(kernel, text, "script one 'two words'")
    assert printed == "42 2 ['script', 'one', 'two words']\n%d\t\\ {braces} $HOME !ls 2"
    assert value(kernel, "script.state, script.exit_code") == "ended 0"
    assert kernel.run("double").name == "NameError"  # nothing of it is here


def test_a_traceback_has_the_lines_of_the_cell(kernel):
    text = "\ndef divide(x):\n    return x / 0  # line 4 of the cell\n\ndivide(1)\n"
    printed = terminal(kernel, text, "broken")
    assert re.search(r"line 6, in <module>\n    divide\(1\)\n", printed)
    assert re.search(r"line 4, in divide\n    return x / 0  # line 4 of the cell\n", printed)
    assert printed.endswith("ZeroDivisionError: division by zero")
    assert "child.py" not in printed
    assert "broken" in printed.split("\n")[1]
    assert value(kernel, "broken.state") == "failed, exit code 1"


@pytest.mark.parametrize(
    ("system", "line", "words"),
    [
        (
            "posix",
            r"a 'two words' b\ c # no comment",
            ["a", "two words", "b c", "#", "no", "comment"],
        ),
        ("nt", r"a C:\new\film.avi 'C:\my film.avi'", ["a", r"C:\new\film.avi", r"C:\my film.avi"]),
        ("nt", "", [""]),
    ],
)
def test_the_words_of_a_line(monkeypatch, system, line, words):
    monkeypatch.setattr(magics, "os", SimpleNamespace(name=system))
    assert magics._words(line) == words


def test_a_syntax_error_is_shown_as_one(kernel):
    printed = terminal(kernel, "x = 1\nprint(x\n", "typo")
    assert "line 3\n    print(x\n" in printed
    assert printed.endswith("SyntaxError: '(' was never closed")


def test_running_a_cell_again_replaces_its_process(kernel):
    fixed = SERVER.format(name="server").replace("tcp://127.0.0.1:*", free_endpoint())
    kernel.run(fixed)
    first = value(kernel, "server.endpoint")
    cell = kernel.run(fixed)
    assert cell.error == ""
    assert value(kernel, "server.endpoint, server.state") == f"{first} running"
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.linger, req.rcvtimeo = 0, int(1000 * PATIENCE)
        req.connect(first)
        req.send(b"hello")
        assert req.recv() == b"hello"


def test_a_cell_waits_for_its_first_socket_only(kernel):
    cell = kernel.run(SERVER.format(name="server"))
    assert cell.error == ""
    state = kernel.states[cell.widgets[0]]
    kernel.until(lambda states: states[cell.widgets[0]]["state"] == "running")
    assert state["name"] == "server"


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("print", "Python's own function or class"),
        ("ValueError", "Python's own function or class"),
        ("np", "the module"),
        ("spectrum", "what the notebook has imported"),
        ("Publisher", "what the notebook has imported"),
        ("sin", "what the notebook has imported"),
    ],
)
def test_names_that_are_taken_are_refused(kernel, name, whose):
    kernel.run("import numpy as np\nfrom numpy import sin\nfrom zmqlab import Publisher, spectrum")
    before = value(kernel, name)
    cell = kernel.run(f"%%terminal {name}\n1 / 0")
    told = f"%%terminal {name} would replace {whose} of that name. Take another name"
    assert told in cell.error or told in cell.text
    assert f"such as {name}_process" in cell.error + cell.text
    assert value(kernel, name) == before


def test_the_learners_own_names_may_be_replaced(kernel):
    kernel.run("mine = 5\ndef my_function(): pass\nclass Mine: pass")
    for name in ("mine", "my_function", "Mine", "mine"):
        assert kernel.run(f"%%terminal {name}\nprint(1)").error == ""
        assert value(kernel, f"type({name}).__name__") == "Process"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("%%terminal\nx", "%%terminal needs a name for the process.*it got ''"),
        ("%%terminal a-b\nx", "one that could be a variable's.*it got 'a-b'"),
        ("%%terminal 'x y'\nx", "it got 'x y'"),
        ("%%terminal 'x\nx", 'No closing quotation.*it got "\'x"'),
        ("%%terminal class\nx", "it got 'class'"),
        ("%stop nobody", "no process was called 'nobody'; there are: "),
        ("%stop", "no process was called ''"),
    ],
)
def test_a_mistake_in_a_magic_is_told(kernel, code, told):
    cell = kernel.run(code)
    assert re.search(told, cell.error or cell.text, re.DOTALL)
    assert "Traceback" not in cell.error


def test_listing_and_stopping(kernel):
    kernel.run("zmqlab.stop_all()")
    assert kernel.run("%terminals").text == "no process runs\n"
    for name in ("one", "two"):
        kernel.run(SERVER.format(name=name))
    one, two = kernel.run("%terminals").text.splitlines()
    pid, endpoint = value(kernel, "one.pid, one.endpoint").split()
    assert re.fullmatch(rf"one +{pid}  running  \d+ MB  {endpoint}", one)
    assert two.startswith("two ")
    assert "stopped" in kernel.run("%stop one").text
    (left,) = kernel.run("%terminals").text.splitlines()
    assert re.sub(r"\d+ MB", "", left) == re.sub(r"\d+ MB", "", two)
    assert "stopped" in kernel.run("%stop one").text  # twice is safe


def test_functions_of_a_cell(kernel):
    cell = kernel.run(
        """
import time, zmq, zmqlab
GREETING = b"hello, "
def greet(name):
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind("tcp://127.0.0.1:*")
        while True:
            rep.send(GREETING + name + rep.recv())
def ask(endpoint):
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.connect(endpoint)
        req.send(b"!")
        print(req.recv().decode())
for name in "abc":
    server = zmqlab.start(greet, name.encode(), process_name=f"greeter {name}")
    client = zmqlab.start(ask, server.endpoint)
    client.wait(20)
    print(client.output)
"""
    )
    assert (cell.error, cell.text) == ("", "hello, a!\nhello, b!\nhello, c!\n")


def test_a_failing_function_of_a_cell_shows_the_cell(kernel):
    cell = kernel.run("def fail():\n    x = 1\n    return x / 0\nzmqlab.start(fail)")
    assert cell.name == "StartError"
    assert f'File "Cell In[{cell.number}]", line 3, in fail' in cell.error
    assert "return x / 0" in cell.error
    assert "processes.py" not in cell.error  # the way there is left out


# The panel


def test_a_click_while_the_kernel_is_busy_is_not_lost(kernel):
    (panel,) = kernel.run(SERVER.format(name="server")).widgets
    request = kernel.begin("import time\ntime.sleep(0.5)")
    kernel.click(panel, "stop")  # some versions of ipykernel handle it after the cell only
    kernel.finish(request)
    kernel.until(lambda states: states[panel]["state"] == "stopped")


# When kernels end


CHILDREN = f"""{ROLES}
server, other = zmqlab.start(echo), zmqlab.start(stubborn)
print(server.pid, other.pid, server.endpoint)
"""


@contextlib.contextmanager
def kernel_with_children():
    """Give a kernel, the processes that it started, and the endpoint of one."""
    with open_kernel() as kernel:
        cell = kernel.run(CHILDREN)
        assert cell.error == ""
        *pids, endpoint = cell.text.split()
        yield kernel, [psutil.Process(int(pid)) for pid in pids], endpoint


def until_ended(processes):
    """Wait until processes have ended."""
    start = time.perf_counter()
    while [each for each in processes if each.is_running() and each.status() != "zombie"]:
        assert time.perf_counter() - start < PATIENCE
        psutil.wait_procs(processes, timeout=0.02)
    print(f"they ended {time.perf_counter() - start:.2f} s after it")


def answers(endpoint):
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.linger, req.rcvtimeo = 0, int(1000 * PATIENCE)
        req.connect(endpoint)
        req.send(b"hello")
        return req.recv() == b"hello"


FARM = """
import os, threading, numpy as np, zmqlab

def frames():
    for number in range(100):
        yield np.full((48, 64), number, np.uint8)
    print(os.getpid(), *[each.pid for each in zmqlab.processes.processes()], flush=True)
    threading.Event().wait()

zmqlab.fft_farm(frames(), count=200, shared=True, progress=False)
"""


def test_a_farm_ends_with_its_kernel_and_leaves_no_memory():
    with open_kernel() as kernel:
        kernel.begin(FARM)
        while (message := kernel.client.get_iopub_msg(timeout=PATIENCE))["msg_type"] != "stream":
            assert message["msg_type"] != "error", message["content"]
        mine, *others = map(int, message["content"]["text"].split())
        workers = [psutil.Process(pid) for pid in others]
        assert len(workers) == 2
        assert rings_of([mine])
        kernel.manager.signal_kernel(signal.SIGKILL if os.name == "posix" else 9)
        until_ended(workers)
        assert not rings_of([mine, *others])


@pytest.mark.parametrize("now", [False, True])
def test_children_end_when_the_kernel_is_restarted(now):
    with kernel_with_children() as (kernel, children, _):
        kernel.manager.restart_kernel(now=now)
        until_ended(children)


def test_interrupting_the_kernel_leaves_children_running():
    with kernel_with_children() as (kernel, children, endpoint):
        request = kernel.begin("print('now', flush=True)\ntime.sleep(60)")
        while kernel.client.get_iopub_msg(timeout=PATIENCE)["msg_type"] != "stream":
            pass
        kernel.manager.interrupt_kernel()
        assert kernel.finish(request).name == "KeyboardInterrupt"
        assert answers(endpoint)
        assert value(kernel, "server.state, other.state") == "running running"
        assert [each.is_running() for each in children] == [True, True]
