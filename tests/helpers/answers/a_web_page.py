"""Answers to the exercise of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

ASK = solution("ask_in_turn")
WAIT = "return await asyncio.wait_for(socket.recv_multipart(), timeout)"
NAME = "async def ask_in_turn(context, endpoint, lock, request, timeout):\n"


def body(text):
    return NAME + text


# Of each exercise, titles and sources.
RIGHT = {
    "ask_in_turn": {
        "poll": body("""    async with lock:
        socket = context.socket(zmq.REQ)
        try:
            socket.linger = 0
            socket.connect(endpoint)
            await socket.send_multipart([request])
            if not await socket.poll(1000 * timeout):
                raise TimeoutError(f"no reply from {endpoint}")
            return await socket.recv_multipart()
        finally:
            socket.close()
"""),
        "asyncio.timeout": body("""    async with lock, asyncio.timeout(timeout):
        with context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(endpoint)
            await socket.send(request)
            return await socket.recv_multipart()
"""),
        "acquire and release": body("""    await lock.acquire()
    try:
        with context.socket(zmq.REQ) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            socket.connect(endpoint)
            await socket.send(request)
            reply = await asyncio.wait_for(socket.recv_multipart(), timeout)
    finally:
        lock.release()
    return reply
"""),
        "a DEALER": body("""    async with lock:
        with context.socket(zmq.DEALER) as socket:
            socket.linger = 0
            socket.connect(endpoint)
            await socket.send_multipart([b"", request])
            empty, *reply = await asyncio.wait_for(socket.recv_multipart(), timeout)
            return reply
"""),
    }
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "ask_in_turn": {
        "no lock": (
            changed(ASK, "    async with lock:\n", "    if True:\n"),
            "a second request before it had replied",
        ),
        "the lock while sending only": (
            body("""    with context.socket(zmq.REQ) as socket:
        socket.linger = 0
        async with lock:
            socket.connect(endpoint)
            await socket.send(request)
        return await asyncio.wait_for(socket.recv_multipart(), timeout)
"""),
            "a second request before it had replied",
        ),
        "no timeout": (
            changed(ASK, WAIT, "return await socket.recv_multipart()"),
            "it should raise:",
        ),
        "milliseconds for seconds": (
            changed(ASK, "(), timeout)", "(), timeout / 1000)"),
            "raised an error|gave up before",
        ),
        "not awaited": (
            changed(ASK, "return await asyncio.wait_for(", "return asyncio.wait_for("),
            "What it returns for b'read'|raised an error",
        ),
        "nothing comes back": (
            changed(ASK, "return await", "await"),
            "What it returns for b'read'",
        ),
        "the first part only": (
            changed(ASK, "recv_multipart()", "recv()"),
            "What it returns for b'read'",
        ),
        "a plain function": (
            ASK.replace("async def", "def")
            .replace("async with lock", "if True")
            .replace("await ", ""),
            "a coroutine|raised an error",
        ),
        "a plain socket": (
            body("""    async with lock:
        with zmq.Context() as context, context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(endpoint)
            socket.send(request)
            if not socket.poll(1000 * timeout):
                raise TimeoutError("no reply")
            return socket.recv_multipart()
"""),
            "nothing else could run",
        ),
        "the lock is kept after a failure": (
            body("""    await lock.acquire()
    with context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        await socket.send(request)
        reply = await asyncio.wait_for(socket.recv_multipart(), timeout)
    lock.release()
    return reply
"""),
            "the next one got none either",
        ),
        "none when it is late": (
            body("""    try:
        async with lock, asyncio.timeout(timeout):
            with context.socket(zmq.REQ) as socket:
                socket.linger = 0
                socket.connect(endpoint)
                await socket.send(request)
                return await socket.recv_multipart()
    except TimeoutError:
        return None
"""),
            "it should raise:",
        ),
        "the socket stays open": (
            body("""    async with lock:
        socket = context.socket(zmq.REQ)
        socket.linger = 0
        socket.connect(endpoint)
        await socket.send(request)
        return await asyncio.wait_for(socket.recv_multipart(), timeout)
"""),
            "still open",
        ),
        "one socket for all": (
            """sockets = {}
async def ask_in_turn(context, endpoint, lock, request, timeout):
    if context not in sockets:
        sockets[context] = context.socket(zmq.REQ)
        sockets[context].connect(endpoint)
    async with lock:
        await sockets[context].send(request)
        return await asyncio.wait_for(sockets[context].recv_multipart(), timeout)
""",
            "still open|raised an error",
        ),
        "a lock of its own": (
            "mine = asyncio.Semaphore(1)\n\n"
            + changed(ASK, "async with lock:", "async with mine:"),
            "It asked the camera while another held `lock`",
        ),
        "asks once more": (
            changed(
                ASK,
                "            await socket.send(request)\n            " + WAIT,
                "            await socket.send(request)\n"
                "            try:\n"
                "                " + WAIT + "\n"
                "            except TimeoutError:\n"
                "                pass\n"
                "        with context.socket(zmq.REQ) as socket:\n"
                "            socket.linger = 0\n"
                "            socket.connect(endpoint)\n"
                "            await socket.send(request)\n"
                "            " + WAIT,
            ),
            "When no reply came, it asked once more",
        ),
        "leaves out empty parts": (
            changed(ASK, WAIT, WAIT.replace("return ", "return [part for part in ") + " if part]"),
            r"What six calls at once return.*gave: .*\[b'reply to'\]",
        ),
        "the lock takes of its time": (
            NAME.replace("ask_in_turn", "whole").replace(", timeout", "") + "    async with lock:\n"
            "        with context.socket(zmq.REQ) as socket:\n"
            "            socket.linger = 0\n"
            "            socket.connect(endpoint)\n"
            "            await socket.send(request)\n"
            "            return await socket.recv_multipart()\n\n"
            + NAME
            + "    made = whole(context, endpoint, lock, request)\n"
            "    return await asyncio.wait_for(made, timeout)\n",
            "one got a TimeoutError: do not count the time at the lock",
        ),
    }
}
