"""A tap on the wire: a relay between sockets, which shows what passes, byte by byte.

::

    SUB ── connects ──  bind  tap  connect  ── bound ── PUB
                               │
                          ROUTER control

Sockets on the left connect to the tap, and the tap connects to the endpoint on the right, once for
each of them. What comes is passed on as it is, and shown as what it means: `zmqlab.wire.zmtp` has
how ZeroMQ's bytes are read. The tap can make the way long, narrow and bad, too, as a request says::

    set    {"delay": 0.02, "rate": 1e6, "loss": 0.01,    see `zmqlab.wire.line`
            "cut": true,        nothing passes, until false: a cable that is pulled out. Connections
                                stay, and neither side is told
            "corrupt": 1}       in so many pieces to come the last bit is turned over
    read   {"after": 17}        ok | {"entries": [..], "last": 25}, which `capture` draws
    info                        ok | {"settings": .., "endpoint": .., "connections": 1}
    stop                        ok | {}

Between two connections of TCP nothing can be lost. What would be is held up, for as long as it
takes to send it again.
"""

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import zmq
import zmq.asyncio

from zmqlab.patterns.capture import Kept, as_dict, line_of
from zmqlab.patterns.tap_halves import Half
from zmqlab.processes.announce import announce
from zmqlab.wire.commands import answer_command
from zmqlab.wire.keys import check_open
from zmqlab.wire.line import Line
from zmqlab.wire.messages import to_json
from zmqlab.wire.sockets import bind as bind_socket
from zmqlab.wire.text import ArgumentError
from zmqlab.wire.zmtp import Fact

_ENOUGH = 800_000  # bytes of JSON in a reply: what is longer than 1 MiB, nobody takes
_A_WHILE = 100  # milliseconds of one wait; then what has come is printed
_LAST_CHANCE = 1500  # milliseconds in which to ask for what came last


def tap_relay(
    *,
    connect: str,
    bind: str = "tcp://127.0.0.1:*",
    control: str = "tcp://127.0.0.1:*",
    show: bool = True,
    parse: bool = True,
    delay: float = 0.0,
    rate: float | None = None,
    loss: float = 0.0,
    keys: str | Path | None = None,
) -> None:
    """Pass on what sockets say to the socket at an endpoint, and show it, until Ctrl-C.

    Parameters
    ----------
    connect
        The endpoint to listen in on, for example ``tcp://127.0.0.1:5555``. It may be bound later.
    bind
        Where to connect instead. ``tcp://127.0.0.1:*``: any free port, for programs on this
        computer only.
    control
        Where to answer requests: set, read, info and stop.
    show
        Print a line for each thing that passes; of what comes too fast, the last.
    parse
        Look at what passes. Without, bytes go faster, and nothing is shown of them.
    delay
        Seconds that everything takes to pass, one way as the other.
    rate
        Bytes a second that pass each way. Default: as fast as can be.
    loss
        Share of the pieces that are held up, as TCP does with what it has to send again.
    keys
        A folder of `zmqlab keys`, for `control`. What passes has the keys of the sockets on the
        left and on the right. Or ``none``: without one of the two, `bind` and `control` must be
        addresses of this computer alone, for a tap opens to others what was open to it.

    Raises
    ------
    ValueError, KeysError
        If an endpoint is none of tcp, or a number cannot be.
    OSError
        If the endpoint cannot be bound.
    """
    for endpoint in (bind, control):
        check_open(endpoint, keys)
    relay = Relay(_address(connect), _address(bind), parse, delay=delay, rate=rate, loss=loss)
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,  # zmq.asyncio wants it
    ):
        runner.run(_serve(relay, control, show, keys))


