"""The `zmqlab` command: what each role does from a terminal, and what it says when it cannot."""

import inspect
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import cv2
import psutil
import pytest
from helpers.in_browser import open_lab
from ipykernel.kernelapp import IPKernelApp
from jupyter_client import BlockingKernelClient, KernelManager
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

import zmqlab
from zmqlab.__main__ import app, as_options, expected

MODULE = Path(zmqlab.__file__).parent
SIMULATED = {**os.environ, "ZMQLAB_CAMERA": "simulated"}
posix = pytest.mark.skipif(os.name == "nt", reason="signals and shell scripts are Unix's")


def run(*arguments, **options):
    """Run the command to its end."""
    command = [sys.executable, "-m", "zmqlab", *arguments]
    options = {"env": SIMULATED, "timeout": 120, **options}
    return subprocess.run(command, capture_output=True, text=True, **options)


@contextmanager
def serving(*arguments):
    """Run a camera server; yield its process and endpoint, once it says that it serves."""
    command = [sys.executable, "-m", "zmqlab", "camera-server", *arguments]
    process = subprocess.Popen(
        command, env=SIMULATED, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        endpoint = next(filter(None, (re.search(r"at (tcp://\S+)", x) for x in process.stdout)))
        yield process, endpoint[1]
    finally:
        process.kill()
        process.communicate()


def test_a_file_that_has_not_every_character(tmp_path):
    """Such as what Windows redirects output to."""
    env = {**SIMULATED, "PYTHONIOENCODING": "cp1252", "ZMQLAB_DATA": str(tmp_path)}
    note = "from zmqlab.course.progress_file import note_exercise as note; note('hears', True)"
    subprocess.run([sys.executable, "-c", note], env=env, timeout=120, check=True)
    done = run("progress", env=env)
    assert done.returncode == 0, done.stderr
    assert "1 of " in done.stdout
    assert r"\u2714" in done.stdout


def test_help_has_every_command_with_the_first_line_of_its_function():
    done = run("--help", env={**SIMULATED, "COLUMNS": "200"})
    assert done.returncode == 0, done.stderr
    roles = ("camera-server", "snapshot", "camera-publisher", "proxy", "record", "watch")
    roles += ("spectra", "track", "web-page", "tap")
    for name in ("lab", "doctor", "progress", "keys", *roles):
        line = next(line for line in done.stdout.splitlines() if re.match(rf"\W+{name} ", line))
        assert re.search(r"[A-Z][a-z]+ .+\w", line), line
    assert zmqlab.camera_server.__doc__.splitlines()[0] in done.stdout


@pytest.mark.parametrize("command", [name for name in app if name[0] != "-"])
def test_help_of_each_command_shows_its_parameters_as_they_are_typed(command):
    done = run(command, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: zmqlab {command}")
    for name, parameter in inspect.signature(app[command].default_command).parameters.items():
        placed = parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL)
        typed = name.upper() if placed else f"--{name.replace('_', '-')}"
        assert re.search(rf"(?<!\S){typed}\b", done.stdout), typed


def test_nothing_heavy_is_imported_for_another_command():
    code = (
        "import sys, zmqlab.__main__ as command\n"
        "try: command.main(['--version'])\n"
        "finally: print([n for n in ('zmq', 'numpy', 'cv2', 'jupyterlab') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_unknown_command():
    done = run("no-such-command")
    assert done.returncode != 0
    assert "no-such-command" in done.stderr
    assert "Traceback" not in done.stderr


def test_camera_server_and_snapshot(tmp_path):
    picture = tmp_path / "frame.png"
    with serving("--camera", "simulated", "--bind", "tcp://127.0.0.1:*") as (process, endpoint):
        done = run("snapshot", "--connect", endpoint, "--timeout", "60", str(picture))
        assert done.returncode == 0, done.stderr
        assert cv2.imread(str(picture)).shape == (480, 640, 3)
        topic, header, _ = zmqlab.request(endpoint, "stop")
        assert (topic, header) == ("ok", {"frames": 1})
        assert process.wait(timeout=20) == 0


@posix
def test_ctrl_c_ends_a_role_quietly():
    with serving() as (process, endpoint):
        assert zmqlab.request(endpoint, "info")[0] == "ok"
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=20)
        assert process.returncode == 0
        assert error == out == ""


def test_port_in_use_is_one_line():
    with serving() as (_, endpoint):
        done = run("camera-server", "--bind", endpoint)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert endpoint in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["snapshot", "--connect", "tcp://127.0.0.1:9", "--timeout", "0.2", "x.png"], "0.2 s"),
        (["snapshot", "--connect", "nonsense", "x.png"], "nonsense"),
        (["camera-server", "--camera", "no-such-film.avi"], "no-such-film.avi"),
        (["camera-server", "--camera", "97"], "go on with --camera simulated"),
        (["camera-publisher", "--hwm", "0"], "--hwm 0: give a whole number"),
        (["track", "--connect", "tcp://127.0.0.1:9", "--fps", "0"], "--fps 0.0; give a number"),
        (["tap", "--connect", "127.0.0.1:5555"], "such as tcp://127.0.0.1:5555"),
        (["tap", "--connect", "tcp://127.0.0.1:9", "--delay", "-1"], "--delay -1.0: give a number"),
        (["camera-publisher", "--camera", "simulated", "--no-drop", "--shared", "4"], "exclude"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments, said, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("zmqlab: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@contextmanager
def typed(line, folder, name):
    """Run a line as it is typed in a terminal; what it prints goes to a file of that name."""
    file = folder / name
    name, *arguments = shlex.split(line)
    assert name == "zmqlab"
    command = [sys.executable, "-m", "zmqlab", *arguments]
    options = {"cwd": folder, "env": {**SIMULATED, "PYTHONPATH": str(MODULE.parent)}}
    with file.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, **options)
        process.file = file
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def test_our_own_faults_keep_their_traceback():
    assert expected(zmqlab.CameraError("busy"))
    assert expected(TimeoutError("nobody"))
    assert not expected(TypeError("a mistake in the course"))
    assert not expected(ValueError("a mistake in the course"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('camera="my film.avi"; give', "--camera 'my film.avi'; give"),
        ("frame_rate=0: give", "--frame-rate 0: give"),
        ("give unencrypted=True in a network", "give --unencrypted in a network"),
        ("tcp://127.0.0.1:5555 == nobody", "tcp://127.0.0.1:5555 == nobody"),
    ],
)
def test_parameters_are_named_as_in_a_terminal(text, said):
    assert as_options(text) == said


@pytest.mark.parametrize("command", ["snapshot", "record"])
def test_a_missing_path_is_asked_for_by_its_place(command):
    done = run(command, "--connect", "tcp://127.0.0.1:9")
    assert done.returncode == 2
    assert "PATH requires an argument" in done.stderr
    assert "--path" not in done.stderr


def test_lab_without_the_notebooks_says_so(tmp_path):
    """The module alone, as `pip install zmqlab` would leave it."""
    shutil.copytree(MODULE, tmp_path / "site" / "zmqlab")
    (tmp_path / "here").mkdir()
    environment = {**SIMULATED, "PYTHONPATH": str(tmp_path / "site")}
    done = run("lab", cwd=tmp_path / "here", env=environment)
    assert done.returncode == 1
    assert str(tmp_path / "here") in done.stderr
    assert 'pip install -e ".[notebooks]" && zmqlab lab' in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def course(tmp_path):
    """A folder with a first notebook."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "00-start-here.ipynb").write_text(
        '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    )
    return tmp_path


@pytest.mark.everything
def test_lab_takes_the_next_port_and_keeps_its_token_to_itself(course):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with open_lab(course, course, "--port", str(port)) as lab:
            assert not lab.url.endswith(f":{port}")
            assert lab.path == "/lab/tree/notebooks/00-start-here.ipynb"
            assert lab.ask("api/contents/notebooks/00-start-here.ipynb")["type"] == "notebook"
            lab.ask("api/kernels", method="POST")
            for process in (psutil.Process(lab.process.pid), lab.kernel()):
                shown = [*process.cmdline(), *process.environ().values()]
                assert not any(lab.token in text for text in shown)
            assert lab.kernel().environ()["MALLOC_TRIM_THRESHOLD_"] == "134217728"


@pytest.mark.everything
def test_lab_has_jupyter_encrypt_what_travels_to_kernels(course):
    """The kernel answers whoever has its file, and warns nobody; else there is a word of ours."""
    able = all(
        hasattr(each, "transport_encryption") for each in (KernelManager, MappingKernelManager)
    )
    with open_lab(course, course) as lab:
        lab.ask("api/kernels", method="POST")
        (file,) = (course / "jupyter_runtime_dir").glob("kernel-*.json")
        keys = "curve_secretkey" in json.loads(file.read_text())
        client = BlockingKernelClient(connection_file=str(file))
        client.load_connection_file()
        client.start_channels()
        client.wait_for_ready(timeout=60)
        client.stop_channels()
        assert any("Ctrl-C here ends it" in line for line in lab.process.stdout)
        assert able or "is not encrypted" in next(lab.process.stdout)
    # An older kernel goes without, and says so itself.
    assert keys == (able and hasattr(IPKernelApp, "_apply_curve_server_options"))
    if able:
        assert "without encryption" not in (course / "jupyterlab.log").read_text()


@posix
def test_ctrl_c_ends_the_lab_without_a_question(course):
    """In a terminal JupyterLab would ask; elsewhere it does not."""
    keyboard, terminal = os.openpty()
    environment = {**SIMULATED, "BROWSER": "lynx", "JUPYTER_RUNTIME_DIR": str(course)}
    command = [sys.executable, "-m", "zmqlab", "lab"]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with open(keyboard, "wb"), open(terminal) as stdin:
        process = subprocess.Popen(command, cwd=course, env=environment, stdin=stdin, **streams)
        try:
            assert any("Ctrl-C here ends it" in line for line in process.stdout)
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=30)
        finally:
            process.kill()
            process.communicate()
    assert process.returncode == 0
    assert "Shut down this" not in said


@posix
def test_lab_opens_the_browser(course):
    """The page goes to a program of our own, which passes it on through a pipe."""
    asked = course / "asked"
    os.mkfifo(asked)
    program = course / "firefox"
    program.write_text(f'#!/bin/sh\necho "$1" > "{asked}"\n')
    program.chmod(0o755)
    with open_lab(course, course, BROWSER=str(program)) as lab:
        page = asked.read_text().strip()  # waits for the program
        assert page.endswith("-open.html")
        assert lab.token not in page
