"""An address for a server, at a port that is free."""

import zmq

LOWEST, HIGHEST = 20000, 32000  # below the ports that systems lend to outgoing connections


def free_address() -> str:
    """Return an endpoint of this computer at which nobody listens.

    The port is taken and given back, so that it is free for whoever binds it next.
    """
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        port = socket.bind_to_random_port("tcp://127.0.0.1", LOWEST, HIGHEST)
    return f"tcp://127.0.0.1:{port}"
