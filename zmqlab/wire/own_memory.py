"""How much memory this process has, and how it gives back what it has freed."""

import contextlib
import ctypes
import math
import mmap


def held() -> float:
    """Return how many bytes this process has for itself alone; NaN where nobody can tell."""
    with contextlib.suppress(OSError), open("/proc/self/statm", "rb") as file:
        _, resident, shared, *_ = map(int, file.read().split())
        return (resident - shared) * mmap.PAGESIZE
    return math.nan


def give_back() -> None:
    """Give freed memory back to the system: else it hides how much is taken next."""
    with contextlib.suppress(AttributeError, OSError):  # a C library of another kind
        ctypes.CDLL(None).malloc_trim(0)
