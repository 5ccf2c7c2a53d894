"""A real Jupyter kernel, without a page: run cells in it, interrupt, restart and kill it."""

import queue
from contextlib import contextmanager
from dataclasses import dataclass, field

from jupyter_client.manager import KernelManager

PATIENCE = 60.0  # seconds for a cell, or for a kernel to come up

# A first cell: what is waited for has more time, on a busy computer.
PATIENT = """%load_ext zmqlab
import zmqlab, zmqlab.page.magics
zmqlab.page.magics.FIRST_SOCKET = 60.0
zmqlab.Process.stop.__defaults__ = zmqlab.stop_all.__defaults__ = (60.0,)"""


@dataclass
class Cell:
    """What came of a cell."""

    number: int = 0  # as in In[number]
    text: str = ""  # stdout and stderr
    error: str = ""  # the traceback, as the page would show it
    name: str = ""  # of the exception
    widgets: list = field(default_factory=list)  # ids of the widgets shown
    result: str = ""  # what Out[number] says, as text


class Kernel:
    """One kernel. `run` gives the cells numbers, as a notebook does."""

    def __init__(self):
        for tries_left in (2, 1, 0):
            self.manager = KernelManager(kernel_name="python3")
            self.manager.start_kernel()
            self.client = self.manager.client()
            self.client.start_channels()
            try:
                self.client.wait_for_ready(timeout=PATIENCE)
                break
            except RuntimeError:  # a port that was chosen for it was taken before it came
                self.close()
                if not tries_left:
                    raise
        self.states = {}  # id of a widget: what the page would know of it

    def close(self):
        """End the kernel."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code):
        """Run a cell to its end."""
        return self.finish(self.begin(code))

    def begin(self, code):
        """Run a cell and do not wait."""
        return self.client.execute(code)

    def finish(self, request):
        """Wait for the end of a cell."""
        cell = Cell()
        while True:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            kind, content = message["msg_type"], message["content"]
            self._note(kind, content)
            if message["parent_header"].get("msg_id") != request:
                continue
            if kind == "execute_input":
                cell.number = content["execution_count"]
            elif kind == "stream":
                cell.text += content["text"]
            elif kind == "error":
                cell.name, cell.error = content["ename"], "\n".join(content["traceback"])
            elif kind in ("display_data", "execute_result"):
                widget = content["data"].get("application/vnd.jupyter.widget-view+json")
                cell.widgets += [widget["model_id"]] if widget else []
                if kind == "execute_result":
                    cell.result = content["data"].get("text/plain", "")
            elif kind == "status" and content["execution_state"] == "idle":
                return cell

    def until(self, condition):
        """Let messages come until a widget is as it should be: `condition(states)`."""
        while not condition(self.states):
            try:
                message = self.client.get_iopub_msg(timeout=PATIENCE)
            except queue.Empty:
                raise TimeoutError(f"it did not come; the widgets are {self.states}") from None
            self._note(message["msg_type"], message["content"])

    def click(self, widget, content):
        """Send a custom message to a widget, as a button in the page does."""
        content = {"comm_id": widget, "data": {"method": "custom", "content": content}}
        self.client.shell_channel.send(self.client.session.msg("comm_msg", content))

    def update(self, widget, state):
        """Set a widget's state, as the page does when somebody chooses."""
        data = {"method": "update", "state": state, "buffer_paths": []}
        message = self.client.session.msg("comm_msg", {"comm_id": widget, "data": data})
        self.client.shell_channel.send(message)

    def _note(self, kind, content):
        if kind == "comm_open":
            self.states[content["comm_id"]] = dict(content["data"].get("state", {}))
        elif kind == "comm_msg" and content["data"].get("method") == "update":
            self.states.setdefault(content["comm_id"], {}).update(content["data"]["state"])


@contextmanager
def open_kernel():
    """Start a kernel, and end it."""
    kernel = Kernel()
    try:
        yield kernel
    finally:
        kernel.close()
