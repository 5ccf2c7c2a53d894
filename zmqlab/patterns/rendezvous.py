"""How ventilator, workers and sink find each other, whoever starts first.

Ventilator and workers each connect a DEALER socket to the sink's ROUTER socket and say::

    ventilator | {} |                        I am here
    go         | {} |                        the answer, once enough workers are here too
    sent       | {"frames": 100} |           that was all

    worker     | {"worker": "worker 1"} |    I am here
    welcome    | {"port": 40001} |           the answer: where the results go

    end        | {} |                        to all, when the sink has every result, or gives up

The greetings could be REQ and REP. But who has sent a request can do nothing but wait for the
reply, and these have work to do until they hear of the end.
"""

from time import monotonic

import zmq
from zmq.utils.monitor import recv_monitor_message

from zmqlab.messages import MessageError, pack_message, recv_parts, unpack_message
from zmqlab.patterns.workers import GLANCE
from zmqlab.sockets import describe, wait


def assemble(router, pull, peers, workers, ventilators=1, gone=dict, patience=60.0):
    """Wait at the sink until all have announced themselves; then tell the ventilator to go.

    Parameters
    ----------
    router, pull : zmq.Socket
        The sink's sockets for control and for results, bound.
    peers : dict
        Filled here: identity of the connection, name of who is at its other end.
    workers, ventilators : int
        How many must be there.
    gone : callable
        Returns a dict, names of workers that have ended: nobody waits for them.
    patience : float
        Seconds.

    Raises
    ------
    TimeoutError
        If they do not all come; says who did not.
    """
    deadline = monotonic() + patience
    while True:
        names = set(peers.values()) | set(gone())
        there = {"ventilator": "ventilator" in names, "workers": len(names - {"ventilator"})}
        if there["ventilator"] >= ventilators and there["workers"] >= workers:
            break
        if monotonic() > deadline:
            raise TimeoutError(
                f"{there['ventilator']:d} of {ventilators} ventilators and {there['workers']} of "
                f"{workers} workers came to the {describe(router)} within {patience:g} s"
            )
        if wait(router, zmq.POLLIN, GLANCE):
            hear(router, pull, peers)
    for identity in [one for one, name in peers.items() if name == "ventilator"]:
        router.send_multipart([identity, *pack_message("go", {})])


def hear(router, pull, peers, go=False):
    """Take in one message on the sink's control socket, and answer it.

    Returns
    -------
    int or None
        The number of frames, if this was a ventilator that has sent them all.
    """
    identity, *parts = recv_parts(router)
    try:
        topic, header, _ = unpack_message(parts)
    except MessageError:
        return None  # from nobody of ours
    if topic == "worker":
        peers[identity.bytes] = str(header.get("worker"))
        port = int(pull.last_endpoint.rpartition(b":")[2])
        router.send_multipart([identity, *pack_message("welcome", {"port": port})])
    elif topic == "ventilator":
        peers[identity.bytes] = "ventilator"
        if go:
            router.send_multipart([identity, *pack_message("go", {})])
    elif topic == "sent" and isinstance(header.get("frames"), int):
        return header["frames"]
    return None


def wait_connected(monitor, count, gone=dict, patience=60.0):
    """Wait until a socket has so many connections: PUSH gives all it has to who comes first.

    Parameters
    ----------
    monitor : zmq.Socket
        Where the socket's events arrive: ``socket.get_monitor_socket()``, asked for before it
        was bound.
    count : int
    gone : callable
        Returns a dict, names of peers that have ended: nobody waits for them.
    patience : float
        Seconds.

    Raises
    ------
    TimeoutError
        If there are fewer in the end.
    """
    connected, deadline = 0, monotonic() + patience
    while connected + len(gone()) < count:
        if monotonic() > deadline:
            raise TimeoutError(f"{connected} of {count} workers connected within {patience:g} s")
        if wait(monitor, zmq.POLLIN, GLANCE):
            event = recv_monitor_message(monitor)["event"]
            connected += event == zmq.EVENT_HANDSHAKE_SUCCEEDED
