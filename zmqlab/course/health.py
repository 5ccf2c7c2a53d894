"""Is everything in place for the course? `zmqlab doctor`, or `doctor()` in a notebook.

One check is one function that takes nothing and returns three texts: the state (`OK`, `NOTE` for
what the course can do without, `BROKEN`), what was found, and what to do about it.
"""

import json
import os
import platform
import shutil
import socket
import sys
import textwrap
from contextlib import redirect_stdout
from importlib.metadata import PackageNotFoundError, requires, version
from io import StringIO
from pathlib import Path
from typing import Any

OK, NOTE, BROKEN = "ok", "note", "BROKEN"
Finding = tuple[str, str, str]

COLUMNS = 70  # what fits an output of JupyterLab on a page 1,000 pixels wide
INSTALL = 'pip install -e ".[notebooks]" in the folder of the course, then restart the kernel'
CONTAINER = Path("/sys/fs/cgroup")  # where Linux states the limits of a container
NEEDED_MEMORY = 2**30  # bytes: what a notebook and all its processes may take together
NEEDED_DISK = 2**30  # bytes: the notebook on recordings writes a fifth of that
TIMEOUT = 5.0  # seconds, for an answer from the loopback interface


class Report(list):
    """What the doctor found: a list of (check, state, finding, remedy)."""

    @property
    def broken(self) -> list[str]:
        """Name the checks that found something which the course needs and cannot use."""
        return [check for check, state, _, _ in self if state == BROKEN]

    def __repr__(self) -> str:
        if self.broken:
            return f"To mend before you go on: {', '.join(self.broken)}."
        notes = [check for check, state, _, _ in self if state == NOTE]
        if "packages" in notes:
            return "Cameras can be served from here. For the notebooks JupyterLab is missing."
        besides = f", and there are notes on: {', '.join(notes)}" if notes else ""
        return f"Everything the course needs is in place{besides}."


def doctor() -> Report:
    """Check versions, camera, ports, widgets, proxy, memory, disk, cores, and say what to do.

    Prints each finding as it comes: the camera may take a few seconds.

    Returns
    -------
    Report
        A list of (check, state, finding, remedy); its `broken` names what has to be mended.
    """
    report = Report()
    for check in (python, packages, camera, ports, widgets, proxy, memory, disk, cores):
        try:
            state, finding, remedy = check()
        except PackageNotFoundError as error:
            state, finding, remedy = NOTE, f"{error.name} is not installed", INSTALL
        report.append((check.__name__, state, finding, remedy))
        print_row(*report[-1])
    return report


def print_row(check: str, state: str, finding: str, remedy: str) -> None:
    """Print one finding, with what to do about it below."""
    indent = " " * 17
    print(textwrap.fill(f"{check:<9} {state:<6} {finding}", COLUMNS, subsequent_indent=indent))
    if remedy:
        first = indent + "-> "
        print(
            textwrap.fill(remedy, COLUMNS, initial_indent=first, subsequent_indent=indent + "   ")
        )


def python() -> Finding:
    """Name the interpreter and its place: a wrong environment is the commonest fault of all."""
    return OK, f"{platform.python_version()} on {platform.platform(terse=True)}, {sys.prefix}", ""


def packages() -> Finding:
    """Compare the versions that are installed with the bounds in zmqlab's own metadata."""
    from packaging.requirements import Requirement

    faults: dict[str, list[str]] = {"": [], "notebooks": []}
    for requirement in map(Requirement, requires("zmqlab") or []):
        for extra in faults:
            if not requirement.marker or requirement.marker.evaluate({"extra": extra}):
                faults[extra] += wrong_version(requirement.name, requirement.specifier)
                break
    if not any(faults.values()):
        return OK, "each in a version that the course works with", ""
    if "jupyterlab is missing" in faults["notebooks"] and not faults[""]:  # a Raspberry Pi, say
        return NOTE, "enough for cameras, not for notebooks", INSTALL
    return BROKEN, ", ".join(faults[""] + faults["notebooks"]), INSTALL


def wrong_version(name: str, bounds: Any) -> list[str]:
    """Return what is wrong with a package: nothing if it is there within its bounds."""
    try:
        found = version(name)
    except PackageNotFoundError:
        return [f"{name} is missing"]
    return [] if bounds.contains(found, prereleases=True) else [f"{name} {found} is not {bounds}"]


def camera() -> Finding:
    """Read a frame from the camera that the notebooks will open."""
    from zmqlab.cameras import CameraError, open_camera

    chosen = os.environ.get("ZMQLAB_CAMERA")
    said = StringIO()  # which camera was taken, and why not another one
    try:
        with redirect_stdout(said), open_camera() as opened:
            opened.read()
    except CameraError as error:
        return BROKEN, str(error), "Set ZMQLAB_CAMERA in the environment to simulated, or unset it."
    finding = " ".join(said.getvalue().removeprefix("camera: ").split())
    if opened.source != "simulated" or chosen:
        return OK, finding, ""
    remedy = (
        "The simulated camera is all you need. To use a webcam: plug it in, close the programs "
        "that use it, allow this one to in the system's privacy settings, and start again."
    )
    return NOTE, finding, remedy


