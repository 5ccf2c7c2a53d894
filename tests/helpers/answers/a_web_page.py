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
        "asyncio.timeout": body("""    async with lock, asyncio.timeout(timeout):
        with context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(endpoint)
            await socket.send(request)
            return await socket.recv_multipart()
"""),
    }
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "ask_in_turn": {
        "no lock": (
            changed(ASK, "    async with lock:\n", "    if True:\n"),
            "asked the camera while another held `lock`",
        ),
        "no timeout": (
            changed(ASK, WAIT, "return await socket.recv_multipart()"),
            "it should raise:",
        ),
        "milliseconds for seconds": (
            changed(ASK, "(), timeout)", "(), timeout / 1000)"),
            "gave up early: `timeout` is in seconds",
        ),
        "not awaited": (
            changed(ASK, "return await asyncio.wait_for(", "return asyncio.wait_for("),
            "What three calls return.*gave: .*coroutine",
        ),
        "the lock for the request only": (
            body("""    with context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        async with lock:
            await socket.send(request)
        return await asyncio.wait_for(socket.recv_multipart(), timeout)
"""),
            "A second request came before the first had its reply",
        ),
        "the timeout for the lock, too": (
            body("""    async with asyncio.timeout(timeout), lock:
        with context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(endpoint)
            await socket.send(request)
            return await socket.recv_multipart()
"""),
            "gave up early: .* for the reply",
        ),
        "a context that blocks": (
            changed(
                changed(ASK, "with context.socket", "with zmq.Context.instance().socket"),
                "            await socket.send(request)\n            " + WAIT,
                "            socket.send(request)\n            return socket.recv_multipart()",
            ),
            "the event loop stood still",
        ),
        "left to linger": (
            changed(ASK, "            socket.linger = 0\n", ""),
            "there is no server.*Its context waits",
        ),
    }
}
