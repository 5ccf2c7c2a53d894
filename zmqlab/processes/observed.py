"""Sockets that tell the notebook what they do.

`begin` makes every socket of this process an `ObservedSocket`: pyzmq's own, and beside it a tally
of messages and bytes. A learner's code need not know. What is sent of it is drawn in
`zmqlab.processes.report_sender`.

Two things go on inside libzmq, where nobody counts: what `zmq.proxy` passes on (its sockets are
marked, so that nobody takes that for a loss), and what a monitor of the learner's own (libzmq has
one for each socket) takes away from ours.
"""

import atexit
import os
import time

import zmq
from zmq.backend import Socket as _Raw
from zmq.utils.garbage import gc as _copy_free

from zmqlab.processes.records import bytes_of
from zmqlab.processes.report_sender import Reporter
from zmqlab.processes.trace import Trace

SURE = 64  # parts looked at before a socket is taken to receive messages of one part only
LOOK = 10.0  # seconds of previews for who looks on
ASK_AGAIN = 1e-3  # seconds until it is asked again whether that is so

# Straight to the compiled methods: what the tally costs is saved on the way.
_raw_send, _raw_recv, _raw_get = _Raw.send, _Raw.recv, _Raw.get
_RCVMORE, _SNDMORE = int(zmq.RCVMORE), int(zmq.SNDMORE)  # the `&` of enum flags is slow
_PLAIN, _raw_proxy = zmq.Socket, zmq.proxy
_NOTED = {zmq.SNDHWM: "SNDHWM", zmq.RCVHWM: "RCVHWM", zmq.ROUTING_ID: "ROUTING_ID"}
_now = time.perf_counter
reporter = None  # of this process, once it is observed
_trace = Trace()


class AnnouncedSocket(zmq.Socket):
    """A socket that tells which endpoints it binds and connects, and nothing else."""

    _repr_cls = "zmq.Socket"
    _record = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # `zmq.asyncio` works on a shadow of each socket: one socket, one record.
        self._record = reporter.open.get(self.underlying) or reporter.add(self)

    def __class_getitem__(cls, kind):
        return cls  # as `zmq.asyncio` does when it makes its own class of this one

    def bind(self, addr):
        bound = super().bind(addr)
        self._note(self._record.bound, self._record.ever_bound, self.last_endpoint)
        return bound

    def connect(self, addr):
        self._record.left.discard(_text(addr))
        connected = super().connect(addr)
        self._note(self._record.connected, self._record.ever_connected, addr)
        return connected

    def unbind(self, addr):
        super().unbind(addr)
        _remove(self._record.bound, _text(addr))

    def disconnect(self, addr):
        super().disconnect(addr)
        _remove(self._record.connected, _text(addr))
        self._record.disconnect(_text(addr))

    def setsockopt(self, option, value):
        super().set(option, value)
        record = self._record
        if option in (zmq.SUBSCRIBE, zmq.UNSUBSCRIBE):
            topic = value.encode() if isinstance(value, str) else bytes(value)
            record.topics.append((_now(), int(option == zmq.SUBSCRIBE), topic.hex()))
        if option == zmq.SUBSCRIBE:
            record.subscriptions.append(_text(value))
        elif option == zmq.UNSUBSCRIBE:
            _remove(record.subscriptions, _text(value))
        elif option in _NOTED:
            self._note_option(option)

    set = setsockopt

    def close(self, linger=None):
        address = None if self.closed else self.underlying
        if address and self._record and reporter:  # names go when Python ends
            # Before others can hear of it, and another thread's new socket have the address.
            reporter.close(address)
        super().close(linger)

    def _note(self, endpoints, ever, endpoint):
        endpoints.append(_text(endpoint))
        ever[_text(endpoint)] = None
        for option in _NOTED:
            self._note_option(option)
        reporter.ready()

    def _note_option(self, option):
        value = self.get(option)
        self._record.options[_NOTED[option]] = value.hex() if type(value) is bytes else value


