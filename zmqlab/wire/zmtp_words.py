"""What the bytes of ZMTP mean, field by field and in a line: the second half of `zmtp`.

The words never fail: a field that is too short, or is cut off, is shown as far as it goes.
"""

from collections.abc import Iterator
from typing import Any

_NAMES = "READY ERROR SUBSCRIBE CANCEL PING PONG JOIN LEAVE HELLO WELCOME INITIATE MESSAGE"
COMMANDS = {name.encode(): name for name in _NAMES.split()}
COMMAND, LONG, MORE = 4, 2, 1  # flags
_ASIDE = 1 + 7 + 8 + 16 + 1  # bytes of CURVE's MESSAGE beside the data: name, nonce, tag, flags
_TEXT, _BYTES = 40, 8  # characters of a text, bytes of other things, that fit into a line
_BOX, _REST = "box: encrypted", 1 << 63

# Of commands the fields after the name, with their sizes.
_FIELDS: dict[str, list[tuple[int, str]]] = {
    "PING": [(2, "time to live, in tenths of a second"), (_REST, "context")],
    "PONG": [(_REST, "context of the PING")],
    "ERROR": [(1, "size of the reason"), (_REST, "reason")],
    "SUBSCRIBE": [(_REST, "topic")],
    "CANCEL": [(_REST, "topic")],
}
_CURVE = {
    "HELLO": [
        (2, "version of CURVE"),
        (72, "padding"),
        (32, "public key of the client, made for this connection"),
        (8, "nonce: each box has another"),
        (80, f"{_BOX}, for the server alone to open"),
    ],
    "WELCOME": [(16, "nonce"), (144, f"{_BOX}, the server's key for this connection")],
    "INITIATE": [
        (96, "a cookie that came with WELCOME, back"),
        (8, "nonce"),
        (_REST, f"{_BOX}, the client's own key, and its properties"),
    ],
    "READY": [(8, "nonce"), (_REST, f"{_BOX}, the server's properties")],
    "MESSAGE": [(8, "nonce"), (_REST, f"{_BOX}, flags and data, or a command")],
}
_CURVE_LINES = {
    "HELLO": "a key made for this connection, and a box that only the right server can open",
    "WELCOME": "the server's key for this connection, in a box",
    "INITIATE": "who the client is, in a box",
    "READY": "the server's properties, in a box",
}


def meaning(fact: Any) -> str:
    """Say in a line what a `zmqlab.wire.zmtp.Fact` says."""
    kind, body, size = fact.kind, fact.raw[fact.head :], fact.size - fact.head
    data, left = body[1 + len(kind) :], size - 1 - len(kind)  # behind the name, of a command
    match kind:
        case "malformed":
            return f"malformed: {fact.note}"
        case "unfinished":
            return f"unfinished: {fact.note or f'{_bytes(fact.size)} came before the end'}"
        case _ if fact.note:  # not of the stream
            return fact.note
        case "signature":
            return "signature of a ZeroMQ socket"
        case "greeting" if fact.version == "2.0":
            able = "ZMTP 2.0" if fact.raw[0] < 3 else f"able to ZMTP {fact.raw[0]}, speaks 2.0"
            return f"greeting: {able}, socket type {fact.socket_type}"
        case "greeting":
            role = ", acts as the server" if fact.raw[22] else ""
            return f"greeting: ZMTP {fact.version}, mechanism {fact.mechanism or '(none)'}{role}"
        case "identity":
            return f"identity, ZMTP {fact.version}: {_shown(body, size) if size else 'none'}"
        case "message":
            return _message(fact, body, size)
        case "MESSAGE":
            number = int.from_bytes(data[:8])
            return f"MESSAGE {number} in a box: {size - _ASIDE:,} bytes of data, or a command"
        case "command":
            name = body[1 : 1 + body[0]]
            return f"a command {_shown(name, len(name))}, which ZeroMQ does not know"
        case "ERROR":
            return f"ERROR: {_shown(data[1:], left - 1)}"
        case "PING":
            context = f", context {_shown(data[2:], left - 2)}" if left > 2 else ""
            return f"PING, time to live {int.from_bytes(data[:2]) / 10:g} s{context}"
        case _ if fact.mechanism == "CURVE" and kind in _CURVE_LINES:
            return f"{kind}: {_CURVE_LINES[kind]}; {left:,} bytes"
        case "READY":
            return "READY: " + ", ".join(
                f"{plain(name[1:])} {_shown(value[4:], size)}"
                for name, value, size in properties(data)
            )
        case "PONG" if not left:
            return kind
    return f"{kind} {_shown(data, left)}"


