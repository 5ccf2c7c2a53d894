"""A subscriber that shows how a stream goes: frames per second, lost frames, latency."""

import contextlib
import shutil
import sys
from statistics import median
from time import monotonic

from zmqlab.patterns.subscription import EndOfStream, subscribe

_PERIOD = 1.0  # seconds between two lines
_SILENT = 3  # of them without a frame, after which to find out why


def watch(*, connect: str, topic: str = "camera") -> None:
    """Show how a stream goes, once a second, until Ctrl-C.

    Parameters
    ----------
    connect
        Where the publisher is, for example ``tcp://127.0.0.1:5555``. It may come later, go, and
        come again.
    topic
        The name of the stream.
    """
    with contextlib.suppress(KeyboardInterrupt), subscribe(connect, topic) as stream:
        silent = 0
        while True:
            begin = monotonic()
            latencies, ended = _listen(stream, begin + _PERIOD)
            silent = 0 if latencies else silent + 1
            if latencies:
                rate = len(latencies) / (monotonic() - begin)
                _show(stream, f"{rate:.1f} frames/s, latency {1000 * median(latencies):.1f} ms")
            elif silent % _SILENT == 0:
                _show(stream, f"no frame for {silent * _PERIOD:g} s: {stream.why_nothing()}")
            if ended:
                _show(stream, "the publisher has ended the stream")
    if sys.stdout.isatty():
        print()


def _listen(stream, until):
    """Receive frames for a while; return how late each was, and whether the stream has ended."""
    latencies = []
    with contextlib.suppress(TimeoutError):
        while (left := until - monotonic()) > 0:
            try:
                stream.read(left)
            except EndOfStream:
                return latencies, True
            latencies.append(stream.latency)
    return latencies, False


def _show(stream, news):
    show_line(f"{stream.topic}: {news}; {stream.summary()}")


def show_line(text: str) -> None:
    """Show a line: in a terminal in place of the line before, elsewhere below it."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 1
        print("\r" + text[:width].ljust(width), end="", flush=True)
    else:
        print(text, flush=True)
