"""Keys: how they lie on the disk, who is let in, and what whoever is not is told."""

import os
import shutil
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import zmq
from zmq.auth import load_certificate

from zmqlab.__main__ import main
from zmqlab.wire import sockets
from zmqlab.wire.keys import KeysError, check_open, make_keys

SECONDS = 20
posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no modes of files")


@pytest.fixture
def lab(tmp_path):
    make_keys(tmp_path / "lab")
    return tmp_path / "lab"


@pytest.fixture
def ada(tmp_path, lab):
    """The keys of somebody who knows the server, and whom the server does not know."""
    make_keys(tmp_path / "ada")
    shutil.copy(lab / "own.key", tmp_path / "ada" / "server.key")
    return tmp_path / "ada"


def let_in(lab, ada):
    shutil.copy(ada / "own.key", lab / "clients" / "ada.key")


@pytest.fixture
def pull(lab):
    with zmq.Context() as context, context.socket(zmq.PULL) as socket:
        socket.rcvtimeo = 1000 * SECONDS
        yield socket, sockets.bind(socket, "tcp://127.0.0.1:*", keys=lab)
    gates = [each for each in threading.enumerate() if each.name == "zmqlab keys"]
    for each in gates:  # one may be just about to end
        each.join(SECONDS)
    assert not any(each.is_alive() for each in gates)


def pushed(pull, keys):
    """Push a message with keys; return it if it arrives, or why nobody is connected."""
    socket, endpoint = pull
    with zmq.Context() as context, context.socket(zmq.PUSH) as push:
        push.sndtimeo, push.linger = 1000 * SECONDS, 0
        push.immediate = True  # only with a connection there is room
        sockets.connect(push, endpoint, keys=keys)
        refusal = sockets.who_listens(endpoint, SECONDS, keys, zmq.PUSH)
        if "did not answer" not in refusal:
            assert not push.poll(0, zmq.POLLOUT)
            return refusal
        push.send(b"hello")
        return socket.recv(copy=False)


def test_of_what_is_made_others_can_read_nothing(lab):
    public, secret = load_certificate(lab / "own.key_secret")
    assert len(public) == len(secret) == 40
    for name in ("own.key", "server.key", "clients/own.key"):
        assert load_certificate(lab / name) == (public, None)
    if os.name == "posix":
        for path in [lab, *lab.rglob("*")]:
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_keys_are_never_overwritten(lab):
    before = {path: path.read_bytes() for path in lab.rglob("*.key*")}
    with pytest.raises(KeysError, match="never overwritten"):
        make_keys(lab)
    with pytest.raises(SystemExit, match=r"zmqlab: .*never overwritten"):
        main(["keys", str(lab)])
    assert before == {path: path.read_bytes() for path in lab.rglob("*.key*")}


def test_the_command_makes_keys(tmp_path, capsys):
    with pytest.raises(SystemExit) as end:
        main(["keys", str(tmp_path / "new")])
    assert end.value.code == 0
    assert load_certificate(tmp_path / "new" / "own.key")[0].decode() in capsys.readouterr().out


OURS = """
import os, threading
from zmqlab.wire.keys import of_this_process
found = []
threads = [threading.Thread(target=lambda: found.append(of_this_process())) for _ in range(9)]
[each.start() for each in threads]
[each.join() for each in threads]
print(*map(str, set(found)), (found[0] / "own.key_secret").exists(), flush=True)
if hasattr(os, "fork"):
    print(of_this_process().exists(), flush=True) if os.fork() else exit()
    print(os.wait()[1], of_this_process().exists())
"""


def test_a_process_has_keys_of_its_own_as_long_as_it_lasts():
    """All its threads have the same; a fork that ends does not take them along."""
    out = subprocess.run([sys.executable, "-c", OURS], capture_output=True, text=True, check=True)
    folder, made, *forked = out.stdout.split()
    assert made == "True"
    assert forked in (["True", "0", "True"], [])
    assert not Path(folder).parent.exists()


