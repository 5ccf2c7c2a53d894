"""What notebook 11 looks inside with, and draws: short functions, to be opened and read."""

import itertools
import os
import stat
import time
from collections import Counter
from typing import NamedTuple

import psutil
import zmq
from zmq.utils.monitor import recv_monitor_message

from zmqlab import drawing

_numbers = itertools.count()
SILENCE = 3.0 if os.name == "nt" else 1.0  # seconds: Windows takes 2 to find that nobody listens

# Where messages wait (section 1)


def draw_queues(filled, marks):
    """Draw where the messages of each size wait: {what: how many there are in all four queues}."""
    names = f"queue 1 (sndhwm {marks[0]})", "queues 2 and 3", f"queue 4 (rcvhwm {marks[1]})"
    with drawing("where messages wait that nobody takes, for each size", 7.6, 2.4) as axes:
        for row, count in enumerate(filled.values()):
            left = 0.0
            for number, share in enumerate((marks[0], count - sum(marks), marks[1])):
                label = names[number] if row == 0 else None
                axes.barh(row, share / count, left=left, color=f"C{number}", label=label)
                left += share / count
        axes.set_yticks(range(len(filled)), [f"{what}: {n:,}" for what, n in filled.items()])
        axes.set(xlabel="share of the messages", xlim=(0, 1))
        axes.invert_yaxis()
        axes.legend(loc="upper center", bbox_to_anchor=(0.4, 1.3), ncols=3)


# A process that stands still (sections 1 and 5)


def pause(process, timeout=10.0):
    """Pause a process, and return when it stands still: on a busy computer it may run on a bit."""
    paused, deadline = psutil.Process(process.pid), time.monotonic() + timeout
    paused.suspend()
    while paused.status() != psutil.STATUS_STOPPED:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{process.name} still runs, {timeout:g} s after it was paused")
        time.sleep(0.001)  # the system has to be asked


def resume(process):
    """Let a process go on that was paused, or that was not."""
    psutil.Process(process.pid).resume()


# What happens to a socket (sections 1, 3 and 5)


class Watched(NamedTuple):
    """A socket, and the one that libzmq tells of it."""

    socket: zmq.Socket
    monitor: zmq.Socket


def watch(socket, endpoint):
    """Connect a socket, and return it with the socket that tells what happens to it."""
    # pyzmq's own address is the number of a file, which the next socket may have got again.
    monitor = socket.get_monitor_socket(addr=f"inproc://watched-{next(_numbers)}")
    socket.connect(endpoint)
    return Watched(socket, monitor)


def new_socket(context, kind, **options):
    """Return a socket with options, which have to be set before it binds or connects."""
    socket = context.socket(kind)
    for name, value in options.items():
        setattr(socket, name, value)
    return socket


def watch_push(context, peer, **options):
    """Connect a PUSH with options to a peer; return it with the socket that tells of it."""
    return watch(new_socket(context, zmq.PUSH, **options), peer.endpoint)


def connect(socket, endpoint):
    """Connect a socket; return after the handshake, or when nobody was there."""
    watched = watch(socket, endpoint)
    wait_for(watched, "HANDSHAKE_SUCCEEDED", "CONNECT_RETRIED")
    socket.disable_monitor()  # tells the other end, and waits for ever if that is gone
    watched.monitor.close()


def next_event(watched, timeout=0.0):
    """Return the name of what happens next to a watched socket, or "" after some seconds."""
    if not watched.monitor.poll(1000 * timeout):
        return ""
    return recv_monitor_message(watched.monitor)["event"].name


def wait_for(watched, *names, timeout=20.0):
    """Wait until one of these happens to a watched socket; return after how many seconds."""
    began = time.monotonic()
    while (left := began + timeout - time.monotonic()) > 0:
        if next_event(watched, left) in names:
            return time.monotonic() - began
    raise TimeoutError(f"no {' or '.join(names)} within {timeout:g} s")


def events_until_silence(watched, silence=SILENCE, most=30):
    """Return what happens, in words, until nothing has for a second, or 30 things have."""
    names = []
    while len(names) < most and (name := next_event(watched, silence)):
        names.append(name)
    end = "and so on" if len(names) == most else "then nothing more"
    return ", ".join(f"{name} x{n}" if n > 1 else name for name, n in Counter(names).items()), end


def state(watched):
    """Return the name of what happened last to a watched socket."""
    name = last = next_event(watched)
    while name:
        last, name = name, next_event(watched)
    return last


# Whose a file is (section 6)


def mode(path):
    """Return who may read, write and run a file, as `ls -l` shows it."""
    return stat.filemode(os.stat(path).st_mode)
