"""The picture of messages in time, as an SVG, and the same facts as a table: HTML as text.

A row is a process, an arrow a message. What it shows also reads without colour: how an arrow ends
says what became of the message. `timeline.js` moves the arrows when a reader zooms, by the times
that each of them carries.
"""

import math
import secrets
from collections.abc import Sequence
from html import escape
from typing import Any

from zmqlab.page.figures import COLOURS

WIDTH, RIGHT, TOP = 840, 24, 34  # pixels
ROW, BOTTOM = 64, 40  # height of a row, and of the axis below them
TEXT = 16  # pixels: still 11 where a narrow page shrinks the drawing to 570 pixels
LONGEST_NAME = 18  # characters of a process's name
LONGEST_TEXT = 60  # of a part
ENDS = {  # state: its sign, and what it means
    "arrived": ("→", "arrived"),
    "lost": ("×", "never arrived"),
    "waiting": ("○", "not there yet"),
    "nobody": ("⊣", "nobody had subscribed"),
    "outside": ("↗", "the other end is not traced"),
}
_SHAPE = {"arrived": "head", "lost": "cross", "waiting": "circle", "nobody": "bar"}


def draw(
    messages: Sequence[dict[str, Any]],
    rows: Sequence[Any],
    names: Sequence[str],
    since: float = -math.inf,
) -> str:
    """Return an SVG of messages in time.

    Parameters
    ----------
    messages
        As `zmqlab.processes.matching.follow` returns them: at least one.
    rows, names
        The processes, and what each is called.
    since
        When the picture begins at the earliest; messages may have been sent before.
    """
    zero, span = extent(messages, since)
    left = 20 + 10 * min(LONGEST_NAME, max(map(len, names)))
    height = TOP + ROW * len(rows) + BOTTOM
    ys = {row: TOP + ROW * (number + 0.5) for number, row in enumerate(rows)}
    clip = secrets.token_hex(4)
    plot = f'x="{left}" y="0" width="{WIDTH - left}" height="{height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-label="{escape(in_words(messages, names, since))}" width="100%" fill="none"'
        f' stroke-linecap="round" font-size="{TEXT}" data-left="{left}"'
        f' data-right="{WIDTH - RIGHT}" data-span="{span:.6f}" style="max-width: {WIDTH}px">',
        f'<defs><clipPath id="{clip}"><rect {plot}/></clipPath></defs>',
        _legend(messages),
    ]
    for row, name in zip(rows, names, strict=True):
        short = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
        lines += [
            f'<text x="{left - 12}" y="{ys[row] + 5:g}" text-anchor="end" fill="currentColor"'
            f' font-weight="600"><title>{escape(name)}</title>{escape(short)}</text>',
            f'<path d="M{left} {ys[row]:g}H{WIDTH - RIGHT}" stroke="currentColor" opacity="0.4"/>',
        ]
    lines.append(
        f'<g class="zmqlab-axis" data-y="{height - BOTTOM}">{_axis(left, height, span)}</g>'
    )
    lines.append(f'<g clip-path="url(#{clip})" class="zmqlab-messages" stroke-width="1.6">')
    scale = (WIDTH - RIGHT - left) / span
    for each in messages:
        one, two, end = _ends(each, zero, ys)
        sender = each["processes"][0] or each["processes"][1]
        colour = COLOURS[list(rows).index(sender) % len(COLOURS)]
        dashes = ' stroke-dasharray="4 4"' if each["state"] == "waiting" else ""
        (x1, y1), (x2, y2) = ((left + t * scale + dx, y) for t, dx, y in (one, two))
        lines.append(
            f'<path class="{each["state"]}" d="{outline(x1, y1, x2, y2, end)}" stroke="{colour}"'
            f'{dashes} data-from="{_numbers(one)}" data-to="{_numbers(two)}" data-end="{end}">'
            f"<title>{escape(sentence(each, zero))}</title></path>"
        )
    return "\n".join([*lines, "</g></svg>"])


def extent(messages: Sequence[dict[str, Any]], since: float) -> tuple[float, float]:
    """Return the time that is zero (s), and how much is shown (ms)."""
    ends = [each[end] for each in messages for end in ("sent", "received")]
    times = [max(each, since) for each in ends if each is not None]
    first, last = min(times), max(times)
    margin = 0.02 * (last - first) or 0.0005
    return first - margin, 1000 * (last - first + 2 * margin)


def outline(x1: float, y1: float, x2: float, y2: float, end: str) -> str:
    """Return the path of an arrow and the sign at its end; `timeline.js` has the same."""
    angle = math.atan2(y2 - y1, x2 - x1)
    path = f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"
    if end == "circle":
        return f"{path}m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0"
    if end == "cross":
        return f"{path}m-5 -5l10 10m-10 0l10 -10"
    if end == "bar":
        dx, dy = -6 * math.sin(angle), 6 * math.cos(angle)
        return f"{path}m{-dx:.1f} {-dy:.1f}l{2 * dx:.1f} {2 * dy:.1f}"
    for turn in (-0.45, 0.45):
        x, y = x2 - 9 * math.cos(angle + turn), y2 - 9 * math.sin(angle + turn)
        path += f"M{x:.1f} {y:.1f}L{x2:.1f} {y2:.1f}"
    return path


