"""From a stream to a page: the process behind a live view.

It subscribes to the stream, and hands the newest frame, as a JPEG, to each page
that asks over a websocket. jupyter-server-proxy carries the websocket, so the
kernel has no part in it and may be busy.

A page may have `CREDITS` pictures on their way to it and gives one credit back
for each that it has painted. So a slow line gets fewer pictures, not older ones::

    to the page     binary   4 bytes   length of the JSON, big-endian
                             n bytes   {"sequence": 7, "time": 1700000000.25,
                                        "fps": 29.9, "latency": 0.02, "lost": 0}
                             rest      a JPEG
                    text     {"settings": {"exposure": 0.01}} | {"note": "no frame for 3 s: .."}
    from the page   text     "painted 7" | {"set": {"exposure": 0.02}}
"""

import asyncio
import contextlib
import json
import threading
import time
from collections import deque

import cv2
import numpy as np
import tornado.httpserver
import tornado.netutil
import tornado.web
import tornado.websocket
from tornado.ioloop import IOLoop

from zmqlab.analysis.spectra import log_spectrum, spectrum
from zmqlab.patterns.request_reply import RequestError, request
from zmqlab.patterns.subscription import EndOfStream, subscribe
from zmqlab.wire.messages import MessageError

CREDITS = 2  # pictures on their way: one that is painted, one that travels
PATIENCE = 2.0  # seconds without a frame until the page is told why
QUALITY = 80  # of the JPEG, per cent
FAINT, BRIGHT = 3.0, 7.0  # what is black and what is white in a spectrum: log10(1 + |F|)
LONGEST = 10_000  # bytes of what a page sends


def serve_live(endpoint, topic, token, spectrum=True):
    """Show the stream of that topic to pages that know the token, until told to stop.

    Prints ``port NUMBER`` once pages can connect.
    """
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(endpoint, topic, token, spectrum))


async def _serve(endpoint, topic, token, spectrum):
    show = Show(asyncio.get_running_loop(), spectrum)
    # The token is the key: the port is open to every user of this computer, and whoever
    # asks the proxy has a Jupyter login but not the token.
    pages = tornado.web.Application(
        [
            (rf"/{token}/stream", Page, {"show": show}),
            (rf"/{token}/frame.png", Saved, {"show": show}),
        ],
        websocket_max_message_size=LONGEST,
    )
    sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
    tornado.httpserver.HTTPServer(pages).add_sockets(sockets)
    receiver = threading.Thread(target=show.receive, args=(endpoint, topic), daemon=True)
    receiver.start()
    print("port", sockets[0].getsockname()[1], flush=True)
    # Waking up now and then lets Ctrl-C through on Windows.
    while True:
        await asyncio.sleep(0.5)


class Show:
    """The newest frame, and the pages that look at it."""

    def __init__(self, loop, spectrum):
        self.loop, self.spectrum = loop, spectrum
        self.pages = set()
        self.frame, self.header, self.lost = None, {}, 0
        self.control, self.note = None, ""
        self._drawn = (None, None)  # the frame that was drawn last, and its JPEG

    def receive(self, endpoint, topic):
        """Keep the newest frame; runs in a thread of its own, which alone has the socket."""
        with subscribe(endpoint, topic, hwm=2) as stream:
            while True:
                frame, note = None, ""
                try:
                    frame = stream.latest(PATIENCE)
                except EndOfStream:
                    note = "The publisher has ended the stream."
                except TimeoutError:
                    note = f"No frame for {PATIENCE:g} s: {stream.why_nothing()}."
                with contextlib.suppress(RuntimeError):  # the loop has been closed
                    news = (frame, stream.header, stream.lost, stream.control, note)
                    self.loop.call_soon_threadsafe(self.take, *news)

    def take(self, frame, header, lost, control, note):
        """Take what the thread has received, and wake the pages."""
        self.lost, self.control, self.note = lost, control, note
        if frame is not None:
            self.frame, self.header = frame, header
        for page in self.pages:
            page.wake.set()

    async def picture(self):
        """Return the newest frame as a JPEG; two pages share the work."""
        frame = self.frame
        if self._drawn[0] is not frame:
            jpeg = await asyncio.to_thread(lambda: encode(draw(frame, self.spectrum)))
            self._drawn = (frame, jpeg)
        return self._drawn[1]


