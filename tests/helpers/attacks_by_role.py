"""What is done to every role: at the doors that it opens, and as the peer that it goes to."""

import contextlib
import json
import random
import socket as plain_sockets
import struct
import threading

from helpers.attacks import LONG, MORE, handshake, message, part, peer, shake_hands

from zmqlab.course.ports import free_endpoint

PATIENCE = 40.0  # seconds, for what is sure to come
EVIL = "\u202e\x1b[2J\n" * 1000  # what no terminal is to be shown
RESET = struct.pack("ii", 1, 0)  # a close that loses what is on its way

SHAPES = [[], [0], [1], [1, 1], [4, 4, 3], [2, 0, 3], [4, 4, 4], [1, 1, 1, 1], [1000, 1]]
LIES = [
    {"shape": [480, 640, 3]},
    {"shape": [2**31, 2**31, 2**31]},
    {"shape": [-1, 4]},
    {"shape": "much"},
    {"dtype": "object"},
    {"sequence": -1},
    {"sequence": 2**53 - 1},
    {"time": "now"},
    {"time": 1e300},
    {"stream": {"a": []}},
    {"control": -5},
    {"ring": "/etc/passwd", "slot": 2**60},
    {"error": EVIL},
    {"worker": None, "token": 5},
    {"worker": EVIL, "name": EVIL},
    {"settings": 7, "source": [EVIL]},
    {"frame_number": "x", "lost": [], "collecting": EVIL},
]


def frames(topic, dice):
    """Return messages about frames, first honest ones that are odd, then some that lie."""
    found = []
    for number, shape in enumerate(SHAPES):
        size = 1
        for length in shape:
            size *= length
        about = {"dtype": "uint8", "shape": shape, "sequence": number, "time": 1.0}
        found.append(message(topic, json.dumps(about).encode(), dice.randbytes(size)))
    for lie in LIES:
        about = {"dtype": "uint8", "shape": [2], "sequence": 3, "time": 1.0} | lie
        found.append(message(topic, json.dumps(about).encode(), b"12"))
    found.append(message(topic, b"[" * 100_000, b""))
    return found


def rubbish(dice):
    """Return messages of random parts."""
    beginnings = [b"", b"\0", b"\1", b"read", b"stop?", b"ask", b"hello", b"sent", b"camera/"]
    beginnings += [b"beads/", b"result", b"error", b"{}", b"\xff\xfe"]
    return [
        message(
            *(
                dice.choice(beginnings) + dice.randbytes(dice.choice([0, 0, 3, 300]))
                for _ in range(dice.choice([1, 2, 3, 3, 4, 30]))
            )
        )
        for _ in range(60)
    ]


ENDLESS = {
    "large": part(bytes(60_000), more=True) * 50,
    "empty": part(b"", more=True) * 500_000,
}


def storm(endpoint, kind, seed):
    """Do to a door what anybody may do; return the connections that stay, and say nothing."""
    dice, silent = random.Random(seed), []
    host, port = endpoint.split("://")[1].split(":")
    for beginning in (b"", handshake(kind)[:5], handshake(kind)[:40], b"GET / HTTP/1.1\r\n"):
        for _ in range(3):
            with contextlib.suppress(OSError), peer(endpoint) as it:
                it.sendall(beginning + dice.randbytes(200))
    with contextlib.suppress(OSError), peer(endpoint, kind, timeout=0.5) as it:
        it.sendall(b"".join(rubbish(dice)))
        for topic in (b"camera/", b"result", b"ask", b"hello", EVIL[:50].encode()):
            it.sendall(b"".join(frames(topic, dice)))
    with contextlib.suppress(OSError), peer(endpoint, kind, timeout=0.5) as it:  # vanishes
        it.sendall(bytes([LONG | MORE]) + (1000).to_bytes(8, "big") + bytes(500))
        it.setsockopt(plain_sockets.SOL_SOCKET, plain_sockets.SO_LINGER, RESET)
    for data in list(ENDLESS.values()) * 3:  # greedy
        with contextlib.suppress(OSError), peer(endpoint, kind, timeout=0.3) as it:
            for _ in range(30):
                it.sendall(data)
    for _ in range(60):  # silent, and slow
        with contextlib.suppress(OSError):
            it = plain_sockets.create_connection((host, int(port)), 5)
            it.sendall(handshake(kind)[: dice.choice([0, 3, 64, 200])])
            silent.append(it)
    return silent


class Liar(threading.Thread):
    """A peer to whoever connects; `left` is set when it has lied enough, and its port is free."""

    def __init__(self, kind, topic, seed):
        super().__init__(daemon=True)
        self.kind, self.topic, self.dice = kind, topic, random.Random(seed)
        self.endpoint = free_endpoint()
        port = int(self.endpoint.rpartition(":")[2])
        self.listener = plain_sockets.create_server(("127.0.0.1", port))
        self.listener.settimeout(0.1)
        self.over = threading.Event()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.over.set()
        self.listener.close()
        self.join(PATIENCE)

    def run(self):
        lies = [
            None,  # it greets nobody
            b"".join(rubbish(self.dice)) + b"".join(frames(self.topic, self.dice)),
            ENDLESS["large"] * 20,
            ENDLESS["empty"] * 20,
            bytes([LONG | MORE]) + (1000).to_bytes(8, "big") + bytes(500),
            self.dice.randbytes(300),
        ]
        with contextlib.suppress(OSError):
            for lie in lies:
                with contextlib.suppress(OSError), self.next() as connection:
                    connection.settimeout(5)
                    if lie:
                        shake_hands(connection, self.kind)
                        connection.sendall(lie)
                    connection.settimeout(0.3)
                    connection.recv(1 << 16)
        self.listener.close()
        self.over.set()

    def next(self):
        """Return the next connection; OSError if none is wanted any more."""
        while not self.over.is_set():
            with contextlib.suppress(TimeoutError):
                return self.listener.accept()[0]
        raise OSError("over")
