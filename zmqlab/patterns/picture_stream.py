"""From a stream to a page: the newest frame, as a JPEG, over a websocket.

A page may have `CREDITS` pictures on their way to it and gives one credit back for each that it has
painted. So a slow line gets fewer pictures, not older ones::

    to the page     binary   4 bytes   length of the JSON, big-endian
                             n bytes   {"sequence": 7, "time": 1700000000.25,
                                        "fps": 29.9, "latency": 0.02, "lost": 0}
                             rest      a JPEG
    from the page   text     "painted 7"
"""

import asyncio
import contextlib
import json
import time
from collections import deque

import cv2
import numpy as np
from tornado.websocket import WebSocketClosedError

from zmqlab.analysis.frames import check_frame
from zmqlab.analysis.spectra import log_spectrum, spectrum
from zmqlab.patterns.http_server import KnownSocket
from zmqlab.patterns.subscription import EndOfStream

CREDITS = 2  # pictures on their way: one that is painted, one that travels
SILENCE = 2.0  # seconds without a frame until the page is told why
QUALITY = 80  # of the JPEG, per cent
FAINT, BRIGHT = 3.0, 7.0  # what is black and what is white in a spectrum: log10(1 + |F|)
LARGEST = 16_000  # pixels: what a browser can paint, when the spectrum doubles the width
LONGEST = 10_000  # bytes of what a page sends


class Show:
    """The newest frame that can be drawn, and the pages that look at it."""

    def __init__(self, loop, spectrum):
        self.loop, self.spectrum = loop, spectrum
        self.pages = set()
        self.frame = self.picture = None  # as it came, and as `as_picture` makes it
        self._encoded = None  # the picture that was encoded last
        self.header = {}
        self.lost, self.control, self.note = 0, None, ""
        self._encoding = None
        self._came = asyncio.Event()

    def receive(self, stream):
        """Keep the newest frame of a subscription; runs in a thread, which alone uses it now."""
        left_out, why = 0, ""
        with stream:
            while True:
                news, note = {}, ""
                try:
                    frame = stream.latest(SILENCE)
                    picture, note = as_picture(frame)
                    news = {"frame": frame, "picture": picture, "header": stream.header}
                except EndOfStream:
                    note = "The publisher has ended the stream."
                except TimeoutError:
                    try:
                        note = f"No frame for {SILENCE:g} s: {stream.why_nothing()}."
                    except RuntimeError:  # no thread can be started any more: Python is ending
                        return
                except (TypeError, ValueError) as error:
                    left_out += 1
                    why = f"Frames left out: {left_out}, the last because {error}."
                news |= {"lost": stream.lost, "control": stream.control}
                news["note"] = f"{note} {why}".strip()
                with contextlib.suppress(RuntimeError):  # the loop has been closed
                    self.loop.call_soon_threadsafe(self.take, news)

    def take(self, news):
        """Take what the thread has received, and wake the pages."""
        vars(self).update(news)
        if "frame" in news:
            self._came.set()
        self.wake()

    def wake(self):
        """Have the pages look at what is new."""
        for page in self.pages:
            page.wake.set()

    async def next_frame(self, timeout):
        """Wait for the next frame, or so many seconds; TimeoutError then."""
        self._came.clear()
        try:
            async with asyncio.timeout(timeout):
                await self._came.wait()
        except TimeoutError:
            raise TimeoutError(f"No frame came within {timeout:g} s. {self.note}") from None
        return self.frame

    async def jpeg(self):
        """Return the newest picture as a JPEG: made once, however many pages ask for it."""
        if self._encoding is None or self._encoded is not self.picture:
            self._encoded = picture = self.picture
            work = asyncio.to_thread(lambda: encode(draw(picture, self.spectrum)))
            self._encoding = asyncio.create_task(work)
        return await asyncio.shield(self._encoding)


