"""The exercises of notebook 01: hints, a solution and a check of each."""

import itertools
import re
import threading
import time

import zmq

from zmqlab.course.exercises import hints
from zmqlab.course.ports import free_endpoint
from zmqlab.course.programs import (
    MANY,
    SILENCE,
    ask,
    ask_in_turn,
    client,
    expect_end,
    expect_patience,
    expect_replies_at_once,
    expect_reply,
    named,
    receive,
    served,
)
from zmqlab.course.trial import (
    TIMEOUT,
    NotYet,
    Words,
    call,
    expect,
    in_thread,
    looks_like,
    nothing_left,
    peer,
)

LONG = b"long " * 2_000
QUICK = 0.08  # seconds for one of ten replies, and as long as it takes on this computer


@hints(
    "A server is a loop: receive a request, make the reply, send it. It begins with a context, "
    "a REP socket and `socket.bind(bind)`.",
    "Capitals are a matter of text, not of bytes: `bytes.upper` leaves `ü` as it is. Decode what "
    "came, and encode what goes.",
    "Inside `while True:` it is `request = socket.recv()`, then "
    "`socket.send(request.decode().upper().encode())`. Before that, look whether "
    '`request == b"stop"`; then send `b"BYE"` and `break`.',
    "Leave the loop by `break` and not by an error, and let `with zmq.Context() as context, "
    "context.socket(zmq.REP) as socket:` close both, so that the last reply still leaves.",
)
def shout_server(bind):
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            request = socket.recv()
            if request == b"stop":
                socket.send(b"BYE")
                break
            socket.send(request.decode().upper().encode())


def check_shout_server(function):
    texts = ["hello", "Grüße aus Zürich", "  two blanks  ", "", "日本"]
    texts += ["stopwatch", "nonstop", "Stop", "STOP", "stop ", "please stop now", "two\nlines\n"]
    texts += ["cafe\u0301", "\ufeffmark", "zero\0byte", "long " * 20_000]
    with served(function) as server:
        for text in texts:
            mistakes = {
                "`bytes.upper`, which knows the letters a to z only": text.encode().upper(),
                "the text as it came": text.encode(),
                "UTF-8 taken for Latin-1": text.encode().decode("latin-1").upper().encode(),
                "a capital at the beginning only": text.capitalize().encode(),
                "a capital at the beginning of each word": text.title().encode(),
                "without the blanks at the ends": text.strip().upper().encode(),
                "without the mark U+FEFF at the beginning": text.lstrip("\ufeff").upper().encode(),
                "without what follows a zero byte": text.split("\0")[0].upper().encode(),
                "the reply to b'stop'": b"BYE",
                "what Python prints for bytes": str(text.encode()).upper().encode(),
            }
            expect_reply(text.upper().encode(), server, text.encode(), mistakes=mistakes)
        with client(server) as vanishing:
            vanishing.send(b"I will not wait for this")
        six = [f"client {number}" for number in range(6)]
        expect_replies_at_once(server, {text.encode(): text.upper().encode() for text in six})
        with client(server, zmq.DEALER) as impatient:
            for request in (b"one", b"two"):  # does not wait for the first reply
                impatient.send_multipart([b"", request])
            whats = (f"the {number} reply to b'one' and b'two'" for number in ("first", "second"))
            replies = [receive(impatient, server, what) for what in whats]
            who = "in any order, for a client that does not wait its turn"
            right = [[b"", b"ONE"], [b"", b"TWO"]]
            expect(f"The replies to b'one' and b'two', {who}", right, sorted(replies))
        for request, reply in ask_in_turn(server, *(b"request %d" % n for n in range(MANY))):
            expect(f"The reply to {named(request)}", [request.upper()], reply)
        expect_patience(server)
        expect_reply(b"BYE", server, b"stop", mistakes={"capitals, and no BYE": b"STOP"})
        expect_end(server, "b'stop'")
    return (
        "It shouted back to a dozen clients, six at once, among them one too impatient to wait "
        "its turn and one with a hundred requests; it got over one that vanished and a silence, "
        "and ended when asked to."
    )