class ObservedSocket(AnnouncedSocket):
    """A socket that also counts what passes, and who is at the other end."""

    _repr_cls = "zmq.Socket"
    _sent = _received = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._record.counted = True
        self._sent, self._received = self._record.sent, self._record.received
        if not self._shadow:
            reporter.watch(self)

    def send(self, data, flags=0, copy=True, track=False, routing_id=None, group=None):
        began = _trace.on and _now()  # before: the other end may have it before we are back
        if routing_id is None and group is None:
            tracker = _raw_send(self, data, flags, copy, track)
        else:
            tracker = super().send(data, flags, copy, track, routing_id, group)
        tally = self._sent
        tally.parts += 1
        tally.bytes += len(data) if type(data) is bytes else _size(data)
        if flags or reporter.previewing:
            _look(tally, data, bool(int.__and__(flags, _SNDMORE)))
        if began and began >= _trace.opens:
            _trace.note(began, tally, data, bool(int.__and__(flags, _SNDMORE)))
        return tracker

    def recv(self, flags=0, copy=True, track=False):
        part = _raw_recv(self, flags, copy, track)
        now = _now()
        tally = self._received
        tally.parts += 1
        tally.bytes += len(part)
        more = self._ask(part) if not copy or now >= tally.ask_at else False
        if now >= _trace.opens:
            _trace.note(now, tally, part, more)
        return part

    def recv_multipart(self, flags=0, copy=True, track=False):
        # A Frame knows whether more follow; to ask the socket costs three times as much.
        tally, parts, more = self._received, [], True
        while more:
            frame = _raw_recv(self, flags, False, track)
            more = frame.more
            tally.parts += 1
            tally.bytes += len(frame)
            if more or reporter.previewing:
                _look(tally, frame, more)
            part = frame.bytes if copy else frame
            if _trace.on and (now := _now()) >= _trace.opens:
                _trace.note(now, tally, part, more)
            parts.append(part)
        return parts

    def recv_into(self, buffer, /, **options):
        size = super().recv_into(buffer, **options)
        self._received.parts += 1
        self._received.bytes += size
        part = bytes_of(buffer)[:size]
        more = self._ask(part)
        if _trace.on and (now := _now()) >= _trace.opens:
            _trace.note(now, self._received, part, more)
        return size

    def _ask(self, part):
        """Count this part as part of a longer message if more follow; return whether they do.

        Asking costs several times what receiving a short part does. So a socket that never had a
        message of several parts is asked only now and then, in a flood: its count may be some
        messages ahead when the first such message comes in the middle of a flood of short ones.
        """
        tally = self._received
        more = part.more if type(part) is zmq.Frame else bool(_raw_get(self, _RCVMORE))
        if more or reporter.previewing:
            _look(tally, part, more)
        elif tally.parts > SURE and not tally.followed:
            tally.ask_at = _now() + ASK_AGAIN
        return more


def _look(tally, part, more):
    """Note that more parts follow this one, and keep its first bytes if a preview is wanted."""
    if more:
        tally.followed += 1
        tally.ask_at = 0.0  # from now on at every part
    if reporter.previewing:
        tally.keep(part, more)


def _size(data):
    size = getattr(data, "nbytes", None)
    return memoryview(data).nbytes if size is None else size


def _text(value):
    return value if isinstance(value, str) else bytes(value).decode(errors="replace")


def _remove(names, name):
    if name in names:
        names.remove(name)


def begin(start_message, everywhere=True):
    """Observe the sockets of this process and report to the one that sent `start_message`.

    Not `everywhere`: only those that contexts make, and zmq.Socket stays what it is.
    """
    global reporter
    reporter = Reporter(start_message, _trace)
    if start_message["trace"]:
        _trace.begin()
    _copy_free.context._socket_class = _PLAIN
    _make_sockets(ObservedSocket if start_message["observe"] else AnnouncedSocket, everywhere)
    if hasattr(os, "register_at_fork"):  # the thread is missing in a fork
        os.register_at_fork(after_in_child=lambda: _make_sockets(_PLAIN, everywhere))
    if everywhere:
        zmq.proxy = _proxy
    reporter.thread.start()
    # Registered first, so run last: after the learner's own threads and exit handlers.
    atexit.register(reporter.end)


def _make_sockets(kind, everywhere):
    zmq.Context._socket_class = kind
    if everywhere:
        zmq.Socket = zmq.sugar.Socket = zmq.sugar.socket.Socket = kind


def _proxy(frontend, backend, capture=None):
    """Stand in for `zmq.proxy`, which is C and receives and sends unseen."""
    for socket in (frontend, backend, capture):
        if isinstance(socket, AnnouncedSocket):
            socket._record.inside = True
    return _raw_proxy(frontend, backend, capture)


def ready() -> None:
    """Say that this process is up, where it binds and connects no socket of its own."""
    if reporter:
        reporter.ready()


def end() -> None:
    """Send the last report. Call this before you end the process without its exit handlers."""
    if reporter:
        reporter.end()


def preview():
    """Report samples of the last message of each socket for a while: who looks on asks again."""
    reporter.previewing_until = time.monotonic() + LOOK
    reporter.previewing = True
    for record in list(reporter.open.values()):
        record.received.ask_at = 0.0


def trace():
    """From now on, note each part that passes, as drawn in `zmqlab.processes.trace`."""
    _trace.begin()
    reporter.wake()


def report():
    """Report at once."""
    reporter.asked += 1
    reporter.wake()
