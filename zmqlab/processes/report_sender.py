"""The thread that tells the notebook what the sockets of this process do.

It reads libzmq's monitor of each socket, which says who connected and who left,
and sends what has changed a few times a second to the process that started this
one, as JSON on a PUSH socket::

    part 0   the token that only this process was given
    part 1   {"state": "running",            first "starting", at the end "ended"
              "name": "server", "pid": 4711,
              "sockets": [{"number": 0, "type": "REP", "closed": false,
                           "bound": ["tcp://127.0.0.1:40001"], "connected": [],
                           "options": {"SNDHWM": 1000, "RCVHWM": 1000,
                                       "ROUTING_ID": "", "SUBSCRIBE": []},
                           "peers": 1,
                           "received": {"messages": 3, "bytes": 15},
                           "sent": {"messages": 3, "bytes": 48}}, ...],
              "forgotten": 0,                sockets closed so long ago that they left the list
              "events": [{"socket": 0, "event": "ACCEPTED", "time": 1700000000.0,
                          "endpoint": "tcp://127.0.0.1:40001",
                          "local": "127.0.0.1:40001", "peer": "127.0.0.1:50002"}, ...],
              "previews": {"0": {"received": ["48656c6c6f"], "sent": [...]}}}

Counts run from the start of the process, so that a lost report loses nothing.
What nobody looked at is null: `peers`, `received` and `sent` without
observation, `peers` of a socket that only has inproc endpoints or that has a
monitor of the learner's own. The memory of the process is missing because its
parent can see it without asking. The queue is short: when nobody reads, reports
are dropped, never the learner's messages.
"""

import contextlib
import itertools
import json
import os
import struct
import threading
import time
from collections import deque

import zmq

PERIOD = 0.2  # seconds between reports
PREVIEW = 64  # bytes of each part
MOST_PARTS = 8  # of a message in a preview
MOST_EVENTS = 200  # waiting to be reported; older ones give way
MOST_NAMED = 50  # endpoints of a socket, and its subscriptions, in a report
MOST_OPEN, MOST_CLOSED = 400, 50  # sockets in a report
MOST_WATCHED = 100  # sockets with a monitor at a time: each takes two sockets and files more
EVENTS = (
    zmq.EVENT_CONNECT_RETRIED  # nobody is there yet; told once, though libzmq goes on trying
    | zmq.EVENT_CONNECTED
    | zmq.EVENT_ACCEPTED
    | zmq.EVENT_DISCONNECTED
    | zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_MONITOR_STOPPED
)
_Plain = zmq.Socket  # what the reporter itself uses, before the observed classes are in place


class Tally:
    """What passed one way through a socket; kept by the thread that uses it."""

    __slots__ = ("ask_at", "bytes", "followed", "last", "parts", "unfinished")

    def __init__(self):
        self.parts = self.followed = self.bytes = 0  # `followed`: by more of the same message
        self.ask_at = 0.0  # when to ask next whether more follow
        self.last, self.unfinished = [], False  # the parts of the last message, their first bytes

    def as_dict(self):
        return {"messages": self.parts - self.followed, "bytes": self.bytes}

    def keep(self, part, more):
        """Keep the first bytes of a part for the preview."""
        if not self.unfinished:
            self.last = []
        if len(self.last) < MOST_PARTS:
            self.last.append(bytes_of(part)[:PREVIEW].hex())
        self.unfinished = more


def bytes_of(data):
    """Return a view of the bytes of a buffer, or none where it cannot be flat."""
    try:
        return memoryview(data).cast("B")
    except (TypeError, ValueError, BufferError):
        return memoryview(b"")


