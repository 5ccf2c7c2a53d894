"""Sockets that tell the notebook what they do.

`begin` makes every socket of this process an `ObservedSocket`: pyzmq's own, and
beside it a tally of messages and bytes, and libzmq's monitor, which says who
connected and who left. A thread sends what has changed a few times a second to
the process that started this one, as JSON on a PUSH socket::

    part 0   the token that only this process was given
    part 1   {"state": "running",            first "starting", at the end "ended"
              "pid": 4711,
              "sockets": [{"number": 0, "type": "REP", "closed": false,
                           "bound": ["tcp://127.0.0.1:40001"], "connected": [],
                           "peers": 1, "options": {"SNDHWM": 1000, ...},
                           "received": {"messages": 3, "bytes": 15},
                           "sent": {"messages": 3, "bytes": 48}}, ...],
              "events": [{"socket": 0, "event": "ACCEPTED", "time": 1700000000.0,
                          "endpoint": "tcp://127.0.0.1:40001",
                          "peer": "127.0.0.1:50002"}, ...],
              "previews": {"0": {"received": ["48656c6c6f"], "sent": [...]}}}

Counts run from the start of the process, so that a lost report loses nothing.
The queue is short: when nobody reads, reports are dropped, never the
learner's messages.
"""

import atexit
import contextlib
import json
import os
import socket as system_sockets
import struct
import threading
import time

import zmq
from zmq.backend import Socket as _Raw

PERIOD = 0.2  # seconds between reports
PREVIEW = 64  # bytes of each part
MOST_EVENTS = 200  # waiting to be reported; older ones give way
_EVENTS = (
    zmq.EVENT_CONNECTED
    | zmq.EVENT_CONNECT_RETRIED
    | zmq.EVENT_ACCEPTED
    | zmq.EVENT_DISCONNECTED
    | zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_MONITOR_STOPPED
)
_RCVMORE = int(zmq.RCVMORE)
_SNDMORE = int(zmq.SNDMORE)
_SURE = 64  # parts looked at before a socket is taken to receive messages of one part only
_LOOK = 16  # and then every how many parts it is looked at again

_raw_send, _raw_recv, _raw_get = _Raw.send, _Raw.recv, _Raw.get
_reporter = None
_previewing = False


class Record:
    """What is known of one socket; `tally` is kept by the thread that uses it."""

    def __init__(self, number, type_name):
        self.number = number
        self.type = type_name
        self.bound, self.connected, self.subscriptions = [], [], []
        self.options = {}
        self.closed = False
        self.peers = 0
        # messages sent, bytes sent, messages received, bytes received,
        # parts received, number of the part at which to look for more
        self.tally = [0, 0, 0, 0, 0, 1]
        self.last = {"sent": [], "received": []}
        self.open = {"sent": False, "received": False}

    def as_dict(self):
        sent, sent_bytes, received, received_bytes = self.tally[:4]
        return {
            "number": self.number,
            "type": self.type,
            "closed": self.closed,
            "bound": self.bound,
            "connected": self.connected,
            "peers": self.peers,
            "options": self.options | {"SUBSCRIBE": self.subscriptions},
            "received": {"messages": received, "bytes": received_bytes},
            "sent": {"messages": sent, "bytes": sent_bytes},
        }

    def keep(self, way, data, more):
        """Keep the first bytes of a part for the preview."""
        if not self.open[way]:
            self.last[way] = []
        self.last[way].append(bytes(memoryview(data).cast("B")[:PREVIEW]).hex())
        self.open[way] = more


class AnnouncedSocket(zmq.Socket):
    """A socket that tells which endpoints it binds and connects, and nothing else."""

    _repr_cls = "zmq.Socket"
    _record: Record = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # `zmq.asyncio` works on a shadow of each socket: one socket, one record.
        known = _reporter.records.get(self.underlying) if self._shadow else None
        self._record = known or _reporter.add(self)

    def bind(self, addr):
        bound = super().bind(addr)
        self._note("bound", self.last_endpoint.decode())
        return bound

    def connect(self, addr):
        connected = super().connect(addr)
        self._note("connected", addr)
        return connected

    def _note(self, how, endpoint):
        record = self._record
        getattr(record, how).append(endpoint)
        for option in ("SNDHWM", "RCVHWM", "ROUTING_ID"):
            with contextlib.suppress(zmq.ZMQError):
                value = self.get(getattr(zmq, option))
                record.options[option] = value.hex() if isinstance(value, bytes) else value
        _reporter.ready()

    def close(self, linger=None):
        super().close(linger)
        self._record.closed = True


