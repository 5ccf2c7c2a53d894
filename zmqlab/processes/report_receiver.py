"""Where the reports of observed processes arrive: one PULL socket on loopback.

The format is drawn in `zmqlab.processes.report_sender`. A report counts only with the token that
one child was given through its own pipe: on a host that thirty people share, anybody may connect to
the port, and nobody is believed.
"""

import json
import threading
from collections.abc import Callable

import zmq

from zmqlab.processes.report_sender import PLAIN

MOST_BYTES = 1 << 20  # of a part; libzmq closes a connection that sends more
MOST_WAITING = 20  # reports of one connection; more wait in the child, or are dropped there
_lock = threading.Lock()
_endpoint = ""
_receivers: dict[bytes, Callable[[dict, bytes], None]] = {}  # token: what to call with a report
# Called with the token and the text of each report that was believed, in our thread.
watchers: list[Callable[[bytes, bytes], None]] = []


def register(token: str, receive: Callable[[dict, bytes], None]) -> str:
    """Have ``receive(report, trace)`` called for each report with a token; return the endpoint."""
    global _endpoint
    with _lock:
        _receivers[token.encode()] = receive
        if not _endpoint:
            context: zmq.Context = zmq.Context()
            pull = context.socket(zmq.PULL, socket_class=PLAIN)
            pull.maxmsgsize, pull.rcvhwm, pull.linger = MOST_BYTES, MOST_WAITING, 0
            pull.bind("tcp://127.0.0.1:*")
            _endpoint = bytes(pull.get(zmq.LAST_ENDPOINT)).decode()
            threading.Thread(target=_listen, args=(pull,), daemon=True).start()
        return _endpoint


def forget(token: str) -> None:
    """Believe reports with `token` no longer."""
    _receivers.pop(token.encode(), None)


def _listen(pull):
    while True:
        token, *rest = pull.recv_multipart()
        receive = _receivers.get(token)
        if receive and len(rest) == 2:
            try:
                receive(json.loads(rest[0]), rest[1])
            except (ValueError, KeyError, TypeError, RecursionError):
                continue  # not a report, though it came from the right process
            for watch in list(watchers):
                watch(token, rest[0])
