"""zmqlab: how programs talk to each other with ZeroMQ, learned with a camera.

This is the front door: all names of the course, listed in `__init__.pyi`. Each is imported when it
is first used, so that `import zmqlab` costs next to nothing: a hello server must not pay for
OpenCV. What is behind the door, room by room, stands in CONTRIBUTING.md.
"""

import os

import lazy_loader

# Media Foundation, on Windows, can take minutes to open a webcam with its hardware transforms
# (https://github.com/opencv/opencv/issues/17687). OpenCV looks here when it is imported.
os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")

__version__ = "0.2.0"
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def load_ipython_extension(ipython) -> None:
    """Bring `%%terminal` and its friends: what `%load_ext zmqlab` calls."""
    from zmqlab.course.exercises import keep_beginnings
    from zmqlab.page.magics import load

    load(ipython)
    keep_beginnings()
