"""Ventilator and sink in one process: push frames, and take in the results meanwhile."""

from time import monotonic

import zmq

from zmqlab.messages import pack_frame, send_parts
from zmqlab.patterns.rendezvous import hear
from zmqlab.patterns.workers import GLANCE, FarmError, poll, recv_result, some


def push_out(push, router, pull, peers, frames, gone=dict, patience=30.0):
    """Push frames to workers, in turn, and yield the results as they arrive.

    Parameters
    ----------
    push, router, pull : zmq.Socket
        For frames, for control and for results, bound.
    peers : dict
        As `assemble` filled it; who comes later gets frames from then on.
    frames : iterable of numpy.ndarray
        No more are taken than the queues of the workers hold, and one.
    gone : callable
        Returns a dict, names of workers that have ended and what became of each.
    patience : float
        Seconds to wait for the next result while there is a frame without one.

    Yields
    ------
    number : int
        Of the frame.
    worker : str
    array : numpy.ndarray

    Raises
    ------
    FarmError
        If the task failed, or results do not come: who has pushed a frame has it no more.
    """
    fresh = enumerate(frames)
    due = next(fresh, None)
    missing, heard = set(), monotonic()
    while due or missing:
        ways_out = {push: zmq.POLLOUT} if due else {}
        ready = poll({router: zmq.POLLIN, pull: zmq.POLLIN} | ways_out, GLANCE)
        if router in ready:
            hear(router, pull, peers)
        if push in ready:
            number, frame = due
            send_parts(push, pack_frame(frame, sequence=number))
            heard = heard if missing else monotonic()
            missing.add(number)
            due = next(fresh, None)
        if pull in ready:
            result = recv_result(pull)
            if result and result[0] in missing:
                heard = monotonic()
                missing.discard(result[0])
                yield result
        elif push not in ready:
            _check_left(missing, peers, gone(), monotonic() - heard > patience)


def _check_left(missing, peers, gone, silent):
    """Raise FarmError if nothing more is to be expected."""
    none_left = set(peers.values()) <= set(gone)
    if not none_left and not (missing and silent):
        return
    who = "all" if none_left else "some"
    fates = ", ".join(f"{name} ({fate})" for name, fate in gone.items()) or "nobody knows which"
    what = f"frames {some(missing)} have no result, and nobody else has them; " if missing else ""
    raise FarmError(
        f"{who} workers are lost: {fates}; {what}workers that ask for work would lose no frame"
    )
