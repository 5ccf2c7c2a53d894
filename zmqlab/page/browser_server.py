"""The process behind `browser_camera`: publishes the pictures that a page sends.

Two are on their way at a time: a slow line gets fewer pictures, not older ones::

    from the page   binary   4 bytes   length of the JSON, big-endian
                             n bytes   {"format": "jpeg", "width": 640, "height": 480,
                                        "fps": 30, "time": 1700000000.25}
                             rest      a JPEG or, for the formats I420 and NV12, the planes Y, U
                                       and V, or Y and UV, one after the other
                    text      {"note": "why there is no picture"}
    to the page     text      "taken", for each picture; else why the connection is closed next

(The proxy does not hand on the reason of a close.) What is wrong closes the connection. The page
whose first picture came last is the camera; another one that was is sent away.

While there is none, a simulated camera goes on in its place, so that no subscriber waits. In the
header of each frame `source` is ``browser`` or ``simulated``, and `fps` how many a second the
camera is set to.
"""

import asyncio
import contextlib
import json
import textwrap
import time
from pathlib import Path

import cv2
import numpy as np
from tornado.websocket import WebSocketClosedError

from zmqlab.cameras import open_camera
from zmqlab.page.browser_pictures import LARGEST, decode_picture
from zmqlab.page.page_server import PageSocket, serve_pages
from zmqlab.patterns.publisher import Publisher
from zmqlab.wire.text import plain

LONGEST = LARGEST * 3 // 2 + 1000  # bytes of a message: planes, the largest of all, and the JSON
SILENCE = 2.0  # seconds without a picture until the simulated camera goes on
OLDEST = 10.0  # seconds: older, or of the future, a picture comes from a page of a wrong clock
_STEP = 1 / 30  # seconds


def serve_browser_camera(
    token: str, bind: str = "tcp://127.0.0.1:*", keys: str | Path | None = None
) -> None:
    """Publish the pictures of a page that knows the token, until told to stop.

    Prints ``port NUMBER`` once a page can connect, and who is the camera each time that changes.
    """
    with contextlib.suppress(KeyboardInterrupt), Publisher(bind, keys=keys) as publisher:
        asyncio.run(_serve(token, publisher))


async def _serve(token, publisher):
    feed = Feed(publisher)
    print("port", serve_pages(token, LONGEST, {"camera": Page}, feed=feed), flush=True)
    await feed.stand_in()


class Feed:
    """Which page is the camera, and what is published."""

    def __init__(self, publisher):
        self.publisher = publisher
        self.page, self.last = None, 0.0  # and when its last picture came
        self.size = (640, 480)
        self.why = "no page shows its camera yet"

    def take(self, page, frame, about):
        """Publish a frame that a page has sent, and make that page the camera."""
        height, width, _ = frame.shape
        if page is not self.page:
            if self.page:
                self.page.dismiss("another view has the camera now.")
            print(f"browser camera: a page gives {width} x {height} pixels", flush=True)
        self.page, self.last, self.size = page, time.monotonic(), (width, height)
        now, captured = time.time(), about["time"]
        captured = captured if now - OLDEST < captured <= now else now
        self.publisher.send(frame, captured, source="browser", fps=about["fps"])

    def lose(self, page, why):
        """Note why a page gives no pictures; if it was the camera, or none is, say so."""
        if self.page in (page, None):
            self.page, self.why = None, plain(why)
            print(f"browser camera: {self.why}; the simulated camera goes on", flush=True)

    async def stand_in(self):
        """Publish frames of the simulated camera while no page gives any, for ever."""
        with open_camera("simulated", paced=False) as simulated:
            due = time.monotonic()
            while True:
                due = max(due + _STEP, time.monotonic())
                await asyncio.sleep(due - time.monotonic())
                if self.page and time.monotonic() - self.last > SILENCE:
                    self.lose(self.page, f"the page has sent nothing for {SILENCE:g} s")
                if not self.page and self.publisher.look():
                    simulated.set(size=self.size)
                    frame = simulated.read()
                    write_into(frame, f"Simulated: {self.why}")
                    self.publisher.send(frame, source="simulated", fps=1 / _STEP)


class Page(PageSocket):
    """One view of a camera in a page."""

    def initialize(self, feed):
        self.feed, self.reason = feed, ""  # why it is closed, if we do

    def on_message(self, message):
        if self.reason:  # what was on its way
            return
        try:
            if isinstance(message, bytes):
                self.feed.take(self, *decode_picture(message))
                with contextlib.suppress(WebSocketClosedError):
                    self.write_message("taken")
            else:
                words = " ".join(str(json.loads(message)["note"]).split())
                self.feed.lose(self, words)
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            self.dismiss(f"not a message of this page: {error}")

    def on_close(self):
        if self.feed.page is self:
            self.feed.lose(self, self.reason or "the page turned its camera off, or is closed")

    def dismiss(self, reason):
        """Say why, close the connection, and take nothing more from it."""
        self.reason = reason[:300]
        with contextlib.suppress(WebSocketClosedError):
            self.write_message(self.reason)
        self.close()


def write_into(frame: np.ndarray, text: str) -> None:
    """Write lines of ASCII on black into the top of a picture."""
    lines = textwrap.wrap(text, frame.shape[1] // 9)
    frame[: 20 * len(lines) + 8] = 0
    for number, line in enumerate(lines, 1):
        place, font, white = (8, 20 * number), cv2.FONT_HERSHEY_SIMPLEX, (255, 255, 255)
        cv2.putText(frame, line, place, font, 0.45, white, 1, cv2.LINE_AA)