class PictureSocket(KnownSocket):
    """One page that looks. `tell` and `obey` are for what travels besides the pictures."""

    def initialize(self, show):
        self.show = show
        self.wake = asyncio.Event()
        self.credits, self.sent = CREDITS, None
        self.on_their_way = {}  # sequence: when that frame was captured
        self.painted = deque(maxlen=60)  # when
        self.latency = 0.0

    def open(self):
        super().open()
        self.show.pages.add(self)
        self.wake.set()
        self.task = asyncio.create_task(self.send())

    def on_close(self):
        self.show.pages.discard(self)
        self.task.cancel()

    async def tell(self):
        """Send what is new, apart from pictures."""

    async def obey(self, message):
        """Do what a message from the page, a dict, asks for; KeyError and the like if it cannot."""

    async def send(self):
        """Send what is new each time it is woken, and pictures while there are credits."""
        show = self.show
        with contextlib.suppress(WebSocketClosedError):
            while True:
                await self.wake.wait()
                self.wake.clear()
                await self.tell()
                number = (show.header.get("stream"), show.header.get("sequence"))
                if self.credits and show.picture is not None and number != self.sent:
                    self.credits, self.sent = self.credits - 1, number
                    await self.send_picture(show.header)

    async def send_picture(self, header):
        now = time.monotonic()
        lately = [at for at in self.painted if now - at < 2]
        about = {
            "sequence": header["sequence"],
            "time": header["time"],
            "fps": (len(lately) - 1) / (lately[-1] - lately[0]) if len(lately) > 2 else 0.0,
            "latency": self.latency,
            "lost": self.show.lost,
        }
        self.on_their_way[header["sequence"]] = header["time"]
        jpeg = await self.show.jpeg()
        text = json.dumps(about).encode()
        await self.write_message(len(text).to_bytes(4, "big") + text + jpeg, binary=True)

    async def on_message(self, text):
        try:
            if isinstance(text, str) and text.startswith("painted "):
                self.take_back(int(text.split()[1]))
            else:
                message = json.loads(text)
                if not isinstance(message, dict):
                    raise TypeError("no JSON object")
                await self.obey(message)
        except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError):
            self.close(1007, "not a message of this page")

    def take_back(self, sequence):
        """Take back a credit for a picture that was painted; measure how old it was by then.

        By the clock of this computer alone: that of the page may be wrong. So the figure includes
        the way back.
        """
        captured = self.on_their_way.pop(sequence, None)
        if captured is not None:
            self.latency = time.time() - captured
            self.painted.append(time.monotonic())
            self.credits = min(CREDITS, self.credits + 1)
            self.wake.set()


def as_picture(frame: np.ndarray) -> tuple[np.ndarray, str]:
    """Return what a page can show of a frame, uint8, and a note if that is not the frame as it is.

    White is 255 in a frame of uint8, and 1 in one of booleans or of floating point from 0 to 1. In
    any other it is the highest number, and black is 0 or, if there are negative ones, the lowest.

    Raises
    ------
    TypeError, ValueError
        If the page can show nothing of it; says what came.
    """
    check_frame(frame)
    if min(frame.shape[:2]) < 2 or max(frame.shape) > LARGEST:
        raise ValueError(f"a frame of shape {frame.shape} is not 2 to {LARGEST:,} pixels each way")
    if frame.dtype == np.uint8:
        return frame, ""
    with np.errstate(all="ignore"):
        numbers = frame.astype(np.float32)
        finite = np.isfinite(numbers)
        low, high = (each(where=finite, initial=0) for each in (numbers.min, numbers.max))
        natural = frame.dtype.kind in "bf" and low == 0 and high <= 1
        scale = 255 / (1 if natural or low == high else high - low)
        levels = np.nan_to_num(np.clip(scale * (numbers - low), 0, 255))
    assumed = [] if natural else ["its highest number is white"]
    assumed += [] if finite.all() else ["what is no number is black"]
    return levels.astype(np.uint8), f"{frame.dtype}: {', '.join(assumed)}." if assumed else ""


def draw(picture: np.ndarray, with_spectrum: bool = True) -> np.ndarray:
    """Return a picture with its spectrum to the right: height x (2 width) x 3, BGR, uint8."""
    colours = picture if picture.ndim == 3 else cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
    return np.hstack([colours, draw_spectrum(picture)]) if with_spectrum else colours


def draw_spectrum(picture: np.ndarray) -> np.ndarray:
    """Return the spectrum of a picture in colours: height x width x 3, BGR, uint8."""
    logarithm = log_spectrum(spectrum(picture), picture.shape[1])
    levels = np.clip((logarithm - FAINT) * (255 / (BRIGHT - FAINT)), 0, 255).astype(np.uint8)
    return cv2.applyColorMap(levels, cv2.COLORMAP_MAGMA)


def encode(picture: np.ndarray, ending: str = ".jpg") -> bytes:
    """Return the picture as the bytes of an image file."""
    options = [cv2.IMWRITE_JPEG_QUALITY, QUALITY] if ending == ".jpg" else []
    return cv2.imencode(ending, picture, options)[1].tobytes()
