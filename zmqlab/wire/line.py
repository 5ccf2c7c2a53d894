"""A line between two machines: when what enters it comes out, and what does not.

It carries nothing itself. Whoever does asks it when: a relay of bytes, or of packets.
"""

import json
import math
import random
from collections.abc import Callable
from typing import Any

import zmq

from zmqlab.wire.messages import pack_message
from zmqlab.wire.sockets import recv_parts, send_parts

_LONGEST_QUEUE = 0.1  # seconds: what would wait longer to enter has no room
_LONGEST_ERROR = 300  # characters
_MOST_PARTS = 8  # of a request and its envelope that are looked at


class Line:
    """Delay, rate, and what is lost, one way as the other.

    Parameters
    ----------
    **settings
        ``delay`` in seconds, ``rate`` in bytes a second (None: as fast as can be), ``loss`` from
        0 to 0.9, the share that is lost. What cannot be is a ValueError.

    Attributes
    ----------
    settings : dict
        All three as they are now.
    """

    def __init__(self, **settings: Any) -> None:
        self.settings: dict[str, Any] = {"delay": 0.0, "rate": None, "loss": 0.0}
        self._free: dict[Any, float] = {}  # direction: when all that has entered has been sent
        self.set(**settings)

    def set(self, **settings: Any) -> None:
        """Change some settings; all that has entered keeps to the earlier ones."""
        for name, value in settings.items():
            top = {"delay": 10, "rate": math.inf, "loss": 0.9}.get(name)
            if top is None:
                raise ValueError(f"unknown setting {name!r}: set {', '.join(self.settings)}")
            none = name == "rate" and value is None
            number = isinstance(value, (int, float)) and type(value) is not bool
            if not none and not (number and 0 <= value <= top):
                raise ValueError(f"{name}={value!r}: give a number from 0 to {top:g}")
        self.settings |= settings

    @property
    def idle(self) -> bool:
        """Whether what enters comes out at once."""
        return not any(self.settings.values())

    def until_room(self, direction: Any, now: float) -> float:
        """Return how many seconds it takes until more may enter: 0.0 if it may."""
        return max(0.0, self._free.get(direction, 0.0) - now - _LONGEST_QUEUE)

    def out(self, direction: Any, size: int, now: float) -> float:
        """Let so many bytes enter; return when they come out."""
        sent = max(now, self._free.get(direction, 0.0))
        if self.settings["rate"]:
            sent += size / self.settings["rate"]
        self._free[direction] = sent
        return sent + self.settings["delay"]

    def loses(self) -> bool:
        """Tell whether what enters now is lost."""
        return random.random() < self.settings["loss"]

    def answer(self, router: zmq.Socket, **commands: Callable[..., dict[str, Any]]) -> str:
        """Reply to a request that waits at a ROUTER socket, whatever it says; return the command.

        ``set`` changes settings. More commands may be given: functions that take what the request
        has as parameters, and return what the reply is to say. Where the reply is an error, or
        there was no request, the command is "". (A ROUTER, because a REP may lose its reply to
        whoever asks after a stranger that kept to no rule.)
        """
        commands = {"set": self._set} | commands
        try:
            parts = [part.bytes for part in recv_parts(router, 0, _MOST_PARTS)]
            begin = parts.index(b"") + 1  # where the envelope ends
        except (TimeoutError, ValueError):
            return ""
        envelope, parts, done = parts[:begin], parts[begin:], ""
        if not parts:
            return ""
        try:
            command = parts[0].decode()
            given = json.loads(parts[1]) if parts[1:] else {}
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

    def _set(self, **settings):
        self.set(**settings)
        return {"settings": self.settings}
