"""Two machines on one computer: two network namespaces, joined by a line that this process is.

A network namespace has interfaces, addresses and ports of its own; programs in different ones
cannot see each other's. Each of these two has one interface, a TUN device: what is sent to it
comes out of a file here, packet by packet, and what is written to that file arrives at it. In
between, packets wait, or are lost, as requests say: see `zmqlab.Line`. Linux only, and for root
only.

Nothing is left behind. The namespaces have no names: they are there as long as a process is in
them or holds them open, and with this process both they and the devices go.
"""

import contextlib
import ctypes
import heapq
import itertools
import os
import shutil
import struct
import subprocess
import sys
from time import monotonic

import zmq

from zmqlab import Line, answer_command

ADDRESSES = {"laboratory": "10.77.0.1", "office": "10.77.0.2"}
PACKET = 9000  # bytes: "jumbo frames", as networks of cameras are set up; a plain one has 1500
NEW_NET = 0x40000000  # CLONE_NEWNET
TUN_SET_IFF, TUN, NO_PI = 0x400454CA, 0x0001, 0x1000  # linux/if_tun.h
SEVERAL = 64  # packets taken from one device before the other has its turn


def why_not():
    """Say why there can be no such machines here, or nothing."""
    if not sys.platform.startswith("linux"):
        return "only Linux has network namespaces"
    if os.geteuid():
        return "only root may make network namespaces"
    if not shutil.which("ip"):
        return "the program ip (of iproute2) is not installed"
    return "" if os.path.exists("/dev/net/tun") else "there is no /dev/net/tun"


def link(control="tcp://127.0.0.1:*", **settings):
    """Make the two machines, and carry packets between them until Ctrl-C."""
    line = Line(**settings)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    made = {}
    for name, address in ADDRESSES.items():
        _call("unshare", NEW_NET)
        made[name] = os.open("/proc/thread-self/ns/net", os.O_RDONLY), _device(address)
        _call("setns", home, NEW_NET)
    places = {name: f"/proc/{os.getpid()}/fd/{namespace}" for name, (namespace, _) in made.items()}
    with (
        contextlib.suppress(KeyboardInterrupt),
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as router,
    ):
        router.linger = 0
        router.bind(control)
        print("link:", *(f"{name} {place}" for name, place in places.items()), flush=True)
        _carry(line, router, *(device for _, device in made.values()))


def on(place, role, *args, **kwargs):
    """Run a role on one of the machines: all the sockets that it makes belong there."""
    _call("setns", os.open(place, os.O_RDONLY), NEW_NET)
    return role(*args, **kwargs)


def _call(name, *numbers):
    """Call a function of the C library: until Python 3.12 `os` has none of these."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*numbers):
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def _device(address):
    import fcntl  # not on Windows, where `why_not` must be able to say so

    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUN_SET_IFF, struct.pack("16sH", b"line", TUN | NO_PI))
    for command in (
        "link set lo up",
        f"link set line mtu {PACKET} txqueuelen 2000 up",
        f"address add {address}/24 dev line",
    ):
        subprocess.run(["ip", *command.split()], check=True, timeout=10)
    # Linux remembers how a line was: a new connection would begin as slow as the last one ended.
    with open("/proc/sys/net/ipv4/tcp_no_metrics_save", "w") as option:
        option.write("1")
    return device


def _carry(line, router, one, two):
    other, waiting, numbers = {one: two, two: one}, [], itertools.count()
    poller = zmq.Poller()
    for each in (router, one, two):
        poller.register(each, zmq.POLLIN)
    while True:
        while waiting and waiting[0][0] <= monotonic():
            _, _, device, packet = heapq.heappop(waiting)
            with contextlib.suppress(BlockingIOError):  # no room over there: lost
                os.write(device, packet)
        left = waiting[0][0] - monotonic() if waiting else 60
        for ready, _ in poller.poll(max(0, 1000 * left)):
            if ready is router:
                answer_command(router, set=line.set)
                continue
            with contextlib.suppress(BlockingIOError):
                for _ in range(SEVERAL):
                    packet, now = os.read(ready, PACKET), monotonic()
                    if not line.until_room(ready, now) and not line.loses():
                        due = line.out(ready, len(packet), now)
                        heapq.heappush(waiting, (due, next(numbers), other[ready], packet))
