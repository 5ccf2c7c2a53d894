"""Keys: only who is known may connect, and nobody else can read what passes.

This is CURVE (https://rfc.zeromq.org/spec/26/). A folder holds what a program needs at either end
of a connection, in files such as pyzmq's `zmq.auth` reads::

    FOLDER/                   nobody but its owner may look into it
        own.key_secret        a pair of keys, the public and the secret one
        own.key               the public one, which others may have
        server.key            the public key of the programs to connect to
        clients/NAME.key      the public key of each who may connect to the program

In a new folder, server.key is its own key, and so is its only client: programs that are given the
same folder, or copies of it, know each other. To let in somebody else, exchange own.key: hers
becomes clients/ada.key in your folder, and yours becomes server.key in hers. No secret travels, and
of each message from her, ``part.get("User-Id")`` is "ada" then.

Who connects is let in, or not, by whom libzmq asks (ZAP, https://rfc.zeromq.org/spec/27/): here a
thread for each context, which looks into the folder each time, and needs no stop, as pyzmq's does.
"""

import contextlib
import ipaddress
import os
import shutil
import stat
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import zmq
from zmq.utils import z85

from zmqlab.processes.own_folder import folder_of_this_process, own_folder

NONE = "none"  # for `keys`: whoever can reach the port may connect
SEALED = 33  # bytes that a part has more when it is encrypted
HANDSHAKE = 512  # bytes: more than a message of the handshake has
_OWN, _SERVER, _CLIENTS = "own.key_secret", "server.key", "clients"

_ours: list[Path] = []  # none, or the one folder of this process
_begin = threading.Lock()
_gates: weakref.WeakKeyDictionary[zmq.Context, Path] = weakref.WeakKeyDictionary()


class KeysError(ValueError):
    """Keys are missing, or others may read them; the text says which and what to do."""


def make_keys(folder: Path, /) -> None:
    """Make a folder with new keys, which only you can read.

    Give it to servers and clients alike, as ``--keys FOLDER`` or ``keys="FOLDER"``. To let in
    somebody else, who has a folder of his own: put his own.key into your ``clients``, as
    ``NAME.key``, and yours into his folder, as ``server.key``. Never give away a .key_secret, but
    to yourself, on another computer.

    Parameters
    ----------
    folder
        The folder to make.

    Raises
    ------
    KeysError, OSError
        If it is there already: keys are never overwritten; if it cannot be made.
    """
    folder = Path(folder)
    try:
        public = _make(folder)
    except FileExistsError:
        raise KeysError(
            f"{folder} is there already, and keys are never overwritten: choose another name"
        ) from None
    # Windows' folders have had an owner alone since these versions of Python.
    since = (3, 12, 4) if sys.version_info >= (3, 12) else (3, 11, 10)
    alone = os.name == "posix" or sys.version_info >= since
    whose = "is yours alone" if alone else "is for all who may read the folder that it is in"
    print(f"keys: {folder} {whose}; {folder / 'own.key'} is for others, too: {public}")


def _make(folder):
    """Make the folder, and return the public key."""
    _check_curve()
    folder.mkdir(mode=0o700)
    public, secret = (key.decode() for key in zmq.curve_keypair())
    (folder / _CLIENTS).mkdir(mode=0o700)
    for name in ("own.key", _SERVER, f"{_CLIENTS}/own.key"):
        _write(folder / name, public)
    _write(folder / _OWN, public, secret)
    return public


def _write(path, public, secret=""):
    """Write a file that only its owner can read, from the first moment on."""
    lines = ["metadata", "curve", f'    public-key = "{public}"']
    lines += [f'    secret-key = "{secret}"'] if secret else []
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(file, "w", encoding="ascii") as text:
        text.write("\n".join(lines) + "\n")


def _check_curve():
    if not zmq.has("curve"):
        raise KeysError("this libzmq was built without CURVE: `pip install pyzmq` brings one with")


def given(keys: str | Path | None) -> Path | None:
    """Return the folder that `keys` names, None for none."""
    return None if keys is None or str(keys) == NONE else Path(keys).absolute()


def of_this_process() -> Path:
    """Return keys for this process and those it gives them to.

    They are made when they are first asked for, and removed when the process ends, or, if it was
    killed, by the next process that has such a folder.
    """
    with _begin:
        if not _ours:
            folder = folder_of_this_process() / "keys"
            _make(folder)
            _ours.append(folder)
        return _ours[0]


@contextlib.contextmanager
def among_ourselves(keys: str | Path | None) -> Iterator[str | Path | None]:
    """Give a copy of a folder whose server is its owner: for what a program starts itself."""
    folder = given(keys)
    if folder is None:
        yield keys
        return
    _pair(folder)
    with own_folder() as place:
        copy = shutil.copytree(folder, place / "keys", ignore=_no_keys)
        shutil.copy(copy / "own.key", copy / _SERVER)
        shutil.copy(copy / "own.key", copy / _CLIENTS)
        yield copy


def _no_keys(folder, names):
    """Return the names in a folder of keys that are no key's, and so are not copied."""
    keys = {path.name for path in Path(folder).glob("*.key*") if path.is_file()}
    return set(names) - keys - {_CLIENTS}


def check_open(endpoint: str, keys: str | Path | None) -> None:
    """Raise KeysError if other computers can reach an endpoint, and nothing is said of keys."""
    if keys is None and endpoint.startswith("tcp://") and not _is_loopback(endpoint):
        raise KeysError(
            f"{endpoint} is open to every computer that can reach this one, and whoever connects "
            "can do what you can. Make keys (`zmqlab keys FOLDER`) and give keys=FOLDER, or, in a "
            'network in which you trust everybody, keys="none". tcp://127.0.0.1 is for programs on '
            "this computer"
        )


