"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

THREAD = solution("in_a_thread")
MANY = solution("many_at_once")
IN_BAND = (  # without a part that says what the other one is
    THREAD.replace('[b"item", item]', "[item]")
    .replace('[b"end", b""]', '[b"end"]')
    .replace('[0] == b"item"', '[0] != b"end"')
    .replace("message[1]", "message[0]")
)
TWO_PIPES = """
def in_a_thread(work, items):
    def worker():
        with context.socket(zmq.PULL) as pull, context.socket(zmq.PUSH) as push:
            pull.connect("inproc://items")
            push.connect("inproc://results")
            while True:
                item = pull.recv_pyobj()
                if item is None:
                    break
                try:
                    push.send_pyobj((True, work(item)))
                except Exception as error:
                    push.send_pyobj((False, str(error)))

    results = []
    with zmq.Context() as context:
        with context.socket(zmq.PUSH) as push, context.socket(zmq.PULL) as pull:
            push.bind("inproc://items")
            pull.bind("inproc://results")
            thread = threading.Thread(target=worker)
            thread.start()
            try:
                for item in items:
                    push.send_pyobj(item)
                    good, result = pull.recv_pyobj()
                    if not good:
                        raise ValueError(result)
                    results.append(result)
            finally:
                push.send_pyobj(None)
                thread.join()
    return results
"""
CLOSURE = """
def in_a_thread(work, items):
    results = []

    def worker():
        with context.socket(zmq.PAIR) as socket:
            socket.connect("inproc://go")
            socket.recv()
            try:
                results.extend(work(item) for item in items)
                socket.send(b"done")
            except Exception as error:
                socket.send(b"failed")

    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        socket.bind("inproc://go")
        thread = threading.Thread(target=worker)
        thread.start()
        socket.send(b"go")
        said = socket.recv()
        thread.join()
    if said == b"failed":
        raise RuntimeError
    return results
"""
BY_THREADS = """
def many_at_once(bind):
    context = zmq.Context()
    replies = context.socket(zmq.PULL)
    replies.bind("inproc://replies")
    router = context.socket(zmq.ROUTER)
    router.bind(bind)

    def expose(address, request):
        with context.socket(zmq.PUSH) as push:
            push.connect("inproc://replies")
            time.sleep(float(request))
            push.send_multipart([*address, b"exposed " + request])

    threads, going = [], True
    while going or any(thread.is_alive() for thread in threads) or replies.poll(0):
        ready = [each for each in zmq.select([replies, router], [], [], 0.1)[0]]
        if replies in ready:
            router.send_multipart(replies.recv_multipart())
        if router in ready and going:
            *address, request = router.recv_multipart()
            if request == b"stop":
                going = False
                router.send_multipart([*address, b"BYE"])
                continue
            try:
                float(request)
            except ValueError:
                router.send_multipart([*address, b"error: no number"])
                continue
            threads.append(threading.Thread(target=expose, args=(address, request)))
            threads[-1].start()
    router.close()
    replies.close()
    context.term()
"""
ONE_ROUTER = """
def many_at_once(bind):
    with zmq.Context() as context, context.socket(zmq.ROUTER) as router:
        router.bind(bind)
        lock = threading.Lock()

        def answer(address, request):
            try:
                time.sleep(float(request))
                reply = b"exposed " + request
            except ValueError:
                reply = b"error: " + request
            with lock:
                router.send_multipart([*address, reply])

        threads = []
        while True:
            if not router.poll(100):
                continue
            *address, request = router.recv_multipart()
            if request == b"stop":
                router.send_multipart([*address, b"BYE"])
                break
            threads.append(threading.Thread(target=answer, args=(address, request)))
            threads[-1].start()
        for thread in threads:
            thread.join()
"""

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "in_a_thread": {
        "two pipes, and pickles": TWO_PIPES,
        "a request for each": """
class Worker(threading.Thread):
    def __init__(self, context, work):
        super().__init__()
        self.context, self.work = context, work

    def run(self):
        with self.context.socket(zmq.REP) as rep:
            rep.connect("inproc://requests")
            while True:
                what, *rest = rep.recv_multipart()
                if what == b"over":
                    return rep.send(b"")
                try:
                    rep.send_multipart([b"good", self.work(rest[0])])
                except BaseException as error:
                    rep.send_multipart([b"bad", str(error).encode()])


def in_a_thread(work, items):
    context = zmq.Context.instance()
    with context.socket(zmq.REQ) as req:
        req.bind("inproc://requests")
        worker = Worker(context, work)
        worker.start()

        def ask(*parts):
            req.send_multipart(parts)
            return req.recv_multipart()

        try:
            replies = [ask(b"work", item) for item in items]
        finally:
            ask(b"over")
            worker.join()
            req.unbind("inproc://requests")
    errors = [text for what, text in replies if what == b"bad"]
    if errors:
        raise ValueError(errors[0].decode())
    return [result for _, result in replies]
""",
        "with a poller, as many as fit": """
def in_a_thread(work, items):
    def worker():
        with context.socket(zmq.PAIR) as socket:
            socket.connect("inproc://pair")
            for _ in range(int(socket.recv())):
                item = socket.recv()
                try:
                    socket.send_multipart([work(item)])
                except Exception as error:
                    socket.send_multipart([b"", repr(error).encode()])

    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        socket.bind("inproc://pair")
        thread = threading.Thread(target=worker)
        thread.start()
        socket.send(b"%d" % len(items))
        poller = zmq.Poller()
        poller.register(socket, zmq.POLLIN | zmq.POLLOUT)
        to_send, results, errors = list(items), [], []
        while len(results) < len(items):
            flags = dict(poller.poll())[socket]
            if flags & zmq.POLLIN:
                result, *error = socket.recv_multipart()
                results.append(result)
                errors += error
            elif flags & zmq.POLLOUT and to_send:
                socket.send(to_send.pop(0))
            elif not to_send:
                socket.poll()
        thread.join()
    if errors:
        raise RuntimeError(errors[0].decode())
    return results
""",
        "a pool of one": """
from concurrent.futures import ThreadPoolExecutor


def in_a_thread(work, items):
    context = zmq.Context()

    def worker():
        with context.socket(zmq.DEALER) as dealer:
            dealer.connect("inproc://dealers")
            while (parts := dealer.recv_multipart()) != [b""]:
                dealer.send(work(parts[1]))

    results = []
    try:
        with ThreadPoolExecutor(1) as pool, context.socket(zmq.DEALER) as dealer:
            dealer.bind("inproc://dealers")
            running = pool.submit(worker)
            for item in items:
                dealer.send_multipart([b"", item])
                while not dealer.poll(50):
                    if running.done():
                        return running.result()
                results.append(dealer.recv())
            dealer.send(b"")
    finally:
        context.term()
    return results
""",
        "with asyncio": """
def in_a_thread(work, items):
    context = zmq.asyncio.Context()

    def worker():
        with zmq.Context(context).socket(zmq.PAIR) as socket:
            socket.connect("inproc://loop")
            while True:
                number, item = socket.recv_multipart()
                if number == b"":
                    return
                try:
                    socket.send_multipart([number, work(item)])
                except Exception as error:
                    socket.send_multipart([b"", str(error).encode()])

    async def main():
        results = []
        with context.socket(zmq.PAIR) as socket:
            socket.bind("inproc://loop")
            thread = threading.Thread(target=worker)
            thread.start()
            try:
                for number, item in enumerate(items):
                    await socket.send_multipart([b"%d" % number, item])
                    number, result = await socket.recv_multipart()
                    if not number:
                        raise RuntimeError(result)
                    results.append(result)
            finally:
                await socket.send_multipart([b"", b""])
                thread.join()
        return results

    try:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            return runner.run(main())
    finally:
        context.term()
""",
        "a context manager, and JSON": """
from contextlib import contextmanager


@contextmanager
def second_thread(work):
    def serve():
        with context.socket(zmq.REP) as rep:
            rep.connect("inproc://json")
            while (asked := rep.recv_json()) is not None:
                try:
                    rep.send_json({"result": work(asked.encode("latin-1")).decode("latin-1")})
                except Exception as error:
                    rep.send_json({"error": repr(error)})
            rep.send_json(None)

    def ask(item):
        dealer.send_multipart([b"", json.dumps(item).encode()])
        return json.loads(dealer.recv_multipart()[1])

    with zmq.Context() as context, context.socket(zmq.DEALER) as dealer:
        dealer.bind("inproc://json")
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield lambda item: ask(item.decode("latin-1"))
        finally:
            ask(None)
            thread.join()


def in_a_thread(work, items):
    results = []
    with second_thread(work) as ask:
        for item in items:
            reply = ask(item)
            if "error" in reply:
                raise RuntimeError(reply["error"])
            results.append(reply["result"].encode("latin-1"))
    return results
""",
        "numbered, over ROUTER and DEALER": """
def in_a_thread(work, items):
    def worker(context):
        with context.socket(zmq.DEALER) as dealer:
            dealer.connect("inproc://numbered")
            dealer.send(b"here")
            while True:
                number, *item = dealer.recv_multipart()
                if not item:
                    return
                try:
                    dealer.send_multipart([number, work(*item)])
                except Exception:
                    dealer.send_multipart([number])

    results, failed = {}, False
    with zmq.Context() as context:
        with context.socket(zmq.ROUTER) as router:
            router.bind("inproc://numbered")
            thread = threading.Thread(target=worker, args=[context])
            thread.start()
            name, _ = router.recv_multipart()
            for number, item in enumerate(items):
                router.send_multipart([name, str(number).encode(), item])
                _, number, *result = router.recv_multipart()
                if not result:
                    failed = True
                    break
                results[int(number)] = result[0]
            router.send_multipart([name, b"end"])
            thread.join()
    if failed:
        raise ArithmeticError("work failed")
    return [results[number] for number in sorted(results)]
""",
    },
    "many_at_once": {
        "by threads": BY_THREADS,
        "by a list of what is due": """
def many_at_once(bind):
    import heapq

    due, going = [], True
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.bind(bind)
        while going or due:
            wait = max(0, due[0][0] - time.monotonic()) if due else 1
            if going and socket.poll(1000 * wait):
                address, empty, request = socket.recv_multipart()
                if request == b"stop":
                    going = False
                    socket.send_multipart([address, b"", b"BYE"])
                else:
                    try:
                        until = time.monotonic() + float(request.decode())
                        heapq.heappush(due, (until, address, request))
                    except ValueError:
                        socket.send_multipart([address, b"", b"error: " + request])
            elif not going:
                time.sleep(wait)
            while due and due[0][0] <= time.monotonic():
                _, address, request = heapq.heappop(due)
                socket.send_multipart([address, b"", b"exposed " + request])
""",
        "a class, and gather": """
class Server:
    def __init__(self, bind):
        self.socket = zmq.asyncio.Context.instance().socket(zmq.ROUTER)
        self.socket.bind(bind)
        self.tasks = set()

    async def reply(self, client, request):
        seconds = float(request)
        await asyncio.sleep(seconds)
        await self.socket.send_multipart([client, b"", f"exposed {seconds}".encode()])

    async def run(self):
        while True:
            client, _, request = await self.socket.recv_multipart()
            if request == b"stop":
                break
            try:
                float(request)
            except ValueError as error:
                await self.socket.send_multipart([client, b"", f"error: {error}".encode()])
            else:
                self.tasks.add(asyncio.ensure_future(self.reply(client, request)))
        await asyncio.gather(*self.tasks)
        await self.socket.send_multipart([client, b"", b"BYE"])
        self.socket.close()


def many_at_once(bind):
    async def main():
        await Server(bind).run()

    asyncio.run(main())
""",
        "looks every millisecond": """
def many_at_once(bind):
    async def exposure(socket, client, request):
        await asyncio.sleep(float(request))
        socket.send_multipart([*client, b"exposed " + request])

    async def serve(socket):
        running = set()
        while True:
            try:
                *client, request = socket.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                await asyncio.sleep(0.001)
                continue
            if request == b"stop":
                break
            try:
                float(request)
            except ValueError:
                socket.send_multipart([*client, b"error: a number of seconds, please"])
            else:
                running.add(asyncio.create_task(exposure(socket, client, request)))
        socket.send_multipart([*client, b"BYE"])
        if running:
            await asyncio.wait(running)

    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.bind(bind)
        asyncio.run(serve(socket))
""",
        "timers, each with a socket": """
def many_at_once(bind):
    with (
        zmq.Context() as context,
        context.socket(zmq.ROUTER) as router,
        context.socket(zmq.PULL) as pull,
    ):
        router.bind(bind)
        pull.bind("inproc://done")
        poller = zmq.Poller()
        poller.register(router, zmq.POLLIN)
        poller.register(pull, zmq.POLLIN)
        owed, open_for_business = 0, True

        def done(parts):
            with context.socket(zmq.PUSH) as push:
                push.connect("inproc://done")
                push.send_multipart(parts)

        while owed or open_for_business:
            ready = dict(poller.poll())
            if pull in ready:
                router.send_multipart(pull.recv_multipart())
                owed -= 1
            if open_for_business and router in ready:
                *client, request = router.recv_multipart()
                if request == b"stop":
                    open_for_business = False
                    poller.unregister(router)
                    router.send_multipart([*client, b"BYE"])
                    continue
                try:
                    seconds = max(0.0, float(request))
                except ValueError as error:
                    router.send_multipart([*client, f"error: {error}".encode()])
                else:
                    reply = [*client, b"exposed " + request]
                    threading.Timer(seconds, done, [reply]).start()
                    owed += 1
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "in_a_thread": {
        "in this thread": (
            "def in_a_thread(work, items):\n    return [work(item) for item in items]\n",
            "in the thread that called you",
        ),
        "by a queue": (
            "from concurrent.futures import ThreadPoolExecutor\n\n\n"
            "def in_a_thread(work, items):\n"
            "    with ThreadPoolExecutor(1) as pool:\n"
            "        return list(pool.map(work, items))\n",
            "Nothing was sent over a socket: how did the items get there",
        ),
        "by a closure, with a socket for show": (
            CLOSURE,
            "The items did not go over a socket from one thread to the other",
        ),
        "results by a closure": (
            changed(
                THREAD,
                'reply = [b"result", work(message[1])]',
                'out.append(work(message[1]))\n                    reply = [b"result", b""]',
            )
            .replace("    results = []\n", "    results = out = []\n")
            .replace("                results.append(result)\n", ""),
            "The results did not go over a socket from one thread to the other",
        ),
        "items by a closure": (
            changed(
                THREAD,
                "def worker(context):\n",
                "def worker(context):\n        given = iter(items)\n",
            )
            .replace("work(message[1])", "work(next(given))")
            .replace('[b"item", item]', '[b"item", b""]'),
            "The items did not go over a socket from one thread to the other",
        ),
        "over tcp": (
            THREAD.replace("inproc://work", "tcp://127.0.0.1:5741"),
            "It sent over tcp://127.0.0.1:5741, and was to do so over `inproc`",
        ),
        "results back over tcp": (
            TWO_PIPES.replace("inproc://results", "tcp://127.0.0.1:5742"),
            "It sent over tcp://127.0.0.1:5742, and was to do so over `inproc`",
        ),
        "a thread for each item": (
            changed(
                TWO_PIPES,
                "    results = []\n",
                "    if len(items) > 1:\n"
                "        return [in_a_thread(work, [item])[0] for item in items]\n"
                "    results = []\n",
            ),
            "In how many threads `work` was called.*expected: 1.*it gave: [2-9]",
        ),
        "a socket of the other thread's": (
            changed(
                THREAD, "with context.socket(zmq.PAIR) as socket:\n", "with theirs as socket:\n"
            ).replace(
                "        thread = ", "        theirs = context.socket(zmq.PAIR)\n        thread = "
            ),
            "A thread sent over a socket that another thread had made: one socket, one thread",
        ),
        "the end is a word": (
            IN_BAND,
            "the items are of many kinds, it was still busy.*recv_multipart",
        ),
        "the end is a word of its own": (
            IN_BAND.replace('b"end"', 'b"__the end__"'),
            "its result are b'__the end__', which it sends for itself, it was still busy",
        ),
        "the end is an empty message": (
            IN_BAND.replace('b"end"', 'b""'),
            "the items are of many kinds, it was still busy",
        ),
        "errors are results that begin so": (
            THREAD.replace(
                'reply = [b"result", work(message[1])]', 'reply = [b"", work(message[1])]'
            )
            .replace(
                '[b"error", repr(error).encode()]', '[b"", b"OH DEAR: " + repr(error).encode()]'
            )
            .replace('kind == b"error"', 'result.startswith(b"OH DEAR")'),
            "its result are .*OH DEAR.*, which it sends for itself, it raised an error",
        ),
        "empties the list that it was given": (
            "def in_a_thread(work, items):\n    items.clear()\n    return []\n",
            "the items are of many kinds.*expected",
        ),
        "all first, then the results": (
            changed(
                THREAD,
                "                kind, result",
                "            for _ in items:\n                kind, result",
            ),
            "5000 items.*still busy.*send_multipart",
        ),
        "in no order": (
            changed(THREAD, "return results", "return sorted(results)"),
            "What it returns when the items are of many kinds.*expected",
        ),
        "nothing twice": (
            changed(THREAD, "for item in items", "for item in dict.fromkeys(items)"),
            "What it returns when the items are of many kinds.*expected",
        ),
        "no word of an error": (
            changed(THREAD, "except Exception as error", "except OSError as error"),
            "work. raises an error, it was still busy.*recv_multipart",
        ),
        "knows one kind of error": (
            changed(THREAD, "except Exception as error", "except ValueError as error"),
            "work. raises an error, it was still busy.*recv_multipart",
        ),
        "an error is a result": (
            changed(THREAD, "raise RuntimeError(result.decode())", "pass"),
            "When `work` raises an error, it raised none, and returned",
        ),
        "an error is no result": (
            changed(THREAD, "raise RuntimeError(result.decode())", "continue"),
            "When `work` raises an error, it raised none, and returned .b'good', b'good'",
        ),
        "raises, and leaves the thread": (
            changed(THREAD, "        try:\n            for", "        if True:\n            for")
            .replace("        finally:\n", "        if True:\n")
            .replace("with zmq.Context() as context, ", "context = zmq.Context()\n    with "),
            "it has raised an error, and `work` raises an error, a thread of it still runs",
        ),
        "goes without waiting": (
            changed(THREAD, "            thread.join()\n", ""),
            # Its thread uses sockets of a context that ends: now and then libzmq gives up at that.
            "a thread of it still runs|ended the process .* with exit code -(6|11)|"
            "still busy.*context waits for sockets",
        ),
        "goes without waiting, as a daemon": (
            changed(THREAD, "            thread.join()\n", "").replace(
                "args=(context,)", "args=(context,), daemon=True"
            ),
            "a thread of it still runs|ended the process .* with exit code -(6|11)|"
            "still busy.*context waits for sockets",
        ),
        "sleeps instead of joining": (
            changed(THREAD, "thread.join()", "time.sleep(0.5)"),
            "a thread of it still runs",
        ),
        "leaves a socket open": (
            changed(
                THREAD,
                "with zmq.Context() as context, context.socket(zmq.PAIR) as socket:",
                "context = zmq.Context.instance()\n    socket = context.socket(zmq.PAIR)\n"
                "    globals().setdefault('kept', []).append(socket)\n    if True:",
            )
            .replace("inproc://work", "inproc://{id(items)}")
            .replace('"inproc', 'f"inproc'),
            "1 of its sockets are still open",
        ),
        "text": (
            changed(THREAD, "results.append(result)", "results.append(str(result))"),
            "What it returns when the items are of many kinds.*expected: .b'.*it gave: ..b'",
        ),
        "an error without a text is none": (
            changed(THREAD, "repr(error)", "str(error)").replace(
                'if kind == b"error":', 'if kind == b"error" and result:'
            ),
            "When `work` raises an error without a text, it raised none",
        ),
        "every error has a text": (
            changed(THREAD, "repr(error).encode()", "error.args[0].encode()"),
            "`work` raises an error without a text, it was still busy.*IndexError",
        ),
        "calls work twice": (
            changed(THREAD, "reply = [b", "work(message[1])\n                    reply = [b"),
            r"items for which it called `work`.*gave: \[b'frame', b'frame'",
        ),
        "remembers the results": (
            changed(
                THREAD, "def worker(context):", "known = {}\n\n    def worker(context):"
            ).replace(
                "work(message[1])",
                "known.get(message[1]) or known.setdefault(message[1], work(message[1]))",
            ),
            r"items for which it called `work`.*index 8 on.*expected: \[b'frame'\].*gave: \[\]",
        ),
        "waits for two seconds at most": (
            changed(
                THREAD,
                "        socket.bind(",
                "        socket.rcvtimeo = 2000\n        socket.bind(",
            ),
            "`work` takes 2.2 s for an item, it raised an error",
        ),
        "errors in plain letters": (
            changed(THREAD, "repr(error).encode()", 'str(error).encode("ascii")'),
            "whose text is not ASCII, it was still busy.*UnicodeEncodeError",
        ),
        "tries again": (
            changed(
                THREAD,
                'reply = [b"result", work(message[1])]\n',
                "try:\n"
                "                        result = work(message[1])\n"
                "                    except Exception:\n"
                "                        result = work(message[1])\n"
                '                    reply = [b"result", result]\n',
            ),
            "items for which it called `work`.*b'bad', b'good'.*b'bad', b'bad'",
        ),
        "no items, no end": (
            """
def in_a_thread(work, items):
    def worker():
        with context.socket(zmq.PAIR) as socket:
            socket.connect("inproc://work")
            last = b"no"
            while last == b"no":
                last, item = socket.recv_multipart()
                try:
                    socket.send_multipart([b"result", work(item)])
                except Exception as error:
                    socket.send_multipart([b"error", repr(error).encode()])
                    return

    results = []
    with zmq.Context() as context, context.socket(zmq.PAIR) as socket:
        socket.bind("inproc://work")
        thread = threading.Thread(target=worker)
        thread.start()
        for number, item in enumerate(items, 1):
            socket.send_multipart([b"yes" if number == len(items) else b"no", item])
            kind, result = socket.recv_multipart()
            if kind == b"error":
                thread.join()
                raise RuntimeError(result.decode())
            results.append(result)
        thread.join()
    return results
""",
            "there are no items, it was still busy",
        ),
        "keeps its worker for the next time": (
            """
KEPT = {}


def in_a_thread(work, items):
    def serve(context):
        with context.socket(zmq.PAIR) as socket:
            socket.connect("inproc://kept")
            while True:
                item = socket.recv()
                try:
                    socket.send_multipart([b"", KEPT["work"](item)])
                except Exception as error:
                    socket.send_multipart([b"error", repr(error).encode()])

    KEPT["work"] = work
    if "socket" not in KEPT:
        context = zmq.Context.instance()
        KEPT["socket"] = context.socket(zmq.PAIR)
        KEPT["socket"].bind("inproc://kept")
        threading.Thread(target=serve, args=(context,), daemon=True).start()
    socket, results = KEPT["socket"], []
    for item in items:
        socket.send(item)
        error, result = socket.recv_multipart()
        if error:
            raise RuntimeError(result.decode())
        results.append(result)
    return results
""",
            "a thread of it still runs",
        ),
        "trims zeros": (
            changed(THREAD, "results.append(result)", r'results.append(result.rstrip(b"\0"))'),
            "of many kinds, from index 7 on",
        ),
    },
    "many_at_once": {
        "one after the other": (
            changed(
                MANY,
                "tasks.create_task(answer(socket, address, request))",
                "await answer(socket, address, request)",
            ),
            "had to wait for 1 exposure of 1.2 s",
        ),
        "sleeps in the loop": (
            changed(MANY, "await asyncio.sleep(", "time.sleep("),
            "had to wait for 1 exposure of 1.2 s",
        ),
        "a REP": (
            changed(MANY, "zmq.ROUTER", "zmq.REP"),
            "It bound a REP socket where a ROUTER is needed",
        ),
        **{
            f"{count} at once": (
                changed(
                    MANY,
                    "    async def serve",
                    f"    places = asyncio.Semaphore({count})\n\n    async def serve",
                ).replace(
                    "            await asyncio.sleep",
                    "            async with places:\n                await asyncio.sleep",
                ),
                "had to wait for 56 exposures of 2.0 s|asked for during 56 exposures",
            )
            for count in (2, 10, 50)
        },
        "as many as Python's pool has": (
            changed(MANY, "await asyncio.sleep(", "await asyncio.to_thread(time.sleep, "),
            "had to wait for 56 exposures of 2.0 s|asked for during 56 exposures",
        ),
        "does not expose": (
            changed(MANY, "await asyncio.sleep(float(request))", "float(request)"),
            r"The reply to b'0.(6|05)' came after 0.[0-4]. s: nothing was exposed for so long",
        ),
        "exposes for milliseconds": (
            changed(MANY, "float(request)", "float(request) / 1000"),
            r"The reply to b'0.(6|05)' came after 0.[0-4]. s: nothing was exposed for so long",
        ),
        "always exposes for as long": (
            changed(MANY, "sleep(float(request))", "sleep(float(request) and 0.4)"),
            "The reply to b'0.6' came after 0.4. s: nothing was exposed for so long|"
            "that to b'0.05' took .* s: the number that is asked for decides|"  # on a busy
            "had to wait for 1 exposure of 1.2 s",  # computer
        ),
        "always exposes for a second": (
            changed(MANY, "sleep(float(request))", "sleep(float(request) and 1)"),
            "b'0.05' took [1-9]... s: the number that is asked for decides|"
            "had to wait for 1 exposure of 1.2 s",  # on a busy computer
        ),
        "always the same reply": (
            changed(MANY, 'b"exposed " + request', 'b"exposed 0.4"'),
            "The reply to b'0.6'.*expected: b'exposed 0.6'.*it gave: b'exposed 0.4'",
        ),
        "the number only": (
            changed(MANY, 'b"exposed " + request', "request"),
            "The reply to b'0.6'.*expected: b'exposed 0.6'.*it gave: b'0.6'",
        ),
        "to whom it may concern": (
            changed(MANY, "[*address, reply]", "[reply]"),
            "Nothing came for 4 s when the reply to b'0.6' was due",
        ),
        "without the empty part": (
            changed(MANY, "[*address, reply]", "[address[0], reply]"),
            "Nothing came for 4 s when the reply to b'0.6' was due",
        ),
        "to whoever asked last": (
            changed(
                MANY,
                "tasks.create_task(answer(socket, address, request))",
                "last[:] = address\n"
                "                    tasks.create_task(answer(socket, last, request))",
            ).replace("    async def serve", "    last = []\n\n    async def serve"),
            "The reply to b'0.05'|when the reply to",
        ),
        "falls over a word": (
            changed(MANY, "except ValueError", "except OSError"),
            "reply to b'soon' never came.*ValueError|soon",
        ),
        "says nothing to a word": (
            changed(
                MANY,
                '            reply = b"error: this is no number: " + request',
                "            return",
            ),
            "Nothing came for 4 s when the reply to b'soon' was due",
        ),
        "another word for an error": (
            changed(MANY, "error: this is no number: ", "ERROR "),
            "The reply to b'soon':.*expected: b'error: ...'.*it gave: b'ERROR soon'",
        ),
        "error, and no more": (
            changed(MANY, 'b"error: this is no number: " + request', 'b"error"'),
            "The reply to b'soon':.*expected: b'error: ...'.*it gave: b'error'",
        ),
        "falls over what is no text": (
            changed(MANY, "        try:\n", "        request.decode()\n        try:\n"),
            r"reply to b'.xff'.*UnicodeDecodeError",
        ),
        "stops at what begins so": (
            changed(MANY, 'request == b"stop"', 'request.startswith(b"stop")'),
            "The reply to b'stop it':.*expected: b'error: ...'.*it gave: b'BYE'",
        ),
        "the number as written by Python": (
            changed(MANY, 'b"exposed " + request', "f'exposed {float(request):.1f}'.encode()"),
            "The reply to b'0.05'.*expected: b'exposed 0.05'.*it gave: b'exposed 0.[01]'",
        ),
        "leaves exposures behind": (
            changed(MANY, '[*address, b"BYE"])\n', '[*address, b"BYE"])\n                return\n')
            .replace("async with asyncio.TaskGroup() as tasks", "if True")
            .replace("tasks.create_task(", "asyncio.create_task("),
            "the reply to b'3.0', still exposing at b'stop',",
        ),
        "cancels exposures": (
            changed(
                MANY,
                '[*address, b"BYE"])\n',
                '[*address, b"BYE"])\n                raise SystemExit\n',
            ),
            "the reply to b'3.0', still exposing at b'stop',",
        ),
        "never ends": (
            changed(MANY, "                        break\n", "                        continue\n"),
            "Nothing came for 4 s when the reply to b'stop' was due",
        ),
        "says goodbye, and goes on": (
            changed(
                MANY,
                "                        break\n",
                '                        await socket.send_multipart([*address, b"BYE"])\n'
                "                        continue\n",
            ),
            "It went on instead of ending after b'stop'",
        ),
        "no goodbye": (
            changed(MANY, '                await socket.send_multipart([*address, b"BYE"])\n', ""),
            "the reply to b'stop'",
        ),
        "one socket for all threads": (
            ONE_ROUTER,
            "one socket, one thread",
        ),
        "binds a port of its own": (
            changed(MANY, "socket.bind(bind)", 'socket.bind("tcp://127.0.0.1:*")'),
            "The endpoints that it bound.*expected",
        ),
        "0 is no time": (
            changed(
                MANY,
                "            await asyncio.sleep(float(request))\n",
                "            if float(request) <= 0:\n"
                '                raise ValueError("no time")\n'
                "            await asyncio.sleep(float(request))\n",
            ),
            "The reply to b'0.*expected: b'exposed 0.*gave: b'error",
        ),
        "a second at most": (
            changed(MANY, "sleep(float(request))", "sleep(min(float(request), 1))"),
            "The reply to b'(2.0|3.0)' came after [12].*nothing was exposed for so long",
        ),
        "stops at the word in any letters": (
            changed(MANY, 'request == b"stop"', 'request.strip().lower() == b"stop"'),
            "The reply to b'STOP'.*expected: b'error: ...'.*gave: b'BYE'",
        ),
        "digits and a point": (
            """
def many_at_once(bind):
    async def answer(socket, address, request):
        import re

        try:
            if not re.fullmatch(rb"[0-9]+([.][0-9]+)?", request):
                raise ValueError("no number")
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
""",
            "reply to b'1e-1'.*exposed 1e-1.*error",
        ),
        "goes on for those who come late": (
            """
def many_at_once(bind):
    async def answer(socket, address, request):
        try:
            await asyncio.sleep(float(request))
            reply = b"exposed " + request
        except ValueError:
            reply = b"error: no number"
        await socket.send_multipart([*address, reply])

    async def serve():
        with zmq.asyncio.Context() as context, context.socket(zmq.ROUTER) as socket:
            socket.bind(bind)
            tasks, stopped = set(), False
            while not stopped or tasks:
                if await socket.poll(50):
                    *address, request = await socket.recv_multipart()
                    if request == b"stop":
                        stopped = True
                        await socket.send_multipart([*address, b"BYE"])
                    else:
                        task = asyncio.create_task(answer(socket, address, request))
                        tasks.add(task)
                        task.add_done_callback(tasks.discard)

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(serve())
""",
            "went on instead of ending.*another client asked for 30 s after that",
        ),
        "one exposure of each length": (
            """
def many_at_once(bind):
    async def expose(socket, clients, request):
        await asyncio.sleep(float(request))
        if request in clients:
            await socket.send_multipart([*clients.pop(request), b"exposed " + request])

    async def serve():
        with zmq.asyncio.Context() as context, context.socket(zmq.ROUTER) as socket:
            socket.bind(bind)
            clients = {}
            async with asyncio.TaskGroup() as tasks:
                while True:
                    *address, request = await socket.recv_multipart()
                    if request == b"stop":
                        break
                    try:
                        float(request)
                    except ValueError:
                        await socket.send_multipart([*address, b"error: no number"])
                        continue
                    clients[request] = address
                    tasks.create_task(expose(socket, clients, request))
                await socket.send_multipart([*address, b"BYE"])

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(serve())
""",
            "reply to b'2.*', for which two clients asked at once, was due",
        ),
        "goodbye to everybody": (
            """
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
            clients = []
            async with asyncio.TaskGroup() as tasks:
                while True:
                    *address, request = await socket.recv_multipart()
                    if address not in clients:
                        clients.append(address)
                    if request == b"stop":
                        break
                    tasks.create_task(answer(socket, address, request))
                for address in clients:
                    await socket.send_multipart([*address, b"BYE"])

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(serve())
""",
            r"reply to b'3.0'.*exposed 3.0.*gave: \[b'BYE'\]",
        ),
    },
}
