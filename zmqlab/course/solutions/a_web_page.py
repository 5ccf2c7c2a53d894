"""Solutions of the exercises."""

import asyncio

import zmq


async def ask_in_turn(context, endpoint, lock, request, timeout):
    async with lock:
        with context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(endpoint)
            await socket.send(request)
            return await asyncio.wait_for(socket.recv_multipart(), timeout)
