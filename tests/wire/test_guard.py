"""What the guard leaves alone; test_strangers has what it cuts off."""

import sys
import time

import pytest
import zmq
from helpers.streams import raw_socket

from zmqlab.wire import guard, sockets

MB = 1_000_000


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
