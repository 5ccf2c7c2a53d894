"""Where the reports of observed processes arrive: one PULL socket.

The format is drawn in `zmqlab.processes.report_sender`. The socket is a file in a folder that only
this user may enter, so that on a host that thirty people share nobody else can fill its memory, or
take all its connections. On Windows it is a port of loopback, to which anybody may connect. In
either a report counts only with the token that one child was given through its own pipe.
"""

import contextlib
import json
import os
import threading
from collections.abc import Callable

import zmq

from zmqlab.processes.own_folder import folder_of_this_process
from zmqlab.processes.report_sender import PLAIN

MOST_BYTES = 1 << 20  # of a part; libzmq closes a connection that sends more
MOST_WAITING = 20  # reports of one connection; more wait in the child, or are dropped there
_LONGEST_PATH = 90  # bytes: the system's names of such sockets are short
_lock = threading.Lock()
_endpoint = ""
_receivers: dict[bytes, Callable[[dict, bytes], None]] = {}  # token: what to call with a report


def register(token: str, receive: Callable[[dict, bytes], None]) -> str:
    """Have ``receive(report, trace)`` called for each report with a token; return the endpoint."""
    global _endpoint
    with _lock:
        _receivers[token.encode()] = receive
        if not _endpoint:
            context: zmq.Context = zmq.Context()
            pull = context.socket(zmq.PULL, socket_class=PLAIN)
            pull.maxmsgsize, pull.rcvhwm, pull.linger = MOST_BYTES, MOST_WAITING, 0
            pull.bind(_private_endpoint())
            _endpoint = bytes(pull.get(zmq.LAST_ENDPOINT)).decode()
            threading.Thread(target=_listen, args=(pull,), daemon=True).start()
        return _endpoint


def _private_endpoint():
    """Return an endpoint in a folder of our own, or a port of loopback where that cannot be."""
    if os.name == "posix" and zmq.has("ipc"):
        folder = folder_of_this_process()
        if len(os.fsencode(folder)) < _LONGEST_PATH:
            return f"ipc://{folder}/reports"
    return "tcp://127.0.0.1:*"


def forget(token: str) -> None:
    """Believe reports with `token` no longer."""
    _receivers.pop(token.encode(), None)


def _listen(pull):
    while True:
        _take_in(pull.recv_multipart())


def _take_in(parts):
    token, *rest = parts
    receive = _receivers.get(token)
    if receive and len(rest) == 2:
        # Else it is no report, though it came from the right process.
        errors = ValueError, KeyError, TypeError, AttributeError, RecursionError
        with contextlib.suppress(*errors):
            receive(json.loads(rest[0]), rest[1])