def test_a_client_is_let_in_and_named(pull, lab, ada):
    assert pushed(pull, lab).get("User-Id") == "own"
    let_in(lab, ada)  # while the server runs
    message = pushed(pull, ada)
    assert (message.bytes, message.get("User-Id")) == (b"hello", "ada")


def test_a_stranger_is_told_why(pull, lab, ada):
    assert "does not know your key" in pushed(pull, ada)
    let_in(lab, ada)
    (lab / "clients" / "ada.key").unlink()
    assert "does not know your key" in pushed(pull, ada)
    shutil.copy(ada / "own.key", ada / "server.key")
    assert f"whose key is not the one in {ada / 'server.key'}" in pushed(pull, ada)
    assert "and wants keys: give keys=FOLDER" in pushed(pull, None)


def test_a_folder_is_found_wherever_one_goes(lab, monkeypatch):
    monkeypatch.chdir(lab.parent)
    with zmq.Context() as context, context.socket(zmq.PULL) as other:
        endpoint = sockets.bind(other, "tcp://127.0.0.1:*", keys="lab")
        monkeypatch.chdir("/")
        other.rcvtimeo = 1000 * SECONDS
        assert pushed((other, endpoint), lab).bytes == b"hello"


def test_without_its_clients_nobody_is_let_in(pull, lab):
    shutil.rmtree(lab / "clients")
    assert "does not know your key" in pushed(pull, lab)
    (lab / "clients").symlink_to(lab / "clients")  # nothing can be read through it
    assert "does not know your key" in pushed(pull, lab)


@posix
@pytest.mark.parametrize(
    ("name", "mode", "remedy"),
    [
        ("own.key_secret", 0o644, "chmod 600"),
        ("own.key_secret", 0o640, "chmod 600"),
        ("", 0o755, "chmod 700"),
        ("", 0o701, "chmod 700"),
        ("", 0o720, "chmod 700"),
    ],
)
def test_what_others_can_read_is_refused(lab, name, mode, remedy):
    (lab / name).chmod(mode)
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        for use in (sockets.bind, sockets.connect):
            with pytest.raises(KeysError, match=f"mode {mode:o}.*{remedy}"):
                use(pull, "tcp://127.0.0.1:5555", keys=lab)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda lab: shutil.rmtree(lab), "cannot read .*makes a folder with keys"),
        (lambda lab: (lab / "own.key_secret").unlink(), "cannot read .*own.key_secret"),
        (lambda lab: (lab / "own.key_secret").write_text("metadata\ncurve\n"), "holds no key"),
        (lambda lab: (lab / "own.key_secret").write_text('public-key = "é"'), "holds no key"),
        (
            lambda lab: (lab / "own.key_secret").write_bytes((lab / "own.key").read_bytes()),
            "has no secret key",
        ),
        (lambda lab: (lab / "server.key").write_text('public-key = "abcde"'), "40 characters"),
        (lambda lab: (lab / "server.key").unlink(), "cannot read .*server.key"),
    ],
)
def test_what_is_wrong_with_keys_is_said(lab, spoil, complaint):
    spoil(lab)
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        pytest.raises(KeysError, match=complaint),
    ):
        sockets.connect(push, "tcp://127.0.0.1:5555", keys=lab)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "localhost", "[::1]"])
def test_loopback_needs_no_keys(host):
    check_open(f"tcp://{host}:*", None)


@pytest.mark.parametrize("host", ["0.0.0.0", "*", "[::]", "192.168.1.5", "eth0", "lab.example"])
def test_anything_else_does_unless_it_is_said_that_it_does_not(host, lab):
    with pytest.raises(KeysError, match=r"zmqlab keys FOLDER.*or.*keys=.none"):
        check_open(f"tcp://{host}:5555", None)
    check_open(f"tcp://{host}:5555", "none")
    check_open(f"tcp://{host}:5555", lab)