@hints(
    "Ask the server for something it does not know, and then for the time. What does a REP socket "
    "have to do between one `recv` and the next?",
    "Every request needs a reply, the ones that make no sense too: an `else:` that sends "
    '`b"unknown command: " + request`.',
    "A request may have several parts, and `recv` takes only the first one; before the others are "
    "taken nothing can be sent. `recv_multipart` takes them all: "
    '`request = b" ".join(socket.recv_multipart())`.',
    "If you turn requests into text, some bytes cannot be: compare bytes instead, as in "
    '`if request == b"time":`.',
)
def never_silent(bind):
    count = 0
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            request = b" ".join(socket.recv_multipart())
            count += 1
            if request == b"time":
                socket.send(time.strftime("%H:%M:%S").encode())
            elif request == b"count":
                socket.send(str(count).encode())
            else:
                socket.send(b"unknown command: " + request)


def check_never_silent(function):
    nonsense = [[b"coffee"], [b""], [b"\xff\xfe\x00"], [b"time", b"please"]]
    nonsense += [[b"a", b"b", b"", b"c", b"d"], [b"counter"], [b"", b""], [b"help"], [b"quit"]]
    nonsense += [[b"time", b""], [b"", b"count"], [b"TIME"], [b"time "], [b"timetable"], [b"stop"]]
    nonsense += [[b"please", b"time"], [b"time", b"time"], [b"count", b"please"], [b"x" * 100_000]]
    many = [b"nonsense %d" % number for number in range(MANY)]
    began = time.time()
    with served(function) as server:
        first = _count(server)
        expect("The reply to the first request of all, which is b'count'", 1, first)
        for parts in nonsense:
            _expect_unknown(server, *parts)
            _expect_time(server, began, f"asked after {named(*parts)}")
        for request, reply in ask_in_turn(server, *many):
            expect(f"The reply to {named(request)}", [b"unknown command: " + request], reply)
        expect_patience(server)
        _expect_time(server, began, f"asked after a silence of {SILENCE:g} s")
        known = len(nonsense) + 2  # times, and the second count
        mistakes = {
            "those it knows": known,
            "those it does not know": len(nonsense) + MANY,
            "none but its own": 1,
            "none": 0,
        }
        what = "The requests that it counted from one b'count' to the next"
        expect(what, known + len(nonsense) + MANY, _count(server) - first, mistakes)
    return "It replied to all that came, sense or nonsense, and goes on."


def _expect_unknown(server, *parts):
    begins, asked = b"unknown command: ", b" ".join(parts)
    mistakes = {
        "the reply to b'time'": _times(time.time())[-1],
        "without what was asked": begins.rstrip(b": "),
        "with nothing behind the colon": begins.rstrip(),
        "what was asked, and nothing else": asked,
        "without blanks at the ends": begins + asked.strip(),
        "without the parts that are empty": begins + b" ".join(filter(None, parts)),
        "the first part only": begins + parts[0],
        "the last part only": begins + parts[-1],
        "the parts joined with nothing in between": begins + b"".join(parts),
        "what Python prints for bytes": begins + str(asked).encode(),
        "what Python prints for a list": begins + str([*parts]).encode(),
        "bytes that are no text were replaced": begins + asked.decode(errors="replace").encode(),
        "bytes that are no text were left out": begins + asked.decode(errors="ignore").encode(),
        "other bytes: they were taken for Latin-1": begins + asked.decode("latin-1").encode(),
    }
    expect_reply(begins + asked, server, *parts, mistakes=mistakes)


def _expect_time(server, began, when):
    asked = time.time() - 1  # the clock that `strftime` reads lags a little
    reply = ask(server, b"time")
    got = reply[0] if len(reply) == 1 else reply
    if got not in _times(asked):
        like = looks_like({"an earlier time": got in _times(began)})
        now = Words(f"the time, {_times(time.time())[-1]!r}")
        raise NotYet(f"The reply to b'time', {when}{like}:", now, got)


