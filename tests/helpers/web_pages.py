"""A web page with its camera, and visitors without a browser."""

import asyncio
import contextlib
import json
import urllib.error
import urllib.request

import pytest
from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClosedError, websocket_connect

from zmqlab import camera_publisher, camera_server, start, web_page

WAIT = 20  # seconds, for what is sure to come
SLOW = {"start_timeout": 120}  # on a busy computer too


def fails(url, status):
    """Ask for what is refused with this status, and close the answer: it is in the exception."""
    with pytest.raises(urllib.error.HTTPError, match=str(status)) as refused:
        urllib.request.urlopen(url, timeout=WAIT)
    refused.value.close()


def address_of(process):
    return process.wait_output("web page: ").split()[-1]


@contextlib.contextmanager
def serving(history, name="page"):
    """Give a camera server, a publisher, the process of a web page and its address."""
    with (
        start(camera_server, "simulated", process_name=f"{name}'s camera", **SLOW) as server,
        start(camera_publisher, "simulated", process_name=f"{name}'s stream", **SLOW) as publisher,
        serving_page(server.endpoint, publisher.endpoint, history, name=name) as (page, address),
    ):
        yield server, publisher, page, address


@contextlib.contextmanager
def serving_page(connect, subscribe, history, role=web_page, name="page", **options):
    """Give the process of a web page, and its address."""
    options |= {"connect": connect, "subscribe": subscribe, "history": history}
    with start(role, process_name=name, **SLOW, **options) as page:
        yield page, address_of(page)


class Visitor:
    """What a page is: knows what it was told, and gives credits back."""

    def __init__(self, connection):
        self.connection = connection
        self.state, self.measurements, self.note = {}, [], ""
        self.pictures, self.closed = 0, False

    async def send(self, **message):
        await self.connection.write_message(json.dumps(message))

    async def hear(self):
        """Take the next message; return False if the connection was closed."""
        async with asyncio.timeout(WAIT):
            message = await self.connection.read_message()
        if isinstance(message, bytes):
            length = int.from_bytes(message[:4], "big")
            sequence = json.loads(message[4 : 4 + length])["sequence"]
            self.pictures += 1
            with contextlib.suppress(WebSocketClosedError):  # to be heard next
                await self.connection.write_message(f"painted {sequence}")
        elif message is not None:
            news = json.loads(message)
            self.state = news.get("state", self.state)
            self.measurements += news.get("measurements", [])
            self.note = news.get("note", self.note)
        self.closed = message is None
        return not self.closed

    async def hear_until(self, done):
        """Take messages until `done(self)`, which pictures alone must not put off for ever."""

        async with asyncio.timeout(3 * WAIT):
            while not done(self):
                assert await self.hear(), "the connection was closed"

    async def measure(self):
        """Ask for a measurement, and wait for it; raises what the note says, if there is none."""
        await self.hear_until(lambda self: self.state and not self.state["camera"])
        before, self.note = len(self.measurements), "does not answer"
        while "does not answer" in self.note:  # a camera that was too slow is asked again
            self.note = ""
            await self.send(measure=True)
            await self.hear_until(lambda self: len(self.measurements) > before or self.note)
        if self.note:
            raise RuntimeError(self.note)
        return self.measurements[-1]


@contextlib.asynccontextmanager
async def visiting(address, **headers):
    request = HTTPRequest(address.replace("http", "ws") + "stream", headers=headers)
    connection = await websocket_connect(request)
    visitor = Visitor(connection)
    try:
        yield visitor
    finally:
        connection.close()
        while not visitor.closed:
            async with asyncio.timeout(WAIT):
                visitor.closed = await connection.read_message() is None
