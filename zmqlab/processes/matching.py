"""Which message that was received is which one that was sent, and what became of the others.

Nothing is added to a message for this. Both ends note what it looks like, when, and in which
order; a socket's story says who could have sent it. ZeroMQ keeps the order between two sockets, and
that settles it where many messages look the same.

Of a process that was killed, what it received in its last fifth of a second may be missing here,
because it could not report that any more.
"""

import itertools
import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from zmqlab.processes.ends import sockets_of
from zmqlab.processes.handle import Process
from zmqlab.processes.trace import BEGINNING

_COPIES = ("PUB", "XPUB")  # send one message to many


def follow(processes: Sequence[Process], since: float = 0.0) -> tuple[list[dict[str, Any]], int]:
    """Return what became of each message that traced processes sent or received.

    Parameters
    ----------
    processes
        Those that are looked at.
    since
        From which time on, in seconds of `time.perf_counter`; some messages before it may come too.

    Returns
    -------
    messages : list of dict
        In order of time. Of each::

            {"sent": 845.6337,            seconds, None if its sender is not traced
             "received": 845.6340,        seconds, None if nobody has received it
             "from": "client",            the process, None if not known
             "to": "server",
             "sockets": ("REQ 0", "REP 0"),
             "processes": (..., ...),     their handles: two may have one name, one after the other
             "parts": [{"size": 5, "begins": b"Hello"}],
             "state": "arrived"}

        The state is one of

        - arrived
        - lost: it was for a socket that can receive it no more, because a later one has come in its
          place, or the socket is closed or its process gone
        - waiting: it may still come
        - nobody: published, and nobody had subscribed to it
        - outside: the other end is not traced, or not yet there
    left_out : int
        How many parts of messages were not noted, because there were too many at once.
    """
    until = min([each.noted.until for each in processes if each.running], default=math.inf)
    sockets = [each for process in processes for each in sockets_of(process, since)]
    matcher = _Matcher(sockets)
    matcher.match()
    told = []
    for message in [each for socket in sockets for each in socket.sent]:
        told += [_facts(message, each.socket, each, "arrived") for each in message.other]
        told += _missing(message, matcher, until)
    told += [
        _facts(None, socket, message, "outside")
        for socket in sockets
        for message in socket.received
        if not message.other and message.time <= until
        if all(it.knows(True, -math.inf, message.time) for it in matcher.senders[socket])
    ]
    told.sort(key=lambda each: each["received"] if each["sent"] is None else each["sent"])
    return told, sum(socket.left_out for socket in sockets)


