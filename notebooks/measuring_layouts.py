"""What notebook 06 measures with, and draws: the same frames in files that differ in one thing."""

import statistics
import time

import h5py
from tqdm.auto import tqdm

from zmqlab import drawing


def arranged(shape, count, time_axis):
    """Return the shape of a film: so many frames of that shape, time on the first or last axis."""
    return (count, *shape) if time_axis == "first" else (*shape, count)


def where(number, time_axis):
    """Return the index of one frame in a film."""
    return number if time_axis == "first" else (..., number)


def write(path, frames, time_axis, chunk, dtype):
    """Write frames into a new file, one by one, as a recorder has to. `chunk` is of one frame."""
    shape = frames[0].shape
    with h5py.File(path, "w") as file:
        images = file.create_dataset(
            "images",
            arranged(shape, 0, time_axis),
            maxshape=arranged(shape, None, time_axis),
            chunks=arranged(chunk, 1, time_axis),
            dtype=dtype,
        )
        for number, frame in enumerate(frames):
            images.resize(arranged(shape, number + 1, time_axis))
            images[where(number, time_axis)] = frame
            file.flush()


def read(path, number, time_axis):
    """Read one frame out of a file."""
    with h5py.File(path) as file:
        return file["images"][where(number, time_axis)]


def measure(layouts, frames, path, rounds=3):
    """Write and read the frames in every layout, in rounds that take turns; return the medians.

    For each layout: milliseconds to write a frame, milliseconds to read one, MB of the file.
    """
    measured = {name: [] for name in layouts}
    for name, layout in tqdm([*layouts.items()] * rounds, desc="layouts"):
        begin = time.perf_counter()
        write(path, frames, *layout)
        written = time.perf_counter()
        read(path, len(frames) // 2, layout[0])
        done = time.perf_counter()
        write_one = 1000 * (written - begin) / len(frames)
        measured[name].append((write_one, 1000 * (done - written), path.stat().st_size / 1e6))
        path.unlink()
    return {name: [*map(statistics.median, zip(*each))] for name, each in measured.items()}


def draw_layouts(measured):
    """Draw a bar for each layout: time to write a frame, time to read one, size of the file."""
    words = "; ".join(
        f"{name}: {write:.1f} ms to write a frame, {read:.1f} ms to read one, {size:.0f} MB"
        for name, (write, read, size) in measured.items()
    )
    titles = ("write a frame (ms)", "read a frame (ms)", "the file (MB)")
    with drawing(words, 8, 2.6, columns=3) as columns:
        for column, (axes, title) in enumerate(zip(columns, titles)):
            values = [each[column] for each in measured.values()]
            bars = axes.barh(range(len(values)), values, color=f"C{column}")
            axes.bar_label(bars, [f"{value:.2g}" for value in values], padding=3)
            axes.set_yticks(*([range(len(values)), measured] if column == 0 else [[]]))
            axes.set_title(title)
            axes.set_xlim(0, 1.25 * max(values))
            axes.set_xticks([])
            axes.invert_yaxis()


def draw_chunks(shape, *chunks):
    """Draw one frame, its colours one behind the other, cut into chunks; a drawing for each way."""
    height, width, colours = shape
    words = "; ".join(f"a frame in {pieces(shape, chunk)} chunks of {chunk}" for chunk in chunks)
    with drawing(words, 7, 2.6, columns=len(chunks)) as columns:
        for axes, (high, wide, deep) in zip(columns, chunks):
            for colour in reversed(range(colours)):
                x, y = 70 * colour, 70 * colour
                for left in range(0, width, wide):
                    for top in range(0, height, high):
                        axes.add_patch(_box(x + left, y + top, wide, high, f"C{colour % 4}"))
            count = pieces(shape, (high, wide, deep))
            axes.set_title(f"{count} chunk{'s' * (count > 1)} of {high} × {wide} × {deep}")
            axes.set(xlim=(-10, width + 70 * colours), ylim=(-10, height + 70 * colours))
            axes.set_aspect("equal")
            axes.axis("off")


def pieces(shape, chunk):
    """Return how many chunks a frame of that shape is cut into."""
    count = 1
    for whole, part in zip(shape, chunk):
        count *= -(-whole // part)
    return count


def _box(x, y, width, height, colour):
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, facecolor=colour, edgecolor="white", lw=0.7)
