"""What the Node programs of notebook 15 print: here, or, without Node, elsewhere."""

from pathlib import Path

import zmqlab

FORMAT = Path(zmqlab.__file__).parent / "wire" / "FORMAT.md"
VECTORS = FORMAT.with_name("vectors") / "frames.json"

ELSEWHERE = {
    "probe": "Node v20.20.2, ZeroMQ 4.3.5",
    "client": "frame 0: uint8 numbers of shape 480,640,3, 921600 bytes",
    "vectors": "91 of 91 taken or refused as they should be",
    "watcher": "60 frames, 0 lost",
    "numbers": "9007199254740992",
    "traps": (
        "Promise { <pending> }\n"
        "EBUSY: Socket is busy reading; only one receive operation may be in progress at any time\n"
        "3 parts"
    ),
    "server": "serving at tcp://127.0.0.1:35379 in process 20431",
    "asked": (
        "('ok', {'mean': 48.8})\n('ok', {'mean': 97.5})\n"
        "RequestError: tcp://127.0.0.1:35379 replied to 'darkness': unknown command darkness"
    ),
    "busy": "busy",
    "killed": (
        "TimeoutError: waited 1 s for a reply to 'brightness' from tcp://127.0.0.1:35379: nobody "
        "listens there. Is the server running, and not busy?"
    ),
}


def has_node(process):
    """Tell whether a Node program could run here: Node is there, and what npm fetches for it."""
    process.settle(lambda it: it.ended or it.output, 20)
    missing = "there is no Node", "Cannot find module 'zeromq'"
    return not any(text in process.output for text in missing)


def came(process, text=None):
    """Return what a Node program printed: to its end, or up to a line that contains `text`."""
    if not has_node(process):
        return elsewhere(process.name)
    process.wait_until(lambda it: it.ended or (text and text in it.output), 20, text or "its end")
    return process.output


def elsewhere(name):
    """Return what came on a computer that has Node."""
    return f"(This could not run here. On another computer there came:)\n{ELSEWHERE[name]}"
