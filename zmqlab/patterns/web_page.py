"""A web page that measures: a button, a camera behind it, and everybody sees what came out.

::

    browser ── websocket ──┐              ┌── REQ   ROUTER   camera_server
    browser ── websocket ──┤   web_page   ┤
    browser ── websocket ──┘              └── SUB   XPUB     camera_publisher

One program serves the page (with tornado) and talks to the camera (with zmq.asyncio), in one event
loop. Its visitors share the camera: each may have one measurement waiting, and whoever asks again
goes to the end. So nobody waits for more than one of each of the others.

The websocket carries pictures (see `zmqlab.patterns.picture_stream`), and text::

    to the page     {"state": {"camera": "", "source": "simulated", "exposure": 0.01,
                               "stream": "", "turn": null, "pictured": 7}}
                    {"measurements": [[7, 1700000000.25, 0.01, 12.0003, 0.0006, 25.0], ..]}
                    {"note": "Not measured: .."}
    from the page   {"measure": true} | {"exposure": 0.02}

camera, stream
    Why there is nothing from it; empty as long as all is well.
turn
    How many measurements come before that of this visitor, null for a visitor who waits for none.
pictured
    The measurement whose frame and spectrum can be had as ``frame.jpg`` and ``spectrum.jpg``.
measurements
    Those that this page does not have yet; see `zmqlab.patterns.measurements.Measurement`.
"""

import asyncio
import contextlib
import re
import secrets
import socket
import threading
import time
import traceback
from collections import deque
from pathlib import Path

import zmq.asyncio

from zmqlab.analysis.fringes import measure_fringes
from zmqlab.patterns.http_server import serve
from zmqlab.patterns.measurements import HistoryError, keep, kept
from zmqlab.patterns.picture_stream import Show, as_picture, draw, draw_spectrum, encode
from zmqlab.patterns.request_reply import RequestError, pack_request, request, unpack_reply
from zmqlab.patterns.subscription import Subscription
from zmqlab.patterns.web_visitors import application
from zmqlab.wire import sockets
from zmqlab.wire.keys import KeysError, check_page_open
from zmqlab.wire.messages import MessageError
from zmqlab.wire.text import plain

_PERIOD = 1.0  # seconds between two looks at a camera of which nobody wants anything
_TIMEOUT = 2.0  # seconds to wait for its settings, which it always has at hand
_EXPOSED = 12.0  # seconds to wait for a frame, with an exposure of up to ten
_SHOWN = 1000  # measurements in a page; the file keeps all
# A keys folder may be away for a moment: each new socket reads it anew.
_REFUSED = (RequestError, MessageError, TimeoutError, KeysError)


def web_page(
    *,
    connect: str,
    subscribe: str,
    topic: str = "camera",
    bind: str = "http://127.0.0.1:*",
    history: Path = Path("measurements.sqlite"),
    keys: str | Path | None = None,
    unencrypted: bool = False,
) -> None:
    """Serve a web page that measures fringes with a camera, until told to stop.

    Prints the address of the page, for whoever is to use it: it contains a key, drawn anew each
    time, and nobody gets in without it.

    Parameters
    ----------
    connect
        Where the camera server listens, for example ``tcp://127.0.0.1:5555``. It may come later,
        go, and come again. Of a camera publisher, for a camera that only one program can have,
        where it answers requests: then a measurement is the next frame of its stream.
    subscribe
        Where the live picture is published. The exposure is set there too.
    topic
        The name of that stream.
    bind
        Where to serve the page. ``http://127.0.0.1:*``: any free port, for browsers on this
        computer only. ``http://0.0.0.0:8000``: port 8000, for every computer on the network, which
        takes `unencrypted`.
    history
        The file in which measurements are kept, a database of SQLite.
    keys
        A folder of `zmqlab keys`, for a camera that lets in only clients it knows. Between page and
        browser it does nothing: who may come is who has the address.
    unencrypted
        Whether `bind` may be an address that other computers reach. Whoever can listen on the way
        reads the address of the page, and can measure and set the camera then.

    Raises
    ------
    KeysError
        If other computers could reach the page, and nothing is said of that.
    HistoryError
        If that file cannot be used.
    OSError
        If the address cannot be bound.
    """
    check_page_open(bind, unencrypted)
    past = kept(history, _SHOWN)
    # zmq.asyncio needs a loop that waits for sockets; that of Windows is another one.
    with (
        asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
        contextlib.suppress(KeyboardInterrupt),
    ):
        runner.run(_serve(connect, subscribe, topic, bind, history, past, keys))


