"""The check of the exercise on a web page."""

import asyncio
import inspect
import time

import zmq
import zmq.asyncio

from zmqlab.course.exercises import exercise
from zmqlab.course.trial import NotYet, Words, call, expect, nothing_left, peer

WORK = 0.2  # seconds that the check's camera takes
SHORT = 0.3  # seconds: the timeout where no reply comes


@exercise(
    "ask_in_turn(context, endpoint, lock, request, timeout)",
    "Two things are to last for as long as one visitor is served: the lock is held, and there is a "
    "socket. `async with lock:` is for the one, `with context.socket(zmq.REQ) as socket:` for the "
    "other.",
    "With `zmq.asyncio`, `send` and `recv_multipart` return something to wait for: "
    "`await socket.send(request)`. While one call awaits, the others go on.",
    "`asyncio.wait_for(something, timeout)` awaits it for so many seconds, and raises "
    "`TimeoutError`.",
    "A request that nobody took is to be forgotten, or the end of the context waits for it: "
    "`socket.linger = 0`.",
)
def ask_in_turn(function):
    log = []
    with peer(zmq.ROUTER, lambda socket, over: _camera(socket, over, log)) as endpoint:
        _try(_one_reply, function, endpoint, when="one visitor asks")
        log.clear()
        _try(_three_at_once, function, endpoint, when="three visitors ask at once")
        if any(waiting for _, waiting in log):
            raise NotYet(
                "Three visitors asked at once, and the camera had a second request before it had "
                "replied to the first: hold the lock until the reply has come."
            )
        _try(_silence, function, endpoint, when="no reply comes")
    return (
        "Three visitors were served one after the other, the event loop went on meanwhile, and "
        "after a request without a reply the next one got its own."
    )


def _camera(socket, over, log):
    """Reply to each request after a moment, but to b'silence' after it is too late."""
    while not over.is_set():
        if not socket.poll(50):
            continue
        *envelope, request = socket.recv_multipart()
        log.append((request, bool(socket.poll(1000 * WORK))))
        if request == b"silence":
            time.sleep(2 * SHORT)
        socket.send_multipart([*envelope, b"reply to", request])


def _try(scene, function, endpoint, when):
    """Play a scene with the learner's coroutine, and see that it leaves no socket open."""

    def play():
        with (
            zmq.asyncio.Context() as context,
            asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
        ):
            context.linger = 0
            lock_and_call = _caller(function, context, endpoint)
            with nothing_left(when=f"{when} and it has returned"):
                runner.run(scene(lock_and_call))

    call(play, when=when, timeout=20)


def _caller(function, context, endpoint):
    lock = asyncio.Lock()

    def ask(request, timeout=5):
        made = function(context, endpoint, lock, request, timeout)
        if not inspect.isawaitable(made):
            raise NotYet("What it returns:", Words("a coroutine: write `async def`"), made)
        return made

    return ask


async def _one_reply(ask):
    for _ in range(3):  # on a busy computer the loop turns seldom, and hardly three times
        got, ticks = await _with_ticks(ask(b"read"))
        expect("What it returns for b'read', the parts of the reply", [b"reply to", b"read"], got)
        if ticks >= 3:
            return
    raise NotYet(
        "While it waited for the reply, nothing else could run in the event loop: `await` "
        "what you wait for."
    )


async def _with_ticks(awaitable):
    """Await something; return what it returned, and how often the loop turned meanwhile."""
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(WORK / 10)
            ticks += 1

    ticking = asyncio.create_task(tick())
    try:
        return await awaitable, ticks
    finally:
        ticking.cancel()


async def _three_at_once(ask):
    requests = [b"first", b"second", b"third"]
    got = await asyncio.gather(*map(ask, requests))
    expect("What three calls at once return", [[b"reply to", each] for each in requests], got)


async def _silence(ask):
    began = time.monotonic()
    try:
        got = await ask(b"silence", SHORT)
    except TimeoutError:
        pass
    else:
        raise NotYet("When no reply came in time, it should raise:", Words("TimeoutError"), got)
    if time.monotonic() - began < 0.8 * SHORT:
        raise NotYet(f"It gave up before the {SHORT:g} seconds of its timeout were over.")
    try:
        got = await asyncio.wait_for(ask(b"again"), 10)
    except TimeoutError:
        raise NotYet(
            "After a request without a reply the next one got none either. Is the lock free again?"
        ) from None
    expect("What the call after that returns", [b"reply to", b"again"], got)
