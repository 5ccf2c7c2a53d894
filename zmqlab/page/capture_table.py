"""A capture as a table: bytes beside their meaning, in any page, and as text."""

from collections import UserList
from collections.abc import Iterable
from html import escape

from zmqlab.patterns.capture import Entry, hex_of, line_of

SHOWN = 500  # rows in a table; a capture may have more
HEADS = ("time (s)", "from", "bytes", "meaning")
_LEFT = ' style="text-align: left"'  # JupyterLab's own tables have it right
_WHOLE = ' style="white-space: nowrap"'  # lines of eight bytes, in a narrow page too
_SIGNS = {"connected": "→", "bound": "←"}
_LONGEST = 64  # bytes of a field
_LINE = 8 * 3  # digits and spaces, of so many bytes


class Capture(UserList[Entry]):
    """What has passed at a tap: a list of entries in order, which shows itself as a table.

    So does a slice of it, such as ``capture[:8]``. An entry is drawn in `zmqlab.patterns.capture`.
    """

    def __repr__(self) -> str:
        start = self[0]["time"] if self else 0.0
        left = f"{len(self) - SHOWN:,} before these\n" if len(self) > SHOWN else ""
        return left + "\n".join(line_of(entry, start) for entry in self[-SHOWN:])

    def _repr_html_(self) -> str:
        start = self[0]["time"] if self else 0.0
        left = f" ({len(self) - SHOWN:,} before these)" if len(self) > SHOWN else ""
        heads = "".join(f'<th scope="col"{_LEFT}>{head}</th>' for head in HEADS)
        return (
            f"<table><caption>What passed{left}</caption><thead><tr>{heads}</tr></thead>"
            f"<tbody>{''.join(rows(self[-SHOWN:], start))}</tbody></table>"
        )


def rows(entries: Iterable[Entry], start: float) -> list[str]:
    """Return entries as rows of a table; what has fields can be unfolded."""
    return [_row(entry, start) for entry in entries]


def _row(entry, start):
    sign, who = _SIGNS.get(entry["side"], ""), f"{entry['connection']}: {entry['side']}"
    who += f", {entry['socket_type']}" if entry["socket_type"] else ""
    cells = [
        f"{entry['time'] - start:.4f}",
        f'<span{_WHOLE}><span aria-hidden="true">{sign}</span> {escape(who)}</span>'
        if entry["side"]
        else "the tap",
        f"<code{_WHOLE}>{_in_lines(hex_of(entry))}</code>" if entry["raw"] else "",
        _unfolded(entry) if len(entry["fields"]) > 1 else escape(entry["meaning"]),
    ]
    text = "".join(f"<td{_LEFT}>{cell}</td>" for cell in cells)
    return f'<tr data-side="{entry["side"]}">{text}</tr>'


def _unfolded(entry):
    pairs = "".join(
        f"<dt><code>{_short(raw)}</code></dt><dd>{escape(words)}</dd>"
        for raw, words in entry["fields"]
    )
    summary = f"<summary>{escape(entry['meaning'])}</summary>"
    return f"<details>{summary}<dl>{pairs}</dl></details>"


def _in_lines(digits):
    return f"{digits[:_LINE]}<br>{digits[_LINE:]}" if len(digits) > _LINE else digits


def _short(raw):
    left = (len(raw) + 1) // 3 - _LONGEST
    return f"{raw[: 3 * _LONGEST]}.. and {left} more" if left > 0 else raw
