"""A subscriber that shows how a stream goes and what it carries."""

import contextlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import monotonic
from typing import Any

from zmqlab.patterns.subscription import EndOfStream, subscribe
from zmqlab.wire.text import plain

_PERIOD = 1.0  # seconds between two lines
_OF_EVERY_STREAM = {"dtype", "shape", "sequence", "time", "stream", "control"}
_SILENT = 3  # of them without a frame, after which to find out why


def watch(*, connect: str, topic: str = "camera", keys: str | Path | None = None) -> None:
    """Show how a stream goes and what it carries, once a second, until Ctrl-C.

    Parameters
    ----------
    connect
        Where the publisher is, for example ``tcp://127.0.0.1:5555``. It may come and go.
    topic
        The name of the stream.
    keys
        A folder of `zmqlab keys`, for a server that lets in only clients it knows.
    """
    with (
        contextlib.suppress(KeyboardInterrupt),
        subscribe(connect, topic, keys=keys) as stream,
        one_line() as show,
    ):
        silent, heard = 0, monotonic()
        while True:
            begin, latencies, news = monotonic(), [], []
            try:
                while (left := begin + _PERIOD - monotonic()) > 0:
                    stream.read(left)
                    latencies.append(stream.latency)
            except TimeoutError:
                pass
            except EndOfStream:
                news.append("the publisher has ended the stream")
            silent = 0 if latencies else silent + 1
            if latencies:
                heard = monotonic()
                rate, late = len(latencies) / (monotonic() - begin), 1000 * median(latencies)
                news.insert(
                    0, f"{rate:.1f} frames/s, latency {late:.1f} ms, {carries(stream.header)}"
                )
            elif silent % _SILENT == 0:
                news.insert(0, f"no frame for {monotonic() - heard:.0f} s: {stream.why_nothing()}")
            for text in news:
                show(f"{topic}: {text}; {stream.summary()}")


@contextlib.contextmanager
def one_line() -> Iterator[Callable[[str], None]]:
    """Give what shows a line: in a terminal in place of the line before, elsewhere below it."""
    shown = False

    def show(text):
        nonlocal shown
        if shown := sys.stdout.isatty():
            width = shutil.get_terminal_size().columns - 1
            print("\r" + text[:width].ljust(width), end="", flush=True)
        else:
            print(text, flush=True)

    try:
        yield show
    finally:
        if shown:
            print()


def carries(header: dict[str, Any]) -> str:
    """Say in words what a message carries: its numbers, and what its sender says beside them."""
    said = [f"{' x '.join(map(str, header['shape']))} {header['dtype']}"]
    for key in header.keys() - _OF_EVERY_STREAM:
        value = header[key]
        number = isinstance(value, float)
        said.append(plain(f"{key} {value:.4g}" if number else f"{key} {value}", 40))
    return ", ".join([said[0], *sorted(said[1:])])
