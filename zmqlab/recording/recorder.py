"""Frames into an HDF5 file, and back.

A recording is a film of its own: what is in the file, and why it is laid out like that, is told in
`zmqlab.recording.film`. There is one writer, the `Recorder`; any number of other processes may read what is
there so far (HDF5 calls it SWMR, single writer, multiple readers).
"""

import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from time import time as now

import h5py
import numpy as np

from zmqlab.recording import film


class RecordingError(RuntimeError):
    """A frame or a file that cannot be recorded or read; says which, why, and what to do."""


class Recorder:
    """Write frames to a new HDF5 file, one by one.

    Parameters
    ----------
    path : str or Path
        The file to make. It must not exist yet; its folder must.
    compression : {None, "lz4", "zstd"}
        Lossless compression (bitshuffle followed by the one named). Slower, and needs the package
        hdf5plugin for writing and for reading.

    Attributes
    ----------
    count : int
        Frames recorded so far.
    bytes : int
        Size of their pixels, before compression.

    Raises
    ------
    RecordingError
        The file exists already, or cannot be made.

    Notes
    -----
    When `add` returns, the frame is in the file: other processes see it, and it stays there even
    if this process is killed the next moment. (Should the computer lose power, what the operating
    system had not yet brought to the disk is gone.) Record on a local disk: on network file
    systems HDF5 does not promise that others can read while one writes.

    A recorder belongs to one thread. Closed without a single frame, it leaves no file.

    Examples
    --------
    >>> with Recorder("film.h5") as recorder:
    ...     for frame in frames:
    ...         recorder.add(frame)
    """

    def __init__(self, path, compression=None):
        self.path = Path(path)
        self.count = 0
        self.bytes = 0
        self._filter = _filter(compression)
        self._file = _create(self.path)
        self._datasets = self._kind = None
        self._sequence_chunk = np.zeros(film.NUMBERS_PER_CHUNK, np.int64)
        self._time_chunk = np.zeros(film.NUMBERS_PER_CHUNK, np.float64)

    def add(self, frame, sequence=None, time=None):
        """Record one frame.

        Parameters
        ----------
        frame : array of numbers, height x width or height x width x colours
            The first one decides on the shape and dtype of all.
        sequence : int, optional
            The number it was sent with; without one, frames are counted from 0.
        time : float, optional
            When it was captured, in seconds since 1970; without one, now.

        Raises
        ------
        RecordingError
            The frame is of another shape or dtype than those before it, or the disk is full.
            It is not recorded and all before it are kept. The recorder goes on with the next
            frame; only if HDF5 could not clean up on the full disk is the recording closed.
        """
        if not self._file:
            raise RecordingError(f"{self.path}: this recording is closed; start another Recorder")
        frame = np.asarray(frame)
        _check(frame, self._kind)
        row = self.count % film.NUMBERS_PER_CHUNK
        self._sequence_chunk[row] = self.count if sequence is None else sequence
        self._time_chunk[row] = now() if time is None else time
        try:
            if self._datasets is None:
                self._datasets = film.lay_out(self._file, frame, self._filter)
                self._kind = (frame.shape, frame.dtype)
                self._superblock = self.path.read_bytes()[: film.SUPERBLOCK]
            frames, sequences, times = self._datasets
            film.append(sequences, self.count, self._sequence_chunk)
            film.append(times, self.count, self._time_chunk)
            append_frame = film.append_compressed if self._filter else film.append
            append_frame(frames, self.count, np.ascontiguousarray(frame)[np.newaxis])
            self.count += 1
        except (OSError, RuntimeError) as error:
            self._take_back()
            raise RecordingError(
                f"{self.path}: frame {self._sequence_chunk[row]} could not be written "
                f"({_reason(error)}). The {self.count} frames before it are kept; make room, or "
                "record to another disk"
            ) from error
        except BaseException:  # Ctrl-C, most likely
            self._take_back()
            raise
        self.bytes += frame.nbytes

    def close(self):
        """End the recording. Safe to call twice.

        Raises
        ------
        RecordingError
            The file could not be closed properly; what was recorded can be read all the same.
        """
        if not self._file:
            return
        file, self._file = self._file, None
        try:
            file.close()
        except (OSError, RuntimeError) as error:
            if self.count:
                self._mark_as_growing()
                raise RecordingError(
                    f"{self.path}: could not be closed properly ({_reason(error)}). open_recording "
                    f"reads its {self.count} frames all the same; other programs may not"
                ) from error
        if not self.count:
            with suppress(OSError):
                self.path.unlink()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        try:
            self.close()
        except RecordingError:
            if error is None:  # else what stopped the recording is what matters
                raise

    def _mark_as_growing(self):
        """Put the mark of a growing file back, without which HDF5 1.14 cannot open this one."""
        with suppress(OSError), self.path.open("r+b") as file:
            file.write(self._superblock)

    def _take_back(self):
        """Undo a frame that was only partly written; close what cannot go on after that."""
        broken = self._datasets is None  # not even the empty datasets could be made
        for dataset in self._datasets or ():
            try:
                dataset.resize(self.count, axis=0)
                dataset.flush()
            except (OSError, RuntimeError):
                broken = True
        if broken:
            with suppress(RecordingError):
                self.close()