class Page(tornado.websocket.WebSocketHandler):
    """One page that looks."""

    def initialize(self, show):
        self.show = show
        self.wake = asyncio.Event()
        self.credits, self.sent = CREDITS, None
        self.on_their_way = {}  # sequence: when that frame was captured
        self.painted = deque(maxlen=60)  # when
        self.wanted = {}  # settings that the camera has not been told of yet
        self.asking = asyncio.Lock()
        self.latency = 0.0

    def check_origin(self, origin):
        return True  # who knows the token was given it by the kernel, in the page

    def open(self):
        self.set_nodelay(True)
        self.show.pages.add(self)
        self.wake.set()
        self.task = asyncio.create_task(self.send())

    def on_close(self):
        self.show.pages.discard(self)
        self.task.cancel()

    async def send(self):
        """Send pictures while there are credits, and notes when there are no frames."""
        told, control = "", None
        with contextlib.suppress(tornado.websocket.WebSocketClosedError):
            while True:
                await self.wake.wait()
                self.wake.clear()
                show = self.show
                if show.note != told:
                    told = show.note
                    await self.write_message(json.dumps({"note": told}))
                if show.control not in (None, control):
                    control = show.control
                    IOLoop.current().spawn_callback(self.ask, "info")
                number = (show.header.get("stream"), show.header.get("sequence"))
                if self.credits and show.frame is not None and number != self.sent:
                    self.credits, self.sent = self.credits - 1, number
                    await self.send_picture(show.header)

    async def send_picture(self, header):
        about = {
            "sequence": header["sequence"],
            "time": header["time"],
            "fps": self.rate(),
            "latency": self.latency,
            "lost": self.show.lost,
        }
        self.on_their_way[header["sequence"]] = header["time"]
        jpeg = await self.show.picture()
        text = json.dumps(about).encode()
        await self.write_message(len(text).to_bytes(4, "big") + text + jpeg, binary=True)

    def rate(self):
        """Pictures per second that the page has painted lately."""
        now = time.monotonic()
        lately = [at for at in self.painted if now - at < 2]
        return (len(lately) - 1) / (lately[-1] - lately[0]) if len(lately) > 2 else 0.0

    def on_message(self, text):
        try:
            if isinstance(text, str) and text.startswith("painted "):
                self.take_back(int(text.split()[1]))
            else:
                self.wanted |= json.loads(text)["set"]
                IOLoop.current().spawn_callback(self.set)
        except (ValueError, KeyError, TypeError):
            self.close(1007, "not a message of a live view")

    def take_back(self, sequence):
        """Take back a credit for a picture that was painted; measure how old it was by then.

        By the clock of this computer alone: that of the page may be wrong. So the
        figure includes the way back.
        """
        captured = self.on_their_way.pop(sequence, None)
        if captured is not None:
            self.latency = time.time() - captured
            self.painted.append(time.monotonic())
            self.credits = min(CREDITS, self.credits + 1)
            self.wake.set()

    async def set(self):
        """Tell the camera what is wanted; of a slider's many values only the last one."""
        async with self.asking:
            wanted, self.wanted = self.wanted, {}
            if wanted:
                await self.ask("set", wanted)

    async def ask(self, command, parameters=None):
        """Pass a request on to the camera; tell the page its settings, or what was wrong."""
        try:
            if self.show.control is None:
                raise RequestError("this stream does not say where its camera takes requests")
            reply = await asyncio.to_thread(request, self.show.control, command, parameters)
            news = {"settings": reply[1]["settings"]}
        except (RequestError, MessageError, TimeoutError) as error:
            news = {"note": str(error)}
        with contextlib.suppress(tornado.websocket.WebSocketClosedError):
            await self.write_message(json.dumps(news))


class Saved(tornado.web.RequestHandler):
    """The newest frame as a PNG: every pixel as it was."""

    def initialize(self, show):
        self.show = show

    def get(self):
        if self.show.frame is None:
            raise tornado.web.HTTPError(404, "no frame has come yet")
        self.set_header("Content-Type", "image/png")
        self.finish(encode(self.show.frame, ".png"))


def draw(frame, with_spectrum=True):
    """Return the frame with its spectrum to the right of it: height x (2 width) x 3, BGR, uint8."""
    picture = frame if frame.ndim == 3 else cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR)
    if not with_spectrum:
        return picture
    logarithm = log_spectrum(spectrum(frame), frame.shape[1])
    levels = np.clip((logarithm - FAINT) * (255 / (BRIGHT - FAINT)), 0, 255).astype(np.uint8)
    return np.hstack([picture, cv2.applyColorMap(levels, cv2.COLORMAP_MAGMA)])


def encode(picture, ending=".jpg"):
    """Return the picture as the bytes of an image file."""
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY] if ending == ".jpg" else []
    return cv2.imencode(ending, picture, options)[1].tobytes()
