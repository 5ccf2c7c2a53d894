"""Ports that are free, for programs that are told where to bind."""

import contextlib
import secrets
import socket as plain_sockets
from collections import deque

PORTS = range(20_000, 32_000)  # below those that systems lend to outgoing connections
_MOST_CLAIMS = 200  # a program that is killed and comes again needs its port for long
_claims: deque[int] = deque()  # files of UDP sockets, of the same numbers


def free_endpoint() -> str:
    """Return an endpoint at which nobody listens."""
    return free_endpoints(1)[0]


def free_endpoints(count: int) -> list[str]:
    """Return endpoints at which nobody listens.

    Until the program binds that is told one, it is free for whoever looks for one like this, in
    any process. So the UDP port of the same number is held, and such are passed over.
    """
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(plain_sockets.socket()) for _ in range(count)]
        return [f"tcp://127.0.0.1:{_bind(probe)}" for probe in probes]


def _bind(probe):
    # Not by `random`: programs that start from the same seed at once would want the same port.
    for _ in range(100):
        port = secrets.choice(PORTS)
        with (
            contextlib.suppress(OSError),
            plain_sockets.socket(type=plain_sockets.SOCK_DGRAM) as claim,
        ):
            claim.bind(("127.0.0.1", port))
            probe.bind(("127.0.0.1", port))
            _claims.append(claim.detach())
            if len(_claims) > _MOST_CLAIMS:
                plain_sockets.close(_claims.popleft())
            return port
    raise OSError(f"no free port from {PORTS.start} to {PORTS.stop}: end some")
