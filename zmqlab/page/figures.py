"""Frames, spectra and timelines, drawn so that they can be seen on a light page and on a dark one.

Each function returns a `Picture`, which a notebook shows when it is the last line of a cell. Here,
and nowhere else, OpenCV's blue, green, red becomes the red, green, blue of matplotlib. pyplot is
not used: it keeps a current figure, and a callback that runs while a cell draws draws into that
one (https://github.com/jupyterlab/jupyterlab/issues/19719).
"""

import base64
import io
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from cycler import cycler
from matplotlib import rc_context
from matplotlib.figure import Figure

from zmqlab.page.pictures import drawable

# Blue, vermilion, green and purple of the palette by Okabe and Ito, which colour-blind readers
# can tell apart (https://jfly.uni-koeln.de/color/). The other four colours of that palette
# vanish on a white page or on a dark one.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
GREY = "#7A7A7A"  # as far from white as from the #111 of JupyterLab's dark theme: 4.3 to 1

# matplotlib's settings of every picture here: for drawings of your own, see `drawing`.
STYLE: Any = {
    "figure.facecolor": "none",  # the page's own colour
    "axes.facecolor": "none",
    "legend.frameon": False,
    "text.color": GREY,
    "axes.labelcolor": GREY,
    "axes.titlecolor": GREY,
    "axes.edgecolor": GREY,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "grid.color": GREY,
    "grid.alpha": 0.3,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": "medium",
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
}
WIDTH = 8.6  # inches of a row of pictures, at 100 dots each: about a cell of JupyterLab
SPECTRUM_RATIO = 0.8  # height to width of a spectrum with its colour bar
WIDEST = 4.8  # of one picture: noise cannot be compressed, so a larger one takes 300 kB and more


class Picture(Figure):
    """A matplotlib figure that shows itself in any notebook, and says in words what it shows.

    Parameters
    ----------
    words : str
        What is to be seen, for those who cannot see it: the text beside the picture in the
        notebook's file, and its alternative text in a page made from it.
    **options
        What `matplotlib.figure.Figure` takes.
    """

    def __init__(self, words: str, **options: Any) -> None:
        super().__init__(**options)
        self.words = words

    def __repr__(self) -> str:
        return f"<picture: {self.words}>"

    __str__ = __repr__

    def _repr_mimebundle_(self, **kwargs):
        # Without this a notebook shows a figure only once pyplot has been imported.
        png = base64.b64encode(self.png()).decode()
        return {"image/png": png, "text/plain": repr(self)}, {"image/png": {"alt": self.words}}

    def png(self) -> bytes:
        """Return the picture as a PNG file; `savefig` writes other formats."""
        file = io.BytesIO()
        self.savefig(file, format="png", bbox_inches="tight", pad_inches=0.05)
        return file.getvalue()


@contextmanager
def drawing(words: str, width: float = 6.4, height: float = 3.2, columns: int = 1) -> Iterator[Any]:
    """Draw something of your own in the course's style, and show it.

    ::

        with drawing("frames per second against exposure time") as axes:
            axes.plot(exposures, rates, "o-", label="measured")
            axes.set(xlabel="exposure (s)", ylabel="frames per second")
            axes.legend()

    Parameters
    ----------
    words : str
        What is to be seen, as in `Picture`.
    width, height : float
        Inches, of 100 pixels each.
    columns : int
        How many drawings side by side.

    Yields
    ------
    matplotlib.axes.Axes, or an array of them
        One for each column.
    """
    from IPython.display import display

    with rc_context(STYLE):
        picture = Picture(words, figsize=(width, height))
        yield picture.subplots(ncols=columns)
        display(picture)


@rc_context(STYLE)
def show_frame(*frames: np.ndarray, titles: str | Sequence[str] | None = None) -> Picture:
    """Show frames side by side.

    Parameters
    ----------
    *frames : numpy.ndarray
        Height x width x 3 in BGR, or height x width in grey; uint8, or floating point from 0 to 1.
    titles : str or sequence of str, optional
        One for each frame.

    Raises
    ------
    TypeError, ValueError
        If one is no frame; says what it is instead.
    """
    ratio = max(frame.shape[0] / frame.shape[1] for frame in _checked(frames))
    picture, places = _grid("frame", frames, titles, ratio)
    for frame, axes in zip(frames, places, strict=True):
        pixels = frame[..., ::-1] if frame.ndim == 3 else frame  # BGR to RGB
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255 if frame.dtype == np.uint8 else 1)
        axes.set(xlabel="x (pixels)", ylabel="y (pixels)")
    return picture


