"""The learner's own webcam as a publisher, wherever the kernel runs."""

import os
import secrets
from html import escape
from pathlib import Path
from typing import Any

import traitlets
from IPython.display import display

from zmqlab.cameras.browser import ENDPOINT, KEYS
from zmqlab.page.browser_pictures import check_size
from zmqlab.page.browser_server import serve_browser_camera
from zmqlab.page.live_view import PICTURES
from zmqlab.page.views import View, start_server
from zmqlab.processes.handle import Process
from zmqlab.wire.keys import NONE, KeysError, given

HERE = Path(__file__).parent
NAMES = ("address", "browser_sender", "browser_view")
SCRIPTS = (PICTURES, *(HERE / f"{name}.js" for name in NAMES))
STYLES = (HERE / "live_view.css", HERE / "browser_view.css")
MOST_FPS = 60.0
_served: list[Any] = []  # the process that runs, its port, its token and its keys


class BrowserCameraView(View):
    """The preview in the page, which is also what takes the pictures."""

    _esm = "".join(script.read_text(encoding="utf-8") for script in SCRIPTS)
    _css = "".join(style.read_text(encoding="utf-8") for style in STYLES)
    port = traitlets.Int().tag(sync=True)
    token = traitlets.Unicode().tag(sync=True)
    size: Any = traitlets.List().tag(sync=True)
    fps = traitlets.Float().tag(sync=True)
    # Whether to turn the camera on when it is shown. The page sets it back: a notebook that is
    # opened again must not.
    asked = traitlets.Bool(True).tag(sync=True)
    words = "the preview of the browser's camera: seen in JupyterLab only, and kept in no file"

    def __repr__(self) -> str:
        return f"<{self.words}>"

    def in_its_place(self) -> str:
        """Say what it would be."""
        return f"<p>{escape(self.words.capitalize())}.</p>"


def browser_camera(
    size: tuple[int, int] = (640, 480), fps: float = 30.0, keys: str | Path | None = None
) -> Process:
    """Publish the webcam of the computer that shows this notebook, and show a preview.

    The browser asks for permission first. The pictures go to the server where the notebook runs,
    on Binder too, and nowhere else: into a process of their own, which publishes them with the
    topic ``camera``. Until a page gives pictures, and when it gives no more, a simulated camera
    goes on in the same stream, with the reason written into its picture.

    In processes that are started from now on, ``open_camera("browser")`` reads from it; so do
    ``camera_server("browser")`` and all others that take a camera. ``live(browser_camera())``
    shows it with its spectrum.

    Parameters
    ----------
    size : (int, int)
        Width and height to ask the camera for, in pixels. It may give others.
    fps : float
        Frames a second to ask it for, at most 60. Both can be changed in the page.
    keys : str or Path, optional
        A folder of `zmqlab keys`: then only programs with keys that it knows can subscribe.
        Without, other users of the computer where the notebook runs can look on.

    Returns
    -------
    Process
        The publisher; its `endpoint` is what to subscribe to, and its `stop` turns the camera
        off. Another call while it runs shows another view of it: the view that was turned on last
        is the camera.

    Raises
    ------
    ValueError, KeysError
        If size or fps cannot be, or it runs already with other keys.
    StartError
        If the process did not come up.
    """
    check_size(size)
    if not 1 <= fps <= MOST_FPS:
        raise ValueError(f"fps={fps!r}: give frames a second, from 1 to {MOST_FPS:g}")
    if not (_served and _served[0].running):
        token = secrets.token_hex(16)
        options = token, "tcp://127.0.0.1:*", keys
        process, port = start_server("browser camera", serve_browser_camera, *options)
        _served[:] = process, port, token, given(keys)
        os.environ[ENDPOINT], os.environ[KEYS] = process.endpoint, str(given(keys) or "")
    process, port, token, served_with = _served
    if keys is not None and given(keys) != served_with:
        raise KeysError(
            f"the browser's camera runs already, with keys={str(served_with or NONE)!r}: stop() it"
        )
    display(BrowserCameraView(port=port, token=token, size=list(size), fps=float(fps)))
    return process