async def _serve(connect, subscribe, topic, bind, history, past, keys):
    show = Show(asyncio.get_running_loop(), spectrum=False)
    listening, address = _listen(bind)
    camera = SharedCamera(connect, show, history, past, keys)
    try:
        camera.connect()
        stream = Subscription(subscribe, topic, hwm=2, keys=keys)
        threading.Thread(target=show.receive, args=(stream,), daemon=True).start()
        token = secrets.token_urlsafe(16)
        serve(application(token, camera), [listening])
        print(f"web page: {address}/{token}/", flush=True)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(camera.take_turns())
            tasks.create_task(camera.watch())
    finally:
        camera.context.destroy(linger=0)
        listening.close()


def _listen(bind):
    """Return a socket that listens, and its address for a browser."""
    parts = re.fullmatch(r"http://(\[[\da-fA-F:]+\]|[^/:\[\]]+):(\*|\d{1,5})/?", bind)
    if parts is None or (parts[2] != "*" and int(parts[2]) >= 2**16):
        raise OSError(f"cannot bind {bind!r}: give an address such as http://127.0.0.1:8000")
    host, port = parts[1], int(parts[2].replace("*", "0"))
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    try:
        listening = socket.create_server((host.strip("[]"), port), family=family, backlog=128)
    except (OSError, UnicodeError) as error:
        raise OSError(f"cannot bind {bind!r}: {error}. Take another one, or port *") from None
    listening.setblocking(False)
    name = socket.gethostname() if host in ("0.0.0.0", "[::]") else host
    return listening, f"http://{name}:{listening.getsockname()[1]}"


