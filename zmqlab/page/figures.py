"""Frames, spectra and timelines, drawn so that they can be seen on a light page and on a dark one.

Each function returns a `Picture`, which a notebook shows when it is the last line of a cell. Here,
and nowhere else, OpenCV's blue, green, red becomes the red, green, blue of matplotlib. pyplot is
not used: it keeps a current figure, and a callback that runs while a cell draws draws into that
one (https://github.com/jupyterlab/jupyterlab/issues/19719).
"""

import base64
import io
import math
from contextlib import contextmanager
from typing import Any

import numpy as np
from cycler import cycler
from matplotlib import rc_context
from matplotlib.figure import Figure

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

    def __init__(self, words, **options):
        super().__init__(**options)
        self.words = words

    def __repr__(self):
        return f"<picture: {self.words}>"

    __str__ = __repr__

    def _repr_mimebundle_(self, **kwargs):
        # Without this a notebook shows a figure only once pyplot has been imported.
        png = base64.b64encode(self.png()).decode()
        return {"image/png": png, "text/plain": repr(self)}, {"image/png": {"alt": self.words}}

    def png(self):
        """Return the picture as a PNG file (bytes); `savefig` writes other formats."""
        file = io.BytesIO()
        self.savefig(file, format="png", bbox_inches="tight", pad_inches=0.05)
        return file.getvalue()


@contextmanager
def drawing(words, width=6.4, height=3.2, columns=1):
    """Draw something of your own in the course's style, and show it.

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
        One for each column::

            with drawing("frames per second against exposure time") as axes:
                axes.plot(exposures, rates, "o-", label="measured")
                axes.set(xlabel="exposure (s)", ylabel="frames per second")
                axes.legend()
    """
    from IPython.display import display

    with rc_context(STYLE):
        picture = Picture(words, figsize=(width, height))
        yield picture.subplots(ncols=columns)
        display(picture)


@rc_context(STYLE)
def show_frame(*frames, titles=None, spectrum=False):
    """Show frames side by side.

    Parameters
    ----------
    *frames : numpy.ndarray
        Height x width x 3 in BGR, or height x width in grey; uint8, or floating point from 0 to 1.
    titles : str or list of str, optional
        One for each frame.
    spectrum : bool
        Show each frame's spectrum too: to the right of one frame, below several.

    Returns
    -------
    Picture

    Raises
    ------
    TypeError, ValueError
        For what is no frame; says what it is instead.
    """
    titles = _titles(frames, titles)
    shapes = [_checked(frame).shape for frame in frames]
    words = "; ".join(_words("frame", *each) for each in zip(shapes, titles, strict=True))
    ratio = max(height / width for height, width, *_ in shapes)
    if not spectrum:
        picture, places = _grid(words, len(frames), ratio)
    elif len(frames) == 1:
        picture, places = _grid(f"{words}, with its spectrum", 2, max(ratio, SPECTRUM_RATIO))
    else:
        picture, places = _grid(f"{words}, with their spectra", len(frames), ratio, SPECTRUM_RATIO)
    for frame, title, axes in zip(frames, titles, places, strict=False):
        _draw_frame(axes, frame, title)
    for frame, axes in zip(frames, places[len(frames) :], strict=spectrum):
        _draw_spectrum(axes, frame, "spectrum")
    return picture


@rc_context(STYLE)
def show_spectrum(*frames, titles=None):
    """Show the spectra of frames side by side; `show_frame` can show the frames beside them.

    Colour is the logarithm of the magnitude, to base 10. The zero frequency is in the middle, and
    the axes point as those of the frame do, so that a peak lies in the direction, seen from the
    middle, in which its stripes follow each other.

    Parameters and errors are those of `show_frame`.

    Returns
    -------
    Picture
    """
    titles = _titles(frames, titles)
    shapes = [_checked(frame).shape for frame in frames]
    words = (_words("spectrum of a frame", *each) for each in zip(shapes, titles, strict=True))
    picture, places = _grid("; ".join(words), len(frames), SPECTRUM_RATIO)
    for frame, title, axes in zip(frames, titles, places, strict=True):
        _draw_spectrum(axes, frame, title)
    return picture


