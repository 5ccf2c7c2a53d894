"""Frames in shared memory: real processes, which overtake, are killed, and say what is not so."""

import contextlib
import gc
import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import zmq
from helpers.choosing import always
from helpers.streams import kill, raw_socket

from zmqlab import FrameRing, MessageError, Overtaken, RingReader, send_frame, start
from zmqlab.processes.launch import processes
from zmqlab.wire import ring
from zmqlab.wire.messages import pack_frame, recv_frame, recv_message, send_message
from zmqlab.wire.shared import RingFull
from zmqlab.wire.sockets import recv_parts

DTYPES = ["bool", "int8", "uint8", "uint16", "int64", "float16", "float32", "complex128"]
SHAPES = [(), (1,), (0,), (480, 640), (48, 64, 3), (2, 0, 5), (3, 5, 7, 2)]


def files(pids=None):
    """Names of the files of rings that this process made, or others."""
    pids = pids or {os.getpid(), *(process.pid for process in processes())}
    every = [path for folder in ring.ring_folders() for path in folder.iterdir()]
    return [path.name for path in every if int(path.name.partition("-")[0]) in pids]


def gone(pids=None):
    """Tell whether no file is left; a sweep of another process may be just at one."""
    end = time.monotonic() + 10
    while (left := files(pids)) and time.monotonic() < end:
        pass
    return not left


@pytest.fixture(autouse=True)
def nothing_left_in_memory():
    gc.freeze()  # what was there before is not looked through: there is much of it
    yield
    gc.collect()
    gc.unfreeze()
    assert gone()


@contextlib.contextmanager
def pair():
    """Two sockets of this process that are connected with each other."""
    with raw_socket(zmq.PAIR) as one, raw_socket(zmq.PAIR, one.last_endpoint) as other:
        yield one, other


def connected(endpoint):
    socket = zmq.Context.instance().socket(zmq.PAIR)
    socket.linger = 0
    socket.connect(endpoint)
    return socket


@contextlib.contextmanager
def reading(role, *args, **options):
    """A socket, and a process that reads from it."""
    with raw_socket(zmq.PAIR) as socket:
        name = options.pop("name", None)
        with start(role, socket.last_endpoint, *args, observe=False, process_name=name) as process:
            yield socket, process


def echo(endpoint, copy):
    """Send each frame of a ring back as an ordinary one, and whether it could be written to."""
    socket = connected(endpoint)
    with RingReader() as reader:
        while True:
            topic, header, frame = reader.recv_frame(socket, 60, copy)
            send_frame(socket, frame, topic, copy=True, writable=frame.flags.writeable, was=header)
            del frame


# What arrives


@pytest.mark.parametrize("copy", [False, True])
def test_what_arrives_is_what_was_sent(copy):
    numbers = np.random.default_rng(1)
    with FrameRing(3) as frames, reading(echo, copy) as (socket, _):
        for count, (dtype, shape) in enumerate((d, s) for d in DTYPES for s in SHAPES):
            frame = (100 * numbers.standard_normal(shape)).astype(dtype)
            frames.send_frame(socket, frame, "cam", sequence=count, time=7.5, gain=[1, 2])
            topic, header, back = recv_frame(socket)
            assert topic == "cam"
            assert back.dtype == frame.dtype
            np.testing.assert_array_equal(back, frame)
            was = header["was"]
            assert (was["sequence"], was["time"], was["gain"]) == (count, 7.5, [1, 2])
            assert header["writable"] is copy


def test_several_readers_and_ordinary_messages():
    with (
        FrameRing() as frames,
        reading(echo, False, name="one") as (one, _),
        reading(echo, True, name="two") as (two, _),
        reading(echo, False, name="three") as (three, _),
    ):
        for number in range(50):
            frame = np.full((30, 40, 3), number, "uint8")
            parts = frames.pack_frame(frame, sequence=number)
            for socket in (one, two, three):
                socket.send_multipart(parts)
                send_frame(socket, frame + 1, sequence=number)
            for socket in (one, two, three):
                assert (recv_frame(socket)[2] == number).all()
                assert (recv_frame(socket)[2] == number + 1).all()


def test_no_message_no_frame():
    with FrameRing() as frames, RingReader() as reader, pair() as (one, other):
        with pytest.raises(TimeoutError, match="no message arrived"):
            reader.recv_frame(other, timeout=0.01)
        with pytest.raises(MessageError, match="this is no frame"):
            frames.send_frame(one, np.array(["text"]))
        with pytest.raises(MessageError, match="cannot be written as JSON"):
            frames.send_frame(one, np.ones(3), camera=object())
        frames.send_frame(one, np.ones(3))
        assert (reader.recv_frame(other)[2] == 1).all()


