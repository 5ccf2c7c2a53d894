"""Results that arrive in any order, put into one array in the order of their frames."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np


@dataclass(frozen=True, repr=False)
class Results:
    """What became of the frames.

    Attributes
    ----------
    spectra : numpy.ndarray
        What the task made of each frame, in the order of the frames: the first axis is the frame.
    worker : numpy.ndarray of str
        Who made it, for each frame.
    arrival : numpy.ndarray of float
        When it arrived, for each frame: seconds since the first frame was handed out.
        ``arrival.argsort()`` are the numbers of the frames in the order of arrival.
    seconds : float
        From the first frame handed out to the last result in its place.
    """

    spectra: np.ndarray
    worker: np.ndarray
    arrival: np.ndarray
    seconds: float

    def __repr__(self):
        names, counts = np.unique(self.worker, return_counts=True)
        shares = ", ".join(f"{name}: {n}" for name, n in zip(names, counts, strict=True))
        return f"<{len(self.spectra)} results in {self.seconds:.3f} s; {shares}>"


def gather(arrivals, count=None):
    """Put results into one array as they arrive; the clock runs meanwhile.

    Parameters
    ----------
    arrivals : iterable of (int, str, numpy.ndarray)
        Number of the frame, who worked on it, what came out: each number from 0 up once.
    count : int, optional
        How many there will be, where it is known: then the array is made only once.

    Returns
    -------
    Results

    Raises
    ------
    ValueError
        If there are none, one comes twice, or they are not all of the same shape and type.
    """
    start = perf_counter()
    spectra, notes = None, {}
    for number, worker, array in arrivals:
        if spectra is None:
            spectra = np.empty((count or 64, *array.shape), array.dtype)
        if (array.shape, array.dtype) != (spectra.shape[1:], spectra.dtype):
            raise ValueError(
                f"frame {number} gave {array.dtype} of shape {array.shape}, an earlier one "
                f"{spectra.dtype} of shape {spectra.shape[1:]}: they fit into no array together"
            )
        if number in notes:
            raise ValueError(f"frame {number} has two results, the second from {worker}")
        if number >= len(spectra):
            spectra = _longer(spectra, number + 1)
        spectra[number] = array
        notes[number] = worker, perf_counter() - start
    if spectra is None:
        raise ValueError("there was no frame, so there are no results")
    workers, times = zip(*(notes[number] for number in range(len(notes))), strict=True)
    seconds = perf_counter() - start
    return Results(spectra[: len(notes)], np.array(workers), np.array(times), seconds)


def _longer(array, length):
    """Return a copy with room for more, at least twice as much, so that this happens rarely."""
    longer = np.empty((max(length, 2 * len(array)), *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer
