"""A web page in a notebook: through JupyterLab's own port, as on Binder."""

import re

import pytest
from helpers.in_browser import open_page, run_notebook
from playwright.sync_api import expect

from zmqlab import show_page, start

CELLS = [
    "%load_ext zmqlab\n"
    "from zmqlab import camera_publisher, camera_server, show_page, start, web_page\n"
    "camera = start(camera_server, 'simulated')\n"
    "publisher = start(camera_publisher, 'simulated')",
    "places = {'connect': camera.endpoint, 'subscribe': publisher.endpoint}\n"
    "page = start(web_page, **places, history='measurements.sqlite')\n"
    "show_page(page)",
]


def printing(text):
    import zmqlab

    print(text, flush=True)
    zmqlab.ready()


def test_the_address_that_a_process_has_printed():
    with start(printing, "see http://127.0.0.1:8000/abc/ there") as process:
        frame = show_page(process)
    assert frame.address == "http://127.0.0.1:8000/abc/"
    assert "http://127.0.0.1:8000/abc/" in repr(frame)
    with (
        start(printing, "see http://nowhere") as process,
        pytest.raises(ValueError, match="see http://nowhere"),
    ):
        show_page(process)


def test_a_web_page_in_jupyterlab(browser, lab):
    expect.set_options(timeout=60_000)
    with open_page(browser, lab) as page:
        run_notebook(page, lab, "web", *CELLS)
        frame = page.frame_locator("iframe[title^='web page of']")
        source = page.locator("iframe[title^='web page of']").get_attribute("src")
        assert re.fullmatch(rf"{lab.url}/proxy/\d+/[\w-]+/", source)
        expect(frame.locator("#measure")).to_have_attribute("aria-disabled", "false")
        frame.locator("#measure").click()
        expect(frame.locator("#result")).to_contain_text("Measurement 1: 1")
        expect(frame.locator("#facts")).to_contain_text("frames/s")
        expect(frame.get_by_alt_text("frame of measurement 1")).to_be_visible()
    lab.end_kernels()