# Views


def test_a_frame_stays_as_it_is_as_long_as_any_view_of_it():
    with FrameRing(3) as frames, RingReader() as reader, pair() as (one, other):
        frame = np.arange(60, dtype="uint8").reshape(4, 5, 3)
        frames.send_frame(one, frame)
        view = reader.recv_frame(other)[2][1:, ::2, 1].T.reshape(-1)[2:]
        expected = frame[1:, ::2, 1].T.reshape(-1)[2:]
        # A reshape of this transposed cut had to copy; a plain cut did not.
        frames.send_frame(one, frame)
        part = reader.recv_frame(other)[2][1:][:, 2:, 1]
        slots = {send_one(frames, reader, one, other)["slot"] for _ in range(10)}
        assert len(slots) == 2
        np.testing.assert_array_equal(view, expected)
        np.testing.assert_array_equal(part, frame[1:][:, 2:, 1])
        del part
        slots = {send_one(frames, reader, one, other)["slot"] for _ in range(10)}
        assert len(slots) == 3


def send_one(frames, reader, one, other):
    frames.send_frame(one, np.zeros((4, 5, 3), "uint8"))
    return reader.recv_frame(other)[1]


def test_a_view_cannot_be_written_to():
    with FrameRing() as frames, RingReader() as reader, pair() as (one, other):
        frames.send_frame(one, np.ones(5))
        frame = reader.recv_frame(other)[2]
        with pytest.raises(ValueError, match="read-only"):
            frame[0] = 2
        with pytest.raises(ValueError, match="WRITEABLE"):
            frame.flags.writeable = True


# Filled in place


def test_a_frame_can_be_filled_where_it_lies():
    with FrameRing(3) as frames, reading(echo, False) as (socket, _):
        for number in range(20):
            frame = frames.empty((48, 64, 3))
            frame[:] = number
            frames.send_frame(socket, frame)
            back = recv_frame(socket)
            assert (back[2] == number).all()
            with pytest.raises(ValueError, match="read-only"):
                frame[0] = 0
            was = back[1]["was"]
            frames.send_frame(socket, frame)  # again: it is where it was
            again = recv_frame(socket)[1]["was"]
            assert (again["slot"], again["turn"]) == (was["slot"], was["turn"])
        crop = frames.empty((10, 20), "float32")
        crop[:] = np.arange(20)
        del frame
        frames.send_frame(socket, crop[:5])  # begins at the same place
        np.testing.assert_array_equal(recv_frame(socket)[2], np.tile(np.arange(20), (5, 1)))
        del crop
        with_hole = frames.empty((10, 20), "float32")
        with_hole[:] = np.arange(20)
        frames.send_frame(socket, with_hole[:, 3:])  # does not: it is copied
        np.testing.assert_array_equal(recv_frame(socket)[2], with_hole[:, 3:])


@pytest.mark.parametrize("dtype", [object, "U3", "M8[s]", "f4,i4"])
def test_what_could_not_be_sent_is_not_made(dtype):
    with FrameRing() as frames, pytest.raises(MessageError, match="this is no frame"):
        frames.empty((4, 4), dtype)


# Overtaken


def test_who_is_overtaken_is_told():
    with FrameRing(3) as frames, RingReader() as reader, pair() as (one, other):
        for number in range(5):
            frames.send_frame(one, np.full(5, number), "cam", sequence=number)
        for number in range(2):
            with pytest.raises(Overtaken, match=f"frame {number} of 'cam' is overwritten"):
                reader.recv_frame(other)
        for number in range(2, 5):
            assert (reader.recv_frame(other)[2] == number).all()


HEAD_START = 200e-6  # seconds that the reader leaves the writer, which has more to do


def look(endpoint, rounds, copy):
    """Look at every frame, once at hand and once more a round later; report what was seen."""
    socket, kept = connected(endpoint), None
    with RingReader() as reader:
        for _ in range(rounds):
            torn, parts = False, recv_parts(socket, 60)
            at = time.perf_counter() + HEAD_START
            while time.perf_counter() < at:
                pass
            try:
                _, header, frame = reader.unpack_frame(parts, copy)
            except Overtaken:
                seen, now = False, None
            else:
                seen, now = True, (frame, header["sequence"] % 251)
            for item in (now, kept):
                if item is not None and (item[0] != item[1]).any():
                    torn = True
            kept = now
            socket.send(b"torn" if torn else b"seen" if seen else b"overtaken")
            frame = item = None


