"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

MISSING = solution("missing_workers")
BROKER = solution("small_broker")
RECORD = solution("record_all")
LAST = "int(whole.splitlines()[-1].split()[0]) if whole else 0"

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "missing_workers": {
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
    },
    "small_broker": {
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
    },
    "record_all": {
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
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "missing_workers": {
        "a limit below the longest task": (
            changed(MISSING, "> 2:", "> 0.4:"),
            "2 false alarms: b'(Ada|Ben)', heard .*a task that takes 0.8 s.*There may be 1",
        ),
        "misses the same one again and again": (
            changed(MISSING, "                    del heard[name]\n", ""),
            "It yielded b'Ben' again, and no beat had come in between",
        ),
        "text in place of bytes": (
            changed(MISSING, "yield name", "yield name.decode()"),
            "a worker's name, of type bytes.*gave: 'Ben'",
        ),
        "names and times": (
            changed(MISSING, "yield name", "yield name, when"),
            r"a worker's name, of type bytes.*gave: \(b'Ben', ",
        ),
    },
    "small_broker": {
        "gives it again at once": (
            changed(BROKER, "since > 1:", "since > 0:"),
            "A task was given to a second worker after 0.[0-4] s: 1 s first",
        ),
        "gives without asking who is idle": (
            changed(BROKER, "idle.pop(0)", "idle[0]"),
            "A worker was given a second task, and had not done its first",
        ),
        "never gives a task again": (
            changed(BROKER, "since > 1:", "since > 1e6:"),
            "Nothing came for 4 s when a task for a worker that waits, as another is silent",
        ),
        "knows tasks by their clients": (
            changed(BROKER, "number = next(numbers)", "number = client"),
            "Nothing came for 4 s when a task for a worker that waits was due",
        ),
    },
    "record_all": {
        "begins anew": (
            changed(RECORD, LAST, "0").replace("len(whole)", "0"),
            "asks for, when it was killed as it wrote, and starts.*expected: b'7'.*gave: b'1'",
        ),
        "keeps the file and begins anew": (
            changed(RECORD, LAST, "0"),
            "asks for, when it was killed as it wrote, and starts.*expected: b'7'.*gave: b'1'",
        ),
        "a buffer of its own": (
            changed(RECORD, ", buffering=0", ""),
            r"The lines of the file, as it asks for message 2.*expected: \[b'1 .*gave: \[\]",
        ),
        "goes on in a line that was cut off": (
            changed(RECORD, "        file.truncate(len(whole))\n", ""),
            r"The lines of the file, as it asks for message 8.*gave: .*b'7 .*xc27 ",
        ),
    },
}
