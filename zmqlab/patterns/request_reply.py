"""Request and reply: a camera that answers.

A request has one or two parts; a reply the three of every message (see `zmqlab.wire.messages`)::

    request   command              read | set | info | stop
              parameters           {"exposure": 0.02}, only where the command takes some

    reply     frame | header | pixels                    to read
              ok    | {"settings": ..} and the like |    to set, info, stop
              error | {"error": "what was wrong"} |      to everything else

Everything gets a reply, so that no client waits for ever. A client may have several requests under
way: their replies come in the same order, each when the one before has left.

The client's socket is a REQ, the server's a ROUTER: a REP that shows the envelope,
which says where a reply goes::

    identity   given by the ROUTER to each client
    (empty)    sent by the REQ, without being asked
    request or reply, as above

(A plain REP, after a message without the empty part from a client that has left, loses its reply
to the next one, who did nothing wrong: libzmq 4.3.5.)
"""

import collections
import contextlib
import math
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import zmq

from zmqlab.cameras import Camera, CameraError, open_camera
from zmqlab.wire import messages, sockets
from zmqlab.wire.interrupts import whole
from zmqlab.wire.messages import Header, MessageError
from zmqlab.wire.text import plain, short

COMMANDS = ("read", "set", "info", "stop")
_MOST_PARTS = 16  # looked at: envelope and request
_WAITING = 20  # requests of one client; it waits to send more
_MOST_HELD = 200  # requests whose clients have no room for a reply, of all clients together
_LOOK = 0.01  # seconds until it looks again who has room
_LONGEST_ERROR = 600  # characters: who sends much wrong need not get it all back


class RequestError(RuntimeError):
    """The server replied with an error; the text is the server's."""


def camera_server(
    camera: str | int = "auto", bind: str = "tcp://127.0.0.1:*", *, keys: str | Path | None = None
) -> None:
    """Serve frames of a camera to whoever asks, until told to stop.

    Parameters
    ----------
    camera
        A webcam's number, the path of a video file, ``simulated``, ``picamera``, ``browser`` (see
        `zmqlab.browser_camera`), or ``auto`` for the first webcam that works.
    bind
        Where to listen. ``tcp://127.0.0.1:*``: any free port, for programs on this computer
        only. ``tcp://0.0.0.0:5555``: port 5555, for every computer on the network.
    keys
        A folder of `zmqlab keys`: then only programs with keys that it knows can connect, and
        nobody else can read what passes. Or ``none``: without one of the two, `bind` must be an
        address of this computer alone.

    Raises
    ------
    CameraError, zmq.ZMQError, KeysError
        If the camera cannot be opened, or the endpoint not be bound.
    """
    with (
        open_camera(camera) as source,  # first the camera: who can connect can read
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as socket,
        contextlib.suppress(KeyboardInterrupt),
    ):
        endpoint = prepare_and_bind(socket, bind, keys)
        print(f"camera server: {source.source} at {endpoint}", flush=True)
        sequence, running = 0, True
        held: list[list[zmq.Frame]] = []
        while running:
            was_frame, running = reply_once(socket, source, sequence, held)
            sequence += was_frame


def prepare_and_bind(socket: zmq.Socket, endpoint: str, keys: str | Path | None = None) -> str:
    """Bind a ROUTER socket at which to reply to requests; return the endpoint."""
    socket.linger = 1000  # milliseconds for the last reply to leave
    socket.rcvhwm = _WAITING
    # Replies that wait for one client: 40 that fetch none keep some 75 MB of frames here, with 8 it
    # would be 300 MB. Further ones are not made before there is room.
    socket.sndhwm = 1
    socket.router_mandatory = True  # an error, not silence, for a reply that has nowhere to go
    return sockets.bind(socket, endpoint, keys=keys)