class ObservedSocket(AnnouncedSocket):
    """A socket that also counts what passes, and who is at the other end."""

    _repr_cls = "zmq.Socket"
    _tally: list = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._tally = self._record.tally
        if not self._shadow:
            _reporter.watch(self)

    # Straight to the compiled method: what the tally costs is saved on the way.
    def send(self, data, flags=0, copy=True, track=False, routing_id=None, group=None):
        if routing_id is None and group is None:
            tracker = _raw_send(self, data, flags, copy, track)
        else:
            tracker = super().send(data, flags, copy, track, routing_id, group)
        tally = self._tally
        tally[1] += len(data) if type(data) is bytes else memoryview(data).nbytes
        more = flags and int.__and__(flags, _SNDMORE)  # the `&` of enum flags is slow
        if not more:
            tally[0] += 1
        if _previewing:
            self._record.keep("sent", data, more)
        return tracker

    def recv(self, flags=0, copy=True, track=False):
        part = _raw_recv(self, flags, copy, track)
        tally = self._tally
        tally[3] += len(part)
        tally[4] = parts = tally[4] + 1
        if parts < tally[5]:
            tally[2] += 1
        else:
            self._look(tally, parts)
        if _previewing:
            self._record.keep("received", part, bool(_raw_get(self, _RCVMORE)))
        return part

    def _look(self, tally, parts):
        """Count a message if this part was its last.

        Asking costs several times what receiving a short part does. So a socket
        that never had a message of several parts is asked only now and then: its
        count may be some parts ahead when it receives its first such message.
        """
        if _raw_get(self, _RCVMORE):
            tally[5] = 0  # from now on look at every part
        else:
            tally[2] += 1
            if tally[5] and parts >= _SURE:
                tally[5] = parts + _LOOK

    def recv_into(self, buffer, /, **options):
        count = super().recv_into(buffer, **options)
        self._tally[3] += count
        self._tally[4] += 1
        self._look(self._tally, self._tally[4])
        return count

    def set(self, option, value):
        super().set(option, value)
        if option in (zmq.SUBSCRIBE, zmq.UNSUBSCRIBE):
            topics, text = self._record.subscriptions, bytes(value).decode(errors="replace")
            if option == zmq.SUBSCRIBE:
                topics.append(text)
            elif text in topics:
                topics.remove(text)

    setsockopt = set