def fields(fact: Any) -> list[tuple[bytes, str]]:
    """Return the bytes of a `zmqlab.wire.zmtp.Fact`, in order, each field with what it means."""
    raw, kind = fact.raw, fact.kind
    if fact.note or kind == "unfinished":
        return [(raw, kind)] if raw else []
    match kind:
        case "signature":
            sizes = [(1, "ff"), (8, "padding: to ZMTP 1.0 a size"), (1, "7f")]
        case "greeting" if fact.version == "2.0":
            sizes = [(1, "major version, or revision"), (1, f"type: {fact.socket_type}")]
        case "greeting":
            sizes = [(1, "major version"), (1, "minor version")]
            sizes += [(20, f"mechanism {fact.mechanism}")]
            sizes += [(1, "1: acts as the server"), (31, "filler")]
        case _:
            sizes = _head_sizes(fact) + _body_sizes(fact)
    found, at = [], 0
    for size, words in [*sizes, (_REST, "more than there should be")]:
        if at < len(raw):
            found.append((raw[at : at + size], words))
        at += size
    return found


def properties(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield the properties in a READY: the fields of name and value, each with its size first."""
    while data:
        name, data = data[: 1 + data[0]], data[1 + data[0] :]
        end = 4 + int.from_bytes(data[:4])
        yield name, data[:end], end - 4
        data = data[end:]


def plain(name: bytes) -> str:
    """Return a name as text, however little it is one."""
    return "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in name)


def _message(fact, body, size):
    more = _flags(fact) & MORE
    alone = fact.part == 1 and not more
    if alone and fact.socket_type in ("SUB", "XSUB") and body[:1] in (b"\0", b"\1"):
        verb = "subscribes to" if body[0] else "cancels"
        return f"message that {verb} {_shown(body[1:], size - 1)}: the older way"
    of = "a message, more follow" if more else str(fact.part)
    what = "message" if alone else f"part {fact.part} of {of}"
    return f"{what}, {_bytes(size)}: {_shown(body, size)}" if size else f"{what}, empty"


def _flags(fact):
    return fact.raw[fact.head - 1 if fact.version == "1.0" else 0]


def _head_sizes(fact):
    flags, size = _flags(fact), fact.size - fact.head
    words = ["command" if flags & COMMAND else "part of a message"]
    words += ["the size has 8 bytes"] if flags & LONG else []
    words += ["more parts follow"] if flags & MORE else []
    about = (1, f"flags: {', '.join(words)}")
    if fact.version == "1.0":
        return [(fact.head - 1, f"size: {size + 1:,}, flags included"), about]
    return [about, (fact.head - 1, f"size: {size:,}")]


def _body_sizes(fact):
    kind, body, size = fact.kind, fact.raw[fact.head :], fact.size - fact.head
    if kind in ("message", "identity"):
        cut = f", the first {len(body)} of {size:,} bytes" if len(body) < size else ""
        return [(_REST, "identity" if kind == "identity" else f"content{cut}")]
    name = 1 + body[0]
    found = [(name, "name, with its size")]
    if kind == "READY" and fact.mechanism != "CURVE":
        for key, value, length in properties(body[name:]):
            found.append((len(key), "name of a property, with its size"))
            found.append((len(value), f"its value: size {length}, then the text"))
        return found
    known = _CURVE if fact.mechanism == "CURVE" and kind in _CURVE else _FIELDS
    return found + known.get(kind, [(_REST, "data")])


def _shown(data, size):
    """Show the beginning of `size` bytes: as text, if it is text."""
    text = data[:_TEXT]
    if all(32 <= byte < 127 for byte in text):
        return f'"{text.decode()}"' + (" .." if size > len(text) else "")
    return data[:_BYTES].hex(" ") + (" .." if size > _BYTES else "")


def _bytes(size):
    return "1 byte" if size == 1 else f"{size:,} bytes"
