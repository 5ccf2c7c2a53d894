"""The exercises of notebook 16: hints, a solution and a check of each."""

import random

import zmq

from zmqlab.course.exercises import hints
from zmqlab.course.programs import SILENCE
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    Words,
    call,
    expect,
    expect_return,
    nothing_left,
    peer,
)

_QUIET = 50  # milliseconds: a request too many would have come
_AGAIN = b" again\n"  # ends a reply


@hints(
    "A REQ socket must have its reply before it may ask again. A DEALER socket may send whenever "
    "it likes, and receive whenever there is something.",
    "What a REQ adds by itself, a DEALER does not: an empty part in front of the request. So send "
    '`[b"", request]`, and what comes back is `[b"", reply]`.',
    "Under way is what you have sent minus what you have received. Send as long as that is less "
    "than `most_under_way` and there is a request left; then receive one reply; and again.",
    "`while len(replies) < len(requests):`, and in it `while sent < len(requests) and sent - "
    "len(replies) < most_under_way:` to send, and behind that one "
    "`replies.append(socket.recv_multipart()[1])`.",
)
def ask_many(endpoint, requests, most_under_way):
    replies, sent = [], 0
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.rcvtimeo = 10_000
        socket.connect(endpoint)
        while len(replies) < len(requests):
            while sent < len(requests) and sent - len(replies) < most_under_way:
                socket.send_multipart([b"", requests[sent]])
                sent += 1
            replies.append(socket.recv_multipart()[1])
    return replies


def check_ask_many(function):
    with nothing_left():
        _ask(function, _requests(1), 1)
        _ask(function, _requests(4), 1)
        _ask(function, _requests(12), 5)
        _ask(function, _requests(24), 10)
        _ask(function, _requests(3), 100)
        _ask(function, [b"b", b"a", b"b", b"", b"a", b"", b"c"], 3, "some are equal, some empty")
        _ask(function, _requests(3), 2, "the server takes its time", SILENCE)
        expect_return([], function, "tcp://127.0.0.1:1", [], 3, when="there is nothing to ask")
    return "It kept as many requests under way as it may, never more, and lost no reply."


def _requests(count):
    return [f"request {number}".encode() for number in range(count)]


def _reply(request, before):
    """Reply to equal requests in different ways."""
    return request.upper() + _AGAIN * before.count(request)


def _ask(function, requests, most, also="", work=0.0):
    count = len(requests)
    more = f", and {also}" if also else ""
    when = f"there are {count} requests and most_under_way is {most}{more}"
    wrong: list[str] = []
    replied: list[bytes] = []  # to these requests

    def serve(router, over):
        waiting, answered = [], 0
        while answered < count and not over.is_set():
            due = min(most, count - answered)
            idle = 0  # tenths of a second: not by the clock, for a busy computer may stand still
            while len(waiting) < due and idle < (20 if wrong else 40):
                if router.poll(100):
                    waiting.append(router.recv_multipart())
                else:
                    idle += 1
            if not waiting:
                continue
            if router.poll(_QUIET):
                waiting.append(router.recv_multipart())
            if len(waiting) != due and not wrong:
                wrong.append(
                    f"{len(waiting)} of {count} requests were under way, with {answered} answered "
                    f"so far, where {due} should have been: most_under_way is {most}{more}."
                )
            if not answered and over.wait(work):
                break
            if router.poll(0):
                waiting.append(router.recv_multipart())
            if len(waiting) > due and not wrong:
                wrong.append(f"It asked again while the server was at work for {work:g} s.")
            identity, *parts = waiting.pop(0)
            # What stands before the empty part is an envelope, which comes back.
            if (b"" not in parts or parts.index(b"") != len(parts) - 2) and not wrong:
                wrong.append(
                    f"A message came with the parts {parts!r:.80}. A server that replies expects "
                    "an empty part, and then the request as the last one."
                )
            router.send_multipart([identity, *parts[:-1], _reply(parts[-1], replied)])
            replied.append(parts[-1])
            answered += 1

    with peer(zmq.ROUTER, serve) as endpoint:
        try:
            given = list(requests)
            got = call(function, endpoint, given, most, when=when, timeout=10 * TIMEOUT)
        except NotYet:
            if wrong:  # the error came of it
                raise NotYet(wrong[0]) from None
            raise
    if wrong:
        raise NotYet(wrong[0])
    if isinstance(got, list):
        expect(f"How many replies it returns when {when}", count, len(got))
    expected = [_reply(each, requests[:number]) for number, each in enumerate(requests)]
    if isinstance(got, list) and sorted(map(repr, got)) == sorted(map(repr, expected)):
        # By several sockets, equal requests come in any order.
        expected, got = ([each.partition(_AGAIN)[0] for each in some] for some in (expected, got))
    expect(f"What it returns when {when}", expected, got)
    expect(f"The list of requests, which is not its own, when {when}", requests, given)


