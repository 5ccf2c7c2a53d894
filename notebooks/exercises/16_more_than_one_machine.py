"""The exercises of notebook 16: hints, a solution and a check of each."""

import zmq

from zmqlab.course.exercises import hints
from zmqlab.course.trial import TIMEOUT, NotYet, Words, call, expect, nothing_left, peer

_QUIET = 50  # milliseconds: a request too many would have come


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
        for count, most in ((4, 1), (12, 5), (3, 100)):
            _ask(function, [f"request {number}".encode() for number in range(count)], most)
    return "It kept as many requests under way as it may, never more, and lost no reply."


def _ask(function, requests, most):
    when = f"there are {len(requests)} requests and most_under_way is {most}"
    faults: list[str] = []

    def serve(router, over):
        waiting, answered = [], 0
        while answered < len(requests) and not over.is_set():
            due = min(most, len(requests) - answered)
            _collect(router, waiting, due, _QUIET if faults else 1000 * TIMEOUT)
            if len(waiting) != due:
                faults.append(
                    f"{len(waiting)} of {len(requests)} requests were under way, with {answered} "
                    f"answered so far, where {due} should have been: most_under_way is {most}."
                )
            if waiting:
                _answer(router, waiting.pop(0), faults)
                answered += 1

    def story():  # what went wrong first may be why the function failed
        return "".join(faults[:1])

    with peer(zmq.ROUTER, serve) as endpoint:
        got = call(function, endpoint, requests, most, when=when, timeout=20, story=story)
    if faults:
        raise NotYet(faults[0])
    expect(f"What it returns when {when}", [request.upper() for request in requests], got)


def _collect(router, waiting, due, patience):
    """Receive as many requests as are due, and one too many if it comes."""
    while len(waiting) <= due and router.poll(patience if len(waiting) < due else _QUIET):
        waiting.append(router.recv_multipart())


def _answer(router, message, faults):
    identity, *envelope, request = message
    if envelope[-1:] != [b""]:
        faults.append(
            f"A message came with the parts {[*envelope, request]!r:.80}. A server that replies "
            "expects an empty part, and then the request as the last one."
        )
    router.send_multipart([identity, *envelope, request.upper()])


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
    symmetrical = (0.01, 0.002, 0.01)  # seconds there, at work and back
    for when, ahead, exchanges in (
        ("one exchange took as long there as back", 0.25, [symmetrical]),
        ("their clock is slow", -3.5, [symmetrical]),
        ("the way there was slower", 0.25, [(0.03, 0.001, 0.01)]),
        ("one of three was fast", 0.1, [(0.3, 0.001, 0.01), symmetrical, (0.01, 0.001, 0.4)]),
        ("the fast one was long at work", 0.1, [(0.01, 0.5, 0.01), (0.2, 0.001, 0.01)]),
    ):
        _measure(function, when, ahead, exchanges)
    return "Each offset that it gave was right within the error that it gave, and that was small."


def _measure(function, when, ahead, exchanges):
    times = []
    for asked, (there, work, back) in enumerate(exchanges, start=1000):
        came = asked + there + ahead
        times.append((float(asked), came, came + work, asked + there + work + back))
    got = call(function, times, when=when)
    try:
        offset, error = (round(float(number), 6) for number in got)
    except (TypeError, ValueError):
        words = Words("two numbers: the offset and its error, in seconds")
        raise NotYet(f"What it returns when {when}:", words, got) from None
    there, _, back = min(exchanges, key=lambda exchange: exchange[0] + exchange[2])
    expect(f"The offset in seconds when {when}", round(ahead + (there - back) / 2, 6), offset)
    expect(f"The error in seconds when {when}", round((there + back) / 2, 6), error)
