"""Pictures: the right colours in the right places, readable on any page, shown by any kernel."""

import base64
import io
import re
import subprocess
import sys
from html.parser import HTMLParser

import cv2
import nbformat
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from nbclient import NotebookClient
from nbconvert import HTMLExporter

from zmqlab import open_camera, show_frame, show_spectrum
from zmqlab.page.figures import COLOURS

PAGES = {"light": "#FFFFFF", "dark": "#111111"}
# On light: blue, vermilion, green, purple. BGR, as OpenCV has them.
PATCHES = {"blue": (255, 0, 0), "green": (0, 255, 0), "red": (0, 0, 255)}


@pytest.fixture
def frame():
    with open_camera("simulated", paced=False) as camera:
        yield camera.read()


def rendered(picture):
    """Return what a notebook would show: height x width x 4, BGR and opacity."""
    file = io.BytesIO()
    picture.savefig(file, format="png", bbox_inches="tight", pad_inches=0.05)
    return decoded(file.getvalue())


def decoded(png):
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)


def count(pixels, bgr):
    return np.count_nonzero((pixels == (*bgr, 255)).all(-1))


@pytest.mark.parametrize("bgr", PATCHES.values(), ids=PATCHES)
def test_colours_are_those_of_the_frame(bgr):
    pixels = rendered(show_frame(np.full((480, 640, 3), bgr, np.uint8)))
    assert count(pixels, bgr) > 0.5 * pixels.shape[0] * pixels.shape[1]


def test_grey_is_not_stretched():
    """A dim frame is shown dim."""
    for dim in (np.full((48, 64), 51, np.uint8), np.full((48, 64), 0.2)):
        dim[0, 0] = 0
        pixels = rendered(show_frame(dim))
        assert count(pixels, (51, 51, 51)) > 0.5 * pixels.shape[0] * pixels.shape[1]


def test_frames_side_by_side_with_titles(frame):
    picture = show_frame(frame, frame[::2, ::2], titles=["whole", "half"])
    one, other = picture.axes
    assert [axes.get_title() for axes in picture.axes] == ["whole", "half"]
    assert one.get_position().x1 < other.get_position().x0
    assert one.get_xlim() == (-0.5, 639.5)
    assert one.get_ylim() == (479.5, -0.5)
    assert repr(picture) == (
        "<picture: whole: frame, 640 x 480 pixels; half: frame, 320 x 240 pixels>"
    )


def test_spectra_side_by_side(frame):
    left, right, _ = show_spectrum(frame, frame, titles=["one", "other"]).axes
    assert [left.get_title(), right.get_title()] == ["one", "other"]
    assert left.get_xlabel() == right.get_xlabel() == "fx (cycles per pixel)"
    assert left.get_position().x1 < right.get_position().x0


@pytest.mark.parametrize(("period", "angle"), [(12.0, 25.0), (7.5, 110.0)])
@pytest.mark.parametrize("size", [(640, 480), (321, 243)])
def test_peaks_are_where_the_axes_say(period, angle, size):
    """Against the truth of the simulated camera, as drawn: colours read back from the PNG."""
    with open_camera(
        "simulated", paced=False, size=size, fringe_period=period, fringe_angle=angle, beads=0
    ) as camera:
        picture = show_spectrum(camera.read())
    axes, bar = picture.axes
    assert bar.get_ylabel() == "log₁₀(1 + |F|), F in grey levels"
    # From the axes' units to pixels of the figure, and from there to the colours drawn.
    canvas = FigureCanvasAgg(picture)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[::-1, :, :3].sum(-1).astype(float)
    frequency = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) / period

    def brightness(at):
        column, row = axes.transData.transform(at).round().astype(int)
        return pixels[row - 2 : row + 3, column - 2 : column + 3].max()

    for peak in (frequency, -frequency):
        elsewhere = [brightness(peak @ turn) for turn in turns(30, 60, 90, 120, 150)]
        assert brightness(peak) > 1.3 * max(elsewhere)


def turns(*degrees):
    for angle in np.radians(degrees):
        yield np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def test_read_only_frame_is_left_alone(frame):
    frame.flags.writeable = False  # as one that was received is
    show_frame(frame).svg()
    show_spectrum(frame).svg()


def luminance(colour):
    """Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance."""
    c = np.array(to_rgb(colour))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [
        0.2126,
        0.7152,
        0.0722,
    ]


def contrast(one, other):
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_lines_are_seen_on_every_page(page):
    """As W3C asks for it: 3 to 1."""
    assert min(contrast(colour, page) for colour in COLOURS) >= 3


class Images(HTMLParser):
    """What an HTML parser, such as a browser's, finds of the pictures in a page."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "svg" and ("role", "img") in attributes:
            self.found.append(dict(attributes))


NIGHT = """zmqlab.show_frame(frame, titles='<b>"night" & day</b>')"""
CELLS = [
    "import numpy as np, sys, zmqlab\nframe = np.zeros((48, 64, 3), np.uint8)",
    NIGHT,
    "with zmqlab.drawing('a line') as axes:\n    axes.plot([1, 2])",
    "assert 'matplotlib.pyplot' not in sys.modules",
    "%matplotlib inline\nimport matplotlib.pyplot\nassert not matplotlib.pyplot.get_fignums()",
    NIGHT,
]
WORDS = ['<b>"night" & day</b>: frame, 64 x 48 pixels', "a line"]
WORDS += WORDS[:1]


@pytest.fixture
def notebook():
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


def test_any_kernel_shows_pictures_and_an_exported_page_says_what_is_on_them(notebook):
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    for number, words in zip((1, 2, 5), WORDS, strict=True):
        (output,) = notebook.cells[number].outputs
        assert set(output.data) == {"text/html", "text/plain"}  # the pixels are there once
        assert output.data["text/plain"] == f"<picture: {words}>"
    page = HTMLExporter().from_notebook_node(notebook)[0]
    assert [image["aria-label"] for image in Images(page).found] == WORDS
    png = re.search('xlink:href="data:image/png;base64,([^"]+)"', page)
    night = show_frame(np.zeros((48, 64, 3), np.uint8), titles='<b>"night" & day</b>')
    assert png[1] in night.svg()
    pixels = decoded(base64.b64decode(png[1]))
    assert count(pixels, (0, 0, 0)) > 0.9 * pixels.shape[0] * pixels.shape[1]


def test_importing_zmqlab_does_not_import_matplotlib():
    code = "import sys, zmqlab; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
