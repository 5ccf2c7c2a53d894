"""Sockets at which nothing arrives, real ones, and what is known of each.

How a case comes about is said in three texts: which socket is looked at, what that one does, and
what others do at its endpoint::

    "REQ", ">", "REP < - PUB"

A REQ connects and sends (>). A REP, bound there, receives (<) and ends (-). Then a PUB is bound at
the same endpoint. After "REP bound" it is the others that connect; "SUB camera" has subscribed to
that; and "..." is an attempt to connect while nobody is there.
"""

import contextlib
import socket as plain_sockets

import zmq

from zmqlab import start

PATIENCE = 20.0  # seconds that something may take on a busy computer


def facts_of(cases: list[tuple[str, str, str]]) -> list[dict]:
    """Let each case come about; return what the process with the sockets tells of each."""
    with zmq.Context() as context, contextlib.ExitStack() as stack:
        others = [_Others(context, what, script) for what, _, script in cases]
        for each in others:
            stack.callback(each.end)
        calls = [
            (what, steps, it.endpoint) for (what, steps, _), it in zip(cases, others, strict=True)
        ]
        silent = stack.enter_context(start(_be_silent, calls, process_name="silent"))
        for number, each in enumerate(others):
            each.act(silent, number)
        return silent.wait_until(lambda it: _counted(it, cases), PATIENCE, "all the counts")


def _be_silent(calls):
    """Make the sockets, one after the other; send and receive as told; then wait."""
    kept = []
    with zmq.Context() as context:
        for what, steps, endpoint in calls:
            kind, *more = what.split()
            socket = context.socket(getattr(zmq, kind))
            kept.append(socket)
            socket.linger = 0
            if kind == "SUB" and more:
                socket.subscribe("" if more == ["everything"] else more[0])
            (socket.bind if more == ["bound"] else socket.connect)(endpoint)
            for step in steps:
                _send(socket, endpoint) if step == ">" else socket.recv_multipart()
        context.socket(zmq.PULL).poll()


def _send(socket, endpoint):
    while True:
        try:
            return socket.send(b"?", zmq.NOBLOCK)
        except zmq.Again:  # who does not fit was noticed before that, and the connection given up
            with contextlib.suppress(zmq.ZMQError):
                socket.disconnect(endpoint)
            socket.connect(endpoint)


def _counted(silent, cases):
    facts = silent.sockets[: len(cases)]
    counts = [(each["sent"]["messages"], each["received"]["messages"]) for each in facts]
    return facts * (counts == [(steps.count(">"), steps.count("<")) for _, steps, _ in cases])


class _Others:
    """Those at the other end of one socket. Where that one connects, the first is there before."""

    def __init__(self, context, what, script):
        self.context, self.script, self.bind = context, script.split(), not what.endswith("bound")
        self.there, self.port, self.endpoint = [], None, "tcp://127.0.0.1:*"
        if self.bind and script[:1].isalpha():
            self.come(self.script[0])
            self.endpoint = self.there[0].last_endpoint.decode()
        elif self.bind:  # nobody listens at this port, and nobody else may take it
            self.port = plain_sockets.socket()
            self.port.bind(("127.0.0.1", 0))
            self.endpoint = f"tcp://127.0.0.1:{self.port.getsockname()[1]}"

    def come(self, kind):
        if self.port:
            self.port.close()
        socket = self.context.socket(getattr(zmq, kind))
        socket.linger, socket.rcvtimeo = 0, int(1000 * PATIENCE)
        socket.reconnect_ivl = -1  # whoever does not fit comes once
        (socket.bind if self.bind else socket.connect)(self.endpoint)
        self.there.append(socket)

    def leave(self):
        socket = self.there.pop()
        if self.bind:  # wait until the port is free again
            closed = socket.get_monitor_socket(zmq.Event.CLOSED)
            socket.unbind(self.endpoint)
            closed.poll(1000 * PATIENCE)
            socket.disable_monitor()
        socket.close()

    def end(self):
        for each in filter(None, [*self.there, self.port]):
            each.close()

    def act(self, silent, number):
        """Do what the script says, each time until the silent socket has noticed."""

        def where(it):
            facts = (
                it.sockets[number] if number < len(it.sockets) else {"bound": [], "connected": []}
            )
            return facts["bound"] + facts["connected"]

        def notices(*last, beyond=0):
            def condition(it):
                names = [each["event"] for each in it.sockets[number]["events"]]
                return len(names) > beyond and names[-1] in last

            silent.wait_until(condition, PATIENCE, f"{' or '.join(last)} at socket {number}")

        (self.endpoint,) = silent.wait_until(where, PATIENCE, f"socket {number}")
        for sign in self.script or ["..."] * self.bind:
            before = len(silent.sockets[number]["events"])
            if sign == "...":
                notices("CONNECT_RETRIED")
            elif sign == "<":
                self.there[-1].recv()
            elif sign == ">":
                self.there[-1].send(b"a longer one")
            elif sign == "-":
                self.leave()
                notices("CONNECT_RETRIED" if self.bind else "DISCONNECTED")
            elif self.bind and self.there:  # it is that first one
                notices("HANDSHAKE_SUCCEEDED", "DISCONNECTED")
            else:
                self.come(sign)
                notices("HANDSHAKE_SUCCEEDED", "DISCONNECTED", beyond=before)
