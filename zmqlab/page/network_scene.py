"""All that a network map shows at a moment, made of reports as they come."""

import json
import time
from typing import Any

import psutil

from zmqlab.page.network_detail import detail_of
from zmqlab.page.network_layout import Layout
from zmqlab.page.network_svg import svg, table
from zmqlab.page.network_words import flow_words, network_words, queue_words, state_of
from zmqlab.processes.network import network_of
from zmqlab.processes.outside import owners_of
from zmqlab.processes.traffic import Traffic

STRANGER = 0.6  # seconds until a peer that nobody reports about counts as one from outside
PAUSES = 0.5  # seconds between looks at who is paused
MOST_NOTES = 1_000

Facts = dict[str, Any]


class Scene:
    """Members, what they reported, and the drawing of it.

    Attributes
    ----------
    version : int
        Grows whenever the drawing is another one.
    members : dict
        By name, "" for the notebook: what the roster says, with the sockets last reported.
    notes : list of str
        What happened to processes, in words.
    timeline : str
        The messages of a moment, as HTML; `looks` counts these.
    """

    def __init__(self) -> None:
        self.version = 0
        self.members: dict[str, Facts] = {}
        self.notes: list[str] = []
        self.timeline, self.looks = "", 0
        self.network: Facts = {"nodes": [], "edges": [], "unknown": []}
        self._sockets: dict[str, list] = {}
        self._previews: dict[str, dict] = {}
        self._dismissed: set[tuple[str, int]] = set()
        self._owners: dict[str, Facts] = {}
        self._unknown: dict[str, float] = {}  # address: when it was seen first
        self._paused: set[str] = set()
        self._layout, self._traffic = Layout(), Traffic()
        self._known = ""
        self._next_pauses = 0.0
        self._flows: dict[str, Facts] = {}
        self._places: Facts = {}

    def roster(self, there: list[Facts]) -> None:
        """Take in which processes there are."""
        told = {"" if each["own"] else each["name"]: each for each in there}
        for name, member in told.items():
            before = self.members.get(name)
            if before and before["pid"] != member["pid"]:
                self._sockets.pop(name, None)
                self._previews.pop(name, None)
            elif before and member["ended"] and not before["ended"]:
                self.notes.append(f"{name}: {state_of(member)}")
        self.members = told
        del self.notes[: -MOST_NOTES // 2 if len(self.notes) > MOST_NOTES else 0]

    def report(self, name: str, report: Facts) -> None:
        """Take in what a process reported."""
        self._sockets[name] = report["sockets"]
        if "previews" in report:
            self._previews[name] = _with_pictures(report["previews"], self._previews.get(name, {}))

    def dismiss(self, name: str) -> None:
        """Draw a process that has ended no longer."""
        member = self.members.get(name)
        if member and member["ended"]:
            self._dismissed.add((name, member["pid"]))

    def tidy(self) -> None:
        """Lay everything out anew."""
        self._layout.tidy()
        self._known = ""

    def refresh(self) -> None:
        """Put together what has come."""
        now = time.monotonic()
        if now >= self._next_pauses:
            self._next_pauses = now + PAUSES
            self._paused = {name for name in self.members if self._is_paused(name)}
        there = [
            member
            | {"sockets": self._sockets.get(name, [])}
            | ({"state": "paused"} if name in self._paused and not member["ended"] else {})
            for name, member in self.members.items()
            if (name, member["pid"]) not in self._dismissed
        ]
        self.network = network_of(there, self._owners)
        self._meet_strangers(now)
        self._flows = self._traffic.update(now, self.network)
        known = json.dumps(_shape(self.network))
        if known != self._known:
            self._known = known
            self._places = self._layout.update(self.network)
            self.version += 1

    def _is_paused(self, name):
        member = self.members[name]
        if member["ended"] or member["own"]:
            return False
        try:
            return psutil.Process(member["pid"]).status() == psutil.STATUS_STOPPED
        except psutil.Error:
            return False

    def _meet_strangers(self, now):
        """Find out about peers that nobody reports about, once that is sure."""
        unknown = self.network["unknown"]
        self._unknown = {each: self._unknown.get(each, now) for each in unknown}
        due = [each for each, since in self._unknown.items() if now - since > STRANGER]
        if due:
            members = {each["pid"] for each in self.members.values() if not each["own"]}
            self._owners |= owners_of(due, members)
            if len(self._owners) > MOST_NOTES:  # of those that left long ago
                self._owners = {each: self._owners[each] for each in due}

    def drawing(self) -> Facts:
        """Return the drawing, and what may be done to each process."""
        nodes = {
            node["id"]: {
                "name": node["name"],
                "box": self._places["boxes"][node["id"]],
                "ours": node["id"] in self.members and node["kind"] != "notebook",
                "ended": node["ended"],
                "paused": node["state"] == "paused",
            }
            for node in self.network["nodes"]
        }
        return {
            "svg": svg(self.network, self._places, self._flows, live=True),
            "words": network_words(self.network),
            "width": self._places["width"],
            "height": self._places["height"],
            "nodes": nodes,
        }

    def flows(self) -> dict[str, list]:
        """Return for each connection what the page moves and writes."""
        found = {}
        for name, flow in self._flows.items():
            there, back = flow["there"], flow["back"] or {"count": None, "rate": 0}
            counts = [each["count"] and round(each["count"], 2) for each in (there, back)]
            rates = [round(each["rate"], 2) for each in (there, back)]
            found[name] = [*counts, *rates, flow_words(flow), queue_words(flow)]
        return found

    def table(self) -> str:
        """Return the table of all sockets."""
        return table(self.network, self._flows)

    def detail(self, name: str) -> str:
        """Return what is known of a process, with the last messages of its sockets, as HTML."""
        node = next((each for each in self.network["nodes"] if each["id"] == name), None)
        return "" if node is None else detail_of(node, self._previews.get(name, {}))


def _shape(network):
    """Return what the drawing depends on: all but the counts."""
    nodes = [
        [
            *(node[fact] for fact in ("id", "kind", "state")),
            [[s["id"], s["bound"], s["connected"], s["dangling"]] for s in node["sockets"]],
            [s["options"].get("SUBSCRIBE") for s in node["sockets"]],
        ]
        for node in network["nodes"]
    ]
    return [nodes, network["edges"]]


def _with_pictures(new, old):
    """Return previews; a part whose picture came too soon after another keeps the one before."""
    for number, ways in new.items():
        for way, parts in ways.items():
            before = old.get(number, {}).get(way, [])
            for part, known in zip(parts, before, strict=False):
                if "picture" in known and part["size"] == known["size"]:
                    part.setdefault("picture", known["picture"])
    return new
