"""The network map as SVG, live for the page and still for what is exported; and as a table."""

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

from zmqlab.page.network_words import (
    flow_words,
    network_words,
    node_long,
    queue_words,
    short,
    socket_long,
    socket_short,
    state_of,
)

Facts = dict[str, Any]
CSS = Path(__file__).with_name("network.css")
STUB = 34  # pixels of a line that leads nowhere
HEADS = ("process", "state", "socket", "what it is", "connected with", "messages")


def svg(network: Facts, layout: Facts, live: bool = False) -> str:
    """Return the drawing, with empty texts where the page writes what flows.

    Parameters
    ----------
    network, layout : dict
        What `network_of` and `Layout.update` have returned.
    live : bool
        Whether processes can be chosen, by mouse and keyboard.
    """
    width, height = layout["width"], layout["height"]
    parts = [
        f'<svg class="zmqlab-map{"" if live else " still"}" xmlns="http://www.w3.org/2000/svg" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="{"group" if live else "img"}" '
        f'aria-label="{escape(network_words(network))}">',
        "" if live else f"<style>{CSS.read_text(encoding='utf-8')}</style>",
        f'<rect class="ground" width="{width}" height="{height}"/>',
        *(_way(edge, layout) for edge in network["edges"]),
        *(_node(node, layout, live) for node in network["nodes"]),
        *(_label(edge, layout) for edge in network["edges"]),
        "</svg>",
    ]
    return "".join(parts)


def _way(edge, layout):
    classes = "way" if edge["up"] else "way waiting"
    if edge["id"] in layout["backward"]:
        classes += " backward"
    title = f"{edge['from']} → {edge['to']}, {edge['endpoint']}"
    return (
        f'<path class="{classes}" data-edge="{escape(edge["id"])}" '
        f'd="{layout["ways"][edge["id"]]}"><title>{escape(title)}</title></path>'
    )


def _label(edge, layout):
    parts = []
    for place, kind in (("labels", "rate"), ("queues", "queue")):
        x, y, anchor = layout[place][edge["id"]]
        where = f'x="{x}" y="{y}" text-anchor="{anchor}" data-edge="{escape(edge["id"])}"'
        parts.append(f'<text class="label {kind}" {where}></text>')
    return "".join(parts)


def _node(node, layout, live):
    x, y, width, height = layout["boxes"][node["id"]]
    classes = f"node {node['kind']}" + (" ended" if node["ended"] else "")
    if node["state"].startswith("paused"):
        classes += " paused"
    choose = 'tabindex="0" role="button"' if live else ""
    relay = node["kind"] == "relay"
    parts = [
        f'<g class="{classes}" data-node="{escape(node["id"])}" {choose} '
        f'aria-label="{escape(node_long(node))}">',
        f'<rect class="box" x="{x}" y="{y}" width="{width}" height="{height}" rx="5"/>',
        f'<text class="name" x="{x + 10}" y="{y + (14 if relay else 17)}">'
        f"{escape(short(node['name'], 9 if relay else 19))}</text>",
        f'<text class="state" x="{x + 10}" y="{y + (27 if relay else 33)}">'
        f"{escape(short(state_of(node), 12 if relay else 28))}</text>",
    ]
    drawn = set()
    for socket in node["sockets"]:
        port = layout["ports"][socket["id"]]
        parts += _dangling(socket, port)
        if port not in drawn and not relay:
            parts += _port(socket, port)
        drawn.add(port)
    if node["id"] in layout["more"]:
        more = f"and {layout['more'][node['id']]} more"
        parts.append(f'<text class="state" x="{x + 10}" y="{y + height - 1}">{more}</text>')
    return "".join([*parts, "</g>"])


def _port(socket, port) -> Iterator[str]:
    x, y, out = port
    anchor = "end" if out > 0 else "start"
    mark = f'<circle class="port" cx="{x}" cy="{y}" r="4.5"/>'
    if socket["bound"]:
        mark = f'<rect class="port bound" x="{x - 5}" y="{y - 5}" width="10" height="10"/>'
    title = escape(socket_long(socket, counts=False))
    yield f'<g data-socket="{escape(socket["id"])}"><title>{title}</title>'
    yield f'{mark}<text class="kind" x="{x - 9 * out}" y="{y + 4}" text-anchor="{anchor}">'
    yield f"{escape(socket_short(socket))}</text></g>"


def _dangling(socket, port) -> Iterator[str]:
    x, y, out = port
    anchor = "start" if out > 0 else "end"
    for number, each in enumerate(socket["dangling"][:2]):
        end, at = x + out * STUB, y + 15 * number
        yield f'<g class="dangling"><title>{escape(each["endpoint"])}: {escape(each["reason"])}'
        yield f'</title><path d="M{x},{y}L{end},{at}M{end - 4},{at - 4}l8,8m0,-8l-8,8"/>'
        yield f'<text class="label" x="{end + out * 8}" y="{at + 4}" text-anchor="{anchor}">'
        yield f"{escape(each['short'])}</text></g>"


def still(network: Facts, layout: Facts) -> str:
    """Return the drawing and, folded, the table, for a page that nobody tells anything."""
    folded = f"<details><summary>The same as a table</summary>{table(network, {})}</details>"
    return svg(network, layout) + folded


def table(network: Facts, flows: dict[str, Facts]) -> str:
    """Return the same facts as rows of an HTML table: of each socket, or process without one."""
    sockets = {s["id"]: s for node in network["nodes"] for s in node["sockets"]}
    names = {node["id"]: node["name"] for node in network["nodes"]}

    def name_of(socket):
        return f"{names[socket.rpartition('/')[0]]} ({sockets[socket]['type']})"

    rows = []
    for node in network["nodes"]:
        for socket in node["sockets"] or [None]:
            cells = [node["name"], state_of(node), "", "", "", ""]
            if socket:
                edges = [e for e in network["edges"] if socket["id"] in (e["from"], e["to"])]
                others = [
                    name_of(e["to"] if e["from"] == socket["id"] else e["from"]) for e in edges
                ]
                words = [flow_words(flows.get(e["id"])) for e in edges]
                words += [queue_words(flows.get(e["id"])) for e in edges]
                kind = "?" if socket["type"] == "?" else f"{socket['type']} {socket['number']}"
                cells[2:] = [
                    kind,
                    socket_long(socket),
                    ", ".join(dict.fromkeys(others)) or "nobody",
                    "; ".join(dict.fromkeys(filter(None, words))),
                ]
            rows.append("".join(f"<td>{escape(cell)}</td>" for cell in cells))
    heads = "".join(f'<th scope="col">{head}</th>' for head in HEADS)
    return (
        f"<table><caption>{escape(network_words(network))}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>"
        + "".join(f"<tr>{row}</tr>" for row in rows)
        + "</tbody></table>"
    )
