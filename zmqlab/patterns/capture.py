"""What a tap has seen: kept while there is room, told as plain dictionaries, a line for each."""

from collections import deque
from typing import Any

from zmqlab.wire.zmtp import Fact

KEPT = 1000  # entries of each sort
TRAFFIC = {"message", "MESSAGE", "PING", "PONG"}  # what there may be much of
_SHOWN = 16  # bytes in a line

Entry = dict[str, Any]


class Kept:
    """The last entries, numbered from 1: so many of the traffic, and as many of all else.

    So a flood of messages does not wash away how its connection began. An entry is a tuple that
    begins with its number.
    """

    def __init__(self, most: int = KEPT) -> None:
        self.last = 0
        self._traffic: deque[tuple] = deque(maxlen=most)
        self._others: deque[tuple] = deque(maxlen=most)

    def keep(self, kind: str, entry: tuple) -> None:
        """Keep an entry of a kind."""
        (self._traffic if kind in TRAFFIC else self._others).append(entry)
        self.last = entry[0]

    def add(self, time: float, connection: int, side: str, facts: list[Fact]) -> None:
        """Keep facts: when they came, through which connection, and from which side."""
        for fact in facts:
            self.keep(fact.kind, (self.last + 1, time, connection, side, fact))

    def after(self, number: int) -> list[tuple]:
        """Return what is kept of all that came after an entry, in order."""
        found = []
        for kept in (self._traffic, self._others):
            for entry in reversed(kept):
                if entry[0] <= number:
                    break
                found.append(entry)
        return sorted(found)


def as_dict(entry: tuple) -> Entry:
    """Tell of an entry what JSON can hold::

    {"number": 7, "time": 1700000000.25,      seconds since the epoch
     "connection": 1,                         their number, from 1
     "side": "connected",                     who sent it: the side that connected, or "bound"
     "socket_type": "SUB",                    what is known of who sent it, or ""
     "kind": "SUBSCRIBE", "meaning": 'SUBSCRIBE "cam"',
     "offset": 91, "size": 15,                where it begins in what that side sent; bytes
     "raw": "04 0d 09 53 ..",                 its first bytes
     "fields": [["04", "flags: command"], ..]}
    """
    number, time, connection, side, fact = entry
    return {
        "number": number,
        "time": time,
        "connection": connection,
        "side": side,
        "socket_type": fact.socket_type,
        "kind": fact.kind,
        "meaning": fact.meaning,
        "offset": fact.offset,
        "size": fact.size,
        "raw": fact.raw.hex(" "),
        "fields": [[raw.hex(" "), words] for raw, words in fact.fields],
    }


def hex_of(entry: Entry) -> str:
    """Return the first bytes of an entry as hexadecimal digits."""
    return entry["raw"][: 3 * _SHOWN - 1] + (" .." if entry["size"] > _SHOWN else "")


def line_of(entry: Entry, start: float) -> str:
    """Return an entry as a line of text; `start` is the time that counts as 0."""
    sign = {"connected": ">", "bound": "<"}.get(entry["side"], " ")
    who = f"{entry['connection']} {sign} {entry['socket_type']}"
    return f"{entry['time'] - start:9.4f}  {who:<10} {hex_of(entry):<50}  {entry['meaning']}"
