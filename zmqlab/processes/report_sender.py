"""The thread that tells the notebook what the sockets of this process do.

It reads libzmq's monitor of each socket, which says who connected and who left, and sends what has
changed a few times a second to the process that started this one, as JSON on a PUSH socket::

    part 0   the token that only this process was given
    part 1   {"state": "running",            then "ready", at the end "ended"
              "pid": 4711,
              "sockets": [{"number": 0, "type": "REP", "context": 94, "closed": false,
                           "bound": ["tcp://127.0.0.1:40001"], "connected": [],
                           "options": {"SNDHWM": 1000, "RCVHWM": 1000,
                                       "ROUTING_ID": "", "SUBSCRIBE": []},
                           "peers": 1,
                           "connections": [{"endpoint": "tcp://127.0.0.1:40001", "up": true,
                                            "local": "127.0.0.1:40001",
                                            "peer": "127.0.0.1:50002",
                                            "event": null, "value": 0}, ...],
                           "ended": [{..., "event": "HANDSHAKE_FAILED_AUTH", "value": 400}, ...],
                           "retrying": [],
                           "received": {"messages": 3, "bytes": 15},
                           "sent": {"messages": 3, "bytes": 48}}, ...],
              "events": [{"socket": 0, "event": "ACCEPTED", "time": 1700000000.0,
                          "endpoint": "tcp://127.0.0.1:40001",
                          "local": "127.0.0.1:40001", "peer": "127.0.0.1:50002"}, ...],
              "previews": {"0": {"received": [{"size": 5, "begins": "48656c6c6f"}], ...}},
              "asked": 0,                    how often it was asked to report at once
              "time": 12.3,                  of the trace's clock: until then part 2 has all
              "stories": {"0": {"type": "REP", "opened": 12.3, "closed": null, "inside": false,
                                "bound": ["tcp://127.0.0.1:40001"], "connected": [],
                                "topics": [[12.3, 1, "63616d"]],
                                "sent": 3, "received": 3}}}
    part 2   what `zmqlab.processes.trace` has noted

A connection is up once both sides have shaken hands; its `event` is null unless that failed. The
socket is `retrying` endpoints where nobody answers. Sockets of one `context` can meet at inproc
endpoints. `previews` and `stories` are there once somebody asked for them. A story is for the
trace: every endpoint that a socket ever bound or connected, and how many parts have passed.

Counts run from the start of the process, so that a lost report loses nothing. What nobody looked
at is null: `peers`, `received` and `sent` without observation, `peers` of a socket that only has
inproc endpoints or that has a monitor of the learner's own. The queue is short: when nobody reads,
reports are dropped, never the learner's messages.
"""

import contextlib
import json
import os
import struct
import threading
import time
from collections import deque

import zmq
from zmq import Event

from zmqlab.processes.records import Record

PERIOD = 0.2  # seconds between reports
MOST_EVENTS = 200  # waiting to be reported; older ones give way
MOST_OPEN, MOST_CLOSED = 400, 50  # sockets in a report
MOST_CONNECTIONS = 1_500  # in a report, those that have ended included
MOST_PREVIEWS = 300_000  # characters of previews in a report
MOST_WATCHED = 100  # sockets with a monitor at a time: each takes two sockets and files more
EVENTS = Event.CONNECTED | Event.ACCEPTED | Event.DISCONNECTED | Event.MONITOR_STOPPED
EVENTS |= Event.CONNECT_RETRIED  # nobody is there yet; told once, though libzmq goes on trying
EVENTS |= Event.HANDSHAKE_SUCCEEDED | Event.HANDSHAKE_FAILED_NO_DETAIL
EVENTS |= Event.HANDSHAKE_FAILED_PROTOCOL | Event.HANDSHAKE_FAILED_AUTH
PLAIN = zmq.Socket  # what the stage itself uses: no observed class is in place yet


