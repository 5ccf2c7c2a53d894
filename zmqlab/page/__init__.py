"""What a notebook shows: figures, the panel of a process, messages in time, a live view, a web
page; and the magics.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
