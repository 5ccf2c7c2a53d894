"""Binder's image, as repo2docker would build it: the recipe is rendered, Docker is not needed."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.in_browser import HOW_TO_HAVE_A_BROWSER, find_chromium

ROOT = Path(__file__).parents[2]
FIRST_NOTEBOOK = "notebooks/00-start-here.ipynb"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="repo2docker does not run on Windows")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    """The Dockerfile that repo2docker makes of the repository, as a list of instructions."""
    folder = tmp_path_factory.mktemp("repository")
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copy(ROOT / "environment.yml", folder)
    shutil.copytree(ROOT / "binder", folder / "binder")
    # Root may not be the user of the image, so the user is named as on mybinder.org.
    user = ["--user-id", "1000", "--user-name", "jovyan"]
    command = [sys.executable, "-m", "repo2docker", "--no-build", "--debug", *user, "."]
    # As on a machine that has neither git nor Docker.
    environment = {**os.environ, "PATH": str(Path(sys.executable).parent)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    dockerfile = re.sub(r"\\\n", " ", done.stdout + done.stderr)
    return [line for line in dockerfile.splitlines() if re.match(r"[A-Z]+ ", line)]


def position(recipe, pattern):
    """Return where the one instruction stands that a pattern is found in."""
    found = [i for i, line in enumerate(recipe) if re.search(pattern, line)]
    assert len(found) == 1, f"{pattern!r} is in {len(found)} instructions, one was expected"
    return found[0]


def test_python_is_the_one_in_runtime_txt(recipe):
    wanted = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    lock = recipe[position(recipe, r"COPY .*environment\.lock")]
    assert f"environment-2epy-2d{wanted.replace('.', '-2e')}" in lock


def test_order_of_steps(recipe):
    copied = position(recipe, r"COPY .*src/ \$\{REPO_DIR\}/$")
    installed = position(recipe, r"pip install .*-r \"binder/requirements\.txt\"")
    post_build = position(recipe, r"RUN \./binder/postBuild")
    started = position(recipe, r"ENV R2D_ENTRYPOINT=\"\$\{REPO_DIR\}/binder/start\"")
    assert copied < installed < post_build < started


def test_nothing_is_installed_beside_pyproject(recipe):
    requirements = (ROOT / "binder" / "requirements.txt").read_text().splitlines()
    assert [line for line in requirements if line and line[0] != "#"] == ["-e .[notebooks]"]
    assert not [line for line in recipe if "environment.yml" in line]


def test_the_image_runs_as_its_user(recipe):
    users = [line for line in recipe if line.startswith("USER")]
    assert users[-1] == "USER ${NB_USER}"


@pytest.mark.parametrize("name", ["start", "postBuild"])
def test_scripts_run(name):
    script = ROOT / "binder" / name
    assert os.access(script, os.X_OK)
    assert script.read_bytes().startswith(b"#!/bin/bash\n")
    assert b"\r" not in script.read_bytes()


def test_start_sets_up_the_first_notebook_and_runs_what_it_is_given(tmp_path):
    workspaces = tmp_path / "workspaces"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "JUPYTERLAB_WORKSPACES_DIR": str(workspaces),
    }
    show = "import os, sys; print(os.environ['MALLOC_MMAP_THRESHOLD_'], *sys.argv[1:], sep='|')"
    done = subprocess.run(
        [ROOT / "binder" / "start", sys.executable, "-c", show, "two words", "last"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines()[-1] == "33554432|two words|last", done.stderr
    (saved,) = workspaces.iterdir()
    workspace = json.loads(saved.read_text())
    assert workspace["metadata"]["id"] == "default"
    assert workspace["data"][f"notebook:{FIRST_NOTEBOOK}"]["data"]["path"] == FIRST_NOTEBOOK


def test_start_goes_on_without_jupyterlab(tmp_path):
    done = subprocess.run(
        ["/bin/bash", ROOT / "binder" / "start", "/bin/echo", "running"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == "running\n"


def test_memory_settings_are_those_of_zmqlab_lab():
    from zmqlab.processes.spawn import FRAMES_REUSE_MEMORY

    start = (ROOT / "binder" / "start").read_text()
    assert dict(re.findall(r"export (\w+)=(\w+)", start)) == FRAMES_REUSE_MEMORY


def base_image() -> list[str]:
    """Return what repo2docker puts into the image and we need too, as name==version."""
    python = (ROOT / "binder" / "runtime.txt").read_text().strip().removeprefix("python-")
    (repo2docker,) = find_spec("repo2docker").submodule_search_locations
    locks = Path(repo2docker) / "buildpacks" / "conda"
    lock = (locks / f"environment.py-{python}-linux-64.lock").read_text()
    names = "ipykernel ipython ipywidgets jupyter_client jupyter_server jupyterlab pyzmq tornado"
    versions = dict(re.findall(r"/([\w-]+)-([\d.]+)-\w+\.conda", lock))
    return [f"{name}=={versions[name]}" for name in names.split()]


@pytest.mark.everything
@pytest.mark.timeout(1800)
def test_panels_in_a_page_of_binders_image(tmp_path):
    """What the image has stays unless our bounds exclude it, and the page works with that."""
    required = os.environ.get("ZMQLAB_REQUIRE_BROWSER")
    if not find_chromium():
        (pytest.fail if required else pytest.skip)(HOW_TO_HAVE_A_BROWSER)
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "image"], check=True, timeout=120)
    python = tmp_path / "image" / "bin" / "python"
    test_tools = "pytest pytest-timeout pytest-xdist playwright nbformat nbclient hypothesis"
    for wanted in (base_image(), ["-e", ".[notebooks]"], test_tools.split()):
        command = [python, "-m", "pip", "install", "--quiet", *wanted]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=400)
        if done.returncode and not required and "Could not find a version" in done.stderr:
            pytest.skip("pip reaches no packages")
        assert done.returncode == 0, done.stderr
    panels, live = (
        "test_panel_in_page.py::test_panels",
        "test_live.py::test_live_view_in_jupyterlab",
    )
    shown = [f"tests/page/{panels}", f"tests/page/{live}"]
    command = [python, "-m", "pytest", *shown, "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=900
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout
