"""Requests that name a command, with JSON as its parameters: carried out by functions."""

from collections.abc import Callable
from typing import Any

import zmq

from zmqlab.wire.messages import from_json, pack_message, to_text
from zmqlab.wire.sockets import recv_parts, send_parts

_LONGEST_ERROR = 300  # characters
_MOST_PARTS = 8  # of a request and its envelope that are looked at


def answer_command(router: zmq.Socket, **commands: Callable[..., dict[str, Any]]) -> str:
    """Reply to a request that waits at a ROUTER socket, whatever it says; return the command.

    The functions take what the request has as parameters, and return what the reply is to say.
    Where the reply is an error, or there was no request, the command is "". (A ROUTER, because a
    REP may lose its reply to whoever asks after a stranger that kept to no rule.)
    """
    try:
        parts = [part.bytes for part in recv_parts(router, 0, _MOST_PARTS)]
        begin = parts.index(b"", 0, -1) + 1  # where the envelope ends, and something follows
    except (TimeoutError, ValueError):
        return ""
    envelope, parts, done = parts[:begin], parts[begin:], ""
    try:
        command = to_text(parts[0], "command")
        given = from_json(parts[1], "parameters") if parts[1:] else {}
        if command not in commands or len(parts) > 2:
            raise ValueError(
                f"unknown command {command[:20]!r} in {len(parts)} parts: send one of "
                f"{', '.join(commands)}, and behind it its parameters as JSON"
            )
        reply, done = pack_message("ok", commands[command](**given)), command
    except Exception as error:
        text = f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
        reply = pack_message("error", {"error": text})
    send_parts(router, envelope + reply)
    return done
