"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

SHOUT = solution("shout_server")
NEVER_SILENT = solution("never_silent")
PATIENT = solution("patient_ask")

REPLY = "socket.send(request.decode().upper().encode())"
UNKNOWN = 'socket.send(b"unknown command: " + request)'
TAKEN = 'b" ".join(socket.recv_multipart())'
# On a busy computer it has ended before the silence is over, or even begins.
WENT = (
    "(Nobody asked it for 3.5 s, and it ended instead of waiting|"
    "Your server (had )?ended(,| after))"
)
TOO_LATE = r"gave up only after \S+ s, with a timeout of 0.2 s|still busy"

KEPT = """
def patient_ask(endpoint, request, timeout):
    sockets = globals().setdefault("sockets", {})
    if endpoint not in sockets:
        sockets[endpoint] = zmq.Context.instance().socket(zmq.TYPE)
        sockets[endpoint].connect(endpoint)
    sockets[endpoint].send(request)
    return sockets[endpoint].recv() if sockets[endpoint].poll(1000 * timeout) else None
"""
SHARED = """
def patient_ask(endpoint, request, timeout):
    socket = zmq.Context.instance().socket(zmq.REQ)
    socket.linger = 0
    socket.connect(endpoint)
    socket.send(request)
    answer = socket.recv() if socket.poll(1000 * timeout) else None
    return answer
"""


def shouts(*lines):
    """Return a `shout_server` that does this for each request."""
    head = SHOUT[: SHOUT.index("            if request")]
    return head + "".join(f"            {line}\n" for line in lines)


def silent(*lines):
    """Return a `never_silent` that does this for each request, instead of the solution's lines."""
    head = NEVER_SILENT[: NEVER_SILENT.index("            request =")]
    return head + "".join(f"            {line}\n" for line in lines)


def asks(*lines):
    """Return a `patient_ask` that does this with a REQ socket that is connected."""
    head = PATIENT[: PATIENT.index("        socket.send")]
    return head + "".join(f"        {line}\n" for line in lines)