def _times(began):
    """Return what a clock has shown since then."""
    seconds = range(int(began), int(time.time()) + 1)
    return [time.strftime("%H:%M:%S", time.localtime(each)).encode() for each in seconds]


def _count(server):
    reply = ask(server, b"count")
    if not re.fullmatch(rb"[1-9]\d*|0", reply[0]):
        raise NotYet("The reply to b'count':", Words("a number, such as b'3'"), reply[0])
    return int(reply[0])


@hints(
    "`recv` waits for ever. Which method of a socket waits for a message no longer than you say?",
    "`socket.poll(milliseconds)` is 0 if nothing came. `timeout` is in seconds.",
    "A REQ socket that got no reply cannot send again, and a late reply would be taken for the "
    "answer to the next question: make a new socket for each call.",
    "When the context ends, it waits until what was sent has left, for ever by default. A request "
    "that nobody took is to be forgotten: `socket.linger = 0`.",
)
def patient_ask(endpoint, request, timeout):
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        socket.send(request)
        if socket.poll(1000 * timeout):
            return socket.recv()
    return None


def check_patient_ask(function):
    asked: list[list[bytes]] = []  # what came to a server

    def tries(expected, endpoint, request, timeout, when):
        """Call it once, and return how many seconds it took."""
        began = time.monotonic()
        got = call(function, endpoint, request, timeout, when=when, timeout=timeout + TIMEOUT)
        took = time.monotonic() - began
        came = [parts for parts in asked if request == parts[-1] or (request and request in parts)]
        if came and not _enveloped(came[0]):
            what = "What came at the server is not what a REQ sends, and no REP would reply to it"
            expect(what, [b"", request], came[0], {"the empty part is missing": [request]})
        if len(came) > 1:
            raise NotYet(f"Called once when {when}, it sent its request {len(came)} times.")
        waited = f"after {took:.2g} s, with a timeout of {timeout:g} s"
        if got is None and expected is None and took < 0.9 * timeout:
            raise NotYet(f"Called when {when}, it gave up {waited}.")
        what = f"What it returns when {when}"
        if expected is not None and got is None:
            what += f", {waited}"
        if expected is not None and not came:
            raise NotYet(f"{what}; no request came at the server:", expected, got)
        empty = {"an empty reply was taken for none": None} if expected == b"" else {}
        expect(what, expected, got, empty)
        return took

    def gets(expected, endpoint, request, timeout, when):
        took = tries(expected, endpoint, request, timeout, when)
        if took > 0.8 * timeout:
            late = f"it returned the reply only after {took:.2g} s, with a timeout of {timeout:g} s"
            raise NotYet(f"Called when {when}, {late}.")
        return took

    def gives_up(endpoint, request, timeout, when):
        for again in (b"", b", once more", b", at last"):  # it may be late on a busy computer
            took = tries(None, endpoint, request + again, timeout, when)
            if took < 1.3 * timeout + 0.45:
                return
        late = f"it gave up only after {took:.2g} s, with a timeout of {timeout:g} s"
        raise NotYet(f"Called when {when}, {late}.")

    kept, missing, haunted = [], free_endpoint(), threading.Event()

    def late(message):  # the reply to the first request leaves together with that to the second
        kept.extend(_echo(message))
        return kept if message[-1] == b"second" else []

    def remember(message):
        if message[-1].startswith(b"old"):
            haunted.set()
        return _echo(message)

    with nothing_left():
        with _server(_echo, asked) as endpoint:
            hellos = [b"hello" + b"!" * count for count in range(10)]
            when = "the server is there"
            took = min(gets(b"reply to " + each, endpoint, each, 8, when) for each in hellos)
            if took > QUICK and took > QUICK + min(_ask(endpoint) for _ in hellos):
                raise NotYet(
                    f"A server replied at once, ten times, and it never took less than {took:.2g} "
                    "s: it waits for time to pass, and should wait for the reply."
                )
            expect("The first request that came at the server", hellos[0], asked[0][-1])
            gets(b"reply to " + LONG, endpoint, LONG, 8, "the request is long, and so is the reply")
            gets(b"reply to ", endpoint, b"", 8, "the request is empty")
        with _server(_echo_slowly, asked) as endpoint:
            when = "the server takes 0.4 s and the timeout is 5 s"
            slowly = [b"slow", b"slower", b"slowest"]
            slow = [gets(b"reply to " + each, endpoint, each, 5, when) for each in slowly]
        if min(slow) > 0.6:
            raise NotYet(
                "A server replied after 0.4 s, three times, and it never took less than "
                f"{min(slow):.2g} s: it looks now and then, and should wait for the reply."
            )
        count = itertools.count(1)
        with _server(lambda message: [[*message[:-1], b"%d" % next(count)]], asked) as endpoint:
            for times in (b"1", b"2"):
                asked.clear()
                gets(times, endpoint, b"how often?", 8, "the same is asked again")
        with _server(lambda message: [[*message[:-1], b""]], asked) as endpoint:
            gets(b"", endpoint, b"nothing", 8, "the reply is empty")
        with _server(lambda message: [], asked) as endpoint:
            for number, timeout in enumerate((0.2, 1.5, 0.2, 1.5)):
                request = b"anyone? %d" % number
                gives_up(endpoint, request, timeout, "the server does not reply")
        with _server(late, asked) as endpoint:
            tries(None, endpoint, b"first", 0.2, "the server does not reply in time")
            when = "the reply to an earlier request comes first"
            tries(b"reply to second", endpoint, b"second", 5, when)
        with in_thread(_come_late, 0.6, _echo, asked, missing):
            when = "the server comes up 0.6 s after the call"
            gets(b"reply to early", missing, b"early", 5, when)
        when, took = "the server comes up 1.8 s after the call, and does not reply", []
        for request in (b"in vain", b"in vain, once more"):
            with in_thread(_come_late, 1.8, lambda message: [], asked, missing):
                took.append(tries(None, missing, request, 2, when))
            if took[-1] < 3:
                break
        if min(took) > 3:
            late = f"it gave up only after {min(took):.2g} s, with a timeout of 2 s"
            raise NotYet(f"Called when {when}, {late}.")
        for request, timeout in ((b"old", 0.2), (b"older", 1.5)):
            gives_up(missing, request, timeout, "there is no server")
        asked.clear()
        with _server(remember, asked, missing):
            tries(b"reply to new", missing, b"new", 5, "the server is back")
            haunted.wait(2)  # a socket that is still there tries again every 0.1 s
    what = "What a server received that came up after two calls had given up"
    expect(what, [b"new"], [parts[-1] for parts in asked])
    return "It waited as long as it was told to and no longer, and each time it could ask again."


