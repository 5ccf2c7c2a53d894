"""The memory of a ring of frames: a file that several processes have mapped.

::

    byte 0        magic | slots | bytes of a slot                          8 bytes each
    byte 64       slot 0: turn (8 bytes) | pins of process 0 to 31 (at byte 32, a byte each)
    byte 128      slot 1: turn           | pins
    ...           ...
    then          pid of process 0 | pid of process 1 | ...                8 bytes each
    a new page    pixels of slot 0
    a new page    pixels of slot 1
    ...           ...

turn
    Goes up by one when the writer begins to write to the slot, and by one when it has written:
    an odd turn is unfinished. A message tells which turn of which slot it is about.
pins
    A byte is 1 as long as that process has an array of the slot: the writer then leaves the slot
    alone. Process 0 is the writer itself, with arrays that it fills in place; the others read.

A reader and the writer must never both believe that a slot is theirs. So each first says what it
is about to do and then looks at what the other has said: the reader pins the slot, then looks at
its turn; the writer makes the turn odd, then looks at the pins. Whoever is second sees the first,
and gives way. (Readers of books know the pins as hazard pointers, the turn as a sequence lock.)

Beside the file NAME lie NAME.0, NAME.1, ..., one for each process, which keeps its own locked as
long as it has the memory mapped. The system takes the lock back when a process ends, however it
ends. So what nobody has locked belonged to the dead, and is swept away.
"""

import contextlib
import mmap
import os
import re
import secrets
import stat
import tempfile
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from zmqlab.wire.interrupts import whole

if os.name == "nt":
    import msvcrt

    def _lock(file):
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file):
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


_MAGIC = int.from_bytes(b"zmqring1", "little")
_LINE = 64  # bytes that a processor keeps together; no two slots share a line
_WORD = 8
_PROCESSES = 32
_PINS = _LINE - _PROCESSES  # where they begin in the line of a slot
_NOBODY = bytes(_PROCESSES)
_PAGE = 4096
_NAME = re.compile(r"[0-9]{1,20}-[0-9a-f]{16}", re.ASCII)  # pid and a random number


