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

import h5py
import numpy as np
from h5py import h5d, h5p, h5s

# The file format of HDF5 1.10 (2016), the first that can be read while it grows. A later one
# would lock older programs out and gain nothing here.
FORMAT = ("v110", "v110")

# Frames begin on whole pages of the operating system, which copies them a little faster.
PAGE = 4096

# For each frame the whole chunk of numbers, one kilobyte, is written again: that is faster than
# to have HDF5 pick out the eight bytes which are new.
NUMBERS_PER_CHUNK = 128

# The bytes with which a file of this format begins; they say whether it is being written.
SUPERBLOCK = 48


def make(path):
    """Make the file, which must not exist yet, and return it open: an `h5py.File`."""
    # Without locks: whoever looks into the file while it is made would hold one for a moment,
    # and with it stop the recording. What is being written is marked in the file anyway.
    return h5py.File(
        path,
        "x",
        libver=FORMAT,
        locking=False,
        alignment_threshold=PAGE,
        alignment_interval=PAGE,
    )


def lay_out(file, frame, filter):
    """Make the datasets for frames like this one, all empty, and let readers in."""
    colour = frame.shape[2:] == (3,)
    file.attrs.update({"NX_class": "NXroot", "default": "entry"})
    entry = file.create_group("entry")
    entry.attrs.update({"NX_class": "NXentry", "default": "film" if colour else "data"})
    data = entry.create_group("data")
    axes = ["time"] + ["."] * frame.ndim  # "." is an axis without a scale
    data.attrs.update({"NX_class": "NXdata", "signal": "frames", "axes": axes})

    frames = _growing(data, "frames", frame.dtype, 1, frame.shape, **filter)
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
    height_width, endless = frames.shape[1:3], h5s.UNLIMITED
    one_channel, endlessly_many = (1, *height_width, 1), (endless, 1, 1, 1)
    layout = h5p.create(h5p.DATASET_CREATE)
    for channel in range(3):
        rgb = h5s.create_simple((1, *height_width, 3), (endless, *height_width, 3))
        bgr = rgb.copy()
        rgb.select_hyperslab((0, 0, 0, channel), endlessly_many, one_channel, one_channel)
        bgr.select_hyperslab((0, 0, 0, 2 - channel), endlessly_many, one_channel, one_channel)
        layout.set_virtual(rgb, b".", frames.name.encode(), bgr)  # "." is this very file
    film = entry.create_group("film")
    film.attrs.update({"NX_class": "NXdata", "signal": "rgb", "axes": axes})
    # h5py.VirtualLayout makes the same more slowly: the first frame would wait for it.
    h5d.create(film.id, b"rgb", frames.id.get_type(), rgb, layout)
    film["rgb"].attrs["interpretation"] = "rgb-image"
    film["time"] = entry["data/time"]


def _growing(group, name, dtype, chunk, shape=(), **filter):
    """Make an empty dataset whose first axis grows without end."""
    sizes = {"shape": (0, *shape), "maxshape": (None, *shape), "chunks": (chunk, *shape)}
    return group.create_dataset(name, dtype=dtype, **sizes, **filter)


def append(dataset, index, chunk):
    """Write the chunk that holds row `index` straight to the file, then let readers see the row."""
    rows, *row_shape = chunk.shape
    storage = dataset.id
    storage.set_extent((index + 1, *row_shape))
    storage.write_direct_chunk((index - index % rows, *[0] * len(row_shape)), chunk)
    storage.flush()


def append_compressed(dataset, index, chunk):
    """The same through HDF5's filters."""
    dataset.resize(index + 1, axis=0)
    dataset[index] = chunk[0]
    dataset.flush()
