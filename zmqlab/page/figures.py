"""Frames and spectra, drawn so that they can be seen on a light page and on a dark one.

Each function returns a `Picture`, which a notebook shows when it is the last line of a cell. Here,
and nowhere else, OpenCV's blue, green, red becomes the red, green, blue of matplotlib. pyplot is
not used: it keeps a current figure, and a callback that runs while a cell draws draws into that
one (https://github.com/jupyterlab/jupyterlab/issues/19719).
"""

import io
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

import numpy as np
from cycler import cycler
from IPython.display import display
from matplotlib import rc_context, rcParams
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from zmqlab.analysis.frames import check_frame

# Blue, vermilion, green and purple of the palette by Okabe and Ito, which colour-blind readers
# can tell apart (https://jfly.uni-koeln.de/color/). The other four colours of that palette
# vanish on a white page or on a dark one.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
# All that is written has this colour, which a page replaces with that of its own text: no grey is
# far both from white and from the #111 of JupyterLab's dark theme.
GREY = "#767676"

Titles = str | Sequence[str] | None

# matplotlib's settings of every picture here: for drawings of your own, see `drawing`.
IN_GREY = ("text.", "axes.label", "axes.title", "axes.edge", "xtick.", "ytick.", "grid.")
STYLE: Any = {f"{what}color": GREY for what in IN_GREY} | {
    "figure.facecolor": "none",  # the page's own colour
    "axes.facecolor": "none",
    "legend.frameon": False,
    "grid.alpha": 0.3,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": "medium",
    "figure.dpi": 100,
    "figure.constrained_layout.use": True,
}
WIDTH = 8.6  # inches of a row of pictures: about a cell of JupyterLab
SPECTRUM_RATIO = 0.85  # height to width of a spectrum with its colour bar
WIDEST = 4.8  # of one picture: noise cannot be compressed, so a larger one takes 300 kB and more
AROUND = 0.5  # inches above and below a picture, for its title and its axis


class Picture(Figure):
    """A matplotlib figure that shows itself in any notebook, and says in words what it shows."""

    def __init__(self, words: str, **options: Any) -> None:
        super().__init__(**options)
        self.words = words

    def __repr__(self) -> str:
        return f"<picture: {self.words}>"

    __str__ = __repr__

    def _ipython_display_(self) -> None:
        # A notebook shows other figures only once pyplot has been imported, and then as image/png.
        display({"text/html": self.svg(), "text/plain": repr(self)}, raw=True)

    def svg(self) -> str:
        """Return the picture as an SVG for a page; `savefig` writes files.

        Its text has the page's own colour. So it stands in the page itself, not in an `<img>`,
        which knows nothing of the page; and a `<style>` of its own would change the whole page.
        """
        file = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))  # about the file
        self.savefig(file, format="svg", bbox_inches="tight", pad_inches=0.05, metadata=nothing)
        _, _, drawn = file.getvalue().partition("<svg ")
        drawn = re.sub("<style.*?</style>", "", drawn, flags=re.DOTALL).replace(
            GREY, "currentColor"
        )
        style = "max-width: 100%; height: auto; stroke-linejoin: round"
        return f'<svg role="img" aria-label="{escape(self.words)}" style="{style}" {drawn}'


