"""JupyterLab in a real browser: start both, open a notebook, run it, read what came of it.

For the tests that use them, `conftest.py` has the fixtures `browser` and `lab`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import ProxyHandler, Request, build_opener

import psutil
import pytest

HOW_TO_HAVE_A_BROWSER = (
    "no Chromium, Chrome or Edge at its usual places: install one (Debian: apt install chromium), "
    "or put the path of one in the environment variable ZMQLAB_CHROMIUM"
)
# Nothing but JupyterLab is to be reached, and a component update is a request elsewhere.
QUIET = ("--disable-background-networking", "--disable-component-update", "--disable-sync")
MINUTE = 60_000  # milliseconds, as Playwright counts
LARGEST_PICTURE = 16_000  # pixels; Chromium's limit is a little higher
MARGIN = 200  # pixels of it that are no notebook
# What JupyterLab says of questions to, and widgets of, a kernel that has been restarted.
# And of its own table of contents, in 4.4, where a cell runs while that is made anew.
HARMLESS = re.compile(
    "Canceled future for .* before replies were done|Comm not found for comm id|"
    "Failed to update the table of contents|undefined \\((reading|setting) 'isRunning'\\)"
)
# A web page whose process was stopped looks for it, and gets this from the proxy.
STOPPED = re.compile(r"/proxy/\d+/[\w-]{22}/page\.js$")
# anywidget gives a widget two seconds to be loaded; a busy computer may take longer.
PATIENT = """const timeout = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = (milliseconds) => timeout(30 * milliseconds);"""
ADDRESS = re.compile(r"(?P<base>http://\S+?)(?P<path>/lab\S*)\?token=(?P<token>\w+)")


def find_chromium() -> str | None:
    """Return the path of a Chromium, Chrome or Edge of this system, or None."""
    chosen = os.environ.get("ZMQLAB_CHROMIUM")
    if chosen:
        return chosen
    names = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge", "chrome", "msedge")
    on_path = filter(None, map(shutil.which, names))
    mac = [
        f"/Applications/{name}.app/Contents/MacOS/{name}"
        for name in ("Chromium", "Google Chrome", "Microsoft Edge")
    ]
    windows = [
        Path(os.environ[folder], *program)
        for folder in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        if folder in os.environ
        for program in (
            ("Chromium", "Application", "chrome.exe"),
            ("Google", "Chrome", "Application", "chrome.exe"),
            ("Microsoft", "Edge", "Application", "msedge.exe"),
        )
    ]
    return next((str(path) for path in [*on_path, *mac, *windows] if Path(path).is_file()), None)


@contextmanager
def open_browser(*arguments):
    """Run a browser without a window; skip or, under ZMQLAB_REQUIRE_BROWSER, fail without one.

    `arguments` are the browser's own.
    """
    from playwright.sync_api import sync_playwright

    path = browser_or_skip()
    with sync_playwright() as playwright:
        options = {"executable_path": path, "args": [*QUIET, *arguments], "timeout": 120_000}
        browser = playwright.chromium.launch(**options)
        yield browser
        browser.close()


def browser_or_skip() -> str:
    """Return the path of a browser; skip or, under ZMQLAB_REQUIRE_BROWSER, fail without one."""
    path = find_chromium()
    if path is None:
        missing = pytest.fail if os.environ.get("ZMQLAB_REQUIRE_BROWSER") else pytest.skip
        missing(HOW_TO_HAVE_A_BROWSER)
    return path


@dataclass
class Lab:
    """A running JupyterLab: the parts of the address that it printed, and the folder it shows."""

    url: str
    path: str
    token: str
    folder: Path
    process: subprocess.Popen

    def ask(self, path, method="GET"):
        """Return what the server answers, as JSON: `ask("api/kernels")`."""
        request = Request(f"{self.url}/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with build_opener(ProxyHandler({})).open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def kernel(self) -> psutil.Process:
        """Return the process of the one kernel that runs."""
        kernels = [p for p in psutil.Process(self.process.pid).children(recursive=True)
                   if "ipykernel_launcher" in " ".join(p.cmdline())]  # fmt: skip
        assert len(kernels) == 1, f"{len(kernels)} kernels run, one was expected"
        return kernels[0]

    def end_kernels(self):
        """Shut down every kernel, and with it what a test has left in one."""
        for kernel in self.ask("api/kernels"):
            self.ask(f"api/kernels/{kernel['id']}", method="DELETE")


@contextmanager
def open_lab(folder: Path, private: Path, *arguments, **environment):
    """Run `zmqlab lab` in a folder with `notebooks/`; what Jupyter writes goes to `private`."""
    command = [sys.executable, "-m", "zmqlab", "lab", "--LabApp.expose_app_in_browser=True"]
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    environment = {
        **os.environ,
        **{name: str(private / name.lower()) for name in places},
        "BROWSER": "lynx",  # a text browser must not start, whoever has a display
        **environment,
    }
    with (private / "jupyterlab.log").open("w+") as log:
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            address = next(filter(None, map(ADDRESS.search, process.stdout)), None)
            if address is None:  # it ended without printing one
                log.seek(0)
                pytest.fail(f"`zmqlab lab` printed no address: {log.read()}")
            lab = Lab(*address.group("base", "path", "token"), folder, process)
            yield lab
            lab.ask("api/shutdown", method="POST")
            process.wait(timeout=120)  # it awaits the end of all kernels
        finally:
            process.kill()
            process.communicate()


@contextmanager
def open_page(browser, lab, path=None, **options):
    """Open JupyterLab in a page of its own; at the end fail on errors that the page reported.

    `options` are those of a context of Playwright, such as ``permissions=["camera"]``.
    """
    # In a workspace of its own, or JupyterLab opens what the page before it had open.
    path = path or f"/lab/workspaces/{uuid.uuid4().hex}"
    errors = []

    def note(text, url=""):
        if not HARMLESS.search(text) and not STOPPED.search(url):
            errors.append(text)

    with browser.new_context(viewport={"width": 1280, "height": 900}, **options) as context:
        context.add_init_script(PATIENT)
        page = context.new_page()
        page.on("pageerror", lambda error: note(f"{error.name}: {error.message}"))
        page.on("console", lambda it: it.type == "error" and note(it.text, it.location["url"]))
        page.goto(f"{lab.url}{path}?token={lab.token}", timeout=MINUTE)
        page.wait_for_function("() => window.jupyterapp", timeout=MINUTE)
        page.evaluate("() => jupyterapp.restored")
        page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=MINUTE)
        yield page
        assert not errors, "errors in the page:\n" + "\n".join(errors)


def open_notebook(page, path):
    """Open a notebook and wait until its kernel can run something."""
    page.evaluate("path => jupyterapp.commands.execute('docmanager:open', {path})", path)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=MINUTE)
    wait_idle(page)


def wait_idle(page):
    """Wait until the page is connected to the kernel of its notebook, and that one is idle."""
    page.wait_for_function(
        """() => {
            const kernel = jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel;
            return kernel?.connectionStatus === 'connected' && kernel.status === 'idle';
        }""",
        timeout=MINUTE,
    )


def run_all(page, timeout=4 * MINUTE) -> bool:
    """Run all cells; return whether none of them raised."""
    page.set_default_timeout(timeout)
    return page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")


def restart_kernel(page):
    """Restart the notebook's kernel, without the question, and wait until it can run something."""
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    wait_idle(page)


