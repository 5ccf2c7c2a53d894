"""Open the course: JupyterLab on its first notebook.

JupyterLab runs in this process, so that Ctrl-C reaches it as it does with `jupyter lab`. Its token
is drawn by JupyterLab itself and passed neither on a command line nor in an environment variable,
where other users of the machine could read it.
"""

import os
import sys
import webbrowser
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from zmqlab.course.progress_file import FIRST_NOTEBOOK, course_folder
from zmqlab.processes.spawn import FRAMES_REUSE_MEMORY

NOT_ENCRYPTED = (
    "What travels between this server and the notebooks' kernels, within this computer, is not "
    "encrypted: jupyter_server 2.20 with jupyter_client 8.9 would do that."
)
TEXT_BROWSERS = {"www-browser", "links", "elinks", "lynx", "w3m"}


def lab(*arguments: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> None:
    """Open the course in JupyterLab, on the first notebook.

    Prints the address, and opens it in a browser where there is a window to open. When the port
    is taken, the next one is used. What travels between Jupyter and the kernels is encrypted, where
    Jupyter is new enough to do so.

    Parameters
    ----------
    arguments
        Anything that `jupyter lab` takes, such as `--port 9000` or `--no-browser`.
    """
    folder = course_folder()
    try:
        from jupyterlab.labapp import LabApp
        from traitlets.config import Config
    except ModuleNotFoundError:
        raise SystemExit(
            "JupyterLab is not installed beside zmqlab. In the folder with the course's "
            'pyproject.toml type: pip install -e ".[notebooks]"'
        ) from None
    for name, value in FRAMES_REUSE_MEMORY.items():
        os.environ.setdefault(name, value)  # the kernels inherit them
    encryption = encrypted_kernels()
    config = Config(settings(folder) | encryption)
    server = LabApp.initialize_server(list(arguments), config=config)
    server.web_app.settings["page_config_hook"] = without_news
    message = f"\nThe course is at {server.local_url}\nCtrl-C here ends it.\n"
    if not encryption:
        message += f"{NOT_ENCRYPTED}\n"
    server.io_loop.add_callback(print, message, flush=True)  # once it really listens
    server.start()


def settings(folder: Path) -> dict:
    """Return what JupyterLab is started with: the course's folder, its first notebook, quietly."""
    return {
        "ServerApp": {
            "root_dir": str(folder),
            "log_level": "WARN",
            "answer_yes": True,  # Ctrl-C ends it without a question
            "open_browser": can_open_window(),
            # The administrator is the usual user in a container.
            "allow_root": hasattr(os, "geteuid") and os.geteuid() == 0,
        },
        "LabApp": {
            "default_url": f"/lab/tree/{FIRST_NOTEBOOK.as_posix()}",
            "log_level": "WARN",
        },
    }


def encrypted_kernels() -> dict:
    """Return what has Jupyter encrypt its messages to and from kernels, or {} where it cannot.

    A kernel that does not know how goes without (and says so in the terminal).
    """
    import zmq
    from jupyter_client import KernelManager
    from jupyter_server.services.kernels.kernelmanager import MappingKernelManager

    # The server hands the wish on to the client, and an older client would fail at it.
    able = all(
        hasattr(each, "transport_encryption") for each in (MappingKernelManager, KernelManager)
    )
    if not able or not zmq.has("curve"):
        return {}
    return {"MappingKernelManager": {"transport_encryption": "auto"}}


def without_news(handler: Any, page_config: dict) -> dict:
    """Keep JupyterLab from asking about Jupyter's news on top of the first notebook."""
    page_config["disabledExtensions"].append("@jupyterlab/apputils-extension:announcements")
    return page_config


def can_open_window() -> bool:
    """Tell whether a browser window can open here: not in a container, not in a text terminal."""
    displays = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")  # VS Code sets the last one
    if sys.platform not in ("win32", "darwin") and not any(map(os.environ.get, displays)):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    program = getattr(browser, "name", "").partition(" ")[0]
    return Path(program).stem not in TEXT_BROWSERS