class _Matcher:
    """Puts both ends of messages together, and keeps what that tells of the sockets."""

    def __init__(self, sockets):
        self.sockets = sockets
        self.receivers = {
            it: [to for to in sockets if it.can_send_to(to) and it.is_connected_to(to)]
            for it in sockets
        }
        self.senders = {to: [it for it in sockets if to in self.receivers[it]] for to in sockets}
        self.shares = {  # how many sockets share what one deals out
            it: max(1, sum(bool(to.received) for to in there))
            for it, there in self.receivers.items()
        }
        self.sent = {}  # (socket, body): its messages of that body
        for socket in sockets:
            for message in socket.sent:
                self.sent.setdefault((socket, message.body), []).append(message)
        self.next = {}  # (sender, receiver, body): where in that list to look first
        self.last = {}  # (sender, receiver): the message matched last, at both ends
        self.names = {}  # (ROUTER, name): the peer that it calls so
        self.asked = {  # reply of a REP: the request before it
            reply: request for socket in sockets for request, reply in _turns(socket, "REP")
        }

    def match(self):
        self.match_turns()
        self.match_all(self.senders)
        # What goes through a relay, or inside libzmq through `zmq.proxy`, changes its connection on
        # the way. Its ends have no other partner.
        alone = [
            it
            for it in self.sockets
            if all(each.story["inside"] for each in (*self.senders[it], *self.receivers[it]))
        ]
        self.match_all({to: [it for it in alone if it.can_send_to(to)] for to in alone})

    def match_turns(self):
        """Match what REQ and REP sockets ask and answer: a reply tells whose request it was."""
        asked = {}
        for socket in self.sockets:
            for request, reply in _turns(socket, "REQ"):
                asked.setdefault((request.body, reply.body), []).append((request, reply))
        for turns in asked.values():
            turns.sort(key=lambda turn: turn[1].time)
        for reply, request in sorted(self.asked.items(), key=lambda turn: turn[0].time):
            turns = asked.get((request.body, reply.body), [])
            for at in range(bisect_left(turns, reply.time, key=lambda it: it[1].time), len(turns)):
                first, last = turns[at]
                if first.time <= request.time and first.socket in self.senders[request.socket]:
                    self.join(first, request)
                    self.join(reply, last)
                    del turns[at]
                    break

    def match_all(self, senders):
        """Match what is left, in the order in which it was received."""
        left = [each for socket in senders for each in socket.received if not each.other]
        for message in sorted(left, key=lambda each: each.time):
            found = [self.first(it, message) for it in senders[message.socket]]
            there = [each for each in found if each]
            if there:
                self.join(min(there, key=lambda each: each.time), message)

    def first(self, sender, received):
        """Return the first message that a socket sent and that may be this one, or None."""
        to, copies = received.socket, sender.type in (*_COPIES, "SUB")
        there = self.sent.get((sender, received.body), [])
        last = self.last.get((sender, to), (None,))[0]
        key = sender, to, received.body
        at = self.next.get(key, 0)
        while at < len(there) and (
            (last and there[at].place <= last.place)
            or (there[at].other and not copies)
            or not self.may_name(there[at], to)
        ):
            at += 1
        self.next[key] = at
        candidates = there[at : at + 1]
        if last and not copies and len(there) > at + 1:
            # Dealt in turn: the next is as far away as there are receivers.
            at = last.place + self.shares[sender]
            turn = [it for it in sender.sent[at : at + 1] if not it.other]
            candidates = [it for it in turn if it.body == received.body] + candidates
        return next((it for it in candidates if self.may_be(it, received)), None)

    def may_name(self, message, peer):
        """Tell whether a message may be a peer's, by the name that a ROUTER's begins with."""
        router = message.socket
        if router.type != "ROUTER":
            return True
        named = self.names.get((router, message.parts[0]))
        known = [it for (at, _), it in self.names.items() if at is router]
        return named is peer or not (named or peer in known)

    def may_be(self, sent, received):
        """Tell whether two ends may be of one message, by their times and a ROUTER's names."""
        named = self.may_name(sent, received.socket) and self.may_name(received, sent.socket)
        return named and sent.time <= received.time

    def join(self, sent, received):
        sent.other.append(received)
        received.other.append(sent)
        key = sent.socket, received.socket
        if key not in self.last or self.last[key][0].place < sent.place:
            self.last[key] = sent, received
        for one, two in ((sent, received), (received, sent)):
            if one.socket.type == "ROUTER":
                self.names[one.socket, one.parts[0]] = two.socket

    def may_be_for(self, message):
        """Return the sockets that a message may have been for."""
        socket = message.socket
        there = self.receivers[socket]
        if socket.type in _COPIES:
            return [it for it in there if it.wants(message.parts[0][1], message.time)]
        if socket.type == "ROUTER":
            there = [self.names.get((socket, message.parts[0]))]
        elif socket.type == "REP":
            request = self.asked.get(message)
            there = [each.socket for each in request.other] if request else []
        return [it for it in there if it and it.closed > message.time]

    def fate(self, message, to):
        """Return what became of a message that has not come, if it was for this socket.

        None where the socket's trace might not show that it has come.
        """
        sent, received = self.last.get((message.socket, to), (None, None))
        overtaken = sent and sent.place > message.place
        if not to.knows(False, message.time, received.time if overtaken else math.inf):
            return None
        return "lost" if overtaken or to.closed < math.inf else "waiting"

    def whose_turn(self, message, closed):
        """Return the one of some closed sockets whose turn it was when this was sent, or None."""
        step = self.shares[message.socket]
        for to in closed:
            sent, _ = self.last.get((message.socket, to), (None, None))
            if sent and (message.place - sent.place) % step == 0:
                return to
        return None


def _turns(socket, kind):
    """Return the requests of a socket, if it is of a kind, REQ or REP, each with its reply."""
    both = sorted([*socket.sent, *socket.received], key=lambda each: each.time)
    pairs = itertools.pairwise(both if socket.type == kind else [])
    return [(one, two) for one, two in pairs if one.sent == (kind == "REQ") != two.sent]


def _missing(message, matcher, until):
    """Return the facts about a message that has not arrived, or not everywhere, by a time."""
    if message.time > until or message.socket.type == "SUB":
        return []  # some have not told yet; no XPUB must receive a subscription
    copies = message.socket.type in _COPIES
    if message.other and not copies:
        return []
    reached = [each.socket for each in message.other]
    there = [to for to in matcher.may_be_for(message) if to not in reached]
    fates = {to: matcher.fate(message, to) for to in there}
    if copies and (there or reached):
        return [_facts(message, to, None, state) for to, state in fates.items() if state]
    if copies:
        peers = matcher.receivers[message.socket]
        is_nobody = peers and all(to.type == "SUB" for to in peers)
        return [_facts(message, None, None, "nobody" if is_nobody else "outside")]
    if not there or any(to.story["inside"] for to in there):
        return [_facts(message, None, None, "outside")]
    if None in fates.values():
        return []
    gone = [to for to in there if fates[to] == "lost"]
    closed = [to for to in gone if to.closed < math.inf]
    to = there[0] if len(there) == 1 else matcher.whose_turn(message, closed)
    is_lost = len(gone) == len(there) or to in gone
    if is_lost and not to and len(closed) == 1:
        to = closed[0]
    return [_facts(message, to, None, "lost" if is_lost else "waiting")]


def _facts(sent, to, received, state):
    one = sent or received
    return {
        "sent": sent and sent.time,
        "received": received and received.time,
        "from": sent and sent.socket.process.name,
        "to": to and to.process.name,
        "sockets": (sent and sent.socket.name, to and to.name),
        "processes": (sent and sent.socket.process, to and to.process),
        "parts": [{"size": size, "begins": digest[:BEGINNING]} for size, digest in one.parts],
        "state": state,
    }
