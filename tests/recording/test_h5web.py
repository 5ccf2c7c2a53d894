"""A recording opens in JupyterLab at a double click, and shows its film."""

import pytest
from helpers.in_browser import MINUTE, open_page

from zmqlab import Recorder, open_camera


@pytest.mark.everything
def test_film_at_a_double_click(browser, lab, tmp_path):
    film = lab.folder / "notebooks" / "film.h5"
    with open_camera("simulated", paced=False) as camera, Recorder(film) as recorder:
        for _ in range(20):
            recorder.add(camera.read())
    with open_page(browser, lab) as page:
        page.set_default_timeout(MINUTE)
        for name in ("notebooks", "film.h5"):
            page.locator(".jp-DirListing-item", has_text=name).dblclick()
        viewer = page.locator(".h5web-root")
        viewer.locator("canvas").wait_for()
        assert viewer.get_by_text("NX RGB").count() == 1  # colours, not one map of numbers each
        assert viewer.get_by_text("0:19").count() == 1  # the slider of time
        page.screenshot(path=tmp_path / "h5web.png")
