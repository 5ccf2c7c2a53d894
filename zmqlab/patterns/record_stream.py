"""A subscriber that records: every frame of a stream, or an error that says which are missing."""

import math
from pathlib import Path
from time import monotonic
from typing import Literal

import zmq

from zmqlab.patterns.subscription import subscribe
from zmqlab.patterns.watch_stream import one_line
from zmqlab.recording.recorder import Recorder, RecordingError
from zmqlab.wire.sockets import check_count, who_listens

_PERIOD = 2.0  # seconds between two lines that say how far it is


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
    keys: str | Path | None = None,
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
    keys
        A folder of `zmqlab keys`, for a server that lets in only clients it knows.

    Raises
    ------
    RecordingError
        If frames are missing, with their numbers, or cannot be written. The others are kept.
    TimeoutError
        If no frame came at all.
    """
    check_count(count=1 if count is None else count)
    most = math.inf if count is None else count
    with (
        Recorder(path, compression) as recorder,
        subscribe(connect, topic, hwm=hwm, timeout=timeout, keys=keys) as stream,
    ):
        problems, remark = _fill(recorder, stream, most)
    first = stream.first or 0
    lost: float = stream.lost
    last: float = math.inf
    # Where a number is one frame, what is lost after the last that was asked for is no matter.
    if not stream.restarts:
        lost, last = min(lost, most - recorder.count), first + most - 1
    if lost:
        gaps = [(begin, min(end, last)) for begin, end in stream.gaps if begin <= last]
        some = [f"{begin} to {end}" if begin < end else str(begin) for begin, end in gaps[:5]]
        which = ", ".join(some + ["..."] * (len(gaps) > 5))
        problems.append(
            f"{lost} lost ({which}): they were sent, and found no room on the way or here. Take "
            "smaller frames, fewer in a second, or higher marks, here and there"
        )
    if stream.restarts:
        problems.append(
            "the publisher was started anew, or sent numbers twice: frames from before that may be "
            f"missing, and nobody can tell which. Or a second one sends {topic!r} there: give each "
            "a topic of its own"
        )
    of = "" if count is None else f" of {count}"
    holds = f"{path} holds {recorder.count}{of} frames"
    if problems:
        raise RecordingError(f"{holds}: {'; '.join(problems)}{remark}")
    if recorder.count:
        holds += f" of {topic!r}, {first} to {first + recorder.count - 1}, none lost"
    print(f"record: {holds}{remark}", flush=True)


def _fill(recorder, stream, most):
    """Record up to `most` frames; return what is wrong with the end, and what to say of it."""
    told = heard = monotonic()
    try:
        with one_line() as show:
            for frame in stream:
                heard = monotonic()
                if heard > told + _PERIOD:
                    told = heard
                    so_far = f"{recorder.path} holds {recorder.count} frames"
                    show(f"record: {so_far}; {stream.summary()}")
                # The lost ones are among those that were asked for, if they can be counted.
                came = stream.received + (0 if stream.restarts else stream.lost)
                if came <= most:
                    recorder.add(frame, stream.header["sequence"], stream.header["time"])
                if came >= most:
                    return [], ""
        return [] if most == math.inf else ["the stream ended"], ""
    except (TimeoutError, RecordingError) as error:
        if recorder.count == 0:
            raise
        refused = isinstance(error, RecordingError)
        what = f"frame {stream.header['sequence']} was not recorded: " if refused else ""
        return [f"{what}{error}"], ""
    except KeyboardInterrupt:
        since = f"{monotonic() - heard:.1f} s after the last frame"
        who = who_listens(stream.endpoint, keys=stream.keys, kind=zmq.SUB)
        gone = f"{who}, and the end was not told: frames may be missing"
        remark = f". Ctrl-C came {since}; what was sent after it is not known"
        return [gone] if "nobody" in who else [], remark
