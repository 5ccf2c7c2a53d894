"""What is known of one process, for who points at it: its sockets, their last messages, as HTML."""

import json
from contextlib import suppress
from html import escape
from typing import Any

from zmqlab.page.network_words import node_long, size, socket_long

MOST_SOCKETS = 8
LONGEST = 300  # characters of a part

Facts = dict[str, Any]


def detail_of(node: Facts, previews: dict[str, Facts]) -> str:
    """Return a process's facts and, part by part, the last message each way of each socket."""
    parts = [f"<p>{escape(node_long(node))}</p>"]
    for socket in node["sockets"][:MOST_SOCKETS]:
        parts.append(f"<p><b>{escape(socket_long(socket))}</b></p>")
        preview = previews.get(str(socket["number"]), {})
        for way in ("received", "sent"):
            if preview.get(way):
                there = "".join(f"<li>{_part(each)}</li>" for each in preview[way])
                parts.append(f"<p>last {way}</p><ol>{there}</ol>")
    left = len(node["sockets"]) - MOST_SOCKETS
    return "".join([*parts, f"<p>and {left} more sockets</p>" if left > 0 else ""])


def _part(part):
    begins = bytes.fromhex(part["begins"])
    if "picture" in part:
        picture = part["picture"]
        source = f"data:image/{picture['kind']};base64,{picture['bytes']}"
        return f'<img alt="the part as a picture" src="{escape(source)}"> {size(part["size"])}'
    more = "…" if part["size"] > len(begins) else ""
    text, kind = _text(begins), "text"
    if text is None:
        text, kind = begins[:32].hex(" "), "bytes"
        more = "…" if part["size"] > 32 else ""
    elif not more:
        with suppress(ValueError, RecursionError):
            if isinstance(value := json.loads(text), dict | list):
                text, kind = json.dumps(value, ensure_ascii=False), "JSON"
    shown = text[:LONGEST] + ("…" if len(text) > LONGEST else more)
    return f"<code>{escape(shown)}</code> {kind}, {size(part['size'])}" if text else "empty"


def _text(data):
    """Return bytes as text, None if they are none. The last character may be cut."""
    for end in (len(data), len(data) - 1, len(data) - 2, len(data) - 3):
        with suppress(UnicodeDecodeError):
            text = data[: max(end, 0)].decode()
            return text if all(each.isprintable() or each in "\n\t" for each in text) else None
    return None
