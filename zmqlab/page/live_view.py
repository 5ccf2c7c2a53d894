"""A live view of a stream in a notebook, which goes on while the kernel is busy."""

import base64
import secrets
from html import escape
from pathlib import Path

import traitlets

from zmqlab.page.live_server import serve_live
from zmqlab.page.views import ProcessView, start_server
from zmqlab.patterns import picture_stream
from zmqlab.patterns.picture_stream import as_picture, draw, encode
from zmqlab.patterns.subscription import EndOfStream, subscribe
from zmqlab.processes.handle import Process

PICTURES = Path(picture_stream.__file__).with_name("web") / "pictures.js"
SCRIPTS = (PICTURES, *(Path(__file__).with_name(f"{name}.js") for name in ("address", "live_view")))


class LiveView(ProcessView):
    """The picture in the page; `live` makes it. `stop` ends the process behind it.

    Where no page answers (VS Code, an exported page) there is a still picture in its place.
    """

    _esm = "".join(script.read_text(encoding="utf-8") for script in SCRIPTS)
    _css = Path(__file__).with_name("live_view.css")
    words = traitlets.Unicode().tag(sync=True)
    still = traitlets.Bytes().tag(sync=True)

    def __repr__(self) -> str:
        return f"<{self.words}; it moves in JupyterLab only>"

    def in_its_place(self) -> str:
        """Return the first picture, if there was one."""
        if not self.still:
            return ""
        source = f"data:image/jpeg;base64,{base64.b64encode(self.still).decode()}"
        return f'<img alt="{escape(self.words)}" src="{source}">'


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
        A folder of `zmqlab keys`, for a publisher that lets in only clients it knows.

    Raises
    ------
    TimeoutError
        If no frame came in time; says what did.
    EndOfStream
        If the publisher has ended the stream.
    """
    if isinstance(stream, Process):
        name, endpoint = stream.name, stream.endpoint
    else:
        name = endpoint = stream
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
    # Not only the topic: many publishers have the same. A cell run again ends its own process.
    process, port = start_server(f"live {topic} of {name}", serve_live, *shown)
    return LiveView(process, port=port, token=token, words=words, still=still)
