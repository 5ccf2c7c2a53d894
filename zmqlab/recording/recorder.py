"""Frames into an HDF5 file, and back.

What is in the file, and why it is laid out like that, stands in `zmqlab.recording.film`. There is
one writer, the `Recorder`; any number of other processes may read what is there so far (HDF5 calls
it SWMR, single writer, multiple readers).
"""

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from time import time as now
from typing import Any, Literal

import h5py
import numpy as np

from . import film

# What HDF5's functions raise if there is no room, or if a file is not what it should be.
FAILURES = (OSError, RuntimeError)


class RecordingError(RuntimeError):
    """A frame cannot be recorded, or a file not read; the text says why and what to do."""


class Recorder(AbstractContextManager["Recorder"]):
    """Write frames to a new HDF5 file, one by one.

    When `add` returns, the frame is in the file: other processes see it, and it stays there even
    if this process is killed the next moment. (If the computer loses power, what the operating
    system had not yet brought to the disk is gone.) Record on a local disk: on network file
    systems HDF5 does not promise that others can read while one writes.

    A recorder belongs to one thread. Closed without a single frame, it leaves no file::

        with Recorder("film.h5") as recorder:
            for frame in frames:
                recorder.add(frame)

    Parameters
    ----------
    path
        The file to make. It must not exist yet; its folder must.
    compression
        Lossless compression (bitshuffle followed by the one named). Slower, and needs the package
        hdf5plugin for writing and for reading.

    Attributes
    ----------
    path : Path
        The file.
    count : int
        Frames recorded so far.

    Raises
    ------
    RecordingError
        If the file exists already, or cannot be made.
    """

    def __init__(self, path: str | Path, compression: Literal["lz4", "zstd"] | None = None) -> None:
        self.path = Path(path)
        self.count = 0
        self._compression = _compression(compression)
        self._file: Any = _create(self.path)
        self._datasets: Any = ()  # made like the first frame:
        self._kind: Any = None  # its shape and dtype
        self._sequence_chunk = np.zeros(film.NUMBERS_PER_CHUNK, np.int64)
        self._time_chunk = np.zeros(film.NUMBERS_PER_CHUNK, np.float64)

    def add(
        self, frame: np.ndarray, sequence: int | None = None, time: float | None = None
    ) -> None:
        """Record one frame.

        Parameters
        ----------
        frame
            Numbers, height x width or height x width x colours. The first one decides on the shape
            and dtype of all.
        sequence
            The number it was sent with; without one, frames are counted from 0.
        time
            When it was captured, in seconds since 1970; without one, now.

        Raises
        ------
        RecordingError
            If the frame is of another shape or dtype than those before it, or the disk is full.
            It is not recorded and all before it are kept. The recorder goes on with the next
            frame; only if HDF5 could not clean up on the full disk is the recording closed.
        """
        if not self._file:
            raise RecordingError(f"{self.path}: this recording is closed; start another Recorder")
        frame = np.asarray(frame)
        self._check(frame)
        row = self.count % film.NUMBERS_PER_CHUNK
        self._sequence_chunk[row] = self.count if sequence is None else sequence
        self._time_chunk[row] = now() if time is None else time
        try:
            self._write(frame)
        except BaseException as error:
            self._take_back()
            if not isinstance(error, FAILURES):  # Ctrl-C, most likely
                raise
            raise RecordingError(
                f"{self.path}: frame {self._sequence_chunk[row]} could not be written "
                f"({reason(error)}). The {self.count} frames before it are kept; make room, or "
                "record to another disk"
            ) from error

    def close(self) -> None:
        """End the recording. Safe to call twice.

        Raises
        ------
        RecordingError
            If the file could not be closed properly; it can be read all the same.
        """
        if not self._file:
            return
        file, self._file = self._file, None
        try:
            file.close()
        except FAILURES as error:
            if self.count:
                # Without the mark of a growing file HDF5 1.14 could not open this one.
                with suppress(OSError), self.path.open("r+b") as half_closed:
                    half_closed.write(self._growing)
                raise RecordingError(
                    f"{self.path}: could not be closed properly ({reason(error)}). open_recording "
                    f"reads its {self.count} frames all the same; other programs may not"
                ) from error
        if not self.count:
            with suppress(OSError):
                self.path.unlink()

    def __exit__(self, kind, error, traceback) -> None:
        try:
            self.close()
        except RecordingError:
            if error is None:  # else what stopped the recording is what matters
                raise

    def _check(self, frame):
        kind = frame.shape, frame.dtype
        if frame.dtype.kind not in "buifc" or frame.ndim not in (2, 3) or frame.size == 0:
            raise RecordingError(
                f"{self.path}: this is {_describe(*kind)}; a frame holds numbers, height x width "
                "or height x width x colours"
            )
        if self._kind not in (None, kind):
            raise RecordingError(
                f"{self.path}: this frame is {_describe(*kind)}, the {self.count} recorded before "
                f"it are {_describe(*self._kind)}; start another Recorder for another kind"
            )

    def _write(self, frame):
        if not self._datasets:
            self._datasets = film.lay_out(self._file, frame, self._compression)
            self._kind = (frame.shape, frame.dtype)
            self._growing = self.path.read_bytes()[: film.SUPERBLOCK]
        frames, sequences, times = self._datasets
        film.append(sequences, self.count, self._sequence_chunk)
        film.append(times, self.count, self._time_chunk)
        append_frame = film.append_compressed if self._compression else film.append
        append_frame(frames, self.count, np.ascontiguousarray(frame)[np.newaxis])
        self.count += 1

    def _take_back(self):
        """Undo a frame that was only partly written; close what cannot go on after that."""
        broken = not self._datasets  # not even the empty ones could be made
        for dataset in self._datasets:
            try:
                dataset.resize(self.count, axis=0)
                dataset.flush()
            except FAILURES:
                broken = True
        if broken:
            with suppress(RecordingError):
                self.close()


