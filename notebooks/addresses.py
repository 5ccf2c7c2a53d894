"""An address for a server, at a port that is free."""

import contextlib
import socket as plain_sockets

import zmq

LOWEST, HIGHEST = 20000, 32000  # below the ports that systems lend to outgoing connections
_claims = []


def free_address() -> str:
    """Return an endpoint of this computer at which nobody listens.

    The port is taken and given back, so that it is free for whoever binds it next. That others on
    this computer do not find it as well, meanwhile, the UDP port of the same number is held until
    this program ends: ZeroMQ does not need it, and who looks for a port like this passes it over.
    """
    while True:
        with zmq.Context() as context, context.socket(zmq.REP) as socket:
            port = socket.bind_to_random_port("tcp://127.0.0.1", LOWEST, HIGHEST)
        claim = plain_sockets.socket(type=plain_sockets.SOCK_DGRAM)
        with contextlib.suppress(OSError):
            claim.bind(("127.0.0.1", port))
            _claims.append(claim)
            return f"tcp://127.0.0.1:{port}"
