"""A web page that a process serves, shown in the notebook."""

import re
from pathlib import Path

import anywidget
import traitlets

from zmqlab.processes.handle import Process


class WebFrame(anywidget.AnyWidget):
    """The page in a frame; `show_page` makes it."""

    _esm = Path(__file__).with_name("web_frame.js")
    address = traitlets.Unicode().tag(sync=True)
    words = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int().tag(sync=True)

    def __repr__(self) -> str:
        return f"<{self.words}>"


def show_page(process: Process, height: int = 760, timeout: float = 10.0) -> WebFrame:
    """Show the web page of a process that has printed its address, such as `web_page` does.

    JupyterLab shows it through its own port, so that it can be seen on Binder too.

    Parameters
    ----------
    process
        Whose page to show.
    height
        Of the frame in the notebook, in pixels; 0 for a link alone.
    timeout
        Seconds to wait for the address.

    Raises
    ------
    TimeoutError
        If the process has printed no address in time.
    ValueError
        If what it printed is none.
    """
    line = process.wait_output("http://", timeout)
    found = re.search(r"http://\S+:\d+/\S*", line)
    if found is None:
        raise ValueError(f"{process.name} printed {line!r}: an address ends in a port and a slash")
    return WebFrame(
        address=found[0], height=height, words=f"web page of {process.name} at {found[0]}"
    )
