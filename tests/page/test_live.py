"""The live view: what its process sends to a page, and what a learner sees and clicks."""

import asyncio
import base64
import contextlib
import json
import re
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import zmq
from helpers.in_browser import open_notebook, open_page, raised, write_notebook
from helpers.streams import raw_publisher, raw_socket
from helpers.web_pages import fails
from tornado.websocket import websocket_connect

from zmqlab import EndOfStream, Publisher, camera_publisher, live, pack_frame, start, subscribe
from zmqlab.page.live_server import serve_live
from zmqlab.patterns.picture_stream import as_picture, draw, encode

TOKEN = "0123456789abcdef"
WAIT = 20  # seconds, for what is sure to come


@contextlib.contextmanager
def showing(name="camera", **options):
    """Give a publisher, and the address of the process of a live view, without its token."""
    with (
        start(camera_publisher, "simulated", process_name=name, **options) as camera,
        start(serve_live, camera.endpoint, "camera", TOKEN, process_name=f"{name} live") as process,
    ):
        yield camera, f"127.0.0.1:{process.wait_output('port ').split()[1]}"


@pytest.fixture(scope="module")
def place():
    """The address of a live view that nobody changes."""
    with showing("unchanged", drop=False) as (_, place):
        yield place


@contextlib.asynccontextmanager
async def a_page(place, token=TOKEN):
    connection = await websocket_connect(f"ws://{place}/{token}/stream")
    try:
        yield connection
    finally:
        connection.close()
        while await connection.read_message() is not None:
            pass  # until it is closed


async def next_message(connection):
    return await asyncio.wait_for(connection.read_message(), WAIT)


async def next_news(connection):
    """Return the next message that is no picture; give every picture's credit back."""
    while not isinstance(message := await next_message(connection), str):
        length = int.from_bytes(message[:4], "big")
        sequence = json.loads(message[4 : 4 + length])["sequence"]
        await connection.write_message(f"painted {sequence}")
    return json.loads(message)


async def next_picture(connection):
    """Return what is said of the next picture, and its pixels."""
    while isinstance(message := await next_message(connection), str):
        pass
    assert message is not None, "the connection was closed"
    length = int.from_bytes(message[:4], "big")
    pixels = cv2.imdecode(np.frombuffer(message[4 + length :], np.uint8), cv2.IMREAD_COLOR)
    return json.loads(message[4 : 4 + length]), pixels


def test_picture_is_the_frame_and_its_spectrum(place):
    async def look():
        async with a_page(place) as page:
            return await next_picture(page)

    about, pixels = asyncio.run(look())
    assert pixels.shape == (480, 1280, 3)
    assert about["lost"] == 0
    assert pixels[:, :640].mean() > 50  # the lamp
    middle = pixels[238:243, 640 + 318 : 640 + 323].max(axis=(0, 1))
    assert middle.min() > 100  # the zero frequency is the brightest
    assert pixels[:40, 640:].mean() < 40  # and the corners are dark


@pytest.mark.parametrize("token", ["", "0" * 16, TOKEN[:-1]])
def test_without_the_token_nothing_is_shown(place, token):
    async def look():
        async with a_page(place, token):
            pass

    with pytest.raises(Exception, match="404"):
        asyncio.run(look())
    fails(f"http://{place}/{token}/frame.png", 404)


@pytest.mark.parametrize(
    "nonsense", ["painted", "painted x", "{", "[]", '{"set": 7}', "painted 10000000000"]
)
def test_nonsense_harms_nobody_else(place, nonsense):
    async def look():
        async with a_page(place) as page, a_page(place) as rude:
            await rude.write_message(nonsense)
            numbers = []
            for _ in range(6):  # more than the pictures that may have been on their way
                about, _ = await next_picture(page)
                numbers.append(about["sequence"])
                await page.write_message(f"painted {numbers[-1]}")
            return numbers

    numbers = asyncio.run(look())
    assert numbers == sorted(set(numbers))


async def next_reply(page):
    """Return the next news about the exposure; on a busy computer silence is told of, too."""
    while "exposure" not in json.dumps(news := await next_news(page)):
        pass
    return news


def test_settings_are_passed_to_the_camera():
    async def look(place):
        async with a_page(place) as page:
            replies = [await next_reply(page)]  # the settings as they are
            for exposure in (0.02, -1, 0.03):
                await page.write_message(json.dumps({"set": {"exposure": exposure}}))
                replies.append(await next_reply(page))
            return replies

    with showing() as (_, place):
        before, after, wrong, again = asyncio.run(look(place))
    assert before["settings"]["exposure"] == 0.01
    assert after["settings"]["exposure"] == 0.02
    assert "exposure" in wrong["note"]
    assert wrong["refused"]  # so that the slider goes back
    assert "exposure" not in again["note"]  # what was wrong is not said for ever


