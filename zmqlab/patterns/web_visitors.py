"""What the server of the web page sends to browsers, and takes from them."""

import asyncio
import json
import math
from pathlib import Path

import tornado.web

from zmqlab.patterns.measurements import HistoryError, as_csv, kept
from zmqlab.patterns.picture_stream import LONGEST, PictureSocket

MOST = 50  # visitors at once
_SILENT = 10  # seconds after which a visitor's browser is asked for a sign of life
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; base-uri 'none'; "
    "form-action 'none'",
    "Referrer-Policy": "no-referrer",  # or a link would give the key in the address away
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def application(token, camera):
    """Return what answers browsers that know the token."""
    shared = {"camera": camera}
    return tornado.web.Application(
        [
            (rf"/{token}", tornado.web.RedirectHandler, {"url": f"{token}/"}),
            (rf"/{token}/stream", Visitor, shared),
            (rf"/{token}/(frame|spectrum)\.jpg", Picture, shared),
            (rf"/{token}/measurements\.csv", Table, shared),
            (
                rf"/{token}/(.*)",
                Files,
                {"path": Path(__file__).with_name("web"), "default_filename": "index.html"},
            ),
        ],
        websocket_max_message_size=LONGEST,
        websocket_ping_interval=_SILENT,
    )


class Visitor(PictureSocket):
    """One page that is open: `check_origin` of its base lets in only who came from our own."""

    def initialize(self, camera):
        super().initialize(camera.show)
        self.camera = camera
        self.note = ""
        self.told, self.newest = None, -1  # what this page knows: state, number of a measurement

    def open(self):
        if len(self.show.pages) >= MOST:
            self.close(1013, f"{MOST} visitors are here already")
            return
        super().open()

    def on_close(self):
        if self in self.show.pages:
            super().on_close()
        if self in self.camera.waiting:
            self.camera.waiting.remove(self)

    async def tell(self):
        camera = self.camera
        # Each is sent before the next one is made: who reads slowly has nothing piled up.
        if camera.measurements and camera.measurements[-1].number > self.newest:
            news = [each for each in camera.measurements if each.number > self.newest]
            self.newest = news[-1].number
            await self.write_message(json.dumps({"measurements": news}))
        turn = camera.waiting.index(self) if self in camera.waiting else None
        state = {**camera.state, "stream": self.show.note, "turn": turn}
        if state != self.told:
            self.told = state
            await self.write_message(json.dumps({"state": state}))
        if self.note:
            note, self.note = self.note, ""
            await self.write_message(json.dumps({"note": note}))

    async def obey(self, message):
        camera = self.camera
        if message.get("measure") is True:
            if self not in camera.waiting:  # one at a time: the others have their turn
                camera.waiting.append(self)
                self.told = None  # its button waits for an answer, even to what is done at once
        else:
            seconds = message["exposure"]
            if type(seconds) not in (int, float) or not math.isfinite(seconds):
                raise ValueError("no exposure")
            camera.wanted = seconds, self
        camera.asked.set()
        self.show.wake()


class _Request(tornado.web.RequestHandler):
    def initialize(self, camera):
        self.camera = camera

    def set_default_headers(self):
        for name, value in HEADERS.items():
            self.set_header(name, value)


class Picture(_Request):
    """The frame of the newest measurement, or its spectrum."""

    def get(self, name):
        if name not in self.camera.pictures:
            raise tornado.web.HTTPError(404, "nothing was measured since the server was started")
        self.set_header("Content-Type", "image/jpeg")
        self.finish(self.camera.pictures[name])


class Table(_Request):
    """All measurements as CSV."""

    async def get(self):
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        try:
            measurements = await asyncio.to_thread(kept, self.camera.history)
        except HistoryError as error:
            self.set_status(503)
            self.finish(f"{error}\n")
            return
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="measurements.csv"')
        self.finish("".join(as_csv(measurements)))


class Files(tornado.web.StaticFileHandler):
    """The page itself."""

    set_default_headers = _Request.set_default_headers
