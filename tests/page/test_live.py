"""The live view: what its process sends to a page, and what a learner sees and clicks."""

import asyncio
import contextlib
import json
import urllib.error
import urllib.request

import cv2
import numpy as np
import pytest
from helpers.in_browser import open_notebook, open_page, raised, write_notebook
from tornado.websocket import websocket_connect

from zmqlab import camera_publisher, start
from zmqlab.page.live_server import CREDITS, draw, encode, serve_live
from zmqlab.page.live_view import live

TOKEN = "0123456789abcdef"
WAIT = 20  # seconds, for what is sure to come


@pytest.fixture
def camera():
    with start(camera_publisher, "simulated", process_name="camera") as publisher:
        yield publisher


@pytest.fixture
def place(camera):
    """The address of a live view's process, without its token."""
    with start(serve_live, camera.endpoint, "camera", TOKEN, process_name="live camera") as process:
        yield f"127.0.0.1:{process.wait_output('port ').split()[1]}"


@contextlib.asynccontextmanager
async def a_page(place, token=TOKEN):
    connection = await websocket_connect(f"ws://{place}/{token}/stream")
    try:
        yield connection
    finally:
        connection.close()


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


def test_a_page_that_paints_nothing_gets_two_pictures(place):
    async def look():
        async with a_page(place) as page:
            first = [(await next_picture(page))[0]["sequence"] for _ in range(CREDITS)]
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(next_picture(page), 1)
            await page.write_message(f"painted {first[-1]}")
            return first, (await next_picture(page))[0]["sequence"]

    first, after = asyncio.run(look())
    # Newer than any that could have queued up in a second: there is no queue.
    assert after > first[-1] + 10


def test_painted_pictures_are_timed_by_the_servers_clock(place):
    async def look():
        async with a_page(place) as page:
            for _ in range(30):
                about, _ = await next_picture(page)
                await page.write_message(f"painted {about['sequence']}")
            return about

    about = asyncio.run(look())
    assert 0 < about["latency"] < WAIT
    assert about["fps"] > 0


@pytest.mark.parametrize("token", ["", "0" * 16, TOKEN[:-1]])
def test_without_the_token_nothing_is_shown(place, token):
    async def look():
        async with a_page(place, token):
            pass

    with pytest.raises(Exception, match="404"):
        asyncio.run(look())
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://{place}/{token}/frame.png", timeout=WAIT)


@pytest.mark.parametrize(
    "nonsense", ["painted", "painted x", "{", "[]", '{"set": 7}', "painted 10000000000"]
)
def test_nonsense_harms_nobody_else(place, nonsense):
    async def look():
        async with a_page(place) as page, a_page(place) as rude:
            await rude.write_message(nonsense)
            return await next_picture(page)

    about, _ = asyncio.run(look())
    assert about["sequence"] >= 0


def test_settings_are_passed_to_the_camera(place):
    async def look():
        async with a_page(place) as page:
            await next_picture(page)  # it says where the camera takes requests
            replies = [await next_news(page)]  # the settings as they are
            for exposure in (0.02, -1):
                await page.write_message(json.dumps({"set": {"exposure": exposure}}))
                replies.append(await next_news(page))
            return replies

    before, after, wrong = asyncio.run(look())
    assert before["settings"]["exposure"] == 0.01
    assert after["settings"]["exposure"] == 0.02
    assert "exposure" in wrong["note"]


def test_the_end_of_the_stream_is_told(place, camera):
    async def look():
        async with a_page(place) as page:
            await next_picture(page)
            await asyncio.to_thread(camera.stop)
            while "note" not in (news := await next_news(page)):
                pass
            return news["note"]

    assert "ended" in asyncio.run(look())


def test_without_a_page_there_is_a_still_picture(camera):
    view = live(camera)
    try:
        data, metadata = view._repr_mimebundle_()
        still = cv2.imdecode(np.frombuffer(data["image/jpeg"], np.uint8), cv2.IMREAD_COLOR)
        assert still.shape == (480, 1280, 3)
        assert "640 x 480" in metadata["image/jpeg"]["alt"]
        assert "JupyterLab" in data["text/plain"]
    finally:
        view.stop()


def test_grey_frames_are_drawn():
    frame = np.zeros((48, 64), np.uint8)
    assert draw(frame).shape == (48, 128, 3)
    assert cv2.imdecode(np.frombuffer(encode(frame, ".png"), np.uint8), -1).shape == (48, 64)


def test_live_view_in_jupyterlab(browser, lab, tmp_path):
    cells = [
        "%load_ext zmqlab\nfrom zmqlab import camera_publisher, start\n"
        "from zmqlab.page.live_view import live",
        "camera = start(camera_publisher, 'simulated', process_name='camera')\nlive(camera)",
    ]
    write_notebook(lab, "live", *cells)
    with open_page(browser, lab) as page:
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
