"""What a process printed: the last lines of it, as a terminal without colours would show them."""

import codecs
import re
from collections import deque

MOST_LINES = 10_000  # kept; older ones are counted
LONGEST_LINE = 4_000  # characters kept of one line; the others are counted
# What colours text or moves the cursor (ECMA-48: control sequences, strings, single functions).
_ESCAPE = re.compile(
    r"\x1b(\[[0-?]{,99}[ -/]{,9}[@-~]|\][^\x07\x1b\n]{,999}(\x07|\x1b\\)|[ -/]{,9}[0-Z\\^-~])"
)
_TRACEBACK = "Traceback (most recent call last)"
_CHAINED = (  # how Python introduces the traceback of what came of an earlier error
    "direct cause of the following exception:\n\n",
    "another exception occurred:\n\n",
)


class Output:
    """Bytes from a pipe become lines.

    Attributes
    ----------
    lines : deque of str
        The last lines. Of a progress bar, what it wrote last on its line.
    unfinished : str
        The line that has no end yet.
    seen : int
        How many lines there were.
    changes : int
        Grows with everything that comes.
    """

    def __init__(self) -> None:
        self.lines: deque[str] = deque(maxlen=MOST_LINES)
        self.unfinished = ""
        self.seen = self.changes = 0
        self._cut = 0  # characters of the unfinished line that were left out
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, data: bytes, last: bool = False) -> None:
        """Take in the next bytes. Characters, colours and lines may go on in the ones after."""
        text = self.unfinished + self._decoder.decode(data, last)
        *lines, rest = _ESCAPE.sub("", text).split("\n")
        for line in lines:
            self._end_line(line)
        self._begin_line(rest)
        if last and self.unfinished:
            self._end_line(self.unfinished)
            self.unfinished = ""
        self.changes += 1

    def _begin_line(self, text):
        # After a carriage return a terminal writes over the line. Those at the very end may
        # still turn out to belong to a line feed.
        line = text.rstrip("\r")
        _, returned, after = line.rpartition("\r")
        if returned:
            self._cut = 0
        self._cut += max(0, len(after) - LONGEST_LINE)
        self.unfinished = after[:LONGEST_LINE] + text[len(line) :][:1]

    def _end_line(self, text):
        self._begin_line(text.rstrip("\r"))
        more = f" [... and {self._cut:,} more characters]" if self._cut else ""
        self.lines.append(self.unfinished + more)
        self.seen += 1
        self._cut = 0

    def __str__(self) -> str:
        unfinished = self.unfinished.rstrip("\r")
        return "\n".join([*self.lines, unfinished] if unfinished else self.lines)

    def last_traceback(self) -> str:
        """Return the last traceback, with its causes, or the end of it all."""
        text = str(self)
        start = len(text)
        while (start := text.rfind(_TRACEBACK, 0, start)) > 0:
            if not text[:start].endswith(_CHAINED):
                break
        return text[start if start >= 0 else -2000 :]