@pytest.mark.timeout(900)
@pytest.mark.parametrize("copy", always(1, [False, True]), ids=["views", "copies"])
def test_no_frame_is_ever_torn(copy):
    """The writer aims at the moment in which the reader looks, a hundred thousand slots long."""
    slots, rounds, kinds = 16, 8_000, 251
    stock = [np.full((96, 128), value, "uint8") for value in range(kinds)]
    counts, number, delay = dict.fromkeys([b"torn", b"seen", b"overtaken"], 0), 0, 50e-6
    with FrameRing(slots) as frames, reading(look, rounds, copy) as (socket, _):
        for _ in range(rounds):
            socket.send_multipart(frames.pack_frame(stock[number % kinds], sequence=number))
            at = time.perf_counter() + delay
            for _ in range(slots - 2):  # the reader keeps one more
                number += 1
                frames.pack_frame(stock[number % kinds], sequence=number)
            while time.perf_counter() < at:
                pass
            for _ in range(2):  # the first of these is where the reader looks
                number += 1
                frames.pack_frame(stock[number % kinds], sequence=number)
            assert socket.poll(10_000)
            answer = socket.recv()
            counts[answer] += 1
            delay = min(20e-3, delay * (0.97 if answer == b"seen" else 1.03))
    assert number == slots * rounds
    assert counts[b"torn"] == 0, counts
    assert min(counts[b"seen"], counts[b"overtaken"]) > rounds / 20, counts


# All slots kept


def test_all_slots_kept():
    with FrameRing(2) as frames, RingReader() as reader, pair() as (one, other):
        views = []
        for number in range(2):
            frames.send_frame(one, np.full(5, number))
            views.append(reader.recv_frame(other)[2])
        with pytest.raises(RingFull, match=rf"all 2 slots are kept .* process {os.getpid()}.*copy"):
            frames.send_frame(one, np.ones(5))
        assert not other.poll(0)
        assert [view[0] for view in views] == [0, 1]
        views.pop()
        frames.send_frame(one, np.full(5, 2))
        assert (reader.recv_frame(other)[2] == 2).all()


@pytest.mark.parametrize("slots", [0, -1, 2.0, True, None, 10_000])
def test_numbers_of_slots_that_cannot_be(slots):
    with pytest.raises(ValueError, match=f"slots={slots}: give a whole number from 1 to 1000"):
        FrameRing(slots)


# Larger frames


def test_the_ring_grows_in_mid_stream():
    with FrameRing(3) as frames, reading(echo, False) as (socket, _), pair() as (one, other):
        views, reader = {}, RingReader()
        for number, side in enumerate([10, 100, 50, 200, 10, 300, 300, 301]):
            for repeat in range(4):
                frame = np.full((side, side), 10 * number + repeat, "uint8")
                frames.send_frame(socket, frame)
                back = recv_frame(socket)[2]
                np.testing.assert_array_equal(back, frame)
            frames.send_frame(one, frame)
            views[number] = reader.recv_frame(other)[2], frame
            if number > 1:
                del views[number - 2]
        for view, frame in views.values():
            np.testing.assert_array_equal(view, frame)
        assert len(reader._memories) <= 2


# Ends


def write(endpoint):
    """Send frames for ever."""
    socket, frames = connected(endpoint), FrameRing(2)
    while True:
        socket.send_multipart(frames.pack_frame(np.full(100, 7)))
        socket.recv()


def test_a_writer_that_was_killed():
    with raw_socket(zmq.PAIR) as socket, RingReader() as reader:
        process = start(write, socket.last_endpoint)
        view = reader.recv_frame(socket)[2]
        assert len(files({process.pid})) >= 2
        kill(process)
        assert (view == 7).all()
        with FrameRing():
            assert gone({process.pid})
        assert (view == 7).all()


def keep(endpoint):
    """Keep every frame."""
    socket, reader, kept = connected(endpoint), RingReader(), []
    while True:
        kept.append(reader.recv_frame(socket, 60)[2])
        socket.send(b"kept")


def test_a_reader_that_was_killed_while_it_kept_every_slot():
    with FrameRing(3) as frames, reading(keep) as (socket, process):
        for number in range(3):
            frames.send_frame(socket, np.full(5, number))
            assert socket.poll(10_000)
            socket.recv()
        with pytest.raises(RingFull, match=str(process.pid)):
            frames.pack_frame(np.ones(5))
        kill(process)
        slots = {json.loads(frames.pack_frame(np.ones(5))[1])["slot"] for _ in range(6)}
        assert slots == {0, 1, 2}