def check_page_open(address: str, unencrypted: bool) -> None:
    """Raise KeysError if other computers can reach a web page, and nobody has said that they may.

    CURVE is ZeroMQ's: a browser has no keys, so here there is nothing to give but that word.
    """
    if not unencrypted and address.startswith("http://") and not _is_loopback(address):
        raise KeysError(
            f"{address} is open to every computer that can reach this one, and not encrypted: "
            "whoever can listen on the way reads the address of the page, and can do what you can. "
            "Give unencrypted=True in a network in which you trust everybody. http://127.0.0.1 is "
            "for browsers on this computer"
        )


def _is_loopback(endpoint):
    host = endpoint.partition("://")[2].rsplit(":", 1)[0].strip("[]")
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host in ("localhost", "lo", "lo0")


def serve_with(socket: zmq.Socket, keys: Path) -> None:
    """Make a socket, before it is bound, one that only those in ``clients`` can connect to."""
    public, secret = _pair(keys)
    if _gates.get(socket.context, keys) != keys:
        raise KeysError(f"{keys}: another socket of this context has {_gates[socket.context]}")
    if socket.context not in _gates:
        _open_gate(socket.context, keys)
        _gates[socket.context] = keys
    socket.curve_server = True
    socket.curve_publickey, socket.curve_secretkey = public, secret


def connect_with(socket: zmq.Socket, keys: Path) -> None:
    """Make a socket, before it connects, one that only talks to the owner of ``server.key``."""
    public, secret = _pair(keys)
    server, _ = _load(keys / _SERVER)
    socket.curve_serverkey = server
    socket.curve_publickey, socket.curve_secretkey = public, secret


def _pair(folder):
    """Return the public and the secret key of a folder, if it is its owner's alone."""
    _check_curve()
    path = folder / _OWN
    if os.name == "posix":  # elsewhere, whose file it is does not stand in its mode
        for each, mode in ((folder, 700), (path, 600)):
            with contextlib.suppress(FileNotFoundError):
                now = stat.S_IMODE(each.stat().st_mode)
                if now & 0o077:
                    raise KeysError(
                        f"{each} is open to other users of this computer (mode {now:o}), who may "
                        f"have read the secret key by now: chmod {mode} {each}, or make new keys"
                    )
    public, secret = _load(path)
    if secret is None:
        raise KeysError(f"{path} has no secret key: make new keys, with `zmqlab keys FOLDER`")
    return public, secret


def _load(path):
    """Return the public key in a file, and the secret one, or None."""
    from zmq.auth import load_certificate

    try:
        public, secret = load_certificate(path)
        for key in filter(None, (public, secret)):
            if len(z85.decode(key)) != 32:
                raise ValueError("a key has 40 characters")
    except OSError as error:
        raise KeysError(
            f"cannot read {path}: {error}. `zmqlab keys FOLDER` makes a folder with keys"
        ) from None
    except (ValueError, KeyError) as error:
        raise KeysError(f"{path} holds no key: {error}") from None
    return public, secret


def _open_gate(context, keys):
    """Answer, in a thread, libzmq's question who may connect, until the context ends."""
    # A shadow: `Context.destroy` must not close a socket that this thread uses. And where all
    # sockets are observed, this one is not the learner's.
    gate = zmq.Context.shadow(context.underlying).socket(zmq.REP, socket_class=_plain())
    gate.linger = 0
    gate.bind("inproc://zeromq.zap.01")
    threading.Thread(target=_answer, args=(gate, keys), daemon=True, name="zmqlab keys").start()


def _plain():
    """Return pyzmq's own class of sockets."""
    return next(each for each in zmq.Socket.__mro__ if each.__module__.startswith("zmq."))


def _answer(gate, keys):
    with gate, contextlib.suppress(zmq.ContextTerminated):
        while True:
            gate.send_multipart(_decide(gate.recv_multipart(), keys))


def _decide(request, keys):
    """Return the reply of ZAP, whatever happens here: without this thread, everybody is let in."""
    with contextlib.suppress(Exception):
        for path in sorted((keys / _CLIENTS).glob("*.key")):
            with contextlib.suppress(KeysError):  # one that cannot be read lets nobody in
                if z85.decode(_load(path)[0]) == request[6]:
                    return [*request[:2], b"200", b"OK", path.stem.encode(), b""]
    return [*request[:2], b"400", b"not a client", b"", b""]


def refused(endpoint: str, keys: Path, kind: int, timeout: float = 3.0) -> str:
    """Say in half a sentence why a server with keys lets no socket of a kind in; "" if it does."""
    kinds = zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    plain, event = {"socket_class": _plain()}, 0
    with (
        zmq.Context() as context,
        context.socket(kind, **plain) as probe,
        context.socket(zmq.PAIR, **plain) as monitor,
    ):
        probe.linger = 0
        connect_with(probe, keys)
        probe.monitor("inproc://events", int(kinds | zmq.EVENT_HANDSHAKE_SUCCEEDED))
        monitor.connect("inproc://events")
        probe.connect(endpoint)
        for _ in range(2):  # where it hangs up without a reason, the next try may tell one
            unknown = event in (0, zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL)
            if unknown and monitor.poll(int(1000 * timeout)):
                event = int.from_bytes(monitor.recv_multipart()[0][:2], sys.byteorder)
        probe.disable_monitor()
    if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
        return f", and does not know your key: {keys}/own.key is not in its {_CLIENTS}"
    if event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return f", whose key is not the one in {keys / _SERVER}"
    return ""