@contextmanager
def open_recording(path: str | Path) -> Iterator[h5py.Group]:
    """Open a recording for reading, finished or not.

    It opens just as well while another process is still recording, and after that process was
    killed. It then holds the frames that were complete on opening; open it again to see more::

        with open_recording("film.h5") as data:
            frame = data["frames"][7]
            history_of_a_pixel = data["frames"][:, 240, 320]
            a_second = data["frames"][stretch(data, start, start + 1)]

    Yields
    ------
    data : h5py.Group
        ``data["frames"]``, ``data["sequence"]`` and ``data["time"]`` are plain h5py datasets:
        slices of them are read from the file as they are asked for. If the recording was not
        closed, the last two may have one number more than there are frames.

    Raises
    ------
    RecordingError
        If there is no such file, or it is no recording.

    Notes
    -----
    h5py also has ``dataset.refresh()``. Beware: if the process has a second handle to the same
    dataset open, HDF5 (1.14.4 and 2.0.0, at least) then reads the first frame for every other.
    """
    path = Path(path)
    try:
        # Without a cache of chunks HDF5 reads the bytes asked for and no others: a pixel's history
        # is three bytes a frame instead of the whole film. It takes no lock, like the recorder:
        # within one process HDF5 demands the same of both.
        file = h5py.File(path, "r", swmr=True, rdcc_nbytes=0, locking=False)
    except FileNotFoundError:
        raise RecordingError(f"{path}: there is no such file") from None
    except OSError as error:
        raise RecordingError(
            f"{path}: cannot be opened ({reason(error)}). If it is just being made, try again "
            "once it holds its first frame; otherwise it is no recording"
        ) from error
    with file:
        # Opening a dataset fixes its length, so frames, which grows last, is opened first.
        names = [f"entry/data/{name}" for name in ("frames", "sequence", "time")]
        opened = [file[name] for name in names if name in file]
        if len(opened) < len(names):
            raise RecordingError(
                f"{path}: holds no frames as the recorder writes them ({', '.join(names)})"
            )
        filters = opened[0].id.get_create_plist()
        codes = [filters.get_filter(i)[0] for i in range(filters.get_nfilters())]
        if not all(map(h5py.h5z.filter_avail, codes)):
            _hdf5plugin()
        yield file["entry/data"]


def stretch(data: h5py.Group, start: float, stop: float) -> slice:
    """Find the frames captured from `start` up to, not including, `stop`.

    Parameters
    ----------
    data
        From `open_recording`.
    start, stop
        Seconds since 1970.

    Returns
    -------
    slice
        For ``data["frames"][...]``, as for ``data["sequence"]`` and ``data["time"]``.

    Raises
    ------
    RecordingError
        If there are others among these frames, because the clock was set back meanwhile.
    """
    times = data["time"][: len(data["frames"])]
    rows = np.flatnonzero((start <= times) & (times < stop))
    if not len(rows):
        return slice(0, 0)
    first, end = int(rows[0]), int(rows[-1]) + 1
    if end - first > len(rows):
        inside = times[first:end]
        back = first + 1 + int(np.flatnonzero(~(inside[1:] >= inside[:-1]))[0])
        raise RecordingError(
            f"the clock was set back before frames[{back}], from {times[back - 1]} to "
            f"{times[back]}: the {len(rows)} frames from {start} to {stop} are not one stretch, "
            f"but lie scattered in frames[{first}:{end}]. Take those, or choose by their number"
        )
    return slice(first, end)


def _create(path):
    there = path.exists()  # a full disk leaves a file without a byte
    try:
        return film.make(path)
    except OSError as error:
        if there:
            why = "exists already and is not written over; delete it or choose another name"
        elif not path.parent.is_dir():
            why = f"there is no folder {path.parent}; make it first"
        else:
            why = f"cannot be made ({reason(error)})"
            if not isinstance(error, FileExistsError):  # that one is somebody else's, made just now
                with suppress(OSError):
                    path.unlink()
        raise RecordingError(f"{path}: {why}") from error


def _describe(shape, dtype):
    return f"{' x '.join(map(str, shape)) or 'a single'} {dtype}"


def _compression(name):
    """Return what h5py's `create_dataset` is to be told of the compression of that name."""
    if name not in (None, "lz4", "zstd"):
        raise ValueError(f'compression is None, "lz4" or "zstd", not {name!r}')
    return dict(_hdf5plugin().Bitshuffle(cname=name)) if name else {}


def _hdf5plugin():
    try:
        import hdf5plugin  # its filters are HDF5's from here on
    except ImportError as error:
        raise ImportError(
            'compressed recordings need the package hdf5plugin: pip install "zmqlab[compression]"'
        ) from error
    return hdf5plugin


def reason(error: BaseException) -> str:
    """Return what went wrong, out of HDF5's long messages."""
    system = re.search(r"error message = '([^']*)'", str(error))
    if system:
        return system[1]
    code = getattr(error, "errno", None)
    return os.strerror(code) if code else str(error)
