"""The timeline as a learner uses it in JupyterLab: by mouse, by keyboard, light and dark, live."""

import sys

import cloudpickle
import pytest
import zmq
from axe_playwright_python.sync_playwright import Axe
from helpers.in_browser import change_theme, open_page, run_notebook, screenshot
from helpers.observing import PATIENCE, serve
from helpers.widget_page import change, open_widget

import zmqlab
from zmqlab.page.timeline import NOTHING
from zmqlab.processes.handle import have_report

cloudpickle.register_pickle_by_value(sys.modules[__name__])

SETUP = """%load_ext zmqlab
import zmq
from zmqlab import process, start, timeline
"""
SERVER = """%%terminal server --trace
import zmq

with zmq.Context() as context, context.socket(zmq.REP) as rep:
    rep.bind("tcp://127.0.0.1:*")
    while True:
        rep.send(rep.recv().upper())
"""
CLIENT = """def ask(endpoint, name):
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.connect(endpoint)
        for number in range(10):
            req.send(f"<b>{name}</b> {number}".encode())
            req.recv()

clients = []
for name in ("Ada", "Grace"):
    clients.append(start(ask, server.endpoint, name, process_name=name, trace=True))
    clients[-1].wait()
timeline(server, *clients)
"""
LOAD = """def send(endpoint):
    import time

    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.connect(endpoint)
        began, number = time.monotonic(), 0
        while True:  # 5,000 messages a second
            for _ in range(50):
                push.send(b"%d" % number)
                number += 1
            time.sleep(max(0, began + number / 5000 - time.monotonic()))

def take():
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind("tcp://127.0.0.1:*")
        number = 0
        while True:
            assert int(pull.recv()) == number
            number += 1

pull = start(take, trace=True, process_name="pull")
push = start(send, pull.endpoint, trace=True, process_name="push")
timeline(push, pull, seconds=1, live=True)
"""


def test_a_timeline_is_zoomed_moved_and_read_and_another_goes_on_under_load(browser, lab, tmp_path):
    with open_page(browser, lab) as page:
        run_notebook(page, lab, "timeline", SETUP, SERVER, CLIENT, LOAD)
        shown, live = (page.locator("figure.zmqlab-timeline").nth(number) for number in (0, 1))
        plot = shown.get_by_role("group", name="messages in time")
        arrows, told = plot.locator(".zmqlab-messages path"), shown.get_by_role("status")
        arrows.nth(39).wait_for(state="attached")
        assert "Point at an arrow" in told.inner_text()

        def path():
            return arrows.nth(10).get_attribute("d")

        def ticks():
            return plot.locator(".zmqlab-axis text").all_inner_texts()

        # By keyboard: from message to message, nearer, further, and back to all of it.
        whole, all_ticks = path(), ticks()
        plot.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        assert "“<B>ADA</B> 0”" in told.inner_text()  # as text, and not as what it looks like
        assert plot.locator(".zmqlab-chosen").count() == 1
        for key in ("+", "+", "Shift+ArrowRight"):
            before = path(), ticks()
            page.keyboard.press(key)
            assert (path(), ticks()) != before
        page.keyboard.press("0")
        assert (path(), ticks()) == (whole, all_ticks)

        # By mouse: to an arrow's middle, the buttons, the wheel with Ctrl, and dragging.
        middle = arrows.nth(20).evaluate(
            """path => {
                const [x1, y1, x2, y2] = path.getAttribute("d").match(/-?[\\d.]+/g).map(Number);
                const svg = path.ownerSVGElement, box = svg.getBoundingClientRect();
                const scale = box.width / svg.viewBox.baseVal.width;
                return [box.left + scale * (x1 + x2) / 2, box.top + scale * (y1 + y2) / 2];
            }"""
        )
        page.mouse.move(*middle)
        assert "later" in told.inner_text()
        shown.get_by_role("button", name="zoom in").click()
        nearer = path()
        assert nearer != whole
        page.mouse.move(*middle)
        page.keyboard.down("Control")
        page.mouse.wheel(0, -100)
        page.keyboard.up("Control")
        page.wait_for_function("([arrow, d]) => arrow.getAttribute('d') !== d",
                               arg=[arrows.nth(10).element_handle(), nearer])  # fmt: skip
        before = path()
        page.mouse.down()
        page.mouse.move(middle[0] - 60, middle[1])
        page.mouse.up()
        assert path() != before
        shown.get_by_role("button", name="show all").click()
        assert path() == whole

        # For screen readers and for those without a mouse.
        shown.get_by_text("The same as a table: 40 messages").click()
        assert shown.locator("tbody tr").count() == 40
        # Some thousand messages a second: it is drawn again and again, until it is to stand still.
        for _ in range(3):
            drawn = live.locator("clipPath").get_attribute("id")
            live.locator(f"clipPath:not([id='{drawn}'])").wait_for(state="attached")
        live.locator(".zmqlab-messages path.arrived").nth(100).wait_for(state="attached")
        assert "earlier messages are not drawn" in live.inner_text()
        live.get_by_role("button", name="Stand still").click()
        live.get_by_role("button", name="Stand still").wait_for(state="hidden")
        for theme in ("JupyterLab Light", "JupyterLab Dark"):
            change_theme(page, theme)
            found = Axe().run(page, {"include": [[".jp-OutputArea-output"]]})
            assert not found.response["violations"], found.generate_report()
            screenshot(page, f"timeline {theme}", tmp_path)


