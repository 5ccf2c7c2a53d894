"""A stream of frames: what its publisher and its subscribers agree on.

::

    part 0   topic    camera/
    part 1   header   {"dtype": .., "shape": .., "sequence": 7, "time": 1700000000.25,
                       "stream": "5f0c9a1e", "control": 40123}
    part 2   pixels

topic
    The name of the stream and a slash. ZeroMQ hands a subscriber each message that *begins* with
    what it subscribed to: without the slash, whoever wants ``cam1`` gets ``cam10`` as well.
sequence, stream
    Frames are counted from 0. A publisher that is started anew counts anew, in a stream of
    another name, drawn at random: so 7 after 100 is no riddle.
control
    The port at which the camera behind the stream answers requests, if it does.

The last message of a stream has ``"end": true``, no pixels, and as its `sequence` the number of
frames that were sent: it shows who missed the last one.
"""

from zmqlab.wire.messages import MessageError
from zmqlab.wire.text import short

# High-water marks, in frames of 0.9 MB (640 x 480). A full queue drops the new frames and keeps the
# old ones. So subscribers that stop reading at the same time keep the same frames in the memory of
# the publisher, 18 MB for all of them; but those that stop one after the other, 18 MB each.
WAITING_TO_BE_SENT = 20  # thirty learners who stop: 550 MB; 60 would be 1.7 GB
WAITING_TO_BE_READ = 16  # 15 MB at each subscriber; with those above, 1.2 s at 30 frames/s
# Bytes that wait in the system at the subscriber, where no mark counts them. Linux lets it grow to
# 32 MB, which is a second of such frames; less than 1 MB makes large frames slow.
WAITING_IN_THE_SYSTEM = 2 << 20
_LONGEST = 90  # bytes of a name: a subscription to it costs the publisher 49 times as much


def wire_topic(name: str) -> str:
    """Return the topic as it is sent: the stream's name and a slash."""
    if not isinstance(name, str) or not name or "/" in name or len(name.encode()) > _LONGEST:
        raise MessageError(
            f"a stream cannot be called {short(name)}: its topic is text of at most {_LONGEST} "
            "bytes, such as 'camera', and has no slash, because one is added when it is sent"
        )
    return f"{name}/"
