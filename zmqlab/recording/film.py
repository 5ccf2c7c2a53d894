"""A film in an HDF5 file: how it is laid out, and how a frame is added.

What a recording looks like inside::

    film.h5
    └── entry
        ├── data
        │   ├── frames     n x height x width x 3, uint8, BGR: exactly as they were handed over
        │   ├── sequence   n integers: the number each frame was sent with
        │   └── time       n numbers: when it was captured, in seconds since 1970 (UTC)
        └── film
            ├── rgb        the same pixels seen in RGB order; takes no room of its own
            └── time       the same times

Time is the first axis and each frame is one chunk of the file: adding a frame writes that frame
and moves nothing else. `frames` grows last: whatever it holds is complete, and has its number and
its time.

The attributes are those of NeXus (https://manual.nexusformat.org/classes/base_classes/NXdata.html),
by which a viewer such as h5web finds the film and its axis. NeXus knows RGB pictures and no BGR
ones. Hence `film`: a viewer shows true colours, and a program gets back what was recorded.
"""

from pathlib import Path

import h5py
import numpy as np
from h5py.h5s import UNLIMITED

# The file format of HDF5 1.10 (2016), the first that can be read while it grows. A later one
# would lock older programs out and gain nothing here.
FORMAT = ("v110", "v110")

# Frames begin on whole pages of the operating system, which copies them a little faster.
PAGE = 4096

# For each frame the whole chunk of numbers, one kilobyte, is written again: that is faster than
# having HDF5 pick out the eight bytes which are new.
NUMBERS_PER_CHUNK = 128

# The bytes with which a file of this format begins; they say whether it is being written.
SUPERBLOCK = 48


def make(path: Path) -> h5py.File:
    """Make the file, which must not exist yet, and return it open."""
    # Without locks: a program that looks into the file while it is made would hold one for a
    # moment, and stop the recording by it. A mark in the file says that it is being written.
    pages = {"alignment_threshold": PAGE, "alignment_interval": PAGE}
    return h5py.File(path, "x", libver=FORMAT, locking=False, **pages)


def lay_out(file: h5py.File, frame: np.ndarray, compression: dict) -> tuple[h5py.Dataset, ...]:
    """Make the datasets for frames like this one, let readers in, and return the datasets.

    They are frames, sequence and time, all empty; `compression` is for h5py's `create_dataset`.
    """
    colour = frame.shape[2:] == (3,)
    file.attrs.update({"NX_class": "NXroot", "default": "entry"})
    entry = file.create_group("entry")
    entry.attrs.update({"NX_class": "NXentry", "default": "film" if colour else "data"})
    data = entry.create_group("data")
    axes = ["time"] + ["."] * frame.ndim  # "." is an axis without a scale
    data.attrs.update({"NX_class": "NXdata", "signal": "frames", "axes": axes})

    frames = _growing(data, "frames", frame.dtype, 1, frame.shape, **compression)
    sequence = _growing(data, "sequence", np.int64, NUMBERS_PER_CHUNK)
    time = _growing(data, "time", np.float64, NUMBERS_PER_CHUNK)
    time.attrs.update({"units": "s", "start": "1970-01-01T00:00:00Z"})
    frames.attrs["interpretation"] = "rgb-image" if colour else "image"
    if colour:
        frames.attrs["long_name"] = "frames (BGR)"
        _lay_out_film(entry, frames, axes)
    file.swmr_mode = True  # from here on frames can be added, and nothing else
    return frames, sequence, time


def _lay_out_film(entry, frames, axes):
    """Show BGR frames as RGB: a virtual dataset, which takes its channels from `frames`."""
    size = {"shape": (1, *frames.shape[1:]), "maxshape": frames.maxshape}
    layout = h5py.VirtualLayout(dtype=frames.dtype, **size)
    bgr = h5py.VirtualSource(".", frames.name, **size)  # "." is this very file
    for channel in range(3):
        layout[:UNLIMITED, ..., channel] = bgr[:UNLIMITED, ..., 2 - channel]
    film = entry.create_group("film")
    film.attrs.update({"NX_class": "NXdata", "signal": "rgb", "axes": axes})
    film.create_virtual_dataset("rgb", layout).attrs["interpretation"] = "rgb-image"
    film["time"] = entry["data/time"]


def _growing(group, name, dtype, chunk, shape=(), **compression):
    """Make an empty dataset whose first axis grows without end."""
    sizes = {"shape": (0, *shape), "maxshape": (None, *shape), "chunks": (chunk, *shape)}
    return group.create_dataset(name, dtype=dtype, **sizes, **compression)


def append(dataset: h5py.Dataset, index: int, chunk: np.ndarray) -> None:
    """Write the chunk that holds row `index` straight to the file, then let readers see the row."""
    rows, *row_shape = chunk.shape
    storage = dataset.id
    storage.set_extent((index + 1, *row_shape))
    storage.write_direct_chunk((index - index % rows, *[0] * len(row_shape)), chunk)
    storage.flush()


def append_compressed(dataset: h5py.Dataset, index: int, chunk: np.ndarray) -> None:
    """Do the same through HDF5's filters, for chunks of one row."""
    dataset.resize(index + 1, axis=0)
    dataset[index] = chunk[0]
    dataset.flush()
