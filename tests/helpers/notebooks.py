"""A notebook, run top to bottom in a kernel: no error, no leftovers, little memory."""

import re
import shutil
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import nbformat
import psutil
from helpers.families import is_watchdog
from nbclient import NotebookClient

from zmqlab.course.exercises import exercises

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
CELL_TIMEOUT = 600  # seconds; for what hangs, not for what is slow
MOST_MEMORY = 2**30  # bytes, of the kernel and all that it started, as on Binder
SAMPLING_PERIOD = 0.2  # seconds

PATHS = sorted(NOTEBOOKS.glob("[0-9]*.ipynb"))


def run_through(path, times, folder, monkeypatch, capsys):
    """Run a notebook in a folder, so many times in one kernel, and look at what comes of it."""
    monkeypatch.delenv("ZMQLAB_CAMERA", raising=False)
    monkeypatch.setenv("ZMQLAB_DATA", str(folder / "data"))
    # Among its pictures; what it writes goes away with the folder.
    ignored = shutil.ignore_patterns("node_modules")
    copies = shutil.copytree(NOTEBOOKS, folder / "notebooks", ignore=ignored)
    notebook = nbformat.read(copies / path.name, as_version=4)
    with started(notebook, copies) as client:
        kernel = psutil.Process(client.km.provisioner.pid)
        for number in range(times):
            began = time.monotonic()
            with sampled(kernel) as peak:
                run(client, notebook)
            seconds = time.monotonic() - began
            with capsys.disabled():
                memory = f"{max(peak) / 2**20:.0f} MiB"
                print(f"\n{path.stem}, {number + 1}: {seconds:.1f} s, {memory} at most ", end="")
            assert max(peak) < MOST_MEMORY
            left = [" ".join(child.cmdline()) for child in living_children(kernel)]
            assert not left, f"still running after the last cell, run {number + 1}"
    for name in its_exercises(notebook):
        found = states(notebook.cells, name)
        assert found, f"nothing in the notebook shows what check({name}) says"
        assert found[0] != "passed", f"{name} is passed before anything is written"


@contextmanager
def started(notebook, folder):
    """Start a kernel in a folder, and end it after the block.

    The ports of a kernel are chosen first and bound later: should another program have taken one
    in between, the kernel dies, and is tried again.
    """
    for tries_left in (2, 1, 0):
        where = {"metadata": {"path": str(folder)}}
        client = NotebookClient(
            notebook, timeout=CELL_TIMEOUT, kernel_name="python3", resources=where
        )
        with ExitStack() as stack:
            try:
                stack.enter_context(client.setup_kernel())
            except RuntimeError:
                if tries_left:
                    continue
                raise
            yield client
            return


def run(client, notebook):
    """Execute the cells in order; nbclient raises at one that raises."""
    for index, cell in enumerate(notebook.cells):
        client.execute_cell(cell, index)
    raised = [o for cell in notebook.cells for o in cell.get("outputs", ())
              if o.output_type == "error"]  # fmt: skip
    assert not raised  # not even one that a cell is marked to be allowed


def living_children(kernel) -> list:
    """Return the processes that the kernel, or one of its children, started and that still run."""
    children = [each for each in kernel.children(recursive=True) if not is_watchdog(each)]
    _, alive = psutil.wait_procs(children, timeout=3)
    return [child for child in alive if child.status() != psutil.STATUS_ZOMBIE]


@contextmanager
def sampled(kernel):
    """Record the memory of the kernel and all below it, in bytes, while the block runs."""
    samples, done = [memory(kernel)], threading.Event()

    def sample():
        while not done.wait(SAMPLING_PERIOD):
            samples.append(memory(kernel))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()


def memory(kernel) -> int:
    """Return the memory of a process and all below it: of shared pages, each one's part."""
    total = 0
    for process in [kernel, *kernel.children(recursive=True)]:
        with suppress(psutil.Error):  # it may just have ended
            # Only Linux knows the parts of shared pages.
            linux = psutil.LINUX
            total += process.memory_full_info().pss if linux else process.memory_info().rss
    return total


def its_exercises(notebook) -> list[str]:
    """Return the names of the exercises of a notebook."""
    tags = [tag for cell in notebook.cells for tag in cell.metadata.get("tags", ())]
    return [name for name in exercises() if name in tags]


def states(cells, name) -> list[str]:
    """Return what `check` said of an exercise, in the order in which it was asked."""
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    shown = "\n".join(output.get("data", {}).get("text/plain", "") for output in outputs)
    return re.findall(rf"^\W*{name}: (passed|not yet|not attempted)$", shown, re.MULTILINE)
