"""What goes through each connection: libzmq counts by socket, and here it becomes a connection's.

A socket with one connection has counted for that connection. Of a socket with several, the other
ends mostly have one each, and have counted. Where neither holds the flow is shared out evenly, and
`exact` is false. What was sent and has not been received waits in one of the queues between, or is
lost; reports come a moment apart, so only what has waited through a whole second is told.

`Traffic.update` returns for each edge of `zmqlab.processes.network`::

    {"there": {"count": 12.0, "rate": 30.0, "bytes": 27648000.0, "exact": true},
     "back": {...} or null,       where sockets of these types answer each other
     "waiting": 0 or null,        messages not received; null: nobody can tell
     "full": 0.0,                 of what the high-water marks of both sides allow
     "lost": 0,                   not received, nothing moves, and somebody has gone
     "told": true,                on one edge of those that share these three
     "copies": false}             a publisher's: where the marks are reached, it drops the rest
"""

from collections import Counter, defaultdict, deque
from typing import Any

WINDOW = 2.0  # seconds that a rate is the mean of
SHORTEST = 1.0  # of it, when a socket has just begun
STEADY = 1.0  # seconds that a message must have waited
SURE = 3.0, 10  # seconds and messages, all received: a subscriber to some hears all that there are
LAG = 0.3  # seconds that the report of one socket may be older than that of another
ONE_WAY = {"PUSH", "PULL", "PUB", "SUB", "XPUB", "XSUB"}
COPIES = {"PUB", "XPUB"}  # who sends each message to everybody
NOTHING = {"messages": 0, "bytes": 0}

Facts = dict[str, Any]


class Traffic:
    """Remembers what the sockets had counted a moment ago."""

    def __init__(self) -> None:
        self._before: dict[str, deque] = {}  # socket: its time and counts in the last seconds
        self._counts: dict[tuple[str, str], float] = defaultdict(float)
        self._groups: dict[str, _Queue] = {}  # socket: what it shares with the others

    def update(self, now: float, network: Facts) -> dict[str, Facts]:
        """Take in what `network_of` returned at a time in seconds; return the flow of each edge."""
        sockets = {each["id"]: each for node in network["nodes"] for each in node["sockets"]}
        self._begin_anew(sockets)
        self._before = {name: self._before.get(name, deque()) for name in sockets}
        for name, past in self._before.items():
            counts = {way: sockets[name][way] or NOTHING for way in ("sent", "received")}
            past.append(counts | {"time": now})
            while len(past) > 2 and now - past[1]["time"] >= WINDOW:
                past.popleft()
        edges = [each for each in network["edges"] if each["up"]]
        ends = Counter(each[end] for each in edges for end in ("from", "to"))
        flows = {}
        for edge in edges:
            one, other = sockets[edge["from"]], sockets[edge["to"]]
            flow: Facts = {"there": self._flow(edge, "there", one, other, ends), "back": None}
            if not {one["type"], other["type"]} & ONE_WAY:
                flow["back"] = self._flow(edge, "back", other, one, ends)
            copies = one["type"] in COPIES
            unknown = {"waiting": None, "full": 0.0, "lost": 0, "told": False, "copies": copies}
            flows[edge["id"]] = flow | unknown
        self._queues(now, edges, sockets, flows)
        for edge, way in [key for key in self._counts if key[0] not in flows]:
            del self._counts[edge, way]
        return flows

    def _begin_anew(self, sockets):
        """Forget what was counted of sockets that are gone; another of that name may take over."""
        gone = {
            name
            for name, past in self._before.items()
            for way in ("sent", "received")
            if (sockets.get(name, {}).get(way) or NOTHING)["messages"] < past[-1][way]["messages"]
            or name not in sockets
        }
        self._before = {name: past for name, past in self._before.items() if name not in gone}
        for queue in self._groups.values():
            if queue.ends & gone:
                queue.edges, queue.somebody_left = set(), True  # nobody goes on with it

    def _flow(self, edge, way, sender, receiver, ends):
        """Return what goes from `sender` to `receiver` by an edge."""
        at_receiver = receiver["received"] and receiver["received"]["messages"]
        at_sender = sender["sent"] and sender["sent"]["messages"]
        many_in, many_out = ends[receiver["id"]], ends[sender["id"]]
        if at_receiver and (many_in == 1 or not (at_sender and many_out == 1)):
            socket, which, share = receiver, "received", 1 / many_in
        elif at_sender:
            socket, which = sender, "sent"
            share = 1.0 if sender["type"] in COPIES else 1 / many_out
        else:  # neither has counted anything; what `zmq.proxy` passes on nobody counts
            return {"count": self._counts[edge["id"], way], "rate": 0, "bytes": 0, "exact": True}
        past = self._before[socket["id"]]
        first, before, last = past[0], past[-2] if len(past) > 1 else past[-1], past[-1]
        seconds = max(last["time"] - first["time"], SHORTEST)
        more = last[which]["messages"] - before[which]["messages"]
        self._counts[edge["id"], way] += share * more
        messages, size = (
            share * (last[which][what] - first[which][what]) / seconds
            for what in ("messages", "bytes")
        )
        count = self._counts[edge["id"], way]
        return {"count": count, "rate": messages, "bytes": size, "exact": share == 1}

    def _queues(self, now, edges, sockets, flows):
        """Note for each edge what its group of sockets has sent and not received."""
        self._groups = {name: each for name, each in self._groups.items() if name in sockets}
        for group in _groups_of(edges, sockets):
            copies = sockets[group[0]["from"]]["type"] in COPIES
            names = {edge["to"] for edge in group}
            names |= set() if copies else {edge["from"] for edge in group}
            known = {self._groups[name] for name in names if name in self._groups}
            edge_names = {edge["id"] for edge in group}
            if len(known) == 1 and next(iter(known)).edges == edge_names:
                (queue,) = known
            else:
                queue = _Queue(edge_names, [sockets[name] for name in names], known, copies)
                queue.ends = {edge[end] for edge in group for end in ("from", "to")}
                self._groups |= dict.fromkeys(names, queue)
            on_the_way = LAG * sum(flows[edge["id"]]["there"]["rate"] for edge in group)
            waiting, lost = queue.update(now, group, sockets, on_the_way)
            waiting = waiting if waiting > on_the_way else 0
            room = sum(_room(sockets, edge) for edge in group)
            full = min(1.0, waiting / room) if room else 0.0
            for edge in group:
                if not copies or _hears_all(sockets, edge) or queue.level:
                    found = {"waiting": waiting, "full": full, "lost": lost}
                    flows[edge["id"]] |= found | {"told": edge is group[0]}


