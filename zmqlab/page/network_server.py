"""The process behind the network map: takes reports in, puts them together, shows them to pages.

What comes from the kernel is drawn in `zmqlab.page.network_feed`. jupyter-server-proxy carries the
websocket, so that the kernel may be busy. On it travels JSON::

    to the page     {"svg": .., "width": .., "height": .., "words": .., "nodes": {id: what it may}}
                    {"flows": {edge: [there, back, rate there, rate back, words, queue], ..}}
                    {"table": ..}, {"detail": .., "of": id}, {"note": "camera: ■ stopped"}
                    {"timeline": ..}
    from the page   {"do": "stop" | "kill" | "pause" | "resume" | "dismiss" | "look", "node": id}
                    {"do": "tidy" | "trace"}

`there` and `back` count messages, `rate` is in messages a second. A page that is slow is told less
often.
"""

import asyncio
import contextlib
import json

import tornado.httpserver
import tornado.netutil
import tornado.web
import zmq
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from zmqlab.page.network_acts import Acts
from zmqlab.page.network_scene import Scene

PERIOD = 0.1  # seconds between looks at what has come
FLOWS = 2  # looks between words on the flow
TABLE = 10  # looks between tables
LONGEST = 1_000  # bytes of what a page sends


def serve_network(secret: str, token: str, commands: str, commands_token: str) -> None:
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
    """
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(secret.encode(), token, commands, commands_token.encode()))


async def _serve(secret, token, commands, commands_token):
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind("tcp://127.0.0.1:*")
        with context.socket(zmq.PUSH) as push:
            push.linger, push.sndhwm = 0, 10
            push.connect(commands)

            def ask_kernel(what, name):
                order = json.dumps({"do": what, "name": name}).encode()
                with contextlib.suppress(zmq.Again):
                    push.send_multipart([commands_token, order, b""], zmq.NOBLOCK)

            scene = Scene()
            pages: set[Page] = set()
            acts = Acts(scene, ask_kernel)
            where = rf"/{token}/stream"
            options = {"pages": pages, "scene": scene, "acts": acts}
            application = tornado.web.Application(
                [(where, Page, options)], websocket_max_message_size=LONGEST
            )
            sockets = tornado.netutil.bind_sockets(0, "127.0.0.1")
            tornado.httpserver.HTTPServer(application).add_sockets(sockets)
            print("port", sockets[0].getsockname()[1], flush=True)
            rounds = 0
            while True:
                _take_in(pull, secret, scene)
                scene.refresh()
                for page in list(pages):
                    page.tell(rounds)
                rounds += 1
                await asyncio.sleep(PERIOD)


def _take_in(pull, secret, scene):
    """Take in what has come from the kernel; of several reports of a process the last one."""
    reports = {}
    with contextlib.suppress(zmq.Again):
        for _ in range(10_000):
            said, *rest = pull.recv_multipart(zmq.NOBLOCK)
            if said != secret or len(rest) < 2:
                continue
            if rest[0] == b"roster":
                scene.roster(json.loads(rest[1]))
            elif rest[0] == b"timeline":
                scene.timeline, scene.looks = rest[1].decode(), scene.looks + 1
            elif rest[0] == b"report":
                reports[rest[1].decode()] = rest[2]
    for name, text in reports.items():
        scene.report(name, json.loads(text))


class Page(WebSocketHandler):
    """One page that looks on."""

    def initialize(self, pages, scene, acts):
        self.pages, self.scene, self.acts = pages, scene, acts
        self.drawing = self.detail = self.notes = self.table = None
        self.looks_at = self.sent = self.waits_after = None
        self.counts = {}

    def check_origin(self, origin):
        return True  # who knows the token was given it by the kernel, in the page

    def open(self):
        self.pages.add(self)
        self.set_nodelay(True)
        self.notes = len(self.scene.notes)
        self.tell(0)

    def on_close(self):
        self.pages.discard(self)

    def on_message(self, message):
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            order = json.loads(message)
            if order["do"] == "look":
                self.looks_at = order["node"]
                self.detail = None
                self.acts.look(order["node"])
            else:
                if order["do"] == "trace":
                    self.waits_after = self.scene.looks
                self.acts.act(order["do"], order.get("node"))

    def tell(self, rounds):
        """Send what is new since the last time, unless that is still on its way."""
        if self.sent and not self.sent.done():
            return
        news, scene = {}, self.scene
        if not scene.members:
            return  # the kernel has not told of any yet
        if self.drawing != scene.version:
            self.drawing = scene.version
            self.counts = {}
            news |= scene.drawing()
        if rounds % FLOWS == 0:
            flows = scene.flows()
            news["flows"] = {e: f for e, f in flows.items() if self.counts.get(e) != f}
            self.counts = flows
        if rounds % TABLE == 0 and self.table != (table := scene.table()):
            self.table = news["table"] = table
        if rounds % TABLE == 0 and self.looks_at is not None:
            self.acts.look(self.looks_at)
        if self.looks_at is not None and rounds % FLOWS == 0:
            detail = scene.detail(self.looks_at)
            if detail != self.detail:
                self.detail = detail
                news |= {"detail": detail, "of": self.looks_at}
        if self.notes < len(scene.notes):
            news["note"] = scene.notes[-1]
            self.notes = len(scene.notes)
        if self.waits_after is not None and scene.looks > self.waits_after:
            self.waits_after = None
            news["timeline"] = scene.timeline
        if not news.get("flows", True):
            del news["flows"]
        if news:
            self.sent = asyncio.ensure_future(self._write(json.dumps(news)))

    async def _write(self, text):
        with contextlib.suppress(WebSocketClosedError):
            await self.write_message(text)
