"""A line between two machines: when what enters it comes out, and what does not.

It carries nothing itself. Whoever does asks it when: a relay of bytes, or of packets.
"""

import math
import random
from typing import Any

from zmqlab.wire.text import ArgumentError

_MOST = {"delay": 10.0, "rate": math.inf, "loss": 0.9}
_LONGEST_QUEUE = 0.1  # seconds: what would wait longer to enter has no room


class Line:
    """Delay, rate, and what is lost, one way as the other.

    Parameters
    ----------
    **settings
        ``delay`` in seconds, ``rate`` in bytes a second (None: as fast as can be), ``loss`` from
        0 to 0.9, the share that is lost. What cannot be is a ValueError. The attribute `settings`
        has all three as they are now.
    """

    def __init__(self, **settings: Any) -> None:
        self.settings: dict[str, Any] = {"delay": 0.0, "rate": None, "loss": 0.0}
        self._free: dict[Any, float] = {}  # direction: when all that has entered has been sent
        self.set(**settings)

    def set(self, **settings: Any) -> dict[str, Any]:
        """Change some settings, and return all; what has entered keeps to the earlier ones.

        But with another rate, nobody waits behind what was slow: whoever holds that may let it
        enter anew.
        """
        for name, value in settings.items():
            if name not in _MOST:
                raise ArgumentError(f"unknown setting {name!r}: set {', '.join(_MOST)}")
            none = name == "rate" and value is None
            number = isinstance(value, (int, float)) and type(value) is not bool
            if not none and not (number and 0 <= value <= _MOST[name]):
                raise ArgumentError(f"{name}={value!r}: give a number from 0 to {_MOST[name]:g}")
        if settings.get("rate", self.settings["rate"]) != self.settings["rate"]:
            self._free.clear()
        self.settings |= settings
        return {"settings": self.settings}

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