class _Queue:
    """What sockets that are connected have sent among them, and nobody has received yet."""

    def __init__(self, edges, sockets, before, copies):
        self.edges, self.now, self.moved = edges, 0, 0.0
        self.ends: set[str] = set()  # all its sockets
        parted = any(each["parted"] for each in sockets)
        left = [each for each in before if each.edges - edges or each.somebody_left]
        self.somebody_left = parted or bool(left)
        # Of messages to those who have left, or sent before somebody subscribed, nobody knows.
        self.zero = None if parted or copies or before else 0
        self.carried = sum(each.now for each in before)
        self.totals = self.first = None
        self.level = False  # whether everything was received once, after some messages
        self.seen: deque = deque()  # (time, now), the last second

    def update(self, now, edges, sockets, on_the_way):
        """Return how many messages wait, and how many are lost."""
        senders = {edge["from"] for edge in edges}
        receivers = {edge["to"] for edge in edges}
        sent = sum(sockets[each]["sent"]["messages"] for each in senders)
        received = sum(sockets[each]["received"]["messages"] for each in receivers)
        if self.zero is None:
            self.zero = sent - received - self.carried
        if self.totals is None:
            self.first = now, received
        if self.totals != (sent, received):
            self.totals, self.moved = (sent, received), now
        self.now = max(0, sent - received - self.zero)
        self.seen.append((now, self.now))
        while len(self.seen) > 1 and now - self.seen[1][0] >= STEADY:
            self.seen.popleft()
        if now - self.first[0] >= SURE[0] and received - self.first[1] >= SURE[1]:
            self.level = self.level or self.now <= on_the_way
        steady = now - self.seen[0][0] >= STEADY
        waiting = min(each for _, each in self.seen) if steady else 0
        still = self.somebody_left and now - self.moved > WINDOW
        return (0, waiting) if still else (waiting, 0)


def _groups_of(edges, sockets):
    """Yield lists of edges whose queues can be told: each with all edges of its sockets.

    A publisher has a queue for each subscriber.
    """
    ends = Counter(edge["to"] for edge in edges)
    for pairs in parts_of([(edge["from"], edge["to"]) for edge in edges]):
        group = [edge for edge in edges if (edge["from"], edge["to"]) in pairs]
        names = {name for pair in pairs for name in pair}
        kinds = {sockets[name]["type"] for name in names}
        two_way = len(group) == 1 and not kinds & ONE_WAY
        if (kinds == {"PUSH", "PULL"} or two_way) and _counted(sockets, names):
            yield group
        for edge in group:
            copies = sockets[edge["from"]]["type"] in COPIES
            if copies and ends[edge["to"]] == 1 and _counted(sockets, {edge["from"], edge["to"]}):
                yield [edge]


def parts_of(pairs: list[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """Return pairs in lists: those that are connected with each other together."""
    parts: list[list[tuple[str, str]]] = []
    for pair in pairs:
        joined = [part for part in parts if any(set(pair) & set(each) for each in part)]
        parts = [part for part in parts if part not in joined]
        parts.append([each for part in joined for each in part] + [pair])
    return parts


def _counted(sockets, names):
    there = [sockets[each] for each in names]
    return all(each["sent"] and each["received"] and each["type"] != "TAP" for each in there)


def _hears_all(sockets, edge):
    """Tell whether a subscriber has subscribed to everything."""
    return "" in sockets[edge["to"]]["options"].get("SUBSCRIBE", [])


def _room(sockets, edge):
    """Return how many messages the high-water marks of both ends allow; 0: no bound."""
    out, into = sockets[edge["from"]]["options"], sockets[edge["to"]]["options"]
    marks = out.get("SNDHWM"), into.get("RCVHWM")
    return 0 if 0 in marks or None in marks else sum(marks)
