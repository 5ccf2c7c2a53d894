"""What notebook 13 looks and measures with: short functions, to be opened and read."""

import time

import looking_inside as inside
import numpy as np
import zmq

from zmqlab import recv_frame, send_frame

FRAMES = {"VGA": np.zeros((480, 640, 3), np.uint8), "HD": np.zeros((1080, 1920, 3), np.uint8)}


def knock(endpoint, **options):
    """Connect a REQ with these options; return what happens to it, and how that ends."""
    context = zmq.Context()
    req = context.socket(zmq.REQ)
    for name, value in options.items():
        setattr(req, name, value)
    what, end = inside.events_until_silence(inside.watch(req, endpoint), most=20)
    context.destroy(linger=0)
    return what.replace("HANDSHAKE_", ""), end


def milliseconds(frame, encrypted, count=40):
    """Send a frame so often, one after the other, to a socket; return the time of the fastest."""
    taken, theirs, mine = [], zmq.curve_keypair(), zmq.curve_keypair()
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.PUSH) as push,
    ):
        if encrypted:
            pull.curve_server, pull.curve_secretkey = True, theirs[1]
            push.curve_serverkey = theirs[0]
            push.curve_publickey, push.curve_secretkey = mine
        pull.bind("tcp://127.0.0.1:*")
        push.connect(pull.last_endpoint.decode())
        for _ in range(count):
            began = time.perf_counter()
            send_frame(push, frame)
            recv_frame(pull)
            taken.append(1000 * (time.perf_counter() - began))
    return min(taken)
