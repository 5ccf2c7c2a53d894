"""A line between two machines: when what enters it comes out, and what does not.

`link` and `relay` are two ways to put one between programs. Both reply to requests as a camera
server does, to ``set`` alone: ``zmqlab.request(control, "set", {"delay": 0.02})``.
"""

import json
import math
import random

import zmq

from zmqlab import send_message

LONGEST_QUEUE = 0.1  # seconds: what would wait longer to enter has no room


class Line:
    """Delay in seconds, rate in bytes a second, and which part is lost, one way as the other."""

    def __init__(self, **settings):
        self.settings = {"delay": 0.0, "rate": None, "loss": 0.0}
        self.free = {}  # direction: when all that has entered has been sent
        self.set(**settings)

    def set(self, **settings):
        for name, value in settings.items():
            top = {"delay": 10, "rate": math.inf, "loss": 0.9}[name]
            none = name == "rate" and value is None
            if not none and not (isinstance(value, (int, float)) and 0 <= value <= top):
                raise ValueError(f"{name}={value!r}: give a number from 0 to {top:g}")
        self.settings |= settings

    def queue(self, direction, now):
        """Return how many seconds what enters now has to wait until it is sent."""
        return max(0.0, self.free.get(direction, 0.0) - now)

    def out(self, direction, size, now):
        """Let so many bytes enter; return when they come out."""
        sent = now + self.queue(direction, now)
        if self.settings["rate"]:
            sent += size / self.settings["rate"]
        self.free[direction] = sent
        return sent + self.settings["delay"]

    def loses(self):
        return random.random() < self.settings["loss"]

    def answer(self, rep):
        """Reply to a request that waits at a REP socket, whatever it says."""
        parts = rep.recv_multipart(zmq.NOBLOCK)
        try:
            command, settings = parts
            if command != b"set":
                raise ValueError(f"unknown command {command[:20]!r}: send set")
            self.set(**json.loads(settings))
            send_message(rep, "ok", {"settings": self.settings})
        except Exception as error:
            send_message(rep, "error", {"error": f"{type(error).__name__}: {error}"[:300]})
