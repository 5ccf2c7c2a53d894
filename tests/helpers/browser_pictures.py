"""Messages as a page with a camera sends them, and the process that takes them."""

import asyncio
import contextlib
import json
import threading
import time

import cv2
import numpy as np
from tornado.websocket import websocket_connect

from zmqlab import start
from zmqlab.page.browser_server import serve_browser_camera

TOKEN = "0123456789abcdef"
GREEN = np.full((48, 64, 3), (40, 160, 60), np.uint8)


def planes_of(frame, kind):
    """Return the frame as a browser has it: I420 or NV12."""
    planes = cv2.cvtColor(frame, cv2.COLOR_BGR2YUV_I420).reshape(-1)
    luma = frame.shape[0] * frame.shape[1]
    if kind == "NV12":
        planes = np.concatenate([planes[:luma], planes[luma:].reshape(2, -1).T.reshape(-1)])
    return planes.tobytes()


def picture(frame=None, kind="jpeg", pixels=None, **about):
    """Return a message with a frame, or with pixels that may be none; `about` may lie."""
    frame = np.repeat(np.repeat(GREEN, 2, 0), 2, 1) if frame is None else frame
    if pixels is None and kind == "jpeg":
        pixels = cv2.imencode(".jpg", frame)[1].tobytes()
    elif pixels is None:
        pixels = planes_of(frame, kind)
    height, width, _ = frame.shape
    about = {
        "format": kind,
        "width": width,
        "height": height,
        "fps": 30,
        "time": time.time(),
        **about,
    }
    text = json.dumps(about).encode()
    return len(text).to_bytes(4, "big") + text + pixels


@contextlib.contextmanager
def serving(name="browser camera"):
    """Give the process, and the address for its pages, without the token."""
    with start(serve_browser_camera, TOKEN, process_name=name) as process:
        yield process, f"ws://127.0.0.1:{process.wait_output('port ').split()[1]}"


@contextlib.contextmanager
def showing(place):
    """Be a page that shows green pictures, as fast as they are taken."""
    begun, over = threading.Event(), threading.Event()

    async def show():
        page = await websocket_connect(f"{place}/{TOKEN}/camera")
        while not over.is_set():
            await page.write_message(picture(fps=25), binary=True)
            assert await page.read_message() == "taken"
            begun.set()
        page.close()
        assert await page.read_message() is None

    thread = threading.Thread(target=asyncio.run, args=(show(),))
    thread.start()
    try:
        assert begun.wait(20)
        yield
    finally:
        over.set()
        thread.join()
