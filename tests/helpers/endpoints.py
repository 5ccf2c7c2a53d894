"""An endpoint at which nobody listens."""

import socket


def free_endpoint() -> str:
    """Return an endpoint on this computer whose port nobody uses now."""
    with socket.socket() as plain:
        plain.bind(("127.0.0.1", 0))
        return f"tcp://127.0.0.1:{plain.getsockname()[1]}"
