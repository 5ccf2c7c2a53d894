"""What two ZeroMQ sockets say to each other over TCP: ZMTP, byte by byte.

A connection carries two streams of bytes, one each way, and each begins with 64 bytes that say
how it goes on::

    signature   ff | 8 bytes, ignored | 7f      by which a ZeroMQ socket is known
    greeting    03 | 01                         the version, ZMTP 3.1
                "NULL" and 16 bytes 00          the mechanism: NULL or CURVE
                00                              1: acts as the server of that mechanism
                31 bytes 00

All that follows is frames. In ZMTP a frame is one part of a message, or a command from one socket
to the other::

    flags   1 byte: 1 more parts follow, 2 the size has 8 bytes, 4 this is a command
    size    1 byte, or 8, the most significant first: that of the body alone
    body    the part, as it was sent; or the command: the size of its name, the name, its data::

    04 29 | 05 READY | 0b Socket-Type | 00 00 00 06 DEALER | 08 Identity | 00 00 00 00
    04 0d | 09 SUBSCRIBE | cam          from a SUB: send me what begins with "cam"
    04 0a | 06 CANCEL | cam             no longer
    04 08 | 04 PING | 00 0a | x         are you there? If I am silent for 10 tenths of a second, go
    04 06 | 04 PONG | x                 I am
    04 0a | 05 ERROR | 03 400           you are not let in

Older sockets are understood too. ZMTP 2.0 has a shorter greeting, ``01`` and a byte for the type
of the socket, and a frame with its identity. ZMTP 1.0 has no greeting at all. Its stream begins
with the frame of an identity, usually ``01 00``, and its frames are ``size | flags | body``, where
flags count as part of the size; a size of 255 or more is written as ``ff`` and 8 bytes.

The specifications: ZMTP 3.1 https://rfc.zeromq.org/spec/37/, 3.0 https://rfc.zeromq.org/spec/23/,
2.0 https://rfc.zeromq.org/spec/15/, 1.0 https://rfc.zeromq.org/spec/13/; CURVE's commands
https://rfc.zeromq.org/spec/26/.
"""

from collections.abc import Iterator
from typing import NamedTuple

from zmqlab.wire import zmtp_words
from zmqlab.wire.zmtp_words import COMMAND, LONG, MORE

LOOK = 256  # bytes of a body that are looked at; the others only pass
SIGNATURE, GREETING = 10, 54  # bytes
MESSAGES = {"message", "MESSAGE"}
# As ZMTP 2.0 counts them; the last two are libzmq's.
TYPES = ("PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB")


class Fact(NamedTuple):
    """One thing that passed: a greeting, a command, a part of a message, ...

    Attributes
    ----------
    offset, size : int
        Where in its stream it begins, and how many bytes it has.
    raw : bytes
        Its first bytes: all of them, unless its body has more than 256.
    kind : str
        What it is: ``signature``, ``greeting``, ``identity``; the name of a command, ``READY`` or
        another, or ``command`` where ZeroMQ knows none of that name; ``message``, a part of one;
        ``malformed``, which ZMTP does not allow; ``unfinished``, where the stream ended too early.
    version, mechanism, socket_type : str
        What is known of who sent it: ``3.1``, ``NULL``, ``SUB``; empty until it has told.
    head : int
        Of a frame, how many bytes come before its body.
    part : int
        Of a message, the number of this part: 1, 2, ...
    note : str
        What is malformed or missing, or what else happened that is not in the bytes.
    """

    offset: int
    size: int
    raw: bytes
    kind: str
    head: int = 0
    version: str = ""
    mechanism: str = ""
    socket_type: str = ""
    part: int = 0
    note: str = ""

    @property
    def meaning(self) -> str:
        """What it says, in a line."""
        return zmtp_words.meaning(self)

    @property
    def fields(self) -> list[tuple[bytes, str]]:
        """Its bytes, in order, field by field, each with what it means."""
        return zmtp_words.fields(self)


class Malformed(ValueError):
    """Bytes that ZMTP does not allow. Where the next frame begins, nobody can tell."""


