"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

ASK = solution("ask_surely")
COUNT = solution("count_once")
FOLLOW = solution("follow_total")
LOOP = "while (left := deadline - time.monotonic()) > 0:"
READ = 'done = logbook.read_text("utf-8").split() if logbook.exists() else []'
OPEN = 'open(logbook, "a", encoding="utf-8")'
REPLY = "rep.send_string(str(done.index(name) + 1))"
GREATER = "            elif new > number:\n                number, total = snapshot()\n"
OLDER = "            else:\n                continue\n"

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "ask_surely": {
        "a limit on recv, and the error it raises": """
def ask_surely(endpoint, request, timeout):
    until = time.time() + timeout
    context = zmq.Context()
    try:
        while time.time() < until:
            socket = context.socket(zmq.REQ)
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.RCVTIMEO, 250)
            socket.connect(endpoint)
            socket.send(request)
            try:
                return socket.recv()
            except zmq.Again:
                continue
            finally:
                socket.close()
        return None
    finally:
        context.term()
""",
        "one socket that may ask again, and forgets late replies": """
def ask_surely(endpoint, request, timeout):
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.linger = 0
        req.req_relaxed = req.req_correlate = True
        req.connect(endpoint)
        for _ in range(math.ceil(timeout / 0.25)):
            req.send(request)
            if req.poll(250):
                return req.recv()
    return None
""",
        "with asyncio": """
async def one_try(context, endpoint, request):
    with context.socket(zmq.REQ) as req:
        req.linger = 0
        req.connect(endpoint)
        await req.send(request)
        return await req.recv()

async def tries(endpoint, request):
    with zmq.asyncio.Context() as context:
        while True:
            try:
                return await asyncio.wait_for(one_try(context, endpoint, request), 0.3)
            except TimeoutError:
                pass

async def all_tries(endpoint, request, timeout):
    try:
        return await asyncio.wait_for(tries(endpoint, request), timeout)
    except TimeoutError:
        return None

def ask_surely(endpoint, request, timeout):
    return asyncio.run(all_tries(endpoint, request, timeout))
""",
        "all its sockets stay open, and any of them may bring the reply": """
def ask_surely(endpoint, request, timeout):
    end = time.monotonic() + timeout
    poller, sockets = zmq.Poller(), []
    context = zmq.Context()
    try:
        while time.monotonic() < end:
            req = context.socket(zmq.REQ)
            sockets.append(req)
            poller.register(req, zmq.POLLIN)
            req.connect(endpoint)
            req.send(request)
            left = max(0, end - time.monotonic())
            for ready, _ in poller.poll(1000 * min(0.3, left)):
                return ready.recv()
        return None
    finally:
        context.destroy(linger=0)
""",
        "a generator of tries": """
from contextlib import closing

def tries(endpoint, request):
    context = zmq.Context()
    try:
        while True:
            req = context.socket(zmq.REQ)
            req.setsockopt(zmq.LINGER, 0)
            req.connect(endpoint)
            req.send(request)
            yield req
            req.close()
    finally:
        context.destroy(0)

def ask_surely(endpoint, request, timeout):
    deadline = time.monotonic() + timeout
    with closing(tries(endpoint, request)) as all_tries:
        for req in all_tries:
            rest = deadline - time.monotonic()
            readable, _, _ = zmq.select([req], [], [], max(0, min(rest, 0.3)))
            if readable:
                return req.recv()
            if time.monotonic() >= deadline:
                return None
""",
    },
    "count_once": {
        "the file alone, read each time": """
def count_once(logbook, bind):
    logbook.touch()
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            name = rep.recv()
            names = logbook.read_bytes().split(b"\\n")[:-1]
            if name not in names:
                with logbook.open("ab") as file:
                    file.write(name + b"\\n")
                names.append(name)
            rep.send(b"%d" % (names.index(name) + 1))
""",
        "a dictionary, and a ROUTER": """
def count_once(logbook, bind):
    positions = {}
    if logbook.exists():
        for line in logbook.read_text(encoding="utf-8").splitlines():
            name, position = line.rsplit(" ", 1)
            positions[name] = int(position)
    context = zmq.Context()
    router = context.socket(zmq.ROUTER)
    router.bind(bind)
    with open(logbook, "a", encoding="utf-8", buffering=1) as file:
        while True:
            *envelope, request = router.recv_multipart()
            name = request.decode()
            if name not in positions:
                positions[name] = len(positions) + 1
                file.write(f"{name} {positions[name]}\\n")
            router.send_multipart([*envelope, str(positions[name]).encode()])
""",
        "the whole state as JSON, put in place at once": """
import os

def count_once(logbook, bind):
    done = json.loads(logbook.read_text()) if logbook.is_file() else {}
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            name = rep.recv().decode()
            if name not in done:
                done[name] = len(done) + 1
                new = logbook.with_suffix(".new")
                new.write_text(json.dumps(done))
                os.replace(new, logbook)
            rep.send(json.dumps(done[name]).encode())
""",
        "a table of SQLite, committed before the reply": """
import sqlite3

def count_once(logbook, bind):
    table = sqlite3.connect(logbook)
    table.execute("CREATE TABLE IF NOT EXISTS steps (n INTEGER PRIMARY KEY, name TEXT UNIQUE)")
    table.commit()
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            name = rep.recv_string()
            with table:
                table.execute("INSERT OR IGNORE INTO steps (n, name) VALUES ("
                              "(SELECT COUNT(*) + 1 FROM steps), ?)", (name,))
            (n,), = table.execute("SELECT n FROM steps WHERE name = ?", (name,)).fetchall()
            rep.send_string(str(n))
""",
        "a coroutine is the motor": """
import os

def motor(logbook):
    file = os.open(logbook, os.O_RDWR | os.O_CREAT | os.O_APPEND)
    try:
        held = b""
        while block := os.read(file, 65536):
            held += block
        whole = held[: held.rfind(b"\\n") + 1]
        os.ftruncate(file, len(whole))
        places = {name: place for place, name in enumerate(whole.split(b"\\n")[:-1], 1)}
        name = yield
        while True:
            if name not in places:
                os.write(file, name + b"\\n")
                os.fsync(file)
                places[name] = len(places) + 1
            name = yield places[name]
    finally:
        os.close(file)

def count_once(logbook, bind):
    where = motor(logbook)
    next(where)
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            rep.send(b"%d" % where.send(rep.recv()))
""",
    },
    "follow_total": {
        "a fresh socket for each snapshot": """
def take_snapshot(context, snapshots):
    with context.socket(zmq.REQ) as req:
        req.connect(snapshots)
        req.send(b"please")
        number, total = req.recv_multipart()
        return int(number), int(total)

def follow_total(snapshots, stream):
    context = zmq.Context()
    sub = context.socket(zmq.SUB)
    sub.setsockopt(zmq.SUBSCRIBE, b"")
    sub.connect(stream)
    try:
        state = None
        while True:
            if state is None:
                state = take_snapshot(context, snapshots)
                yield state
            number, amount = [int(part) for part in sub.recv_multipart()]
            if number <= state[0]:
                continue
            if number > state[0] + 1:
                before, state = state, None
                continue
            state = (number, state[1] + amount)
            yield state
    finally:
        sub.close()
        context.term()
""",
        "a difference and three cases": """
def follow_total(snapshots, stream):
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.subscribe("")
        sub.connect(stream)
        with context.socket(zmq.REQ) as req:
            req.connect(snapshots)
            number, total = -10, 0
            step = 2
            while True:
                if step > 1:
                    req.send_string("snapshot")
                    number, total = (int(each) for each in req.recv_multipart())
                elif step == 1:
                    number += 1
                    total += amount
                if step > 0:
                    yield number, total
                update = sub.recv_multipart()
                step, amount = int(update[0]) - number, int(update[1])
""",
        "what waits is kept until the snapshot has come": """
def follow_total(snapshots, stream):
    with zmq.Context() as context:
        sub, req = context.socket(zmq.SUB), context.socket(zmq.REQ)
        with sub, req:
            sub.subscribe(b"")
            sub.connect(stream)
            req.connect(snapshots)
            poller = zmq.Poller()
            poller.register(sub, zmq.POLLIN)
            poller.register(req, zmq.POLLIN)
            waiting, number, total, asked = {}, None, 0, True
            req.send(b"")
            while True:
                ready = dict(poller.poll())
                if req in ready:
                    number, total = map(int, req.recv_multipart())
                    asked = False
                    waiting = {n: a for n, a in waiting.items() if n > number}
                    yield number, total
                if sub in ready:
                    new, amount = map(int, sub.recv_multipart())
                    if number is None or new > number:
                        waiting[new] = amount
                while not asked and number + 1 in waiting:
                    number, total = number + 1, total + waiting.pop(number + 1)
                    yield number, total
                if waiting and not asked:
                    asked = True
                    req.send(b"")
""",
        "a DEALER asks for the snapshots": """
def follow_total(snapshots, stream):
    context = zmq.Context()
    sub = context.socket(zmq.SUB)
    dealer = context.socket(zmq.DEALER)
    try:
        sub.setsockopt_string(zmq.SUBSCRIBE, "")
        sub.connect(stream)
        dealer.connect(snapshots)
        known = None
        while True:
            if known is None:
                dealer.send_multipart([b"", b""])
                _, number, total = dealer.recv_multipart()
                known = int(number), int(total)
                yield known
            new = int(sub.recv())
            amount = int(sub.recv())
            match new - known[0]:
                case 1:
                    known = (new, known[1] + amount)
                    yield known
                case ahead if ahead > 1:
                    known = None
    finally:
        context.destroy(linger=0)
""",
        "a class that is its own iterator, and a generator around it": """
class Follower:
    def __init__(self, context, snapshots, stream):
        self.sub, self.req = context.socket(zmq.SUB), context.socket(zmq.REQ)
        self.sub.subscribe(b"")
        self.sub.connect(stream)
        self.req.connect(snapshots)
        self.pair = None

    def snapshot(self):
        self.req.send(b"")
        self.pair = tuple(int(each) for each in self.req.recv_multipart())
        return self.pair

    def __iter__(self):
        return self

    def __next__(self):
        if self.pair is None:
            return self.snapshot()
        number, total = self.pair
        new = number
        while new <= number:
            new, amount = map(int, self.sub.recv_multipart())
        if new != number + 1:
            return self.snapshot()
        self.pair = new, total + amount
        return self.pair

def follow_total(snapshots, stream):
    context = zmq.Context()
    try:
        yield from Follower(context, snapshots, stream)
    finally:
        context.destroy(linger=0)
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "ask_surely": {
        "hurries": (
            changed(ASK, "min(0.3, left)", "min(0.04, left)"),
            r"asked a silent server \d+ times.*wait 0.3 s each time",
        ),
        "counts its tries, not the time": (
            changed(ASK, LOOP, "for _ in range(int(timeout * 10)):").replace(
                "min(0.3, left)", "0.3"
            ),
            "the server never replies, it gave up after .* and was told 1.5 in all",
        ),
        "asks once": (
            changed(ASK, LOOP, "for left in (timeout,):").replace("min(0.3, left)", "left"),
            "two requests stay without a reply.*expected: b'reply to again'.*gave: None",
        ),
        "one try that is short": (
            changed(ASK, LOOP, "for left in (timeout,):").replace("min(0.3, left)", "2"),
            "two requests stay without a reply.*gave: None",
        ),
        "the same socket again": (
            """
def ask_surely(endpoint, request, timeout):
    deadline = time.monotonic() + timeout
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.linger = 0
        req.connect(endpoint)
        while time.monotonic() < deadline:
            req.send(request)
            if req.poll(2000):
                return req.recv()
""",
            "two requests stay without.*raised an error.*current state",
        ),
        "waits for ever": (
            changed(ASK, "if req.poll(1000 * min(0.3, left)):", "if True:"),
            "two requests stay without.*still busy.*req.recv",
        ),
        "never gives up": (
            changed(ASK, LOOP, "while (left := 1):"),
            "the server never replies, it was still busy",
        ),
        "an error in place of None": (
            ASK + "    raise TimeoutError('no reply')\n",
            "the server never replies, it raised an error.*TimeoutError: no reply",
        ),
        "says that it is done": (
            ASK + "    return b''\n",
            "the server never replies.*expected: None: nobody knows.*gave: b''",
        ),
        "waits for what it sent to leave": (
            changed(ASK, "                req.linger = 0\n", ""),
            "there is no server, it was still busy.*waits for sockets to be closed",
        ),
        "leaves its sockets open": (
            """
kept = []
def ask_surely(endpoint, request, timeout):
    deadline = time.monotonic() + timeout
    context = zmq.Context.instance()
    while (left := deadline - time.monotonic()) > 0:
        req = context.socket(zmq.REQ)
        kept.append(req)
        req.linger = 0
        req.connect(endpoint)
        req.send(request)
        if req.poll(1000 * min(0.3, left)):
            return req.recv()
""",
            "of its sockets are still open",
        ),
        "another request each time": (
            changed(ASK, "req.send(request)", 'req.send(request + b"%d" % int(10 * left))'),
            "(the server replies at once|two requests stay).*expected: b'reply to ",
        ),
        "a list of parts": (
            changed(ASK, "return req.recv()", "return req.recv_multipart()"),
            r"the server replies at once.*gave: \[b'reply to step'\]",
        ),
        "three tries, whatever the time": (
            changed(ASK, LOOP, "for left in (1, 1, 1):"),
            "the server never replies, it gave up after|two requests stay|server replies at once",
        ),
        "an empty reply is none": (
            changed(ASK, "return req.recv()", "return req.recv() or None"),
            "the reply is empty, and a reply nevertheless.*expected: b''.*gave: None",
        ),
        "strips the request": (
            changed(ASK, "send(request)", "send(request.strip())"),
            "the server replies at once.*expected: b'reply to  .*gave: b'reply to .xff",
        ),
        "remembers the replies": (
            "known = {}\n\n"
            + changed(
                ASK,
                "    deadline =",
                "    if (endpoint, request) in known:\n"
                "        return known[endpoint, request]\n    deadline =",
            ).replace(
                "return req.recv()",
                "return known.setdefault((endpoint, request), req.recv())",
            ),
            "Called again with the same request, it did not ask the server again",
        ),
        "waits a second each time": (
            changed(ASK, "min(0.3, left)", "min(1, left)"),
            "In its first 1.3 s it asked a silent server . times",
        ),
        "remembers who did not reply": (
            "dead = set()\n\n"
            + changed(
                ASK,
                "    deadline =",
                "    if endpoint in dead:\n        return None\n    deadline =",
            )
            + "    dead.add(endpoint)\n    return None\n",
            "comes up after a call in vain.*expected: b'reply to late'.*gave: None|"
            r"gave up after 0\.\d s of its 1\.5",
        ),
        "waits twice as long each time": (
            changed(ASK, "    with zmq.Context()", "    wait = 0.3\n    with zmq.Context()")
            .replace("min(0.3, left)", "min(wait, left)")
            .replace("return req.recv()\n", "return req.recv()\n                wait *= 2\n"),
            "asked a silent server [23] times",
        ),
        "knocks, and gives up if nobody is there": (
            changed(
                ASK,
                "    with zmq.Context()",
                "    host, port = endpoint.removeprefix('tcp://').rsplit(':', 1)\n"
                "    try:\n"
                "        create_connection((host, int(port)), timeout=0.3).close()\n"
                "    except OSError:\n"
                "        return None\n"
                "    with zmq.Context()",
            ),
            r"there is no server, it gave up after 0\.?0?\d* s of its",
        ),
        "the deadline of the first call": (
            changed(
                ASK,
                "    deadline = time.monotonic() + timeout\n",
                "    if not hasattr(ask_surely, 'deadline'):\n"
                "        ask_surely.deadline = time.monotonic() + timeout\n"
                "    deadline = ask_surely.deadline\n",
            ),
            r"it gave up after \S+ s of its 1\.5",
        ),
        "the text of the bytes": (
            changed(ASK, "req.send(request)", "req.send_string(str(request))"),
            "reply to b'step'",
        ),
    },
    "count_once": {
        "replies before it writes": (
            """
def count_once(logbook, bind):
    done = logbook.read_text().split() if logbook.exists() else []
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            name = rep.recv_string()
            new = name not in done
            if new:
                done.append(name)
            rep.send_string(str(done.index(name) + 1))
            if new:
                with open(logbook, "a") as file:
                    file.write(name + "\\n")
""",
            "The reply to 'f-1', after it died with the reply to 'e-1'.*expected: b'8'.*: b'[67]'",
        ),
        "takes a name for a part of another": (
            """
def count_once(logbook, bind):
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            name = rep.recv_string()
            text = logbook.read_text() if logbook.exists() else ""
            if name not in text:
                with open(logbook, "a") as file:
                    file.write(name + "\\n")
                text += name + "\\n"
            rep.send_string(str(text[:text.index(name)].count("\\n") + 1))
""",
            "The reply to 'b-1', among others.*expected: b'3'.*gave: b'1'",
        ),
        "counts each request": (
            changed(COUNT, "if name not in done:", "if True:"),
            "The reply to 'Zoé-1'.*expected: b'4'.*gave: b'6'",
        ),
        "a list that dies with it": (
            changed(COUNT, READ, "done = []"),
            "The reply to 'c-1', after a kill -9.*expected: b'5'.*gave: b'1'",
        ),
        "where it stands now": (
            changed(COUNT, "str(done.index(name) + 1)", "str(len(done))"),
            "The reply to 'b-10', among others.*expected: b'1'.*gave: b'3'",
        ),
        "counts from 0": (
            changed(COUNT, "done.index(name) + 1", "done.index(name)"),
            "The reply to 'b-10'.*expected: b'1'.*gave: b'0'",
        ),
        "compares with the last one only": (
            changed(COUNT, "if name not in done:", "if name not in done[-1:]:").replace(
                "done.index(name) + 1", "len(done)"
            ),
            "The reply to 'b-10', among others.*expected: b'1'.*gave: b'4'",
        ),
        "takes the names for growing": (
            changed(COUNT, "if name not in done:", "if name > max(done, default=''):"),
            "Your server ended, and.*a-1",
        ),
        "refuses to repeat itself": (
            changed(COUNT, REPLY, REPLY).replace(
                "            if name not in done:",
                "            if name in done:\n"
                "                rep.send_string('done')\n"
                "                continue\n"
                "            if name not in done:",
            ),
            "The reply to 'b-10', among others.*expected: b'1'.*gave: b'done'",
        ),
        "silent when it knows": (
            changed(COUNT, "            " + REPLY, "                " + REPLY),
            "Your server ended.*b'b-10'.*current state",
        ),
        "writes when it ends": (
            """
def count_once(logbook, bind):
    done = logbook.read_text().split() if logbook.exists() else []
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        try:
            while True:
                name = rep.recv_string()
                if name not in done:
                    done.append(name)
                rep.send_string(str(done.index(name) + 1))
        finally:
            logbook.write_text("\\n".join(done))
""",
            "after a kill -9.*expected: b'5'.*gave: b'1'",
        ),
        "a file that is never flushed": (
            changed(
                changed(COUNT, f"                with {OPEN} as file:\n    ", ""),
                "        rep.bind(bind)",
                '        file = open(logbook, "a")\n        rep.bind(bind)',
            ),
            "after a kill -9.*expected: b'5'.*gave: b'1'",
        ),
        "begins the file anew each time": (
            changed(COUNT, OPEN, OPEN.replace('"a"', '"w"')),
            "after a kill -9.*expected: b'5'.*gave: b'1'",
        ),
        "one line without an end": (
            changed(COUNT, 'file.write(name + "\\n")', "file.write(name)"),
            "after a kill -9.*expected: b'5'.*gave: b'2'",
        ),
        "names are ASCII": (
            changed(COUNT, "rep.recv_string()", 'rep.recv().decode("ascii")'),
            "Your server ended.*UnicodeDecodeError",
        ),
        "does not wait": (
            changed(
                COUNT,
                "        rep.bind(bind)",
                "        rep.rcvtimeo = 1000\n        rep.bind(bind)",
            ),
            "Nobody asked it.*instead of waiting|Your server ended",
        ),
        "sends the name along": (
            changed(
                COUNT, REPLY, "rep.send_multipart([name.encode(), b'%d' % (done.index(name) + 1)])"
            ),
            "has 2 parts, not one",
        ),
        "names in small letters": (
            changed(COUNT, "rep.recv_string()", "rep.recv_string().lower()"),
            "The reply to 'F-1'.*expected: b'9'.*gave: b'8'",
        ),
        "writes the whole file anew": (
            """
def count_once(logbook, bind):
    done = json.loads(logbook.read_text() or "[]") if logbook.exists() else []
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            name = rep.recv_string()
            if name not in done:
                done.append(name)
                logbook.write_text(json.dumps(done))
            rep.send_string(str(done.index(name) + 1))
""",
            "when its logbook had changed.*expected: b'8'.*gave: b'1'",
        ),
        "a colon ends the name": (
            """
def count_once(logbook, bind):
    steps = {}
    if logbook.exists():
        for line in logbook.read_text("utf-8").splitlines():
            name, place = line.split(":")[0], line.split(":")[-1]
            steps[name] = int(place)
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            name = rep.recv_string()
            if name not in steps:
                steps[name] = max(steps.values(), default=0) + 1
                with open(logbook, "a", encoding="utf-8") as file:
                    file.write(f"{name}:{steps[name]}\\n")
            rep.send_string(str(steps[name]))
""",
            "'Ada:7', after it died at 'h-1'.*expected: b'133'",
        ),
        "a line that begins with # is a remark": (
            changed(
                COUNT,
                'logbook.read_text("utf-8").split() if logbook.exists() else []',
                "[n for n in logbook.read_text('utf-8').split() if n[0] != '#'] "
                "if logbook.exists() else []",
            ),
            "'#7', after it died at 'h-1'.*expected: b'132'",
        ),
        "an lru_cache is its memory": (
            """
import functools

def count_once(logbook, bind):
    steps = logbook.read_text("utf-8").splitlines() if logbook.exists() else []
    old = {name: place for place, name in enumerate(steps, 1)}

    @functools.lru_cache(maxsize=32)
    def step(name):
        if name in old:
            return old[name]
        with open(logbook, "a", encoding="utf-8") as file:
            file.write(name + "\\n")
        steps.append(name)
        return len(steps)

    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            rep.send_string(str(step(rep.recv_string())))
""",
            "'g-0', after many others.*expected: b'10'",
        ),
        "the name first, its number later": (
            """
def count_once(logbook, bind):
    steps = {}
    if logbook.exists():
        for line in logbook.read_text("utf-8").splitlines():
            name, place = line.split(" ")
            steps[name] = int(place)
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        with open(logbook, "a", encoding="utf-8") as file:
            while True:
                name = rep.recv_string()
                if name not in steps:
                    file.write(name)
                    file.flush()
                    steps[name] = len(steps) + 1
                    file.write(f" {steps[name]}\\n")
                    file.flush()
                rep.send_string(str(steps[name]))
""",
            "before it bound a socket, after it died at 'h-1'.*not enough values to unpack",
        ),
        "a column of 16 characters": (
            changed(COUNT, "rep.recv_string()", "rep.recv_string()[:16]"),
            "'long-.*8', after many others.*expected: .b'138'",
        ),
        "what looks like a number is one": (
            changed(
                COUNT,
                "rep.recv_string()",
                "rep.recv_string()\n"
                "            name = str(int(name)) if name.isdecimal() else name",
            ),
            "'07', after many others.*expected: .b'131'",
        ),
        "a folder with a file for each name": (
            """
def count_once(logbook, bind):
    logbook.mkdir(exist_ok=True)
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            name = rep.recv_string()
            if not (logbook / name).exists():
                (logbook / name).write_text(str(len(list(logbook.iterdir())) + 1))
            rep.send_string((logbook / name).read_text())
""",
            "the reply to b'Ada/7' never came",
        ),
    },
    "follow_total": {
        "no snapshot": (
            changed(FOLLOW, "return tuple(map(int, req.recv_multipart()))", "return 0, 0").replace(
                '            req.send(b"")\n', ""
            ),
            "yielded number 0 after 0",
        ),
        "the snapshot only": (
            """
def follow_total(snapshots, stream):
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.connect(snapshots)
        number = -1
        while True:
            req.send(b"")
            new, total = map(int, req.recv_multipart())
            if new > number:
                number = new
                yield number, total
""",
            r"asked for \d+ snapshots to yield 120 totals",
        ),
        "adds what the snapshot holds": (
            changed(FOLLOW, "if new == number + 1:", "if new <= number + 1:"),
            "when (nothing is lost|some updates are lost).*(expected: .*gave: |yielded number)",
        ),
        "no eye for gaps": (
            changed(FOLLOW, "if new == number + 1:", "if new > number:"),
            "The total after update .*expected: .*gave: ",
        ),
        "ends at a gap": (
            changed(
                FOLLOW, "number, total = snapshot()\n            else", "return\n            else"
            ),
            "It ended after .* totals",
        ),
        "an error at a gap": (
            changed(
                FOLLOW,
                "number, total = snapshot()\n            else",
                "raise ValueError(f'{new - number - 1} updates are lost')\n            else",
            ),
            "raised an error.*updates are lost",
        ),
        "waits for what is lost": (
            changed(FOLLOW, GREATER, ""),
            "it was still busy",
        ),
        "a snapshot, and the update on top": (
            changed(FOLLOW, GREATER, GREATER + "                total += amount\n"),
            "The total after update .*expected: .*gave: ",
        ),
        "a snapshot for what is old": (
            changed(
                FOLLOW, OLDER, "            else:\n                number, total = snapshot()\n"
            ),
            "(yielded number|snapshots to yield)",
        ),
        "yields what is old, too": (
            changed(FOLLOW, OLDER, ""),
            r"yielded number \d+ after \d+",
        ),
        "a list": (
            """
def follow_total(snapshots, stream):
    return [(0, 0)]
""",
            "a generator: `yield` things one by one",
        ),
        "bytes": (
            changed(
                FOLLOW,
                "return tuple(map(int, req.recv_multipart()))",
                "return tuple(req.recv_multipart())",
            ),
            "two numbers, of type int",
        ),
        "the total alone": (
            FOLLOW.replace("yield number, total", "yield total"),
            "a pair: number, total",
        ),
        "subscribes to nothing": (
            changed(FOLLOW, '        sub.subscribe(b"")\n', ""),
            "it was still busy.*sub.recv_multipart",
        ),
        "an update of 0 is none": (
            changed(
                FOLLOW,
                "            if new ==",
                "            if amount == 0:\n                continue\n            if new ==",
            ),
            "it asked for .* snapshots to yield .* totals: one first, and one after each gap",
        ),
        "never less": (
            changed(FOLLOW, "total + amount", "total + abs(amount)"),
            "The total after update 15, when nothing is lost.*expected: 13.*gave: 15",
        ),
        "keeps the later snapshots to itself": (
            changed(FOLLOW, GREATER, GREATER + "                continue\n"),
            "of [0-9]+ snapshots it did not yield [0-9]+",
        ),
        "ends in silence": (
            changed(FOLLOW, "        while True:\n", "        while sub.poll(900):\n"),
            "It ended after [0-9]+ totals, and should go on for ever",
        ),
        "one lost update is no gap": (
            changed(FOLLOW, "if new == number + 1:", "if number < new <= number + 2:"),
            "The total after update .*some updates are lost, or repeated",
        ),
        "goes on where the last generator ended": (
            "known = {}\n\n"
            + changed(
                FOLLOW,
                "        number, total = snapshot()\n        yield",
                "        number, total = known.get('last') or snapshot()\n        yield",
            ).replace(
                "                continue\n            yield number, total",
                "                continue\n            known['last'] = number, total\n"
                "            yield number, total",
            ),
            "yielded .* first, which no snapshot has said",
        ),
        "keeps the first snapshot to itself": (
            changed(FOLLOW, "        yield number, total\n        while", "        while"),
            "nothing is lost, it yielded .11, 10. first, which no snapshot has said",
        ),
        "a snapshot now and then, to be sure": (
            changed(
                FOLLOW,
                "            if new == number + 1:\n",
                "            if new % 20 == 0:\n"
                "                number, total = snapshot()\n"
                "            elif new == number + 1:\n",
            ),
            r"nothing is lost, it (asked for \d+ snapshots|yielded)",
        ),
    },
}