@rc_context(STYLE)
def show_spectrum(*frames: np.ndarray, titles: str | Sequence[str] | None = None) -> Picture:
    """Show the spectra of frames side by side, with parameters and errors as for `show_frame`.

    Colour is the logarithm of the magnitude, to base 10. The zero frequency is in the middle, and
    the axes point as those of the frame do, so that a peak lies in the direction, seen from the
    middle, in which its stripes follow each other.
    """
    import cv2

    from zmqlab.analysis.spectra import frequencies, log_spectrum, spectrum

    picture, places = _grid("spectrum of a frame", _checked(frames), titles, SPECTRUM_RATIO)
    for frame, axes in zip(frames, places, strict=True):
        levels = frame if frame.dtype == np.uint8 else 255 * frame
        magnitude = log_spectrum(spectrum(levels), frame.shape[1])
        fx, fy = frequencies(frame.shape)
        half_x, half_y = 0.5 / len(fx), 0.5 / len(fy)  # of a bin: the axes are those of the middles
        # A peak is one bin wide and would be lost on the way to fewer pixels: each bin is drawn as
        # high as its highest neighbour.
        near = 1 + 2 * math.ceil(max(frame.shape) / 500)
        image = axes.imshow(
            cv2.dilate(magnitude, np.ones((near, near))),
            cmap="magma",
            vmin=np.median(magnitude),  # of the noise, in most frames
            extent=(fx[0] - half_x, fx[-1] + half_x, fy[-1] + half_y, fy[0] - half_y),
        )
        axes.set(xlabel="fx (cycles per pixel)", ylabel="fy (cycles per pixel)")
        bar = picture.colorbar(image, ax=axes, fraction=0.05, extend="min")
        bar.set_label("log₁₀(1 + |F|), F in grey levels")
        bar.outline.set_edgecolor(GREY)
    return picture


@rc_context(STYLE)
def show_timeline(
    rows: Sequence[tuple[str, Sequence[tuple[float, float, str]]]], title: str = ""
) -> Picture:
    """Show what happened when: a row of bars for each of those who took part.

    Parameters
    ----------
    rows : sequence of (str, sequence of (float, float, str))
        For each row its label and its bars: start and end in seconds, on any one clock, and the
        kind. A bar hides what it covers of earlier ones of its row. The kind that comes first is
        drawn in grey, as a background; the others in the course's colours::

            [("Ann", [(0.0, 1.2, "waited"), (0.1, 1.1, "was served")]),
             ("Bob", [(0.0, 2.2, "waited"), (1.1, 2.1, "was served")])]
    title : str
    """
    bars = [bar for _, row in rows for bar in row]
    if not bars:
        raise ValueError("no bar to show: give rows = [(label, [(start, end, kind), ...]), ...]")
    for start, end, kind in bars:
        if not -np.inf < start <= end < np.inf:
            raise ValueError(
                f"bar {kind!r} from {start} to {end} s: it must not end before it starts"
            )
    zero, last = min(bar[0] for bar in bars), max(bar[1] for bar in bars)
    unit, scale = ("s", 1) if last - zero >= 1 else ("ms", 1000)
    # Kinds differ in height from the background too, for those who do not see the colours.
    looks: list[dict[str, Any]] = [{"color": GREY, "alpha": 0.5, "height": 0.8}]
    looks += [{"color": colour, "height": 0.5} for colour in COLOURS]
    kinds = {kind: looks[i % 5] for i, kind in enumerate(dict.fromkeys(bar[2] for bar in bars))}

    labels = [label for label, _ in rows]
    words = f"timeline of {', '.join(labels)}" + (f": {title}" if title else "")
    picture = Picture(words, figsize=(7, 1.1 + 0.3 * len(rows)))
    axes = picture.subplots()
    for y, (_, row) in enumerate(rows):
        for start, end, kind in row:
            axes.barh(y, scale * (end - start), left=scale * (start - zero), **kinds[kind])
    for kind, look in kinds.items():
        axes.barh(0, 0, label=kind, **look)
    axes.set_yticks(range(len(rows)), labels)
    axes.invert_yaxis()  # the first row on top
    axes.set(xlabel=f"time ({unit})", xlim=(0, None))
    axes.set_title(title, loc="left")
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    picture.legend(loc="outside upper right", ncols=len(kinds))
    return picture


def _checked(frames):
    """Return the frames, if there are any and each is one whose black and white are known."""
    if not frames:
        raise ValueError("no frame was given: show_frame(frame) or show_frame(one, another)")
    for frame in frames:
        _, assumed = drawable(frame)
        if assumed:
            raise ValueError(
                f"a frame of {frame.dtype} from {frame.min():g} to {frame.max():g}: which number "
                "would be white? Give uint8 (0 to 255) or floating point (0 to 1), for example "
                "frame / 255 or frame / frame.max()"
            )
    return frames


def _grid(what, frames, titles, ratio):
    """Return a picture and its axes, one for each frame, with its title, so high for its width."""
    titles = [titles] if isinstance(titles, str) else titles
    titles = [""] * len(frames) if titles is None else list(titles)
    if len(titles) != len(frames):
        raise ValueError(f"{len(titles)} titles for {len(frames)} frames: give one for each")
    words = "; ".join(
        f"{title + ': ' if title else ''}{what}, {frame.shape[1]} x {frame.shape[0]} pixels"
        for frame, title in zip(frames, titles, strict=True)
    )
    width = min(WIDEST, WIDTH / len(frames))
    size = (width * len(frames), width * ratio + 0.2)
    picture = Picture(words, figsize=size, layout="compressed")
    picture.get_layout_engine().set(wspace=0.05, hspace=0.05)
    axes = picture.subplots(1, len(frames), squeeze=False)[0]
    for each, title in zip(axes, titles, strict=True):
        each.set_title(title)
    return picture, axes
