"""Ctrl-C waits until a message is whole.

Python raises KeyboardInterrupt between any two steps of a program, and so between two parts of a
message: the next message would be taken for the rest of this one. So parts are sent and received
within `whole`: a Ctrl-C that comes meanwhile is raised at its end.
"""

import signal
from _signal import getsignal  # that of `signal` makes an enum of it, in fifty times the time
from threading import get_ident, main_thread

_SIGINT, _UNCARED = int(signal.SIGINT), signal.default_int_handler
_MAIN = main_thread().ident  # the thread that Ctrl-C reaches


class _Whole:
    """Entered for each message: every tenth of a microsecond counts."""

    __slots__ = "came", "within"

    def __init__(self) -> None:
        self.within = self.came = False

    def __enter__(self) -> None:
        if get_ident() == _MAIN:
            if getsignal(_SIGINT) is _UNCARED:
                signal.signal(_SIGINT, _interrupt)
            self.within = True

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self.within and get_ident() == _MAIN:
            self.within = False
            if self.came:
                self.came = False
                raise KeyboardInterrupt


whole = _Whole()


def _interrupt(number, frame):
    if whole.within:
        whole.came = True
    else:
        signal.default_int_handler(number, frame)
