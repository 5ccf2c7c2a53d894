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
_BOX = "box: encrypted"

# Of CURVE's commands the fields after the name, with their sizes.
_CURVE: dict[str, list[tuple[int, str]]] = {
    "HELLO": [
        (2, "version of CURVE"),
        (72, "padding"),
        (32, "public key of the client, made for this connection"),
        (8, "nonce: each box has another"),
        (80, f"{_BOX}, 64 zeros for the server alone to open"),
    ],
    "WELCOME": [
        (16, "nonce"),
        (144, f"{_BOX}, the key that the server made for this connection, and a cookie"),
    ],
    "INITIATE": [
        (96, "the cookie, back"),
        (8, "nonce"),
        (1 << 63, f"{_BOX}, the client's own key, a proof that it is, and its properties"),
    ],
    "READY": [(8, "nonce"), (1 << 63, f"{_BOX}, the server's properties")],
    "MESSAGE": [(8, "nonce"), (1 << 63, f"{_BOX}, flags and data, or a command")],
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
        case "READY" | "INITIATE":
            pairs = [(name, _shown(value, size)) for name, value, size in properties(data)]
            return f"{kind}: " + ", ".join(f"{plain(name)} {value}" for name, value in pairs)
        case "HELLO" if fact.mechanism == "PLAIN":
            user, password = _user_and_password(data)
            return (
                f"HELLO: user {_shown(user, len(user))}, password {_shown(password, len(password))}"
            )
        case "PONG" | "WELCOME" if not left:
            return kind
    return f"{kind} {_shown(data, left)}"


def fields(fact: Any) -> list[tuple[bytes, str]]:
    """Return the bytes of a `zmqlab.wire.zmtp.Fact`, in order, each field with what it means."""
    raw, kind = fact.raw, fact.kind
    if fact.note or kind == "unfinished":
        return [(raw, kind)] if raw else []
    if kind == "signature":
        return _split(raw, [(1, "ff"), (8, "padding: to ZMTP 1.0 a size"), (1, "7f")])
    if kind == "greeting" and fact.version == "2.0":
        return _split(raw, [(1, "major version, or revision"), (1, f"type: {fact.socket_type}")])
    if kind == "greeting":
        sizes = [(1, "major version"), (1, "minor version"), (20, f"mechanism {fact.mechanism}")]
        return _split(raw, [*sizes, (1, "1: acts as the server"), (31, "filler")])
    body, size = raw[fact.head :], fact.size - fact.head
    return _split(raw[: fact.head], _about_head(fact, size)) + _about_body(fact, body, size)


def properties(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield the properties in a READY: name, value as far as it is there, size of the value."""
    while data:
        name, data = data[1 : 1 + data[0]], data[1 + data[0] :]
        size = int.from_bytes(data[:4])
        yield name, data[4 : 4 + size], size
        data = data[4 + size :]


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
    return fact.raw[fact.head - 1 if fact.version == "1.0" else 0] if fact.head else 0


def _about_head(fact, size):
    flags, old = _flags(fact), fact.version == "1.0"
    words = ["command" if flags & COMMAND else "part of a message"]
    words += ["the size has 8 bytes"] if flags & LONG else []
    words += ["more parts follow"] if flags & MORE else []
    about = (1, f"flags: {', '.join(words)}")
    if old:
        return [(fact.head - 1, f"size: {size + 1:,}, flags included"), about]
    return [about, (fact.head - 1, f"size: {size:,}")]


def _about_body(fact, body, size):
    kind = fact.kind
    if kind in ("message", "identity"):
        cut = f", the first {len(body)} of {size:,} bytes" if len(body) < size else ""
        return [(body, "identity" if kind == "identity" else f"content{cut}")] if body else []
    name = 1 + body[0]
    found, data = [(body[:name], "name, with its size")], body[name:]
    if fact.mechanism == "CURVE" and kind in _CURVE:
        return found + _split(data, _CURVE[kind])
    if kind in ("READY", "INITIATE"):
        for key, value, length in properties(data):
            at = 1 + len(key)
            found.append((data[:at], "name of a property, with its size"))
            found.append(
                (data[at : at + 4 + len(value)], f"its value: size {length}, then the text")
            )
            data = data[at + 4 + length :]
        return found
    if kind == "HELLO" and fact.mechanism == "PLAIN":
        user, _ = _user_and_password(data)
        at = 1 + len(user)
        return found + _split(data, [(at, "user"), (1 << 63, "password")])
    sizes = {
        "PING": [(2, "time to live, in tenths of a second"), (1 << 63, "context")],
        "PONG": [(1 << 63, "context of the PING")],
        "ERROR": [(1, "size of the reason"), (1 << 63, "reason")],
        "SUBSCRIBE": [(1 << 63, "topic")],
        "CANCEL": [(1 << 63, "topic")],
    }
    return found + _split(data, sizes.get(kind, [(1 << 63, "data")]))


def _user_and_password(data):
    user = data[1 : 1 + data[0]] if data else b""
    return user, data[2 + len(user) :]


def _split(data, sizes):
    """Return data in pieces of so many bytes, each with its words, as far as it goes."""
    found, at = [], 0
    for size, words in sizes:
        if at < len(data):
            found.append((data[at : at + size], words))
        at += size
    return found + ([(data[at:], "more than there should be")] if at < len(data) else [])


def _shown(data, size):
    """Show the beginning of `size` bytes: as text, if it is text."""
    text = data[:_TEXT]
    if all(32 <= byte < 127 for byte in text):
        return f'"{text.decode()}"' + (" .." if size > len(text) else "")
    return data[:_BYTES].hex(" ") + (" .." if size > _BYTES else "")


def _bytes(size):
    return "1 byte" if size == 1 else f"{size:,} bytes"
