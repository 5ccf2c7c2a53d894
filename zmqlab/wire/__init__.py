"""How a message travels: its parts, the sockets it goes through, and memory that is shared.

Read `messages` first: what a frame looks like on its way. `sockets` binds and connects, sends and
receives the parts of a message as one, with errors that say what to do. `zmtp` and `zmtp_words`
read the bytes that ZeroMQ itself sends, `keys` lets in only clients you know, and `line` makes a
way between two machines slow or bad, as `commands` tell it. `shared` and `ring` are for later:
frames that stay where they are, in memory that several processes see.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
