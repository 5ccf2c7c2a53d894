"""`network()`: the live picture of a notebook's processes, their sockets, and who is connected."""

import secrets
from pathlib import Path
from typing import Any

import traitlets

from zmqlab.page.network_layout import Layout
from zmqlab.page.network_server import serve_network
from zmqlab.page.network_svg import CSS, still
from zmqlab.page.network_words import network_words
from zmqlab.page.views import ServedView
from zmqlab.processes import launch, own_sockets
from zmqlab.processes.handle import have_report
from zmqlab.processes.members import members
from zmqlab.processes.network import network_of

HERE = Path(__file__).parent
_FRESH = 1.0  # seconds, at most, for processes to say what the still picture is to show
_served: dict[str, Any] = {}  # the port of all maps of the notebook, and the token


class NetworkMap(ServedView):
    """The map in the page; `network` makes it.

    Where no page answers (VS Code, an exported page) there is a still picture and a table.
    """

    _esm = "".join((HERE / f"{name}.js").read_text("utf-8") for name in ("address", "network"))
    _css = CSS
    still = traitlets.Unicode().tag(sync=True)

    def __repr__(self) -> str:
        return f"<{network_words(facts())}; it moves in JupyterLab only>"

    def in_its_place(self) -> str:
        """Return the still picture and the table."""
        return self.still


def network() -> NetworkMap:
    """Draw this notebook and the processes that it has started, and what goes on between them.

    Each process is a box, each socket a port on its edge, each connection that is really there a
    line, on which messages move. A line that leads nowhere says why. It goes on while cells run,
    and processes that start later join. Point at a process, or reach it with Tab, for its last
    messages, and to stop, kill or pause it.

    Drawn of the notebook itself are sockets that it has made since ``%load_ext zmqlab``, or since
    the first map.

    Returns
    -------
    NetworkMap
        Shown when it is the last line of a cell. Several show the same.
    """
    own_sockets.begin()
    if not _served:
        token = secrets.token_hex(16)
        _served.update(port=serve_network(token), token=token)
    have_report(launch.processes(), _FRESH)
    drawn = facts()
    picture = still(drawn, Layout().update(drawn))
    return NetworkMap(**_served, still=picture)


def facts() -> dict[str, Any]:
    """Return the network as it is now, as `zmqlab.processes.network` describes it."""
    return network_of(members())