@contextmanager
def open_recording(path):
    """Open a recording for reading, finished or not.

    It opens just as well while another process is still recording, and after that process was
    killed. It then holds the frames that were complete on opening; open it again to see more.

    Parameters
    ----------
    path : str or Path

    Yields
    ------
    data : h5py.Group
        ``data["frames"]``, ``data["sequence"]`` and ``data["time"]`` are plain h5py datasets:
        slices of them are read from the file as they are asked for. If the recording was not
        closed, the last two may have one number more than there are frames.

    Raises
    ------
    RecordingError
        There is no such file, or no frame in it.

    Notes
    -----
    h5py also has ``dataset.refresh()``. Beware: if the process has a second handle to the same
    dataset open, HDF5 (1.14.4 and 2.0.0, at least) then reads the first frame for every other.

    Examples
    --------
    >>> with open_recording("film.h5") as data:
    ...     frame = data["frames"][7]
    ...     history_of_a_pixel = data["frames"][:, 240, 320]
    ...     a_second = data["frames"][stretch(data, start, start + 1)]
    """
    path = Path(path)
    try:
        # Without the cache of chunks HDF5 reads the bytes asked for and no others: a pixel's
        # history is then three bytes a frame instead of the whole film.
        # And like the recorder it takes no lock: HDF5 asks for the same from both in one process.
        file = h5py.File(path, "r", swmr=True, rdcc_nbytes=0, locking=False)
    except FileNotFoundError:
        raise RecordingError(f"{path}: there is no such file") from None
    except OSError as error:
        raise RecordingError(
            f"{path}: cannot be opened ({_reason(error)}). If it is just being made, try again "
            "once it holds its first frame; otherwise it is no recording"
        ) from error
    with file:
        if "entry/data/frames" not in file:
            raise RecordingError(f"{path}: holds no frames (there is no entry/data/frames in it)")
        data = file["entry/data"]
        # How long each is gets fixed by opening it, so frames, which grows last, comes first.
        opened = [data[name] for name in ("frames", "sequence", "time")]
        _load_filters(opened[0])
        yield data


def stretch(data, start, stop):
    """The frames captured from `start` up to, not including, `stop`.

    Parameters
    ----------
    data : h5py.Group
        From `open_recording`.
    start, stop : float
        Seconds since 1970.

    Returns
    -------
    slice
        For ``data["frames"][...]``, as for ``data["sequence"]`` and ``data["time"]``.
    """
    times = data["time"][: len(data["frames"])]
    return slice(*np.searchsorted(times, (start, stop)).tolist())


def _create(path):
    try:
        return film.make(path)
    except OSError as error:
        if path.exists():
            why = "exists already and is not written over; delete it or choose another name"
        elif not path.parent.is_dir():
            why = f"there is no folder {path.parent}; make it first"
        else:
            why = f"cannot be made ({_reason(error)})"
        raise RecordingError(f"{path}: {why}") from error


def _check(frame, expected):
    """Refuse what is no frame, or not of the `expected` shape and dtype."""
    if frame.dtype.kind not in "buifc" or frame.ndim not in (2, 3) or frame.size == 0:
        raise RecordingError(
            "a frame holds height x width or height x width x colours numbers; this is "
            f"{_describe(frame.shape, frame.dtype)}"
        )
    if expected not in (None, (frame.shape, frame.dtype)):
        raise RecordingError(
            f"this frame is {_describe(frame.shape, frame.dtype)}, those recorded before it are "
            f"{_describe(*expected)}; start another Recorder for another kind of frames"
        )


def _describe(shape, dtype):
    return f"{' x '.join(map(str, shape)) or 'a single'} {dtype}"


def _filter(compression):
    """Arguments of `create_dataset` for this compression."""
    if compression is None:
        return {}
    if compression not in ("lz4", "zstd"):
        raise RecordingError(f'compression is None, "lz4" or "zstd", not {compression!r}')
    return dict(_hdf5plugin().Bitshuffle(cname=compression))


def _load_filters(frames):
    """Load hdf5plugin if these frames cannot be decompressed without it."""
    filters = frames.id.get_create_plist()
    codes = [filters.get_filter(i)[0] for i in range(filters.get_nfilters())]
    if not all(h5py.h5z.filter_avail(code) for code in codes):
        _hdf5plugin()


def _hdf5plugin():
    try:
        import hdf5plugin
    except ImportError as error:
        raise ImportError(
            'compressed recordings need the package hdf5plugin: pip install "zmqlab[compression]"'
        ) from error
    return hdf5plugin


def _reason(error):
    """What went wrong, out of HDF5's long messages."""
    system = re.search(r"error message = '([^']*)'", str(error))
    if system:
        return system[1]
    return os.strerror(error.errno) if getattr(error, "errno", None) else str(error)
