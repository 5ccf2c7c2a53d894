"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

MISSING = solution("missing_workers")
BROKER = solution("small_broker")
RECORD = solution("record_all")
HEARD = "                heard[pull.recv()] = time.monotonic()\n"
ONE_WRITE = 'file.write(b" ".join(req.recv_multipart()) + b"\\n")'
WHOLE = '    whole = text[: text.rfind(b"\\n") + 1]\n'
LAST = "int(whole.splitlines()[-1].split()[0]) if whole else 0"

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "missing_workers": {
        "waits until the next one would be due": """
def missing_workers(bind):
    due = {}
    context = zmq.Context()
    pull = context.socket(zmq.PULL)
    try:
        pull.bind(bind)
        while True:
            wait = min(due.values(), default=time.time() + 60) - time.time()
            if pull.poll(max(0, math.ceil(1000 * wait))):
                due[pull.recv()] = time.time() + 1.6
            else:
                name = min(due, key=due.get)
                del due[name]
                yield name
    finally:
        pull.close()
        context.term()
""",
        "keeps who is missed, and takes all that waits": """
def missing_workers(bind):
    last, missed = {}, set()
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(bind)
        while True:
            pull.poll(50)
            while pull.poll(0):
                name = pull.recv()
                last[name] = time.perf_counter()
                missed.discard(name)
            now = time.perf_counter()
            for name in [n for n in last if n not in missed and now - last[n] > 2.4]:
                missed.add(name)
                yield name
""",
        "learns how long each one may be silent": """
class Worker:
    def __init__(self):
        self.heard, self.longest, self.alive = time.monotonic(), 0.8, True

    def beat(self):
        now = time.monotonic()
        if self.alive:
            self.longest = max(self.longest, min(1.2, now - self.heard))
        self.heard, self.alive = now, True

    def is_late(self):
        return self.alive and time.monotonic() - self.heard > 2 * self.longest

def missing_workers(bind):
    workers = {}
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.rcvtimeo = 100
        pull.bind(bind)
        while True:
            try:
                workers.setdefault(pull.recv(), Worker()).beat()
            except zmq.Again:
                pass
            for name, worker in workers.items():
                if worker.is_late():
                    worker.alive = False
                    yield name
""",
        "a heap of dates, old ones are passed over": """
import heapq

class Watch:
    def __init__(self, limit):
        self.limit, self.dates, self.due = limit, [], {}

    def beat(self, name):
        self.due[name] = time.monotonic() + self.limit
        heapq.heappush(self.dates, (self.due[name], name))

    def silent(self):
        while self.dates and self.dates[0][0] < time.monotonic():
            date, name = heapq.heappop(self.dates)
            if self.due.get(name) == date:
                del self.due[name]
                return name

def missing_workers(bind):
    watch, context = Watch(2.2), zmq.Context()
    try:
        pull = context.socket(zmq.PULL)
        pull.bind(bind)
        poller = zmq.Poller()
        poller.register(pull, zmq.POLLIN)
        while True:
            if poller.poll(100):
                watch.beat(pull.recv(zmq.NOBLOCK))
            if (name := watch.silent()) is not None:
                yield name
    finally:
        context.destroy(linger=0)
""",
    },
    "small_broker": {
        "with asyncio, a task of its own for each request": """
async def serve(frontend, backend):
    with zmq.asyncio.Context() as context:
        front, back = context.socket(zmq.ROUTER), context.socket(zmq.ROUTER)
        front.bind(frontend)
        back.bind(backend)
        idle, replies, running = asyncio.Queue(), {}, set()

        async def take_results():
            while True:
                worker, result = await back.recv_multipart()
                reply = replies.pop(worker, None)
                if reply and not reply.done():
                    reply.set_result(result)
                idle.put_nowait(worker)

        async def hand_out(request, reply):
            while not reply.done():
                worker = await idle.get()
                replies[worker] = reply
                await back.send_multipart([worker, request])
                await asyncio.wait([reply], timeout=1)

        async def answer(client, request):
            reply = asyncio.get_running_loop().create_future()
            handing_out = asyncio.create_task(hand_out(request, reply))
            result = await reply
            handing_out.cancel()
            await front.send_multipart([client, b"", result])

        running.add(asyncio.create_task(take_results()))
        while True:
            client, _, request = await front.recv_multipart()
            running.add(task := asyncio.create_task(answer(client, request)))
            task.add_done_callback(running.discard)

def small_broker(frontend, backend):
    asyncio.run(serve(frontend, backend))
""",
        "an object for each request": """
class Task:
    def __init__(self, envelope, request):
        self.envelope, self.request = envelope, request
        self.given, self.answered = None, False

    def waits(self):
        late = self.given is None or time.time() > self.given + 1.0
        return late and not self.answered

def small_broker(frontend, backend):
    context = zmq.Context()
    front = context.socket(zmq.ROUTER)
    front.bind(frontend)
    back = context.socket(zmq.ROUTER)
    back.bind(backend)
    poller = zmq.Poller()
    poller.register(front, zmq.POLLIN)
    poller.register(back, zmq.POLLIN)
    tasks, workers = [], {}  # of each worker its task, or None
    while True:
        events = dict(poller.poll(timeout=50))
        if events.get(front) == zmq.POLLIN:
            *envelope, request = front.recv_multipart()
            tasks.append(Task(envelope, request))
        if events.get(back) == zmq.POLLIN:
            worker, result = back.recv_multipart()
            task, workers[worker] = workers.get(worker), None
            if task is not None and not task.answered:
                task.answered = True
                front.send_multipart(task.envelope + [result])
        tasks = [task for task in tasks if not task.answered]
        for task in tasks:
            free = [worker for worker, its in workers.items() if its is None]
            if free and task.waits():
                workers[free[0]], task.given = task, time.time()
                back.send_multipart([free[0], task.request])
""",
        "a method for each thing that may happen": """
from collections import deque

class Broker:
    def __init__(self, front, back):
        self.front, self.back = front, back
        self.idle, self.queue, self.under_way, self.count = deque(), deque(), {}, 0

    def ask(self):
        client, empty, request = self.front.recv_multipart()
        self.count += 1
        self.queue.append((self.count, client, request))

    def result(self):
        worker, result = self.back.recv_multipart()
        self.idle.append(worker)
        if worker not in self.under_way:
            return
        (number, client, request), since = self.under_way.pop(worker)
        if number in self.done:
            return
        self.done.add(number)
        self.front.send_multipart([client, b"", result])

    def repeat(self):
        for worker, (task, since) in self.under_way.items():
            if task[0] not in self.done and time.monotonic() - since > 1.2:
                self.queue.appendleft(task)
                self.under_way[worker] = task, math.inf

    def give(self):
        while self.queue and self.idle:
            task = self.queue.popleft()
            if task[0] not in self.done:
                worker = self.idle.popleft()
                self.under_way[worker] = task, time.monotonic()
                self.back.send_multipart([worker, task[2]])

def small_broker(frontend, backend):
    with zmq.Context() as context, context.socket(zmq.ROUTER) as front:
        with context.socket(zmq.ROUTER) as back:
            front.bind(frontend)
            back.bind(backend)
            broker = Broker(front, back)
            broker.done = set()
            while True:
                if front.poll(20):
                    broker.ask()
                if back.poll(20):
                    broker.result()
                broker.repeat()
                broker.give()
""",
        "a coroutine for each request": """
def story(client, request, front, back, idle):
    asked = set()
    give_at = 0
    while True:
        if time.monotonic() > give_at and idle:
            worker = idle.pop(0)
            asked.add(worker)
            back.send_multipart([worker, request])
            give_at = time.monotonic() + 1.02
            sent_to = worker
        else:
            sent_to = None
        came = yield sent_to
        if came is not None:
            front.send_multipart([client, b"", came])
            return

def small_broker(frontend, backend):
    idle, stories, holds = [], [], {}
    with zmq.Context() as context, context.socket(zmq.ROUTER) as front:
        with context.socket(zmq.ROUTER) as back:
            front.bind(frontend)
            back.bind(backend)
            while True:
                readable, _, _ = zmq.select([front, back], [], [], 0.02)
                if front in readable:
                    client, _, request = front.recv_multipart()
                    stories.append(story(client, request, front, back, idle))
                if back in readable:
                    worker, result = back.recv_multipart()
                    idle.append(worker)
                    its = holds.pop(worker, None)
                    if its in stories:
                        try:
                            its.send(result)
                        except StopIteration:
                            stories.remove(its)
                for each in stories:
                    worker = next(each)
                    if worker is not None:
                        holds[worker] = each
""",
        "a heap of dates": """
import heapq

def small_broker(frontend, backend):
    numbers, open_tasks, queue, dates = itertools.count(1), {}, [], []
    idle, at_work = {}, {}  # both ordered by time
    context = zmq.Context()
    front = context.socket(zmq.ROUTER)
    back = context.socket(zmq.ROUTER)
    front.bind(frontend)
    back.bind(backend)
    try:
        while True:
            wait = 1000 * (dates[0][0] - time.monotonic()) if dates else 1000
            for socket, _ in zmq.Poller.poll(registered(front, back), max(0, wait) + 1):
                if socket is front:
                    client, _, request = front.recv_multipart()
                    number = next(numbers)
                    open_tasks[number] = (client, request)
                    heapq.heappush(queue, number)  # the oldest first
                else:
                    worker, result = back.recv_multipart()
                    client, _ = open_tasks.pop(at_work.pop(worker, 0), (None, None))
                    if client is not None:
                        front.send_multipart([client, b"", result])
                    idle[worker] = True
            while dates and dates[0][0] < time.monotonic():
                _, number = heapq.heappop(dates)
                heapq.heappush(queue, number)
            while queue and idle:
                number = heapq.heappop(queue)
                if number in open_tasks:
                    worker = next(iter(idle))
                    del idle[worker]
                    at_work[worker] = number
                    back.send_multipart([worker, open_tasks[number][1]])
                    heapq.heappush(dates, (time.monotonic() + 1.01, number))
    finally:
        context.destroy(linger=0)

def registered(*sockets):
    poller = zmq.Poller()
    for socket in sockets:
        poller.register(socket, zmq.POLLIN)
    return poller
""",
    },
    "record_all": {
        "text, flushed and synced": """
import os

def ask_for(context, source, number):
    while True:
        with context.socket(zmq.REQ) as req:
            req.setsockopt(zmq.LINGER, 0)
            req.setsockopt(zmq.RCVTIMEO, 400)
            req.connect(source)
            req.send_string(str(number))
            try:
                return req.recv_multipart()[1].decode()
            except zmq.Again:
                pass

def record_all(path, source):
    held = path.read_bytes() if path.exists() else b""
    whole = held[: held.rfind(b"\\n") + 1]
    if whole != held:
        os.truncate(path, len(whole))
    context = zmq.Context()
    for number in itertools.count(whole.count(b"\\n") + 1):
        data = ask_for(context, source, number)
        with path.open("a", encoding="utf-8", newline="\\n") as file:
            file.write(f"{number} {data}\\n")
            file.flush()
            os.fsync(file.fileno())
""",
        "a new file put in place each time": """
import os

def record_all(path, source):
    held = path.read_bytes().split(b"\\n")[:-1] if path.is_file() else []
    with zmq.Context() as context:
        while True:
            with context.socket(zmq.REQ) as req:
                req.linger = 0
                req.connect(source)
                req.send(b"%d" % (len(held) + 1))
                if not req.poll(700):
                    continue
                number, data = req.recv_multipart()
            held.append(number + b" " + data)
            new = path.with_suffix(".new")
            new.write_bytes(b"".join(line + b"\\n" for line in held))
            os.replace(new, path)
""",
        "one socket that forgets late replies": """
def record_all(path, source):
    path.touch()
    with open(path, "rb+", buffering=0) as file, zmq.Context() as context:
        number, end = 0, 0
        for line in file.read().splitlines(True):
            if line.endswith(b"\\n"):
                number, end = number + 1, end + len(line)
        file.seek(end)
        file.truncate()
        with context.socket(zmq.REQ) as req:
            req.linger = 0
            req.req_relaxed = req.req_correlate = True
            req.connect(source)
            while True:
                req.send(str(number + 1).encode())
                if req.poll(600):
                    got, data = req.recv_multipart()
                    number = int(got)
                    file.write(b"%d %b\\n" % (number, data))
""",
        "writes over half a line: it is the beginning of the same message": """
import os

def record_all(path, source):
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    held = b""
    while more := os.read(file, 1 << 16):
        held += more
    end, number = held.rfind(b"\\n") + 1, held.count(b"\\n") + 1
    context = zmq.Context()
    while True:
        with context.socket(zmq.REQ) as req:
            req.setsockopt(zmq.LINGER, 0)
            req.connect(source)
            req.send(str(number).encode())
            if not req.poll(500):
                continue
            _, data = req.recv_multipart()
        end += os.pwrite(file, b"%d %s\\n" % (number, data), end)
        number += 1
""",
        "with asyncio": """
async def fetch(context, source, number):
    while True:
        req = context.socket(zmq.REQ)
        try:
            req.connect(source)
            await req.send(b"%d" % number)
            return await asyncio.wait_for(req.recv_multipart(), 0.5)
        except (TimeoutError, asyncio.TimeoutError):
            pass
        finally:
            req.close(linger=0)

async def recording(path, source):
    text = path.read_bytes() if path.is_file() else b""
    whole, _, half = text.rpartition(b"\\n")
    number = text.count(b"\\n")
    with open(path, "ab") as file, zmq.asyncio.Context() as context:
        file.truncate(len(text) - len(half))
        while True:
            _, data = await fetch(context, source, number + 1)
            number += 1
            file.write(b"%d %b\\n" % (number, data))
            file.flush()

def record_all(path, source):
    asyncio.run(recording(path, source))
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "missing_workers": {
        "one clock for all": (
            """
def missing_workers(bind):
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(bind)
        name = None
        while True:
            if pull.poll(2000):
                name = pull.recv()
            elif name:
                yield name
""",
            r"two workers beat.*still busy.*yielded \[\].*ago from b'Ben'",
        ),
        "a limit below the longest task": (
            changed(MISSING, "> 2:", "> 0.4:"),
            "2 false alarms: b'(Ada|Ben)', heard .*a task that takes 0.8 s.*There may be 1",
        ),
        "a limit above what is allowed": (
            changed(MISSING, "> 2:", "> 6:"),
            "It yielded b'Ben' [6-9].* s after its last beat: 3 s at most",
        ),
        "misses the same one again and again": (
            changed(MISSING, "                    del heard[name]\n", ""),
            "It yielded b'Ben' twice, and no beat had come in between",
        ),
        "never takes one back": (
            changed(MISSING, "    heard = {}", "    dead = set()\n    heard = {}")
            .replace("> 2:", "> 2 and name not in dead:")
            .replace(
                "                    del heard[name]\n", "                    dead.add(name)\n"
            ),
            r"still busy.*yielded \[b'Ben', b'Ada'\]",
        ),
        "text in place of bytes": (
            changed(MISSING, "yield name", "yield name.decode()"),
            "a worker's name, of type bytes.*gave: 'Ben'",
        ),
        "names and times": (
            changed(MISSING, "yield name", "yield name, when"),
            r"a worker's name, of type bytes.*gave: \(b'Ben', ",
        ),
        "a list when it is over": (
            """
def missing_workers(bind):
    missed = []
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(bind)
        while pull.poll(2000):
            missed.append(pull.recv())
    return missed
""",
            "still busy.*pull.poll|a generator: `yield` things one by one",
        ),
        "looks only when a beat has come": (
            changed(MISSING, "            if pull.poll(100):\n", "").replace(
                HEARD, HEARD[4:].replace("    heard", "    heard", 1)
            ),
            r"still busy.*yielded \[b'Ben'\].*pull.recv",
        ),
        "counts the beats of the others": (
            """
def missing_workers(bind):
    others = {}
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(bind)
        while True:
            heard = pull.recv()
            others[heard] = 0
            for name in list(others):
                others[name] += 1
                if others[name] > 10:
                    del others[name]
                    yield name
""",
            "2 false alarms: b'Ada'",
        ),
        "rests between beats": (
            changed(MISSING, HEARD, HEARD + "                time.sleep(0.5)\n"),
            "(It yielded b'Ben' .* after its last beat|still busy)",
        ),
        "yields the first and ends": (
            changed(MISSING, "yield name\n", "yield name\n                    return\n"),
            r"It ended after it had yielded \[b'Ben'\], and should go on for ever",
        ),
        "a SUB": (
            changed(MISSING, "zmq.PULL", "zmq.SUB"),
            r"still busy.*yielded \[\]",
        ),
        "leaves its socket open": (
            """
def missing_workers(bind):
    heard, pull = {}, zmq.Context.instance().socket(zmq.PULL)
    pull.bind(bind)
    while True:
        if pull.poll(100):
            heard[pull.recv()] = time.monotonic()
        for name, when in list(heard.items()):
            if time.monotonic() - when > 2:
                del heard[name]
                yield name
""",
            "When it has been closed, 1 of its sockets are still open",
        ),
        "looks only in silence": (
            changed(MISSING, HEARD, HEARD + "                continue\n").replace("100", "500"),
            r"still busy .* yielded \[\]|(yielded|missed) .* after its last beat: 3 s at most",
        ),
        "a limit of 3.1 s": (
            changed(MISSING, "> 2:", "> 3.1:"),
            "[3-9].* s or more after its last beat: 3 s at most|"
            "yielded .* [3-9].* s after its last beat",
        ),
        "ends with the last one": (
            changed(
                MISSING,
                "                    yield name",
                "                    yield name\n            if not heard and name_of:\n"
                "                return",
            )
            .replace("    heard = {}", "    name_of = []\n    heard = {}")
            .replace(
                "                heard[pull.recv()] = time.monotonic()",
                "                name_of.append(name := pull.recv())\n"
                "                heard[name] = time.monotonic()",
            ),
            "should go on for ever|StopIteration",
        ),
        "tells who is back, too": (
            """
def missing_workers(bind):
    heard, missed = {}, set()
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(bind)
        while True:
            if pull.poll(100):
                name = pull.recv()
                heard[name] = time.monotonic()
                if name in missed:
                    missed.remove(name)
                    yield name
            for name, when in list(heard.items()):
                if name not in missed and time.monotonic() - when > 2:
                    missed.add(name)
                    yield name
""",
            "2 false alarms",
        ),
        "more patience with those that came back": (
            """
def missing_workers(bind):
    heard, limit = {}, {}
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(bind)
        while True:
            if pull.poll(100):
                heard[pull.recv()] = time.monotonic()
            for name, when in list(heard.items()):
                if time.monotonic() - when > limit.setdefault(name, 1.7):
                    del heard[name]
                    limit[name] *= 2
                    yield name
""",
            "still busy 25 s|s after its last beat: 3 s at most",
        ),
    },
    "small_broker": {
        "a proxy": (
            """
def small_broker(frontend, backend):
    with zmq.Context() as context:
        front, back = context.socket(zmq.ROUTER), context.socket(zmq.DEALER)
        front.bind(frontend)
        back.bind(backend)
        zmq.proxy(front, back)
""",
            "a DEALER socket where a ROUTER is needed.*`backend`",
        ),
        "never gives a task again": (
            changed(BROKER, "since > 1:", "since > 1e6:"),
            "Nothing came for 4 s when a task for a worker that waits was due",
        ),
        "gives it again at once": (
            changed(BROKER, "since > 1:", "since > 0:"),
            "A task was given to a second worker after 0.[0-4] s: 1 s first",
        ),
        "wants every reply to arrive": (
            changed(
                BROKER,
                "        front.bind(frontend)\n",
                "        front.router_mandatory = True\n        front.bind(frontend)\n",
            ),
            "Your broker ended.*Host unreachable",
        ),
        "passes on what comes too late": (
            changed(
                BROKER, "numbers, tasks = itertools.count(), {}", "tasks = {}\n    numbers = []"
            )
            .replace(
                "number = next(numbers)",
                "number = len(numbers)\n                numbers.append(client)",
            )
            .replace("if number in tasks:  #", "if number is not None:  #")
            .replace(
                "client, _ = tasks.pop(number)",
                "client = numbers[number]\n                    tasks.pop(number, 0)",
            ),
            "(a task that was answered came to a client|The reply:).*done too late",
        ),
        "knows tasks by their clients": (
            changed(BROKER, "number = next(numbers)", "number = client"),
            "a task for a worker that waits was due|(came to a client|The reply:).*done too late",
        ),
        "the worker has done what its client waits for": (
            changed(
                BROKER,
                "if number in tasks:",
                "if number is not None and (tasks := {number: (client, b'')} | tasks):",
            ),
            "(The reply|a task that was answered came to a client)",
        ),
        "gives without asking who is idle": (
            changed(BROKER, "idle.pop(0)", "idle[0]"),
            "A worker was given a second task, and had not done its first",
        ),
        "to whoever asked last": (
            changed(BROKER, "                client, _ = tasks.pop(number)\n", "").replace(
                "if number in tasks:", "if tasks.pop(number, None):"
            ),
            "Nothing came for 4 s when the reply to",
        ),
        "without the empty part": (
            changed(BROKER, '[client, b"", result]', "[client, result]"),
            "Nothing came for 4 s when the reply to",
        ),
        "the client's address to the worker": (
            changed(
                BROKER, "[worker, tasks[number][1]]", '[worker, client, b"", tasks[number][1]]'
            ),
            "A task for a worker that waits has 3 parts, not one",
        ),
        "drops what finds nobody idle": (
            changed(BROKER, "todo.append(number)", "todo = [number] if idle else []"),
            "Nothing came for 4 s when a task for a worker that waits was due",
        ),
        "gives a silent worker more": (
            changed(
                BROKER,
                "                    todo.insert(0, number)\n",
                "                    todo.insert(0, number)\n"
                "                    idle += [w for w, n in held.items() if n == number]\n",
            ),
            "(a second task, and had not done|Nothing came for 4 s when (a task for|the reply to))",
        ),
        "never trusts a silent worker again": (
            changed(
                BROKER,
                "                idle.append(worker)\n                number",
                "                if held.get(worker, -1) is not None and (\n"
                "                    held.get(worker) is None or held[worker] in tasks\n"
                "                ):\n"
                "                    idle.append(worker)\n"
                "                number",
            ),
            "Nothing came for 4 s when a task for a worker that waits was due",
        ),
        "looks at the clock only when something comes": (
            changed(BROKER, "[], [], 0.1)", "[], [])"),
            "Nothing came for 4 s when a task for a worker that waits was due",
        ),
        "waits for the client, then for the worker": (
            changed(BROKER, "if front in ready:", "if True:"),
            "Nothing came for 4 s when",
        ),
        "the same request is the same task": (
            changed(
                BROKER,
                "                number = next(numbers)\n",
                "                if request in [each for _, each in tasks.values()]:\n"
                "                    continue\n                number = next(numbers)\n",
            ),
            "Nothing came for 4 s when a task for a worker that waits was due",
        ),
        "twenty may wait": (
            changed(
                BROKER,
                "                number = next(numbers)\n",
                "                if len(todo) >= 20:\n"
                "                    continue\n                number = next(numbers)\n",
            ),
            "Nothing came for 4 s when a task for a worker that waits was due",
        ),
        "six seconds": (
            changed(BROKER, "- since > 1:", "- since > 6:"),
            "its task was given to an idle one after [6-9].* s: 1 s is enough",
        ),
        "an empty result is none": (
            changed(
                BROKER,
                "                number = held.pop(worker, None)\n",
                "                number = held.pop(worker, None)\n"
                "                if result == b'':\n"
                "                    continue  # it is ready, no more\n",
            ),
            "Nothing came for 4 s when the reply to b'' was due",
        ),
        "only the last one who got it may answer": (
            changed(
                BROKER,
                "if number in tasks:",
                "if number in tasks and holder[number] == worker:",
            )
            .replace("    idle, held = [], {}", "    holder = {}\n    idle, held = [], {}")
            .replace(
                "held[worker], given[number] =",
                "holder[number] = worker\n                held[worker], given[number] =",
            ),
            "Nothing came for 4 s when the reply, when the first of three workers",
        ),
        "twice, no more": (
            changed(
                BROKER,
                "                    todo.insert(0, number)\n",
                "                    again[number] = again.get(number, 0) + 1\n"
                "                    if again[number] < 2:\n"
                "                        todo.insert(0, number)\n",
            ).replace("    idle, held = [], {}", "    again = {}\n    idle, held = [], {}"),
            "after two were silent for more than a second each was due",
        ),
        "nobody idle at that moment": (
            changed(
                BROKER,
                "                    todo.insert(0, number)\n",
                "                    if idle:\n                        todo.insert(0, number)\n",
            ),
            "after two were silent for more than a second each was due",
        ),
    },
    "record_all": {
        "begins anew": (
            changed(RECORD, LAST, "0").replace("len(whole)", "0"),
            r"at a kill -9 just now, 0 of \d+ bytes would be left",
        ),
        "reads whole letters only": (
            """
import os

def ask_for(context, source, number):
    while True:
        with context.socket(zmq.REQ) as req:
            req.setsockopt(zmq.LINGER, 0)
            req.setsockopt(zmq.RCVTIMEO, 400)
            req.connect(source)
            req.send_string(str(number))
            try:
                return req.recv_multipart()[1].decode()
            except zmq.Again:
                pass

def record_all(path, source):
    lines = path.read_text().splitlines(keepends=True) if path.exists() else []
    if lines and not lines[-1].endswith("\\n"):
        path.write_text("".join(lines[:-1]))
        lines.pop()
    context = zmq.Context()
    for number in itertools.count(len(lines) + 1):
        data = ask_for(context, source, number)
        with path.open("a") as file:
            file.write(f"{number} {data}\\n")
            file.flush()
            os.fsync(file.fileno())
""",
            "It ended before it connected a socket.*UnicodeDecodeError.*unexpected end of data",
        ),
        "keeps the file and begins anew": (
            changed(RECORD, LAST, "0"),
            "asks for, when it was killed and is started again.*expected: b'9'.*gave: b'1'",
        ),
        "writes after it has asked for the next": (
            """
def record_all(path, source):
    lines = path.read_bytes().splitlines() if path.exists() else []
    number, waiting = len(lines), b""
    with zmq.Context() as context:
        while True:
            with context.socket(zmq.REQ) as req:
                req.linger = 0
                req.connect(source)
                req.send(b"%d" % (number + 1))
                if req.poll(500):
                    with open(path, "ab") as file:
                        file.write(waiting)
                    waiting = b" ".join(req.recv_multipart()) + b"\\n"
                    number += 1
""",
            "Line 1 of the file, as it asks for message 2.*expected: b'1 .*gave: no such line",
        ),
        "a buffer of its own": (
            changed(RECORD, ", buffering=0", ""),
            "Line 1 of the file, as it asks for message 2.*gave: no such line",
        ),
        "goes on in a line that was cut off": (
            changed(RECORD, "        file.truncate(len(whole))\n", ""),
            "Line 17 of the file, as it asks for message 18.*gave: b'17 .*xc217 ",
        ),
        "takes half a line for a message": (
            changed(RECORD, WHOLE, "    whole = text\n"),
            "What it asks for, when it was killed as it had written b'17 .*expected: b'17'.*b'18'",
        ),
        "ends half a line and goes on": (
            changed(
                RECORD,
                "        file.truncate(len(whole))\n",
                '        if text != whole:\n            file.write(b"\\n")\n',
            ),
            "Line 17 of the file, as it asks for message 18.*gave: b'17 .*xc2.*n'",
        ),
        "waits for ever": (
            changed(RECORD, "if req.poll(500):", "if True:"),
            "Nothing came for 4 s when the request for message 5 was due",
        ),
        "asks for the next one, whatever comes": (
            changed(
                RECORD, "                    number += 1\n", "                number += 1\n"
            ).replace("req.poll(500)", "req.poll(2000)"),
            "What it asks for, when a reply was lost.*expected: b'5'.*gave: b'6'",
        ),
        "without the numbers": (
            changed(RECORD, 'b" ".join(req.recv_multipart())', "req.recv_multipart()[1]"),
            "Line 1 of the file, as it asks for message 2.*expected: b'1 ",
        ),
        "a line in two pieces, and no end": (
            changed(RECORD, ' + b"\\n")', ")"),
            "Line 1 of the file, as it asks for message 2",
        ),
        "counts from 0": (
            changed(RECORD, 'b"%d" % (number + 1)', 'b"%d" % number'),
            "What it asks for, when there is no file yet.*expected: b'1'.*gave: b'0'",
        ),
        "needs a file": (
            changed(RECORD, ' if path.exists() else b""', ""),
            "Your recorder ended|It ended before it connected a socket.*FileNotFoundError",
        ),
        "stops when nothing comes": (
            changed(
                RECORD,
                "                    number += 1\n",
                "                    number += 1\n"
                "                else:\n"
                "                    return\n",
            ).replace("req.poll(500)", "req.poll(2000)"),
            "Your recorder (ended|had ended).*message 5|Nothing came.*message 5",
        ),
        "takes the first line for the last": (
            changed(RECORD, "splitlines()[-1]", "splitlines()[0]"),
            "started again.*expected: b'9'.*gave: b'2'",
        ),
        "strips the messages": (
            changed(
                RECORD,
                ONE_WRITE,
                ONE_WRITE.replace("req.recv_multipart()", "map(bytes.strip, req.recv_multipart())"),
            ),
            "Line 3 of the file, as it asks for message 4.*gave: b'3 blanks around",
        ),
        "passes over empty messages": (
            changed(
                RECORD,
                ONE_WRITE,
                "got, text = req.recv_multipart()\n"
                "                    if text:\n"
                '                        file.write(got + b" " + text + b"\\n")',
            ),
            "Line 2 of the file, as it asks for message 3.*no such line",
        ),
        "how far it is stands in another file": (
            changed(RECORD, LAST, "int(side.read_text() or 0) if side.exists() else 0")
            .replace("    number = int", '    side = path.with_suffix(".last")\n    number = int')
            .replace(
                "number += 1\n", "number += 1\n                    side.write_text(str(number))\n"
            ),
            "its file alone was kept, and it is started again with that.*gave: b'1'",
        ),
        "the same data again is no news": (
            """
def record_all(path, source):
    text = path.read_bytes() if path.exists() else b""
    whole = text[: text.rfind(b"\\n") + 1]
    last = whole.splitlines()[-1] if whole else b"0 "
    number, data = int(last.split(b" ")[0]), last.partition(b" ")[2]
    with open(path, "ab", buffering=0) as file, zmq.Context() as context:
        file.truncate(len(whole))
        while True:
            with context.socket(zmq.REQ) as req:
                req.linger = 0
                req.connect(source)
                req.send(b"%d" % (number + 1))
                if req.poll(500):
                    _, new = req.recv_multipart()
                    number += 1
                    if new != data:
                        file.write(b"%d %b\\n" % (number, new))
                    data = new
""",
            "Line 7 of the file, as it asks for message 8.*b'7 again.*gave: no such line",
        ),
        "letters that are not English are left out": (
            changed(
                RECORD,
                'b" ".join(req.recv_multipart())',
                'b" ".join(req.recv_multipart()).decode("ascii", "ignore").encode()',
            ),
            "Line 5 of the file.*expected: b'5 5 .xc2.xb5m.n'.*gave: b'5 5 m.n'",
        ),
        "cuts after so many characters": (
            """
def record_all(path, source):
    text = path.read_bytes().decode("utf-8", "replace") if path.exists() else ""
    whole = text[: text.rfind("\\n") + 1]
    number = whole.count("\\n")
    with open(path, "ab", buffering=0) as file, zmq.Context() as context:
        file.truncate(len(whole))
        while True:
            with context.socket(zmq.REQ) as req:
                req.linger = 0
                req.connect(source)
                req.send(b"%d" % (number + 1))
                if req.poll(500):
                    file.write(b" ".join(req.recv_multipart()) + b"\\n")
                    number += 1
""",
            "75 of 76 bytes would be left",
        ),
        "half a letter": (
            """
def record_all(path, source):
    text = path.read_text("utf-8") if path.exists() else ""
    whole = text[: text.rfind("\\n") + 1].encode()
    number = whole.count(b"\\n")
    with open(path, "ab", buffering=0) as file, zmq.Context() as context:
        file.truncate(len(whole))
        while True:
            with context.socket(zmq.REQ) as req:
                req.linger = 0
                req.connect(source)
                req.send(b"%d" % (number + 1))
                if req.poll(500):
                    file.write(b" ".join(req.recv_multipart()) + b"\\n")
                    number += 1
""",
            "raised|UnicodeDecodeError",
        ),
        "writes the whole file anew": (
            """
def record_all(path, source):
    text = path.read_bytes() if path.exists() else b""
    whole = text[: text.rfind(b"\\n") + 1]
    with zmq.Context() as context:
        while True:
            with context.socket(zmq.REQ) as req:
                req.linger = 0
                req.connect(source)
                req.send(b"%d" % (whole.count(b"\\n") + 1))
                if req.poll(500):
                    whole += b" ".join(req.recv_multipart()) + b"\\n"
                    path.write_bytes(whole)
""",
            "at a kill -9 just now, 0 of .* bytes would be left",
        ),
        "there must be a whole line": (
            changed(
                RECORD,
                'text[: text.rfind(b"\\n") + 1]',
                'text[: text.rindex(b"\\n") + 1] if text else b""',
            ),
            "recorder.*ValueError|ValueError",
        ),
    },
}
