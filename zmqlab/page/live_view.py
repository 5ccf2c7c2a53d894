"""A live view of a stream in a notebook, which goes on while the kernel is busy."""

import secrets
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from zmqlab.page.figures import image_html
from zmqlab.page.live_server import serve_live
from zmqlab.patterns import picture_stream
from zmqlab.patterns.picture_stream import as_picture, draw, encode
from zmqlab.patterns.subscription import EndOfStream, subscribe
from zmqlab.processes.handle import Process
from zmqlab.processes.launch import start

PICTURES = Path(picture_stream.__file__).with_name("web") / "pictures.js"
SCRIPTS = (PICTURES, *(Path(__file__).with_name(f"{name}.js") for name in ("address", "live_view")))


class LiveView(anywidget.AnyWidget):
    """The picture in the page; `live` makes it. `stop` ends the process behind it.

    Where no page answers (VS Code, an exported page) there is a still picture in its place.
    """

    _esm = "".join(script.read_text(encoding="utf-8") for script in SCRIPTS)
    _css = Path(__file__).with_name("live_view.css")
    port = traitlets.Int().tag(sync=True)
    token = traitlets.Unicode().tag(sync=True)
    words = traitlets.Unicode().tag(sync=True)
    still = traitlets.Bytes().tag(sync=True)

    def __init__(self, process: Process, **traits: Any) -> None:
        super().__init__(**traits)
        self.process = process

    def stop(self) -> None:
        """End the process behind the view. Safe to call twice."""
        self.process.stop()

    def __repr__(self) -> str:
        return f"<{self.words}; it moves in JupyterLab only>"

    def _repr_mimebundle_(self, **options):
        data, metadata = super()._repr_mimebundle_(**options)
        if self.still:  # for a page without widgets
            data["text/html"] = image_html(self.still, self.words, "jpeg")
        return data, metadata


def live(
    stream: Process | str,
    topic: str = "camera",
    spectrum: bool = True,
    timeout: float = 10.0,
    keys: str | Path | None = None,
) -> LiveView:
    """Show a stream as it comes, with its spectrum beside it.

    The pictures go from a process of its own straight to the page, so they move on while a cell
    runs. A frame that is no picture is left out, and a note below the view says what it was.

    Parameters
    ----------
    stream : Process or str
        A process that runs `camera_publisher`, or the endpoint of one.
    topic : str
        The name of the stream.
    spectrum : bool
        Whether to show the spectrum of each frame.
    timeout : float
        Seconds to wait for the first frame.
    keys : str or Path, optional
        A folder of `zmqlab keys`, for a publisher that lets in only whom it knows.

    Raises
    ------
    TimeoutError
        If no frame came in time; says what did.
    EndOfStream
        If the publisher has ended the stream.
    """
    endpoint = stream.endpoint if isinstance(stream, Process) else stream
    with subscribe(endpoint, topic, timeout=timeout, keys=keys) as subscription:
        frame = next(subscription, None)
    if frame is None:
        raise EndOfStream(f"{topic!r} from {endpoint} has ended: start its publisher again")
    words, still = f"live view of {topic!r} from {endpoint}", b""
    words += ", with its spectrum to the right" if spectrum else ""
    try:
        picture, _ = as_picture(frame)
        still = encode(draw(picture, spectrum))
        words += f", {picture.shape[1]} x {picture.shape[0]} pixels"
    except (TypeError, ValueError) as error:  # those that follow may be others
        words += f"; nothing of the first frame: {error}"
    token = secrets.token_hex(16)
    shown = endpoint, topic, token, spectrum, keys
    process = start(serve_live, *shown, process_name=f"live {topic}")
    port = int(process.wait_output("port ").split()[1])
    return LiveView(process, port=port, token=token, words=words, still=still)
