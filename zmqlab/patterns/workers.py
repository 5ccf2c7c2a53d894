"""What workers have in common, however they come by their work.

A frame goes to a worker as frames go anywhere. What comes back has the same three parts
(see `zmqlab.wire.messages`)::

    result | {"dtype": .., "shape": .., "sequence": 7, "time": .., "worker": "worker 1"} | numbers
    error  | {"sequence": 7, "worker": "worker 1", "error": "Traceback ..."}             |

`sequence` and `time` are those of the frame: results arrive in another order than the frames
left in, and this is how each finds its place. In the end a worker is told::

    end    | {} |
"""

import contextlib
import traceback
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import zmq

from zmqlab.wire.messages import Header, MessageError, pack_frame, pack_message, unpack_message
from zmqlab.wire.shared import FrameRing, RingReader
from zmqlab.wire.sockets import send_each
from zmqlab.wire.text import plain, short

_LONGEST_ERROR = 10_000  # characters of a traceback

Result = tuple[int, str, np.ndarray]  # number of the frame, name of the worker, what came out


class FarmError(RuntimeError):
    """The work cannot be finished: the task failed, or workers are gone. The text says which."""


def work(
    task: Callable[[np.ndarray], Any],
    header: Header,
    frame: np.ndarray,
    worker: str,
    ring: FrameRing | None = None,
    **extra: Any,
) -> list[Any]:
    """Run a task on a frame; return the parts of the message that goes back.

    What the task returns goes into the ring, if there is one, `extra` into the header. An error of
    the task goes back as text: whoever waits for the result must hear of it.
    """
    number = header["sequence"]
    about = {"sequence": number, "worker": worker} | extra
    pack = ring.pack_frame if ring else pack_frame
    try:
        return pack(task(frame), "result", time=header["time"], **about)
    except Exception as error:
        lines = error.__traceback__ and error.__traceback__.tb_next  # the task's, without this one
        text = "".join(traceback.format_exception(error.with_traceback(lines)))
        return pack_message("error", about | {"error": text[-_LONGEST_ERROR:]})


def unpack_result(parts: list[Any], reader: RingReader, token: str | None = None) -> Result | None:
    """Return the result in the message of a worker, None if it is from no worker.

    With a `token`, only what says it is from a worker.

    FarmError, with the traceback in it, if it says that the task failed.
    """
    try:  # anybody on this computer may connect, and send anything
        topic, header, _ = unpack_message(parts)
        worker, number = header.get("worker"), header.get("sequence")
        if token is not None and header.get("token") != token:
            return None
        if topic == "result" and isinstance(worker, str):
            array = reader.unpack_frame(parts)[2]  # refuses what has no number
            return header["sequence"], plain(worker, 100), array
    except MessageError:
        return None
    if topic == "error" and isinstance(worker, str):
        text = plain(header.get("error"), _LONGEST_ERROR, lines=True)
        raise FarmError(f"the task failed in {plain(worker)} on frame {short(number)}:\n{text}")
    return None


def dismiss(router: zmq.Socket, identities: Iterable[bytes]) -> None:
    """Tell each of these that this was the end."""
    for identity in identities:
        with contextlib.suppress(zmq.ZMQError):  # it has ended before
            send_each(router, [identity, *pack_message("end", {})], zmq.NOBLOCK)


def some(numbers: Collection[int]) -> str:
    """Name a few of many frames."""
    return ", ".join(map(str, sorted(numbers)[:5])) + (", ..." if len(numbers) > 5 else "")


@dataclass(frozen=True, repr=False)
class Results:
    """What became of the frames.

    Attributes
    ----------
    spectra : numpy.ndarray
        What the task made of each frame, in the order of the frames: the first axis is the frame.
    worker, arrival : numpy.ndarray of str, of float
        Who made it, for each frame, and when it arrived: seconds since the first frame was handed
        out. ``arrival.argsort()`` are the numbers of the frames in the order of arrival.
    seconds : float
        From the first frame handed out to the last result in its place.
    """

    spectra: np.ndarray
    worker: np.ndarray
    arrival: np.ndarray
    seconds: float

    def __repr__(self) -> str:
        names, counts = np.unique(self.worker, return_counts=True)
        shares = ", ".join(f"{name}: {n}" for name, n in zip(names, counts, strict=True))
        return f"<{len(self.spectra)} results in {self.seconds:.3f} s; {shares}>"


def gather(arrivals: Iterable[Result], count: int | None = None) -> Results:
    """Put results into one array as they arrive; the clock runs meanwhile.

    Each number of a frame, from 0 up, comes once. If there will be `count`, each goes to its place
    at once; otherwise they are put in order at the end: memory grows with what came.
    ValueError if there are none, or not all of one shape and type.
    """
    start = perf_counter()
    spectra: np.ndarray | None = None
    notes: dict[int, tuple[int, str, float]] = {}
    for number, worker, array in arrivals:
        if spectra is None:
            spectra = np.empty((count or 64, *array.shape), array.dtype)
        if (array.shape, array.dtype) != (spectra.shape[1:], spectra.dtype):
            raise ValueError(
                f"frame {number} gave {array.dtype} of shape {array.shape}, an earlier one "
                f"{spectra.dtype} of shape {spectra.shape[1:]}: they fit into no array together"
            )
        row = number if count else len(notes)
        if row >= len(spectra):  # twice as long, so that this happens rarely
            spectra.resize((2 * row, *array.shape), refcheck=False)
        spectra[row] = array
        notes[number] = row, worker, perf_counter() - start
    if spectra is None:
        raise ValueError("there was no frame, so there are no results")
    rows, workers, times = zip(*(notes[number] for number in range(len(notes))), strict=True)
    spectra = spectra[: len(notes)] if count else spectra[list(rows)]
    seconds = perf_counter() - start
    return Results(spectra, np.array(workers), np.array(times), seconds)
