"""Folders that only one process uses, and that go with it, however it ends.

A process that is killed leaves its folder behind, and the next process that makes one removes it.
Only what this program made may be removed: a folder of this user that holds a marker with the
folder's name, and nothing but files of known names. While the process runs it holds a lock on the
marker; on Windows it has it open, and an open file cannot be removed there.
"""

import atexit
import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

MARKER = "zmqlab-process.json"
_PREFIX = "zmqlab-"
_NEW = MARKER + ".new"  # its name until it is written and locked
# Where reports arrive, and keys with those of clients: whatever else lies there is not ours.
_KNOWN = re.compile(rf"{re.escape(MARKER)}(\.new)?|reports|keys(/clients)?(/[^/]+\.key(_secret)?)?")


@contextlib.contextmanager
def own_folder() -> Iterator[Path]:
    """Make a folder that other users cannot look into; remove those of processes that died.

    Yields
    ------
    Path
        The folder, which is removed at the end of the block. A file in it whose name this module
        does not know keeps it: it may be somebody's.
    """
    _sweep()
    owner, folder = os.getpid(), Path(tempfile.mkdtemp(prefix=_PREFIX))
    marker = _mark(folder)
    try:
        yield folder
    finally:
        if os.getpid() == owner:  # a fork that ends leaves the folder to its parent
            os.close(marker)
            with contextlib.suppress(OSError):
                _remove(folder)


def folder_of_this_process() -> Path:
    """Make a folder as `own_folder` does, for as long as this process lasts."""
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(own_folder())


def _mark(folder):
    """Write and lock the marker of a folder; return the file descriptor that holds it."""
    name = MARKER if os.name == "nt" else _NEW
    marker = os.open(folder / name, os.O_CREAT | os.O_WRONLY, 0o600)
    os.write(marker, os.fsencode(folder.name))
    if os.name != "nt":
        import fcntl

        with contextlib.suppress(OSError):  # where nothing can be locked, no folder is swept
            fcntl.flock(marker, fcntl.LOCK_EX)
            os.rename(folder / _NEW, folder / MARKER)
    return marker


def _sweep():
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if _is_ours(folder):
                with _released(folder / MARKER):
                    _remove(folder)


def _is_ours(folder):
    """Tell whether a process of this user made a folder: this one, another, or one that ended."""
    marker = folder / MARKER
    if not (_is_mine(folder, stat.S_ISDIR) and _is_mine(marker, stat.S_ISREG)):
        return False
    return marker.read_bytes() == os.fsencode(folder.name)


def _is_mine(path, is_kind: Callable[[int], bool]):
    """Tell whether a path, and not what a link points to, is of a kind and of this user."""
    status = os.lstat(path)
    return is_kind(status.st_mode) and (os.name == "nt" or status.st_uid == os.getuid())


@contextlib.contextmanager
def _released(marker):
    """Raise OSError if a process still holds the marker; hold it for the block if none does."""
    if os.name == "nt":
        os.unlink(marker)
        yield
        return
    import fcntl

    lock = os.open(marker, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(lock)


def _remove(folder):
    """Remove a folder, if all that it holds is known; its marker goes last."""
    paths = sorted(folder.rglob("*"), reverse=True)  # what a folder holds comes before it
    for path in paths:
        if path.is_symlink() or not _KNOWN.fullmatch(path.relative_to(folder).as_posix()):
            return
    for path in sorted(paths, key=lambda path: path.name == MARKER):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()
