"""The network map: what its process tells a page, what a page may do, and how a page looks."""

import asyncio
import contextlib
import json
import os
import re
import sys
import threading
import urllib.error
import urllib.request

import cloudpickle
import psutil
import pytest
import zmq
from helpers.observing import LOOPBACK, PATIENCE
from tornado.websocket import websocket_connect

import zmqlab
from zmqlab.page.network_map import NAME
from zmqlab.processes import own_sockets

cloudpickle.register_pickle_by_value(sys.modules[__name__])
AS_IT_WAS = zmq.Context._socket_class


def answer():
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(LOOPBACK)
        while True:
            socket.recv_multipart()
            socket.send_multipart([b"camera/", b'{"dtype":"uint8","shape":[48,64,3]}', bytes(9216)])


def ask(endpoint, seconds):
    import numpy  # noqa: F401 - pictures are made with it where it is

    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(endpoint)
        while True:
            socket.send(b'{"command": "snapshot"}')
            socket.recv_multipart()
            threading.Event().wait(seconds)


@pytest.fixture
def talking():
    """A map of two processes that talk to each other."""
    with (
        zmqlab.start(answer, process_name="server") as server,
        zmqlab.start(ask, server.endpoint, 0.1, process_name="client"),
        zmqlab.network().process,
    ):
        yield


@pytest.fixture(autouse=True)
def own_sockets_as_before():
    """A map has the sockets of this process observed; the other tests are not to be."""
    yield
    if own_sockets.token:
        zmq.Context._socket_class = AS_IT_WAS


class Looker:
    """A page: all that was told so far, put together."""

    def __init__(self, connection):
        self.connection, self.told, self.flows, self.notes = connection, {}, {}, []

    async def until(self, condition):
        """Read news until a condition holds."""
        async with asyncio.timeout(PATIENCE):
            while not condition(self):
                news = json.loads(await self.connection.read_message())
                self.told |= news
                self.flows |= news.get("flows", {})
                self.notes += [news["note"]] if "note" in news else []

    async def do(self, what, node=None):
        await self.connection.write_message(json.dumps({"do": what, "node": node}))


@contextlib.asynccontextmanager
async def page_of(view):
    connection = await websocket_connect(f"ws://127.0.0.1:{view.port}/{view.token}/stream")
    try:
        yield Looker(connection)
    finally:
        connection.close()
        async with asyncio.timeout(PATIENCE):
            while await connection.read_message() is not None:
                pass  # until it is closed


def look(script):
    """Run a script with a page that looks at the map."""

    async def run():
        async with page_of(zmqlab.network()) as page:
            await script(page)

    asyncio.run(run())


def state(name):
    """Return a condition: the process of a name is drawn with that in its label."""
    return lambda page: name in re.findall(r'aria-label="([^"]+)"', page.told.get("svg", ""))


def drawn(text):
    return lambda page: text in page.told.get("svg", "")


@pytest.mark.slow
def test_the_map_tells_who_talks_to_whom_and_what(talking):
    edge = "client/0>server/0"

    async def script(page):
        await page.until(lambda it: it.flows.get(edge, [0])[0] > 5)
        assert 'data-edge="client/0&gt;server/0"' in page.told["svg"]
        assert set(page.told["nodes"]) == {"", "server", "client"}  # not the map itself
        assert not page.told["nodes"][""]["ours"]
        await page.until(lambda it: re.search(r"\d/s · .*B/s", it.flows[edge][4]))
        await page.do("look", "client")
        await page.until(lambda it: "data:image/bmp" in it.told.get("detail", ""))
        assert "&quot;command&quot;: &quot;snapshot&quot;" in page.told["detail"]
        assert "JSON, 35 B" in page.told["detail"]
        assert "client" in page.told["table"]

    look(script)
    assert zmqlab.network().process is zmqlab.process(NAME)  # one behind all maps
    still = zmqlab.network()._repr_mimebundle_()[0]["text/html"]
    assert "<svg" in still
    assert "<table>" in still
    assert "network of 3 processes with 1 connection" in still


@pytest.mark.slow
def test_a_page_pauses_resumes_kills_stops_and_dismisses(talking):
    server, client = zmqlab.process("server"), zmqlab.process("client")

    async def script(page):
        await page.until(drawn("client, process, running"))
        await page.do("pause", "server")
        await page.until(drawn("server, process, paused"))
        assert psutil.Process(server.pid).status() == psutil.STATUS_STOPPED
        assert page.told["nodes"]["server"]["paused"]
        await page.do("resume", "server")
        await page.until(drawn("server, process, running"))
        await page.do("pause", "server")
        await page.until(drawn("server, process, paused"))
        await page.do("dismiss", "server")  # it has not ended
        await page.do("kill", "server")
        await page.until(drawn("server, process, failed, killed by"))
        await page.until(drawn(">refused</text>"))
        assert page.notes == ["server: ✕ failed, killed by SIGKILL"]
        await page.do("stop", "client")
        await page.until(drawn("client, process, stopped"))
        await page.do("dismiss", "server")
        await page.until(lambda it: set(it.told["nodes"]) == {"", "client"})

    look(script)
    assert server.state == "failed, killed by SIGKILL"
    assert (client.state, client.exit_code) == ("stopped", 0)


@pytest.mark.slow
def test_nothing_else_can_be_killed(talking):
    outside = zmqlab.start(answer, process_name="outside")
    with outside:

        async def script(page):
            await page.until(drawn("outside, process, running"))
            for node in ("", NAME, str(outside.pid), outside.pid, None, [], {"a": 1}):
                await page.do("kill", node)
            for nonsense in ("{", "[]", '{"do": 7}', "7", '{"do": "look"}'):
                await page.connection.write_message(nonsense)
            await page.do("kill", "outside")
            await page.until(drawn("outside, process, failed"))

        look(script)
        assert psutil.Process(os.getpid()).is_running()
        assert zmqlab.process(NAME).running
        assert zmqlab.process("server").running


def test_without_the_token_nothing_is_shown(talking):
    view = zmqlab.network()
    for token in ("", "0" * 32, view.token[:-1]):
        url = f"http://127.0.0.1:{view.port}/{token}/stream"
        with pytest.raises(urllib.error.HTTPError, match="404") as refused:
            urllib.request.urlopen(url, timeout=PATIENCE)
        refused.value.close()
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.linger = 0
        push.connect(view.process.endpoint)
        push.send_multipart([b"x" * 32, b"roster", b"[]"])
        push.send_multipart([b""])

    async def script(page):
        await page.until(drawn("client, process, running"))

    look(script)


@pytest.mark.slow
def test_a_name_used_again_takes_the_place_of_the_one_before(talking):
    async def script(page):
        await page.until(drawn("server, process, running"))
        box = page.told["nodes"]["server"]["box"]
        await page.do("kill", "server")
        await page.until(drawn("server, process, failed"))
        await asyncio.to_thread(zmqlab.start, answer, process_name="server")
        await page.until(drawn("server, process, running"))
        assert page.told["nodes"]["server"]["box"][:2] == box[:2]
        zmqlab.process("server").stop()

    look(script)