class Relay:
    """All connections of a tap, and what is kept of them."""

    def __init__(self, there: tuple, here: tuple, parse: bool, **settings: Any) -> None:
        self.there, self.here, self.parse = there, here, parse
        self.line, self.kept = Line(**settings), Kept()
        self.mended = asyncio.Event()
        self.mended.set()
        self.corrupt = 0  # pieces that are to be corrupted yet
        self.halves: set[Half] = set()
        self.opened, self.refused = 0, False
        self.told = -1  # the last entry that somebody has read; -1: nobody reads
        self.endpoints = ["", f"tcp://{_name(*there)}"]  # bound, connected

    async def listen(self) -> asyncio.Server:
        """Take connections from now on."""
        loop, (host, port) = asyncio.get_running_loop(), self.here
        try:
            server = await loop.create_server(lambda: Half(self, "connected"), host, port)
        except OSError as error:
            remedy = "take another port, or tcp://127.0.0.1:* for any free one"
            text = f"cannot bind tcp://{_name(host, port)}: {error.strerror}; {remedy}"
            raise OSError(error.errno, text) from None
        self.endpoints[0] = f"tcp://{_name(*server.sockets[0].getsockname()[:2])}"
        self.record = announce("TAP", self.endpoints[:1], self.endpoints[1:])
        return server

    async def join(self, near: Half) -> None:
        """Connect to the other side, for a socket that has connected here."""
        await self.mended.wait()
        loop, (host, port) = asyncio.get_running_loop(), self.there
        try:
            await loop.create_connection(lambda: Half(self, "bound", near), host, port)
        except OSError as error:
            if not self.refused:  # ZeroMQ tries again and again
                self.tell(
                    near, "refused", f"nobody at {self.endpoints[1]} ({error.strerror or error})"
                )
            self.refused = True
            near.close()
        else:
            self.refused = False
            near.regulate()

    def seen(self, half: Half, facts: list[Fact]) -> None:
        """Keep what a side has said."""
        self.kept.add(time.time(), half.number, half.side, facts)

    def tell(self, half: Half | None, kind: str, text: str) -> None:
        """Keep something that happened to a connection, or to all."""
        number, side = (half.number, half.side) if half else (0, "")
        self.kept.add(time.time(), number, side, [Fact(0, 0, b"", kind, note=text)])

    def set(self, **settings: Any) -> dict[str, Any]:
        """Change settings, as a request wants it."""
        cut = settings.pop("cut", not self.mended.is_set())
        corrupt = settings.pop("corrupt", self.corrupt)
        if type(cut) is not bool:
            raise ArgumentError(f"cut={cut!r}: give true or false")
        if type(corrupt) is not int or corrupt < 0:
            raise ArgumentError(f"corrupt={corrupt!r}: give the number of pieces, 0, 1, 2, ...")
        before = self.settings()
        self.line.set(**settings)
        self.corrupt = corrupt
        self.mended.clear() if cut else self.mended.set()
        now = self.settings()
        if changed := [_words(name, now[name]) for name in now if now[name] != before[name]]:
            self.tell(None, "line", f"from now on: {', '.join(changed)}")
        halves = {each for half in self.halves for each in (half, half.other)}
        for each in filter(None, halves):  # one may have gone, and left something
            if now["rate"] != before["rate"]:
                each.enter_anew()
            each.deliver()
        return {"settings": now}

    def settings(self) -> dict[str, Any]:
        """Return all settings as they are."""
        return self.line.settings | {"cut": not self.mended.is_set(), "corrupt": self.corrupt}

    def read(self, after: int = 0) -> dict[str, Any]:
        """Tell what has been seen after an entry, as much as a reply can hold."""
        if type(after) is not int:
            raise ArgumentError(f"after={after!r}: give the number of an entry, 0, 1, 2, ...")
        entries, size = [], 0
        for each in self.kept.after(after):
            entries.append(as_dict(each))
            size += len(to_json(entries[-1]))
            if size > _ENOUGH:  # one has some kilobytes at most; the client asks on
                break
        self.told = entries[-1]["number"] if entries else self.kept.last
        return {"entries": entries, "last": self.kept.last}

    def info(self) -> dict[str, Any]:
        """Tell what this tap is."""
        connections = len({half.number for half in self.halves})
        told = {"settings": self.settings(), "connections": connections}
        return told | {"endpoint": self.endpoints[0], "connect": self.endpoints[1]}


async def _serve(relay, control, show, keys):
    server = await relay.listen()
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.linger = 1000
        controlled = bind_socket(router, control, keys=keys)
        here, there = relay.endpoints
        print(f"tap: {there} is at {here}, control at {controlled}", flush=True)
        start, printed = time.time(), 0
        asker = zmq.asyncio.Socket.from_socket(router)
        commands = {"set": relay.set, "read": relay.read, "info": relay.info, "stop": dict}
        try:
            asked = ""
            while asked != "stop":
                # Waking up now and then lets Ctrl-C through on Windows, too.
                asked = answer_command(router, **commands) if await asker.poll(_A_WHILE) else ""
                printed = _print_after(relay, start, printed) if show else 0
        finally:
            server.close()
            for half in list(relay.halves):
                half.close()
            # Whoever reads, now and then, gets the last entries too.
            while -1 < relay.told < relay.kept.last and await asker.poll(_LAST_CHANCE):
                answer_command(router, **commands)
            asker.close()
            if show:
                _print_after(relay, start, printed)
            for half in list(relay.halves):
                half.transport.abort()
            await asyncio.sleep(0)  # for what is closed to be closed


def _print_after(relay, start, last):
    """Print what is new, and return its last number: a flood is shown as far as it was kept."""
    for entry in relay.kept.after(last):
        if entry[0] > last + 1:
            print(f"{'':11}{entry[0] - last - 1:,} more, too fast to be shown")
        print(line_of(as_dict(entry), start), flush=True)
        last = entry[0]
    return last


def _words(name, value):
    match name:
        case "delay":
            return f"a delay of {value:g} s"
        case "rate":
            return f"{value:,.0f} bytes a second" if value else "as fast as can be"
        case "cut":
            return "cut, nothing passes" if value else "mended"
        case "corrupt":
            return f"{value} pieces to be corrupted"
    return f"{name} {value:g}"


def _address(endpoint):
    """Return host and port of a tcp endpoint."""
    parts = urlsplit(endpoint)
    host, port = parts.hostname, parts.netloc.rpartition(":")[2]
    if parts.scheme != "tcp" or not host or not (port == "*" or port.isdecimal()):
        raise ArgumentError(f"cannot tap {endpoint!r}: it takes one such as tcp://127.0.0.1:5555")
    return "0.0.0.0" if host == "*" else host, 0 if port == "*" else int(port)


def _name(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
