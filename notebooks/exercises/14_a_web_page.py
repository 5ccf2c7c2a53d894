"""The exercise of notebook 14: hints, a solution and its check."""

import asyncio
import threading
from functools import partial

import zmq
import zmq.asyncio

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.trial import TIMEOUT, NotYet, Words, call, expect, nothing_left, peer

SHORT = 0.3  # seconds: a timeout that is over before the reply comes
ENOUGH = 2.0  # seconds: a timeout that is long enough for a reply


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
    camera = _Camera()
    with peer(zmq.ROUTER, camera.serve) as endpoint:
        call(_play, _together, function, endpoint, camera, when="visitors wait", timeout=20)
        call(_play, _too_late, function, endpoint, camera, when="no reply comes", timeout=20)
    call(_play, _in_vain, function, free_endpoint(), camera, when="there is no server")
    return "Visitors were served in turn, the event loop went on, and a lost reply did no harm."


class _Camera:
    """Replies to one request after the other, once the check lets it."""

    def __init__(self):
        self.may_reply = threading.Event()
        self.requests = []
        self.stuck = self.interrupted = False

    def serve(self, socket, over):
        while not over.is_set():
            if socket.poll(50):
                *envelope, request = socket.recv_multipart()
                self.requests.append(request)
                self.stuck |= not self.may_reply.wait(TIMEOUT)
                self.interrupted |= bool(socket.poll(100))  # a second request would come now
                socket.send_multipart([*envelope, b"reply to", request])


def _play(scene, function, endpoint, camera):
    """Play a scene, after which no socket may be open and no request may wait to be sent."""
    with (
        zmq.asyncio.Context() as context,
        asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner,
        nothing_left(),
    ):
        lock = asyncio.Lock()
        runner.run(scene(partial(function, context, endpoint, lock), lock, camera))


async def _together(ask, lock, camera):
    requests = [b"first", b"second", b"third"]
    async with lock:
        asking = [asyncio.create_task(ask(request, ENOUGH)) for request in requests]
        await asyncio.sleep(1.1 * ENOUGH)
        if camera.requests:
            raise NotYet("It asked the camera while another held `lock`: wait for that one.")
    await asyncio.sleep(SHORT)  # the first one awaits its reply, and the event loop goes on
    camera.may_reply.set()
    await asyncio.wait(asking)
    if camera.stuck:
        raise NotYet("While it waited for the reply, the event loop stood still: use `await`.")
    try:
        got = [task.result() for task in asking]
    except TimeoutError:
        raise NotYet("It gave up early: `timeout` is in seconds, for the reply.") from None
    if camera.interrupted:
        raise NotYet("A second request came before the first had its reply: hold the lock longer.")
    expect("What three calls return", [[b"reply to", request] for request in requests], got)


async def _too_late(ask, lock, camera):
    camera.may_reply.clear()
    await _in_vain(ask, lock, camera)
    camera.may_reply.set()
    if lock.locked():
        raise NotYet("After a request without a reply the lock was still held.")
    got = await ask(b"next", 2 * TIMEOUT)
    expect("What the call after one without a reply returns", [b"reply to", b"next"], got)


async def _in_vain(ask, lock, camera):
    """Ask where no reply comes in time."""
    try:
        got = await ask(b"anyone?", SHORT)
    except TimeoutError:
        return
    except zmq.Again:
        got = Words("zmq.Again")
    raise NotYet("When no reply came in time, it should raise:", Words("TimeoutError"), got)
