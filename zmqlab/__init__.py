"""zmqlab: how programs talk to each other with ZeroMQ, learned with a camera.

The names below are imported when they are first used, so that `import zmqlab`
costs next to nothing: a hello server must not pay for OpenCV.
"""

import importlib

_HOMES = {
    "cameras": ["CameraError", "open_camera"],
    "exercises": ["check", "hint"],
    "farm": ["fft_farm"],
    "messages": ["MessageError", "recv_frame", "recv_message", "send_frame", "send_message"],
    "observed": ["ready"],
    "patterns.publish_subscribe": ["camera_publisher"],
    "patterns.publisher": ["Publisher"],
    "patterns.push_pull": ["fft_worker", "sink", "ventilator"],
    "patterns.record": ["record"],
    "patterns.request_reply": ["RequestError", "camera_server", "request", "snapshot"],
    "patterns.subscription": ["EndOfStream", "subscribe"],
    "patterns.watch": ["watch"],
    "patterns.workers": ["FarmError"],
    "processes": ["ProcessError", "StartError", "process", "start", "stop_all"],
    "shared": ["FrameRing", "Overtaken", "RingFull", "RingReader"],
    "views": ["drawing", "show_frame", "show_spectrum", "show_timeline"],
}
_WHERE = {name: home for home, names in _HOMES.items() for name in names}
__all__ = sorted(_WHERE)


def __getattr__(name):
    if name not in _WHERE:
        raise AttributeError(f"module 'zmqlab' has no attribute {name!r}")
    return getattr(importlib.import_module(f"zmqlab.{_WHERE[name]}"), name)


def __dir__():
    return __all__


def load_ipython_extension(ipython):
    """What `%load_ext zmqlab` calls: brings `%%terminal` and its friends."""
    from zmqlab.magics import load

    load(ipython)
