"""The web page as its visitors see and use it, in a real browser."""

import csv
import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from helpers.web_pages import serving, serving_page
from playwright.sync_api import expect

from zmqlab import camera_publisher, camera_server, request, start
from zmqlab.course.ports import free_endpoint
from zmqlab.patterns.measurements import kept

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture(autouse=True)
def patience():
    """A busy computer is no failure."""
    expect.set_options(timeout=60_000)


@contextmanager
def page_at(browser, address, gone="^$", **options):
    """Open the page; at the end fail on errors that it reported, but for those named `gone`."""
    errors = []
    with browser.new_context(**{"viewport": WIDE, **options}) as context:
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: errors.append(f"{error.name}: {error.message}"))
        page.on("console", lambda it: it.type == "error" and errors.append(it.text))
        page.goto(address)
        yield page
        assert not [each for each in errors if not re.search(gone, each)]


def measure(page):
    """Click the button; return the number of the new measurement, its period, and its error."""
    button = page.locator("#measure")
    rows = page.locator("#rows tr")
    expect(button).to_have_attribute("aria-disabled", "false")
    before = rows.count()
    while rows.count() == before:  # a camera that was too slow for the page is asked again
        expect(button).to_have_attribute("aria-disabled", "false")
        button.click()
        page.wait_for_function(
            """before => document.querySelector('#rows').rows.length > before
                || document.querySelector('#note').textContent.includes('does not answer')""",
            arg=before,
        )
    expect(button).to_have_attribute("aria-disabled", "false")
    found = re.match(r"Measurement (\d+): ([\d.]+) ± ([\d.]+) pixels",
                     page.locator("#result").inner_text())  # fmt: skip
    return found.groups()


def violations(page):
    return [each["id"] for each in Axe().run(page).response["violations"]]


def save(page, name, folder):
    folder = Path(os.environ.get("ZMQLAB_SCREENSHOTS") or folder)
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"web page, {name}.png", full_page=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    history = tmp_path_factory.mktemp("page") / "measurements.sqlite"
    with serving(history, "unchanged") as (_, _, _, address):
        yield address, history


def test_a_click_and_there_is_a_measurement(browser, place, tmp_path):
    address, history = place
    with page_at(browser, address) as page:
        number, period, uncertainty = measure(page)
        assert abs(float(period) - 12) < 6 * float(uncertainty) + 1e-5
        first = page.locator("#rows tr").first
        expect(first).to_contain_text("10.0 ms")
        assert [cell.inner_text() for cell in first.locator("td").all()][::3] == [
            number, f"{period} ± {uncertainty}"
        ]  # fmt: skip
        for name in ("frame", "spectrum"):
            expect(page.get_by_alt_text(f"{name} of measurement {number}")).to_be_visible()
            page.wait_for_function("name => document.getElementById(name).naturalWidth === 640",
                                   arg=name)  # fmt: skip
        for _ in range(2):
            measure(page)
        assert page.locator("#plot circle").count() == page.locator("#rows tr").count()
        expect(page.locator("#plot")).to_contain_text("period / pixels")
        page.wait_for_function("() => document.getElementById('live').dataset.sequence > 3")
        assert violations(page) == []
        save(page, "wide", tmp_path)
        with page.expect_download() as download:
            page.get_by_role("link", name="CSV").click()
        with open(download.value.path(), newline="") as file:
            rows = list(csv.DictReader(file))
        assert [int(row["number"]) for row in rows] == [each.number for each in kept(history)]
        # What was there is there again in a new page.
        shown = page.locator("#rows").inner_text()
        page.reload()
        expect(page.locator("#rows")).to_have_text(shown, use_inner_text=True)
        expect(page.locator("#pictures")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_telephone(browser, place, scheme, tmp_path):
    with page_at(browser, place[0], viewport=NARROW, color_scheme=scheme) as page:
        measure(page)
        assert violations(page) == []
        too_wide = page.evaluate(
            """() => [document.documentElement, document.querySelector('.table')]
                .map(it => it.scrollWidth - it.clientWidth)"""
        )
        assert too_wide == [0, 0]
        save(page, f"narrow, {scheme}", tmp_path)


def test_dark(browser, place, tmp_path):
    brightness = """() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
        .reduce((sum, each) => sum + Number(each), 0)"""
    with page_at(browser, place[0], color_scheme="dark") as page:
        measure(page)
        assert page.evaluate(brightness) < 150
        assert violations(page) == []
        save(page, "dark", tmp_path)


def test_by_keyboard(browser, place):
    with page_at(browser, place[0]) as page:
        expect(page.locator("#measure")).to_have_attribute("aria-disabled", "false")
        expect(page.locator("#exposing")).to_be_visible()
        reached = []
        for _ in range(4):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("() => document.activeElement.id || "
                                         "document.activeElement.tagName"))  # fmt: skip
        assert reached == ["measure", "exposure", "A", "DIV"]  # and the table, to scroll it
        page.locator("#measure").focus()
        before = page.locator("#rows tr").count()
        page.keyboard.press("Enter")
        expect(page.locator("#rows tr")).to_have_count(before + 1)
        # The button keeps the focus while it waits, so that the next key goes to it too.
        expect(page.locator("#measure")).to_be_focused()
        expect(page.locator("#measure")).to_have_attribute("aria-disabled", "false")
        page.keyboard.press(" ")
        expect(page.locator("#rows tr")).to_have_count(before + 2)
        slider = page.get_by_role("slider", name="Exposure")
        slider.press("ArrowRight")
        expect(slider).to_have_attribute("aria-valuetext", page.locator("#seconds").inner_text())


