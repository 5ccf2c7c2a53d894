"""The exercises of notebook 07: hints, a solution and a check of each."""

import asyncio
import contextlib
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from typing import NamedTuple
from unittest import mock

import zmq
import zmq.asyncio

from zmqlab.course.exercises import hints
from zmqlab.course.programs import (
    ask,
    client,
    connected,
    expect_end,
    expect_reply,
    receive,
    served,
)
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    Words,
    call,
    expect,
    expect_return,
    named,
    nothing_left,
)


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
    words = [b"frame", b"", b"end", b"stop", b"dne", b"pots", b"rorre", _PROBE, b"frame"]
    with _slow_to_end():
        sent = _expect_turned(function, words, "the items are of many kinds")
        sent |= _expect_errors(function)
    for word in sorted(sent)[:40]:  # what it says besides may be an item and a result as well
        when = f"an item and its result are {named(word)}, which it sends for itself"
        _expect_turned(function, [word, b"frame"], when, turn=bytes)
    _expect_turned(function, [], "there are no items")
    _expect_turned(
        function, [b"slow"], "`work` takes 2.2 s for an item", pause=2.2, timeout=3 * TIMEOUT
    )
    many = [b"%d" % number for number in range(5000)]
    _expect_turned(function, many, "there are 5000 items", timeout=10 * TIMEOUT)
    return "5000 items went there and back in order; thread and sockets were gone, errors or not."


_PROBE = bytes(range(256))


def _expect_turned(function, items, when, turn=lambda item: item[::-1], timeout=TIMEOUT, pause=0.0):
    """Have all items turned in one other thread; return what else has been sent."""
    threads, given, sends = set(), [], []

    def work(item):
        threads.add(threading.current_thread())
        given.append(item)
        if pause:
            time.sleep(pause)
        return turn(item)

    expected, mine = [turn(item) for item in items], [*items]
    with nothing_left(f"it has returned, and {when}"), _watched_sends(sends.append):
        expect_return(expected, function, work, mine, when=when, timeout=timeout)
    expect(f"The items after the call, when {when}", items, mine)
    if threading.main_thread() in threads:
        raise NotYet("`work` was called in the thread that called you, not in a second one.")
    if items:
        expect("In how many threads `work` was called", 1, len(threads))
        expect(f"The items for which it called `work` when {when}", items, given)
        _judge_sends(sends, _PROBE in items)
    return {send.data for send in sends} - {*items, *expected}


def _judge_sends(sends, probed):
    """Raise `NotYet` unless the probe went there and back as it should."""
    if not sends:
        raise NotYet("Nothing was sent over a socket: how did the items get there?")
    main = threading.main_thread().ident
    for send in sends:
        if not send.endpoint.startswith(b"inproc:"):
            raise NotYet(f"It sent over {send.endpoint.decode()}, and was to do so over `inproc`.")
        if not send.own:
            raise NotYet(_SHARED)
    for what, probe, sender in (("items", _PROBE, True), ("results", _PROBE[::-1], False)):
        found = (_carries(send, probe) and (send.thread == main) == sender for send in sends)
        if probed and not any(found):
            raise NotYet(f"The {what} did not go over a socket from one thread to the other.")


def _carries(send, probe):
    """Tell whether the probe may have been sent, perhaps as JSON, and not what it was before."""
    return probe in send.data or (len(send.data) >= len(probe) and probe[::-1] not in send.data)


def _expect_errors(function):
    """Have `work` raise an error; return what has been sent meanwhile."""

    class Broken(Exception):
        """An error that says nothing, and that no pickle can hold."""

    def work(item):
        given.append(item)
        if item != b"good":
            raise errors.get(item, Broken)
        return item

    errors = {b"bad": LookupError("this item is bad"), b"odd": LookupError("not 5 µm")}
    given, sends, items = [], [], [b"good", b"bad", b"good"]
    for some, when in (
        (items, "`work` raises an error"),
        ([b"bad"], "the only item is an error"),
        ([b"good", b"broken"], "`work` raises an error without a text"),
        ([b"good", b"odd"], "`work` raises an error whose text is not ASCII"),
    ):
        given.clear()
        with nothing_left(f"it has raised an error, and {when}"), _watched_sends(sends.append):
            try:
                got = call(function, work, some, when=when)
            except NotYet as error:
                if "raised an error" not in error.text:
                    raise
            else:
                raise NotYet(f"When {when}, it raised none, and returned {got!r:.80}.")
        expect(f"The items for which it called `work` when {when}", some[: len(given)], given)
    return {send.data for send in sends} - {*items}


def _slow_to_end():
    """Have each thread go on after its work until it is joined, or long enough to be seen."""
    start = threading.Thread.start

    def slow_start(thread):
        run, join, joined = thread.run, thread.join, threading.Event()

        def slow_run():
            try:
                run()
            finally:
                joined.wait(1.5)

        def telling_join(timeout=None):
            joined.set()
            join(timeout)

        thread.run, thread.join = slow_run, telling_join
        start(thread)

    return mock.patch.object(threading.Thread, "start", slow_start)


_SHARED = "A thread sent over a socket that another thread had made: one socket, one thread."


class _Send(NamedTuple):
    endpoint: bytes  # the socket's
    data: bytes  # of one part
    thread: int
    own: bool  # whether this thread has made the socket


