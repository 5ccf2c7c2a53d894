"""Who has no business at a door with keys: without any, and with some that nobody there knows."""

import contextlib
import shutil

import zmq
from helpers.observing import PATIENCE

from zmqlab.wire import keys, who_listens

_FAILED = zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL


def all_refused(door, kind, server, folder):
    """Knock at a door as both; the folder `server` has its keys, and `folder` room for others."""
    with contextlib.redirect_stdout(None):
        keys.make_keys(folder / "stranger")
    shutil.copy(server / "own.key", folder / "stranger" / "server.key")
    for theirs, why in ((None, "and wants keys"), (folder / "stranger", "does not know your")):
        assert why in who_listens(door, PATIENCE, theirs, kind)
        with zmq.Context() as context, context.socket(kind) as socket:
            gets_nothing(socket, door, theirs)


def gets_nothing(socket, door, theirs):
    """Say what each kind of socket may say; nothing comes back, and nobody tries again."""
    socket.linger = 0
    monitor = socket.get_monitor_socket(_FAILED)
    if theirs:
        keys.connect_with(socket, theirs)
    if socket.type == zmq.SUB:
        socket.subscribe("")
    socket.connect(door)
    if socket.type != zmq.SUB:
        socket.send_multipart([b"", b"stop"])
    assert monitor.poll(1000 * PATIENCE), "the door did not refuse"
    assert socket.type == zmq.PUSH or not socket.poll(0)
    socket.disable_monitor()
    monitor.close()