class Record:
    """What is known of one socket."""

    def __init__(self, number, type_name):
        self.number = number
        self.type = type_name
        self.bound, self.connected, self.subscriptions = [], [], []
        self.options = {}
        self.closed = self.counted = self.watched = False
        self.sent, self.received = Tally(), Tally()
        self.connections = {}  # file descriptor: Connection
        self.alone = set()  # endpoints that were tried in vain
        self.left = set()  # endpoints that this side has disconnected

    def as_dict(self):
        outside = [each for each in self.bound + self.connected if not each.startswith("inproc:")]
        peers = sum(each.up for each in list(self.connections.values()))
        return {
            "number": self.number,
            "type": self.type,
            "closed": self.closed,
            "bound": self.bound[:MOST_NAMED],
            "connected": self.connected[-MOST_NAMED:],
            "options": self.options | {"SUBSCRIBE": self.subscriptions[-MOST_NAMED:]},
            "peers": peers if self.watched and outside else None,
            "received": self.received.as_dict() if self.counted else None,
            "sent": self.sent.as_dict() if self.counted else None,
        }

    def preview(self):
        return {"received": self.received.last, "sent": self.sent.last}

    def follow(self, event, value, endpoint):
        """Take note of a monitor event; return the connection it is about, None if unknown."""
        if event in (zmq.EVENT_ACCEPTED, zmq.EVENT_CONNECTED):
            self.alone.discard(endpoint)
            self.connections.pop(value, None)
            connection = self.connections[value] = Connection(endpoint, value)
            if event is zmq.EVENT_CONNECTED and endpoint in self.left:
                self.connections.pop(value, None)  # this side has ended it since
            return connection
        if event is zmq.EVENT_DISCONNECTED:
            return self.connections.pop(value, None)
        # Of a handshake libzmq does not say whose: it is that of the oldest without one.
        waiting = (
            each
            for each in list(self.connections.values())
            if each.endpoint == endpoint and not each.up
        )
        connection = next(waiting, None)
        if connection and event is zmq.EVENT_HANDSHAKE_SUCCEEDED:
            connection.up = True
        return connection

    def disconnect(self, endpoint):
        """Forget the connections to an endpoint: libzmq tells only of those that others end."""
        self.left.add(endpoint)
        for descriptor, connection in list(self.connections.items()):
            if connection.endpoint == endpoint:
                self.connections.pop(descriptor, None)


class Connection:
    """One connection of a socket: it is up once both sides have shaken hands."""

    def __init__(self, endpoint, descriptor):
        self.endpoint = endpoint
        self.up = False
        self.local, self.peer = _addresses(descriptor)


