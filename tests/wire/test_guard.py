"""Who looks after connections in a process that was forked; test_strangers has what is cut off."""

import subprocess
import sys
import time

import pytest
import zmq
from helpers.attacks import part, peer, pour
from helpers.streams import raw_socket

from zmqlab.wire import guard, sockets

MB = 1_000_000

FORKED = """
import os, sys, zmq
from zmqlab.wire import sockets

def connected(context):
    pull = context.socket(zmq.PULL)
    sockets.connect(pull, sys.argv[1], longest=1000)
    return pull

before = zmq.Context()
pull = connected(before)
for _ in range(1000):
    sockets.recv_parts(pull)
if os.fork():
    sys.exit(os.wait()[1])
after = zmq.Context()
other, router = connected(after), after.socket(zmq.ROUTER)
print(sockets.bind(router, "tcp://127.0.0.1:*"), flush=True)
sys.stdin.read()
os._exit(0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what came in")
def test_a_fork_has_a_guard_of_its_own():
    """It cuts off who floods the fork, and no connection of the process that it comes from."""
    with (
        raw_socket(zmq.PUSH) as push,
        push.get_monitor_socket(zmq.EVENT_DISCONNECTED) as ended,
    ):
        command = [sys.executable, "-c", FORKED, push.last_endpoint.decode()]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, **pipes) as process:
            for _ in range(1000):
                push.send(bytes(1000))
            with peer(process.stdout.readline().strip(), "DEALER") as flood:
                flood.settimeout(1)  # who is cut off may be told so, or hang
                assert pour(flood, part(bytes(60_000), more=True), 4000 * MB) < 4000 * MB
            assert not ended.poll(200)  # the guard looks every 50 ms
        assert process.returncode == 0
        push.disable_monitor()


def send_for_ever(socket):
    while True:
        sockets.send_parts(socket, [bytes(MB)], timeout=1)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what came in")
def test_who_waits_to_send_has_not_looked_for_messages(capfd):
    """Eight replies lie there, whole, while the ninth request finds no room."""
    with (
        raw_socket(zmq.ROUTER, rcvhwm=1, sndhwm=0) as router,
        zmq.Context() as context,
        context.socket(zmq.DEALER) as dealer,
    ):
        dealer.linger, dealer.sndhwm, dealer.rcvhwm = 0, 1, 8
        sockets.connect(dealer, router.last_endpoint.decode())
        dealer.send(b"first")
        client = router.recv_multipart()[0]
        router.send_multipart([client, b"it is there"])
        sockets.wait({dealer: zmq.POLLIN}, 60)
        sockets.recv_parts(dealer)
        sockets.wait({dealer: zmq.POLLIN}, 0.01)  # nothing more is: now it has looked
        reply = bytes(12 * MB)  # sent as it is: memory grows by no more than what comes
        for _ in range(8):
            router.send_multipart([client, reply], copy=False)
        end = time.monotonic() + 60
        while all(each.came < 96 * MB for each in list(guard._peers.values())):
            assert time.monotonic() < end
        with pytest.raises(TimeoutError):
            send_for_ever(dealer)
        guard._look()
        assert [len(sockets.recv_parts(dealer, 20)[0]) for _ in range(8)] == [12 * MB] * 8
    assert capfd.readouterr().err == ""
