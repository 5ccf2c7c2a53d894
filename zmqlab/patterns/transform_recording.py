"""The spectra of a recording, in a file beside it: the farm's work, from a terminal."""

import os
from pathlib import Path

import h5py

from zmqlab.analysis.spectra import spectrum
from zmqlab.patterns.farm import arrivals_of, show
from zmqlab.patterns.workers import FarmError
from zmqlab.processes import StartError
from zmqlab.recording import RecordingError, open_recording
from zmqlab.recording.recorder import FAILURES, reason


def spectra(
    path: Path,
    /,
    *,
    out: Path,
    engine: str = "zeromq",
    workers: int = 2,
    timeout: float = 60.0,
    keys: str | Path | None = None,
) -> None:
    """Calculate the spectrum of each frame of a recording.

    The file that is made holds ``spectra`` (n x height x (width // 2 + 1), complex64: see
    `zmqlab.spectrum`), and the frames' own ``sequence`` and ``time``. It appears when it is
    complete, and not before.

    Parameters
    ----------
    path
        The recording.
    out
        The file to make.
    engine
        zeromq, for workers on this computer; dask, for a cluster that is started here; or the
        address of a Dask scheduler, such as ``tcp://192.168.1.5:8786``.
    workers
        How many workers to start here.
    timeout
        Seconds that the next result may take.
    keys
        A folder of `zmqlab keys`, with which frames and spectra are encrypted on their way.

    Raises
    ------
    RecordingError
        If there is no such recording, if `out` is there already, or cannot be written.
    FarmError
        If workers are lost, or no scheduler answers.
    """
    if out.exists():
        raise RecordingError(f"{out}: there is such a file already; choose another name")
    part = out.with_name(f"{out.name}.part")
    try:
        with open_recording(path) as film, h5py.File(part, "w") as file:
            count = len(film["frames"])
            if not count:
                raise RecordingError(f"{path}: was ended before its first frame, and holds none")
            for name in ("sequence", "time"):
                file[name] = film[name][:count]
            _, height, width, *_ = film["frames"].shape
            shape = height, width // 2 + 1
            found = file.create_dataset("spectra", (count, *shape), "complex64", chunks=(1, *shape))
            farm = arrivals_of(path, workers, spectrum, engine, None, False, timeout, keys)
            with farm as (arrivals, _):
                for number, _, array in show(arrivals, count):
                    found[number] = array
                    file.flush()  # what finds no room is to be said here
        os.replace(part, out)
    except (RecordingError, FarmError, StartError, TimeoutError):  # not of the file
        raise
    except FAILURES as error:
        raise RecordingError(f"cannot write {out}: {reason(error)}. Choose another place") from None
    finally:
        part.unlink(missing_ok=True)
    print(f"{out}: {count} spectra of {path}")
