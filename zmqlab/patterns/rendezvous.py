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

from zmqlab.patterns.workers import GLANCE
from zmqlab.wire.messages import MessageError, pack_message, unpack_message
from zmqlab.wire.parts import recv_parts, send_parts
from zmqlab.wire.sockets import describe, endpoint_of, wait

VENTILATOR = "ventilator"


def assemble(
    router: zmq.Socket,
    pull: zmq.Socket,
    peers: dict[bytes, str],
    workers: int,
    timeout: float = 60.0,
) -> None:
    """Wait at the sink until all have announced themselves; then tell the ventilator to go.

    Parameters
    ----------
    router, pull
        The sink's sockets for control and for results, bound.
    peers
        Filled here: identity of the connection, name of who is at its other end.
    workers
        How many must be there.
    timeout
        Seconds; then TimeoutError, which says who did not come.
    """
    deadline = monotonic() + timeout
    while (
        len(names := set(peers.values()) - {VENTILATOR}) < workers
        or VENTILATOR not in peers.values()
    ):
        if monotonic() > deadline:
            ventilator = "the" if VENTILATOR in peers.values() else "no"
            raise TimeoutError(
                f"{ventilator} ventilator and {len(names)} of {workers} workers came to the "
                f"{describe(router)} within {timeout:g} s"
            )
        if wait({router: zmq.POLLIN}, GLANCE):
            hear(router, pull, peers)
    for identity in [one for one, name in peers.items() if name == VENTILATOR]:
        send_parts(router, [identity, *pack_message("go", {})])


def hear(
    router: zmq.Socket, pull: zmq.Socket, peers: dict[bytes, str], go: bool = False
) -> int | None:
    """Take in one message on the sink's control socket, and answer it.

    If it is from a ventilator that has sent all its frames, return how many.
    """
    identity, *parts = recv_parts(router)
    try:
        topic, header, _ = unpack_message(parts)
    except MessageError:
        return None  # from nobody of ours
    if topic == "worker":
        peers[identity.bytes] = str(header.get("worker"))
        port = int(endpoint_of(pull).rpartition(":")[2])
        send_parts(router, [identity, *pack_message("welcome", {"port": port})])
    elif topic == VENTILATOR:
        peers[identity.bytes] = VENTILATOR
        if go:
            send_parts(router, [identity, *pack_message("go", {})])
    elif topic == "sent" and isinstance(header.get("frames"), int):
        return header["frames"]
    return None