def test_a_ring_that_lives_is_not_swept_away():
    with FrameRing() as frames:
        parts = frames.pack_frame(np.ones(5))
        FrameRing().close()
        subprocess.run([sys.executable, "-c", "import zmqlab; zmqlab.FrameRing()"], check=True)
        assert (RingReader().unpack_frame(parts)[2] == 1).all()


# Strangers


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="POSIX's permissions")
def test_nobody_else_can_look_or_put_something_there(tmp_path, monkeypatch):
    with FrameRing() as frames:
        frames.pack_frame(np.ones(5))
        path = frames._memory.path
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert path.stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(ring.tempfile, "gettempdir", lambda: str(tmp_path))
    theirs = tmp_path / f"zmqlab-{os.getuid()}"
    theirs.mkdir(0o777)
    theirs.chmod(0o777)
    assert theirs not in ring.ring_folders()
    theirs.rmdir()
    theirs.symlink_to(path.parent)
    assert theirs not in ring.ring_folders()


def hostile():
    """Changes of a good header, with what is said about them."""
    for name in [
        "",
        "x",
        "../etc",
        "/etc/passwd",
        7,
        None,
        [],
        {},
        True,
        "a" * 100_000,
        "1-" + "é" * 16,
    ]:
        yield {"ring": name}, "is no name of a ring"
    yield {"ring": f"{os.getpid()}-{secrets.token_hex(8)}"}, "is not here"
    yield {"ring": "GOOD.0"}, "is no name of a ring"
    yield {"ring": "GOOD\n"}, "is no name of a ring"
    yield {"ring": "GOOD/../GOOD"}, "is no name of a ring"
    for slot in [-1, 4, 2**70, 1.0, True, None, "0", [], {}]:
        yield {"slot": slot}, "has 4 slots"
    for turn in [-2, 0, 1, 3, 2.0, True, None, "2", [], {}]:
        yield {"turn": turn}, "turn"
    yield {"turn": 4}, "is overwritten"
    yield {"turn": 2**80}, "is overwritten"
    yield {"shape": [5000]}, "tells of 5000 bytes"
    yield {"shape": [2**52, 2**52]}, "tells of"
    yield {"shape": [0, 2**52, 2**52]}, "shape"
    for shape in [[-1], [2.0], 5, None, "5", [[5]], [1] * 100, [2**53]]:
        yield {"shape": shape}, "shape"
    for dtype in ["object", "O", "U9", "", None, 5, "float128", []]:
        yield {"dtype": dtype}, "dtype"
    for sequence in [-1, 1.5, None, "1", 2**53]:
        yield {"sequence": sequence}, "sequence"
    yield {"time": "now"}, "time"


@pytest.mark.parametrize("known", [False, True])
def test_headers_that_lie(known):
    with FrameRing() as frames, RingReader() as reader, pair() as (one, other):
        topic, good, nothing = frames.pack_frame(np.arange(5, dtype="uint8"))
        good = json.loads(good)
        if known:
            reader.unpack_frame(frames.pack_frame(np.zeros(5)))
        before = maps()
        for change, complaint in hostile():
            if isinstance(name := change.get("ring"), str):
                change = {"ring": name.replace("GOOD", good["ring"])}
            send_message(one, topic.decode(), good | change)
            with pytest.raises(MessageError, match=complaint):
                reader.recv_frame(other)
            assert maps() <= before + 2 * (not known and "ring" not in change)
        for key in ["dtype", "shape", "sequence", "time", "slot", "turn"]:
            send_message(one, "frame", {k: v for k, v in good.items() if k != key})
            with pytest.raises(MessageError, match=key):
                reader.recv_frame(other)
        one.send_multipart([topic, json.dumps(good).encode(), nothing])
        np.testing.assert_array_equal(reader.recv_frame(other)[2], range(5))


def maps():
    """How often rings are mapped here: each to read and to write."""
    if sys.platform != "linux":
        return 0
    return sum("/zmqlab-" in line for line in Path("/proc/self/maps").read_text().splitlines())


def test_pack_and_unpack_are_halves_of_send_and_receive():
    with FrameRing() as frames, RingReader() as reader, pair() as (one, other):
        one.send_multipart(frames.pack_frame(np.ones(5)))
        topic, header, pixels = recv_message(other)
        assert (topic, len(pixels)) == ("frame", 0)
        assert header["turn"] == 2
        assert (reader.unpack_frame(pack_frame(np.ones(5)))[2] == 1).all()
