"""What the views in a page have in common."""

import contextlib
import re
from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from zmqlab.processes.handle import Process
from zmqlab.processes.launch import start


class View(anywidget.AnyWidget):
    """A widget with HTML in its place where there are no widgets: an exported page, VS Code."""

    def in_its_place(self) -> str:
        """Return HTML, or "" for nothing."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **options: Any) -> Any:
        data, metadata = super()._repr_mimebundle_(**options) or ({}, {})
        if html := self.in_its_place():
            data["text/html"] = html
        return data, metadata


class ServedView(View):
    """A view with a server behind it, as `zmqlab.page.page_server` says."""

    port = traitlets.Int().tag(sync=True)
    token = traitlets.Unicode().tag(sync=True)


class ProcessView(ServedView):
    """A view that a process serves; `stop` ends the process."""

    def __init__(self, process: Process, **traits: Any) -> None:
        super().__init__(**traits)
        self.process = process

    def stop(self) -> None:
        """End the process behind the view. Safe to call twice."""
        self.process.stop()


def start_server(name: str, function: Callable, *arguments: Any) -> tuple[Process, int]:
    """Start a function that serves pages in a process; return that and its port."""
    process = start(function, *arguments, process_name=name)
    with contextlib.ExitStack() as undo:
        undo.callback(process.stop)
        port = process.wait_until(
            lambda it: re.search(r"^port (\d+)$", it.output, re.MULTILINE), what="its port"
        )
        undo.pop_all()
    return process, int(port[1])
