"""The machines of notebook 16: the way between them, what is left of them; systemd's unit."""

import os
import re
import shutil
import signal
import socket as plain_sockets
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import zmq
from helpers.minutes import NOTEBOOKS

from zmqlab import camera_publisher, request, snapshot, subscribe

sys.path.append(str(NOTEBOOKS))
from machines import link as machines_link
from machines import measuring
from machines.network import Network

each_kind = pytest.mark.parametrize("namespaces", [True, False])


def opened(stack, namespaces):
    """Return a network; skip the test where its machines should be real ones and may not be."""
    network = stack.enter_context(Network(namespaces))
    if namespaces and (machines_link.why_not() or "not permitted" in network.why_not):
        pytest.skip(network.why_not)
    assert bool(network.why_not) != namespaces
    return network


def test_an_address_that_cannot_be_bound_is_none(monkeypatch):
    """Windows lists those of adapters without a cable, too."""
    there = psutil.net_if_addrs()
    nowhere = next(iter(there.values()))[0]._replace(family=plain_sockets.AF_INET)
    there["unplugged"] = [nowhere._replace(address="192.0.2.77")]
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: there)
    found = measuring.addresses()
    assert "127.0.0.1" in found.values()
    assert "unplugged" not in found


@each_kind
def test_a_camera_in_the_laboratory(namespaces, tmp_path):
    """The way takes its time, and a stream passes it; so do requests, from a command too."""
    with ExitStack() as stack:
        network = opened(stack, namespaces)
        call = camera_publisher, "simulated", network.bind
        options = {"process_name": "camera", "control": network.bind, "keys": "none", "drop": False}
        camera = stack.enter_context(network.start("laboratory", *call, **options))
        network.set(delay=0.05)
        endpoint, control = network.endpoint(camera), network.endpoint(camera, 1)
        with network.start("office", look, endpoint, process_name="viewer") as viewer:
            assert viewer.wait(60) == 0
            received, lost, latency = viewer.output.split()
            assert (received, lost) == ("20", "0")
            assert float(latency) > 0.04  # nothing is faster than the line
        with network.start("office", request, control, "info", process_name="asker") as asker:
            assert asker.wait(20) == 0
        if namespaces:  # from here, there is no way
            path = tmp_path / "no.png"
            with pytest.raises(TimeoutError):
                snapshot(path, connect=camera.endpoint.replace("0.0.0.0", "127.0.0.1"), timeout=0.3)


def look(endpoint):
    with subscribe(endpoint) as stream:
        latencies = [(stream.read(), stream.latency)[1] for _ in range(20)]
        print(stream.received, stream.lost, min(latencies))


def echo(bind):
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            socket.send(socket.recv())


@each_kind
def test_nothing_is_lost_on_a_line_that_loses(namespaces):
    with ExitStack() as stack:
        network = opened(stack, namespaces)
        network.set(loss=0.05, delay=0.001)
        with network.start("laboratory", echo, network.bind, process_name="echo") as server:
            endpoint = network.endpoint(server)
            with network.start("office", ask, endpoint, process_name="asker") as asker:
                assert asker.wait(100) == 0


def ask(endpoint):
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(endpoint)
        for number in range(50):
            socket.send(b"%d" % number)
            assert socket.recv() == b"%d" % number


UNIT = NOTEBOOKS / "machines" / "zmqlab-camera.service"


def verified(folder, text):
    """Return what systemd says of a unit, whose program is this environment's."""
    program = Path(sys.executable).with_name("zmqlab")
    path = folder / UNIT.name
    path.write_text(text.replace("/opt/zmqlab/bin/zmqlab", str(program)))
    command = ["systemd-analyze", "verify", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    said = [line for line in done.stderr.splitlines() if UNIT.name in line]
    return done.returncode, "\n".join(said)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd")
def test_the_unit_is_one_for_systemd(tmp_path):
    text = UNIT.read_text()
    assert verified(tmp_path, text) == (0, "")
    broken = text.replace("Restart=always", "Restart=sometimes")
    assert "sometimes" in verified(tmp_path, broken)[1]


@pytest.mark.skipif(os.name != "posix", reason="systemd is Linux's")
def test_what_the_unit_starts_publishes_and_ends_in_order():
    """With the simulated camera, and at other ports."""
    lines = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE))
    words = lines["ExecStart"].replace("picamera", "simulated").replace("0.0.0.0", "127.0.0.1")
    words = re.sub(r":\d{4}\b", ":*", words).split()[1:]
    command = [sys.executable, "-u", "-m", "zmqlab", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as camera:
        try:
            endpoint = re.search(r"at (tcp://[^,]+),", camera.stdout.readline())[1]
            with subscribe(endpoint) as stream:
                stream.read()
                camera.send_signal(getattr(signal, lines["KillSignal"]))
                for _ in stream:  # ends, because the camera said so
                    pass
            assert camera.wait(20) == 0
        finally:
            camera.kill()
