"""Frames in shared memory: only the news that there is one travels by ZeroMQ.

A frame that is sent with `zmqlab.send_frame` is copied into the system and out of it again, for
each reader. Programs on one computer can do without: the writer puts the pixels into a ring of
slots in memory that all of them see, and sends which slot it was::

    part 0   topic    frame
    part 1   header   {"dtype":"uint8","shape":[480,640,3],"sequence":7,"time":1700000000.25,
                       "ring":"4711-0123456789abcdef","slot":3,"turn":18}
    part 2   empty

    writer   ┌────────┬────────┬────────┬────────┐
    writes   │ slot 0 │ slot 1 │ slot 2 │ slot 3 │   a reader looks at the
    to the   │ turn 18│ turn 18│ turn 16│ turn 18│   slots where they are
    oldest   └────────┴────────┴────────┴────────┘

The writer waits for nobody, so a reader that is slow may be told of a frame that is there no
longer: it gets `Overtaken`. What it did get stays as it is for as long as it keeps the array, for
the writer leaves that slot out. How the two agree on this is told in `zmqlab.wire.ring`.
"""

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import zmq
from numpy.typing import DTypeLike

from zmqlab.wire import messages, ring
from zmqlab.wire.messages import MessageError, Received
from zmqlab.wire.sockets import check_count, recv_parts, send_parts


class Overtaken(MessageError):
    """The frame is there no longer: the writer has written on. The next may well be there."""


class RingFull(RuntimeError):
    """Every slot is kept by somebody who still has an array of it."""


class FrameRing(AbstractContextManager["FrameRing"]):
    """A ring of slots for frames in shared memory, and its only writer.

    ::

        with FrameRing() as ring:
            for number, frame in enumerate(frames):
                ring.send_frame(socket, frame, sequence=number)

    Readers are programs of the same user on the same computer. The memory is made with the first
    frame, and made anew when a larger one comes. One thread at a time may use a ring, as a socket.

    Parameters
    ----------
    slots
        A frame is overwritten when so many others have been sent, not counting slots that readers
        keep. Few stay in the processor's cache, which makes them fast.
    """

    def __init__(self, slots: int = 4) -> None:
        check_count(1000, slots=slots)
        self._slots = slots
        self._memory: Any = None  # ring.Memory, as is the smaller one before
        self._older: Any = None
        self._oldest_first: list[int] = []
        self._closed = False
        ring.sweep()

    def send_frame(
        self,
        socket: zmq.Socket,
        frame: np.ndarray,
        topic: str = "frame",
        timeout: float = 10.0,
        **header: Any,
    ) -> None:
        """Put a frame into the ring and send where it is; otherwise as `zmqlab.send_frame`.

        The frame is copied once, and yours again when this returns. One that `empty` gave is not
        copied but read-only from now on, and its slot is kept until you let go of it. `header` is
        sequence, time and further keys.

        Raises
        ------
        RingFull, OSError
            If all slots are kept; if there is no room for the memory.
        """
        send_parts(socket, self.pack_frame(frame, topic, **header), timeout, True)

    def pack_frame(self, frame: np.ndarray, topic: str = "frame", **header: Any) -> list[Any]:
        """Put a frame into the ring; return the three parts of the message that tells of it."""
        frame = np.asarray(frame)
        header = messages.frame_header(frame, **header)
        lent = self._memory and frame.flags.c_contiguous
        slot = self._memory.slot_of(frame) if lent else None
        if slot is None:
            slot = self._take(frame.nbytes)
            self._memory.write(slot, frame)
        else:
            frame.flags.writeable = False
        header.update(ring=self._memory.name, slot=slot, turn=self._memory.end(slot))
        return messages.pack_message(topic, header)

    def empty(self, shape: int | Sequence[int], dtype: DTypeLike = "uint8") -> np.ndarray:
        """Return an array in the ring itself, to be filled and then sent without any copy.

        Its slot is kept until you let go of the array and all views of it, sent or not. Shape and
        dtype are as for `numpy.empty`; anything but plain numbers raises MessageError.
        """
        dtype = np.dtype(dtype).newbyteorder("<")
        messages.frame_header(np.empty(0, dtype))  # refuses what cannot be sent
        shape = (shape,) if isinstance(shape, int) else tuple(shape)
        slot = self._take(math.prod(shape) * dtype.itemsize)
        return self._memory.array(slot, shape, dtype)

    def close(self) -> None:
        """Remove the memory; arrays that somebody still has stay as they are. Twice is safe."""
        self._closed = True
        for memory in filter(None, (self._older, self._memory)):
            ring.remove(memory.path)
        self._older = self._memory = None

    def __exit__(self, *error: object) -> None:
        self.close()

    def _take(self, nbytes):
        """Begin to write to the oldest slot that nobody keeps; return its number."""
        if self._closed:
            raise ValueError("this ring is closed")
        if self._memory is None or nbytes > self._memory.room:
            if self._older:
                ring.remove(self._older.path)  # but the one before stays: messages tell of it
            self._older, self._memory = self._memory, ring.create(self._slots, nbytes)
            self._oldest_first = list(range(self._slots))
        for _ in range(2):
            for slot in self._oldest_first:
                if self._memory.begin(slot):
                    self._oldest_first.append(slot)
                    self._oldest_first.remove(slot)
                    return slot
            alive = self._memory.forget_the_dead()
        raise RingFull(
            f"all {self._slots} slots are kept by arrays of process "
            f"{', '.join(map(str, alive))}. Let go of them there (del), receive with copy=True, "
            f"or give the ring more slots than arrays are ever kept"
        )


