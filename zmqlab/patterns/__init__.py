"""The roles that programs play for each other: a file for each pattern, to be read one by one.

A role is a plain function. It makes its own context and sockets, works until it is told to stop,
and runs the same in a process started from a notebook, in a thread, or from a terminal.
"""

import lazy_loader

from zmqlab.processes import before_start

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
# The shared memory of processes that were killed. By name: it is imported when a process starts.
before_start.append("zmqlab.wire.ring:sweep")