def ports() -> Finding:
    """Send a message through the loopback interface, and see what localhost means here."""
    import zmq

    from zmqlab.wire.sockets import endpoint_of

    wait = int(1000 * TIMEOUT)
    try:
        with zmq.Context() as context, context.socket(zmq.PULL) as pull:
            pull.setsockopt(zmq.RCVTIMEO, wait)
            pull.bind("tcp://127.0.0.1:*")
            endpoint = endpoint_of(pull)
            with context.socket(zmq.PUSH) as push:
                push.setsockopt(zmq.LINGER, 0)
                push.setsockopt(zmq.SNDTIMEO, wait)
                push.connect(endpoint)
                push.send(b"anybody there?")
                pull.recv()
    except zmq.ZMQError as error:
        remedy = (
            "Let Python use the loopback address 127.0.0.1 in the firewall or security program."
        )
        what = f"none in {TIMEOUT:g} s" if isinstance(error, zmq.Again) else error
        return BROKEN, f"no message through tcp://127.0.0.1: {what}", remedy
    finding = f"a message went through {endpoint}"
    if first_address("localhost") == "127.0.0.1":
        return OK, finding, ""
    remedy = "Write 127.0.0.1 where you connect, not localhost."
    return OK, f"{finding}; localhost is {first_address('localhost')} first", remedy


def first_address(host: str) -> str:
    """Return the address that a host's name gives first, or that it gives none."""
    try:
        return str(socket.getaddrinfo(host, None)[0][4][0])
    except OSError:
        return "unknown"


def widgets() -> Finding:
    """Look for what sliders and panels need: two packages, and their halves in the page."""
    names = ("jupyterlab", "ipywidgets", "anywidget")
    finding = ", ".join(f"{name} {version(name)}" for name in names)
    page = ask_jupyter("lab")
    if page is None or "federated_extensions" not in page:
        return OK, finding, ""
    absent = [name for name in ("@jupyter-widgets/jupyterlab-manager", "anywidget")
              if f'"{name}"' not in page]  # fmt: skip
    if not absent:
        return OK, f"{finding}, in the page too", ""
    remedy = f"JupyterLab runs from another environment. Leave it and type there: {INSTALL}"
    return BROKEN, f"{finding}, but the page has no {' and no '.join(absent)}", remedy


def proxy() -> Finding:
    """Look for the way from the page to a process: jupyter-server-proxy, enabled in the server."""
    finding = f"jupyter-server-proxy {version('jupyter-server-proxy')}"
    answer = ask_jupyter("server-proxy/servers-info")
    if answer is None:
        return OK, finding, ""
    if "server_processes" in answer:
        return OK, f"{finding}, enabled", ""
    remedy = "jupyter server extension enable jupyter_server_proxy, then start JupyterLab again"
    return NOTE, f"{finding}, not enabled in this JupyterLab: no live views", remedy


def ask_jupyter(path: str) -> str | None:
    """Return what the Jupyter server that runs this kernel says, "" for a refusal.

    Returns None where there is no such server or it wants to know more than its token: outside
    Jupyter, in VS Code, behind JupyterHub.
    """
    if "JPY_PARENT_PID" not in os.environ:  # set for kernels
        return None
    from urllib.error import HTTPError
    from urllib.request import ProxyHandler, Request, build_opener

    import psutil
    from jupyter_core.paths import jupyter_runtime_dir

    for ancestor in psutil.Process().parents():
        # As jupyter_server.serverapp.list_running_servers does, whose import takes over a second.
        about = Path(jupyter_runtime_dir(), f"jpserver-{ancestor.pid}.json")
        if not about.exists():
            continue
        server = json.loads(about.read_text(encoding="utf-8"))
        request = Request(
            server["url"] + path, headers={"Authorization": f"token {server['token']}"}
        )
        try:
            with build_opener(ProxyHandler({})).open(request, timeout=TIMEOUT) as answer:
                return answer.read().decode()
        except HTTPError as error:
            return "" if error.code == 404 else None
        except (OSError, ValueError):
            return None
    return None


def memory() -> Finding:
    """Look at the memory that is free, in this container if it is one."""
    import psutil

    free = psutil.virtual_memory().available
    try:
        limit, used = (
            int((CONTAINER / f"memory.{name}").read_text()) for name in ("max", "current")
        )
        statistics = dict(map(str.split, (CONTAINER / "memory.stat").read_text().splitlines()))
        free = min(free, limit - used + int(statistics["inactive_file"]))
    except (OSError, ValueError, KeyError):  # no container, or one without a limit
        pass
    finding = f"{free / 2**30:.1f} GiB free"
    if free >= NEEDED_MEMORY:
        return OK, finding, ""
    return NOTE, finding, "Shut down the kernels of other notebooks (JupyterLab: Running, at left)."


def disk() -> Finding:
    """Look at the space that is free where the course records."""
    from zmqlab.course.progress_file import course_folder

    try:
        folder = course_folder() / "notebooks"
    except FileNotFoundError:  # the module alone
        folder = Path.cwd()
    free = shutil.disk_usage(folder).free
    finding = f"{free / 2**30:.1f} GiB free in {folder}"
    if free >= NEEDED_DISK:
        return OK, finding, ""
    return NOTE, finding, "Make room: the notebook on recordings writes some 200 MB there."


def cores() -> Finding:
    """Count the cores that this process may use: a farm of workers cannot use more."""
    import psutil

    process = psutil.Process()
    # There is no affinity on macOS.
    allowed = getattr(process, "cpu_affinity", lambda: None)()
    count = len(allowed) if allowed else os.cpu_count() or 1
    try:
        quota, period = map(int, (CONTAINER / "cpu.max").read_text().split())
        count = min(count, max(1, round(quota / period)))
    except (OSError, ValueError):  # no container, or one without a limit
        pass
    if count > 1:
        return OK, f"{count}", ""
    return NOTE, "1", "All works, but several workers will not be faster than one."
