"""The process behind a live view: shows a stream to pages that know the token.

What travels is described in `zmqlab.patterns.picture_stream`; besides::

    to the page     text     {"settings": {"exposure": 0.01}, "note": ""}
                             | {"note": "No frame for 2 s: ..", "refused": false}
                             | {"note": "exposure=-1 was refused: ..", "refused": true}
    from the page   text     {"set": {"exposure": 0.02}}

A page that shows a frame can have it whole, as long as it shows it::

    GET frame.png?sequence=41   that frame as a PNG, or the newest; its header `Sequence` says which
"""

import asyncio
import contextlib
import json
import threading
from collections import deque
from pathlib import Path

import numpy as np
import tornado.web
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClosedError

from zmqlab.page.page_server import PageSocket, serve_pages
from zmqlab.patterns.picture_stream import CREDITS, LONGEST, PictureSocket, Show, encode
from zmqlab.patterns.request_reply import RequestError, request
from zmqlab.patterns.subscription import subscribe
from zmqlab.wire.keys import KeysError
from zmqlab.wire.messages import MessageError


def serve_live(
    endpoint: str, topic: str, token: str, spectrum: bool = True, keys: str | Path | None = None
) -> None:
    """Show the stream of that topic to pages that know the token, until told to stop.

    Prints ``port NUMBER`` once pages can connect.
    """
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(endpoint, topic, token, spectrum, keys))


async def _serve(endpoint, topic, token, spectrum, keys):
    show = Show(asyncio.get_running_loop(), spectrum)
    stream = subscribe(endpoint, topic, hwm=2, keys=keys)
    pages = {"stream": Page, "frame.png": Saved}
    print("port", serve_pages(token, LONGEST, pages, show=show, keys=keys), flush=True)
    threading.Thread(target=show.receive, args=(stream,), daemon=True).start()
    # Waking up now and then lets Ctrl-C through on Windows.
    while True:
        await asyncio.sleep(0.5)


class Page(PictureSocket, PageSocket):
    """One page that looks, and may set the exposure."""

    def initialize(self, show, keys):
        super().initialize(show)
        self.keys = keys
        self.wanted = {}  # settings that the camera has not been told of yet
        self.asking = asyncio.Lock()
        self.told, self.control = "", None
        self.latest = deque(maxlen=CREDITS + 1)  # number and frame of all that it may show now

    async def send_picture(self, header):
        self.latest.append((header["sequence"], for_png(self.show).copy()))  # no slot of a ring
        await super().send_picture(header)

    async def tell(self):
        show = self.show
        if show.note != self.told:
            self.told = show.note
            await self.write_message(json.dumps({"note": self.told}))
        if show.control not in (None, self.control):
            self.control = show.control
            IOLoop.current().spawn_callback(self.ask, "info")

    async def obey(self, message):
        self.wanted |= message["set"]
        IOLoop.current().spawn_callback(self.set)

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
            asked = self.show.control, command, parameters
            reply = await asyncio.to_thread(request, *asked, keys=self.keys)
            news = {"settings": reply[1]["settings"], "note": self.show.note}
        except (RequestError, MessageError, TimeoutError, KeysError) as error:
            news = {"note": str(error), "refused": command == "set"}
            if command == "info" and isinstance(error, TimeoutError):
                self.control = None  # to be asked again
        with contextlib.suppress(WebSocketClosedError):
            await self.write_message(json.dumps(news))


def for_png(show):
    """Return the newest frame as it came, or as it is drawn if a PNG cannot hold it."""
    fits = show.frame.dtype in (np.uint8, np.uint16)
    return show.frame if fits else show.picture


class Saved(tornado.web.RequestHandler):
    """A frame as a PNG: every pixel as it was, if it is one that a PNG can hold."""

    def initialize(self, show, keys):
        self.show = show

    def get(self):
        show = self.show
        if show.frame is None:
            raise tornado.web.HTTPError(404, reason="no picture has come yet")
        asked = self.get_query_argument("sequence", "")
        there = [each for page in show.pages for each in page.latest if str(each[0]) == asked]
        number, frame = there[-1] if there else (show.header["sequence"], for_png(show))
        self.set_header("Content-Type", "image/png")
        self.set_header("Sequence", str(number))
        self.finish(encode(frame, ".png"))
