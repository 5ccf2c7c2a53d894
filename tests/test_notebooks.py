"""Every notebook, top to bottom, twice in one kernel: no error, no leftovers, little memory."""

import re
import shutil
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
CELL_TIMEOUT = 180  # seconds; for what hangs, not for what is slow
MOST_MEMORY = 2**30  # bytes, of the kernel and all that it started, as on Binder
SAMPLING_PERIOD = 0.2  # seconds

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
each_notebook = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)


@pytest.fixture
def copy(path, tmp_path):
    """A copy of the notebook among its pictures, so that what it writes goes away."""
    shutil.copytree(NOTEBOOKS, tmp_path / "notebooks")
    return tmp_path / "notebooks" / path.name


@each_notebook
@pytest.mark.timeout(600)
def test_runs_twice(copy, monkeypatch, capsys):
    monkeypatch.delenv("ZMQLAB_CAMERA", raising=False)
    notebook = nbformat.read(copy, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(copy.parent)}},
    )
    with client.setup_kernel():
        kernel = psutil.Process(client.km.provisioner.pid)
        for attempt in ("first", "second"):
            began = time.monotonic()
            with sampled(kernel) as peak:
                run(client, notebook)
            seconds = time.monotonic() - began
            with capsys.disabled():
                memory = f"{max(peak) / 2**20:.0f} MiB"
                print(f"\n{copy.stem}, {attempt} time: {seconds:.1f} s, {memory} at most ", end="")
            assert max(peak) < MOST_MEMORY
            left = [" ".join(child.cmdline()) for child in living_children(kernel)]
            assert not left, f"still running after the last cell of the {attempt} time"


def run(client, notebook):
    """Execute the cells in order; nbclient raises at one that raises."""
    for index, cell in enumerate(notebook.cells):
        client.execute_cell(cell, index)
    raised = [o for cell in notebook.cells for o in cell.get("outputs", ())
              if o.output_type == "error"]  # fmt: skip
    assert not raised  # not even one that a cell is marked to be allowed


def living_children(kernel) -> list:
    """Return the processes that the kernel, or one of its children, started and that still run."""
    _, alive = psutil.wait_procs(kernel.children(recursive=True), timeout=3)
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
        try:
            used = process.memory_full_info()
        except psutil.Error:  # it has just ended
            continue
        total += getattr(used, "pss", 0) or used.rss  # macOS and Windows do not know the parts
    return total


@each_notebook
def test_exercises_are_complete(path):
    """After each exercise: its check, the folded solution, and the check again."""
    cells = nbformat.read(path, as_version=4).cells
    starts = [i for i, cell in enumerate(cells) if "exercise" in tags(cell)]
    ends = [*starts, len(cells)][1:]
    for start, end in zip(starts, ends, strict=True):
        solutions = [i for i in range(start, end) if "solution" in tags(cells[i])]
        assert len(solutions) == 1, f"exercise {cells[start].id} has {len(solutions)} solutions"
        (solution,) = solutions
        assert cells[solution].metadata.get("jupyter") == {"source_hidden": True}
        name = functions(cells[start])[-1]  # what comes before it helps to state the exercise
        assert name in functions(cells[solution])
        for part in (cells[start:solution], cells[solution:end]):
            code = "\n".join(cell.source for cell in part if cell.cell_type == "code")
            assert re.search(rf"\bcheck\({name}\b", code), f"no check({name}) in its place"


def tags(cell) -> list[str]:
    return cell.metadata.get("tags", [])


def functions(cell) -> list[str]:
    """Return the names of the functions that a cell defines."""
    return re.findall(r"^def (\w+)\(", cell.source, flags=re.MULTILINE)
