"""The live view: pictures a second and their age, in a browser and over a slow line.

    python -m benchmarks.live [SECONDS]

The browser is Chromium with JupyterLab, both on this machine. A busy page computes for 150 of each
200 ms. The slow line is a page of our own that takes 400 kB a second and paints nothing; its memory
is that of the process behind the view.

Age is that of a frame when it is painted, by this computer's clock; the latency that the view shows
includes the way back.
"""

import asyncio
import json
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tornado.websocket import websocket_connect

from benchmarks.timing import Comparison, report
from zmqlab import camera_publisher, request, start, subscribe
from zmqlab.page.live_server import serve_live

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
sys.path.insert(0, str(ROOT / "tests"))  # the browser's helpers

SECONDS = 15  # each
SLOW = 400_000  # bytes a second
AT_30, AT_60 = "camera of 30 frames/s", "camera of 60 frames/s"
BUSY_PAGE, SLOW_LINE = "30 frames/s, busy page", f"30 frames/s, line of {SLOW // 1000} kB/s"
CELLS = (
    "from zmqlab import live, start",
    "view = live({endpoint!r})\nview",
)
BUSY = """() => setInterval(() => {
    const end = performance.now() + 150;
    while (performance.now() < end);
}, 200)"""


def in_a_browser(endpoint, seconds, busy):
    """Return (painted a second, age, latency in ms) as the page has them, and the kernel's CPU."""
    from helpers.in_browser import (
        open_browser,
        open_lab,
        open_notebook,
        open_page,
        write_notebook,
    )

    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        root, private = Path(folder, "course"), Path(folder, "jupyter")
        shutil.copytree(NOTEBOOKS, root / "notebooks")
        private.mkdir()
        with open_lab(root, private) as lab, open_page(browser, lab) as page:
            write_notebook(lab, "live", CELLS[0], CELLS[1].format(endpoint=endpoint))
            open_notebook(page, "notebooks/live.ipynb")
            page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
            facts = page.locator(".zmqlab-live .zmqlab-facts")
            page.wait_for_function(
                "() => document.querySelector('.zmqlab-canvas')?.dataset.sequence > 60"
            )
            if busy:
                page.evaluate(BUSY)
            kernel = lab.kernel()
            before = sum(kernel.cpu_times()[:2])
            seen, end = [], time.monotonic() + seconds
            while time.monotonic() < end:
                found = re.search(r"([\d.]+) frames/s .* (\d+) ms", facts.inner_text())
                age = float(page.locator(".zmqlab-canvas").get_attribute("data-age"))
                seen.append((float(found[1]), 1000 * age, float(found[2])))
                page.wait_for_timeout(250)
            used = (sum(kernel.cpu_times()[:2]) - before) / seconds
            lab.end_kernels()
    return seen, used


def over_a_slow_line(endpoint, seconds):
    """Return what a page at the end of a slow line sees, and how the process's memory grew."""
    token = "0" * 32
    with start(serve_live, endpoint, "camera", token, process_name="live") as process:
        port = process.wait_output("port ").split()[1]
        url = f"ws://127.0.0.1:{port}/{token}/stream"
        seen = asyncio.run(_slow_page(url, seconds))
        memory = process.memory
        seen += asyncio.run(_slow_page(url, seconds))
        return seen, (process.memory - memory) / 1e6


async def _slow_page(url, seconds):
    page, seen, end = await websocket_connect(url), [], time.monotonic() + seconds
    while time.monotonic() < end:
        message = await page.read_message()
        if isinstance(message, bytes):
            await asyncio.sleep(len(message) / SLOW)  # the line
            length = int.from_bytes(message[:4], "big")
            about = json.loads(message[4 : 4 + length])
            await page.write_message(f"painted {about['sequence']}")
            if about["fps"]:
                age = 1000 * (time.time() - about["time"])
                seen.append((about["fps"], age, 1000 * about["latency"]))
    page.close()
    return seen


def compare(seconds=SECONDS):
    """Yield the comparisons of this file; each way is watched for so long."""
    painted, age, cpu, grown = {}, {}, {}, {}

    def note(way, seen):
        painted[way], age[way], _ = map(list, zip(*seen, strict=True))

    with start(camera_publisher, "simulated", process_name="camera") as camera:
        with subscribe(camera.endpoint) as stream:
            stream.read()
            control = stream.control
        for way, fps, busy in ((AT_30, 30, False), (AT_60, 60, False), (BUSY_PAGE, 30, True)):
            request(control, "set", {"fps": fps})
            seen, used = in_a_browser(camera.endpoint, seconds, busy)
            note(way, seen)
            cpu[way] = [100 * used]
        request(control, "set", {"fps": 30})
        seen, more = over_a_slow_line(camera.endpoint, seconds)
        note(SLOW_LINE, seen)
        grown[SLOW_LINE] = [more]
    what = "Live view"
    # A camera of 30 frames a second may well make 29.97.
    yield Comparison(f"{what}, painted", "frames/s", "", painted, [(AT_30, None, 29.9)])
    yield Comparison(f"{what}, a frame's age when painted", "ms", "", age, [(AT_30, None, 25)])
    yield Comparison(f"{what}, the kernel's share of a core", "%", "", cpu, [(AT_30, None, 5)])
    yield Comparison(f"{what}, memory gained in {seconds} s", "MB", "", grown)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
