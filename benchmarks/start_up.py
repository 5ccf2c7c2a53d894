"""What it costs to begin: a process from the notebook, and `import zmqlab`.

    python -m benchmarks.start_up [ROUNDS] > benchmarks/start_up.md

Every run is a fresh interpreter, timed from the outside. `python -c "import zmq"` is what any
program with pyzmq pays; a hello server, started and ready, may cost twice that.
"""

import os
import re
import subprocess
import sys
import time

from benchmarks.timing import interleave, machine, ratio, spread, table
from zmqlab import start

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


def row(name, results, base, other, target):
    (mine, low, high), (its, *_) = spread(results[base]), spread(results[other])
    return [
        name,
        f"{1000 * mine:.1f}",
        f"{1000 * low:.1f} to {1000 * high:.1f}",
        f"{1000 * its:.1f}",
        f"{ratio(results[base], results[other]):.2f}",
        target,
    ]


def main(rounds):
    results = interleave(
        {
            "start": started,
            "zmq": lambda: run("import zmq"),
            "zmqlab": lambda: run("import zmqlab, zmq"),
            "zmqlab and start": lambda: run("import zmqlab, zmq; zmqlab.start"),
            "nothing": lambda: run("pass"),
            "-X zmq": lambda: imported("zmq"),
            "-X zmqlab": lambda: imported("zmqlab"),
        },
        rounds,
    )
    print(machine(), end="\n\n")
    heads = ["ms", "median", "quartiles", "against", "ratio", "at most"]
    rows = [
        row("start of a hello server / `import zmq`", results, "start", "zmq", 2),
        row("`import zmqlab, zmq` / `import zmq`", results, "zmqlab", "zmq", 1.5),
        row("`zmqlab.start` imported / `import zmq`", results, "zmqlab and start", "zmq", ""),
        row("nothing / `import zmq`", results, "nothing", "zmq", ""),
        row("`import zmqlab` / `import zmq`, -X importtime", results, "-X zmqlab", "-X zmq", 1.5),
    ]
    print(table(heads, rows))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
