"""The panel of a process as a learner sees it: its state, sockets, output and Stop button."""

import re

import pytest
from helpers.in_browser import open_page, run_notebook, screenshot

SERVER = """%%terminal server
import zmq

with zmq.Context() as context, context.socket(zmq.REP) as socket:
    socket.bind("tcp://127.0.0.1:*")
    print("<b>waiting</b>")
    socket.recv()
"""
VISIT = """import zmq

def visit(kind):
    with zmq.Context() as context, context.socket(kind) as socket:
        socket.linger = 0
        socket.connect(server.endpoint)
        server.wait_until(lambda it: it.events and it.events[-1]["event"] == "DISCONNECTED")

visit(zmq.PULL)
"""
FLOOD = """%%terminal flood
for number in range(200_000):
    print("line", number)
"""


EXECUTE = """code => void jupyterapp.shell.currentWidget.sessionContext.session.kernel
    .requestExecute({code})"""
BUSY = """() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'"""
FOCUSED = "() => document.activeElement.className"
BROKEN = """%%terminal broken
1 / 0
"""


def test_panels(browser, lab, tmp_path):
    with open_page(browser, lab) as page:
        run_notebook(page, lab, "panels", "%load_ext zmqlab", SERVER, FLOOD, BROKEN, VISIT)
        server, flood, broken = (
            page.get_by_role("region", name=f"process {name}")
            for name in ("server", "flood", "broken")
        )
        # What a process prints is text, whatever it looks like.
        server.get_by_role("log").get_by_text("<b>waiting</b>").wait_for()
        assert re.search(
            r"running.*\d+ MB.*REP · bound to tcp://127\.0\.0\.1:\d+ · no peer",
            server.inner_text(),
            re.S,
        )
        line, story = (
            server.locator("summary"),
            server.get_by_text("ACCEPTED: somebody has connected"),
        )
        line.get_by_text("disconnected, no handshake").wait_for()
        assert not story.is_visible()
        line.focus()
        page.keyboard.press("Enter")
        story.wait_for()
        assert "\nDISCONNECTED: " in story.inner_text()
        flood.get_by_text("line 199999", exact=False).wait_for()
        assert "199,800 earlier lines are not shown" in flood.inner_text()
        assert flood.get_by_role("log").inner_text().count("\n") < 250
        broken.get_by_text("ZeroDivisionError").wait_for()
        broken.get_by_text("failed").wait_for()
        assert "line 2" in broken.inner_text()

        assert story.is_visible()  # it stays unfolded while the panel changes
        server.get_by_role("button", name="Stop").click()
        server.get_by_text("stopped").wait_for()
        assert not server.get_by_role("button", name="Stop").is_visible()
        screenshot(page, "panels", tmp_path)


@pytest.mark.everything
def test_stop_by_keyboard_keeps_the_focus_while_the_kernel_is_busy(browser, lab):
    with open_page(browser, lab) as page:
        run_notebook(page, lab, "busy", "%load_ext zmqlab", SERVER)
        panel = page.get_by_role("region", name="process server")
        panel.get_by_text("● running").wait_for()
        busy = "import time\nend = time.time() + 600\nwhile time.time() < end: time.sleep(0.1)"
        page.evaluate(EXECUTE, busy)
        page.wait_for_function(BUSY)
        panel.get_by_role("button", name="Stop").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        panel.get_by_text("Stopping, once the kernel is free…").wait_for()
        assert page.evaluate(FOCUSED) == "zmqlab-stop"
        page.evaluate(
            "() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.interrupt()"
        )
        panel.get_by_text("■ stopped").wait_for()
