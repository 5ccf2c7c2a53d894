"""A live view of a stream in a notebook, which goes on while the kernel is busy."""

import secrets
from pathlib import Path

import anywidget
import traitlets

from zmqlab.page.live_server import draw, encode, serve_live
from zmqlab.patterns.subscription import subscribe
from zmqlab.processes.handle import Process
from zmqlab.processes.launch import start


class LiveView(anywidget.AnyWidget):
    """The picture in the page; `live` makes it. `stop` ends the process behind it.

    Where no page answers (VS Code, an exported page) there is a still picture in its place.
    """

    _esm = Path(__file__).with_name("live_view.js")
    _css = Path(__file__).with_name("live_view.css")
    port = traitlets.Int().tag(sync=True)
    token = traitlets.Unicode().tag(sync=True)
    words = traitlets.Unicode().tag(sync=True)
    still = traitlets.Bytes().tag(sync=True)

    def __init__(self, process, **traits):
        super().__init__(**traits)
        self.process = process

    def stop(self):
        """End the process behind the view. Safe to call twice."""
        self.process.stop()

    def __repr__(self):
        return f"<{self.words}; it moves in JupyterLab only>"

    def _repr_mimebundle_(self, **options):
        data, metadata = super()._repr_mimebundle_(**options)
        data["image/jpeg"] = self.still  # for a page without widgets
        metadata["image/jpeg"] = {"alt": self.words}
        return data, metadata


def live(stream, topic="camera", spectrum=True, timeout=10.0):
    """Show a stream as it comes, with its spectrum beside it.

    The pictures go from a process of its own straight to the page, so they move on
    while a cell runs.

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

    Returns
    -------
    LiveView

    Raises
    ------
    TimeoutError
        If no frame came in time; says what did.
    """
    endpoint = stream.endpoint if isinstance(stream, Process) else stream
    with subscribe(endpoint, topic, timeout=timeout) as subscription:
        frame = next(subscription)
    token = secrets.token_hex(16)
    process = start(serve_live, endpoint, topic, token, spectrum, process_name=f"live {topic}")
    port = int(process.wait_output("port ").split()[1])
    height, width = frame.shape[:2]
    words = f"live view of {topic!r} from {endpoint}, {width} x {height} pixels"
    words += ", its spectrum to the right" if spectrum else ""
    still = encode(draw(frame, spectrum))
    return LiveView(process, port=port, token=token, words=words, still=still)
