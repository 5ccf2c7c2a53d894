"""The server of the network map, in a thread of the kernel: tells pages what goes on, and obeys.

Its port can be reached by every user of this computer, so pages have a token. To and from a page
travels JSON::

    to the page     {"svg": .., "width": .., "height": .., "words": .., "nodes": {id: what it may},
                     "flows": {edge: [there, back, rate there, rate back, words, queue], ..},
                     "table": .., "detail": .., "of": id, "note": "camera: ■ stopped",
                     "timeline": ..}           of these what is new
    from the page   {"do": "stop" | "kill" | "pause" | "resume" | "dismiss" | "look", "node": id}
                    {"do": "tidy" | "trace"}

`there` and `back` count messages, `rate` is in messages a second. After "trace" all processes note
their messages, and the timeline of the next second follows. A page that is slow is told less often,
and nothing is drawn while no page looks on.
"""

import asyncio
import contextlib
import json
import threading
from concurrent.futures import Future

from tornado.websocket import WebSocketClosedError

from zmqlab.page.network_scene import ACTS, Scene
from zmqlab.page.page_server import PageSocket, serve_pages
from zmqlab.page.timeline import look
from zmqlab.processes import launch, observed
from zmqlab.processes.members import members

PERIOD = 0.2  # seconds between looks at the processes
RARELY = 5  # looks between tables
LONGEST = 1_000  # bytes of what a page sends
STARTING = 20.0  # seconds that the thread may take to begin, on a busy computer


def serve_network(token: str) -> int:
    """Show the network to pages that know the token, as long as this process runs.

    Returns
    -------
    int
        The port, on this computer.
    """
    port: Future[int] = Future()
    server = threading.Thread(target=_run, args=(token, port), daemon=True, name="network map")
    server.start()
    return port.result(STARTING)


def _run(token, port):
    asyncio.run(_serve(token, port))


async def _serve(token, port):
    scene, pages, rounds = Scene(), set(), 0
    port.set_result(serve_pages(token, LONGEST, {"stream": Page}, pages=pages, scene=scene))
    while True:
        if pages:
            scene.take(members())
            scene.refresh(rounds % RARELY == 0)
        for page in list(pages):
            page.tell(rounds % RARELY == 0)
        rounds += 1
        await asyncio.sleep(PERIOD)


class Page(PageSocket):
    """One page that looks on."""

    def initialize(self, pages, scene):
        self.pages, self.scene = pages, scene
        self.known, self.noted = {}, scene.noted  # what it has been told
        self.looks_at = self.sent = None
        self.waits = False  # for a timeline

    def open(self):
        super().open()
        self.pages.add(self)  # it is told of the next look: the last one may be long ago

    def on_close(self):
        self.pages.discard(self)

    def on_message(self, message):
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
            order = json.loads(message)
            name = order.get("node")
            if name is None or isinstance(name, str):  # what it looks at is asked for again later
                self.obey(order["do"], name)

    def obey(self, what, name):
        """Do what the page asks for, to a process of that name; to no other."""
        scene = self.scene
        if what == "tidy":
            scene.tidy()
        elif what == "trace":
            scene.timeline, self.waits = None, True
            _in_a_thread(self.trace)
        elif what == "dismiss":
            scene.dismiss(name)
        elif what == "look":
            self.looks_at = name
            self.known.pop("detail", None)
            self.look()
        elif scene.runs(name) and what in ACTS:
            scene.act(what, name)
        elif scene.runs(name) and what == "stop":
            scene.act("resume", name)  # what is paused would not hear of it
            _in_a_thread(launch.process(name).stop)

    def trace(self):
        """Have all processes note their messages, and draw those of a moment."""
        self.scene.timeline = look([each for each in launch.processes() if each.running])

    def look(self):
        """Have the process that is looked at tell of its last messages for a while."""
        if self.looks_at == "":
            observed.preview()
        elif self.looks_at in self.scene.members:
            launch.process(self.looks_at).preview()

    def tell(self, rarely=False):
        """Send what is new since the last time, unless that is still on its way."""
        scene = self.scene
        if not scene.members or (self.sent and not self.sent.done()):
            return
        if rarely:
            self.look()
        now = scene.shown | {"detail": scene.detail(self.looks_at)}
        news = {what: value for what, value in now.items() if self.known.get(what) != value}
        self.known = now
        if "detail" in news:
            news["of"] = self.looks_at
        if self.noted != scene.noted:
            self.noted, news["note"] = scene.noted, scene.note
        if self.waits and scene.timeline is not None:
            self.waits, news["timeline"] = False, scene.timeline
        if news:
            self.sent = asyncio.ensure_future(self.send(json.dumps(news)))

    async def send(self, text):
        with contextlib.suppress(WebSocketClosedError):
            await self.write_message(text)


def _in_a_thread(work):
    threading.Thread(target=work, daemon=True).start()
