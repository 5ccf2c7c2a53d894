"""The checks of notebook 06: one program."""

import contextlib
import queue
import threading
import time

import zmq

from zmqlab.course.exercises import exercise
from zmqlab.course.trial import (
    PATIENCE,
    NotYet,
    ask,
    call,
    client,
    expect,
    expect_end,
    free_endpoint,
    named,
    open_sockets,
    reply_to,
    served,
)


@exercise(
    "in_a_thread(work, items)",
    "Two sockets of one context, one in each thread: `zmq.PAIR` is made for this. The thread opens "
    "its own one itself.",
    "Hand over an item, take its result, and only then the next one: two full queues that wait for "
    "each other wait for ever.",
    'Any bytes may be an item, `b"end"` too: send two parts, what it is and the item, as in '
    '`[b"item", item]` and, after the last one, `[b"end", b""]`.',
    "When `work` raises an error, the thread sends that back instead of a result. The caller puts "
    'the `[b"end", b""]` and `thread.join()` into a `finally:`, so that they happen in any case.',
)
def in_a_thread(function):
    sockets, threads = open_sockets(), set(threading.enumerate())
    words = [b"frame", b"", b"end", b"stop", bytes(range(256)), b"frame"]
    for items, what in (
        (words, "the items are of many kinds"),
        ([], "there are no items"),
        ([b"%d" % number for number in range(5000)], "there are 5000 items"),
    ):
        at_work = []
        got = _call_in_a_thread(function, _turned(at_work), items, what)
        expect(f"What it returns when {what}", [item[::-1] for item in items], got)
        if any(thread is threading.main_thread() for thread, _ in at_work):
            raise NotYet("`work` was called in the thread that called you, not in a second one.")
        if items:
            expect("In how many threads `work` was called", 1, len({t for t, _ in at_work}))
            if not at_work[0][1] - sockets:
                raise NotYet("No socket was open during `work`: how did the items get there?")
        _expect_clean(f"when {what}", sockets, threads)
    _expect_error(function, sockets, threads)
    return "5000 items went there and back in order; thread and sockets were gone, errors or not."


def _turned(at_work):
    """Return a work to do, which notes in which thread it is done and how many sockets are open."""

    def work(item):
        # To count the sockets takes a while: once is enough.
        at_work.append((threading.current_thread(), 0 if at_work else open_sockets()))
        return item[::-1]

    return work


def _call_in_a_thread(function, work, items, when):
    return call(function, work, items, seconds=2 * PATIENCE, when=when)


def _expect_error(function, sockets, threads):
    def work(item):
        if item == b"bad":
            raise ValueError("this item is bad")
        return item

    when = "`work` raises an error"
    try:
        got = _call_in_a_thread(function, work, [b"good", b"bad", b"good"], when)
    except NotYet as error:
        if "raised an error" not in error.text:
            raise
    else:
        raise NotYet(f"When {when}, it raised none, and returned:", "an error", got)
    _expect_clean(f"when {when}", sockets, threads)


def _expect_clean(when, sockets, threads):
    left = set(threading.enumerate()) - threads
    # What watches how long a call takes is ours, and may just be ending.
    left = [each for each in left if not isinstance(each, threading.Timer)]
    if left:
        raise NotYet(f"Called {when}, it leaves a thread behind: {left[0].name}.")
    if open_sockets() > sockets:
        raise NotYet(f"Called {when}, it leaves {open_sockets() - sockets} sockets open.")


@exercise(
    "radio(endpoint, stop)",
    "A message arrives whole: take it whole, with `recv_multipart`, and see how many parts it has.",
    "While `recv` waits, nobody looks at `stop`. Wait for a message no longer than a tenth of a "
    "second, and look at `stop` in between.",
    "`if socket.poll(100):` there is a message; take it. Otherwise go on with the loop.",
    'The end is `parts == [b"stop"]`; data are `if len(parts) == 2: heard.append(parts[1])`.',
)
def radio(function):
    before = open_sockets()
    pairs = [[b"camera", b"%d" % number] for number in range(5)]
    odd = [pairs[0], [b"hello"], pairs[1], [b"a", b"b", b"c"], pairs[2], [b"stopwatch", b""]]
    _expect_heard(function, [*pairs, [b"stop"]], [data for _, data in pairs], "five pairs came")
    when = "messages of one part and of three came in between"
    _expect_heard(function, [*odd, [b"stop"]], [b"0", b"1", b"2", b""], when)
    for endpoint in (None, free_endpoint()):
        _expect_stop(function, endpoint)
    if open_sockets() > before:
        raise NotYet(f"Its calls leave {open_sockets() - before} sockets open.")
    return "It heard what there was to hear, and ended at the word as well as at the event."