def test_the_end_of_the_stream_is_told():
    async def look(camera, place):
        async with a_page(place) as page:
            await next_picture(page)
            await asyncio.to_thread(camera.stop, WAIT)
            while "ended" not in (news := await next_news(page)).get("note", ""):
                pass
            return news["note"]

    with showing() as (camera, place):
        assert "ended" in asyncio.run(look(camera, place))


def test_without_a_page_there_is_a_still_picture():
    with start(camera_publisher, "simulated") as camera:
        view = live(camera)
        data, _ = view._repr_mimebundle_()
        page = data["text/html"]
        jpeg = base64.b64decode(re.search(r"base64,([^\"]+)", page)[1])
        still = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert still.shape == (480, 1280, 3)
        assert re.search(r'alt="live view of [^"]*640 x 480', page)
        assert "JupyterLab" in data["text/plain"]
        view.stop()
        assert view.process.ended


def ramp(*shape, dtype):
    return np.linspace(0, 1, np.prod(shape)).reshape(shape).astype(dtype)


SHAPE = (48, 64)
DRAWN = {
    "grey": (ramp(*SHAPE, dtype=float) * 255).astype(np.uint8),
    "booleans": ramp(*SHAPE, dtype=float) > 0.5,
    "0 to 1": ramp(*SHAPE, 3, dtype=np.float32),
    "12 bits": (ramp(*SHAPE, dtype=float) * 4095).astype(np.uint16),
    "int64": (ramp(*SHAPE, dtype=float) * 2**40).astype(np.int64),
    "negative": ramp(*SHAPE, dtype=float) - 0.5,
    "NaN": np.where(ramp(*SHAPE, dtype=float) > 0.9, np.nan, ramp(*SHAPE, dtype=float)),
    "huge": ramp(*SHAPE, dtype=float) * 1e300,
    "nothing but NaN": np.full(SHAPE, np.nan),
    "black": np.zeros(SHAPE, np.uint16),
}


@pytest.mark.parametrize("frame", DRAWN.values(), ids=DRAWN)
def test_what_can_be_drawn(frame):
    picture, note = as_picture(frame)
    assert (picture.shape, picture.dtype) == (frame.shape, np.uint8)
    assert draw(picture).shape == (48, 128, 3)
    assert cv2.imdecode(np.frombuffer(encode(picture, ".png"), np.uint8), -1).shape == frame.shape
    assert not note or note.startswith(f"{frame.dtype}: ")


class Stream:
    """A publisher of single frames, which says when another subscriber has come."""

    def __init__(self, socket):
        self.socket, self.sequence = socket, 0
        self.endpoint = socket.last_endpoint.decode()

    def wait_for_another(self):
        while self.socket.recv() != b"\1camera/":
            pass  # one has gone

    def send(self, frame):
        self.socket.send_multipart(pack_frame(frame, "camera/", self.sequence))
        self.sequence += 1


@contextlib.contextmanager
def live_view_of(first):
    """Give a live view whose first frame was that one, and its stream, of which it awaits more."""
    with (
        raw_socket(zmq.XPUB, xpub_verboser=True, rcvtimeo=1000 * WAIT) as socket,
        ThreadPoolExecutor() as pool,
    ):
        stream = Stream(socket)
        started = pool.submit(live, stream.endpoint)
        stream.wait_for_another()
        stream.send(first)
        stream.wait_for_another()
        view = started.result(WAIT)
        with view.process:
            yield view, stream


def test_the_frame_that_is_saved_is_the_one_that_is_seen():
    """A page that stands still shows an older one than the newest that has come."""

    def saved(view, number):
        url = f"http://127.0.0.1:{view.port}/{view.token}/frame.png?sequence={number}"
        with urllib.request.urlopen(url, timeout=WAIT) as answer:
            pixels = cv2.imdecode(np.frombuffer(answer.read(), np.uint8), cv2.IMREAD_UNCHANGED)
            return int(answer.headers["Sequence"]), set(pixels.ravel())

    with live_view_of(np.full(SHAPE, 40, np.uint8)) as (view, stream):

        async def look():
            async with a_page(f"127.0.0.1:{view.port}", view.token) as page:
                stream.send(np.full(SHAPE, 40, np.uint8))
                first = (await next_picture(page))[0]["sequence"]
                stream.send(np.full(SHAPE, 200, np.uint8))
                second = (await next_picture(page))[0]["sequence"]
                for asked, number, grey in (
                    (first, first, 40), (second, second, 200), (10**6, second, 200)
                ):  # fmt: skip
                    assert await asyncio.to_thread(saved, view, asked) == (number, {grey})

        asyncio.run(look())


