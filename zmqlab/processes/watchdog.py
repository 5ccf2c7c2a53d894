"""What waits beside a notebook until it is gone, and ends what is left of its processes then.

A child notices by itself that its lifeline has closed (`zmqlab.processes.child`), but only while
its interpreter has a turn: one that is stuck in C, in a regular expression for example, does not.
And what a child started in a session of its own is not ended with it. So `zmqlab.processes.spawn`
marks the environment of each child, which all that it starts inherits, and has this program wait
on a pipe that closes when the notebook's process ends, whatever ended it::

    python watchdog.py MARK

What remains impossible: to find a process that cleared its environment or belongs to another user,
and to end anything when this program is killed together with the notebook. On POSIX a fork of the
notebook's process, as `multiprocessing` makes them, holds the pipe open until it ends too.
"""

import contextlib
import os
import sys

FAMILY = "ZMQLAB_FAMILY"
GRACE = 2.0  # seconds for those that end by themselves: twice what a child has
_TRIES = 20  # a family may grow while it is ended


def main(mark: str) -> None:
    """Wait until standard input closes; give a family a moment to end, and kill what is left."""
    while os.read(0, 1):
        pass
    import psutil  # here: what only waits is small

    psutil.wait_procs(_family(mark), GRACE)
    for _ in range(_TRIES):
        left = _family(mark)
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        if not left:
            break
        psutil.wait_procs(left, GRACE)


def _family(mark):
    """Return the processes whose environment has the mark."""
    import psutil

    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.environ().get(FAMILY) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


if __name__ == "__main__":
    main(sys.argv[1])