@hints(
    "Between `came` and `replied` no clock but theirs was looked at, so that difference is right "
    "whatever their clock says. So is `answered - asked`. How long was the message on its way, "
    "there and back together?",
    "If it took as long there as back, then the middle between `asked` and `answered` on your "
    "clock is the same moment as the middle between `came` and `replied` on theirs.",
    "Nobody knows how the time on the way divides into there and back. At worst all of it is on "
    "one side: the offset is wrong by half of it, at most. So take the exchange that was on its "
    "way for the shortest time.",
    "`way = (answered - asked) - (replied - came)`, `offset = ((came - asked) + (replied - "
    "answered)) / 2`; return the offset and `way / 2` of the exchange with the smallest way.",
)
def clock_offset(exchanges):
    best = None
    for asked, came, replied, answered in exchanges:
        way = (answered - asked) - (replied - came)
        offset = ((came - asked) + (replied - answered)) / 2
        if best is None or way / 2 < best[1]:
            best = offset, way / 2
    return best


def check_clock_offset(function):
    # Of each exchange: seconds there, at work, and back.
    cases = {
        "one exchange took as long there as back": (0.25, [(0.01, 0.002, 0.01)]),
        "their clock is slow": (-3.5, [(0.01, 0.002, 0.01)]),
        "the way there was slower": (0.25, [(0.03, 0.001, 0.01)]),
        "one of three exchanges was fast": (
            0.1,
            [(0.3, 0.001, 0.01), (0.01, 0.001, 0.01), (0.01, 0.001, 0.4)],
        ),
        "the one with the shortest way was long at work": (
            0.1,
            [(0.01, 0.5, 0.01), (0.2, 0.001, 0.01)],
        ),
    }
    cases["the first of two took no time at all"] = (
        0.25,
        [(0.0, 0.5, 0.0), (0.25, 0.5, 0.125)],  # these numbers are exact
    )
    cases["the way is long"] = 0.5, [(4.0, 1.0, 3.0), (3.0, 1.0, 2.5)]
    dice = random.Random(16)
    for number in range(20):
        ways = [tuple(dice.random() / 10 for _ in range(3)) for _ in range(12)]
        cases[f"there are twelve exchanges, example {number}"] = dice.uniform(-9, 9), ways
    for when, (offset, ways) in cases.items():
        _measure(function, when, offset, ways)
    return "Each offset that it gave was right within the error that it gave, and that was small."


def _measure(function, when, offset, ways):
    exchanges, now = [], 1000.0
    for there, work, back in ways:
        came = now + there
        exchanges.append((now, came + offset, came + work + offset, came + work + back))
        now += 1
    there, _, back = min(ways, key=lambda way: way[0] + way[2])
    given = list(exchanges)
    got = call(function, given, when=when)
    expect(f"The list of exchanges, which is not its own, when {when}", exchanges, given)
    try:
        found, error = (each + 0.0 for each in got)
    except (TypeError, ValueError):
        words = Words("two numbers: the offset and its error, in seconds")
        raise NotYet(f"What it returns when {when}:", words, got) from None
    right = offset + (there - back) / 2, (there + back) / 2
    for what, one, other in zip(("offset", "error"), right, (found, error), strict=True):
        if not abs(one - other) < 1e-6:  # what is not a number is not near either
            expect(f"The {what} in seconds when {when}", round(one, 6), round(other, 6))
