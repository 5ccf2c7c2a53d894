"""The live view: pictures a second and their age, in a browser and over a slow line.

    python -m benchmarks.live

The browser is Chromium with JupyterLab, both on this machine. The slow line is a page of our own
that takes 400 kB a second and paints nothing; its memory is that of the process behind the view.
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
    "latency, ms",
    "quartiles",
    "CPU or memory",
]
CELLS = (
    "from zmqlab import start\nfrom zmqlab.live import live",
    "view = live({endpoint!r})\nview",
)


def in_a_browser(endpoint):
    """Yield (painted a second, latency in ms) as the page shows them, and the kernel's CPU."""
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
            kernel = lab.kernel()
            before = sum(kernel.cpu_times()[:2])
            seen, end = [], time.monotonic() + SECONDS
            while time.monotonic() < end:
                found = re.search(r"([\d.]+) frames/s .* (\d+) ms", facts.inner_text())
                seen.append((float(found[1]), float(found[2])))
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
                seen.append((about["fps"], 1000 * about["latency"]))
    page.close()
    return seen


def main():
    rows = []
    with start(camera_publisher, "simulated", name="camera") as camera:
        with subscribe(camera.endpoint) as stream:
            stream.read()
            control = stream.control
        for fps in (30, 60):
            request(control, "set", {"fps": fps})
            seen, used = in_a_browser(camera.endpoint)
            rows.append(row("JupyterLab in Chromium", fps, seen, f"{used:.2f} (kernel)"))
        request(control, "set", {"fps": 30})
        seen, grown = over_a_slow_line(camera.endpoint)
        rows.append(row(f"a line of {SLOW // 1000} kB/s", 30, seen, f"{grown:+.1f} MB in 15 s"))
    print(
        f"640 x 480 with spectrum, {SECONDS} s each. {machine()}; load {psutil.getloadavg()[0]:.1f}"
    )
    print(f"\n{table(HEADS, rows)}")


def row(way, fps, seen, used):
    painted, latency = zip(*seen, strict=True)
    middle, low, high = spread(latency)
    rate = statistics.median(painted)
    return [way, fps, f"{rate:.1f}", f"{middle:.0f}", f"{low:.0f} to {high:.0f}", used]


if __name__ == "__main__":
    main()
