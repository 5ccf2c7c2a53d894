"""Start a function or a cell in another process, watch what its sockets do, and stop it.

This is stage machinery: no pattern needs it. `launch` starts a process, `handle` is what you hold
of it, `output` what it printed, `cells` knows the code of a notebook, `spawn` the operating
systems, and `watchdog` ends what is left of the processes of a notebook that was killed. In the
other process `child` runs first, `observed` makes its sockets tell what they do, and
`report_sender` sends that to `report_receiver`, over here; `node` runs cells of JavaScript.
`trace` is what is noted of each message; `ends` and `matching` make arrows of it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

# Names of functions that are called before each start. Rooms that this one must not import put
# here what tidies up after their processes that were killed.
before_start: list[str] = []