class Reporter:
    """The thread, its own sockets, and the records of all others."""

    def __init__(self, start_message):
        self.name, self.pid = start_message["name"], os.getpid()
        self.token = start_message["token"].encode()
        self.context = zmq.Context()
        self.push = self.context.socket(zmq.PUSH)
        self.push.linger, self.push.sndhwm = 500, 50
        self.push.connect(start_message["reports"])
        self.asleep, self.alarm = self.context.socket(zmq.PAIR), self.context.socket(zmq.PAIR)
        self.asleep.bind("inproc://alarm")
        self.alarm.connect("inproc://alarm")
        self.lock = threading.Lock()  # `push` and `alarm` are used by the learner's threads too
        self.state = "starting"
        self.previewing = False
        self.numbers = itertools.count()
        self.open = {}  # address of the libzmq socket: Record
        self.closed, self.forgotten = deque(maxlen=MOST_CLOSED), 0
        self.monitors = {}  # PAIR socket: (Record, the context it shadows)
        self.events = deque(maxlen=MOST_EVENTS)
        self.thread = threading.Thread(target=self.run, daemon=True, name="zmqlab reporter")

    # What the learner's threads call

    def add(self, socket):
        record = Record(next(self.numbers), socket._type_name)
        self.open[socket.underlying] = record
        return record

    def watch(self, socket):
        """Ask libzmq for the socket's events, on a PAIR socket that our thread reads."""
        if len(self.monitors) >= MOST_WATCHED:
            return
        record = self.open[socket.underlying]
        address = f"inproc://zmqlab-monitor-{record.number}"
        _Plain.monitor(socket, address, EVENTS)
        # A shadow: the learner's `Context.destroy` must not close our socket.
        context = zmq.Context.shadow(socket.context.underlying)
        pair = context.socket(zmq.PAIR, socket_class=_Plain)
        pair.linger = 0
        pair.rcvhwm = 0  # libzmq stops all traffic of a context while a monitor's queue is full
        pair.connect(address)
        record.watched = True
        self.monitors[pair] = (record, context)
        self.wake()

    def close(self, address):
        """Keep the record of a closed socket for a while."""
        record = self.open.pop(address, None)
        if record:
            record.closed = True
            self.forgotten += len(self.closed) == MOST_CLOSED
            self.closed.append(record)

    def ready(self):
        """Tell at once that the first endpoint is there (or that the code says so)."""
        if self.state == "starting":
            self.state = "running"
            self.report()

    def wake(self):
        with self.lock, contextlib.suppress(zmq.Again):
            self.alarm.send(b"", zmq.NOBLOCK)

    def end(self):
        """Send the last report, and wait until it is out."""
        if os.getpid() != self.pid:
            return  # a fork of the learner's; the thread is not here
        self.state = "ended"
        self.wake()
        self.thread.join(1)
        if self.thread.is_alive():
            return
        self.report()
        for socket in (self.push, self.asleep, self.alarm):
            socket.close()
        self.context.term()

    # What the thread does

    def run(self):
        known, due = None, time.monotonic() + PERIOD
        while self.state != "ended":
            poller = zmq.Poller()
            for pair in (self.asleep, *list(self.monitors)):
                poller.register(pair, zmq.POLLIN)
            try:
                for pair, _ in poller.poll(1000 * max(0, due - time.monotonic())):
                    self.asleep.recv() if pair is self.asleep else self.read(pair)
            except zmq.ContextTerminated:
                self.let_go()
            if time.monotonic() >= due:
                due = time.monotonic() + PERIOD
                now = [record.as_dict() for record in self.records()]
                if now != known or self.events or self.previewing:
                    self.report()
                known = now

    def records(self):
        """Return what is known of the sockets, in the order in which they were made."""
        still_open = sorted(list(self.open.values()), key=_number)[:MOST_OPEN]
        return sorted([*self.closed, *still_open], key=_number)

    def report(self):
        with self.lock:
            events = [self.events.popleft() for _ in range(len(self.events))]
            records = self.records()
            report = {
                "state": self.state,
                "name": self.name,
                "pid": self.pid,
                "sockets": [record.as_dict() for record in records],
                "forgotten": self.forgotten,
                "events": events,
            }
            if self.previewing:
                report["previews"] = {record.number: record.preview() for record in records}
            with contextlib.suppress(zmq.Again):
                self.push.send_multipart([self.token, json.dumps(report).encode()], zmq.NOBLOCK)

    def read(self, pair):
        """Read one monitor event: its number and a value, then the endpoint."""
        head, endpoint = pair.recv_multipart()
        number, value = struct.unpack("=hi", head)
        event, endpoint = zmq.Event(number), endpoint.decode(errors="replace")
        record, _ = self.monitors[pair]
        if event is zmq.EVENT_MONITOR_STOPPED:
            pair.close()
            del self.monitors[pair]
            record.watched = False
            return
        if event is zmq.EVENT_CONNECT_RETRIED:
            if endpoint in record.alone:
                return
            record.alone.add(endpoint)
        connection = record.follow(event, value, endpoint)
        self.events.append(
            {
                "socket": record.number,
                "event": event.name,
                "time": time.time(),
                "endpoint": endpoint,
                "local": connection and connection.local,
                "peer": connection and connection.peer,
            }
        )

    def let_go(self):
        """Close our sockets in a context that waits for them to be terminated."""
        for pair in list(self.monitors):
            try:
                pair.get(zmq.EVENTS)
            except zmq.ContextTerminated:
                pair.close()
                del self.monitors[pair]


def _number(record):
    return record.number


def _addresses(descriptor):
    """Return host:port at this end of a connection and at the other; None if it is gone."""
    import socket  # here: a server must not wait for it before it is up

    try:
        connection = socket.socket(fileno=descriptor)
    except OSError:
        return None, None
    try:
        ends = connection.getsockname(), connection.getpeername()
        return tuple(f"{end[0]}:{end[1]}" for end in ends)
    except (OSError, IndexError):  # an ipc socket has no ports
        return None, None
    finally:
        connection.detach()  # it is libzmq's