def test_a_stream_that_has_ended_is_told():
    with ThreadPoolExecutor() as pool:
        with Publisher() as publisher:
            started = pool.submit(live, publisher.endpoint)
            publisher.wait_for(1)
        with pytest.raises(EndOfStream, match="has ended: start its publisher again"):
            started.result(WAIT)


@pytest.mark.parametrize("port", [0, -1, 65_536, 10**12, True, "5555"])
def test_a_port_that_is_none_is_no_control(port):
    with raw_publisher() as (socket, ready), subscribe(socket.last_endpoint.decode()) as stream:
        ready()
        socket.send_multipart(pack_frame(DRAWN["grey"], "camera/", control=port))
        stream.read(WAIT)
        assert stream.control is None


# Have the page keep those of its websockets that bring pictures, and count these.
REMEMBER_SOCKETS = """() => {
    window.opened = [];
    window.WebSocket = class extends WebSocket {
        constructor(url, ...options) {
            super(url, ...options);
            if (!String(url).endsWith('/stream')) return;
            this.pictures = 0;
            this.addEventListener('message', ({ data }) => {
                this.pictures += typeof data !== 'string';
            });
            window.opened.push(this);
        }
    };
}"""


def test_live_view_in_jupyterlab(browser, lab, tmp_path):
    cells = [
        "%load_ext zmqlab\nfrom zmqlab import camera_publisher, live, start",
        "camera = start(camera_publisher, 'simulated', process_name='camera')\nlive(camera)",
    ]
    write_notebook(lab, "live", *cells)
    with open_page(browser, lab) as page:
        page.evaluate(REMEMBER_SOCKETS)
        open_notebook(page, "notebooks/live.ipynb")
        page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
        assert not raised(page)
        canvas = page.locator(".zmqlab-canvas")
        canvas.wait_for()

        def number():
            return int(canvas.get_attribute("data-sequence") or -1)

        def wait_for_number(after):
            page.wait_for_function(
                "after => document.querySelector('.zmqlab-canvas').dataset.sequence > after",
                arg=after,
            )

        wait_for_number(0)
        # The kernel is busy, and the picture moves.
        busy = "import time\nend = time.time() + 600\nwhile time.time() < end: pass"
        page.evaluate(
            """code => void jupyterapp.shell.currentWidget.sessionContext.session.kernel
                .requestExecute({code})""",
            busy,
        )
        before = number()
        wait_for_number(before + 30)

        page.get_by_role("button", name="Pause").click()
        page.get_by_role("button", name="Go on").wait_for()
        resting = page.wait_for_function(
            """() => {
                const canvas = document.querySelector('.zmqlab-canvas');
                const still = canvas.dataset.sequence === canvas.dataset.before;
                canvas.dataset.before = canvas.dataset.sequence;
                return still && canvas.dataset.sequence;
            }""",
            polling=1000,
        ).json_value()
        assert number() == int(resting)
        page.get_by_role("button", name="Go on").click()
        wait_for_number(int(resting) + 10)

        # A connection that is lost is made again, in a pause too.
        page.get_by_role("button", name="Pause").click()
        page.evaluate("() => opened.at(-1).close()")
        page.wait_for_function("() => opened.length > 1 && opened.at(-1).pictures > 1")
        before = number()
        page.get_by_role("button", name="Go on").click()
        wait_for_number(before + 10)
        assert page.locator(".zmqlab-note").inner_text() == ""

        with page.expect_download() as download:
            page.get_by_role("button", name="Save this frame").click()
        saved = cv2.imread(str(download.value.path()))
        assert saved.shape == (480, 640, 3)
        assert download.value.suggested_filename.endswith(".png")

        brightness = """() => {
            const canvas = document.querySelector('.zmqlab-canvas');
            const {data} = canvas.getContext('2d').getImageData(100, 100, 400, 300);
            return data.reduce((sum, value) => sum + value, 0) / data.length;
        }"""
        dim = page.evaluate(brightness)
        slider = page.get_by_role("slider")
        box = slider.bounding_box()
        page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + box["height"] / 2)
        page.wait_for_function(f"dim => ({brightness})() > 1.2 * dim", arg=dim)
        value = float(slider.input_value())
        slider.press("ArrowLeft")
        slider.press("ArrowDown")
        assert float(slider.input_value()) == pytest.approx(value - 0.1)
        page.screenshot(path=tmp_path / "live.png")
        page.evaluate(
            "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"
        )
