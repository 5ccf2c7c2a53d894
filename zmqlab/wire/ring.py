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
from pathlib import Path

import numpy as np

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
    slots, room : int
        How many there are, and how many bytes each has.
    mine : list of int
        How many arrays of each slot this process has: as long as there are any, it is pinned.
    """

    def __init__(self, path, number, lock):
        self.path, self._number, self._lock = path, number, lock
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), 0)
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
        self._address = address_of(np.frombuffer(self._map, np.uint8))
        for pin in self._my_pins:  # of one that died, and had this number
            self._map[pin] = 0
        self._words[self._pids + number] = os.getpid()

    def __del__(self):
        self._lock.close()

    # Between what a process says and where it looks, a lock is given back and taken again.
    # Without it, a processor may look first. Nothing that stands before a release can move behind
    # the acquisition of a lock that follows it, neither on x86 nor on ARM.

    def begin(self, slot):
        """Make the turn odd, to write to the slot; return False if somebody has pinned it."""
        pins, turn = self._pins[slot], self._turns[slot]
        if self._map[pins] != _NOBODY:
            return False
        with self._fence:
            before = self._words[turn]
            self._words[turn] = before | 1
        with self._fence:
            free = self._map[pins] == _NOBODY
        if not free:
            self._words[turn] = before
        return free

    def end(self, slot):
        """Make the turn even, now that the slot is written; return it."""
        turn = self._turns[slot]
        self._words[turn] += self._words[turn] & 1
        return self._words[turn]

    def turn(self, slot):
        """Look at the turn, after `Hold` has pinned the slot."""
        with self._fence:
            return self._words[self._turns[slot]]

    def write(self, slot, array, dtype):
        """Copy an array into the slot, between `begin` and `end`."""
        np.ndarray(array.shape, dtype, self._map, self._pixels[slot])[...] = array

    def slot_at(self, address):
        """Return the slot whose pixels begin at an address in this process, or None."""
        offset = address - self._address
        return self._pixels.index(offset) if offset in self._pixels else None

    def forget_the_dead(self):
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


class Hold:
    """What the arrays of a slot are made of, and keep alive: its end takes away the pin."""

    __slots__ = ("__array_interface__", "_memory", "_slot")

    def __init__(self, memory, slot):
        self._memory, self._slot = memory, None
        pin = memory._my_pins[slot]
        with memory._fence:  # Ctrl-C comes between calls, and there are none
            memory.mine[slot] += 1
            memory._map[pin] = 1
            self._slot = slot

    def __del__(self):
        memory, slot = self._memory, self._slot
        if slot is not None:
            pin = memory._my_pins[slot]
            with memory._fence:
                memory.mine[slot] -= 1
                if not memory.mine[slot]:
                    memory._map[pin] = 0

    def array(self, shape, dtype, readonly=True):
        """Return an array; it and every view of it keep the slot pinned."""
        address = self._memory._address + self._memory._pixels[self._slot]
        self.__array_interface__ = {
            "shape": tuple(shape),
            "typestr": dtype.str,
            "data": (address, readonly),
            "version": 3,
        }
        return np.asarray(self)


def create(slots, nbytes):
    """Make the memory of a ring, for frames of up to so many bytes; return its `Memory`.

    Raises
    ------
    OSError
        If there is no room for it.
    """
    room = _pages(max(1, nbytes))
    problems = []
    for folder in ring_folders():
        try:
            return _create(folder, slots, room)
        except OSError as error:  # Docker's /dev/shm, for one, has 64 MB
            problems.append(f"{folder}: {error.strerror}")
    raise OSError(
        f"found no place for {slots} slots of {room:,} bytes of shared memory "
        f"({'; '.join(problems) or 'no folder of our own'}). Take fewer slots or smaller frames"
    )


def _create(folder, slots, room):
    lock = None
    while lock is None:  # until no sweeper had it at that moment
        path = folder / f"{os.getpid()}-{secrets.token_hex(8)}"
        lock = claim(path, 0)
    try:
        with open(path, "x+b", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            _reserve(file, _head(slots) + slots * room)
            file.seek(0)
            file.write(b"".join(n.to_bytes(_WORD, "little") for n in (_MAGIC, slots, room)))
        return Memory(path, 0, lock)
    except BaseException:
        lock.close()
        remove(path)
        raise


def _reserve(file, size):
    """Take the space now: who writes to mapped memory that there is no room for is killed."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file.fileno(), 0, size)
    else:
        for begin in range(0, size, 1 << 20):
            file.write(bytes(min(1 << 20, size - begin)))


def attach(name):
    """Map the memory of another's ring, to read; return its `Memory`, or None if it is gone.

    A name comes from outside. It must be a bare name of the form that `create` gives, and is
    looked for in our own folders only, to which nobody else can write.

    Raises
    ------
    ValueError
        If it has another form, or too many readers already.
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


def ring_folders():
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


def claim(path, number):
    """Return the locked file of a process of a ring, or None if it is another's.

    It stays locked until it is closed, or until this process ends.
    """
    file = open(f"{path}.{number}", "ab")  # noqa: SIM115
    try:
        _lock(file)
        if os.fstat(file.fileno()).st_nlink:  # else it was swept away before it was locked
            return file
    except OSError:
        pass
    file.close()
    return None


def is_over(memory):
    """Tell whether nobody writes to a ring any more: its writer has ended, or made a larger one."""
    if not memory.path.exists():
        return True
    lock = claim(memory.path, 0)
    if lock:
        lock.close()
    return bool(lock)


def sweep():
    """Remove the rings whose writers have ended without doing so."""
    for folder in ring_folders():
        for name in {path.stem for path in folder.glob("*") if _NAME.fullmatch(path.stem)}:
            if lock := claim(folder / name, 0):
                with lock:
                    remove(folder / name)


def remove(path):
    """Remove the files of a ring. Arrays that somebody still has stay as they are."""
    for file in path.parent.glob(f"{path.name}*"):
        with contextlib.suppress(OSError):  # Windows, while somebody has it mapped
            file.unlink()


def address_of(array):
    """Return where the first number of an array lies in this process."""
    return array.__array_interface__["data"][0]


def _head(slots):
    """Return the bytes before the pixels."""
    return _pages(_LINE * (1 + slots) + _WORD * _PROCESSES)


def _pages(nbytes):
    return -(-nbytes // _PAGE) * _PAGE