class RingReader(AbstractContextManager["RingReader"]):
    """Receives frames from rings, of as many writers as there are, and ordinary ones as well."""

    def __init__(self) -> None:
        self._memories: dict[str, ring.Memory] = {}

    def recv_frame(self, socket: zmq.Socket, timeout: float = 10.0, copy: bool = False) -> Received:
        """Receive a frame from a ring, or an ordinary one, as `zmqlab.recv_frame` does.

        With copy=True it is yours, to write into and to keep. Otherwise it is the memory itself,
        read-only, and its slot is kept from the writer until you let go of the frame and of all
        views of it. Keep few. If the frame is not there any more, this raises `Overtaken`.
        """
        return self.unpack_frame(recv_parts(socket, timeout), copy)

    def unpack_frame(self, parts: Sequence[Any], copy: bool = False) -> Received:
        """Return topic, header and frame from the three parts of a message."""
        topic, header, pixels = messages.unpack_message(parts)
        if pixels.nbytes or "ring" not in header:
            frame = messages.view_frame(topic, header, pixels)
        else:
            frame = self._find(topic, header)
        return topic, header, frame.copy() if copy else frame

    def close(self) -> None:
        """Let go of the memory, but for arrays that are still kept. Closing twice is safe."""
        if self._memories:
            self._memories.clear()
            ring.sweep()  # of a writer that was killed nobody else may be left to do so

    def __exit__(self, *error: object) -> None:
        self.close()

    def _find(self, topic, header):
        """Return the frame that a header tells of; nothing in it is believed unseen."""
        dtype, shape, nbytes = messages.check_frame(topic, header)
        slot, turn = header.get("slot"), header.get("turn")
        memory = self._memory_of(header)
        if type(slot) is not int or not 0 <= slot < memory.slots or nbytes > memory.room:
            raise MessageError(
                f"the header tells of {nbytes} bytes in slot {slot!r:.40}, but its ring has "
                f"{memory.slots} slots of {memory.room} bytes"
            )
        if type(turn) is not int or turn < 2 or turn % 2:
            raise MessageError(f"the header's turn {turn!r:.40} is no even number from 2")
        frame = memory.array(slot, shape, dtype, turn)
        if frame is None:
            raise Overtaken(
                f"frame {header['sequence']} of {topic!r} is overwritten: its writer has sent "
                "more frames since than its ring has slots. Read faster, or give it more slots"
            )
        return frame

    def _memory_of(self, header):
        name = header["ring"]
        if type(name) is str and name in self._memories:
            return self._memories[name]
        for known, memory in list(self._memories.items()):
            if not memory.path.exists():  # its writer has ended, or made a larger one
                del self._memories[known]
        try:
            memory = ring.attach(name)
        except ValueError as error:
            raise MessageError(f"the header's ring {error}") from None
        if memory is None:
            raise Overtaken(
                f"frame {header['sequence']} lies in ring {name}, which is not here: its writer "
                "has ended or made a larger one since, or is another user's or another computer's"
            )
        return self._memories.setdefault(name, memory)
