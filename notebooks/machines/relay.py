"""A line made of a program: it takes TCP connections, and passes on what comes, later.

It runs anywhere. What it cannot do is lose a packet: it stands between two TCP connections, and
neither of them misses anything. Instead it holds a piece up for as long as sending it again takes.
"""

import asyncio
import contextlib
from urllib.parse import urlsplit

import zmq
import zmq.asyncio

from machines.line import LONGEST_QUEUE, Line

PIECE = 64 * 1024  # bytes read at once
UNDER_WAY = 64  # pieces in the line, at most, in each direction of each connection
AGAIN = 0.2  # seconds until a system sends a packet again that nobody has acknowledged


def relay(connect, bind="tcp://127.0.0.1:0", control="tcp://127.0.0.1:*", **settings):
    """Pass on what comes to `bind` to `connect`, and back, until Ctrl-C."""
    with (
        contextlib.suppress(KeyboardInterrupt),
        asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,  # zmq.asyncio wants it
    ):
        runner.run(serve(urlsplit(connect), urlsplit(bind), control, Line(**settings)))


async def serve(there, here, control, line):
    async def connected(*near):
        with contextlib.suppress(OSError, ExceptionGroup):  # one side or the other has gone
            far = await asyncio.open_connection(there.hostname, there.port)
            async with asyncio.TaskGroup() as both:
                both.create_task(carry(line, "there", near[0], far[1]))
                both.create_task(carry(line, "back", far[0], near[1]))
        near[1].close()  # where nobody listens at the far end

    server = await asyncio.start_server(connected, here.hostname, here.port)
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.linger = 0
        rep.bind(control)
        print(f"relay: tcp://{here.hostname}:{server.sockets[0].getsockname()[1]}", flush=True)
        asker = zmq.asyncio.Socket.from_socket(rep)
        while True:
            await asker.poll()
            line.answer(rep)


async def carry(line, direction, reader, writer):
    """Carry one direction of a connection until it ends."""
    queue, now = asyncio.Queue(UNDER_WAY), asyncio.get_running_loop().time

    async def deliver():
        while piece := await queue.get():
            await asyncio.sleep(piece[0] - now())
            writer.write(piece[1])
            await writer.drain()

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(deliver())
            while data := await reader.read(PIECE):
                due = line.out(direction, len(data), now())
                await queue.put((due + AGAIN * line.loses(), data))
                await asyncio.sleep(line.queue(direction, now()) - LONGEST_QUEUE)
            await queue.put(None)
    finally:
        writer.close()
