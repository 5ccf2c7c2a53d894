"""All that a network map shows at a moment, made of what is known of the processes."""

import time
from contextlib import suppress
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
MOST_OWNERS = 1_000
ACTS = {"kill": "kill", "pause": "suspend", "resume": "resume"}  # as psutil calls them

Facts = dict[str, Any]


class Scene:
    """Members, what they reported, and the drawing of it.

    Attributes
    ----------
    members : dict
        By name, "" for the notebook: as `zmqlab.processes.members` returns them.
    shown : dict
        What a page shows of them all, as `zmqlab.page.network_server` draws it.
    note : str
        What happened last to a process, in words; `noted` counts these.
    timeline : str or None
        The messages of a moment, as HTML.
    """

    def __init__(self) -> None:
        self.members: dict[str, Facts] = {}
        self.shown: Facts = {}
        self.note, self.noted = "", 0
        self.timeline: str | None = None
        self.network: Facts = network_of([])
        self._processes: dict[str, psutil.Process] = {}
        self._dismissed: set[tuple[str, int]] = set()
        self._owners: dict[str, Facts] = {}
        self._unknown: dict[str, float] = {}  # address: when it was seen first
        self._layout, self._traffic = Layout(), Traffic()

    def take(self, members: list[Facts]) -> None:
        """Take in what is known of the processes now, as `zmqlab.processes.members` tells it."""
        there = {}
        for member in members:
            name = "" if member["own"] else member["name"]
            before = self.members.get(name, {})
            if before.get("pid") != member["pid"]:
                self._processes.pop(name, None)
                with suppress(psutil.Error):
                    self._processes[name] = psutil.Process(member["pid"])
            else:
                member["previews"] = _previews(member["previews"], before["previews"])
                if member["ended"] and not before["ended"]:
                    self.note, self.noted = f"{name}: {state_of(member)}", self.noted + 1
            there[name] = member
        self.members = there

    def runs(self, name: str) -> bool:
        """Tell whether there is a process of that name that a page may act on."""
        member = self.members.get(name, {"ended": True})
        return name in self._processes and not (member["ended"] or member["own"])

    def act(self, what: str, name: str) -> None:
        """Kill, pause or resume a process and those that it has started itself.

        A pid is used again: psutil acts on no other process that has it by now.
        """
        process = self._processes[name]
        with suppress(psutil.Error):
            for each in [process, *process.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    getattr(each, ACTS[what])()

    def _state(self, name):
        with suppress(psutil.Error):
            if self.runs(name) and self._processes[name].status() == psutil.STATUS_STOPPED:
                return "paused"
        return self.members[name]["state"]

    def dismiss(self, name: str) -> None:
        """Draw a process that has ended no longer."""
        member = self.members.get(name)
        if member and member["ended"]:
            self._dismissed.add((name, member["pid"]))

    def tidy(self) -> None:
        """Lay everything out anew."""
        self._layout = Layout()

    def refresh(self, rarely: bool = True) -> None:
        """Put together what has come; the table, long and always another one, only `rarely`."""
        now = time.monotonic()
        there = [
            member | {"state": self._state(name)}
            for name, member in self.members.items()
            if (name, member["pid"]) not in self._dismissed
        ]
        self.network = network_of(there, self._owners)
        self._meet_strangers(now)
        flows = self._traffic.update(now, self.network)
        places = self._layout.update(self.network)
        self.shown |= {
            "svg": svg(self.network, places, live=True),
            "words": network_words(self.network),
            "width": places["width"],
            "height": places["height"],
            "nodes": {each["id"]: _about(each, places) for each in self.network["nodes"]},
            "flows": {name: _flow(flow) for name, flow in flows.items()},
        }
        if rarely:
            self.shown["table"] = table(self.network, flows)

    def _meet_strangers(self, now):
        """Find out about peers that nobody reports about, once that is sure."""
        unknown = self.network["unknown"]
        self._unknown = {each: self._unknown.get(each, now) for each in unknown}
        due = [each for each, since in self._unknown.items() if now - since > STRANGER]
        if due:
            members = {each["pid"] for each in self.members.values() if not each["own"]}
            self._owners |= owners_of(due, members)
            if len(self._owners) > MOST_OWNERS:  # of those that left long ago
                self._owners = {each: self._owners[each] for each in due}

    def detail(self, name: str | None) -> str:
        """Return what is known of a process, with the last messages of its sockets, as HTML."""
        for node in self.network["nodes"]:
            if node["id"] == name:
                return detail_of(node, self.members.get(node["id"], {}).get("previews", {}))
        return ""


def _about(node, places):
    """Return what the page must know of a process, and what may be done to it."""
    return {
        "name": node["name"],
        "box": places["boxes"][node["id"]],
        "ours": node["kind"] not in ("notebook", "outside"),
        "ended": node["ended"],
        "paused": node["state"] == "paused",
    }


def _flow(flow):
    """Return what the page moves and writes of a connection."""
    there, back = flow["there"], flow["back"] or {"count": None, "rate": 0}
    counts = [each["count"] and round(each["count"], 2) for each in (there, back)]
    rates = [round(each["rate"], 2) for each in (there, back)]
    return [*counts, *rates, flow_words(flow), queue_words(flow)]


def _previews(new, old):
    """Return the previews to show.

    Without new ones the old ones stay; so does a picture that came too soon before another part.
    """
    for number, ways in new.items():
        for way, parts in ways.items():
            before = old.get(number, {}).get(way, [])
            for part, known in zip(parts, before, strict=False):
                if "picture" in known and part["size"] == known["size"]:
                    part.setdefault("picture", known["picture"])
    return new or old
