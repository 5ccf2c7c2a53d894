"""What is calculated from frames: their spectrum and its fringes; beads, and how they wander."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
