"""What traces say, as messages at the sockets they passed: one end of each arrow of a timeline.

`zmqlab.processes.matching` puts the ends together.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from zmqlab.processes.handle import Process
from zmqlab.processes.trace import Part

# What a socket of one type sends, a socket of these types can receive.
_PEERS = {
    "PUSH": {"PULL"},
    "PUB": {"SUB", "XSUB"},
    "XPUB": {"SUB", "XSUB"},
    "SUB": {"XPUB"},  # its subscriptions
    "XSUB": {"PUB", "XPUB"},
    "REQ": {"REP", "ROUTER"},
    "REP": {"REQ", "DEALER"},
    "DEALER": {"REP", "DEALER", "ROUTER"},
    "ROUTER": {"REQ", "DEALER", "ROUTER"},
    "PAIR": {"PAIR"},
}
_ANYWHERE = {"0.0.0.0", "[::]", "*", "localhost", "127.0.0.1", "[::1]"}


@dataclass(eq=False)
class Socket:
    """A socket of a traced process, and the messages that passed.

    Attributes
    ----------
    process : Process
    number : int
    story : dict
        As `zmqlab.processes.report_sender` draws it.
    closed : float
        When it was, or its process ended; infinite while it is open.
    sent, received : list of Message
        In order.
    gaps : dict of bool to list of (float, float)
        From when to when what was sent (True), or received, is not known.
    """

    process: Process
    number: int
    story: dict[str, Any]
    closed: float
    sent: list["Message"] = field(default_factory=list)
    received: list["Message"] = field(default_factory=list)
    gaps: dict[bool, list[tuple[float, float]]] = field(
        default_factory=lambda: {True: [], False: []}
    )
    left_out: int = 0

    @property
    def type(self) -> str:
        """For example "REQ"."""
        return self.story["type"]

    @property
    def name(self) -> str:
        """The type and the number, for example "REQ 0"."""
        return f"{self.type} {self.number}"

    def can_send_to(self, other: "Socket") -> bool:
        """Tell whether the types fit."""
        return other.type in _PEERS.get(self.type, set())

    def is_connected_to(self, other: "Socket") -> bool:
        """Tell whether one of both has ever connected to where the other was bound."""
        same = self.process is other.process
        return self is not other and any(
            _same_place(to, at, same)
            for one, two in ((self, other), (other, self))
            for to in one.story["connected"]
            for at in two.story["bound"]
        )

    def wants(self, beginning: bytes, when: float) -> bool:
        """Tell whether it was open at a time, and subscribed to what begins like this."""
        if not self.story["opened"] <= when < self.closed or self.type != "SUB":
            return False
        topics: list[str] = []
        for since, on, topic in self.story["topics"]:
            if since <= when and on:
                topics.append(topic)
            elif since <= when and topic in topics:
                topics.remove(topic)
        return any(beginning.startswith(bytes.fromhex(topic)) for topic in topics)

    def knows(self, sent: bool, since: float, until: float) -> bool:
        """Tell whether all that was sent, or received, between two times was noted."""
        return all(end <= since or start >= until for start, end in self.gaps[sent])


@dataclass(eq=False, slots=True)
class Message:
    """A message at one end.

    Attributes
    ----------
    socket : Socket
    sent : bool
    time : float
        When it was given to `send`, or `recv` returned it.
    place : int
        Its index in `Socket.sent` or `Socket.received`.
    parts : tuple of (int, bytes)
        Size and digest of each part.
    body : tuple of (int, bytes)
        Those that are alike at both ends.
    other : list of Message
        The same message at the other end; of a publisher's several.
    """

    socket: Socket
    sent: bool
    time: float
    place: int
    parts: tuple[tuple[int, bytes], ...]
    body: tuple[tuple[int, bytes], ...]
    other: list["Message"] = field(default_factory=list)


def sockets_of(process: Process, since: float = 0.0) -> list[Socket]:
    """Return the sockets of a process with the messages that have passed since a time."""
    ended = process.noted.ended or float("inf")
    found = [
        Socket(process, int(number), story, min(story["closed"] or ended, ended))
        for number, story in process.noted.stories.items()
    ]
    parts: dict[tuple[int, bool], list[Part]] = defaultdict(list)
    for part in process.noted.parts(since):
        parts[part.socket, part.sent].append(part)
    for socket in found:
        for sent in (True, False):
            _add_messages(socket, sent, parts[socket.number, sent])
        _add_subscriptions(socket)
    return found


def _add_subscriptions(socket: Socket) -> None:
    """Add what libzmq sends for a SUB, and an XPUB receives: 1 or 0, and the topic."""
    topics = socket.story["topics"] if socket.type == "SUB" else []
    ends = [[socket.closed, 0, topic] for _, _, topic in topics if socket.closed < float("inf")]
    for time, on, topic in [*topics, *ends]:
        data = bytes([on]) + bytes.fromhex(topic)
        parts = ((len(data), data),)
        socket.sent.append(Message(socket, True, time, len(socket.sent), parts, parts))


def _body(socket: Socket, parts: tuple[tuple[int, bytes], ...]) -> tuple[tuple[int, bytes], ...]:
    """Return the parts that are alike at both ends.

    A ROUTER's first part names the peer, and never travels. REQ and REP put an envelope around what
    they send, which ends with an empty part, and take it off what they receive; ROUTER and DEALER
    see it. Something follows it: an empty part that comes last is part of the message.
    """
    if socket.type not in ("ROUTER", "DEALER"):
        return parts
    parts = parts[1:] if socket.type == "ROUTER" else parts
    ends = [number for number, (size, _) in enumerate(parts[:-1]) if size == 0]
    return parts[ends[0] + 1 :] if ends else parts


def _add_messages(socket: Socket, sent: bool, parts: Sequence[Part]) -> None:
    """Give a socket the messages that are there as a whole, and the gaps between them."""
    there = socket.sent if sent else socket.received
    several = any(part.more for part in parts)  # then a part after a gap may be in the middle
    last, last_time, skip = 0, float("-inf"), False
    waiting: list[Part] = []
    for part in parts:
        if part.number != last + 1:
            socket.gaps[sent].append((last_time, part.time))
            socket.left_out += part.number - last - 1 if last else 0
            waiting, skip = [], several
        last, last_time = part.number, part.time
        if skip:
            socket.gaps[sent][-1] = (socket.gaps[sent][-1][0], part.time)
            skip = part.more
            continue
        waiting.append(part)
        if not part.more:
            time = waiting[0].time if sent else part.time
            digests = tuple([(each.size, each.digest) for each in waiting])
            body = _body(socket, digests)
            there.append(Message(socket, sent, time, len(there), digests, body))
            waiting = []
    passed = socket.story["sent" if sent else "received"]
    if passed > last:
        socket.gaps[sent].append((last_time, float("inf")))
        socket.left_out += passed - last if last else 0


def _same_place(to: str, at: str, same_process: bool) -> bool:
    """Tell whether one endpoint, which was connected to, is another, which was bound."""
    if to.startswith("inproc:"):
        return same_process and to == at
    if to == at:
        return True
    to_host, _, to_port = to.rpartition(";")[2].removeprefix("tcp://").rpartition(":")
    at_host, _, at_port = at.removeprefix("tcp://").rpartition(":")
    known = {to_host, at_host} - _ANYWHERE
    return at.startswith("tcp://") and to_port == at_port and len(known) < 2
