"""The browser's camera: what its process makes of what pages send, without a page."""

import asyncio
import contextlib
import json
import socket as plain_sockets
import time

import cv2
import numpy as np
import pytest
import zmq
from helpers.browser_pictures import GREEN, TOKEN, picture, serving
from helpers.strangers import all_refused
from helpers.streams import kill
from hypothesis import given
from hypothesis import strategies as st
from tornado.websocket import websocket_connect

from zmqlab import (
    CameraError,
    KeysError,
    browser_camera,
    make_keys,
    open_camera,
    stop_all,
    subscribe,
)
from zmqlab.cameras.browser import ENDPOINT, KEYS
from zmqlab.page.browser_pictures import decode_picture
from zmqlab.page.browser_server import LONGEST
from zmqlab.page.browser_view import BrowserCameraView

WAIT = 20  # seconds, for what is sure to come
JPEG = cv2.imencode(".jpg", GREEN)[1].tobytes()
PROGRESSIVE = cv2.imencode(".jpg", GREEN, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()


@pytest.fixture(scope="module")
def served():
    """A process that all tests here use, one after the other, and the address of its pages."""
    with serving() as (process, place):
        yield process, place


@contextlib.asynccontextmanager
async def a_page(place, token=TOKEN):
    page = await websocket_connect(f"{place}/{token}/camera")
    page.over = False  # whether its end has been read: it comes once
    try:
        yield page
    finally:
        page.close()
        async with asyncio.timeout(WAIT):
            while not page.over and await page.read_message() is not None:
                pass  # until it is closed


async def show(page, message):
    """Send a picture, and wait until it is taken."""
    await page.write_message(message, binary=True)
    async with asyncio.timeout(WAIT):
        assert await page.read_message() == "taken"


async def refused(page):
    """Return why a connection is closed."""
    reason = ""
    async with asyncio.timeout(WAIT):
        while (message := await page.read_message()) is not None:
            reason = message
    page.over = True
    return reason


def next_of(stream, source):
    """Return the next frame of that source."""
    for frame in stream:
        if stream.header["source"] == source:
            return frame
    raise AssertionError("the stream has ended")


@pytest.mark.parametrize("kind", ["jpeg", "I420", "NV12"])
def test_a_picture_becomes_a_frame(served, kind):
    process, place = served
    colours = cv2.resize(np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 14, (96, 64))

    async def look():
        found = asyncio.create_task(asyncio.to_thread(next_of, stream, "browser"))  # from now on
        async with a_page(place) as page:
            sent = time.time()
            while not found.done():  # a queue that is full may drop the first
                await show(page, picture(colours, kind, fps=12.5, time=sent))
            return sent, await found

    with subscribe(process.endpoint, timeout=WAIT) as stream:
        next_of(stream, "simulated")  # from now on it gets every frame
        sent, frame = asyncio.run(look())
        assert frame.shape == (64, 96, 3)
        # Colours lose in YCbCr, by halves; so the exact ones are those of OpenCV's own way there.
        assert np.abs(frame.astype(int) - colours).mean() < 12
        assert stream.header["time"] == sent
        assert stream.header["fps"] == 12.5
        assert next_of(stream, "simulated").shape == (64, 96, 3)  # the page is closed


def png_bomb():
    return cv2.imencode(".png", np.zeros((4000, 4000), np.uint8))[1].tobytes()


def claiming(width, height):
    """Return a JPEG that says it is so large."""
    at = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + JPEG[at + 4 :]


WRONG = {
    "nothing": (b"", "not a message"),
    "random": (bytes(range(255, 0, -1)), "not a message"),
    "a long length": (b"\xff\xff\xff\xff{}", "not a message"),
    "no JSON object": (b"\0\0\0\2[]" + JPEG, "not a message"),
    "deep JSON": ((200_000).to_bytes(4, "big") + b"[" * 200_000, "not a message"),
    "no size": (b"\0\0\0\2{}" + JPEG, "width"),
    "a size of text": (picture(width="64"), "size"),
    "a small size": (picture(width=16), "size"),
    "a large size": (picture(width=60_000, height=60_000), "size"),
    "too many pixels": (picture(width=1920, height=1920), "size"),
    "another size": (picture(width=640, height=480), "was to be of"),
    "another format": (picture(format="png"), "format"),
    "a format that is a list": (picture(format=["jpeg"]), "not a message"),
    "no rate": (picture(fps=0), "fps"),
    "a rate that is no number": (picture(fps=float("nan")), "fps"),
    "a time of text": (picture(time="now"), "time"),
    "too few planes": (picture(kind="I420", height=98), "planes"),
    "odd planes": (picture(kind="I420", width=127, pixels=b"\0" * (127 * 96 * 3 // 2)), "planes"),
    "a PNG": (picture(pixels=png_bomb(), width=1000, height=1000), "JPEG is none"),
    "a progressive JPEG": (picture(pixels=PROGRESSIVE, width=64, height=64), "JPEG is none"),
    "a JPEG that claims gigabytes": (picture(pixels=claiming(65_500, 65_500)), "was to be of"),
    "half a JPEG's header": (picture(pixels=JPEG[:40]), "JPEG is none"),
    "a JPEG without pictures": (
        picture(pixels=claiming(128, 96)[: JPEG.index(b"\xff\xda")]),
        "JPEG",
    ),
    "text that is no JSON": ("painted 7", "not a message"),
    "text that is no note": ('{"set": 7}', "note"),
}


@pytest.mark.parametrize(("message", "words"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_closes_its_own_connection_only(served, message, words):
    async def look():
        async with a_page(served[1]) as good, a_page(served[1]) as bad:
            await bad.write_message(message, binary=isinstance(message, bytes))
            assert words in await refused(bad)
            await show(good, picture())

    asyncio.run(look())


def test_a_message_that_is_too_long_closes_its_own_connection_only(served):
    async def look():
        async with a_page(served[1]) as good, a_page(served[1]) as bad:
            with contextlib.suppress(Exception):  # it may be closed before all is written
                await bad.write_message(b"\0" * (LONGEST + 1), binary=True)
            assert await refused(bad) == ""
            await show(good, picture())

    asyncio.run(look())


@pytest.mark.parametrize("token", ["", "0" * 16, TOKEN[:-1]])
def test_without_the_token_nothing_is_taken(served, token):
    async def look():
        async with a_page(served[1], token):
            pass

    with pytest.raises(Exception, match="404"):
        asyncio.run(look())


REFUSED = (ValueError, LookupError, TypeError, RecursionError)  # what the server expects


@given(st.binary(max_size=200) | st.integers(0, 255).map(lambda n: n.to_bytes(4, "big") + b"{}"))
def test_bytes_are_refused(data):
    with pytest.raises(REFUSED):
        decode_picture(data)


def test_a_page_says_why_it_gives_no_picture(served):
    process, place = served

    async def look():
        async with a_page(place) as page:
            note = "the camera\nis denied \u202e" + 1000 * "x"
            await page.write_message(json.dumps({"note": note}))
            await asyncio.to_thread(process.wait_output, "the camera is denied", WAIT)

    asyncio.run(look())
    line = process.wait_output("the camera is denied")
    assert line.endswith("x; the simulated camera goes on")
    assert len(line) < 400
    assert "\u202e" not in line


def test_a_page_that_goes_silent_is_the_camera_no_more_until_it_goes_on(served):
    process, place = served

    async def look():
        async with a_page(place) as page:
            for _ in range(2):
                found = asyncio.create_task(asyncio.to_thread(next_of, stream, "browser"))
                while not found.done():  # a queue that is full may drop the first
                    await show(page, picture())
                assert await asyncio.to_thread(next_of, stream, "simulated") is not None

    with subscribe(process.endpoint, timeout=WAIT) as stream:
        next_of(stream, "simulated")
        asyncio.run(look())
    assert "has sent nothing for 2 s" in process.output


def test_browser_camera_shows_a_preview_and_publishes(monkeypatch, capsys):
    monkeypatch.setenv(ENDPOINT, "")
    camera = browser_camera(size=(320, 240))
    assert "preview" in capsys.readouterr().out  # displayed, where there is no page
    assert browser_camera() is camera  # another view of the same
    with open_camera("browser") as opened:  # in this process, and in those that it starts
        assert opened.read().shape == (480, 640, 3)
    camera.stop()
    again = browser_camera()
    assert again is not camera
    assert again.running
    kill(again)
    assert browser_camera().running
    with open_camera("browser") as opened:
        assert opened.read().shape == (480, 640, 3)
    stop_all()
    data, _ = BrowserCameraView(port=1, token="x")._repr_mimebundle_()
    assert "kept in no file" in data["text/html"]  # in an exported page


@pytest.mark.everything
def test_with_keys_only_who_is_known_sees_the_camera(monkeypatch, tmp_path, capsys):
    for name in (ENDPOINT, KEYS):
        monkeypatch.setenv(name, "")
    keys = tmp_path / "keys"
    make_keys(keys)
    camera = browser_camera(keys=keys)
    all_refused(camera.endpoint, zmq.SUB, keys, tmp_path)
    with subscribe(camera.endpoint, timeout=WAIT, keys=keys) as stream:
        assert stream.read().shape == (480, 640, 3)
    with open_camera("browser") as opened:  # here, and in processes started from now on
        assert opened.read().shape == (480, 640, 3)
    monkeypatch.setenv(KEYS, str(tmp_path / "stranger"))
    with pytest.raises(CameraError, match="does not know your key"):
        open_camera("browser")
    assert browser_camera() is camera
    with pytest.raises(KeysError, match="runs already"):
        browser_camera(keys="none")
    camera.stop()
    camera = browser_camera(keys="none")
    host, port = camera.endpoint.removeprefix("tcp://").split(":")
    camera.stop()
    with plain_sockets.socket() as keeps:
        keeps.setsockopt(plain_sockets.SOL_SOCKET, plain_sockets.SO_REUSEADDR, 1)
        keeps.bind((host, int(port)))  # so that nobody else comes to listen there
        with pytest.raises(CameraError, match="nobody listens"):
            open_camera("browser")


@pytest.mark.parametrize(
    "wrong",
    [{"size": 640}, {"size": (640, 480, 3)}, {"size": (6400, 480)}, {"fps": 0}, {"fps": 61}],
)
def test_what_browser_camera_cannot_ask_for(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}=.*: give"):
        browser_camera(**wrong)
