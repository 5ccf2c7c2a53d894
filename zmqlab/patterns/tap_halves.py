"""The two halves of a connection that goes through a tap: one for each socket."""

import asyncio
from collections import deque
from typing import Any

from zmq import Event

from zmqlab.wire.zmtp import Parser

_PIECE = 64 * 1024  # bytes that are delayed, or held up, as one
_UNDER_WAY = 64  # pieces in the line, at most, each way of each connection: 4 MiB, kept for later
_AGAIN = 0.2  # seconds until a system sends again what nobody has acknowledged
_EVENTS = {"connected": Event.ACCEPTED, "bound": Event.CONNECTED}


class Half(asyncio.Protocol):
    """The connection to one of the two: what that one says goes out at the other half.

    Parameters
    ----------
    relay : zmqlab.patterns.tap.Relay
    side : str
        What the socket there did: it ``connected`` to the tap, or it is ``bound``.
    other : Half, optional
        The half that was there first.
    """

    def __init__(self, relay: Any, side: str, other: "Half | None" = None) -> None:
        self.relay, self.side = relay, side
        self.other: Any = other
        self.parser: Parser = Parser(other.parser if other else None)
        self.transport: Any = None
        self.waiting: deque[tuple[float, bytes]] = deque()  # when a piece is due; the piece
        self.full = self.closing = self.gone = False
        self.timer: asyncio.TimerHandle | None = None
        self.now = asyncio.get_running_loop().time

    def connection_made(self, transport: Any) -> None:
        """Begin; the first half waits until there is a second one."""
        self.transport, relay = transport, self.relay
        self.descriptor = transport.get_extra_info("socket").fileno()
        relay.halves.add(self)
        endpoint = relay.endpoints[self.side == "bound"]
        if connection := relay.record.follow(_EVENTS[self.side], self.descriptor, endpoint):
            connection.up = True
        if self.other is None:
            relay.opened += 1
            self.number = relay.opened
            transport.pause_reading()
            self.joining = asyncio.create_task(relay.join(self))
            return
        self.number, self.other.other = self.other.number, self
        peers = [half.transport.get_extra_info("peername") for half in (self.other, self)]
        words = " to ".join(f"{peer[0]}:{peer[1]}" for peer in peers)
        relay.tell(self.other, "opened", f"connection from {words}")
        if self.other.gone:
            transport.close()

    def data_received(self, data: bytes) -> None:
        """Look at what has come, and pass it on, now or later."""
        relay, line = self.relay, self.relay.line
        if self.other.gone:
            return
        if relay.parse:
            self.parse(data)
        if relay.corrupt:
            data = self.corrupted(data)
        if line.idle and not self.waiting and relay.mended.is_set():
            self.other.transport.write(data)
            return
        for start in range(0, len(data), _PIECE):
            self.enter(data[start : start + _PIECE])
        self.deliver()

    def enter(self, piece: bytes) -> None:
        """Let a piece wait until it has passed the line."""
        line = self.relay.line
        due = line.out(self.side, len(piece), self.now())
        self.waiting.append((due + _AGAIN * line.loses(), piece))

    def enter_anew(self) -> None:
        """Let what waits enter again: a line that was narrow no longer is, or not as much."""
        pieces, self.waiting = self.waiting, deque()
        for _, piece in pieces:
            self.enter(piece)

    def parse(self, data: bytes) -> None:
        """Keep what the bytes say, and count it."""
        before, record = self.parser.messages, self.relay.record
        self.relay.seen(self, self.parser.feed(data))
        for tally in (record.received, record.sent):  # what comes in goes out
            tally.parts += self.parser.messages - before
            tally.bytes += len(data)

    def corrupted(self, data: bytes) -> bytes:
        """Turn the last bit over."""
        self.relay.corrupt -= 1
        turned = data[-1] ^ 1
        words = f"corrupted: the last byte of {len(data):,}, {data[-1]:02x}, became {turned:02x}"
        self.relay.tell(self, "line", words)
        return data[:-1] + bytes([turned])

    def deliver(self) -> None:
        """Pass on what is due, as far as the line is whole and the other side takes it."""
        if self.timer:
            self.timer.cancel()
            self.timer = None
        if not self.other or not self.relay.mended.is_set():
            return self.regulate()
        if self.other.gone:
            self.waiting.clear()
        while self.waiting and self.waiting[0][0] <= self.now() and not self.other.full:
            self.other.transport.write(self.waiting.popleft()[1])
        if self.waiting and not self.other.full:
            loop = asyncio.get_running_loop()
            self.timer = loop.call_at(self.waiting[0][0], self.deliver)
        if self.gone and not self.waiting:
            self.other.close()
        self.regulate()

    def regulate(self) -> None:
        """Read on, or do not: where the line has no room, the sender's own queue is to fill."""
        room = self.relay.line.until_room(self.side, self.now())
        ready = self.other and not self.other.full and self.relay.mended.is_set()
        if ready and not room and len(self.waiting) < _UNDER_WAY:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()
        if room:
            asyncio.get_running_loop().call_later(room, self.regulate)

    def pause_writing(self) -> None:
        """Take note that the system has no more room for what goes out here."""
        self.full = True
        if self.other:
            self.other.regulate()

    def resume_writing(self) -> None:
        """Take note that it has room again."""
        self.full = False
        if self.other:
            self.other.deliver()

    def close(self) -> None:
        """End this half, once all has gone out."""
        self.closing = True
        self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """End the other half too, once it has all that came from here."""
        relay, self.gone = self.relay, True
        relay.halves.discard(self)
        relay.record.connections.pop(self.descriptor, None)
        relay.seen(self, self.parser.end() if relay.parse else [])
        if not self.closing:
            how = f" ({error.strerror})" if isinstance(error, OSError) and error.strerror else ""
            relay.tell(self, "closed", f"connection closed by this side{how}")
        if self.other:
            self.deliver()
