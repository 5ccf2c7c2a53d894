"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

THREAD = solution("in_a_thread")
MANY = solution("many_at_once")
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

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "in_a_thread": {
        "two pipes, and pickles": TWO_PIPES,
    },
    "many_at_once": {
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
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "in_a_thread": {
        "in this thread": (
            "def in_a_thread(work, items):\n    return [work(item) for item in items]\n",
            "in the thread that called you",
        ),
        "over tcp": (
            THREAD.replace("inproc://work", "tcp://127.0.0.1:5741"),
            "It sent over tcp://127.0.0.1:5741, and was to do so over `inproc`",
        ),
        "empties the list that it was given": (
            "def in_a_thread(work, items):\n    items.clear()\n    return []\n",
            "the items are of many kinds.*expected",
        ),
        "in no order": (
            changed(THREAD, "return results", "return sorted(results)"),
            "What it returns when the items are of many kinds.*expected",
        ),
    },
    "many_at_once": {
        "a REP": (
            changed(MANY, "zmq.ROUTER", "zmq.REP"),
            "It bound a REP socket where a ROUTER is needed",
        ),
        "does not expose": (
            changed(MANY, "await asyncio.sleep(float(request))", "float(request)"),
            r"The reply to b'0.6' came after 0.[0-4]. s, before it was exposed",
        ),
        "always the same reply": (
            changed(MANY, 'b"exposed " + request', 'b"exposed 0.4"'),
            "The reply to b'0.6'.*expected: b'exposed 0.6'.*it gave: b'exposed 0.4'",
        ),
        "the number only": (
            changed(MANY, 'b"exposed " + request', "request"),
            "The reply to b'0.6'.*expected: b'exposed 0.6'.*it gave: b'0.6'",
        ),
    },
}
