"""A fresh Python interpreter, and the end of it: what the operating systems do differently."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from zmqlab.processes import watchdog

_CHILD = Path(__file__).with_name("child.py")
_TOKEN = secrets.token_hex(8)
_watchdog: subprocess.Popen[bytes] | None = None
_begin = threading.Lock()
# The C library of Linux gives the memory of a large array back to the system when the array goes,
# and fetching it again page by page for the next frame takes as long as pickling the frame. With
# these two set before a process starts, frames reuse the pages; other systems ignore them.
# https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
FRAMES_REUSE_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(128 * 2**20),
}
# Interrupting a cell must not reach what is started so.
_APART: dict[str, Any] = {
    "start_new_session": True,  # Windows passes over it
    "creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
}


def spawn() -> subprocess.Popen[bytes]:
    """Start Python on `zmqlab.processes.child`, which waits for its start message on the pipe."""
    mark = f"{_TOKEN}-{os.getpid()}"  # a fork's family is another
    _watch_over(mark)
    return subprocess.Popen(
        [sys.executable, "-P", str(_CHILD)],  # -P: our modules are no standard library
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=FRAMES_REUSE_MEMORY | os.environ | {watchdog.FAMILY: mark},
        **_APART,
    )


def _watch_over(mark):
    """Start the watchdog of this process, unless there is one already."""
    global _watchdog
    with _begin:
        if _watchdog and _watchdog.poll() is None:
            return
        command = [sys.executable, "-P", watchdog.__file__, mark]
        if os.name == "posix":  # until then a shell waits, which takes a megabyte
            command = ["/bin/sh", "-c", 'read -r _; exec "$0" "$@"', *command]
        _watchdog = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # Without the mark of a family that this process may belong to itself.
            env={name: value for name, value in os.environ.items() if name != watchdog.FAMILY},
            **_APART,
        )


def wait_for_family(popen: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process, and end what it has started itself; return its exit code."""
    if os.name == "posix":  # on Windows nobody knows whose they were
        if hasattr(os, "waitid"):  # macOS has it since Python 3.13
            # Until its exit code is fetched, no other process is given its number.
            with contextlib.suppress(ChildProcessError):  # fetched already
                os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)
        else:
            popen.wait()
        with contextlib.suppress(OSError):  # nobody is left
            os.killpg(popen.pid, signal.SIGTERM)
    return popen.wait()