@contextlib.contextmanager
def _watched_sends(watch: Callable[[_Send], object]) -> Iterator[None]:
    """Have `watch` told of all that is sent over sockets that are made while the block runs."""
    make, send = zmq.Context.socket, zmq.Socket.send
    makers: weakref.WeakKeyDictionary[zmq.Socket, int] = weakref.WeakKeyDictionary()

    def noting_make(context, *args, **options):
        made = make(context, *args, **options)
        makers[made] = threading.get_ident()
        return made

    def noting_send(socket, data, *args, **options):
        me = threading.get_ident()
        with contextlib.suppress(TypeError):  # what is no message, `send` refuses
            watch(
                _Send(
                    socket.last_endpoint, bytes(memoryview(data)), me, makers.get(socket, me) == me
                )
            )
        return send(socket, data, *args, **options)

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
    with served(_with_watched_sends, function, kinds="ROUTER") as server:
        _expect_exposed(server)
        expect_reply(b"exposed 0.0", server, b"0.0")
        with client(server) as vanishing:
            vanishing.send(b"0.2")
        for request in (b"soon", b"", b"\xff", b"0,5", b"1.2.3", b"0.1 s", b"stop it", b"STOP"):
            reply = ask(server, request)
            if len(reply) != 1 or not reply[0].startswith(b"error:"):
                got = reply[0] if len(reply) == 1 else reply
                raise NotYet(f"The reply to {named(request)}:", Words("b'error: ...'"), got)
        for request in (b"1e-1", b".05"):
            reply = ask(server, request)
            if not reply[0].startswith(b"exposed "):
                raise NotYet(f"The reply to {named(request)}:", [b"exposed " + request], reply)
        _expect_overtaking(server, 1, 1.2)
        _expect_overtaking(server, _MANY, 2.0)
        with client(server) as patient:
            for request in (b"0.1", b"3.0"):  # it is connected when it asks for more
                began = time.monotonic()
                patient.send(request)
                if request == b"0.1":
                    receive(patient, server, "the reply to b'0.1'")
            for _ in range(4):
                expect_reply(b"exposed 0.05", server, b"0.05")
            expect_reply(b"BYE", server, b"stop")
            with client(server) as after_the_end:
                after_the_end.send(b"30")
            what = "the reply to b'3.0', still exposing at b'stop',"
            late = receive(patient, server, what, 2 * TIMEOUT)
            expect("The reply to b'3.0'", [b"exposed 3.0"], late)
            _expect_not_early(b"3.0", time.monotonic() - began)
        expect_end(server, "b'stop', and another client asked for 30 s after that")
        if _SHARED in server.output:
            raise NotYet(_SHARED)
    return "A long exposure kept nobody waiting, and the last one was finished before the end."


_MANY = 56  # clients at once; each takes files of the check and of the server, and some allow 256


def _with_watched_sends(function, bind):
    """Run the learner's server, and print a line if a socket is shared by threads."""
    shared: list[_Send] = []

    def watch(send):
        if not send.own and not shared:
            shared.append(send)
            print(_SHARED, flush=True)

    with _watched_sends(watch):
        function(bind)


def _expect_exposed(server):
    """See that a reply takes as long as it was asked to."""
    for _ in range(2):  # a busy computer is slow with both short ones, and hardly twice
        times = []
        for request in (b"0.6", b"0.05", b"0.05"):
            began = time.monotonic()
            expect_reply(b"exposed " + request, server, request)
            times.append(time.monotonic() - began)
            _expect_not_early(request, times[-1])
        if times[0] - min(times) >= 0.25:
            return
    raise NotYet(
        f"The reply to b'0.6' took {times[0]:.2f} s, and that to b'0.05' took {min(times):.2f} s: "
        "the number that is asked for decides how long it exposes."
    )


def _expect_not_early(request, seconds):
    if seconds < 0.8 * float(request):
        raise NotYet(
            f"The reply to {named(request)} came after {seconds:.2f} s: nothing was exposed for so "
            "long as was asked for."
        )


def _expect_overtaking(server, count, seconds):
    """Ask for long exposures, and then for short ones, whose replies should come first."""
    going_on = f"{count} exposure{'s' * (count > 1)} of {seconds} s or more for other clients"
    # It may be late, on a busy computer.
    if not any(_overtakes(server, count, seconds, going_on) for _ in range(4)):
        raise NotYet(f"The reply to b'0.05' had to wait for {going_on}, and came late.")


def _overtakes(server, count, seconds, going_on):
    # Two ask for the same.
    requests = [b"%a" % round(seconds + number // 2 / 100, 2) for number in range(count)]
    with zmq.Context() as context, contextlib.ExitStack() as stack:
        clients = [stack.enter_context(connected(server, context)) for _ in requests]
        for request, socket in zip(requests, clients, strict=True):
            socket.send(request)
        began = time.monotonic()
        for _ in range(3):  # the first one may arrive before the others
            with connected(server, context) as impatient:
                impatient.send(b"0.05")
                what = f"the reply to b'0.05', asked for during {going_on},"
                expect("The reply to b'0.05'", [b"exposed 0.05"], receive(impatient, server, what))
            if any(socket.poll(0) for socket in clients):
                return False
        for request, socket in zip(requests, clients, strict=True):
            two = ", for which two clients asked at once," * (count > 1)
            reply = receive(socket, server, f"the reply to {named(request)}{two}", 2 * TIMEOUT)
            _expect_not_early(request, time.monotonic() - began)
            expect(f"The reply to {named(request)} among several", [b"exposed " + request], reply)
    return True
