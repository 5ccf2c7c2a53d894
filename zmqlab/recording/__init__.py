"""Frames into an HDF5 file, and back: `recorder` writes and reads, `film` lays out the file."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