def ask(endpoint):
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.connect(endpoint)
        for _ in range(3):
            req.send(b"how are you?")
            req.recv()


@pytest.fixture(scope="module")
def html():
    """The picture of six messages, and what is shown before there is any."""
    options = {"trace": True, "start_timeout": PATIENCE}
    with (
        zmqlab.start(serve, "REP", process_name="server", **options) as server,
        zmqlab.start(ask, server.endpoint, process_name="client", **options) as client,
    ):
        client.wait(PATIENCE)
        have_report([server], PATIENCE)
        return zmqlab.timeline(client, server).html, f"<p>{NOTHING}.</p>"


@pytest.fixture
def page(browser, html):
    """An empty page with a live timeline."""
    with open_widget(browser, "timeline", html=html[0], live=True) as page:
        yield page


def listeners(page):
    """Return how many listeners the drawing has."""
    tools = page.context.new_cdp_session(page)
    plot = {"expression": "document.querySelector('.zmqlab-plot')"}
    found = tools.send("Runtime.evaluate", plot)["result"]["objectId"]
    return len(tools.send("DOMDebugger.getEventListeners", {"objectId": found})["listeners"])


def test_a_timeline_that_is_drawn_again_keeps_nothing_of_the_one_before(page, html):
    told = "() => document.querySelector('[role=status]').firstChild"
    told, before = page.evaluate_handle(told), listeners(page)
    for _ in range(3):
        change(page, "html", html[0])
    assert listeners(page) == before == 6
    # What a screen reader reads out is not set again: it would be read out again.
    assert told.evaluate("told => told.isConnected")
    page.locator(".zmqlab-plot").focus()
    page.keyboard.press("ArrowRight")
    assert "how are you?" in page.get_by_role("status").inner_text()
    page.evaluate("() => end()")
    assert listeners(page) == 0


def test_a_timeline_stands_still_though_the_kernel_does_not_hear(page, html):
    drawn = page.locator(".zmqlab-plot svg").element_handle()
    page.get_by_role("button", name="Stand still").focus()
    page.keyboard.press("Enter")
    change(page, "html", html[0])
    assert drawn.evaluate("svg => svg.isConnected")
    assert page.evaluate("() => sent") == ["stop"]
    change(page, "live", False)
    assert page.get_by_role("button", name="Stand still").is_hidden()
    assert page.evaluate("() => document.activeElement.className") == "zmqlab-plot"
    change(page, "html", html[0])  # by refresh() in a cell
    assert not drawn.evaluate("svg => svg.isConnected")
