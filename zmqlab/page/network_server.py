"""The process behind the network map: takes in what the kernel tells, and shows it to pages.

What comes from the kernel is drawn in `zmqlab.page.network_feed`. To and from a page travels JSON::

    to the page     {"svg": .., "width": .., "height": .., "words": .., "nodes": {id: what it may},
                     "flows": {edge: [there, back, rate there, rate back, words, queue], ..},
                     "table": .., "detail": .., "of": id, "note": "camera: ■ stopped",
                     "timeline": ..}           of these what is new
    from the page   {"do": "stop" | "kill" | "pause" | "resume" | "dismiss" | "look", "node": id}
                    {"do": "tidy" | "trace"}

`there` and `back` count messages, `rate` is in messages a second. A page that is slow is told less
often.
"""

import asyncio
import contextlib
import json
from pathlib import Path

import zmq
from tornado.websocket import WebSocketClosedError

from zmqlab.page.network_scene import ACTS, Scene
from zmqlab.page.page_server import PageSocket, serve_pages
from zmqlab.wire.sockets import FRAME, bind, recv_parts

PERIOD = 0.2  # seconds between looks at what has come
RARELY = 5  # looks between tables
LONGEST = 1_000  # bytes of what a page sends


def serve_network(
    secret: str, token: str, commands: str, commands_token: str, keys: Path | None = None
) -> None:
    """Show the network to pages that know the token, until told to stop.

    Prints ``port NUMBER`` once pages can connect.

    Parameters
    ----------
    secret : str
        With which each message from the kernel begins.
    token : str
        Of the pages.
    commands, commands_token : str
        Endpoint and token for what is asked of the kernel.
    keys : Path, optional
        The kernel's, as `zmqlab.wire.keys` describes them.
    """
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(secret.encode(), token, commands, commands_token.encode(), keys))


async def _serve(secret, token, commands, commands_token, keys):
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.PUSH) as push,
    ):
        bind(pull, "tcp://127.0.0.1:*", FRAME, keys)
        push.linger, push.sndhwm = 0, 10
        push.connect(commands)

        def ask_kernel(what, name):
            order = json.dumps({"do": what, "name": name}).encode()
            with contextlib.suppress(zmq.Again):
                push.send_multipart([commands_token, order, b""], zmq.NOBLOCK)

        scene, pages, rounds = Scene(), set(), 0
        options = {"pages": pages, "scene": scene, "ask_kernel": ask_kernel}
        serve_pages(token, LONGEST, {"stream": Page}, **options)
        while True:
            with contextlib.suppress(TimeoutError):
                for _ in range(10_000):
                    said = recv_parts(pull, 0)
                    if len(said) == 2 and said[0].bytes == secret:
                        scene.take(json.loads(said[1].bytes))
            rarely = rounds % RARELY == 0
            scene.refresh(rarely)
            for page in list(pages):
                page.tell(rarely)
            rounds += 1
            await asyncio.sleep(PERIOD)


class Page(PageSocket):
    """One page that looks on."""

    def initialize(self, pages, scene, ask_kernel):
        self.pages, self.scene, self.ask_kernel = pages, scene, ask_kernel
        self.known, self.noted = {}, scene.noted  # what it has been told
        self.looks_at = self.sent = None
        self.waits = False  # for a timeline

    def open(self):
        super().open()
        self.pages.add(self)
        self.tell()

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
            self.ask_kernel("trace", "")
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
            self.ask_kernel("stop", name)  # which knows how to do that politely

    def look(self):
        """Have the process that is looked at tell of its last messages for a while."""
        if self.looks_at in self.scene.members:
            self.ask_kernel("look", self.looks_at)

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