def reply_once(
    socket: zmq.Socket,
    camera: Camera,
    sequence: int,
    held: list[list[zmq.Frame]],
    commands: Sequence[str] = COMMANDS,
    timeout: float = math.inf,
) -> tuple[bool, bool]:
    """Wait for a request, and reply to it: to read, with frame number `sequence`.

    In `held`, a list that is empty at first, requests stay whose clients have no room for another
    reply, because they have not fetched the last one. A client that has left is not given a frame:
    who asks again and again, each time with another socket, would make the others wait for each of
    them. Returns whether the reply was a frame, and whether to go on: not after the request to
    stop. It goes on, too, when for `timeout` seconds there was nothing to reply to.
    """
    deadline = time.monotonic() + timeout
    while True:
        with contextlib.suppress(TimeoutError):
            _hold(held, sockets.recv_parts(socket, 0 if held else timeout, _MOST_PARTS))
        if request := _begin_reply(socket, held):
            break
        if (left := deadline - time.monotonic()) <= 0:
            return False, True
        if held:  # whatever comes or leaves ends this wait
            news = zmq.Poller()
            news.register(socket.fd, zmq.POLLIN)
            news.poll(int(1000 * min(left, _LOOK)))
    envelope, asked, there = request
    if not there and [part.bytes for part in asked] == [b"read"]:
        return False, True
    reply, done = _answer(camera, asked, sequence, commands)
    if there:
        sockets.send_parts(socket, envelope[1:] + reply)
    return done == "read", done != "stop"


def _hold(held, parts):
    """Keep one request more; where that is too many, forget the newest of who sent most."""
    held.append(parts)
    if len(held) > _MOST_HELD:
        clients = [parts[0].bytes for parts in held]
        greedy = collections.Counter(clients).most_common(1)[0][0]
        del held[len(clients) - 1 - clients[::-1].index(greedy)]


def _begin_reply(socket, held):
    """Send the first part of the reply to the first request whose client has room for it.

    Returns envelope, request, and whether the client is there still; None where none has room.
    """
    # libzmq looks only now and then which replies have left a queue, and takes it for full until
    # then; asking for the events makes it look.
    socket.get(zmq.EVENTS)
    full = set()
    for number, parts in enumerate(held):
        if (client := parts[0].bytes) in full:
            continue
        there = True
        try:
            socket.send(client, zmq.SNDMORE | zmq.NOBLOCK)
        except zmq.Again:
            full.add(client)
            continue
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            there = False
        del held[number]
        held.sort(key=lambda each: each[0].bytes == client)  # now it is the others' turn
        # The envelope ends with the first empty part. Without one, there is no request in it.
        empty = next((number for number, part in enumerate(parts) if not len(part)), None)
        asked = [] if empty is None else parts[empty + 1 :]
        return parts[: (empty or 0) + 1], asked, there
    return None


def _answer(camera, parts, sequence, commands):
    """Return the parts of the reply, whatever came, and the command if it was carried out."""
    try:
        command, parameters = unpack_request(parts, commands)
        match command:
            case "read":
                return messages.pack_frame(camera.read(), sequence=sequence), command
            case "set":
                camera.set(**parameters)
                told = ["settings"]
            case "info":
                told = ["source", "shape", "fps", "settings"]
                told += ["truth"] if hasattr(camera, "truth") else []  # the simulated camera's
            case "stop":
                return messages.pack_message("ok", {"frames": sequence}), command
        return messages.pack_message("ok", {name: getattr(camera, name) for name in told}), command
    except (CameraError, MessageError) as error:
        text = str(error)
    except Exception as error:  # a surprise: tell both sides, and go on serving
        traceback.print_exc()
        text = f"{type(error).__name__}: {error}"
    return messages.pack_message("error", {"error": text[:_LONGEST_ERROR]}), ""


def pack_request(command: str, parameters: Header | None = None) -> list[bytes]:
    """Return the parts of a request: the command and, where there are any, its parameters."""
    if not isinstance(command, str):
        raise MessageError(f"a command is text, not {short(command)}: write 'read', without b")
    also = [] if parameters is None else [messages.to_json(parameters)]
    return [command.encode(), *also]


def unpack_request(parts: Sequence[Any], commands: Sequence[str] = COMMANDS) -> tuple[str, Header]:
    """Return command and parameters from the parts of a request."""
    if len(parts) not in (1, 2):
        count = "more" if parts else "none behind an empty part, which a REQ socket sends by itself"
        raise MessageError(
            f"a request has one part, the command, or two, with parameters; this one has {count}"
        )
    command = messages.to_text(parts[0], "command")
    if command not in commands:
        raise MessageError(f"unknown command {short(command)}: send one of {', '.join(commands)}")
    if len(parts) == 2 and command != "set":
        raise MessageError(f"{command} takes no parameters: send the command alone")
    if len(parts) == 1 and command == "set":
        raise MessageError('set needs parameters, such as {"exposure": 0.02}, in a second part')
    return command, messages.from_json(parts[1], "parameters") if len(parts) == 2 else {}


