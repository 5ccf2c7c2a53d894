"""What every test is held to: it leaves no process behind."""

import os
import shutil
import signal
import sys
import uuid
from contextlib import suppress
from pathlib import Path

import hypothesis
import psutil
import pytest
import tqdm.asyncio
from helpers.families import is_watchdog

from zmqlab.processes import handle, launch

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"

# A copy of the notebooks is without what npm has fetched for them, and finds it here.
MODULES = NOTEBOOKS / "other_languages" / "node_modules"
os.environ.setdefault("NODE_PATH", str(MODULES))

# Every process that the tests start inherits this, and so do its own children: that is how one
# whose parent is gone is still recognised.
MARK = "ZMQLAB_TEST_RUN"


# A busy computer is no failure, and what one run found the next need not know.
launch.start.__kwdefaults__["start_timeout"] = 60.0
handle.AFTER_THE_END, handle.UNTIL_BOUND = 10.0, 60.0
hypothesis.settings.register_profile("zmqlab", deadline=None, database=None)
hypothesis.settings.load_profile("zmqlab")

# A shell that runs us in the background has us ignore Ctrl-C, and so would all that we start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers(config):
    """Run more files at a time than there are cores: most tests wait."""
    return 2 * os.cpu_count()


def pytest_addoption(parser):
    parser.addoption("--everything", action="store_true", help="the tests marked everything, too")


def pytest_collection_modifyitems(config, items):
    """Leave out what is marked ``everything``, unless it was asked for."""
    if config.getoption("everything"):
        return
    left_out = [item for item in items if item.get_closest_marker("everything")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if not item.get_closest_marker("everything")]


@pytest.fixture(autouse=True)
def no_child_left_over():
    """Fail a test that leaves a child process behind, name the child, and end it.

    What fixtures of a module started before the test (a JupyterLab, a browser), and the children
    of those, may stay.
    """
    before = running(psutil.Process().children())
    yield
    after = set(psutil.Process().children(recursive=True))
    for allowed in before & after:
        after -= {allowed, *children(allowed)}
    end_and_fail(after)


@pytest.fixture(scope="session", autouse=True)
def progress_of_nobody(tmp_path_factory):
    """Keep what the tests pass out of the progress of whoever runs them."""
    os.environ["ZMQLAB_DATA"] = str(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session", autouse=True)
def no_orphan_left_over():
    """Fail the run if it leaves a process behind whose parent is gone, name it, and end it."""
    os.environ[MARK] = mark = uuid.uuid4().hex
    yield
    ours = {p for p in psutil.process_iter() if marked(p, mark)}
    end_and_fail(ours - {psutil.Process()})


@pytest.fixture
def bar_of_text(monkeypatch):
    """Let tqdm draw what a terminal shows: in a process that has imported ipykernel, for whatever
    reason, it takes itself to be in a notebook."""
    monkeypatch.setitem(sys.modules, "tqdm.auto", tqdm.asyncio)


@pytest.fixture(scope="module")
def browser():
    """A browser without a window, for the tests of one module.

    Not of the whole run: while Playwright is open, `asyncio.run` refuses in this thread.
    """
    from helpers.in_browser import open_browser

    with open_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory):
    """A JupyterLab on a copy of the notebooks, for all tests of one worker."""
    from helpers.in_browser import open_lab

    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(NOTEBOOKS, folder / "notebooks", ignore=shutil.ignore_patterns(MODULES.name))
    with open_lab(folder, tmp_path_factory.mktemp("jupyter")) as lab:
        yield lab


@pytest.fixture
def lab(jupyterlab):
    """The worker's JupyterLab, whose kernels end with the test."""
    yield jupyterlab
    jupyterlab.end_kernels()


def end_and_fail(processes):
    """Give processes that are ending a moment, end the others, and fail if there are any."""
    _, left = psutil.wait_procs(running(processes), timeout=3)
    if not left:
        return
    names = [command(process) for process in left]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=10)
    pytest.fail("left running: " + "; ".join(names), pytrace=False)


def running(processes) -> set:
    """Return those that run: one that has ended but was not waited for holds nothing.

    A watchdog is left out: it waits for the end of its parent, which may be that of this run.
    """
    found = set()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE and not is_watchdog(process):
                found.add(process)
    return found


def command(process) -> str:
    """Return a process's number and the beginning of its command line."""
    with suppress(psutil.Error):
        return f"{process.pid}: {' '.join(process.cmdline())[:200]}"
    return str(process.pid)


def children(process) -> list:
    """Return the children of a process and theirs, or none if it has just ended."""
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def marked(process, mark) -> bool:
    """Tell whether a process was started in this run of the tests."""
    try:
        return process.environ().get(MARK) == mark
    except (psutil.Error, OSError):  # another user's, or gone
        return False
