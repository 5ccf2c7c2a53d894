"""A browser's tab that another one hides, which Playwright cannot have: it keeps pages visible.

So this speaks to the browser itself (https://chromedevtools.github.io/devtools-protocol/).
"""

import asyncio
import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.request import ProxyHandler, Request, build_opener

from helpers.in_browser import QUIET, browser_or_skip
from tornado.websocket import websocket_connect

WAIT = 120  # seconds, for what is sure to come
RUN_ALL = """(async () => {
    const kernel = () => window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel;
    while (kernel()?.connectionStatus !== 'connected' || kernel().status !== 'idle')
        await new Promise((done) => setTimeout(done, 100));
    return jupyterapp.commands.execute('notebook:run-all-cells');
})()"""
PRINTED = """Array.from(jupyterapp.shell.currentWidget.content.model.cells).flatMap(
    (cell) => cell.outputs.toJSON()).map((output) => output.text ?? '').join('')"""


class Tab:
    """A tab, by the address at which the browser takes commands for it."""

    def __init__(self, browser, address):
        self.browser, self.address = browser, address

    def evaluate(self, expression):
        """Return what a JavaScript expression, or the promise that it is, comes to."""
        # In a thread of its own: Playwright may have a loop in this one.
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(asyncio.run, self._evaluate(expression)).result()

    async def _evaluate(self, expression):
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        command = {"id": 1, "method": "Runtime.evaluate", "params": asked}
        reply = {"error": "not asked yet"}
        async with asyncio.timeout(WAIT):
            connection = await websocket_connect(self.address)
            while "error" in reply:  # the page was left for another one meanwhile
                await connection.write_message(json.dumps(command))
                reply = json.loads(await connection.read_message())
            connection.close()
            while await connection.read_message() is not None:
                pass  # until it is closed
        assert "exceptionDetails" not in reply["result"], reply
        return reply["result"]["result"].get("value")

    def hide(self):
        """Put another tab in front of this one."""
        ask(f"{self.browser}/json/new?about:blank", "PUT")
        self.evaluate(
            "(async () => { while (!document.hidden) await new Promise(requestIdleCallback) })()"
        )


@contextmanager
def open_tab(url, folder, *arguments):
    """Run a browser without a window on an address; what it keeps goes to a folder."""
    command = [
        *(browser_or_skip(), "--headless", "--no-sandbox", "--no-first-run", *QUIET, *arguments),
        *("--remote-debugging-port=0", f"--user-data-dir={folder}", url),
    ]
    nothing = subprocess.DEVNULL
    browser = subprocess.Popen(command, stdin=nothing, stdout=nothing, stderr=nothing)
    try:
        file, deadline = folder / "DevToolsActivePort", time.monotonic() + WAIT
        while not (file.exists() and "\n" in file.read_text()):
            assert browser.poll() is None, f"{command[0]} ended with {browser.returncode}"
            assert time.monotonic() < deadline, f"{command[0]} says no port"
        place = f"http://127.0.0.1:{file.read_text().split()[0]}"
        pages = []
        while not (pages := [each for each in ask(f"{place}/json") if each["type"] == "page"]):
            assert time.monotonic() < deadline, "no page"
        yield Tab(place, pages[0]["webSocketDebuggerUrl"])
    finally:
        browser.terminate()
        browser.wait(timeout=30)


def ask(url, method="GET"):
    """Return what the browser says, as JSON."""
    with build_opener(ProxyHandler({})).open(Request(url, method=method), timeout=30) as answer:
        return json.loads(answer.read())
