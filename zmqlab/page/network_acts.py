"""What a page may do to processes: stop, kill, pause, resume. Only to those of the notebook.

It is done from the map's process, so that it works while the kernel is busy; to stop a process, the
kernel's own thread is asked, which knows how to do that politely.
"""

import contextlib
from collections.abc import Callable
from typing import Any

import psutil

CLOCK = 0.05  # seconds by which two readings of when a process began may differ


class Acts:
    """Does what pages ask for."""

    def __init__(self, scene: Any, ask_kernel: Callable[[str, str], None]) -> None:
        self.scene, self.ask_kernel = scene, ask_kernel

    def look(self, name: str) -> None:
        """Have a process tell of its last messages for a while."""
        if name in self.scene.members:
            self.ask_kernel("look", name)

    def act(self, what: str, name: str | None) -> None:
        """Do what a page asks for, to a process of that name; to no other."""
        if what == "tidy":
            self.scene.tidy()
        elif what == "trace":
            self.ask_kernel("trace", "")
        elif what == "dismiss":
            self.scene.dismiss(str(name))
        elif family := self._family(name):
            with contextlib.suppress(psutil.Error):
                if what == "stop":
                    _each(family, "resume")  # what is paused would not hear of it
                    self.ask_kernel("stop", str(name))
                elif what in ("kill", "resume"):
                    _each(family, what)
                elif what == "pause":
                    _each(family, "suspend")

    def _family(self, name):
        """Return the process of a member that runs, and those that it has started itself.

        A number is used again: only the process that began when the kernel said is the right one.
        """
        member = self.scene.members.get(name)
        if not member or member["own"] or member["ended"]:
            return []
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(member["pid"])
            if abs(process.create_time() - member["created"]) < CLOCK:
                return [process, *process.children(recursive=True)]
        return []


def _each(family, what):
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            getattr(process, what)()
