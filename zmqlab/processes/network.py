"""Who is connected to whom: the reports of several processes, put together to one picture.

`network_of` makes of what each process says of itself a plain structure, with nothing guessed::

    {"nodes": [{"id": "camera",                 a process's name; "" is the notebook
                "kind": "process",              or "notebook", "relay", "outside"
                "state": "running", "ended": false, "pid": 4711,
                "sockets": [{"id": "camera/0", "number": 0, "type": "REP",
                             "bound": ["tcp://127.0.0.1:40001"], "connected": [],
                             "dangling": [{"endpoint": ..., "reason": ..., "short": "refused"}],
                             "sent": {...}, "received": {...}, "options": {...}}, ...]}, ...],
     "edges": [{"id": "client/0>camera/0", "from": "client/0", "to": "camera/0",
                "endpoint": "tcp://127.0.0.1:40001", "up": true}, ...],
     "unknown": ["127.0.0.1:50002", ...]}       addresses of peers that nobody here owns

An edge is one connection: over tcp its two ends name the same two addresses, each the other way
round; over ipc and inproc they name the same endpoint. It goes the way messages go (from PUSH to
PULL, from REQ to REP); where that says nothing, from the end that has connected.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from zmqlab.processes.reasons import reason_for

# The smaller number is on the left.
_LEFT = {
    **dict.fromkeys(("PUSH", "PUB", "XPUB", "REQ", "CLIENT", "RADIO", "SCATTER"), 0),
    "DEALER": 1,
    "ROUTER": 3,
    **dict.fromkeys(("REP", "PULL", "SUB", "XSUB", "SERVER", "DISH", "GATHER"), 4),
}
_NEITHER = 2

Facts = dict[str, Any]


def network_of(members: list[Facts], owners: dict[str, Facts] | None = None) -> Facts:
    """Return the picture drawn above.

    Parameters
    ----------
    members : list of dict
        A process each: ``{"name", "pid", "state", "ended", "own", "sockets"}``, its sockets as
        `zmqlab.processes.report_sender` draws them; `own` for the notebook itself.
    owners : dict, optional
        What is known of addresses that `unknown` named before: ``{"127.0.0.1:50002": {"id": "node
        4711", "name": "node", "pid": 4711}}``. A pid of a member's makes it a socket of that one.
    """
    return _Drawing(members, owners or {}).whole()


class _Drawing:
    def __init__(self, members, owners):
        self.owners = owners
        self.nodes, self.edges, self.unknown = {}, [], []
        self.sockets = {}  # id: what is drawn of it
        self.told = {}  # id: what its report said of it
        self.ends = []  # (socket id, its connection): over tcp and ipc, of members that run
        self.numbers: dict[str, int] = defaultdict(int)  # of edges between two sockets
        for member in members:
            self.add_member(member)

    def whole(self):
        self.match_tcp()
        self.match_ipc()
        self.match_inproc()
        for name, socket in self.sockets.items():
            there = self.told.get(name)
            if there and not self.node_of(name)["ended"]:
                socket["dangling"] += _dangling(there, self.told.values())
        return {
            "nodes": list(self.nodes.values()),
            "edges": self.edges,
            "unknown": sorted(set(self.unknown)),
        }

    def add_member(self, member):
        name = "" if member.get("own") else member["name"]
        there = member["sockets"]
        # Of one that has ended, what it had open when it was last heard of.
        shown = [each for each in there if not each["closed"]]
        relay = any(each["type"] == "TAP" for each in shown)
        if relay:  # and not how the notebook reads it
            shown = [each for each in shown if each["type"] == "TAP"]
        self.nodes[name] = {
            "id": name,
            "name": member["name"],
            "kind": "notebook" if member.get("own") else "relay" if relay else "process",
            "state": member["state"],
            "ended": member["ended"],
            "pid": member["pid"],
            "sockets": [],
        }
        for each in shown:
            socket = self.add_socket(name, each["number"], each["type"])
            for fact in ("bound", "connected", "sent", "received", "options"):
                socket[fact] = each[fact]
            socket["parted"] = any(one["up"] for one in each.get("ended", []))
            self.told[socket["id"]] = each
            if not member["ended"]:
                self.ends += [(socket["id"], one) for one in each.get("connections", [])]

    def add_socket(self, node, number, kind):
        socket = {
            "id": f"{node}/{number}",
            "number": number,
            "type": kind,
            "bound": [],
            "connected": [],
            "dangling": [],
            "parted": False,
            "sent": None,
            "received": None,
            "options": {},
        }
        self.sockets[socket["id"]] = socket
        self.nodes[node]["sockets"].append(socket)
        return socket

    def node_of(self, socket_id):
        return self.nodes[socket_id.rpartition("/")[0]]

    def add_edge(self, one, other, endpoint, up):
        """Draw a connection from `one`, which has connected, to `other`."""
        if self.rank(one, other) > self.rank(other, one):
            one, other = other, one
        name = f"{one}>{other}"
        self.numbers[name] += 1
        if self.numbers[name] > 1:
            name += f" {self.numbers[name]}"
        self.edges.append({"id": name, "from": one, "to": other, "endpoint": endpoint, "up": up})

    def rank(self, one, other):
        kind = self.sockets[one]["type"]
        if kind in _LEFT:
            return _LEFT[kind]
        # A relay, or one that nobody knows, is on the other side of whoever it talks to.
        return 4 - _LEFT.get(self.sockets[other]["type"], _NEITHER)

    def match_tcp(self):
        there = defaultdict(list)
        for end in self.ends:
            if end[1]["local"]:
                there[_plain(end[1]["local"]), _plain(end[1]["peer"])].append(end)
        for (local, peer), ends in list(there.items()):
            for end in ends:
                mirrored = there.get((peer, local))
                if not mirrored:
                    self.add_outside(end, peer)
                elif (local, peer) < (peer, local):  # once for both ends
                    other = mirrored[0]
                    up = end[1]["up"] or other[1]["up"]
                    first, second = (end, other) if _connects(self.told, end) else (other, end)
                    self.add_edge(first[0], second[0], first[1]["endpoint"], up)

    def add_outside(self, end, peer):
        """Draw a peer that does not report: as what is known of it."""
        name, connection = end
        connects = _connects(self.told, end)
        other = self.plain_socket(connection["endpoint"], connects)
        if other is None:
            owner = self.owners.get(peer)
            if owner is None:
                self.unknown.append(peer)
                return
            node = next(
                (n for n in self.nodes.values() if n["pid"] == owner["pid"] is not None), None
            )
            if node is None:
                node = self.nodes.setdefault(
                    owner["id"],
                    {
                        "id": owner["id"],
                        "name": owner["name"],
                        "kind": "outside",
                        "state": "not observed",
                        "ended": False,
                        "pid": owner["pid"],
                        "sockets": [],
                    },
                )
            # One that is connected to has one socket there, whoever connects; of others nobody
            # knows how many they have.
            other = f"{node['id']}/{peer}"
            if other not in self.sockets:
                socket = self.add_socket(node["id"], peer, "?")
                socket["bound" if connects else "connected"] = [connection["endpoint"]]
        first, second = (name, other) if connects else (other, name)
        self.add_edge(first, second, connection["endpoint"], connection["up"])

    def plain_socket(self, endpoint, connects):
        """Return the one socket of a process without observation that names this endpoint."""
        port, what = endpoint.rpartition(":")[2], "bound" if connects else "connected"
        found = [
            name
            for name, told in self.told.items()
            if told["sent"] is None and not self.node_of(name)["ended"]
            if any(each.rpartition(":")[2] == port for each in told[what])
        ]
        return found[0] if len(found) == 1 else None

    def match_ipc(self):
        bound, connected = defaultdict(list), defaultdict(list)
        for end in self.ends:
            if not end[1]["local"] and end[1]["endpoint"].startswith("ipc:"):
                group = connected if _connects(self.told, end) else bound
                group[end[1]["endpoint"]].append(end)
        for endpoint, clients in connected.items():
            servers = [
                name
                for name, told in self.told.items()
                if endpoint in told["bound"] and not self.node_of(name)["ended"]
            ]
            for name, connection in clients:
                if servers:
                    self.add_edge(name, servers[0], endpoint, connection["up"])
                else:
                    self.add_stranger(name, endpoint, True, connection["up"])
        for endpoint, ends in bound.items():
            for name, connection in ends[len(connected[endpoint]) :]:
                self.add_stranger(name, endpoint, False, connection["up"])

    def add_stranger(self, name, endpoint, connects, up):
        """Draw whoever is at the other end of an ipc endpoint: there is no address to ask for."""
        node = self.nodes.setdefault(
            endpoint,
            {
                "id": endpoint,
                "name": "another program",
                "kind": "outside",
                "pid": None,
                "state": "not observed",
                "ended": False,
                "sockets": [],
            },
        )
        other = f"{node['id']}/0"
        if other not in self.sockets:
            socket = self.add_socket(node["id"], 0, "?")
            socket["bound" if connects else "connected"] = [endpoint]
        self.add_edge(*((name, other) if connects else (other, name)), endpoint, up)

    def match_inproc(self):
        bound = {}  # (node, context, endpoint): socket
        for name, told in self.told.items():
            for endpoint in told["bound"]:
                bound[self.node_of(name)["id"], told.get("context"), endpoint] = name
        for name, told in self.told.items():
            node = self.node_of(name)
            for endpoint in told["connected"]:
                if endpoint.startswith("inproc:") and not node["ended"]:
                    other = bound.get((node["id"], told.get("context"), endpoint))
                    if other is not None:
                        self.add_edge(name, other, endpoint, True)
                    else:
                        reason = "nobody has bound it in the same context of this process"
                        self.sockets[name]["dangling"].append(
                            {"endpoint": endpoint, "reason": reason, "short": "nobody there"}
                        )


def _connects(told, end):
    """Tell whether this end of a connection is the one that has connected."""
    name, connection = end
    return connection["endpoint"] in told[name]["connected"]


def _plain(address):
    """Return an address of IPv4 as such where a socket for both kinds names it."""
    return address.removeprefix("::ffff:") if "." in address else address


def _dangling(told, everybody) -> Iterator[Facts]:
    """Yield the endpoints that a socket connects to in vain, each with the reason."""
    if told["sent"] is None or told["peers"] is None:
        return  # nobody looked
    there = [each["endpoint"] for each in told.get("connections", [])]
    for endpoint in dict.fromkeys(told["connected"]):
        if endpoint not in there and not endpoint.startswith("inproc:"):
            reason, short = reason_for(told, endpoint, everybody)
            yield {"endpoint": endpoint, "reason": reason, "short": short}
