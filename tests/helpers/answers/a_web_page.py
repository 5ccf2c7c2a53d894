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
        "connects before it waits for the lock": NAME
        + """    socket = context.socket(zmq.REQ)
    socket.linger = 0
    try:
        socket.connect(endpoint)
        async with lock:
            await socket.send_multipart([request])
            return list(await asyncio.wait_for(socket.recv_multipart(), timeout))
    finally:
        socket.close(linger=0)
""",
        "asyncio.wait, and a helper": """
from contextlib import asynccontextmanager


@asynccontextmanager
async def line(context, endpoint, lock):
    async with lock:
        socket = context.socket(zmq.REQ)
        socket.linger = 0
        try:
            socket.connect(endpoint)
            yield socket
        finally:
            socket.close()


async def ask_in_turn(context, endpoint, lock, request, timeout):
    async with line(context, endpoint, lock) as socket:
        await socket.send(request)
        reply = asyncio.ensure_future(socket.recv_multipart())
        done, pending = await asyncio.wait([reply], timeout=timeout)
        if pending:
            reply.cancel()
            raise TimeoutError("no reply")
        return reply.result()
""",
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
        "lingers": (
            changed(ASK, "            socket.linger = 0\n", ""),
            "there is no server, it was still busy.*what they sent to leave",
        ),
        "the shielded one goes on": (
            """
async def whole(context, endpoint, request):
    with context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        await socket.send(request)
        return await socket.recv_multipart()


async def ask_in_turn(context, endpoint, lock, request, timeout):
    async with lock:
        made = asyncio.ensure_future(whole(context, endpoint, request))
        return await asyncio.wait_for(asyncio.shield(made), timeout)
""",
            "1 of its sockets are still open",
        ),
        "never forgives": (
            """
dead = set()


async def ask_in_turn(context, endpoint, lock, request, timeout):
    async with lock:
        if endpoint in dead:
            raise TimeoutError(f"{endpoint} is dead")
        with context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(endpoint)
            await socket.send(request)
            try:
                return await asyncio.wait_for(socket.recv_multipart(), timeout)
            except TimeoutError:
                dead.add(endpoint)
                raise
""",
            "Is the lock free again",
        ),
        "frames of ZeroMQ's": (
            changed(ASK, "recv_multipart()", "recv_multipart(copy=False)"),
            "expected: .b'reply to', b'read'.*gave: .*zmq.Frame",
        ),
        "a loop within the loop": (
            """
async def ask(context, endpoint, request):
    with context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        await socket.send(request)
        return await socket.recv_multipart()


async def ask_in_turn(context, endpoint, lock, request, timeout):
    async with lock:
        made = asyncio.wait_for(ask(context, endpoint, request), timeout)
        try:
            return asyncio.run(made)
        finally:
            made.close()
""",
            "raised an error.*running event loop",
        ),
        "whoever looks at the right moment": (
            "waiting = []\n\n\n"
            + changed(
                ASK,
                "    async with lock:\n",
                # Who came later looks more often, so that the order is surely wrong.
                "    pause = 0.64 / 4 ** len(waiting)\n"
                "    waiting.append(request)\n"
                "    while lock.locked():\n"
                "        await asyncio.sleep(pause)\n"
                "    waiting.pop()\n"
                "    async with lock:\n",
            ),
            "in turn, by six visitors at once.*expected: .b'first', b''",
        ),
    }
}
