"""What a notebook shows: figures, the panel of a process, a live view, a web page; and the
magics.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "figures": ["drawing", "show_frame", "show_spectrum", "show_timeline"],
        "live_view": ["live"],
        "panels": ["panel"],
        "web_frame": ["show_page"],
    },
)