@rc_context(STYLE)
def show_timeline(rows, title=""):
    """Show what happened when: a row of bars for each of those who took part.

    Parameters
    ----------
    rows : list of (str, list of (float, float, str))
        For each row its label and its bars: start and end in seconds, on any one clock, and the
        kind. A bar hides what it covers of earlier ones of its row. The kind that comes first is
        drawn in grey, as a background; the others in the course's colours::

            [("Ann", [(0.0, 1.2, "waited"), (0.1, 1.1, "was served")]),
             ("Bob", [(0.0, 2.2, "waited"), (1.1, 2.1, "was served")])]
    title : str

    Returns
    -------
    Picture
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
    looks = [{"color": GREY, "alpha": 0.5, "height": 0.8}]
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


def _checked(frame):
    """Return the frame if it is one that can be shown."""
    if not isinstance(frame, np.ndarray):
        raise TypeError(
            f"a frame is a numpy array, not {type(frame).__name__}: {str(frame)[:60]}"
            + (". A camera that is busy or gone gives None" if frame is None else "")
        )
    if 0 in frame.shape or not (frame.ndim == 2 or (frame.ndim == 3 and frame.shape[2] == 3)):
        raise ValueError(
            f"a frame of shape {frame.shape} cannot be shown; "
            "give height x width x 3 (BGR) or height x width (grey)"
        )
    if np.issubdtype(frame.dtype, np.floating):
        low, high = frame.min(), frame.max()
        if not (low >= 0 and high <= 1):  # neither holds for nan
            raise ValueError(
                f"a frame of floating point goes from 0, black, to 1, white; this one goes from "
                f"{low:g} to {high:g}. Scale it, for example frame / 255"
            )
    elif frame.dtype != np.uint8:
        raise TypeError(
            f"a frame of {frame.dtype} cannot be shown: which value would be white? Give uint8 "
            "(0 to 255) or floating point (0 to 1), for example frame / frame.max()"
        )
    return frame


def _titles(frames, titles):
    """Return one title for each frame."""
    if not frames:
        raise ValueError("no frame was given: show_frame(frame) or show_frame(one, another)")
    titles = [titles] if isinstance(titles, str) else titles
    titles = [""] * len(frames) if titles is None else list(titles)
    if len(titles) != len(frames):
        raise ValueError(f"{len(titles)} titles for {len(frames)} frames: give one for each")
    return titles


def _words(what, shape, title):
    return f"{title + ': ' if title else ''}{what}, {shape[1]} x {shape[0]} pixels"


def _grid(words, columns, *ratios):
    """Return a picture and its axes, row by row: in each row so many times as high as wide."""
    width = min(WIDEST, WIDTH / columns)
    size = (width * columns, width * sum(ratios) + 0.2 * len(ratios))
    picture = Picture(words, figsize=size, layout="compressed")
    picture.get_layout_engine().set(wspace=0.05, hspace=0.05)
    axes = picture.subplots(len(ratios), columns, height_ratios=ratios, squeeze=False)
    return picture, list(axes.ravel())


def _draw_frame(axes, frame, title):
    pixels = frame[..., ::-1] if frame.ndim == 3 else frame  # BGR to RGB
    axes.imshow(pixels, cmap="gray", vmin=0, vmax=255 if frame.dtype == np.uint8 else 1)
    axes.set(xlabel="x (pixels)", ylabel="y (pixels)")
    axes.set_title(title)


def _draw_spectrum(axes, frame, title):
    import cv2

    from zmqlab.analysis.spectra import frequencies, log_spectrum, spectrum

    levels = frame if frame.dtype == np.uint8 else 255 * frame
    magnitude = log_spectrum(spectrum(levels), frame.shape[1])
    fx, fy = frequencies(frame.shape)
    half_x, half_y = 0.5 / len(fx), 0.5 / len(fy)  # of a bin: the axes are those of the middles
    # A peak is one bin wide and would be lost on the way to fewer pixels: each bin is drawn as high
    # as its highest neighbour.
    near = 1 + 2 * math.ceil(max(frame.shape) / 500)
    image = axes.imshow(
        cv2.dilate(magnitude, np.ones((near, near))),
        cmap="magma",
        interpolation="nearest",  # versions of matplotlib differ in how they average
        vmin=np.median(magnitude),  # of the noise, in most frames
        extent=(fx[0] - half_x, fx[-1] + half_x, fy[-1] + half_y, fy[0] - half_y),
    )
    axes.set(xlabel="fx (cycles per pixel)", ylabel="fy (cycles per pixel)")
    axes.set_title(title)
    bar = axes.figure.colorbar(image, ax=axes, fraction=0.05, extend="min")
    bar.set_label("log₁₀(1 + |F|), F in grey levels")
    bar.outline.set_edgecolor(GREY)