class Reporter:
    """The thread that reads the monitors and sends the reports."""

    def __init__(self, endpoint, token):
        self.token = token.encode()
        self.context = zmq.Context()
        self.push = self.context.socket(zmq.PUSH)
        self.push.linger, self.push.sndhwm = 500, 50
        self.push.connect(endpoint)
        self.lock = threading.Lock()  # `ready` sends from the learner's thread
        self.records, self.events = {}, []
        self.state = "starting"
        self.ended = False
        self.monitors = {}  # PAIR socket: (record, the context it shadows)
        self.asleep = self.context.socket(zmq.PAIR)
        self.alarm = self.context.socket(zmq.PAIR)
        self.asleep.bind("inproc://alarm")
        self.alarm.connect("inproc://alarm")
        self.thread = threading.Thread(target=self.run, daemon=True, name="zmqlab reporter")

    def add(self, socket):
        record = Record(len(self.records), socket._type_name)
        # libzmq may give a new socket the address of a closed one.
        gone = self.records.pop(socket.underlying, None)
        if gone:
            self.records[f"closed {gone.number}"] = gone
        self.records[socket.underlying] = record
        return record

    def watch(self, socket):
        """Ask libzmq for the socket's events, on a PAIR socket that our thread reads."""
        address = f"inproc://zmqlab-monitor-{socket._record.number}"
        socket.monitor(address, _EVENTS)
        # A shadow: the learner's `Context.destroy` must not close our socket.
        context = zmq.Context.shadow(socket.context.underlying)
        pair = context.socket(zmq.PAIR, socket_class=_Plain)
        pair.linger = 0
        pair.connect(address)
        self.monitors[pair] = (socket._record, context)
        with self.lock:
            self.alarm.send(b"")

    def ready(self):
        """Tell at once that the first endpoint is there (or that the code says so)."""
        if self.state == "starting":
            self.state = "running"
            self.report()

    def report(self):
        with self.lock:
            events, self.events = self.events, []
            report = {
                "state": self.state,
                "pid": os.getpid(),
                "sockets": [record.as_dict() for record in list(self.records.values())],
                "events": events,
            }
            if _previewing:
                records = list(self.records.values())
                report["previews"] = {record.number: record.last for record in records}
            with contextlib.suppress(zmq.Again):
                self.push.send_multipart([self.token, json.dumps(report).encode()], zmq.NOBLOCK)

    def run(self):
        last, due = None, time.monotonic() + PERIOD
        while not self.ended:
            poller = zmq.Poller()
            for pair in (self.asleep, *list(self.monitors)):
                poller.register(pair, zmq.POLLIN)
            wait = max(0, due - time.monotonic())
            try:
                for pair, _ in poller.poll(wait * 1000):
                    self.asleep.recv() if pair is self.asleep else self.read(pair)
            except zmq.ContextTerminated:
                self.let_go()
            if time.monotonic() >= due:
                due = time.monotonic() + PERIOD
                now = [(*record.tally, record.closed) for record in list(self.records.values())]
                if now != last or self.events or _previewing:
                    self.report()
                last = now

    def read(self, pair):
        """Read one monitor event: a number and a value, then the endpoint."""
        head, endpoint = pair.recv_multipart()
        number, value = struct.unpack("=hi", head)
        event = zmq.Event(number)
        record, _ = self.monitors[pair]
        if event is zmq.EVENT_MONITOR_STOPPED:
            pair.close()
            del self.monitors[pair]
            return
        # A connection counts once the handshake is done, and is lost once.
        if event is zmq.EVENT_HANDSHAKE_SUCCEEDED:
            record.peers += 1
        elif event is zmq.EVENT_DISCONNECTED:
            record.peers = max(0, record.peers - 1)
        self.events = [
            *self.events[1 - MOST_EVENTS :],
            {
                "socket": record.number,
                "event": event.name,
                "time": time.time(),
                "endpoint": endpoint.decode(errors="replace"),
                "peer": _peer(value) if event.name in ("ACCEPTED", "CONNECTED") else None,
            },
        ]

    def let_go(self):
        """Close our sockets in a context that waits for them to be terminated."""
        for pair in list(self.monitors):
            try:
                pair.get(zmq.EVENTS)
            except zmq.ContextTerminated:
                pair.close()
                del self.monitors[pair]

    def end(self):
        self.ended = True
        with self.lock:
            self.alarm.send(b"")
        self.thread.join(1)
        if not self.thread.is_alive():
            self.state = "ended"
            self.report()
            self.push.close()
            for pair in (self.asleep, self.alarm, *self.monitors):
                pair.close(0)
            self.context.term()


_Plain = zmq.Socket  # what the reporter itself uses, before `begin` puts the subclass in place


def _peer(descriptor):
    """Return host:port at the other end of a connection, None if it is gone already."""
    try:
        with system_sockets.socket(fileno=os.dup(descriptor)) as connection:
            host, port = connection.getpeername()[:2]
    except (OSError, ValueError):
        return None
    return f"{host}:{port}"


def begin(letter):
    """Observe the sockets of this process and report to the one that sent `letter`."""
    global _reporter
    _reporter = Reporter(letter["reports"], letter["token"])
    kind = ObservedSocket if letter["observe"] else AnnouncedSocket
    zmq.Context._socket_class = kind
    zmq.Socket = zmq.sugar.Socket = zmq.sugar.socket.Socket = kind
    _reporter.thread.start()
    # Registered first, so run last: after the learner's own threads and exit handlers.
    atexit.register(_reporter.end)


def ready():
    """Say that this process is up, where it binds and connects no socket of its own."""
    if _reporter:
        _reporter.ready()


def preview():
    """From now on, report the first bytes of the last message of each socket."""
    global _previewing
    _previewing = True
