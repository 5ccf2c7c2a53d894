"""The live view: pictures a second and their age, in a browser and over a slow line.

    python -m benchmarks.live

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
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil
from tornado.websocket import websocket_connect

from benchmarks.timing import machine, spread, table
from zmqlab import camera_publisher, request, start, subscribe
from zmqlab.live_server import serve_live

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "notebooks"
sys.path.insert(0, str(ROOT / "tests"))  # the browser's helpers

SECONDS = 15  # each
SLOW = 400_000  # bytes a second
HEADS = [
    "way",
    "camera, frames/s",
    "painted, frames/s",
    "age, ms (quartiles)",
    "latency, ms (quartiles)",
    "CPU or memory",
]
CELLS = (
    "from zmqlab import start\nfrom zmqlab.live import live",
    "view = live({endpoint!r})\nview",
)
BUSY = """() => setInterval(() => {
    const end = performance.now() + 150;
    while (performance.now() < end);
}, 200)"""


def in_a_browser(endpoint, busy=False):
    """Return (painted a second, age, latency in ms) as the page has them, and the kernel's CPU."""
    from in_browser import open_browser, open_lab, open_notebook, open_page
    from test_browser import write_notebook

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
            seen, end = [], time.monotonic() + SECONDS
            while time.monotonic() < end:
                found = re.search(r"([\d.]+) frames/s .* (\d+) ms", facts.inner_text())
                age = float(page.locator(".zmqlab-canvas").get_attribute("data-age"))
                seen.append((float(found[1]), 1000 * age, float(found[2])))
                page.wait_for_timeout(250)
            used = (sum(kernel.cpu_times()[:2]) - before) / SECONDS
            lab.end_kernels()
    return seen, used


def over_a_slow_line(endpoint):
    """Return what a page at the end of a slow line sees, and how the process's memory grew."""
    token = "0" * 32
    with start(serve_live, endpoint, "camera", token, name="live") as process:
        port = process.wait_output("port ").split()[1]
        url = f"ws://127.0.0.1:{port}/{token}/stream"
        seen = asyncio.run(_slow_page(url))
        memory = process.memory
        seen += asyncio.run(_slow_page(url))
        return seen, (process.memory - memory) / 1e6


async def _slow_page(url):
    page, seen, end = await websocket_connect(url), [], time.monotonic() + SECONDS
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


def main():
    rows = []
    with start(camera_publisher, "simulated", name="camera") as camera:
        with subscribe(camera.endpoint) as stream:
            stream.read()
            control = stream.control
        for fps, busy in ((30, False), (60, False), (30, True)):
            request(control, "set", {"fps": fps})
            seen, used = in_a_browser(camera.endpoint, busy)
            way = "JupyterLab in Chromium" + (", busy page" if busy else "")
            rows.append(row(way, fps, seen, f"{used:.2f} (kernel)"))
        request(control, "set", {"fps": 30})
        seen, grown = over_a_slow_line(camera.endpoint)
        rows.append(row(f"a line of {SLOW // 1000} kB/s", 30, seen, f"{grown:+.1f} MB in 15 s"))
    print(
        f"640 x 480 with spectrum, {SECONDS} s each. {machine()}; load {psutil.getloadavg()[0]:.1f}"
    )
    print(f"\n{table(HEADS, rows)}")


def row(way, fps, seen, used):
    painted, *times = zip(*seen, strict=True)
    times = ["{:.0f} ({:.0f}-{:.0f})".format(*spread(each)) for each in times]
    return [way, fps, f"{statistics.median(painted):.1f}", *times, used]


if __name__ == "__main__":
    main()