class Parser:
    """Reads one direction of a connection, in pieces that may end anywhere, and never fails.

    Whatever size a frame announces, it keeps some hundred bytes, and the last piece.

    Parameters
    ----------
    other
        The parser of the other direction, where there is one: to an older peer, a socket speaks
        the version of that peer.

    Attributes
    ----------
    messages : int
        How many messages have come so far; of the last one, perhaps only the beginning.
    """

    def __init__(self, other: "Parser | None" = None) -> None:
        self.version = self.mechanism = self.socket_type = ""
        self.other = other
        self._data, self._at = b"", 0  # what is kept, and where in it the next thing begins
        self._base = 0  # where in the stream `_data` begins
        self._facts: list[Fact] = []
        self.messages = self._part = self._lost = 0
        self._steps = self._connection()
        if other:
            other.other = self

    def feed(self, data: bytes) -> list[Fact]:
        """Take the next bytes; return what they complete."""
        passed = min(self._at, len(self._data))
        self._base += passed
        self._at -= passed  # more than 0: what comes is the body of a frame that is known already
        self._data = self._data[passed:] + data
        try:
            next(self._steps)
        except Malformed as error:
            self._note("malformed", len(self._data) - self._at, note=str(error))
            self._steps = self._nonsense()
        facts, self._facts = self._facts, []
        return facts

    def end(self) -> list[Fact]:
        """Take note that no more bytes come; return what is left unfinished, if anything is."""
        left = len(self._data) - self._at
        if left:
            missing = f"{-left:,} bytes of the last frame did not come" if left < 0 else ""
            self._note("unfinished", max(0, left), note=missing)
        if self._lost:
            self._note("malformed", 0, note=f"{self._lost:,} more bytes that nobody can read")
        facts, self._facts = self._facts, []
        return facts

    # From here on each function reads the stream in order, as the specification describes it, and
    # stops at a `yield` until more bytes have come.

    def _need(self, count: int) -> Iterator[None]:
        while len(self._data) < self._at + count:
            yield

    def _connection(self) -> Iterator[None]:
        yield from self._need(1)
        if self._data[0] != 0xFF:
            return (yield from self._frames("identity", old=True))
        yield from self._need(SIGNATURE)
        if not self._data[9] & 1:  # the flags of an identity with a long size
            return (yield from self._frames("identity", old=True))
        self._note("signature", SIGNATURE)
        yield from self._need(1)
        if self.other and self.other.version == "1.0":
            return (yield from self._frames(old=True))
        yield from self._need(2)
        major, minor = self._data[self._at : self._at + 2]
        if major < 3 or (self.other and self.other.version == "2.0"):
            self.version, self.mechanism = "2.0", "NULL"
            self.socket_type = TYPES[minor] if minor < len(TYPES) else f"type {minor}"
            self._note("greeting", 2)
            return (yield from self._frames("identity"))
        yield from self._need(GREETING)
        self.version = f"{major}.{minor}"
        name = self._data[self._at + 2 : self._at + 22]
        self.mechanism = zmtp_words.plain(name.rstrip(b"\0"))
        self._note("greeting", GREETING)
        yield from self._frames()

    def _frames(self, kind: str = "", old: bool = False) -> Iterator[None]:
        """Read frames, the first of a kind that is known, perhaps; `old` ones are ZMTP 1.0's."""
        while True:
            head = 2
            if len(self._data) < self._at + head:
                yield from self._need(head)
            first = self._data[self._at]
            long = first == 0xFF if old else first & LONG
            if long:
                head = 10 if old else 9
                yield from self._need(head)
            flags, size = self._old_head(head) if old else self._head(head)
            if len(self._data) < self._at + head + size:
                yield from self._need(head + min(size, LOOK))
            kind = kind or self._kind(flags, head, size)
            if kind == "message":
                self._part += 1
            self._note(kind, head + size, head)  # bytes that are not there yet will only pass
            if not flags & MORE:
                self._part = 0
                self.messages += kind in MESSAGES
            kind = ""

    def _head(self, head: int) -> tuple[int, int]:
        """Return the flags and the size of a frame, if ZMTP allows them."""
        flags, size = self._data[self._at : self._at + 2]
        if flags > 7 or (flags & COMMAND and flags & MORE):
            raise Malformed(f"flags {flags:02x}: only 00 to 04 and 06 are allowed")
        if flags & COMMAND and self.version == "2.0":
            raise Malformed(f"flags {flags:02x}: ZMTP 2.0 has no commands")
        if flags & LONG:
            size = int.from_bytes(self._data[self._at + 1 : self._at + head])
            if size >> 63:
                raise Malformed(f"a size of {size:,}: it must be below 2^63")
        return flags, size

    def _old_head(self, head: int) -> tuple[int, int]:
        """Return the flags of a frame of ZMTP 1.0, and its size without them."""
        *size, flags = self._data[self._at : self._at + head]
        count = int.from_bytes(size[-8:])
        if not 1 <= count < 1 << 63:
            raise Malformed(f"a size of {count:,}: to ZMTP 1.0 it is from 1 to 2^63 - 1")
        if flags & ~MORE and not self.version:
            raise Malformed(
                f"flags {flags:02x} and size {count}. Is this ZeroMQ at all? Sockets take it "
                "for ZMTP 1.0, which has the flags 00 and 01"
            )
        self.version, self.mechanism = "1.0", "NULL"
        return flags & MORE, count - 1

    def _nonsense(self) -> Iterator[None]:
        while True:
            self._lost += len(self._data) - self._at
            self._at = len(self._data)
            yield

    def _kind(self, flags: int, head: int, size: int) -> str:
        """Tell what a frame is, the beginning of which is there."""
        at = self._at + head
        if flags & COMMAND:
            length = self._data[at] if size else 0
            if not 1 <= length < size:
                raise Malformed("the name of a command that does not fit into it")
            name = self._data[at + 1 : at + 1 + length]
            kind = zmtp_words.COMMANDS.get(name, "command")
            if kind == "READY" and self.mechanism != "CURVE":
                data = self._data[at + 1 + len(name) : at + min(size, LOOK)]
                found = {
                    name[1:].lower(): text[4:] for name, text, _ in zmtp_words.properties(data)
                }
                self.socket_type = zmtp_words.plain(found.get(b"socket-type", b""))
            return kind
        if size > 7 and self.mechanism == "CURVE" and self._data.startswith(b"\7MESSAGE", at):
            return "MESSAGE"  # a command to CURVE, though its flags do not say so
        return "message"

    def _note(self, kind: str, size: int, head: int = 0, note: str = "") -> None:
        """Take note of what begins where we are, and go on behind it."""
        at = self._at
        raw = self._data[at : at + min(size, head + LOOK)]
        part = self._part if kind == "message" else 0
        who = self.version, self.mechanism, self.socket_type
        self._facts.append(Fact(self._base + at, size, raw, kind, head, *who, part, note))
        self._at = at + size
