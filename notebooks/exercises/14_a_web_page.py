"""The exercises of notebook 14: hints, a solution and a check of each."""

import asyncio
import inspect
import time
from functools import partial

import zmq
import zmq.asyncio

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.trial import NotYet, Words, call, expect, nothing_left, peer

WORK = 0.2  # seconds that the check's camera takes
SHORT = 0.3  # seconds: the timeout where no reply comes


REQUESTS = [b"first", b"", b"\xff", b"fourth", b"fifth", b"sixth"]  # at once
ENOUGH = 0.9  # seconds for one reply, and fewer than the last one waits for the lock


@hints(
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
async def ask_in_turn(context, endpoint, lock, request, timeout):
    async with lock:
        with context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(endpoint)
            await socket.send(request)
            return await asyncio.wait_for(socket.recv_multipart(), timeout)


def check_ask_in_turn(function):
    log = []
    with peer(zmq.ROUTER, lambda socket, over: _camera(socket, over, log)) as endpoint:
        _try(_one_reply, function, endpoint, when="one visitor asks")
        log.clear()
        scene = partial(_many_at_once, log=log)
        _try(scene, function, endpoint, when="six visitors ask at once")
        if any(waiting for _, waiting in log):
            raise NotYet(
                "Six visitors asked at once, and the camera had a second request before it had "
                "replied to the first: hold the lock until the reply has come."
            )
        came = [request for request, _ in log]
        expect("What the camera was asked, in turn, by six visitors at once", REQUESTS, came)
        log.clear()
        scene = partial(_locked, log=log)
        _try(scene, function, endpoint, when="another holds the lock")
        for _ in range(3):  # on a busy computer a second request may be too late to be seen
            log.clear()
            _try(_silence, function, endpoint, when="no reply comes")
            if [request for request, _ in log].count(b"silence") > 1:
                raise NotYet("When no reply came, it asked once more: ask once, and then raise.")
    _try(_nobody, function, free_endpoint(), when="there is no server", linger=-1)
    return (
        "Six visitors were served one after the other, the event loop went on meanwhile, and "
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


def _try(scene, function, endpoint, when, linger=0):
    """Play a scene with the learner's coroutine, and see that it leaves no socket open.

    With a `linger` of -1, which is the default of ZeroMQ, it must leave nothing to be sent either.
    """

    def play():
        with (
            zmq.asyncio.Context() as context,
            asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
        ):
            context.linger = linger
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

    ask.lock = lock
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


async def _many_at_once(ask, log):
    for _ in range(3):  # a busy computer makes a reply late, and hardly three times
        log.clear()
        calls = [ask(each, ENOUGH) for each in REQUESTS]
        got = await asyncio.gather(*calls, return_exceptions=True)
        for each in got:
            if isinstance(each, BaseException) and not isinstance(each, TimeoutError):
                raise each
        if not any(isinstance(each, TimeoutError) for each in got):
            break
        await ask(b"at last", 10)  # when this reply comes, the camera has done with what was late
    else:
        raise NotYet(
            f"Six visitors asked at once, each with {ENOUGH:g} s for its reply, which takes "
            f"{WORK:g} s, and one got a TimeoutError: do not count the time at the lock."
        )
    expect("What six calls at once return", [[b"reply to", each] for each in REQUESTS], got)


async def _locked(ask, log):
    async with ask.lock:
        asking = asyncio.create_task(ask(b"patient"))
        await asyncio.sleep(SHORT)
        if log:
            asking.cancel()
            raise NotYet("It asked the camera while another held `lock`: wait for that one.")
    expect("What it returns when the lock is free", [b"reply to", b"patient"], await asking)


async def _nobody(ask):
    try:
        await asyncio.wait_for(_given_up(ask, b"anyone?"), 10)
    except TimeoutError:
        raise NotYet(
            f"Where there is no server, it was still busy 10 s later, with {SHORT:g} s in all."
        ) from None


async def _given_up(ask, request):
    """Ask where no reply comes in time."""
    got, wanted = None, Words("TimeoutError")
    try:
        got = await ask(request, SHORT)
    except TimeoutError:
        return
    except zmq.Again:
        got = Words("zmq.Again")
    raise NotYet("When no reply came in time, it should raise:", wanted, got)


async def _silence(ask):
    began = time.monotonic()
    await _given_up(ask, b"silence")
    if time.monotonic() - began < 0.8 * SHORT:
        raise NotYet(f"It gave up before the {SHORT:g} seconds of its timeout were over.")
    try:
        got = await asyncio.wait_for(ask(b"again"), 10)
    except TimeoutError:
        raise NotYet(
            "After a request without a reply the next one got none either. Is the lock free again?"
        ) from None
    expect("What the call after that returns", [b"reply to", b"again"], got)
    await ask(b"at last")  # before this one the camera reads whatever has been sent before
