"""Networks for the tests of how they are drawn: as `zmqlab.processes.network` describes them."""

FARM = [("ventilator", f"worker{n}") for n in range(8)] + [(f"worker{n}", "sink") for n in range(8)]
OTHERS = [
    ("notebook", "camera"),
    ("camera", "publisher"),
    *(("publisher", name) for name in ("recorder", "view", "spectrum", "proxy", "ventilator")),
    *(("proxy", name) for name in ("browser", "node", "logger")),
    *((name, "sink") for name in ("recorder", "spectrum", "logger")),
]


def network(pairs, also=()):
    """Return a network in which the first of each pair pushes to the second."""
    names = dict.fromkeys([*also, *(name for pair in pairs for name in pair)])
    nodes = {name: node(name) for name in names}
    sockets, edges = {}, []
    for one, other in pairs:
        ends = []
        for name, kind in ((one, "PUSH"), (other, "PULL")):
            if (name, kind) not in sockets:
                number = len(nodes[name]["sockets"])
                sockets[name, kind] = socket = one_socket(name, number, kind)
                nodes[name]["sockets"].append(socket)
            ends.append(sockets[name, kind]["id"])
        edge = {"from": ends[0], "to": ends[1], "endpoint": "tcp://127.0.0.1:40000", "up": True}
        edges.append(edge | {"id": ">".join(ends)})
    return {"nodes": list(nodes.values()), "edges": edges, "unknown": []}


def node(name):
    about = {"kind": "process", "state": "running", "ended": False, "pid": 4711}
    return {"id": name, "name": name, **about, "sockets": []}


def one_socket(name, number, kind):
    return {
        "id": f"{name}/{number}",
        "number": number,
        "type": kind,
        "bound": [f"tcp://127.0.0.1:4{number:04}"] if kind == "PUSH" else [],
        "connected": [] if kind == "PUSH" else ["tcp://127.0.0.1:40000"],
        "dangling": [],
        "parted": False,
        "options": {"SNDHWM": 1000, "RCVHWM": 1000},
        "sent": {"messages": 0, "bytes": 0},
        "received": {"messages": 0, "bytes": 0},
    }


def twenty():
    """Return a network of 20 processes with 60 sockets."""
    drawn = network(FARM + OTHERS)
    left = 60 - sum(len(node["sockets"]) for node in drawn["nodes"])
    for number in range(left):
        there = drawn["nodes"][number % len(drawn["nodes"])]
        there["sockets"].append(one_socket(there["id"], len(there["sockets"]), "PUSH"))
    return drawn