def _ends(message, zero, ys):
    """Return where a message's arrow begins and ends, as ms, pixels aside, y; and its sign."""
    state, (sender, receiver) = message["state"], message["processes"]
    at, to = (time and 1000 * (time - zero) for time in (message["sent"], message["received"]))
    if state == "outside" and at is None:
        y = ys[receiver]
        return (to, -10, y - 18), (to, 0, y), "head"
    y1 = ys[sender]
    if state == "outside":
        return (at, 0, y1), (at, 10, y1 - 18), "head"
    if state == "arrived":
        above = 10 if sender is receiver else 0  # its own row, which would hide it
        return (at, 0, y1 - above), (to, 0, ys[receiver] - above), "head"
    away = ROW if y1 < max(ys.values()) or len(ys) == 1 else -ROW
    far = ys[receiver] - y1 if receiver in ys and receiver is not sender else 0
    far -= math.copysign(ROW / 4, far) if far else -away / 3  # it stops short of the other row
    return (at, 0, y1), (at, 0, y1 + (away / 4 if state == "nobody" else far)), _SHAPE[state]


def _numbers(end):
    return f"{end[0]:.4f} {end[1]:g} {end[2]:g}"


def _axis(left, height, span):
    """Return marks and numbers below the rows; `timeline.js` makes new ones."""
    power = 10 ** math.floor(math.log10(span / 6))
    step = power * next(each for each in (1, 2, 5, 10) if span / 6 <= each * power * 1.0001)
    y, scale = height - BOTTOM, (WIDTH - RIGHT - left) / span
    digits = max(0, -math.floor(math.log10(step)))
    marks = "".join(
        f'<path d="M{left + number * step * scale:.1f} {TOP}V{y + 5}" stroke="currentColor"'
        f' opacity="0.15"/><text x="{left + number * step * scale:.1f}" y="{y + 18}"'
        f' text-anchor="middle" fill="currentColor">{number * step:.{digits}f}</text>'
        for number in range(int(span / step) + 1)
    )
    middle = (left + WIDTH - RIGHT) / 2
    label = f'<text x="{middle:g}" y="{height - 4}" text-anchor="middle" fill="currentColor">'
    return f'{marks}<path d="M{left} {y}H{WIDTH - RIGHT}" stroke="currentColor"/>{label}ms</text>'


def _legend(messages):
    said = [ENDS[state] for state in ENDS if any(each["state"] == state for each in messages)]
    text = "\u2003".join(f"{sign} {meaning}" for sign, meaning in said)
    return f'<text x="20" y="18" fill="currentColor">{text}</text>'


def in_words(messages: Sequence[dict[str, Any]], names: Sequence[str], since: float) -> str:
    """Return what there is to be seen, for readers who cannot see it."""
    _, span = extent(messages, since)
    told = [f"{_count(messages)} in {span:,.3f} ms, between {', '.join(names)}"]
    counts: dict[str, int] = {}
    for each in messages:
        way = f"from {each['from'] or 'outside'} to {each['to'] or 'nobody known'}"
        way += "" if each["state"] == "arrived" else f", {ENDS[each['state']][1]}"
        counts[way] = counts.get(way, 0) + 1
    told += [f"{count} {way}" for way, count in counts.items()]
    return "; ".join(told[:12]) + ("; and more" if len(told) > 12 else "")


def _count(messages):
    return f"{len(messages)} message{'s' * (len(messages) != 1)}"


def sentence(message: dict[str, Any], zero: float) -> str:
    """Return all that is known of a message in one line."""
    sender, receiver = message["sockets"]
    who = f"{message['from'] or 'outside'} {sender or ''}".strip()
    whom = f"{message['to'] or '?'} {receiver or ''}".strip()
    told = f"{who} → {whom}: {contents(message)}; "
    if message["sent"] is not None:
        told += f"sent at {milliseconds(message['sent'], zero)} ms, "
    if message["received"] is None:
        return told + ENDS[message["state"]][1]
    told += f"received at {milliseconds(message['received'], zero)} ms"
    if message["sent"] is not None:
        told += f", {1000 * (message['received'] - message['sent']):.3f} ms later"
    return told


def milliseconds(time: float, zero: float) -> str:
    """Return a time as the axis has it."""
    return f"{1000 * (time - zero):.3f}"


def contents(message: dict[str, Any]) -> str:
    """Return the parts of a message, each with its size in bytes, and its text if it is one."""
    return ", ".join(_part(**part) for part in message["parts"])


def _part(size, begins):
    size_told = f"{size:,} byte{'s' * (size != 1)}"
    text = begins.decode(errors="replace")
    cut = text.rstrip("\ufffd") if size > len(begins) else text  # in the middle of a character
    if "\ufffd" in cut or 2 * sum(map(str.isprintable, cut)) < len(cut) + (not cut):
        return size_told
    cut = "".join(it if it.isprintable() else f"\\x{ord(it):02x}" for it in cut)
    more = "…" if len(cut) > LONGEST_TEXT or size > len(begins) else ""
    return f"“{cut[:LONGEST_TEXT]}{more}” ({size_told})"


def table(messages: Sequence[dict[str, Any]], since: float = -math.inf) -> str:
    """Return a table of the same facts, folded."""
    zero, _ = extent(messages, since)
    heads = ("from", "to", "sent (ms)", "received (ms)", "what became of it", "parts")
    rows = []
    for each in messages:
        ends = [
            f"{each[who] or '?'} {socket or ''}"
            for who, socket in zip(("from", "to"), each["sockets"], strict=True)
        ]
        times = [
            "" if each[end] is None else milliseconds(each[end], zero)
            for end in ("sent", "received")
        ]
        rows.append([*ends, *times, ENDS[each["state"]][1], contents(each)])
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return (
        f"<details><summary>The same as a table: {_count(messages)}</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></details>"
    )
