"""How ventilator, workers and sink find each other, whoever starts first.

Ventilator and workers each connect a DEALER socket to the sink's ROUTER socket, and say::

    hello | {"name": "Ada"} |      I am here (the ventilator's name is "ventilator")
    sent  | {"frames": 100} |      only the ventilator: that was all

The sink says::

    go    | {"port": 40001,        to a worker at once: where the results go,
             "token": "5f0c.."} |  and what to say with each;
                                   to the ventilator once enough workers are here, too
    end   | {} |                   to all, when it has every result, or gives up

The first ventilator is the one that counts, and results only with the token. Who comes as a worker
is one: to know them better takes keys.
"""

import contextlib
from pathlib import Path
from time import monotonic

import zmq

from zmqlab.wire import messages
from zmqlab.wire.sockets import connect, describe, recv_parts, send_parts, wait, who_listens
from zmqlab.wire.text import plain

VENTILATOR = "ventilator"
_MOST = 1000  # who announced themselves to one sink


def greet(
    dealer: zmq.Socket, control: str, name: str, timeout: float, keys: str | Path | None = None
) -> messages.Header | None:
    """Announce yourself to the sink; return what its ``go`` says, None if it says the end."""
    connect(dealer, control, keys=keys)
    if room := wait({dealer: zmq.POLLOUT}, timeout):  # who has been refused by now has none
        messages.send_message(dealer, "hello", {"name": name})
    if not room or not wait({dealer: zmq.POLLIN}, timeout):
        raise TimeoutError(
            f"no answer from a sink at {control} in {timeout:g} s: "
            f"{who_listens(control, keys=keys)}. "
            "It answers a ventilator once its workers are there"
        )
    answer, header, _ = messages.recv_message(dealer)
    return None if answer == "end" else header


def is_over(dealer: zmq.Socket, events: dict[zmq.Socket, int], timeout: float) -> bool:
    """Wait for `events`, as `wait` does, or for the end; tell whether that has come."""
    events = {dealer: zmq.POLLIN} | events
    if not (ready := wait(events, timeout)):
        names = " and the ".join(map(describe, events))
        raise TimeoutError(f"nothing came in or could go out at the {names} in {timeout:g} s")
    return dealer in ready


def assemble(
    router: zmq.Socket,
    pull: zmq.Socket,
    peers: dict[bytes, str],
    workers: int,
    go: messages.Header,
    timeout: float,
) -> None:
    """Wait at the sink until a ventilator and so many workers are there; let the first one go.

    `router` and `pull` are the sink's sockets for control and for results, `go` what it tells them.
    Filled here are its `peers`: who is at the other end of each connection. TimeoutError says who
    did not come.
    """
    deadline = monotonic() + timeout
    while len(names := set(peers.values())) <= workers or VENTILATOR not in names:
        ready = wait({router: zmq.POLLIN, pull: zmq.POLLIN}, deadline - monotonic())
        if pull in ready:
            recv_parts(pull)  # a stranger's: nobody has a frame yet; left there it fills the memory
        if not ready or monotonic() > deadline:
            raise TimeoutError(
                f"{'the' if VENTILATOR in names else 'no'} ventilator and "
                f"{len(names - {VENTILATOR})} of {workers} workers came to the "
                f"{describe(router)} within {timeout:g} s"
            )
        if router in ready:
            hear(router, peers, go)
    for identity in [one for one, name in peers.items() if name == VENTILATOR]:
        send_parts(router, [identity, *messages.pack_message("go", go)])


def hear(router: zmq.Socket, peers: dict[bytes, str], go: messages.Header) -> int | None:
    """Take in one message at the sink, and answer it; return how many frames were sent, if told."""
    identity, *parts = recv_parts(router)
    with contextlib.suppress(messages.MessageError):  # of nobody of ours
        topic, header, _ = messages.unpack_message(parts)
        here = peers.get(identity.bytes)
        if topic == "hello" and here is None and len(peers) < _MOST:
            name = plain(header.get("name"), 100)
            if name != VENTILATOR:
                send_parts(router, [identity, *messages.pack_message("go", go)])
            elif VENTILATOR in peers.values():
                send_parts(router, [identity, *messages.pack_message("end", {})])
                return None
            peers[identity.bytes] = name
        elif topic == "sent" and here == VENTILATOR and type(header.get("frames")) is int:
            return max(0, header["frames"])
    return None
