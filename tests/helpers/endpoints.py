"""Where nobody listens."""

import socket


def free_endpoint():
    """Return a tcp endpoint of this computer that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"tcp://127.0.0.1:{taken.getsockname()[1]}"
