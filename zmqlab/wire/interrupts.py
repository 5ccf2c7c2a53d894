"""Ctrl-C waits until a message is whole.

Python raises KeyboardInterrupt between any two steps of a program, and so between two parts of a
message: the next message would be taken for the rest of this one. So parts are sent and received
within `whole`: a Ctrl-C that comes meanwhile is raised at its end.
"""

import signal
import threading
from _signal import getsignal  # that of `signal` makes an enum of it, in fifty times the time

_SIGINT = int(signal.SIGINT)


class _Whole:
    within = came = False

    def __enter__(self) -> None:
        if threading.get_ident() == threading.main_thread().ident:  # the one that Ctrl-C reaches
            if getsignal(_SIGINT) is signal.default_int_handler:
                signal.signal(_SIGINT, _interrupt)
            self.came = False
            self.within = True

    def __exit__(self, *error: object) -> None:
        if self.within and threading.get_ident() == threading.main_thread().ident:
            self.within = False
            if self.came:
                raise KeyboardInterrupt


whole = _Whole()


def _interrupt(number, frame):
    if whole.within:
        whole.came = True
    else:
        signal.default_int_handler(number, frame)
