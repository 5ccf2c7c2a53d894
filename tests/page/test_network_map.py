"""The network map: what a page is told, what a page may do, and how a page looks."""

import asyncio
import contextlib
import json
import re
import sys
import threading

import cloudpickle
import psutil
import pytest
import zmq
from helpers.in_browser import (
    change_theme,
    open_notebook,
    open_page,
    raised,
    restart_kernel,
    run_all,
    screenshot,
    write_notebook,
)
from helpers.in_kernel import open_kernel
from helpers.observing import LOOPBACK, PATIENCE
from helpers.web_pages import fails
from tornado.websocket import websocket_connect

import zmqlab
from zmqlab.processes import launch, own_sockets

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
def talking(monkeypatch):
    """A map of two processes that talk to each other, and of none from other tests."""
    monkeypatch.setattr(launch, "_processes", {})
    with (
        zmqlab.start(answer, process_name="server") as server,
        zmqlab.start(ask, server.endpoint, 0.1, process_name="client"),
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


def test_the_map_tells_who_talks_to_whom_and_what(talking):
    edge = "client/0>server/0"

    async def script(page):
        await page.until(lambda it: it.flows.get(edge, [0])[0] > 5)
        assert 'data-edge="client/0&gt;server/0"' in page.told["svg"]
        assert set(page.told["nodes"]) == {"", "server", "client"}
        assert not page.told["nodes"][""]["ours"]
        await page.until(lambda it: re.search(r"\d/s · .*B/s", it.flows[edge][4]))
        await page.do("look", "client")
        for text in ("data:image/bmp", "&quot;command&quot;: &quot;snapshot&quot;", "JSON, 35 B"):
            await page.until(lambda it, text=text: text in it.told.get("detail", ""))
        await page.until(lambda it: "client" in it.told.get("table", ""))

    look(script)
    assert zmqlab.network().port == zmqlab.network().port  # one server behind all maps
    still = zmqlab.network()._repr_mimebundle_()[0]["text/html"]
    assert "<svg" in still
    assert "<table>" in still
    assert "network of 3 processes with 1 connection" in still


def test_a_page_pauses_resumes_kills_stops_and_dismisses(talking, monkeypatch):
    monkeypatch.setattr(zmqlab.Process.stop, "__defaults__", (PATIENCE,))
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


def test_nothing_else_can_be_killed(talking):
    outside = zmqlab.start(answer, process_name="outside")
    with outside:

        async def script(page):
            await page.until(drawn("outside, process, running"))
            for node in ("", str(outside.pid), outside.pid, None, [], {"a": 1}):
                await page.do("kill", node)
            for nonsense in ("{", "[]", '{"do": 7}', "7", '{"do": "look"}', "[" * 1000):
                await page.connection.write_message(nonsense)
            for node in (7, True, {"a": 1}, [1]):
                await page.do("look", node)
            page.told.pop("table", None)
            await page.until(lambda it: "table" in it.told)  # what is looked at is asked for, too
            assert outside.running
            await page.do("kill", "outside")
            await page.until(drawn("outside, process, failed"))

        look(script)
        assert zmqlab.process("server").running


def test_without_the_token_nothing_is_shown(talking):
    view = zmqlab.network()
    for token in ("", "0" * 32, view.token[:-1]):
        fails(f"http://127.0.0.1:{view.port}/{token}/stream", 404)


IN_A_KERNEL = """
import threading, zmq
from zmqlab.processes import own_sockets, report_receiver
from zmqlab.page.network_map import facts

news, token = threading.Event(), own_sockets.token.encode()
receive = report_receiver._receivers[token]
report_receiver._receivers[token] = lambda *report: (receive(*report), news.set())
thread = threading.Thread(target=print, args=("printed by a thread",))
thread.start()
thread.join()
context = zmq.Context()
socket = context.socket(zmq.PAIR)
socket.bind("inproc://mine")

def own():
    return [each["type"] for each in facts()["nodes"][0]["sockets"]]

while not own() and news.wait(20):
    news.clear()
print(own(), zmq.Socket is report_receiver.PLAIN)
"""


def test_in_a_kernel_what_the_learner_makes_is_drawn_and_jupyters_own_is_not():
    with open_kernel() as kernel:
        kernel.run("%load_ext zmqlab")
        cell = kernel.run(IN_A_KERNEL)
    assert cell.text.splitlines()[-1] == "['PAIR'] True", cell.error
    assert "printed by a thread" in cell.text


CELLS = [
    "%load_ext zmqlab\nfrom zmqlab import camera_publisher, network, start, subscribe",
    """import time, zmq

def answer():
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind("tcp://127.0.0.1:*")
        while True:
            socket.send(socket.recv())

def ask(endpoint, kind=zmq.REQ):
    with zmq.Context() as context, context.socket(kind) as socket:
        socket.connect(endpoint)
        while kind == zmq.REQ:
            socket.send(b"how are you?")
            socket.recv()
            time.sleep(0.3)
        socket.poll()

def listen(endpoint):
    with subscribe(endpoint) as stream:
        for _ in stream:
            pass

server = start(answer, process_name="server")
client = start(ask, server.endpoint, process_name="client")
wrong = start(ask, server.endpoint, zmq.PULL, process_name="wrong")
camera = start(camera_publisher, "simulated", process_name="camera")
viewer = start(listen, camera.endpoint, process_name="viewer")
context = zmq.Context()
socket = context.socket(zmq.REQ)
socket.connect(server.endpoint)""",
    "network()",
    "network()",
]
BUSY = """() => void jupyterapp.shell.currentWidget.sessionContext.session.kernel
    .requestExecute({code: "while True: pass"})"""
# How many pixels of the canvas have a colour: the dots.
DOTS = """() => {
    const canvas = document.querySelector('.zmqlab-dots');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((sum, value, index) => sum + (index % 4 === 3 && value > 0), 0);
}"""


@pytest.mark.timeout(900)
def test_the_map_in_jupyterlab(browser, lab, tmp_path):
    """One page for it all: a page takes long to open."""
    from axe_playwright_python.sync_playwright import Axe

    write_notebook(lab, "map", *CELLS)
    with open_page(browser, lab) as page:
        open_notebook(page, "notebooks/map.ipynb")
        assert run_all(page), raised(page)
        one, other = (page.locator(".zmqlab-network").nth(n) for n in range(2))

        def node(name, where=one):
            return where.locator(f'[data-node="{name}"]')

        def label(name, words, where=one):
            where.locator(f'[data-node="{name}"][aria-label*="{words}"]').wait_for()

        for name in ("", "server", "client", "wrong", "camera", "viewer"):
            node(name).wait_for()
            node(name, other).wait_for()
        one.locator("path[data-edge]").nth(2).wait_for(state="attached")
        assert one.locator("path[data-edge]").count() == 3
        one.get_by_text("wrong type", exact=True).wait_for()
        one.locator(".rate").get_by_text(re.compile(r"\d/s · .*MB/s")).wait_for()
        page.wait_for_function(DOTS)

        # The kernel is busy, and everything goes on.
        page.evaluate(BUSY)
        for _ in range(20):  # a busy computer may send nothing in that second
            one.get_by_role("button", name="Pause and look").click()
            one.get_by_role("button", name="Go on").wait_for()
            if one.locator("figure svg .zmqlab-messages path").count():
                break
            one.get_by_role("button", name="Go on").click()
        one.locator("figure svg .zmqlab-messages path").first.wait_for()
        one.get_by_role("button", name="Go on").click()
        node("viewer").hover()
        one.locator(".zmqlab-detail img").wait_for()
        one.get_by_role("button", name="Pause", exact=True).click()
        label("viewer", "paused")
        label("viewer", "paused", other)
        one.get_by_role("button", name="Resume").click()
        label("viewer", "running")
        node("server").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowRight")
        assert page.evaluate("() => document.activeElement.textContent") == "Kill -9"
        page.keyboard.press("Enter")
        label("server", "killed by")
        assert "ended" in node("server").get_attribute("class")
        one.get_by_text("refused", exact=True).first.wait_for()
        one.get_by_role("status").get_by_text("server: ✕ failed, killed by SIGKILL").wait_for()
        screenshot(page, "map", tmp_path)
        node("server").click()
        one.get_by_role("button", name="Dismiss").click()
        node("server").wait_for(state="detached")
        node("server", other).wait_for(state="detached")
        one.get_by_text("The same as a table").click()
        one.locator("td", has_text="refused: nobody listens there").first.wait_for()

        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            change_theme(page, theme)
            found = Axe().run(page, context={"include": [[".jp-OutputArea-output"]]})
            assert not found.response["violations"], found.generate_report()
        page.evaluate(
            "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"
        )

        # A notebook that is closed and opened again, and a page that is loaded again.
        page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
        page.evaluate("() => jupyterapp.shell.currentWidget.close()")
        one.wait_for(state="detached")
        open_notebook(page, "notebooks/map.ipynb")
        label("viewer", "running")
        page.reload()
        page.wait_for_selector("#jupyterlab-splash", state="detached")
        label("viewer", "running")
        open_notebook(page, "notebooks/map.ipynb")

        page.emulate_media(reduced_motion="reduce")
        restart_kernel(page)
        one.get_by_text("The kernel of this map has ended").wait_for()
        assert run_all(page), raised(page)
        label("server", "running")
        page.wait_for_function(f"() => ({DOTS})() === 0")