class Reporter:
    """The thread, its own sockets, and the records of all others."""

    def __init__(self, start_message, trace):
        self.pid = os.getpid()
        self.token = start_message["token"].encode()
        self.context = zmq.Context()
        self.push = self.context.socket(zmq.PUSH)
        self.push.linger, self.push.sndhwm = 5_000, 50
        self.push.connect(start_message["reports"])
        # One wakes the thread, which waits at the other.
        self.waker, self.woken = (self.context.socket(zmq.PAIR) for _ in range(2))
        self.woken.bind("inproc://wake")
        self.waker.connect("inproc://wake")
        self.lock = threading.Lock()  # `push` and `waker` are used by the learner's threads too
        self.state = "running"
        self.previewing, self.previewing_until = False, 0.0
        self.trace = trace
        self.asked = 0  # how often for a report at once
        self.open = {}  # address of the libzmq socket, or what was announced: Record
        self.closed = deque(maxlen=MOST_CLOSED)
        self.monitors = {}  # PAIR socket: Record
        self.events = deque(maxlen=MOST_EVENTS)
        self.thread = threading.Thread(target=self.run, daemon=True, name="zmqlab reporter")

    def add(self, socket):
        """Begin the record of a new socket."""
        kind = zmq.SocketType(socket.type).name
        record = self.open[socket.underlying] = Record(kind, socket.context.underlying)
        return record

    def watch(self, socket):
        """Ask libzmq for the socket's events, on a PAIR socket that our thread reads."""
        if len(self.monitors) >= MOST_WATCHED:
            return
        record = self.open[socket.underlying]
        address = f"inproc://zmqlab-monitor-{record.number}"
        PLAIN.monitor(socket, address, EVENTS)
        # A shadow: the learner's `Context.destroy` must not close our socket.
        context = zmq.Context.shadow(socket.context.underlying)
        pair = context.socket(zmq.PAIR, socket_class=PLAIN)
        pair.linger = 0
        pair.rcvhwm = 0  # libzmq stops all traffic of a context while a monitor's queue is full
        pair.connect(address)
        record.watched = True
        self.monitors[pair] = record
        self.wake()

    def close(self, key):
        """Keep the record of a closed socket for a while."""
        record = self.open.pop(key, None)
        if record:
            record.closed = time.perf_counter()
            self.closed.append(record)

    def ready(self):
        """Tell at once that the first endpoint is there (or that the code says so)."""
        if self.state == "running":
            self.state = "ready"
            self.report()

    def wake(self):
        """Let the thread look at once at what has changed."""
        with self.lock, contextlib.suppress(zmq.Again):
            self.waker.send(b"", zmq.NOBLOCK)

    def end(self):
        """Send the last report, and wait until it is out."""
        if os.getpid() != self.pid:
            return  # a fork of the learner's; the thread is not here
        self.state = "ended"
        self.wake()
        self.thread.join(10)
        if self.thread.is_alive():
            return
        self.report()
        self.context.destroy()

    def run(self):
        """Read monitors as they speak, and report a few times a second what is new."""
        known, due, answered = None, time.monotonic(), 0
        while self.state != "ended":
            poller = zmq.Poller()
            for socket in (self.woken, *list(self.monitors)):
                poller.register(socket, zmq.POLLIN)
            try:
                for socket, _ in poller.poll(1000 * max(0, due - time.monotonic())):
                    self.woken.recv() if socket is self.woken else self.read(socket)
            except zmq.ContextTerminated:
                self.let_go()
            asked = self.asked
            if time.monotonic() >= due or asked != answered:
                due = time.monotonic() + PERIOD
                now = [record.as_dict() for record in self.records()]
                if now != known or self.events or self.previewing or asked != answered:
                    known = now if self.report() else None  # what did not go out is still news
                answered = asked
        with contextlib.suppress(zmq.ZMQError):  # what monitors said last
            for pair in list(self.monitors):
                while pair in self.monitors and pair.poll(0):
                    self.read(pair)

    def records(self):
        """Return what is known of the sockets, in the order in which they were made."""
        there = [*self.closed, *list(self.open.values())[:MOST_OPEN]]
        return sorted(there, key=lambda record: record.number)

    def report(self):
        """Send a report, if there is room for it, and return whether there was."""
        with self.lock:
            if not self.push.get(zmq.EVENTS) & zmq.POLLOUT:
                return False
            records = self.records()
            report = {
                "state": self.state,
                "pid": self.pid,
                "sockets": list(_within_bounds(record.as_dict() for record in records)),
                "events": [self.events.popleft() for _ in range(len(self.events))],
                "asked": self.asked,
                "time": time.perf_counter(),
            }
            if self.previewing:
                report["previews"] = self.previews(records)
            if self.trace.on:
                report["stories"] = {each.number: each.story() for each in records}
            parts = [self.token, json.dumps(report).encode(), self.trace.take()]
            self.push.send_multipart(parts, zmq.NOBLOCK)
            return True

    def previews(self, records):
        """Return the samples of open sockets, as many as there is room for."""
        found, room = {}, MOST_PREVIEWS
        for record in records:
            found[record.number] = {"received": record.received.last, "sent": record.sent.last}
            room -= len(json.dumps(found[record.number]))
            if room < 0:
                del found[record.number]
                break
        self.previewing = time.monotonic() < self.previewing_until
        return found

    def read(self, pair):
        """Read one monitor event: its number and a value, then the endpoint."""
        head, endpoint = pair.recv_multipart()
        number, value = struct.unpack("=hi", head)
        record = self.monitors[pair]
        event, endpoint = Event(number), record.as_given(endpoint.decode(errors="replace"))
        if event is Event.MONITOR_STOPPED:
            self.monitors.pop(pair).watched = False
            pair.close()
            return
        if event is Event.CONNECT_RETRIED:
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


def _within_bounds(sockets):
    """Leave out connections for which a report has no room."""
    room = MOST_CONNECTIONS
    for socket in sockets:
        for what in ("connections", "ended"):
            socket[what] = socket[what][:room]
            room -= len(socket[what])
        yield socket
