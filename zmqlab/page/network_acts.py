"""What a page may do to processes: kill, pause, resume. Only to those of the notebook.

It is done from the map's process, so that it works while the kernel is busy. To stop one the
kernel's own thread is asked, which knows how to do that politely.
"""

import contextlib

import psutil

ACTS = {"kill": "kill", "pause": "suspend", "resume": "resume"}


def act(what: str, process: psutil.Process) -> None:
    """Do this to a process and to those that it has started itself.

    A number is used again: psutil acts on no other process that has it by now.
    """
    with contextlib.suppress(psutil.Error):
        for each in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                getattr(each, ACTS[what])()


def is_paused(process: psutil.Process | None) -> bool:
    """Tell whether a process, if there is one, stands still."""
    with contextlib.suppress(psutil.Error):
        return process is not None and process.status() == psutil.STATUS_STOPPED
    return False
