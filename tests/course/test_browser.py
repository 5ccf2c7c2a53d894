"""JupyterLab in a real browser: the notebooks run there, and the course opens by itself."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.choosing import always
from helpers.in_browser import (
    open_lab,
    open_notebook,
    open_page,
    printed,
    raised,
    restart_kernel,
    run_all,
    run_notebook,
    screenshots,
    wait_idle,
    write_notebook,
)

ROOT = Path(__file__).parents[2]
PATHS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# For the pictures all of them; else those that put into a page what the others do, too, and do not
# take long. (test_notebooks.py runs them all.)
WANTED = ("",) if os.environ.get("ZMQLAB_SCREENSHOTS") else ("00", "01", "02")
OPENED = [path for path in PATHS if path.stem.startswith(WANTED)]
FIRST_NOTEBOOK = "notebooks/00-start-here.ipynb"
SHOWN = "() => jupyterapp.shell.currentWidget.context.path"


@pytest.mark.timeout(400)
@pytest.mark.parametrize("path", always(1, OPENED), ids=lambda path: path.stem)
def test_notebook_runs(path, browser, lab, tmp_path):
    with open_page(browser, lab) as page:
        open_notebook(page, f"notebooks/{path.name}")
        finished = run_all(page)
        screenshots(page, path.stem, tmp_path)
        assert not raised(page)
        assert finished


def test_printed_address_opens_the_first_notebook(browser, lab):
    with open_page(browser, lab, lab.path) as page:
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        assert page.evaluate(SHOWN) == FIRST_NOTEBOOK
        wait_idle(page)  # connected to its kernel: closing before that is an error in the page
        assert not page.locator(".Toastify__toast").count()  # nothing pops up over it


@pytest.mark.everything
def test_restart_gives_a_new_kernel(browser, lab):
    with open_page(browser, lab) as page:
        open_notebook(page, FIRST_NOTEBOOK)
        before = lab.kernel()
        restart_kernel(page)
        assert lab.kernel() != before
        assert not before.is_running()


@pytest.mark.everything
def test_doctor_sees_the_page_and_the_proxy(browser, lab):
    with open_page(browser, lab) as page:
        run_notebook(page, lab, "doctor", "from zmqlab.course.health import doctor", "doctor()")
        found = " ".join(printed(page).split())  # its lines are wrapped
        assert re.search(r" widgets ok [^:]*, in the page too proxy", found), found
        assert re.search(r" proxy ok [^:]*, enabled memory", found), found


def test_errors_in_the_page_are_seen(browser, lab):
    def throw():
        with open_page(browser, lab) as page, page.expect_event("pageerror"):
            page.evaluate("() => void setTimeout(() => { throw Error('thrown on purpose') })")

    with pytest.raises(AssertionError, match="thrown on purpose"):
        throw()


@pytest.mark.everything
def test_workspace_of_binder_opens_the_first_notebook(browser, tmp_path):
    (tmp_path / "notebooks").mkdir()
    write_notebook(tmp_path, "00-start-here", "1 + 1")
    where = {"JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces")}
    workspace = ROOT / "binder" / "workspace.json"
    command = [sys.executable, "-m", "jupyter", "lab", "workspaces", "import", workspace]
    subprocess.run(command, check=True, timeout=60, env={**os.environ, **where})
    as_on_binder = ["--LabApp.default_url=/lab", "--ServerApp.base_url=/user/somebody/"]
    with (
        open_lab(tmp_path, tmp_path, *as_on_binder, **where) as lab,
        open_page(browser, lab, "/lab") as page,
    ):
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        assert page.evaluate(SHOWN) == FIRST_NOTEBOOK
        wait_idle(page)
