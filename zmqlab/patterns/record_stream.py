"""A subscriber that records: every frame of a stream, or an error that says which are missing.

A publisher does not wait for its subscribers, so frames wait here while the disk is busy. Disks
are faster than cameras, by far, and memory bridges the seconds for which one stands still now and
then. Whoever needs longer for a frame than the camera does reads the recording, which can be read
while it grows, and has in the end the same frames as those who were fast.
"""

import math
import sys
from pathlib import Path
from time import monotonic
from typing import Literal

from zmqlab.patterns.subscription import subscribe
from zmqlab.patterns.watch_stream import show_line
from zmqlab.recording.recorder import Recorder, RecordingError
from zmqlab.wire.sockets import check_count

_PERIOD = 1.0 if sys.stdout.isatty() else 10.0  # seconds between two lines on how far it is
_SILENCE = 1.0  # seconds without a frame that are worth a word when Ctrl-C ends a recording


def record(
    path: Path,
    /,
    *,
    connect: str,
    topic: str = "camera",
    count: int | None = None,
    hwm: int = 200,
    compression: Literal["lz4", "zstd"] | None = None,
    timeout: float = 10.0,
) -> None:
    """Record every frame of a stream in an HDF5 file.

    Parameters
    ----------
    path
        The file to make.
    connect
        Where the publisher is, for example ``tcp://127.0.0.1:5555``.
    topic
        The name of the stream.
    count
        How many frames, from the first that arrives. Default: until the stream ends, or Ctrl-C.
    hwm
        High-water mark: how many frames may wait here for the disk. 200 of 640 x 480 are 7 s at
        30 frames/s, and take 184 MB.
    compression
        lz4 or zstd: a smaller file, several times slower to write; nothing is lost.
    timeout
        Seconds to wait for each frame.

    Raises
    ------
    RecordingError
        If frames are missing, with their numbers; if they came from two publishers at once; or if
        one cannot be written. The others are kept.
    TimeoutError
        If no frame came at all.
    """
    if count is not None:
        check_count(count=count)
    most = math.inf if count is None else count
    with (
        Recorder(path, compression) as recorder,
        subscribe(connect, topic, hwm=hwm, timeout=timeout) as stream,
    ):
        ending = _fill(recorder, stream, most)
    if sys.stdout.isatty():
        print()
    _conclude(recorder, stream, most, ending)


def _fill(recorder, stream, most):
    """Record up to `most` frames; return what else ended the recording, as half a sentence."""
    shown = heard = monotonic()
    try:
        for frame in stream:
            heard = monotonic()
            if stream.mixed:
                return "frames of more than one publisher came mixed: record one at a time"
            if stream.received + stream.lost <= most:  # else the last ones are among the lost
                number = stream.header["sequence"]
                recorder.add(frame, number, stream.header["time"])
            if stream.received + stream.lost >= most:
                return ""
            if heard > shown + _PERIOD:
                shown = heard
                show_line(
                    f"record: {recorder.count} frames of {stream.topic!r}, {stream.lost} lost"
                )
        return "" if most == math.inf else "the stream ended"
    except RecordingError as error:
        raise RecordingError(f"{error} (frame {number} of {stream.topic!r})") from None
    except TimeoutError as error:
        if recorder.count == 0:
            raise
        return str(error)
    except KeyboardInterrupt:
        silence = monotonic() - heard
        print(f"record: ended by Ctrl-C, {silence:.1f} s after the last frame", flush=True)
        if silence > _SILENCE:
            print("record: whether more were sent since then is not known", flush=True)
        return ""


def _conclude(recorder, stream, most, ending):
    """Say that every frame is there, or raise an error that says which are not."""
    problems = [ending] if ending else []
    missing = min(stream.lost, most - recorder.count)
    if missing and not stream.mixed:
        problems.append(f"{missing} lost ({_list(stream.gaps)})")
    if stream.restarts and not stream.mixed:
        times = "once" if stream.restarts == 1 else f"{stream.restarts} times"
        problems.append(
            f"the publisher was started anew {times}, and what it had sent last before that may "
            "be missing too"
        )
    elif missing:
        problems.append(
            "frames came faster than they could travel or be written. Take smaller ones, fewer in "
            "a second, or higher high-water marks, here and there"
        )
    of = "" if most == math.inf else f" of {most}"
    holds = f"{recorder.path} holds {recorder.count}{of} frames"
    if problems:
        raise RecordingError(f"{holds}: {'; '.join(problems)}")
    first = stream.first or 0
    numbers = f", {first} to {first + recorder.count - 1}" if recorder.count else ""
    print(f"record: {holds} of {stream.topic!r}{numbers}, none lost", flush=True)


def _list(gaps):
    """Write stretches of lost frames as text, the first few of them."""
    stretches = [f"{a} to {b}" if a < b else str(a) for a, b in gaps[:5]]
    return ", ".join(stretches + ["..."] * (len(gaps) > 5))
