"""The network map in words: on its lines, in its table, for whoever listens to it."""

from typing import Any
from urllib.parse import urlsplit

from zmqlab.processes.words import facts_of

Facts = dict[str, Any]
FULL = 0.95  # of the high-water marks: as good as all
STATES = {  # sign and first words of a state; the signs differ without colour, too
    "starting": "◌",
    "running": "●",
    "paused": "❚❚",
    "ended": "■",
    "stopped": "■",
    "failed": "✕",
    "not observed": "◇",
}


def state_of(node: Facts) -> str:
    """Return the state of a process behind its sign."""
    state = node["state"]
    sign = next((sign for word, sign in STATES.items() if state.startswith(word)), "●")
    return f"{sign} {state}"


def rate(number: float) -> str:
    """Return a rate with two digits that count, and thousands kept apart."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def size(number: float) -> str:
    """Return bytes in the unit that fits."""
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.3g} {unit}"
        number /= 1000
    return f"{number:.3g} GB"


def flow_words(flow: Facts | None) -> str:
    """Return what goes through a connection: messages and bytes a second, or "" for nothing."""
    if flow is None:
        return ""
    there, back = flow["there"], flow["back"]
    parts = []
    if there["rate"]:
        parts.append(("" if there["exact"] else "≈") + rate(there["rate"]) + "/s")
    if back and back["rate"] and abs(back["rate"] - there["rate"]) > 0.2 * there["rate"]:
        parts = [f"→ {parts[0] if parts else 0}", f"← {rate(back['rate'])}/s"]
    total = there["bytes"] + (back["bytes"] if back else 0)
    return " · ".join([" ".join(parts), f"{size(total)}/s"]) if parts else ""


def queue_words(flow: Facts | None) -> str:
    """Return what waits or is lost, behind a sign, or ""."""
    if flow is None or not (flow["waiting"] or flow["lost"]) or not flow["told"]:
        return ""
    if flow["lost"]:
        return f"✕ {flow['lost']:,} lost"
    bars = min(4, int(flow["full"] * 4) + 1)
    gauge = "▮" * bars + "▯" * (4 - bars)
    what = "not received" if flow["copies"] else "waiting"
    return f"{gauge} {'full, ' if flow['full'] >= FULL else ''}{flow['waiting']:,} {what}"


def place_of(endpoint: str) -> str:
    """Return an endpoint in short: a port on this computer, or a name."""
    parts = urlsplit(endpoint)
    if parts.scheme == "tcp":
        host, _, port = parts.netloc.rpartition(":")
        return f":{port}" if host in ("127.0.0.1", "0.0.0.0", "localhost", "[::]") else parts.netloc
    return f"{parts.scheme} {endpoint.rpartition('/')[2]}"


def socket_short(socket: Facts) -> str:
    """Return what stands beside a port: the type, and where it is bound or what it listens to."""
    kind = "not observed" if socket["type"] == "?" else socket["type"]
    if socket["bound"]:
        return short(f"{kind} {place_of(socket['bound'][0])}", 15)
    topics = socket["options"].get("SUBSCRIBE")
    if socket["type"] == "SUB":
        return short(f"SUB {topics[0] or 'all'}" if topics else "SUB nothing", 15)
    return kind


def socket_long(socket: Facts, counts: bool = True) -> str:
    """Return what is known of a socket, in a line; without `counts`, what changes seldom."""
    facts = facts_of(socket)
    if counts and socket["sent"]:
        facts += [
            f"received {socket['received']['messages']:,}",
            f"sent {socket['sent']['messages']:,}",
        ]
    facts += [f"{each['endpoint']}: {each['reason']}" for each in socket["dangling"]]
    return " · ".join(facts)


def node_long(node: Facts) -> str:
    """Return what is known of a process, in a line."""
    kind = {"notebook": "this notebook", "relay": "a relay", "outside": "not one of ours"}
    facts = [node["name"], kind.get(node["kind"], "process"), node["state"]]
    if node["pid"]:
        facts.append(f"pid {node['pid']}")
    count = len(node["sockets"])
    return ", ".join(facts) + f", {count} socket{'' if count == 1 else 's'}"


def network_words(network: Facts) -> str:
    """Return the whole in a sentence."""
    there = len(network["nodes"])
    vain = sum(len(s["dangling"]) for node in network["nodes"] for s in node["sockets"])
    text = f"network of {there} {'process' if there == 1 else 'processes'} with "
    count = len(network["edges"])
    text += f"{count} {'connection' if count == 1 else 'connections'}"
    return text + (f", and {vain} in vain" if vain else "")


def short(text: str, most: int) -> str:
    """Return a text cut to a number of characters."""
    return text if len(text) <= most else text[: most - 1] + "…"
