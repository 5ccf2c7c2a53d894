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
    }
}