def _expect_heard(function, messages, expected, when):
    """Send the messages, and then others until the function returns, which it should at once."""
    stop = threading.Event()
    with _station(messages, [b"camera", b"after the end"], stop) as endpoint:
        got = call(function, endpoint, stop, seconds=PATIENCE, when=when)
        expect(f"What it returns when {when} and then stop", expected, got)


def _expect_stop(function, endpoint):
    """Set the event while nothing comes: from a station that is silent, or from none."""
    stop, seconds = threading.Event(), 0.8
    when = "the event is set while " + ("there is no station" if endpoint else "nothing comes")
    with _station([[b"camera", b"1"]], None, stop) as station:
        timer = threading.Timer(seconds, stop.set)
        timer.start()
        busy = time.thread_time()
        got = call(function, endpoint or station, stop, seconds=seconds + PATIENCE, when=when)
        busy = time.thread_time() - busy
        timer.join()
    expect(f"What it returns when {when}", [] if endpoint else [b"1"], got)
    if busy > seconds / 4:
        raise NotYet(
            f"When nothing came for {seconds:g} s, it was busy for {busy:.1f} s of them: it looks "
            "again and again instead of waiting."
        )


@contextlib.contextmanager
def _station(messages, afterwards, stop):
    """Send messages to the one who subscribes, then `afterwards` over and over; yield where."""
    bound, done = queue.Queue(), threading.Event()

    def send():
        with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
            socket.linger = 0
            socket.bind("tcp://127.0.0.1:*")
            bound.put(socket.last_endpoint.decode())
            while not socket.poll(50):
                if done.is_set():
                    return
            for message in messages:
                socket.send_multipart(message)
            deadline = time.monotonic() + 1
            while not done.wait(0.02):
                if afterwards:
                    socket.send_multipart(afterwards)
                    if time.monotonic() > deadline:
                        stop.set()

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    try:
        yield bound.get(timeout=PATIENCE)
    finally:
        done.set()
        thread.join(PATIENCE)


@exercise(
    "many_at_once(bind)",
    "A REP socket must reply to one request before it takes the next. A ROUTER need not: it gives "
    "you the sender's address as the first parts of a message, and sends to whom you say.",
    "One coroutine receives, and for each request it makes a task that waits and replies: "
    "`tasks.create_task(answer(socket, parts[:-1], parts[-1]))`.",
    "Every `await` lets the others run; `time.sleep` would not. `async with asyncio.TaskGroup() as "
    "tasks:` waits at its end until all have replied.",
    "`float(request)` raises a ValueError where there is no number, and a task that fails takes "
    'its whole group along: catch it in the task, and send `b"error: " + request`.',
)
def many_at_once(function):
    with served(function) as server:
        expect("The reply to b'0.1'", [b"exposed 0.1"], ask(server, b"0.1"))
        _expect_overtaking(server)
        with client(server) as vanishing:
            vanishing.send(b"0.2")
        for request in (b"soon", b"", b"\xff"):
            reply = ask(server, request)
            expect(f"The beginning of the reply to {named(request)}", [b"error"], [reply[0][:5]])
        with client(server, zmq.DEALER) as patient:
            for request in (b"0.5", b"0"):  # when the second is replied to, the first has arrived
                patient.send_multipart([b"", request])
            reply_to("b'0'", server, patient)
            expect("The reply to b'stop'", [b"BYE"], ask(server, b"stop"))
            reply = reply_to("b'0.5', which was still exposing at b'stop',", server, patient)
            expect("The reply to b'0.5'", [b"", b"exposed 0.5"], reply)
        expect_end(server)
    return "A long exposure kept nobody waiting, and the last one was finished before the end."


def _expect_overtaking(server):
    """Who asks for less has the reply first, and everybody has their own."""
    with client(server, zmq.DEALER) as impatient:
        for request in (b"1.5", b"0.1"):  # over one connection they arrive in this order
            impatient.send_multipart([b"", request])
        what = "The first reply, where b'0.1' was asked for while b'1.5' was exposing"
        expect(what, [b"", b"exposed 0.1"], reply_to("b'0.1'", server, impatient))
        expect("The other reply", [b"", b"exposed 1.5"], reply_to("b'1.5'", server, impatient))
    with contextlib.ExitStack() as stack:
        clients = [(b"0.%d" % n, stack.enter_context(client(server))) for n in (5, 1, 4, 2, 3)]
        for request, socket in clients:
            socket.send(request)
        for request, socket in clients:
            reply = reply_to(named(request), server, socket)
            expect(f"The reply to {named(request)} among several", [b"exposed " + request], reply)
