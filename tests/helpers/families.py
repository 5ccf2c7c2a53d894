"""Families of processes: roles, as the text of a program, and what waits beside the parent.

One role answers, one stays whatever it is asked.
"""

import contextlib

import psutil

ROLES = """
import time, zmq, zmqlab

def echo(bind="tcp://127.0.0.1:*"):
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            rep.send(rep.recv())

def stubborn():
    zmqlab.ready()
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass
"""


def is_watchdog(process):
    """Tell whether a process waits for the end of a parent; it ends then, by itself."""
    with contextlib.suppress(psutil.Error):
        return any("watchdog.py" in part for part in process.cmdline())
    return False
