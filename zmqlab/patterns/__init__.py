"""The roles that programs play for each other: a file for each pattern, to be read one by one.

A role is a plain function. It makes its own context and sockets, works until it is told to stop,
and runs the same in a process started from a notebook, in a thread, or from a terminal.
"""

import lazy_loader

from zmqlab.processes import before_start

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "request_reply": ["RequestError", "camera_server", "request", "snapshot"],
        "push_pull": ["fft_worker", "sink", "ventilator"],
        "workers": ["FarmError"],
        "farm": ["fft_farm"],
        "publisher": ["Publisher"],
        "publish_subscribe": ["camera_publisher"],
        "subscription": ["EndOfStream", "subscribe"],
        "watch_stream": ["watch"],
        "track_beads": ["detect_beads", "link_beads", "track"],
        "record_stream": ["record"],
    },
)


def sweep() -> None:
    """Remove the shared memory of processes that were killed: what each start begins with."""
    from zmqlab.wire import ring

    ring.sweep()


before_start.append(sweep)
