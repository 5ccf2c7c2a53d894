"""The checks of the exercises on threads and asyncio."""

import threading

import zmq

from zmqlab.course.exercises import exercise
from zmqlab.course.programs import (
    ask,
    client,
    expect_end,
    expect_replies_at_once,
    expect_reply,
    receive,
    served,
)
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    call,
    expect,
    expect_return,
    named,
    nothing_left,
    open_sockets,
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
    words = [b"frame", b"", b"end", b"stop", bytes(range(256)), b"frame"]
    for items, when in (
        (words, "the items are of many kinds"),
        ([], "there are no items"),
        ([b"%d" % number for number in range(5000)], "there are 5000 items"),
    ):
        _expect_turned(function, items, when)
    _expect_error(function)
    return "5000 items went there and back in order; thread and sockets were gone, errors or not."


def _expect_turned(function, items, when):
    """Have all items turned round, in one other thread with a socket."""
    sockets, at_work = open_sockets(), []

    def work(item):
        # To count the sockets takes a while: once is enough.
        at_work.append((threading.current_thread(), 0 if at_work else open_sockets()))
        return item[::-1]

    expected = [item[::-1] for item in items]
    with nothing_left(f"it has returned, and {when}"):
        expect_return(expected, function, work, [*items], when=when, timeout=2 * TIMEOUT)
    if any(thread is threading.main_thread() for thread, _ in at_work):
        raise NotYet("`work` was called in the thread that called you, not in a second one.")
    if items:
        expect("In how many threads `work` was called", 1, len({t for t, _ in at_work}))
        if at_work[0][1] <= sockets:
            raise NotYet("No socket was open during `work`: how did the items get there?")


def _expect_error(function):
    def work(item):
        if item == b"bad":
            raise ValueError("this item is bad")
        return item

    when, items = "`work` raises an error", [b"good", b"bad", b"good"]
    with nothing_left(f"it has returned, and {when}"):
        try:
            got = call(function, work, items, when=when, timeout=2 * TIMEOUT)
        except NotYet as error:
            if "raised an error" not in error.text:
                raise
        else:
            raise NotYet(f"When {when}, it raised none, and returned {got!r:.80}.")


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
        expect_reply(b"exposed 0.1", server, b"0.1")
        _expect_overtaking(server)
        several = (b"0.5", b"0.1", b"0.4", b"0.2", b"0.3")
        expect_replies_at_once(server, {each: b"exposed " + each for each in several})
        with client(server) as vanishing:
            vanishing.send(b"0.2")
        for request in (b"soon", b"", b"\xff"):
            (reply, *_) = ask(server, request)
            expect(f"The beginning of the reply to {named(request)}", b"error", reply[:5])
        with client(server, zmq.DEALER) as patient:
            for request in (b"0.5", b"0"):  # when the second is replied to, the first has arrived
                patient.send_multipart([b"", request])
            receive(patient, server, "the reply to b'0'")
            expect_reply(b"BYE", server, b"stop")
            late = receive(patient, server, "the reply to b'0.5', still exposing at b'stop',")
            expect("The reply to b'0.5'", [b"", b"exposed 0.5"], late)
        expect_end(server, "b'stop'")
    return "A long exposure kept nobody waiting, and the last one was finished before the end."


def _expect_overtaking(server):
    """Whoever asks for less has the reply first, and everybody has their own."""
    with client(server, zmq.DEALER) as impatient:
        for request in (b"1.5", b"0.1"):  # over one connection they arrive in this order
            impatient.send_multipart([b"", request])
        first, second = (
            receive(impatient, server, f"the reply to {n}") for n in ("b'0.1'", "b'1.5'")
        )
    what = "The first reply, where b'0.1' was asked for while b'1.5' was exposing"
    expect(what, [b"", b"exposed 0.1"], first)
    expect("The other reply", [b"", b"exposed 1.5"], second)