def outputs(page) -> list:
    """Return the outputs in the notebook's model, as nbformat has them, cell by cell."""
    return page.evaluate(
        """() => Array.from(jupyterapp.shell.currentWidget.content.model.cells)
            .filter(cell => cell.type === 'code')
            .map(cell => cell.outputs.toJSON())"""
    )


def raised(page) -> list[str]:
    """Return the errors among the outputs."""
    return [
        f"{output['ename']}: {output['evalue']}"
        for cell in outputs(page)
        for output in cell
        if output["output_type"] == "error"
    ]


def printed(page) -> str:
    """Return all that the cells printed and returned, as plain text."""
    return "\n".join(
        "".join(output.get("text") or output.get("data", {}).get("text/plain", ""))
        for cell in outputs(page)
        for output in cell
    )


def screenshots(page, name, folder):
    """Save pictures of the notebook; where ZMQLAB_SCREENSHOTS is set, dark and narrow ones, too."""
    wanted = os.environ.get("ZMQLAB_SCREENSHOTS")
    screenshot(page, name, Path(wanted or folder))
    if wanted:
        page.set_viewport_size({**page.viewport_size, "width": 1000})
        for theme, what in (("JupyterLab Light", "narrow"), ("JupyterLab Dark", "dark")):
            change_theme(page, theme)
            screenshot(page, f"{name} {what}", Path(wanted))
        change_theme(page, "JupyterLab Light")  # the server keeps it, for the next notebook too


def change_theme(page, theme):
    """Change JupyterLab's theme, and wait until it is there."""
    page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.wait_for_function("theme => document.body.dataset.jpThemeName === theme", arg=theme)


def screenshot(page, name, folder):
    """Save the whole notebook as a picture, or several.

    JupyterLab scrolls inside its window, so the window is made as tall as the notebook, or as a
    picture may be.
    """
    folder.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    # What is out of sight is not drawn, and has no height of its own, otherwise.
    page.add_style_tag(content=".jp-Cell { content-visibility: visible !important }")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    height = page.evaluate(
        """() => {
            document.querySelector('.jp-WindowedPanel-outer').scrollTop = 0;
            const cells = Array.from(document.querySelectorAll('.jp-Notebook .jp-Cell'));
            const [first, last] = [cells.at(0), cells.at(-1)].map(
                cell => cell.getBoundingClientRect());
            return Math.ceil(last.bottom - first.top);
        }"""
    )
    page.set_viewport_size({**size, "height": min(height + MARGIN, LARGEST_PICTURE)})
    page.evaluate("() => document.fonts.ready")
    for top in range(0, height, LARGEST_PICTURE - MARGIN):
        page.evaluate(
            "top => { document.querySelector('.jp-WindowedPanel-outer').scrollTop = top }", top
        )
        page.screenshot(path=folder / (f"{name} from {top}.png" if top else f"{name}.png"))
    page.set_viewport_size(size)


def write_notebook(lab_or_folder, name, *sources):
    """Write a notebook of code cells for one test."""
    import nbformat.v4 as v4

    folder = getattr(lab_or_folder, "folder", lab_or_folder)
    cells = [v4.new_code_cell(source) for source in sources]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}}
    notebook = v4.new_notebook(cells=cells, metadata=kernel)
    (folder / "notebooks" / f"{name}.ipynb").write_text(json.dumps(notebook))


def run_notebook(page, lab, name, *sources):
    """Write a notebook of code cells, open it in a page of JupyterLab, and run all of it."""
    write_notebook(lab, name, *sources)
    open_notebook(page, f"notebooks/{name}.ipynb")
    assert run_all(page), raised(page)
