"""What is known of a socket: what it is, what passed through it, who is at the other end."""

import itertools
from collections import deque
from contextlib import suppress
from time import perf_counter

from zmq import Event

from zmqlab.processes.samples import sample

MOST_PARTS = 8  # of a message in a preview
SENT = 2  # see `zmqlab.processes.trace`
MOST_NAMED = 50  # endpoints of a socket, its subscriptions, its connections, in a report
MOST_ENDED = 10  # connections that have ended, in a report
_numbers = itertools.count()


class Tally:
    """What passed one way through a socket; kept by the thread that uses it."""

    __slots__ = ("ask_at", "bytes", "followed", "kind", "last", "number", "parts", "unfinished")

    def __init__(self, number, kind):
        self.number, self.kind = number, kind  # of which socket; SENT, or 0: received
        self.parts = self.followed = self.bytes = 0  # `followed`: by more of the same message
        self.ask_at = 0.0  # when to ask next whether more follow
        self.last, self.unfinished = [], False  # samples of the parts of the last message

    def as_dict(self):
        """Return what a report says of it."""
        return {"messages": self.parts - self.followed, "bytes": self.bytes}

    def keep(self, part, more):
        """Keep a sample of a part for the preview."""
        if not self.unfinished:
            self.last = []
        if len(self.last) < MOST_PARTS:
            self.last.append(sample(bytes_of(part), self.last))
        self.unfinished = more


class Record:
    """One socket: what it is now, and for a trace all that it ever was, with times."""

    def __init__(self, type_name, context=0):
        self.number, self.type, self.context = next(_numbers), type_name, context
        self.bound, self.connected, self.subscriptions = [], [], []
        self.options = {}
        self.counted = self.watched = False
        self.sent, self.received = Tally(self.number, SENT), Tally(self.number, 0)
        self.opened, self.closed = perf_counter(), None
        self.ever_bound, self.ever_connected = {}, {}  # each endpoint once, in order
        self.topics = []  # when, 1 for subscribed or 0 for unsubscribed, and to what
        self.inside = False  # `zmq.proxy` uses it, unseen
        self.connections = {}  # file descriptor: Connection
        self.ended = deque(maxlen=MOST_ENDED)  # those that have ended last
        self.alone = set()  # endpoints that were tried in vain
        self.left = set()  # endpoints that this side has disconnected

    def as_dict(self):
        """Return what a report says of it."""
        outside = [each for each in self.bound + self.connected if not each.startswith("inproc:")]
        there = list(self.connections.values())
        peers = sum(each.up for each in there)
        return {
            "number": self.number,
            "type": self.type,
            "context": self.context,
            "closed": self.closed is not None,
            "bound": self.bound[:MOST_NAMED],
            "connected": self.connected[-MOST_NAMED:],
            "options": self.options | {"SUBSCRIBE": self.subscriptions[-MOST_NAMED:]},
            "peers": peers if self.watched and outside else None,
            "connections": [vars(each).copy() for each in there[-MOST_NAMED:]],
            "ended": [vars(each).copy() for each in list(self.ended)],
            "retrying": [each for each in list(self.alone) if each in self.connected],
            "received": self.received.as_dict() if self.counted else None,
            "sent": self.sent.as_dict() if self.counted else None,
        }

    def story(self):
        """Return what a trace must know besides the parts that were noted."""
        return {
            "type": self.type,
            "opened": self.opened,
            "closed": self.closed,
            "inside": self.inside,
            "bound": list(self.ever_bound)[-MOST_NAMED:],
            "connected": list(self.ever_connected)[-MOST_NAMED:],
            "topics": self.topics[-MOST_NAMED:],
            "sent": self.sent.parts,
            "received": self.received.parts,
        }

    def follow(self, event, value, endpoint):
        """Take note of a monitor event; return the connection it is about, None if unknown."""
        if event in (Event.ACCEPTED, Event.CONNECTED):
            self.alone.discard(endpoint)
            self.connections.pop(value, None)  # the new one is the last, for those below
            connection = self.connections[value] = Connection(endpoint, value)
            if event is Event.CONNECTED and endpoint in self.left:
                self.connections.pop(value, None)  # this side has ended it since
            return connection
        if event is Event.DISCONNECTED:
            connection = self.connections.pop(value, None)
            if connection:
                self.ended.append(connection)
            return connection
        # Of a handshake libzmq does not say whose: it is that of the oldest without one.
        for connection in list(self.connections.values()):
            if connection.endpoint == endpoint and not (connection.up or connection.event):
                connection.up = event is Event.HANDSHAKE_SUCCEEDED
                if not connection.up:
                    connection.event, connection.value = event.name, value
                return connection
        return None

    def as_given(self, endpoint):
        """Return an endpoint as it was given: when libzmq tries again, a name is an address."""
        if endpoint in self.bound + self.connected:
            return endpoint
        port = endpoint.rpartition(":")[2]
        named = {each for each in self.connected if each.rpartition(":")[2] == port}
        return named.pop() if len(named) == 1 else endpoint

    def disconnect(self, endpoint):
        """Forget the connections to an endpoint: libzmq tells only of those that others end."""
        self.left.add(endpoint)
        for descriptor, connection in list(self.connections.items()):
            if connection.endpoint == endpoint:
                self.connections.pop(descriptor, None)


class Connection:
    """One connection of a socket, as a report says: up once both sides have shaken hands."""

    def __init__(self, endpoint, descriptor):
        import socket  # here: a server must not wait for it before it is up

        self.endpoint, self.up = endpoint, False
        self.event, self.value = None, 0  # of a handshake that failed, as the monitor says
        self.local = self.peer = None  # host:port at either end
        with suppress(OSError, IndexError):  # it is gone, or has no ports, as one by ipc
            connection = socket.socket(fileno=descriptor)
            try:
                ends = connection.getsockname(), connection.getpeername()
                self.local, self.peer = (f"{end[0]}:{end[1]}" for end in ends)
            finally:
                connection.detach()  # it is libzmq's


def bytes_of(data):
    """Return a view of the bytes of a buffer, or none where it cannot be flat."""
    try:
        return memoryview(data).cast("B")
    except (TypeError, ValueError, BufferError):
        return memoryview(b"")
