"""The browser's camera in JupyterLab, with the test picture that Chromium shows for a camera."""

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from helpers.in_browser import (
    browser_or_skip,
    open_browser,
    open_lab,
    open_page,
    printed,
    run_notebook,
    screenshots,
    write_notebook,
)

from zmqlab import subscribe

WAIT = 60  # seconds, for what is sure to come
ELSEWHERE = "lab.example"  # a name of this computer that no browser takes for its own
FAKE = "--use-fake-device-for-media-stream=fps=30"  # green, with a clock and a wheel that turns
MAPPED = f"--host-resolver-rules=MAP {ELSEWHERE} 127.0.0.1"
ALLOWED = {"permissions": ["camera"]}
CELLS = (
    "%load_ext zmqlab\nfrom zmqlab import browser_camera, live",
    "camera = browser_camera()\ndisplay(live(camera))\ncamera",
    "print('endpoint', camera.endpoint)",
)
ON = ".zmqlab-camera[data-on=true]"
TRACK = f"document.querySelector('{ON} video').srcObject.getVideoTracks()[0]"
EXECUTE = """code => void jupyterapp.shell.currentWidget.sessionContext.session.kernel
    .requestExecute({code})"""
INTERRUPT = "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    folder, private = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("jupyter")
    (folder / "notebooks").mkdir()
    write_notebook(folder, "00-start-here")
    names = [f"--ServerApp.local_hostnames={name}" for name in ("localhost", ELSEWHERE)]
    with open_lab(folder, private, *names) as lab:
        yield lab


@pytest.fixture(scope="module")
def browser():
    with open_browser(FAKE, MAPPED) as browser:
        yield browser


@pytest.fixture(autouse=True)
def kernels_end(lab):
    yield
    lab.end_kernels()


def begin(page, lab, name):
    """Run a notebook that shows the camera; return the endpoint of its publisher."""
    run_notebook(page, lab, name, *CELLS)
    page.set_default_timeout(1000 * WAIT)
    return next(line.split()[1] for line in printed(page).splitlines() if "endpoint" in line)


def frames_of(stream, source, count=1):
    """Return so many frames of one source that follow each other."""
    found = []
    for frame in stream:
        found = [*found, frame] if stream.header["source"] == source else []
        if len(found) == count:
            return found
    raise AssertionError("the stream has ended")


def green(frame):
    blue, green, red = frame.reshape(-1, 3).mean(axis=0)
    return frame.shape == (480, 640, 3) and green > 1.5 * max(blue, red)


def test_the_picture_arrives_whatever_else_goes_on(browser, lab, tmp_path):
    with open_page(browser, lab, **ALLOWED) as page:
        endpoint = begin(page, lab, "arrives")
        with subscribe(endpoint, timeout=WAIT) as stream:
            frames = frames_of(stream, "browser", 30)
            assert all(map(green, frames))
            changes = [np.abs(a.astype(int) - b).max() > 50 for a, b in pairwise(frames)]
            assert sum(changes) > 10  # the wheel turns
            assert stream.header["fps"] == 30
            page.locator(f"{ON}[data-rate]").wait_for()
            assert "640 × 480" in page.locator(".zmqlab-camera .zmqlab-facts").inner_text()
            live = """() => { const canvas = document.querySelector('.zmqlab-canvas');
                const [red, green] = canvas.getContext('2d').getImageData(320, 20, 1, 1).data;
                return green > 1.5 * red; }"""
            page.wait_for_function(live)
            screenshots(page, "browser camera", tmp_path)

            page.evaluate(EXECUTE, "while True: pass")
            frames_of(stream, "browser", 60)
            # A busy page: its JPEGs would wait, so plain pixels come.
            page.evaluate(
                """() => { window.busy = setInterval(() => {
                    const end = performance.now() + 190;
                    while (performance.now() < end);
                }, 200) }"""
            )
            page.locator(f"{ON}[data-format=I420]").wait_for()
            assert all(map(green, frames_of(stream, "browser", 60)))
            page.evaluate("() => clearInterval(window.busy)")
            page.evaluate(INTERRUPT)

            page.evaluate(f"() => {{ window.track = {TRACK} }}")
            page.get_by_label("frames/s").select_option("10")
            page.wait_for_function("() => window.track.readyState === 'ended'")
            while stream.header["fps"] != 10:
                frames_of(stream, "browser")
            page.evaluate(f"() => {{ window.track = {TRACK} }}")
            page.evaluate("() => jupyterapp.shell.currentWidget.dispose()")  # the notebook closes
            page.wait_for_function("() => window.track.readyState === 'ended'")  # the light is off
            assert not green(frames_of(stream, "simulated", 2)[0])


def told(page, lab, name):
    """Run a notebook whose page gives no picture; return what the page and the process say."""
    waiting = "print(camera.wait_output('goes on', 60))"
    run_notebook(page, lab, name, *CELLS[:-1], waiting)
    return page.locator(".zmqlab-camera .zmqlab-note").inner_text(), printed(page)


@pytest.mark.everything
def test_without_permission_https_or_a_camera_it_says_which_and_what_to_do(browser, lab):
    with open_page(browser, lab, permissions=[]) as page:
        in_page, in_process = told(page, lab, "denied")
        assert "denies this page the camera. Allow it" in in_page
        assert "denies this page the camera. Allow it" in in_process
    elsewhere = lab.url.replace("localhost", ELSEWHERE).replace("127.0.0.1", ELSEWHERE)
    with open_page(browser, dataclasses.replace(lab, url=elsewhere)) as page:
        assert f"({elsewhere}) is not secure" in told(page, lab, "insecure")[0]
    none = ["--use-fake-device-for-media-stream=device-count=0"]
    start = browser.browser_type.launch
    with start(executable_path=browser_or_skip(), args=none) as without:
        with open_page(without, lab, **ALLOWED) as page:
            in_page, in_process = told(page, lab, "none")
            assert "finds no camera. Plug one in" in in_page
            assert in_page.endswith("Until then a simulated camera goes on.")
        without.close()