# Of each exercise, titles and sources.
RIGHT = {
    "shout_server": {
        "an inproc endpoint first": changed(
            SHOUT, "socket.bind(bind)", 'socket.bind("inproc://shout")\n        socket.bind(bind)'
        ),
        "a poller": changed(
            changed(
                SHOUT,
                "        while True:",
                "        poller = zmq.Poller()\n"
                "        poller.register(socket, zmq.POLLIN)\n        while True:\n"
                "            if not dict(poller.poll(100)):\n                continue",
            ),
            "socket.recv()",
            "socket.recv(zmq.NOBLOCK)",
        ),
        "asyncio": """
def shout_server(bind):
    async def serve():
        with zmq.asyncio.Context() as context, context.socket(zmq.REP) as socket:
            socket.bind(bind)
            text = ""
            while text != "stop":
                text = (await socket.recv()).decode("utf-8")
                await socket.send_string("BYE" if text == "stop" else text.upper())

    asyncio.run(serve())
""",
        "a ROUTER": """
def shout_server(bind):
    context = zmq.Context()
    socket = context.socket(zmq.ROUTER)
    socket.bind(bind)
    going_on = True
    while going_on:
        *envelope, request = socket.recv_multipart()
        going_on = request != b"stop"
        reply = str(request, "utf-8").upper().encode() if going_on else b"BYE"
        socket.send_multipart(envelope + [reply])
    socket.close()
    context.term()
""",
        "a method": """
class Server:
    def __init__(self):
        self.replies = {"stop": "BYE"}

    def shout_server(self, bind):
        self.socket = zmq.Context.instance().socket(zmq.REP)
        self.socket.bind(bind)
        while self.reply() != "BYE":
            pass
        self.socket.close()

    def reply(self):
        request = self.socket.recv_string()
        reply = self.replies.get(request, request.upper())
        self.socket.send_string(reply)
        return "BYE" if request == "stop" else None

shout_server = Server().shout_server
""",
        "a ROUTER and a thread": """
def shout_server(bind):
    context = zmq.Context()
    front, back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    back.bind("inproc://work")
    front.bind(bind)
    over = threading.Event()

    def work():
        with context.socket(zmq.REP) as socket:
            socket.connect("inproc://work")
            while (request := socket.recv_string()) != "stop":
                socket.send_string(request.upper())
            socket.send_string("BYE")
            over.set()

    threading.Thread(target=work).start()
    while not over.is_set() or back.poll(100):
        for here, there in ((front, back), (back, front)):
            if here.poll(10):
                there.send_multipart(here.recv_multipart())
    front.close(), back.close()
    context.term()
""",
        "a ROUTER, the newest first": """
def shout_server(bind):
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.bind(bind)
        running = True
        while running:
            stack = [router.recv_multipart()]
            while router.poll(0):
                stack.append(router.recv_multipart())
            while stack:
                *envelope, request = stack.pop()
                if request == b"stop":
                    running, reply = False, b"BYE"
                else:
                    reply = request.decode().upper().encode()
                router.send_multipart([*envelope, reply])
""",
        "another thread shouts": """
from concurrent.futures import ThreadPoolExecutor


def shout_server(bind):
    def shout(frame):
        return bytes(frame.buffer).decode("utf-8").upper().encode("utf-8")

    with ThreadPoolExecutor(1) as pool, zmq.Context() as context:
        with context.socket(zmq.REP) as socket:
            socket.bind(bind)
            while (frame := socket.recv(copy=False)).bytes != b"stop":
                socket.send(pool.submit(shout, frame).result(), copy=False)
            socket.send_string("BYE")
""",
        "a generator that is fed": """
def shouter():
    reply = None
    while reply != (b"BYE", True):
        request = yield reply
        if request == b"stop":
            reply = b"BYE", True
        else:
            reply = request.decode().upper().encode(), False
    yield reply


def shout_server(bind):
    answers = shouter()
    next(answers)
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        over = False
        while not over:
            reply, over = answers.send(socket.recv())
            socket.send(reply)
""",
    },
    "never_silent": {
        "a dictionary": silent(
            "parts = socket.recv_multipart()",
            "count += 1",
            'known = {b"time": time.strftime("%H:%M:%S").encode(), b"count": b"%d" % count}',
            'other = b"unknown command: " + b" ".join(parts)',
            "socket.send(known.get(parts[0], other) if len(parts) == 1 else other)",
        ),
        "part by part": changed(
            NEVER_SILENT,
            TAKEN,
            "socket.recv()\n            while socket.rcvmore:\n"
            '                request += b" " + socket.recv()',
        ),
        "asyncio": """
def never_silent(bind):
    async def serve():
        asked = 0
        with zmq.asyncio.Context() as context:
            with context.socket(zmq.REP) as socket:
                socket.bind(bind)
                while True:
                    parts = await socket.recv_multipart()
                    asked += 1
                    match parts:
                        case [b"time"]:
                            await socket.send_string(time.strftime("%H:%M:%S"))
                        case [b"count"]:
                            await socket.send_string(str(asked))
                        case _:
                            await socket.send(b"unknown command: " + b" ".join(parts))

    asyncio.run(serve())
""",
        "a ROUTER with a poller": """
def never_silent(bind):
    count = 0
    context = zmq.Context.instance()
    router = context.socket(zmq.ROUTER)
    router.bind(bind)
    poller = zmq.Poller()
    poller.register(router, zmq.POLLIN)
    while True:
        for socket, _ in poller.poll(1000):
            who, empty, *parts = socket.recv_multipart()
            count += 1
            if parts == [b"time"]:
                reply = time.strftime("%H:%M:%S").encode()
            elif parts == [b"count"]:
                reply = str(count).encode()
            else:
                reply = b"unknown command: " + b" ".join(parts)
            socket.send_multipart([who, empty, reply])
""",
        "methods by name": """
import functools
from datetime import datetime


class Desk:
    def __init__(self):
        self.asked = 0
        self.known = {b"time": self.time, b"count": self.count}

    def time(self):
        return datetime.now().strftime("%H:%M:%S")

    def count(self):
        return str(self.asked)

    def reply(self, first, *more):
        self.asked += 1
        unknown = functools.partial(b" ".join, [b"unknown command:", first, *more])
        what = unknown if more else self.known.get(first, unknown)
        said = what()
        return said if isinstance(said, bytes) else said.encode()


def never_silent(bind):
    desk = Desk()
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            socket.send(desk.reply(*socket.recv_multipart()))
""",
        "a worker behind a proxy": """
def never_silent(bind):
    context = zmq.Context()

    def work():
        count = 0
        with context.socket(zmq.REP) as socket:
            socket.connect("inproc://desk")
            while True:
                parts = socket.recv_multipart()
                count += 1
                if len(parts) == 1 and parts[0] == b"time":
                    socket.send(time.strftime("%H:%M:%S").encode())
                elif len(parts) == 1 and parts[0] == b"count":
                    socket.send(repr(count).encode())
                else:
                    socket.send(b"unknown command: " + b" ".join(parts))

    front, back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
    back.bind("inproc://desk")
    threading.Thread(target=work, daemon=True).start()
    front.bind(bind)
    zmq.proxy(front, back)
""",
    },
    "patient_ask": {
        "a poller": asks(
            "poller = zmq.Poller()",
            "poller.register(socket, zmq.POLLIN)",
            "socket.send(request)",
            "for ready, _ in poller.poll(1000 * timeout):",
            "    return ready.recv()",
        ),
        "rcvtimeo": asks(
            "socket.rcvtimeo = int(1000 * timeout)",
            "socket.send(request)",
            "try:",
            "    return socket.recv()",
            "except zmq.Again:",
            "    return None",
        ),
        "asyncio": """
def patient_ask(endpoint, request, timeout):
    async def ask():
        with zmq.asyncio.Context() as context, context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(endpoint)
            await socket.send(request)
            try:
                return await asyncio.wait_for(socket.recv(), timeout)
            except asyncio.TimeoutError:
                return None

    return asyncio.run(ask())
""",
        "a relaxed REQ": changed(
            PATIENT,
            "socket.linger = 0",
            "socket.linger = 0\n        socket.req_correlate = True\n"
            "        socket.req_relaxed = True",
        ),
        "a shared context": changed(
            SHARED, "    return answer", "    socket.close()\n    return answer"
        ),
        "a DEALER": changed(
            changed(
                changed(PATIENT, "zmq.REQ", "zmq.DEALER"),
                ".send(request)",
                '.send_multipart([b"", request])',
            ),
            ".recv()",
            ".recv_multipart()[1]",
        ),
        "a method": """
class Asker:
    def __init__(self):
        self.tries = 0

    def patient_ask(self, endpoint, request, timeout):
        self.tries += 1
        context = zmq.Context()
        socket = context.socket(zmq.REQ)
        try:
            socket.connect(endpoint)
            socket.send(request)
            deadline = time.monotonic() + timeout
            while (left := deadline - time.monotonic()) > 0:
                if socket.poll(1000 * left):
                    return socket.recv()
        finally:
            socket.close(linger=0)
            context.term()

patient_ask = Asker().patient_ask
""",
        "destroys its context": """
def patient_ask(endpoint, request, timeout):
    context = zmq.Context()
    socket = context.socket(zmq.REQ)
    socket.setsockopt(zmq.RCVTIMEO, round(timeout * 1000))
    socket.connect(endpoint)
    socket.send(request)
    try:
        reply = socket.recv()
    except zmq.ZMQError:
        reply = None
    context.destroy(linger=0)
    return reply
""",
        "the context's linger": """
def patient_ask(endpoint, request, timeout):
    context = zmq.Context()
    context.linger = 0
    with context, context.socket(zmq.REQ) as socket:
        socket.connect(endpoint)
        socket.send(request)
        ready, _, _ = zmq.select([socket], [], [], timeout)
        return socket.recv() if ready else None
""",
        "asyncio with a poller": """
def patient_ask(endpoint, request, timeout):
    async def ask():
        context = zmq.asyncio.Context()
        socket = context.socket(zmq.REQ)
        try:
            socket.connect(endpoint)
            await socket.send(request)
            poller = zmq.asyncio.Poller()
            poller.register(socket, zmq.POLLIN)
            if await poller.poll(int(timeout * 1000)):
                return await socket.recv()
        finally:
            socket.close(0)
            context.term()

    return asyncio.run(ask())
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "shout_server": {
        "upper of bytes": (
            changed(SHOUT, ".decode().upper().encode()", ".upper()"),
            "looks like `bytes.upper`, which knows the letters a to z only.*SSE",
        ),
        "an echo": (changed(SHOUT, ".upper()", ""), "looks like the text as it came"),
        "capitalize": (changed(SHOUT, "upper", "capitalize"), "capital at the beginning only"),
        "title": (changed(SHOUT, "upper", "title"), "looks like a capital at the beginning"),
        "strips": (changed(SHOUT, ".upper()", ".upper().strip()"), "without the blanks"),
        "str of bytes": (
            changed(SHOUT, "request.decode()", "str(request)"),
            """what Python prints for bytes.*B'HELLO'""",
        ),
        "Latin-1": (
            changed(SHOUT, ".decode()", '.decode("latin-1")'),
            "looks like UTF-8 taken for Latin-1",
        ),
        "ASCII": (
            changed(SHOUT, ".decode()", '.decode("ascii")'),
            "UnicodeDecodeError: 'ascii'",
        ),
        "does not encode": (
            changed(SHOUT, ".upper().encode()", ".upper()"),
            "TypeError.*send_string",
        ),
        "the same words": (
            changed(SHOUT, REPLY, 'socket.send(b"HELLO")'),
            r"to b'Gr.*it gave: b'HELLO'",
        ),
        "one request only": (
            changed(SHOUT, "while True", "for _ in range(1)"),
            "Your server had ended after 1 message, when the reply",
        ),
        "fifty requests": (
            changed(SHOUT, "while True", "for _ in range(50)"),
            "Your server had ended after 50 messages, when the reply to b'request",
        ),
        "waits two seconds": (
            changed(SHOUT, "socket.bind", "socket.rcvtimeo = 2000\n        socket.bind"),
            f"{WENT}.*zmq.error.Again",
        ),
        "polls two seconds": (
            changed(SHOUT, "while True", "while socket.poll(2000)"),
            WENT,
        ),
        "the empty text ends it": (
            changed(SHOUT, 'if request == b"stop"', 'if not request or request == b"stop"'),
            "The reply to b'' .it looks like the reply to b'stop'",
        ),
        "silent at the empty text": (
            changed(
                SHOUT, f"            {REPLY}", f"            if request:\n                {REPLY}"
            ),
            "ended, and the reply to b'' never came.*current state",
        ),
        "never stops": (
            changed(SHOUT, "                break\n", "                continue\n"),
            "went on instead of ending after b'stop'",
        ),
        "stops without a word": (
            changed(SHOUT, '                socket.send(b"BYE")\n', ""),
            "ended, and the reply to b'stop' never came",
        ),
        "shouts STOP": (
            shouts(REPLY, 'if request == b"stop":', "    break"),
            "to b'stop' .it looks like capitals, and no BYE",
        ),
        "stops for whatever begins so": (
            changed(SHOUT, 'request == b"stop"', 'request.startswith(b"stop")'),
            "stopwatch.*looks like the reply to b'stop'",
        ),
        "stops for whatever holds it": (
            changed(SHOUT, 'request == b"stop"', 'b"stop" in request'),
            "stopwatch.*looks like the reply to b'stop'",
        ),
        "stops for whatever ends so": (
            changed(SHOUT, 'request == b"stop"', 'request.endswith(b"stop")'),
            "nonstop.*looks like the reply to b'stop'",
        ),
        "stops for Stop": (
            changed(SHOUT, 'request == b"stop"', 'request.lower() == b"stop"'),
            "b'Stop'.*looks like the reply to b'stop'",
        ),
        "stops for stop and a blank": (
            changed(SHOUT, 'request == b"stop"', 'request.strip() == b"stop"'),
            "b'stop '.*looks like the reply to b'stop'",
        ),
        "takes one client for another": (
            changed(
                changed(SHOUT, "        while True:", "        replies = {}\n        while True:"),
                REPLY,
                "socket.send(replies.setdefault(request[:7], request.decode().upper().encode()))",
            ),
            "among several .it looks like the reply to b'client ..*expected: .b'CLIENT",
        ),
        "replies twice": (SHOUT + '            socket.send(b"again")\n', "EFSM|current state"),
        "a reply of two parts": (
            changed(
                SHOUT, REPLY, 'socket.send_multipart([b"", request.decode().upper().encode()])'
            ),
            "to b'hello' has 2 parts and should have one",
        ),
        "another port": (
            changed(SHOUT, "socket.bind(bind)", 'socket.bind("tcp://*:*")'),
            "The endpoints that it bound",
        ),
        "connects": (
            changed(SHOUT, "bind(bind)", "connect(bind)"),
            "It bound no socket: it connected one",
        ),
        "a PULL": (
            changed(SHOUT, "zmq.REP", "zmq.PULL"),
            "It bound a PULL socket where a REP or ROUTER is needed",
        ),
        "a DEALER": (
            changed(SHOUT, "zmq.REP", "zmq.DEALER"),
            "It bound a DEALER socket where a REP or ROUTER is needed",
        ),
        "sends first": (
            changed(
                SHOUT,
                "            request =",
                '            socket.send(b"?")\n            request =',
            ),
            "ended, and the reply to b'hello' never came.*current state",
        ),
        "only prints": (changed(SHOUT, "socket.send(request", "print(request"), "current state"),
        "an error after the last reply": (
            changed(SHOUT, "break", "raise ValueError(7)"),
            "error after b'stop'.*ValueError: 7",
        ),
        "async": (
            "async def shout_server(bind):\n    pass\n",
            "an `async def`: called, it would only return a coroutine",
        ),
        "a coroutine that nobody runs": (
            "def shout_server(bind):\n    async def serve():\n        pass\n    return serve()\n",
            "ended before it bound a socket.*returns a coroutine, which nobody runs",
        ),
        "yields": (
            changed(SHOUT, "break", "break\n            yield request"),
            "holds a `yield`, so that a call would not run it",
        ),
        "a ROUTER that replies twice": (
            changed(
                SHOUT.replace("zmq.REP", "zmq.ROUTER").replace('send(b"BYE")', "send(b'')"),
                "            request = socket.recv()\n",
                "            *who, request = socket.recv_multipart()\n"
                "            for _ in range(2):\n"
                "                socket.send_multipart([*who, request.decode().upper().encode()])\n"
                "            continue\n",
            ),
            "does not wait its turn",
        ),
        "a ROUTER without an envelope": (
            changed(SHOUT, "zmq.REP", "zmq.ROUTER"),
            "ended, and the reply to b'hello' never came.*UnicodeDecodeError",
        ),
        "stops for STOP": (
            changed(SHOUT, 'request == b"stop"', 'request in (b"stop", b"STOP")'),
            "to b'STOP' .it looks like the reply to b'stop'",
        ),
        "drops the end of the line": (
            changed(SHOUT, ".upper()", '.rstrip("\\n").upper()'),
            r"to b'two\\nlines\\n' .it looks like without the blanks",
        ),
        "the first 256 bytes": (
            changed(SHOUT, "socket.recv()", "socket.recv()[:256]"),
            "to b'long long.*expected: b'LONG LONG.*gave: b'LONG LONG",
        ),
        "puts letter and accent together": (
            "import unicodedata\n"
            + changed(SHOUT, "request.decode()", 'unicodedata.normalize("NFC", request.decode())'),
            r"to b'cafe\\xcc\\x81'.*expected: b'CAFE",
        ),
        "drops a mark at the beginning": (
            changed(SHOUT, ".decode()", '.decode("utf-8-sig")'),
            r"looks like without the mark U\+FEFF",
        ),
        "one reply for the same text": (
            """
def shout_server(bind):
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.bind(bind)
        while True:
            waiting = {}
            who, empty, request = router.recv_multipart()
            waiting[request] = who
            while router.poll(500):
                who, empty, request = router.recv_multipart()
                waiting[request] = who
            for request, who in waiting.items():
                if request == b"stop":
                    continue
                router.send_multipart([who, b"", request.decode().upper().encode()])
            if b"stop" in waiting:
                router.send_multipart([waiting[b"stop"], b"", b"BYE"])
                return
""",
            "'client 0', for which two clients asked at once, was due",
        ),
        "ends at a zero byte": (
            changed(SHOUT, "request.decode()", 'request.decode().split("\\0")[0]'),
            "looks like without what follows a zero byte",
        ),
        "several blanks made one": (
            """
import re


def shout_server(bind):
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            request = socket.recv()
            if request == b"stop":
                socket.send(b"BYE")
                break
            socket.send(re.sub(" +", " ", request.decode().upper()).encode())
""",
            "reply to b'  two blanks  '",
        ),
        "stops at the second stop": (
            """
def shout_server(bind):
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        stops = 0
        while True:
            request = socket.recv()
            if request == b"stop":
                socket.send(b"BYE")
                stops += 1
                if stops == 2:
                    break
                continue
            socket.send(request.decode().upper().encode())
""",
            "went on instead of ending after b'stop'",
        ),
    },
    "never_silent": {
        "one part only": (
            changed(NEVER_SILENT, TAKEN, "socket.recv()"),
            "reply to the parts .b'time', b'please'. never came. It had sent.*current state",
        ),
        "the first of the parts": (
            changed(NEVER_SILENT, TAKEN, "socket.recv_multipart()[0]"),
            r"time', b'please.*expected: b'unknown command: time please'.*gave: b'\d\d:",
        ),
        "the first of the parts is echoed": (
            silent(
                "parts = socket.recv_multipart()",
                "count += 1",
                'if parts == [b"time"]:',
                '    socket.send_string(time.strftime("%H:%M:%S"))',
                'elif parts == [b"count"]:',
                "    socket.send_string(str(count))",
                "else:",
                '    socket.send(b"unknown command: " + parts[0])',
            ),
            "looks like the first part only",
        ),
        "the last of the parts": (
            changed(NEVER_SILENT, TAKEN, "socket.recv_multipart()[-1]"),
            "looks like the last part only",
        ),
        "two parts at most": (
            changed(
                NEVER_SILENT,
                TAKEN,
                "socket.recv()\n            if socket.rcvmore:\n"
                '                request += b" " + socket.recv()',
            ),
            r"\[b'a', b'b', b'', b'c', b'd'\].*current state",
        ),
        "joined with nothing": (
            changed(NEVER_SILENT, 'b" ".join', 'b"".join'),
            "joined with nothing in between",
        ),
        "joined with commas": (
            changed(NEVER_SILENT, 'b" ".join', 'b", ".join'),
            "gave: b'unknown command: time, please'",
        ),
        "drops empty parts": (
            changed(
                NEVER_SILENT, "socket.recv_multipart()", "filter(None, socket.recv_multipart())"
            ),
            r"\[b'a', b'b', b'', b'c', b'd'\].*looks like without the parts that are empty",
        ),
        "text only": (
            changed(
                NEVER_SILENT, UNKNOWN, 'socket.send_string("unknown command: " + request.decode())'
            ),
            "UnicodeDecodeError",
        ),
        "replaces bytes": (
            changed(NEVER_SILENT, "+ request)", '+ request.decode(errors="replace").encode())'),
            "bytes that are no text were replaced",
        ),
        "ignores bytes": (
            changed(NEVER_SILENT, "+ request)", '+ request.decode(errors="ignore").encode())'),
            "bytes that are no text were left out",
        ),
        "says str of bytes": (
            changed(NEVER_SILENT, UNKNOWN, 'socket.send_string(f"unknown command: {request}")'),
            "what Python prints for bytes",
        ),
        "does not say which": (
            changed(NEVER_SILENT, ': " + request', '"'),
            "looks like without what was asked.*unknown command: coffee",
        ),
        "says which only": (
            changed(NEVER_SILENT, 'b"unknown command: " + request', "request"),
            "what was asked, and nothing else",
        ),
        "several parts of a reply": (
            changed(NEVER_SILENT, UNKNOWN, 'socket.send_multipart([b"unknown command:", request])'),
            "has 2 parts and should have one",
        ),
        "silent at the empty request": (
            changed(NEVER_SILENT, "            else:", "            elif request:"),
            "ended, and the reply to b'' never came.*current state",
        ),
        "ends at what it does not know": (
            changed(NEVER_SILENT, UNKNOWN, f"{UNKNOWN}\n                break"),
            "had ended after 2 messages, when the reply to b'time' was due",
        ),
        "stops at stop": (
            changed(
                NEVER_SILENT,
                "            else:",
                '            elif request == b"stop":\n                socket.send(b"BYE")\n'
                "                break\n            else:",
            ),
            "to b'stop'.*expected: b'unknown command: stop'.*gave: b'BYE'",
        ),
        "knows TIME": (
            changed(NEVER_SILENT, 'request == b"time"', 'request.lower() == b"time"'),
            r"to b'TIME'.*gave: b'\d\d:",
        ),
        "knows time and a blank": (
            changed(NEVER_SILENT, 'request == b"time"', 'request.strip() == b"time"'),
            r"to the parts \[b'time', b''\].*gave: b'\d\d:",
        ),
        "knows timetables": (
            changed(NEVER_SILENT, TAKEN, "socket.recv_multipart()")
            .replace("request ==", "request[0] ==")
            .replace("+ request", '+ b" ".join(request)'),
            r"time', b'please.*gave: b'\d\d:",
        ),
        "forgets how to count": (
            changed(NEVER_SILENT, "count += 1", "count = 1"),
            "counted from one b'count' to the next .it looks like none",
        ),
        "counts what it knows": (
            changed(
                changed(NEVER_SILENT, "            count += 1\n", ""),
                "            else:\n",
                "            else:\n                count -= 1\n",
            ).replace("            if request", "            count += 1\n            if request"),
            "looks like those it knows",
        ),
        "an old clock": (
            changed(
                NEVER_SILENT,
                "    count = 0\n",
                '    count = 0\n    now = time.strftime("%H:%M:%S").encode()\n',
            ).replace('socket.send(time.strftime("%H:%M:%S").encode())', "socket.send(now)"),
            "to b'time', asked after .*it looks like an earlier time",
        ),
        "fifty requests": (
            changed(NEVER_SILENT, "while True", "for _ in range(50)"),
            "had ended after 50 messages, when the reply to b'nonsense",
        ),
        "waits two seconds": (
            changed(NEVER_SILENT, "while True", "while socket.poll(2000)"),
            WENT,
        ),
        "the beginning with try": (
            silent(
                "try:",
                "    request = socket.recv_string()",
                "except UnicodeDecodeError:",
                "    continue",
                'socket.send_string("unknown command: " + request)',
            ),
            "count.*expected: a number, such as b'3'",
        ),
        "a PUB": (changed(NEVER_SILENT, "REP", "PUB"), "a PUB socket where a REP or ROUTER"),
        "the last part is the command": (
            changed(
                changed(NEVER_SILENT, TAKEN, 'b" ".join(parts := socket.recv_multipart())'),
                'request == b"time"',
                'parts[-1] == b"time"',
            ),
            r"the parts \[b'please', b'time'\] .it looks like the reply to b'time'",
        ),
        "a number of three digits": (
            changed(NEVER_SILENT, "str(count)", 'f"{count:03d}"'),
            "a number, such as b'3'.*gave: b'001'",
        ),
        "counts once it has replied": (
            changed(NEVER_SILENT, "            count += 1\n", "") + "            count += 1\n",
            "first request of all, which is b'count'.*expected: 1.*gave: 0",
        ),
        "takes a counter for count": (
            changed(NEVER_SILENT, 'request == b"count"', 'request.startswith(b"count")'),
            r"to b'counter'.*expected: b'unknown command: counter'.*gave: b'\d+'",
        ),
        "knows help": (
            """
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
            elif request == b"help":
                socket.send(b"commands: time, count, help")
            else:
                socket.send(b"unknown command: " + request)
""",
            "reply to b'help'",
        ),
        "empty parts only": (
            """
def never_silent(bind):
    count = 0
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            request = b" ".join(parts) if any(parts := socket.recv_multipart()) else b""
            count += 1
            if request == b"time":
                socket.send(time.strftime("%H:%M:%S").encode())
            elif request == b"count":
                socket.send(str(count).encode())
            else:
                socket.send(b"unknown command: " + request)
""",
            r"the parts \[b'', b''\] \(it looks like without blanks at the ends",
        ),
        "a count for each client": (
            """
def never_silent(bind):
    counts = {}
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.bind(bind)
        while True:
            who, empty, *parts = router.recv_multipart()
            counts[who] = counts.get(who, 0) + 1
            if parts == [b"time"]:
                reply = time.strftime("%H:%M:%S").encode()
            elif parts == [b"count"]:
                reply = str(counts[who]).encode()
            else:
                reply = b"unknown command: " + b" ".join(parts)
            router.send_multipart([who, empty, reply])
""",
            r"from one b'count' to the next \(it looks like none",
        ),
        "swallows the error": (
            """
def never_silent(bind):
    count = 0
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            try:
                request = socket.recv()
                count += 1
                if request == b"time":
                    socket.send(time.strftime("%H:%M:%S").encode())
                elif request == b"count":
                    socket.send(str(count).encode())
            except zmq.ZMQError:
                time.sleep(0.01)
""",
            "Nothing came for 4 s when the reply to b'coffee' was due",
        ),
    },
    "patient_ask": {
        "waits for ever": (
            changed(PATIENT, "if socket.poll(1000 * timeout):", "if True:"),
            "does not reply, it was still busy",
        ),
        "does not wait": (
            asks(
                "socket.send(request)",
                "try:",
                "    return socket.recv(zmq.NOBLOCK)",
                "except zmq.Again:",
                "    return None",
            ),
            "after .* s, with a timeout of 8 s.*reply to hello",
        ),
        "raises": (
            asks(
                "socket.send(request)",
                "socket.rcvtimeo = int(1000 * timeout)",
                "return socket.recv()",
            ),
            "does not reply, it raised an error.*zmq.error.Again",
        ),
        "a float for an option": (
            asks(
                "socket.send(request)",
                "socket.rcvtimeo = 1000 * timeout",
                "try:",
                "    return socket.recv()",
                "except zmq.Again:",
                "    return None",
            ),
            "raised an error.*TypeError",
        ),
        "seconds for milliseconds": (
            changed(PATIENT, "1000 * ", ""),
            "after 0.* s, with a timeout of . s.*it gave: None",
        ),
        "whole seconds": (
            changed(PATIENT, "1000 * timeout", "1000 * int(timeout)"),
            "gave up after .* s, with a timeout of (0.2|1.5) s",
        ),
        "always 0.3 s": (
            changed(PATIENT, "1000 * timeout", "300"),
            r"takes 0.4 s and the timeout is 5 s, after [\d.]+ s, with a timeout of 5 s|"
            # On a busy computer:
            r"(is there|is empty|is long.*|asked again), after [\d.]+ s, with a timeout of 8 s|"
            r"gave up after [\d.]+ s, with a timeout of 1.5 s",
        ),
        "at most 1 s": (
            changed(PATIENT, "1000 * timeout", "min(1000, 1000 * timeout)"),
            "gave up after 1.* s, with a timeout of 1.5 s",
        ),
        "always 1 s": (
            changed(PATIENT, "1000 * timeout", "1000"),
            TOO_LATE,
        ),
        "always 3 s": (
            changed(PATIENT, "1000 * timeout", "3000"),
            TOO_LATE,
        ),
        "twice as long": (
            changed(PATIENT, "1000 * timeout", "2000 * timeout"),
            r"gave up only after \S+ s, with a timeout of 1.5 s|still busy",
        ),
        "sleeps, then looks": (
            asks(
                "socket.send(request)",
                "time.sleep(timeout)",
                "if socket.poll(0):",
                "    return socket.recv()",
            ),
            r"returned the reply only after \S+ s, with a timeout of 8 s|still busy",
        ),
        "sleeps in steps": (
            asks(
                "socket.send(request)",
                "for _ in range(round(10 * timeout)):",
                "    time.sleep(0.1)",
                "    if socket.poll(0):",
                "        return socket.recv()",
            ),
            r"never took less than 0\.\d+ s: it waits for time to pass",
        ),
        "linger": (
            changed(PATIENT, "socket.linger = 0", "pass"),
            "there is no server, it was still busy.*context waits for sockets",
        ),
        "linger of a second": (
            changed(PATIENT, "socket.linger = 0", "socket.linger = 1000"),
            r"there is no server, it (gave up only after \S+ s|was still busy)",
        ),
        "tries three times": (
            """
def patient_ask(endpoint, request, timeout):
    for _ in range(3):
        with zmq.Context() as context, context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(endpoint)
            socket.send(request)
            if socket.poll(1000 * timeout / 3):
                return socket.recv()
""",
            "does not reply, it sent its request . times",
        ),
        "an empty reply is none": (
            changed(PATIENT, "return socket.recv()", "return socket.recv() or None"),
            "the reply is empty, .* .it looks like an empty reply was taken for none",
        ),
        "an empty request is none": (
            changed(
                PATIENT,
                "        socket.send(request)",
                "        if request:\n            socket.send(request)",
            ),
            "the request is empty.*no request came at the server",
        ),
        "text": (
            changed(PATIENT, "return socket.recv()", "return socket.recv_string()"),
            r"b'reply to hello' \(bytes\).*'reply to hello' \(str\)",
        ),
        "a list": (
            changed(PATIENT, "return socket.recv()", "return socket.recv_multipart()"),
            r"\(bytes\).*\(list\)",
        ),
        "False for None": (
            changed(PATIENT, "return None", "return False"),
            r"does not reply.*None.*False \(bool\)",
        ),
        "empty for None": (
            changed(PATIENT, "return None", 'return b""'),
            r"does not reply.*None.*b''",
        ),
        "prints it": (
            changed(PATIENT, "return socket.recv()", "print(socket.recv())"),
            "expected: b'reply to hello'.*None.*printed:.*reply to hello",
        ),
        "does not send": (
            changed(PATIENT, "        socket.send(request)\n", ""),
            "no request came at the server",
        ),
        "another endpoint": (
            changed(PATIENT, "connect(endpoint)", 'connect("tcp://127.0.0.1:9")'),
            "no request came at the server",
        ),
        "the same answer": (
            "def patient_ask(endpoint, request, timeout):\n    return b'reply to hello'",
            "when the server is there; no request came at the server",
        ),
        "makes up its answer": (
            "def patient_ask(endpoint, request, timeout):\n    return b'reply to ' + request",
            "when the server is there; no request came at the server",
        ),
        "one REQ for all": (KEPT.replace("TYPE", "REQ"), "current state|does not reply, it raised"),
        "one REQ that is relaxed": (
            changed(
                KEPT.replace("TYPE", "REQ"),
                "        sockets[endpoint].connect",
                "        sockets[endpoint].linger = 0\n        sockets[endpoint].req_relaxed = 1\n"
                "        sockets[endpoint].req_correlate = 1\n        sockets[endpoint].connect",
            ),
            "sockets are still open: close each",
        ),
        "one DEALER for all": (
            changed(
                KEPT.replace("TYPE", "DEALER").replace(
                    ".send(request)", '.send_multipart([b"", request])'
                ),
                ".recv()",
                ".recv_multipart()[-1]",
            ),
            "earlier request comes first.*reply to second.*reply to first",
        ),
        "a DEALER without the empty part": (
            changed(PATIENT, "zmq.REQ", "zmq.DEALER"),
            "not what a REQ sends.*the empty part is missing",
        ),
        "a request of two parts": (
            changed(PATIENT, "send(request)", 'send_multipart([request, b""])'),
            r"not what a REQ sends.*\[b'', b'hello', b''\]",
        ),
        "a PUSH": (changed(PATIENT, "zmq.REQ", "zmq.PUSH"), "a PUSH socket where a DEALER or REQ"),
        "leaves sockets open": (
            changed(SHARED, "socket.linger = 0", "globals().setdefault('kept', []).append(socket)"),
            "sockets are still open",
        ),
        "leaves sockets to Python": (SHARED, "sockets are still open: close each, or use `with`"),
        "closes only what got no reply": (
            changed(
                SHARED,
                "    answer = socket.recv() if socket.poll(1000 * timeout) else None\n"
                "    return answer",
                "    if socket.poll(1000 * timeout):\n        return socket.recv()\n"
                "    socket.close()",
            ),
            "sockets are still open: close each, or use `with`",
        ),
        "leaves a thread": (
            """
def patient_ask(endpoint, request, timeout):
    replies = []

    def ask():
        with zmq.Context() as context, context.socket(zmq.REQ) as socket:
            socket.linger = 0
            socket.connect(endpoint)
            socket.send(request)
            replies.append(socket.recv())

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(timeout)
    return replies[0] if replies else None
""",
            "a thread of it still runs",
        ),
        "leaves requests behind": (
            changed(SHARED, "socket.linger = 0", "pass").replace(
                "    return answer", "    socket.close()\n    return answer"
            ),
            "after two calls had given up.*old",
        ),
        "async": (
            "async def patient_ask(endpoint, request, timeout):\n    return None\n",
            "an `async def`",
        ),
        "the first 255 bytes": (
            changed(PATIENT, "return socket.recv()", "return socket.recv()[:255]"),
            "the request is long, and so is the reply.*expected: b'reply to long",
        ),
        "knows the reply already": (
            "replies = {}\n\n"
            + changed(
                PATIENT,
                "return socket.recv()",
                "return replies.setdefault((endpoint, request), socket.recv())",
            ),
            "the same is asked again.*expected: b'2'.*gave: b'1'",
        ),
        "waits briefly for a connection": (
            changed(
                changed(
                    PATIENT,
                    "socket.linger = 0",
                    "socket.linger, socket.immediate, socket.sndtimeo = 0, True, 300",
                ),
                "        socket.send(request)\n",
                "        try:\n            socket.send(request)\n"
                "        except zmq.Again:\n            return None\n",
            ),
            "no request came at the server",
        ),
        "lingers as long as it waits": (
            changed(PATIENT, "socket.linger = 0", "socket.linger = int(1000 * timeout)"),
            "there is no server, it gave up only after .* timeout of 1.5 s",
        ),
        "asks again at half time": (
            """
def patient_ask(endpoint, request, timeout):
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        socket.req_relaxed = socket.req_correlate = True
        for _ in range(2):
            socket.send(request)
            if socket.poll(500 * timeout):
                return socket.recv()
""",
            "sent its request 2 times",
        ),
        "knocks first": (
            """
def patient_ask(endpoint, request, timeout):
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        host, port = endpoint.removeprefix("tcp://").split(":")
        try:
            create_connection((host, int(port)), timeout).close()
        except OSError:
            return None
        socket.send(request)
        return socket.recv() if socket.poll(1000 * timeout) else None
""",
            "0.6 s after the call.*no request came at the server",
        ),
    },
}
