"""The web page: what its server costs, and how long a click takes.

    python -m benchmarks.web_page [SECONDS]

The server's share of a core is that of its process, threads included, while one or three visitors
each take all pictures of a camera of 30 frames a second. They are programs, so that no browser
takes the server's time away.

A click is timed in Chromium, by the page's own clock: until the new frame and spectrum are loaded
and the browser has painted. Beside it in turn the bare request of a frame, from Python. The camera
has a frame waiting by then, as a driver has; the page has painted live pictures all the while.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.timing import Comparison, report
from zmqlab import request

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # the visitors', the browser's

SECONDS = 15  # each
ROUNDS = 3
ONE, THREE = "1 visitor", "3 visitors"
BARE, CLICK = "bare request of a frame", "click to painted measurement"
CLICKED = """async () => {
    const button = document.getElementById("measure");
    while (button.getAttribute("aria-disabled") === "true")
        await new Promise((done) => setTimeout(done, 20));
    const loaded = (id) => new Promise((done) =>
        document.getElementById(id).addEventListener("load", done, { once: true }));
    const painted = Promise.all([loaded("frame"), loaded("spectrum")]);
    const begin = performance.now();
    button.click();
    await painted;
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - begin;
}"""


async def _look(address, seconds):
    """Take pictures for so long; return how many came a second."""
    from helpers.web_pages import visiting

    async with visiting(address) as visitor:
        await visitor.hear_until(lambda it: it.pictures > 5)
        before, begin = visitor.pictures, time.monotonic()
        while time.monotonic() < begin + seconds:
            await visitor.hear()
        return (visitor.pictures - before) / (time.monotonic() - begin)


def looked_at(page, address, visitors, seconds):
    """Return the pictures a second of each visitor, and the server's share of a core, in %."""

    async def look():
        return await asyncio.gather(*(_look(address, seconds) for _ in range(visitors)))

    server = psutil.Process(page.pid)
    before, begin = sum(server.cpu_times()[:2]), time.monotonic()
    pictures = asyncio.run(look())
    used = sum(server.cpu_times()[:2]) - before
    return pictures, 100 * used / (time.monotonic() - begin)


def clicks(address, endpoint, count):
    """Return the milliseconds of bare requests and of clicks, in turn."""
    from helpers.in_browser import open_browser

    bare, clicked = [], []
    with open_browser() as browser:
        page = browser.new_page()
        page.goto(address)
        page.evaluate(CLICKED)  # the first loads what is loaded once
        for _ in range(count):
            begin = time.perf_counter()
            request(endpoint, "read")
            bare.append(1000 * (time.perf_counter() - begin))
            clicked.append(page.evaluate(CLICKED))
    return bare, clicked


def compare(seconds=SECONDS):
    """Yield the comparisons of this file; each way is watched for so long."""
    from helpers.web_pages import serving

    rates, shares = {ONE: [], THREE: []}, {ONE: [], THREE: []}
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder, "measurements.sqlite")) as (camera, _, page, address),
    ):
        for _ in range(ROUNDS):
            for way, visitors in ((ONE, 1), (THREE, 3)):
                pictures, share = looked_at(page, address, visitors, seconds)
                rates[way] += pictures
                shares[way].append(share)
        bare, clicked = clicks(address, camera.endpoint, 2 * seconds)
    what = "Web page"
    yield Comparison(f"{what}, pictures a second to each", "frames/s", "", rates,
                     [(THREE, None, 29.9)])  # fmt: skip
    yield Comparison(f"{what}, the server's share of a core", "%", "", shares, [(THREE, None, 25)])
    yield Comparison(f"{what}, from click to paint", "ms", BARE, {BARE: bare, CLICK: clicked})


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
