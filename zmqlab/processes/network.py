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

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from zmqlab.processes.reasons import reason_for

# The smaller number is on the left.
_LEFT = {"PUSH": 0, "PUB": 0, "XPUB": 0, "REQ": 0, "DEALER": 1}
_LEFT |= {"ROUTER": 3, "REP": 4, "PULL": 4, "SUB": 4, "XSUB": 4}
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
    drawing = _Drawing(owners or {})
    for member in members:
        drawing.add_member(member)
    drawing.match_tcp()
    drawing.match_ipc()
    drawing.match_inproc()
    for name, told in drawing.told.items():
        drawing.sockets[name]["dangling"] += _dangling(told, drawing.told.values())
    return {
        "nodes": list(drawing.nodes.values()),
        "edges": drawing.edges,
        "unknown": sorted(set(drawing.unknown)),
    }


class _Drawing:
    def __init__(self, owners):
        self.owners = owners
        self.nodes, self.edges, self.unknown = {}, [], []
        self.sockets = {}  # id: what is drawn of it
        self.told = {}  # id: what its report said of it, of members that run
        self.names: Counter[str] = Counter()  # of edges

    def add_member(self, member):
        own = member.get("own")
        # Of one that has ended, what it had open when it was last heard of.
        shown = [each for each in member["sockets"] if not each["closed"]]
        relay = any(each["type"] == "TAP" for each in shown)
        if relay:  # and not how the notebook reads it
            shown = [each for each in shown if each["type"] == "TAP"]
        kind = "notebook" if own else "relay" if relay else "process"
        node = {"id": "" if own else member["name"], "kind": kind, "sockets": []}
        node |= {fact: member[fact] for fact in ("name", "state", "ended", "pid")}
        self.nodes[node["id"]] = node
        for each in shown:
            socket = self.add_socket(node, each["number"], each["type"])
            for fact in ("bound", "connected", "sent", "received", "options"):
                socket[fact] = each[fact]
            socket["parted"] = any(one["up"] for one in each["ended"])
            if not member["ended"]:
                self.told[socket["id"]] = each

    def add_socket(self, node, number, kind):
        """Draw a socket, unless it is there."""
        name = f"{node['id']}/{number}"
        if name not in self.sockets:
            self.sockets[name] = socket = {"id": name, "number": number, "type": kind}
            socket |= {"bound": [], "connected": [], "dangling": [], "parted": False}
            socket |= {"sent": None, "received": None, "options": {}}
            node["sockets"].append(socket)
        return self.sockets[name]

    def add_edge(self, one, other, endpoint, up):
        """Draw a connection from `one`, which has connected, to `other`."""
        if self.rank(one, other) > self.rank(other, one):
            one, other = other, one
        name = f"{one}>{other}"
        self.names[name] += 1
        if self.names[name] > 1:
            name += f" {self.names[name]}"
        self.edges.append({"id": name, "from": one, "to": other, "endpoint": endpoint, "up": up})

    def rank(self, one, other):
        kinds = [self.sockets[each]["type"] for each in (one, other)]
        # A relay, or one that nobody knows, is on the other side of whoever it talks to.
        return _LEFT.get(kinds[0], 4 - _LEFT.get(kinds[1], _NEITHER))

    def match_tcp(self):
        """Draw the connections whose ends have addresses."""
        there = {}
        for name, told in self.told.items():
            for each in told["connections"]:
                if each["local"]:
                    there[_plain(each["local"]), _plain(each["peer"])] = name, each
        for (local, peer), (name, each) in there.items():
            connects = each["endpoint"] in self.told[name]["connected"]
            other, mirrored = there.get((peer, local), (None, each))
            if other is None:
                other = self.unobserved(each["endpoint"], connects, peer)
            elif (local, peer) > (peer, local):
                continue  # once for both ends
            if other is not None:
                ends = (name, other) if connects else (other, name)
                endpoint = each["endpoint"] if connects else mirrored["endpoint"]
                self.add_edge(*ends, endpoint, each["up"] or mirrored["up"])

    def unobserved(self, endpoint, connects, peer):
        """Return the socket of a peer that does not report, None while nobody knows whose it is.

        One that is connected to has one socket there, whoever connects; of others nobody knows how
        many they have.
        """
        port, what = endpoint.rpartition(":")[2], "bound" if connects else "connected"
        found = [
            name
            for name, told in self.told.items()
            if told["sent"] is None and port in [each.rpartition(":")[2] for each in told[what]]
        ]
        if len(found) == 1:
            return found[0]
        owner = self.owners.get(peer)
        if owner is None:
            self.unknown.append(peer)
            return None
        there = [each for each in self.nodes.values() if each["pid"] == owner["pid"] is not None]
        return self.add_outside(there[0] if there else owner, peer, endpoint, connects)

    def add_outside(self, node, number, endpoint, connects):
        """Draw a socket that nobody reports of, bound or connected to an endpoint."""
        about = {"kind": "outside", "state": "not observed", "ended": False, "sockets": []}
        socket = self.add_socket(self.nodes.setdefault(node["id"], node | about), number, "?")
        socket["bound" if connects else "connected"] = [endpoint]
        return socket["id"]

    def match_ipc(self):
        """Draw the connections whose ends have no addresses, but an endpoint for all processes."""
        bound = {endpoint: name for name, told in self.told.items() for endpoint in told["bound"]}
        ends = defaultdict(lambda: ([], []))  # endpoint: who has connected, and who has accepted
        for name, told in self.told.items():
            for each in told["connections"]:
                endpoint = each["endpoint"]
                if endpoint.startswith("ipc:"):
                    accepts = endpoint not in told["connected"]
                    ends[endpoint][accepts].append((name, each["up"]))
        for endpoint, both in ends.items():
            # Whoever is there besides has no address to ask for.
            node = {"id": endpoint, "name": "another program", "pid": None}
            for near, far in itertools.zip_longest(*both):
                one = near[0] if near else self.add_outside(node, 0, endpoint, False)
                other = far[0] if far else bound.get(endpoint)
                other = other or self.add_outside(node, 0, endpoint, True)
                self.add_edge(one, other, endpoint, (near or far)[1])

    def match_inproc(self):
        """Draw the connections inside one context of one process."""
        bound = {
            (name.rpartition("/")[0], told["context"], endpoint): name
            for name, told in self.told.items()
            for endpoint in told["bound"]
        }
        reason = "nobody has bound it in the same context of this process"
        for name, told in self.told.items():
            for endpoint in told["connected"]:
                other = bound.get((name.rpartition("/")[0], told["context"], endpoint))
                if endpoint.startswith("inproc:") and other:
                    self.add_edge(name, other, endpoint, True)
                elif endpoint.startswith("inproc:"):
                    vain = {"endpoint": endpoint, "reason": reason, "short": "nobody there"}
                    self.sockets[name]["dangling"].append(vain)


def _plain(address):
    """Return an address of IPv4 as such where a socket for both kinds names it."""
    return address.removeprefix("::ffff:") if "." in address else address


def _dangling(told, everybody) -> Iterator[Facts]:
    """Yield the endpoints that a socket connects to in vain, each with the reason."""
    if told["sent"] is None or told["peers"] is None:
        return  # nobody looked
    there = [each["endpoint"] for each in told["connections"]]
    for endpoint in dict.fromkeys(told["connected"]):
        if endpoint not in there and not endpoint.startswith("inproc:"):
            reason, short = reason_for(told, endpoint, everybody)
            yield {"endpoint": endpoint, "reason": reason, "short": short}