class SharedCamera:
    """What the visitors share: a camera, whose turn it is, and what was measured."""

    def __init__(self, endpoint, show, history, past, keys):
        self.endpoint, self.show, self.history, self.keys = endpoint, show, history, keys
        self.measurements = deque(past, maxlen=_SHOWN)
        self.pictures = {}  # of the newest measurement: "frame" and "spectrum", as JPEGs
        self.state = {"camera": "Looking for the camera.", "source": "", "exposure": None}
        self.state["pictured"] = None
        self.waiting = []  # visitors, in the order in which they asked; the first is served
        self.wanted = None  # an exposure, and the visitor who wants it: the last one counts
        self.asked = asyncio.Event()
        self.context, self.socket = zmq.asyncio.Context(), None
        self.turn = asyncio.Lock()

    def connect(self):
        """Make a socket for requests. One that got no reply cannot send again."""
        self.socket = self.context.socket(zmq.REQ)
        self.socket.linger, self.socket.sndtimeo = 0, int(1000 * _TIMEOUT)
        sockets.connect(self.socket, self.endpoint, keys=self.keys)

    async def take_turns(self):
        """Do what the visitors ask for, one after the other."""
        while True:
            await self.asked.wait()
            self.asked.clear()
            while self.waiting or self.wanted:
                if self.wanted:
                    (seconds, visitor), self.wanted = self.wanted, None
                    await self._tell(visitor, self._expose(seconds))
                    visitor.told = None  # its slider goes to where the camera is, be that as before
                if self.waiting:
                    visitor = self.waiting[0]
                    await self._tell(visitor, self._measure())
                    if self.state["camera"]:  # it has gone: nobody need wait to be told
                        for each in self.waiting:
                            each.note = f"Not measured. {self.state['camera']}"
                        self.waiting.clear()
                    if visitor in self.waiting:  # who has left is there no longer
                        self.waiting.remove(visitor)
                self.show.wake()

    async def _tell(self, visitor, doing):
        """Do something for a visitor, and tell him if it did not work."""
        try:
            await doing
        except (*_REFUSED, HistoryError, TypeError, ValueError) as error:
            visitor.note = str(error)
        except Exception as error:  # a surprise: tell both sides, and go on serving
            traceback.print_exc()
            visitor.note = f"{type(error).__name__}: {error}"

    async def _measure(self):
        """Read a frame, examine it, keep what came out; only then show it to everybody."""
        async with self.turn:
            await self._look()
            frame = await self._read()
            now, exposure = time.time(), self.state["exposure"]
        fringes, pictures = await asyncio.to_thread(_examine, frame)
        found = (now, exposure, fringes)
        try:
            measurement = await asyncio.to_thread(keep, self.history, *found)
        except HistoryError as error:
            raise HistoryError(f"What was measured is not kept: {error}.") from error
        self.pictures, self.state["pictured"] = pictures, measurement.number
        if self.measurements and measurement.number <= self.measurements[-1].number:
            self.measurements.clear()  # another file has taken the place of the first one
            for page in self.show.pages:
                page.newest = -1
        self.measurements.append(measurement)

    async def _read(self):
        if self.endpoint == self.show.control:  # a publisher: its frames are in the stream
            return await self.show.next_frame(_EXPOSED)
        _, _, frame = await self._ask("read", timeout=_EXPOSED)
        if frame is None:
            raise MessageError(f"{self.endpoint} replied without a frame: it is no camera server")
        return frame

    async def _expose(self, seconds):
        """Set the exposure of the camera, and of that whose stream is shown if it is another."""
        async with self.turn:
            await self._ask("set", {"exposure": seconds})
            await self._look()
        if (control := self.show.control) not in (None, self.endpoint):
            wanted = {"exposure": seconds}
            await asyncio.to_thread(request, control, "set", wanted, _TIMEOUT, keys=self.keys)

    async def watch(self):
        """Look at the camera now and then, as long as nobody uses it."""
        while True:
            async with self.turn:
                with contextlib.suppress(*_REFUSED):
                    await self._look()
            self.show.wake()
            await asyncio.sleep(_PERIOD)

    async def _look(self):
        """Find out whether the camera answers, and how it is set."""
        _, info, _ = await self._ask("info")
        settings = info.get("settings")
        exposure = settings.get("exposure") if isinstance(settings, dict) else None
        self.state["exposure"] = exposure if type(exposure) in (int, float) else None
        self.state["source"] = plain(info.get("source", ""), 100)

    async def _ask(self, command, parameters=None, timeout=_TIMEOUT):
        """Send a request and return the reply; after a failure the next one has a new socket."""
        try:
            if self.socket is None:
                self.connect()
            try:
                await self.socket.send_multipart(pack_request(command, parameters))
            except zmq.Again:  # libzmq has given this connection up
                raise TimeoutError(f"The connection to {self.endpoint} has ended.") from None
            if not await self.socket.poll(1000 * timeout):
                who = await asyncio.to_thread(sockets.who_listens, self.endpoint, keys=self.keys)
                raise TimeoutError(f"The camera does not answer at {self.endpoint}: {who}.")
            parts = await self.socket.recv_multipart(copy=False)
            reply = unpack_reply(parts, self.endpoint, command)
        except RequestError:
            self.state["camera"] = ""
            raise
        except BaseException as error:
            self.socket.close()
            self.socket = None
            self.state["camera"] = str(error)
            raise
        self.state["camera"] = ""
        return reply


def _examine(frame):
    """Return the fringes in a frame, and its pictures for a page."""
    fringes = measure_fringes(frame)
    picture, _ = as_picture(frame)
    pictures = {"frame": draw(picture, with_spectrum=False), "spectrum": draw_spectrum(picture)}
    return fringes, {name: encode(each) for name, each in pictures.items()}
