"""Folders that only one process uses, and that go with it, however it ends.

It keeps a file of its folder locked, or, on Windows, just open, for there nobody can remove a file
that is. The system takes that back from a process that ends, however it ends. So a folder whose
`lock` nobody holds belonged to the dead, and the next process that makes one sweeps it away.

This is below all rooms: those that must not import each other have such folders.
"""

import atexit
import contextlib
import glob
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """Make a folder that nobody else can look into; sweep away those of processes that died."""
    _sweep()
    owner, folder = os.getpid(), Path(tempfile.mkdtemp(prefix="zmqlab-"))
    lock = _hold(folder)
    try:
        yield folder
    finally:
        if os.getpid() == owner:  # a fork that ends leaves it to the one whose it is
            os.close(lock)
            shutil.rmtree(folder, ignore_errors=True)


def folder_of_this_process() -> Path:
    """Make a folder as `own_folder` does, for as long as this process lasts."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(own_folder())


def _hold(folder):
    """Return a file descriptor that holds a folder until it is closed."""
    if os.name == "nt":
        return os.open(folder / "lock", os.O_CREAT)
    import fcntl

    lock = os.open(folder / "new", os.O_CREAT, 0o600)  # named so until it is locked
    with contextlib.suppress(OSError):  # where nothing can be locked, nobody sweeps it away
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.rename(folder / "new", folder / "lock")
    return lock


def _sweep():
    for path in glob.glob(f"{glob.escape(tempfile.gettempdir())}/zmqlab-*/lock"):
        with contextlib.suppress(OSError), contextlib.ExitStack() as stack:
            if os.name == "nt":
                os.unlink(path)
            else:
                import fcntl

                lock = os.open(path, os.O_NONBLOCK)  # another user's may be a pipe, and wait
                stack.callback(os.close, lock)
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(os.path.dirname(path))
