"""Solutions of the exercises."""

import asyncio
import threading

import zmq
import zmq.asyncio


def in_a_thread(work, items):
    def worker(context):
        with context.socket(zmq.PAIR) as socket:
            socket.connect("inproc://work")
            while (message := socket.recv_multipart())[0] == b"item":
                try:
                    reply = [b"result", work(message[1])]
                except Exception as error:
                    reply = [b"error", repr(error).encode()]
                socket.send_multipart(reply)

    results = []
    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        socket.bind("inproc://work")
        thread = threading.Thread(target=worker, args=(context,))
        thread.start()
        try:
            for item in items:
                socket.send_multipart([b"item", item])
                kind, result = socket.recv_multipart()
                if kind == b"error":
                    raise RuntimeError(result.decode())
                results.append(result)
        finally:
            socket.send_multipart([b"end", b""])
            thread.join()
    return results


def many_at_once(bind):
    async def answer(socket, address, request):
        try:
            await asyncio.sleep(float(request))
            reply = b"exposed " + request
        except ValueError:
            reply = b"error: this is no number: " + request
        await socket.send_multipart([*address, reply])

    async def serve():
        with zmq.asyncio.Context() as context, context.socket(zmq.ROUTER) as socket:
            socket.bind(bind)
            async with asyncio.TaskGroup() as tasks:
                while True:
                    *address, request = await socket.recv_multipart()
                    if request == b"stop":
                        break
                    tasks.create_task(answer(socket, address, request))
                await socket.send_multipart([*address, b"BYE"])

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(serve())
