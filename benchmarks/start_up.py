"""What it costs to begin: a process from the notebook, `import zmqlab`, the first picture.

    python -m benchmarks.start_up [ROUNDS]

Every run is a fresh interpreter, timed from the outside. `python -c "import zmq"` is what any
program with pyzmq pays; a hello server, started and ready, may cost twice that. The first picture
is that of notebook 00, from the moment at which its first cell is run, in a fresh kernel.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.timing import Comparison, absent, interleave, report
from zmqlab import start

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "00-start-here.ipynb"
ROUNDS = 15
PATIENCE = 60  # seconds for a cell
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # compiled files are kept, as on any computer


def hello():
    import zmq

    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind("tcp://127.0.0.1:*")
        rep.send(b"world" + rep.recv())


def started():
    """Return the seconds until a hello server is ready."""
    begin = time.perf_counter()
    server = start(hello)
    took = time.perf_counter() - begin
    server.stop()
    return took


def run(code):
    """Return the seconds that an interpreter takes to run code."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - begin


def imported(module):
    """Return the seconds that Python says the import of a module took, with all that it imports."""
    said = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"],
        check=True,
        capture_output=True,
        text=True,
    ).stderr
    return int(re.findall(rf"(\d+) \| {module}$", said, re.MULTILINE)[-1]) / 1e6


def first_picture():
    """Return the seconds from running the notebook's first cell to its first picture."""
    from jupyter_client.manager import start_new_kernel

    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    pictures = []

    def look(message):
        if re.search("<(img|svg) ", message["content"].get("data", {}).get("text/html", "")):
            pictures.append(time.perf_counter())

    manager, client = start_new_kernel(cwd=str(NOTEBOOK.parent), stderr=subprocess.DEVNULL)
    try:
        begin = time.perf_counter()
        for cell in cells:
            if cell["cell_type"] == "code" and not pictures:
                code = "".join(cell["source"])
                client.execute_interactive(code, output_hook=look, timeout=PATIENCE)
        return pictures[0] - begin
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def compare(rounds=ROUNDS):
    """Yield the comparisons of this file."""
    base, import_zmqlab = "`import zmq`", "`import zmqlab, zmq`"
    ways = {
        base: lambda: run("import zmq"),
        "start of a hello server": started,
        import_zmqlab: lambda: run("import zmqlab, zmq"),
        "`import zmqlab, zmq; zmqlab.start`": lambda: run("import zmqlab, zmq; zmqlab.start"),
        "Python alone": lambda: run("pass"),
    }
    # Twice as long is half as good, one and a half times as long two thirds.
    targets = [("start of a hello server", base, 1 / 2), (import_zmqlab, base, 2 / 3)]
    yield compared("Starting", "ms", ways, rounds, base, targets)
    ways = {f"`import {name}`": lambda name=name: imported(name) for name in ("zmq", "zmqlab")}
    yield compared("Imports, by -X importtime", "ms", ways, rounds, base)
    what, way = "First picture of notebook 00", "first cell to first picture"
    missing = absent({way: "jupyter_client"})
    ways = {} if missing else {way: first_picture}
    few = max(1, rounds // 3)
    yield compared(what, "s", ways, few, "", [(way, None, 3)], missing)


def compared(what, unit, ways, rounds, base, targets=(), missing=()):
    values = interleave(ways, rounds)
    factor = 1000 if unit == "ms" else 1
    values = {way: [factor * each for each in values[way]] for way in ways}
    return Comparison(what, unit, base, values, list(targets), list(missing))


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
