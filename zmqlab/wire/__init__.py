"""How a message travels: its parts, the sockets it goes through, and memory that is shared.

Read `messages` first: what a frame looks like on its way; then `sockets`, which binds, connects,
sends and receives. `shared` and `ring` are for later: frames in memory that several processes see.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
