"""Why a socket that connects has no connection: what libzmq's monitors on both sides tell of it."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

# Values of HANDSHAKE_FAILED_PROTOCOL: https://libzmq.readthedocs.io/en/latest/zmq_socket_monitor.html
_CRYPTOGRAPHIC, _MECHANISM = 0x11000001, 0x11000002
_FAILURES = {
    _CRYPTOGRAPHIC: ("the key is not the one that the other side has", "wrong key"),
    _MECHANISM: ("one side has a key and the other has none: never tried again", "key missing"),
}
_TYPE = "wrong socket type at the other end: never tried again", "wrong type"


def reason_for(
    socket: dict[str, Any], endpoint: str, everybody: Iterable[dict[str, Any]]
) -> tuple[str, str]:
    """Return why a socket is not connected to an endpoint, in a sentence and in two words.

    Parameters
    ----------
    socket : dict
        As a report tells of it.
    endpoint : str
        One that it connects to.
    everybody : iterable of dict
        All the sockets that are known: the one at the other end may know more of why.
    """
    last = next((e for e in reversed(socket.get("ended", [])) if e["endpoint"] == endpoint), None)
    retrying = endpoint in socket.get("retrying", [])
    if last is None or last["up"]:
        gone = "the peer has gone; " if last else ""
        if not retrying:
            return f"{gone}connecting", "connecting"
        if _is_here(endpoint):
            return f"{gone}refused: nobody listens there; tries again and again", "refused"
        return f"{gone}no answer from there: retrying", "retrying"
    event, value = last["event"], last["value"]
    if event == "HANDSHAKE_FAILED_NO_DETAIL":
        event, value = _told_by_the_other(last, everybody) or (event, value)
    if event is None:
        return ("closed before a handshake: retrying", "retrying") if retrying else _TYPE
    if event == "HANDSHAKE_FAILED_AUTH":
        sentence, short = f"not allowed in (code {value}): never tried again", "not allowed"
    else:
        nonsense = "that is not ZeroMQ as it should be; retrying", "no handshake"
        sentence, short = _FAILURES.get(value, nonsense)
    return f"handshake failed: {sentence}", short


def _told_by_the_other(last, everybody):
    for socket in everybody:
        for each in socket.get("ended", []):
            ends = each["local"], each["peer"]
            if each["event"] and ends == (last["peer"], last["local"]) != (None, None):
                return each["event"], each["value"]
    return None


def _is_here(endpoint):
    """Tell whether an endpoint is on this computer, where the answer comes at once."""
    host = urlsplit(endpoint).hostname or ""
    return host.startswith("127.") or host in ("localhost", "::1")
