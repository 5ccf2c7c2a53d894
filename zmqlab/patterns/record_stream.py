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
from zmqlab.recording.recorder import Recorder, RecordingError
from zmqlab.wire.sockets import check_count

_PAUSE = 1.0  # seconds between two lines about losses


def record(
    path: Path,
    /,
    *,
    connect: str,
    topic: str = "camera",
    frames: int | None = None,
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
    frames
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
    if frames is not None:
        check_count(frames=frames)
    most = math.inf if frames is None else frames
    with (
        Recorder(path, compression) as recorder,
        subscribe(connect, topic, hwm=hwm, timeout=timeout) as stream,
    ):
        ending = _fill(recorder, stream, most)
    _conclude(recorder, stream, most, ending)


def _fill(recorder, stream, most):
    """Record up to `most` frames; return what cut it short, or nothing."""
    told, when = 0, -math.inf
    try:
        for frame in stream:
            if stream.lost > told and monotonic() > when + _PAUSE:
                told, when = stream.lost, monotonic()
                print(f"record: {told} frames lost so far", flush=True)
            if stream.received + stream.lost <= most:  # else the last ones are among the lost
                recorder.add(frame, stream.header["sequence"], stream.header["time"])
            if stream.received + stream.lost >= most:
                return ""
        return "" if most == math.inf else "the stream ended"
    except TimeoutError as error:
        if recorder.count == 0:
            raise
        return str(error)
    except KeyboardInterrupt:
        return ""


def _conclude(recorder, stream, most, cut_short):
    """Say that every frame is there, or raise an error that says which are not."""
    problems = [cut_short] if cut_short else []
    lost = min(stream.lost, most - recorder.count)
    if lost:
        problems.append(
            f"{lost} lost ({_list(stream.gaps)}): the publisher was faster than the way here or "
            "the disk. Take smaller frames, fewer in a second, or higher high-water marks, here "
            "and there"
        )
    if stream.restarts:
        problems.append("the publisher was started anew, and its last frames before may be missing")
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