@pytest.mark.everything
def test_camera_gone_and_back(browser, tmp_path):
    endpoint = free_endpoint()

    def a_camera():
        return start(camera_server, "simulated", bind=endpoint, process_name="page's camera")

    with (
        start(camera_publisher, "simulated", process_name="page's stream") as publisher,
        serving_page(endpoint, publisher.endpoint, tmp_path / "m.sqlite") as (_, address),
        page_at(browser, address) as page,
    ):
        button, said = page.locator("#measure"), page.locator("#camera")
        slider = page.locator("#exposure")
        for _ in range(2):
            expect(said).to_contain_text("The camera does not answer")
            expect(said).to_contain_text("nobody listens there")
            expect(button).to_have_attribute("aria-disabled", "true")
            rows = page.locator("#rows tr").count()
            button.click(force=True)  # and nothing comes of it
            assert violations(page) == []
            save(page, "camera gone", tmp_path)
            with a_camera():
                expect(said).to_have_text("Camera: simulated")
                measure(page)
                assert page.locator("#rows tr").count() == rows + 1
                slider.focus()
                left = slider.input_value()
            # Who is at the slider stays there, and it goes nowhere.
            expect(slider).to_have_attribute("aria-disabled", "true")
            expect(slider).to_be_focused()
            page.keyboard.press("ArrowLeft")
            assert slider.input_value() == left
            expect(page.locator("#seconds")).to_have_text("10.0 ms")


def test_what_a_camera_says_is_text(browser, tmp_path):
    hostile = '<img src=x onerror="document.title = 1">'
    with (
        serving(tmp_path / "m.sqlite") as (server, _, _, address),
        page_at(browser, address) as page,
    ):
        expect(page.locator("#measure")).to_have_attribute("aria-disabled", "false")
        for id_ in ("note", "camera", "stream", "result"):
            page.evaluate("([id, text]) => say(id, text)", [id_, hostile])
            assert page.locator(f"#{id_}").inner_text() == hostile
        news = [[10**6, 0, 0.01, 12, 0.1, hostile]]
        page.evaluate("news => showMeasurements(news)", news)
        assert page.locator("img[src=x]").count() == 0
        assert page.title() == "Fringes"
        assert request(server.endpoint, "info")[0] == "ok"