class Memory:
    """The memory of a ring as one process sees it. It lasts as long as any array of it.

    Attributes
    ----------
    path : pathlib.Path
    name : str
        That of the path, which would take longer to ask each time.
    slots, room : int
        How many there are, and how many bytes each has.
    mine : list of int
        How many arrays of each slot this process has: as long as there are any, it is pinned.
    """

    def __init__(self, path: Path, number: int, lock: IO[bytes]) -> None:
        self.path, self.name, self._number = path, path.name, number
        weakref.finalize(self, lock.close)
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
            self._to_read = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._words = memoryview(self._map).cast("Q")
        magic, self.slots, self.room = self._words[:3]
        head = _head(self.slots)
        if magic != _MAGIC or len(self._map) != head + self.slots * self.room:
            raise ValueError(f"{path} is no ring of frames")
        self.mine = [0] * self.slots
        self._fence = threading.RLock()
        # Where things are: turns and pids in words, pins in bytes.
        lines = range(_LINE, _LINE * (1 + self.slots), _LINE)
        self._turns = [line // _WORD for line in lines]
        self._pins = [slice(line + _PINS, line + _LINE) for line in lines]
        self._my_pins = [line + _PINS + number for line in lines]
        self._pids = _LINE * (1 + self.slots) // _WORD
        self._pixels = [head + self.room * slot for slot in range(self.slots)]
        self._address = np.frombuffer(self._map, np.uint8).ctypes.data
        for pin in self._my_pins:  # of one that died, and had this number
            self._map[pin] = 0
        self._words[self._pids + number] = os.getpid()

    # Between what a process says and where it looks, a lock is given back and taken again.
    # Without it, a processor may look first. Nothing that stands before a release can move behind
    # the acquisition of a lock that follows it, neither on x86 nor on ARM.

    def begin(self, slot: int) -> bool:
        """Make the turn odd, to write to the slot; False if somebody has pinned it."""
        pins, turn = self._pins[slot], self._turns[slot]
        if self._map[pins] != _NOBODY:
            return False
        with self._fence:
            before = self._words[turn]
            self._words[turn] = before | 1
        with self._fence:
            if self._map[pins] == _NOBODY:
                return True
        self._words[turn] = before
        return False

    def write(self, slot: int, array: np.ndarray) -> None:
        """Copy an array into the slot, between `begin` and `end`."""
        dtype = array.dtype.newbyteorder("<")
        np.ndarray(array.shape, dtype, self._map, self._pixels[slot])[...] = array

    def end(self, slot: int) -> int:
        """Make the turn even, now that the slot is written; return it."""
        turn = self._turns[slot]
        self._words[turn] += self._words[turn] & 1
        return self._words[turn]

    def array(
        self, slot: int, shape: Sequence[int], dtype: np.dtype, turn: int | None = None
    ) -> np.ndarray | None:
        """Pin the slot and return an array of it, to write to if no turn is given.

        The slot stays pinned for as long as there is this array or a view of it. If it has
        another turn, there is no array.
        """
        buffer = self._map if turn is None else self._to_read
        with whole:
            with self._fence:
                self.mine[slot] += 1
                self._map[self._my_pins[slot]] = 1
            with self._fence:
                if turn is not None and turn != self._words[self._turns[slot]]:
                    self._unpin(slot)
                    return None
            array = np.ndarray(shape, dtype, buffer, self._pixels[slot])
            _keep(array, self._unpin, slot)  # a view of it keeps it
        return array

    def _unpin(self, slot):
        with self._fence:
            self.mine[slot] -= 1
            if not self.mine[slot]:
                self._map[self._my_pins[slot]] = 0

    def slot_of(self, array: np.ndarray) -> int | None:
        """Return the slot that an array of this process begins and is kept in, or None."""
        if not any(self.mine):
            return None
        offset = array.__array_interface__["data"][0] - self._address
        slot = self._pixels.index(offset) if offset in self._pixels else None
        return slot if slot is not None and self.mine[slot] else None

    def forget_the_dead(self) -> list[int]:
        """Take away the pins of processes that have ended; return the pids of the others."""
        alive = set()
        for number in range(_PROCESSES):
            pins = [pin - self._number + number for pin in self._my_pins]
            if any(self._map[pin] for pin in pins):
                lock = claim(self.path, number)
                if lock is None:
                    alive.add(self._words[self._pids + number])
                    continue
                with lock:  # nobody else can become this number meanwhile
                    for pin in pins:
                        self._map[pin] = 0
        return sorted(alive)


_kept: dict[object, weakref.ref] = {}


def _keep(array, let_go, slot):
    """Call `let_go(slot)` at the end of an array: half the work of `weakref.finalize`."""
    key = object()
    _kept[key] = weakref.ref(array, lambda _: _kept.pop(key) and let_go(slot))


def create(slots: int, nbytes: int) -> Memory:
    """Make the memory of a ring, for frames of up to so many bytes; OSError if there is no room."""
    room = _pages(max(1, nbytes))
    problems = []
    for folder in ring_folders():
        path = folder / f"{os.getpid()}-{secrets.token_hex(8)}"
        lock = None
        try:
            while lock is None:
                lock = claim(path, 0)  # a sweeper may have it at that moment
            _write(path, slots, room)
            return Memory(path, 0, lock)
        except OSError as error:  # Docker's /dev/shm, for one, has 64 MB
            problems.append(f"{folder}: {error.strerror}")
            if lock:
                lock.close()
            remove(path)
    raise OSError(
        f"found no place for {slots} slots of {room:,} bytes of shared memory "
        f"({'; '.join(problems) or 'no folder of our own'}). Take fewer slots or smaller frames"
    )


def _write(path, slots, room):
    """Write the file, and take all its space: who writes to memory that has none is killed."""
    size = _head(slots) + slots * room
    with open(path, "x+b", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(b"".join(n.to_bytes(_WORD, "little") for n in (_MAGIC, slots, room)))
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        while (missing := size - file.seek(0, os.SEEK_END)) > 0:
            file.write(bytes(min(1 << 20, missing)))


def attach(name: Any) -> Memory | None:
    """Map the memory of another's ring, to read; return None if it is gone.

    A name comes from outside. It must be a bare name of the form that `create` gives, and is
    looked for in our own folders only, to which nobody else can write. If it has another form, or
    too many readers already, this raises ValueError.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ValueError(f"{name!r:.80} is no name of a ring")
    path = next((folder / name for folder in ring_folders() if (folder / name).exists()), None)
    if path is None:
        return None
    for number in range(1, _PROCESSES):
        if lock := claim(path, number):
            try:
                return Memory(path, number, lock)
            except (OSError, TypeError, ValueError):  # it was removed just now, or is no ring
                lock.close()
                return None
    raise ValueError(f"{name} has {_PROCESSES - 1} readers, and no room for one more")


def ring_folders() -> list[Path]:
    """Return where rings lie: a folder of ours in memory where there is one, and one for files."""
    user = os.getuid() if hasattr(os, "getuid") else "rings"
    found = [Path(place) / f"zmqlab-{user}" for place in ("/dev/shm", tempfile.gettempdir())]
    return [folder for folder in found if _is_ours(folder)]


def _is_ours(folder):
    """Make a folder that nobody else can look into; tell whether it is one."""
    try:
        folder.mkdir(0o700, exist_ok=True)
        info = folder.lstat()
    except OSError:
        return False
    if not hasattr(os, "getuid"):  # Windows, where temporary files are everybody's own anyway
        return stat.S_ISDIR(info.st_mode)
    return stat.S_ISDIR(info.st_mode) and info.st_uid == os.getuid() and not info.st_mode & 0o077


def claim(path: Path, number: int) -> IO[bytes] | None:
    """Return the locked file of a process of a ring, or None if it is another's.

    It stays locked until it is closed, or until this process ends.
    """
    file = open(f"{path}.{number}", "ab")  # noqa: SIM115
    with contextlib.suppress(OSError):
        _lock(file)
        if os.fstat(file.fileno()).st_nlink:  # else it was swept away before it was locked
            return file
    file.close()
    return None


def sweep() -> None:
    """Remove the rings whose writers have ended without doing so."""
    for folder in ring_folders():
        for name in {path.stem for path in folder.glob("*") if _NAME.fullmatch(path.stem)}:
            if lock := claim(folder / name, 0):
                with lock:
                    remove(folder / name)
                with contextlib.suppress(OSError):  # Windows removes no file that is open
                    (folder / f"{name}.0").unlink()


def remove(path: Path) -> None:
    """Remove the files of a ring. Arrays that somebody still has stay as they are."""
    for file in path.parent.glob(f"{path.name}*"):
        with contextlib.suppress(OSError):  # Windows, while somebody has it mapped
            file.unlink()


def _head(slots):
    """Return the bytes before the pixels."""
    return _pages(_LINE * (1 + slots) + _WORD * _PROCESSES)


def _pages(nbytes):
    return -(-nbytes // _PAGE) * _PAGE