@contextmanager
def drawing(words: str, width: float = 6.4, height: float = 3.2, columns: int = 1) -> Iterator[Any]:
    """Draw something of your own in the course's style, and show it.

    Parameters
    ----------
    words
        What is to be seen, for readers who cannot see it: the alternative text.
    width, height
        Inches, of 100 pixels each.
    columns
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
    with rc_context(STYLE | {"font.size": _text_size(width)}):
        picture = Picture(words, figsize=(width, height))
        yield picture.subplots(ncols=columns)
        display(picture)


@rc_context(STYLE)
def show_frame(*frames: np.ndarray, titles: Titles = None) -> Picture:
    """Show frames side by side.

    Parameters
    ----------
    *frames
        Height x width x 3 in BGR, or height x width in grey; uint8, or floating point from 0 to 1.
    titles
        One for each frame.

    Raises
    ------
    TypeError, ValueError
        If one of `frames` is not a picture; the text says what it is instead.
    """
    words, titles = _describe("frame", frames, titles)
    highest = max(frame.shape[0] / frame.shape[1] for frame in frames)
    picture, row = _row(words, len(frames), min(2, max(0.1, highest)))  # or narrower, or lower
    for axes, frame, title in zip(row, frames, titles, strict=True):
        pixels = frame[..., ::-1] if frame.ndim == 3 else frame  # BGR to RGB
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255 if frame.dtype == np.uint8 else 1)
        axes.set(title=title, xlabel="x (pixels)")
    row[0].set_ylabel("y (pixels)")
    return picture


@rc_context(STYLE)
def show_spectrum(*frames: np.ndarray, titles: Titles = None) -> Picture:
    """Show the spectra of frames side by side.

    Colour is the logarithm of the magnitude, to base 10, and means the same in all of them. The
    zero frequency is in the middle, and the axes point as those of the frame do. So a peak lies,
    seen from the middle, in the direction in which its stripes follow each other.

    Parameters and errors are those of `show_frame`.
    """
    import cv2

    from zmqlab.analysis.spectra import frequencies, log_spectrum, spectrum

    words, titles = _describe("spectrum of a frame", frames, titles)
    picture, row = _row(words, len(frames), SPECTRUM_RATIO)
    levels = [frame if frame.dtype == np.uint8 else 255 * frame for frame in frames]
    spectra = [log_spectrum(spectrum(each), each.shape[1]) for each in levels]
    low = min(np.median(each) for each in spectra)  # that of the noise, in most frames
    high = max(each.max() for each in spectra)
    for axes, each, title in zip(row, spectra, titles, strict=True):
        fx, fy = frequencies(each.shape)
        half_x, half_y = 0.5 / len(fx), 0.5 / len(fy)  # of a bin: the axes are those of the middles
        # A peak is one bin wide and would be lost on the way to fewer pixels: each bin is drawn as
        # high as its highest neighbour.
        near = 1 + 2 * math.ceil(max(each.shape) / 500)
        image = axes.imshow(
            cv2.dilate(each, np.ones((near, near))),
            cmap="magma",
            interpolation="nearest",  # versions of matplotlib differ in how they average
            vmin=low,
            vmax=high,
            extent=(fx[0] - half_x, fx[-1] + half_x, fy[-1] + half_y, fy[0] - half_y),
        )
        axes.set(title=title, xlabel="fx (cycles per pixel)")
        axes.tick_params(labelleft=axes is row[0])
    row[0].set_ylabel("fy (cycles per pixel)")
    bar = row[0].figure.colorbar(image, ax=row, fraction=0.05, pad=0.02, extend="min")
    bar.set_label("log₁₀(1 + |F|), F in grey levels")
    bar.outline.set_edgecolor(GREY)
    return picture


def _describe(what, frames, titles) -> tuple[str, list[str]]:
    """Return in words what is shown, and one title for each of the frames, which are checked."""
    if not frames:
        raise ValueError("no frame was given: show_frame(frame) or show_frame(one, another)")
    titles = [titles] if isinstance(titles, str) else list(titles or [""] * len(frames))
    if len(titles) != len(frames):
        raise ValueError(f"{len(titles)} titles for {len(frames)} frames: give one for each")
    words = []
    for frame, title in zip(frames, titles, strict=True):
        _check_levels(check_frame(frame))
        height, width = frame.shape[:2]
        words.append(f"{title + ': ' if title else ''}{what}, {width} x {height} pixels")
    return "; ".join(words), titles


def _check_levels(frame):
    """Raise a ValueError if it is not known which number is black and which is white."""
    low, high = frame.min(), frame.max()
    scaled = frame.dtype.kind == "f" and low >= 0 and high <= 1  # neither holds for nan
    if frame.dtype != np.uint8 and not scaled:
        raise ValueError(
            f"a frame of {frame.dtype} from {low} to {high} cannot be shown: which would be white? "
            "Give uint8, 0 to 255, or floating point from 0, black, to 1, white: for example "
            "frame / 255 or frame / frame.max()"
        )


def _row(words, columns, ratio) -> tuple[Picture, list[Axes]]:
    """Return a picture and a row of axes in it, which are so many times as high as wide."""
    width = min(WIDEST, WIDTH / columns)
    size = (width * columns, width * ratio + AROUND)
    rcParams["font.size"] = _text_size(size[0])  # until the caller's context ends
    picture = Picture(words, figsize=size, layout="compressed")
    return picture, picture.subplots(1, columns, squeeze=False)[0].tolist()


def _text_size(width) -> float:
    """Return the size of text (points) that is 8 where a page 1,000 pixels wide shrinks a picture.

    JupyterLab's file browser leaves 570 pixels of them to an output.
    """
    return max(10.0, 1.35 * width)
