"""The sockets of the notebook itself, observed as those of the processes that it starts.

Jupyter's own stay as they are: those that were there before, those of its context, and whatever
asks for `zmq.Socket` by name. So do those of `zmq.asyncio`.
"""

import secrets
import sys

from zmqlab.processes import observed, report_receiver

token = ""  # of the reports about this process
report: dict = {"sockets": [], "previews": {}}  # the last one


def begin() -> None:
    """Observe the sockets that contexts of this process make from now on. Safe to call twice."""
    global token
    if observed.reporter:
        return
    if "ipykernel.kernelapp" in sys.modules:
        app = sys.modules["ipykernel.kernelapp"].IPKernelApp
        context = app.instance().context if app.initialized() else None
        if context is not None:
            context._socket_class = report_receiver.PLAIN  # noqa: SLF001
    token = secrets.token_hex(16)
    reports = report_receiver.register(token, lambda told, trace: report.update(told))
    start_message = {"token": token, "reports": reports, "observe": True, "trace": False}
    observed.begin(start_message, everywhere=False)