def request(
    endpoint: str,
    command: str,
    parameters: Header | None = None,
    timeout: float = 5.0,
    retries: int = 0,
    keys: str | Path | None = None,
) -> tuple[str, Header, np.ndarray | None]:
    """Send one request to a server; return topic, header and frame of its reply.

    The topic is ``frame`` or ``ok``, and the frame (read-only) None unless there is one. A REQ
    socket that got no reply cannot send again, so each try has a socket of its own, and a reply
    that comes too late has nowhere to go (the guide's "lazy pirate",
    https://zguide.zeromq.org/docs/chapter4/).

    Parameters
    ----------
    endpoint
        Where the server listens, for example ``tcp://127.0.0.1:5555``.
    command, parameters
        One of read, set, info, stop; and, for set, what JSON can hold.
    timeout
        Seconds to wait for each try.
    retries
        How often to ask again. The server may then carry out the command more than once.
    keys
        A folder of `zmqlab keys`, for a server that lets in only clients it knows.

    Raises
    ------
    RequestError, MessageError, TimeoutError
        If the server replied with an error, or is none for cameras; if no reply came (says who
        listens at the endpoint).
    """
    parts = pack_request(command, parameters)
    with zmq.Context() as context:
        context.linger = 0  # a request nobody took is forgotten
        for _ in range(1 + retries):
            with whole:  # a Ctrl-C in here would leave a socket that nobody can close
                socket = context.socket(zmq.REQ)
            with socket:
                sockets.connect(socket, endpoint, keys=keys)
                with contextlib.suppress(TimeoutError):
                    sockets.send_parts(socket, parts, timeout)  # not, if refused before
                    return unpack_reply(sockets.recv_parts(socket, timeout), endpoint, command)
    tries = f"{1 + retries} times {timeout:g} s" if retries else f"{timeout:g} s"
    raise TimeoutError(
        f"waited {tries} for a reply to {command!r} from {endpoint}: "
        f"{sockets.who_listens(endpoint, keys=keys)}. Is the server running, and not busy?"
    )


def unpack_reply(
    parts: Sequence[Any], endpoint: str, command: str
) -> tuple[str, Header, np.ndarray | None]:
    """Return topic, header and frame of a reply; RequestError if the server replied with one."""
    topic, header, pixels = messages.unpack_message(parts)
    if topic == "error":
        said = plain(header.get("error", header), 2 * _LONGEST_ERROR, lines=True)
        raise RequestError(f"{endpoint} replied to {command!r}: {said}")
    return topic, header, messages.view_frame(topic, header, pixels) if topic == "frame" else None


def snapshot(
    path: Path, /, *, connect: str, timeout: float = 5.0, keys: str | Path | None = None
) -> None:
    """Read one frame from a camera server and write it as an image file.

    Parameters
    ----------
    path
        The file to write; its ending says in which format: .png or .tiff keep every pixel as
        it is, .jpg is small.
    connect
        Where the camera server listens, for example ``tcp://127.0.0.1:5555``.
    timeout
        Seconds to wait for the frame.
    keys
        A folder of `zmqlab keys`, for a server that lets in only clients it knows.

    Raises
    ------
    OSError
        If the file cannot be written, or its ending names no image format.
    RequestError, TimeoutError, MessageError
        If there is no frame to be had, or it is no picture.
    """
    import cv2

    path = Path(path)
    # Of a path that is no UTF-8 OpenCV would crash.
    if not path.suffix.isascii() or not cv2.haveImageWriter(f"x{path.suffix}"):
        raise OSError(f"cannot write {path}: end its name in .png, .tiff or .jpg")
    topic, header, frame = request(connect, "read", timeout=timeout, keys=keys)
    if frame is None:
        raise MessageError(f"{connect} replied to 'read' with {topic!r}: it is no camera server")
    done = False
    with contextlib.suppress(cv2.error):  # complex numbers, five colours
        done, picture = cv2.imencode(path.suffix, frame)
    if not done or frame.ndim < 2:
        raise MessageError(
            f"{connect} sent {frame.dtype} numbers of shape {frame.shape}: no {path.suffix} file "
            "holds them. A picture is height x width or height x width x 3 real numbers"
        )
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(picture.tobytes())  # cv2.imwrite fails silently, and at é on Windows
        part.replace(path)  # so that no half of a picture is left where there is no room
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise OSError(f"cannot write {path}: {error.strerror}. Choose another place") from error
    height, width = frame.shape[:2]
    print(f"wrote {path}: frame {header['sequence']} of {connect}, {width} x {height} pixels")
