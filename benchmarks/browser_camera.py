"""The browser's camera: frames a second, and how old they are when a subscriber has them.

    python -m benchmarks.browser_camera [SECONDS]

Chromium shows its own test picture, 640 x 480 at 30 frames a second, to a page of JupyterLab; all
is on this machine. The age counts from when the page has the picture, by the one clock that page
and subscriber share, until the subscriber has the frame. A busy page computes for 150 of each
200 ms, a busy kernel all the time; a hidden tab is behind another one.
"""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.timing import Comparison, report
from zmqlab import subscribe

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))  # the browser's helpers

SECONDS = 15  # each
IN_VIEW, HIDDEN = "page in view", "hidden tab"
BUSY_KERNEL, BUSY_PAGE = "busy kernel", "busy page"
CELLS = "from zmqlab import browser_camera\ncamera = browser_camera()", "print(camera.endpoint)"
FAKE = ("--use-fake-device-for-media-stream=fps=30", "--use-fake-ui-for-media-stream")
KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session.kernel"
COMPUTE = f"void {KERNEL}.requestExecute({{code: 'while True: pass'}})"
BE_BUSY = """window.busy = setInterval(() => {
    const end = performance.now() + 150;
    while (performance.now() < end);
}, 200)"""


def watch(stream, seconds):
    """Return frames a second and ages in ms, second by second, of what the browser sends."""
    rates, ages = [], []
    for _ in range(seconds):
        count, end = 0, time.monotonic() + 1
        while (left := end - time.monotonic()) > 0:
            try:
                stream.read(left)
            except TimeoutError:
                break
            if stream.header["source"] == "browser":
                count += 1
                ages.append(1000 * stream.latency)
        rates.append(count)
    return rates, ages or [float("inf")]


def compare(seconds=SECONDS):
    """Yield the comparisons of this file; each way is watched for so long."""
    from helpers.hidden_tab import PRINTED, RUN_ALL, open_tab
    from helpers.in_browser import open_lab, write_notebook

    rates, ages = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        root, private = Path(folder, "course"), Path(folder, "jupyter")
        (root / "notebooks").mkdir(parents=True)
        private.mkdir()
        write_notebook(root, "00-start-here", *CELLS)
        with (
            open_lab(root, private) as lab,
            open_tab(f"{lab.url}{lab.path}?token={lab.token}", private / "browser", *FAKE) as tab,
        ):
            tab.evaluate(RUN_ALL)
            ways = {
                IN_VIEW: ("", ""),
                BUSY_KERNEL: (COMPUTE, f"{KERNEL}.interrupt()"),
                BUSY_PAGE: (BE_BUSY, "clearInterval(window.busy)"),
                HIDDEN: ("", ""),
            }
            with subscribe(tab.evaluate(PRINTED).split()[-1]) as stream:
                while stream.header.get("source") != "browser":
                    stream.read()
                for way, (begin, end) in ways.items():
                    tab.evaluate(begin)
                    if way == HIDDEN:
                        tab.hide()
                    watch(stream, 2)  # until it has settled
                    rates[way], ages[way] = watch(stream, seconds)
                    tab.evaluate(end)
            lab.end_kernels()
    goals = [(way, None, 29) for way in (IN_VIEW, BUSY_KERNEL, HIDDEN)]
    yield Comparison("The browser's camera of 30 frames/s", "frames/s", "", rates, goals)
    goals = [(way, None, 60) for way in (IN_VIEW, BUSY_KERNEL, HIDDEN)]
    yield Comparison("The browser's camera, a frame's age", "ms", "", ages, goals)


if __name__ == "__main__":
    report(compare(*map(int, sys.argv[1:])))
