"""What the tests of observed sockets share: processes to observe, and sockets to talk to them."""

import contextlib
import json
import sys

import cloudpickle
import zmq

import zmqlab

cloudpickle.register_pickle_by_value(sys.modules[__name__])

PATIENCE = 60.0  # seconds; far more than anything here takes, on a busy computer too
LOOPBACK = "tcp://127.0.0.1:*"


def run(function, *args, **kwargs):
    """Run a function to its end in another process; return its handle and what it printed."""
    process = zmqlab.start(function, *args, start_timeout=PATIENCE, **kwargs)
    assert process.wait(PATIENCE) == 0
    return process, json.loads(process.output or "null")


def counts(process):
    """Return what was counted for each socket: messages and bytes sent, and received."""
    return [
        [[socket[way]["messages"], socket[way]["bytes"]] for way in ("sent", "received")]
        for socket in process.sockets
    ]


def serve(kind, **options):
    """Bind a socket, and let others talk to it until told to stop."""
    with zmq.Context() as context, context.socket(getattr(zmq, kind)) as socket:
        for option, value in options.items():
            setattr(socket, option, value)
        socket.bind(LOOPBACK)
        while True:
            message = socket.recv_multipart()
            if kind in ("REP", "ROUTER"):
                socket.send_multipart(message)


@contextlib.contextmanager
def connected(kind, endpoint, **options):
    """Give a plain socket of this process, connected."""
    with zmq.Context() as context, context.socket(kind) as socket:
        socket.linger, socket.rcvtimeo = 0, int(1000 * PATIENCE)
        for option, value in options.items():
            setattr(socket, option, value)
        socket.connect(endpoint)
        yield socket


def seen(process, condition, what):
    """Wait until the process's first socket is as it should be; return what is told of it."""
    process.wait_until(lambda it: it.sockets and condition(it.sockets[0]), PATIENCE, what)
    return process.sockets[0]
