"""What the guard leaves alone; test_strangers has what it cuts off."""

import sys

import pytest
import zmq
from helpers.streams import raw_socket

from zmqlab.wire import sockets

MB = 1_000_000


def send_for_ever(socket):
    while True:
        sockets.send_parts(socket, [bytes(MB)], timeout=1)


@pytest.mark.skipif(sys.platform != "linux", reason="malloc_trim is Linux's")
def test_whole_messages_that_wait_are_left_alone(capfd):
    """Twenty replies lie there, whole, while the next request finds no room."""
    with (
        raw_socket(zmq.ROUTER, rcvhwm=1, sndhwm=0) as router,
        zmq.Context() as context,
        context.socket(zmq.DEALER) as dealer,
    ):
        dealer.linger, dealer.sndhwm, dealer.rcvhwm = 0, 1, 20
        sockets.connect(dealer, router.last_endpoint.decode())
        dealer.send(b"first")
        client = router.recv_multipart()[0]
        assert not sockets.wait({dealer: zmq.POLLIN}, 0.2)  # it has looked how much memory it has
        reply = bytes(12 * MB)
        sent = [router.send_multipart([client, reply], copy=False, track=True) for _ in range(20)]
        for message in sent:
            message.wait(60)
        with pytest.raises(TimeoutError):
            send_for_ever(dealer)
        for _ in range(20):
            assert len(sockets.recv_parts(dealer, 20)[0]) == 12 * MB
        assert not sockets.wait({dealer: zmq.POLLIN}, 0.2)
    assert capfd.readouterr().err == ""
