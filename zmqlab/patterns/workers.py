"""What workers have in common, however they come by their work.

A frame goes to a worker as frames go anywhere. What comes back has the same three parts
(see `zmqlab.messages`)::

    result | {"dtype": .., "shape": .., "sequence": 7, "time": .., "worker": "worker 1"} | numbers
    error  | {"sequence": 7, "worker": "worker 1", "error": "Traceback ..."}             |

`sequence` and `time` are those of the frame: results arrive in another order than the frames
left in, and this is how each finds its place. In the end a worker is told::

    end    | {} |
"""

import contextlib
import traceback

import zmq

from zmqlab.messages import (
    MessageError,
    pack_frame,
    pack_message,
    recv_parts,
    unpack_frame,
    unpack_message,
)

GLANCE = 0.1  # seconds between two looks at the clock, and at who is gone, while nothing arrives
END = pack_message("end", {})


class FarmError(RuntimeError):
    """The work cannot be finished: the task failed, or workers are gone. The text says which."""


def work(task, parts, worker, pack=pack_frame, unpack=unpack_frame):
    """Run `task` on the frame in a message; return the message that goes back.

    An error of the task goes back as text: whoever waits for the result must hear of it.
    """
    _, header, frame = unpack(parts)
    number = header["sequence"]
    try:
        return pack(task(frame), "result", number, header["time"], worker=worker)
    except Exception as error:
        error.__traceback__ = error.__traceback__.tb_next  # the task's lines, not this one
        text = "".join(traceback.format_exception(error))
        return pack_message("error", {"sequence": number, "worker": worker, "error": text})


def unpack_result(parts, unpack=unpack_frame):
    """Return number of the frame, name of the worker and array from the message of a worker.

    Raises
    ------
    MessageError
        If it is none.
    FarmError
        If it says that the task failed; holds the traceback.
    """
    topic, header, _ = unpack_message(parts)
    worker, number = header.get("worker"), header.get("sequence")
    if topic not in ("result", "error") or not isinstance(worker, str):
        raise MessageError(f"no worker sends a message with topic {topic!r} and header {header}")
    if topic == "error":
        raise FarmError(f"the task failed in {worker} on frame {number}:\n{header.get('error')}")
    return number, worker, unpack(parts)[2]


def dismiss(router, identities):
    """Tell each of these that this was the end."""
    for identity in identities:
        with contextlib.suppress(zmq.ZMQError):  # it has ended before
            router.send_multipart([identity, *END], zmq.NOBLOCK)


def use_one_core():
    """Keep OpenCV to one thread: a farm with a worker for each core has no use for more."""
    import cv2

    cv2.setNumThreads(1)


def recv_result(pull):
    """Take in one message; return what `unpack_result` does, None if it is no result."""
    try:
        return unpack_result(recv_parts(pull))
    except MessageError:
        return None  # not from a worker: anybody on this computer may connect


def poll(events, timeout):
    """Return which of several sockets, as in {socket: zmq.POLLIN}, are ready, as soon as one is."""
    poller = zmq.Poller()
    for socket, event in events.items():
        poller.register(socket, event)
    return dict(poller.poll(int(1000 * timeout)))


def some(numbers):
    """Name a few of many frames."""
    return ", ".join(map(str, sorted(numbers)[:5])) + (", ..." if len(numbers) > 5 else "")