def _ask(endpoint):
    """Ask as a REQ does, and return how many seconds that takes on this computer."""
    began = time.monotonic()
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.linger, req.rcvtimeo = 0, int(1000 * TIMEOUT)
        req.connect(endpoint)
        req.send(b"a request of the check")
        req.recv()
    return time.monotonic() - began


def _echo(message):
    return [[*message[:-1], b"reply to " + message[-1]]]


def _echo_slowly(message):
    time.sleep(0.4)  # the server's work
    return _echo(message)


def _come_late(seconds, answer, asked, bind, over):
    if not over.wait(seconds):
        with _server(answer, asked, bind):
            over.wait()


def _enveloped(parts):
    """Tell whether an empty part stands before the request, and none before that."""
    return b"" in parts and parts.index(b"") == len(parts) - 2


def _server(answer, asked, bind="tcp://127.0.0.1:*"):
    """Be a server, and note in `asked` the parts of each message but the sender's address.

    `answer(message)` returns the messages to be sent for a request: none or more. It gets the parts
    of a ROUTER: the sender's address, an empty part and the request. As a REP does, the server
    stays silent when the empty part is missing.
    """

    def serve(router, over):
        while not over.is_set():
            if router.poll(50):
                message = router.recv_multipart()
                asked.append(message[1:])
                for each in answer(message) if _enveloped(message[1:]) else []:
                    router.send_multipart(each)

    return peer(zmq.ROUTER, serve, bind)
