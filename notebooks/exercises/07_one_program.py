"""The exercises of notebook 07: hints, a solution and a check of each."""

import asyncio
import contextlib
import threading
import time
from unittest import mock

import zmq
import zmq.asyncio

from zmqlab.course.exercises import hints
from zmqlab.course.programs import ask, connected, expect_end, expect_reply, receive, served
from zmqlab.course.trial import TIMEOUT, NotYet, call, expect, expect_return, named, nothing_left


@hints(
    "Two sockets of one context, one in each thread: `zmq.PAIR` is made for this. The thread opens "
    "its own one itself.",
    "Hand over an item, take its result, and only then the next one: two full queues that wait for "
    "each other wait for ever.",
    'Any bytes may be an item, `b"end"` too: send two parts, what it is and the item, as in '
    '`[b"item", item]` and, after the last one, `[b"end", b""]`.',
    "When `work` raises an error, the thread sends that back instead of a result. The caller puts "
    'the `[b"end", b""]` and `thread.join()` into a `finally:`, so that they happen in any case.',
)
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


def check_in_a_thread(function):
    # Turned round, they are results: what means "end" or "error" may be an item or a result.
    words = [b"frame", b"", b"end", b"stop", b"error", b"dne", b"pots", b"rorre", b"frame"]
    _expect_turned(function, words, "the items are of many kinds")
    _expect_turned(function, [b"%d" % number for number in range(5000)], "there are 5000 items")
    with nothing_left("`work` has raised an error"):
        raised = call(_raises, function, when="`work` raises an error")
    expect("Whether it raises an error when `work` does", True, raised)
    return "5000 items went there and back in order; thread and sockets were gone, errors or not."


def _expect_turned(function, items, when):
    """Have all items turned round in a second thread, over sockets of both threads."""
    threads, sends = set(), []

    def work(item):
        threads.add(threading.get_ident())
        return item[::-1]

    with nothing_left(f"it has returned, and {when}"), _noted(sends):
        turned = [item[::-1] for item in items]
        expect_return(turned, function, work, [*items], when=when, timeout=2 * TIMEOUT)
    if threading.get_ident() in threads:
        raise NotYet("`work` was called in the thread that called you, not in a second one.")
    for endpoint, _, own in sends:
        if not endpoint.startswith(b"inproc:"):
            raise NotYet(f"It sent over {endpoint.decode()}, and was to do so over `inproc`.")
        if not own:
            raise NotYet("A thread sent over a socket of another thread: one socket, one thread.")
    if len({thread for _, thread, _ in sends}) < 2:
        raise NotYet("Not both threads sent: the items go over a socket, and so do the results.")


def _raises(function):
    def work(item):
        raise LookupError("this item is bad")

    try:
        function(work, [b"bad", b"bad"])
    except Exception:
        return True
    return False


@contextlib.contextmanager
def _noted(sends):
    """Note of all that is sent meanwhile: endpoint, thread, and whether it made the socket."""
    make, send = zmq.Context.socket, zmq.Socket.send
    makers = {}

    def noting_make(context, *args, **options):
        made = make(context, *args, **options)
        makers[made] = threading.get_ident()
        return made

    def noting_send(socket, *args, **options):
        me = threading.get_ident()
        sends.append((socket.last_endpoint, me, makers.get(socket, me) == me))
        return send(socket, *args, **options)

    with (
        mock.patch.object(zmq.Context, "socket", noting_make),
        mock.patch.object(zmq.Socket, "send", noting_send),
    ):
        yield


@hints(
    "A REP socket must reply to one request before it takes the next. A ROUTER need not: it gives "
    "you the sender's address as the first parts of a message, and sends to whom you say.",
    "One coroutine receives, and for each request it makes a task that waits and replies: "
    "`tasks.create_task(answer(socket, parts[:-1], parts[-1]))`.",
    "Every `await` lets the others run; `time.sleep` would not. `async with asyncio.TaskGroup() as "
    "tasks:` waits at its end until all have replied.",
    "`float(request)` raises a ValueError where there is no number, and a task that fails takes "
    'its whole group along: catch it in the task, and send `b"error: " + request`.',
)
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


def check_many_at_once(function):
    with served(function, kinds="ROUTER") as server:
        began = time.monotonic()
        expect_reply(b"exposed 0.6", server, b"0.6")
        seconds = time.monotonic() - began
        if seconds < 0.5:
            raise NotYet(f"The reply to b'0.6' came after {seconds:.2f} s, before it was exposed.")
        for request in (b"soon", b"0,5", b""):
            reply = b"".join(ask(server, request))
            expect(f"The first bytes of the reply to {named(request)}", b"error:", reply[:6])
        _expect_all_at_once(server)
        expect_end(server, "b'stop'")
    return "56 long exposures kept nobody waiting, and were finished before the end."


def _expect_all_at_once(server):
    """Ask for many long exposures, for a short one meanwhile, and then for the end."""
    requests = [b"2.%02d" % number for number in range(56)]  # more would need many files
    with zmq.Context() as context, contextlib.ExitStack() as stack:
        *clients, impatient = [stack.enter_context(connected(server, context)) for _ in range(57)]
        for socket in (*clients, impatient):  # a first reply shows that it is connected
            socket.send(b"0.0")
            _expect_exposed(b"0.0", socket, server)
        for socket, request in zip(clients, requests):
            socket.send(request)
        for _ in range(2):  # the first one may be taken before the long ones
            impatient.send(b"0.2")
            first, _, _ = zmq.select([impatient, *clients], [], [], TIMEOUT)
            if first and impatient not in first:
                raise NotYet("The reply to b'0.2' had to wait for exposures of 2 s for others.")
            _expect_exposed(b"0.2", impatient, server)
        expect_reply(b"BYE", server, b"stop")
        for socket, request in zip(clients, requests):
            _expect_exposed(request, socket, server)


def _expect_exposed(request, socket, server):
    reply = receive(socket, server, f"the reply to {named(request)}")
    expect(f"The reply to {named(request)}", [b"exposed " + request], reply)
