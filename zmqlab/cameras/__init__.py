"""Where frames come from: a file for each kind of camera, all used alike.

`open_camera` chooses one: a webcam, a video file, the camera of a Raspberry Pi, or a microscope
that only exists in software and whose truth is known. Whatever it is, its frames are height x
width x 3, uint8, blue, green, red.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
