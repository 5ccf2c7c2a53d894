"""A subscriber that records: every frame of a stream, or an error that says which are missing.

A publisher does not wait for its subscribers, so frames wait here while the disk is busy. Disks
are faster than cameras, by far, and memory bridges the seconds for which one stands still now and
then. Whoever needs longer for a frame than the camera does reads the recording, which can be read
while it grows, and has in the end the same frames as those who were fast.
"""

import math
from pathlib import Path
from time import monotonic
from typing import Literal

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
        If frames are missing, with their numbers, or cannot be written. The others are kept.
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
        problems, remark = _fill(recorder, stream, most)
    first = stream.first or 0
    lost: float = stream.lost
    last: float = math.inf
    if _one_stream(stream):  # what is lost after the last one that was asked for is no matter
        lost, last = min(lost, most - recorder.count), first + most - 1
    if lost:
        problems.append(
            f"{lost} lost ({_list(stream.gaps, last)}): they were sent, and found no room on the "
            "way or here. Take smaller frames, fewer in a second, or higher marks, here and there"
        )
    if stream.restarts:
        problems.append(
            "the publisher was started anew, or sent numbers twice: frames from before that may be "
            "missing, and nobody can tell which"
        )
    if stream.mixed:
        problems.append(
            f"several publishers of {topic!r} send there at once, and their frames are mixed: "
            "give each a topic of its own"
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
                    show(
                        f"record: {recorder.path} holds {recorder.count} frames; {stream.summary()}"
                    )
                # The lost ones are among those that were asked for.
                lost = stream.lost if _one_stream(stream) else 0
                if stream.received + lost <= most:
                    recorder.add(frame, stream.header["sequence"], stream.header["time"])
                if stream.received + lost >= most:
                    return [], ""
        return [] if most == math.inf else ["the stream ended"], ""
    except TimeoutError as error:
        if recorder.count == 0:
            raise
        return [str(error)], ""
    except RecordingError as error:
        if recorder.count == 0:
            raise
        return [f"frame {stream.header['sequence']} was not recorded: {error}"], ""
    except KeyboardInterrupt:
        who = who_listens(stream.endpoint)
        gone = (
            [f"{who}, and the end was not told: frames may be missing"] if "nobody" in who else []
        )
        since = f"{monotonic() - heard:.1f} s after the last frame"
        return gone, f". Ctrl-C came {since}; what was sent after it is not known"


def _one_stream(stream):
    """Tell whether each number means one frame, so that the lost ones can be counted on."""
    return not (stream.restarts or stream.mixed)


def _list(gaps, last):
    """Write stretches of lost frames up to a last one as text, the first few of them."""
    gaps = [(a, min(b, last)) for a, b in gaps if a <= last]
    stretches = [f"{a} to {b}" if a < b else str(a) for a, b in gaps[:5]]
    return ", ".join(stretches + ["..."] * (len(gaps) > 5))
