"""Where the reports of observed processes arrive: one PULL socket on loopback.

The format is drawn in `zmqlab.reporter`. A report counts only with the token
that one child was given through its own pipe: on a host that thirty people
share, anybody may connect to the port, and nobody is believed.
"""

import json
import threading
from collections.abc import Callable

import zmq

MOST_BYTES = 1 << 20  # of a part; libzmq closes a connection that sends more
MOST_WAITING = 20  # reports of one connection; more wait in the child, or are dropped there
_lock = threading.Lock()
_endpoint = None
_receivers: dict[bytes, Callable[[dict], None]] = {}  # token: function to call with each report


def register(token, receive):
    """Call `receive(report)` for each report that carries `token`; return the endpoint.

    The calls come from the listening thread.
    """
    global _endpoint
    with _lock:
        _receivers[token.encode()] = receive
        if _endpoint is None:
            pull = zmq.Context().socket(zmq.PULL)
            pull.maxmsgsize, pull.rcvhwm = MOST_BYTES, MOST_WAITING
            pull.linger = 0
            pull.bind("tcp://127.0.0.1:*")
            _endpoint = pull.last_endpoint.decode()
            threading.Thread(target=_listen, args=(pull,), daemon=True).start()
        return _endpoint


def forget(token):
    """Believe reports with `token` no longer."""
    _receivers.pop(token.encode(), None)


def _listen(pull):
    while True:
        parts = pull.recv_multipart()
        receive = _receivers.get(parts[0])
        if receive is None or len(parts) != 2:
            continue
        try:
            receive(json.loads(parts[1]))
        except (ValueError, KeyError, TypeError, RecursionError):
            continue  # not a report, though it came from the right process
