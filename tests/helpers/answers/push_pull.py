"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

MEAN = solution("mean_worker")
IN_ORDER = solution("in_order")
RAW_MEAN = """\
def mean_worker(frames, results):
    with zmq.Context() as context:
        with context.socket(zmq.PULL) as pull, context.socket(zmq.PUSH) as push:
            pull.connect(frames)
            push.connect(results)
            while True:
                topic, header, pixels = pull.recv_multipart()
                header = json.loads(header)
                if header.get("end") is True:
                    return
                mean = float(np.mean(np.frombuffer(pixels, dtype=header["dtype"])))
                header = {"sequence": header["sequence"], "mean": mean}
                push.send_multipart([b"mean", json.dumps(header).encode()], zmq.SNDMORE)
                push.send(b"")
"""


def mean_worker(*lines):
    """Return the solution with other lines for what it does with a message."""
    body = "\n".join(f"            {line}" for line in lines)
    return f"{MEAN[: MEAN.index('            topic, header')]}{body}\n"


RECEIVE = "topic, header, pixels = zmqlab.recv_message(pull, timeout=60)"
END = 'if header.get("end"): break'
SEND = (
    'mean = float(np.frombuffer(pixels, header["dtype"]).mean())',
    'zmqlab.send_message(push, "mean", {"sequence": header["sequence"], "mean": mean})',
)

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "mean_worker": {
        "raw parts": RAW_MEAN,
        "a poller that goes on": mean_worker(
            "poller = zmq.Poller()",
            "poller.register(pull, zmq.POLLIN)",
            "if pull not in dict(poller.poll(200)):",
            "    continue",
            "header, frame = zmqlab.recv_message(pull)[1:]",
            END,
            'total = np.frombuffer(frame, header["dtype"]).sum(dtype=float)',
            'mean = total / np.prod(header["shape"])',
            'zmqlab.send_message(push, "mean", {"mean": mean, "sequence": header["sequence"]})',
        ),
        "no timeout of its own": changed(MEAN, ", timeout=60", ""),
        "low marks": changed(
            MEAN, "pull.connect", "pull.rcvhwm = push.sndhwm = 1\n        pull.connect"
        ),
        "asyncio": """\
def mean_worker(frames, results):
    async def work():
        with zmq.asyncio.Context() as context:
            with context.socket(zmq.PULL) as pull, context.socket(zmq.PUSH) as push:
                pull.connect(frames)
                push.connect(results)
                while True:
                    header, pixels = (await pull.recv_multipart())[1:]
                    header = json.loads(header)
                    if header.get("end"):
                        return
                    mean = np.frombuffer(pixels, header["dtype"]).mean()
                    header = {"sequence": header["sequence"], "mean": float(mean)}
                    await push.send_multipart([b"mean", json.dumps(header).encode(), b""])

    asyncio.run(work())
""",
        "a class": """\
class Worker:
    def __init__(self, frames, results):
        self.context = zmq.Context()
        self.pull, self.push = self.context.socket(zmq.PULL), self.context.socket(zmq.PUSH)
        self.pull.connect(frames)
        self.push.connect(results)

    def headers(self):
        topic, header, pixels = recv_message(self.pull, timeout=100)
        while not header.get("end", False):
            mean = np.frombuffer(pixels, header["dtype"]).mean()
            yield {"sequence": header["sequence"], "mean": mean.item()}
            topic, header, pixels = recv_message(self.pull, timeout=100)

    def run(self):
        for header in self.headers():
            send_message(self.push, "mean", header)
        self.pull.close()
        self.push.close()
        self.context.term()


def mean_worker(frames, results):
    Worker(frames, results).run()
""",
    },
    "in_order": {
        "a heap": """\
import heapq


def in_order(arrivals):
    waiting, count = [], itertools.count()
    due = next(count)
    for number, result in arrivals:
        heapq.heappush(waiting, (number, result))
        while waiting and waiting[0][0] == due:
            yield heapq.heappop(waiting)[1]
            due = next(count)
""",
        "a class of its own": """\
class in_order:
    def __init__(self, arrivals):
        self.arrivals, self.early, self.due = iter(arrivals), {}, 0

    def __iter__(self):
        return self

    def __next__(self):
        while self.due not in self.early:
            number, result = next(self.arrivals)
            self.early[number] = result
        self.due += 1
        return self.early.pop(self.due - 1)
""",
        "a closure": """\
def in_order(arrivals):
    early = {}

    def wait_for(due):
        while due not in early:
            early.update([next(arrivals)])
        return early.pop(due)

    def results():
        for due in itertools.count():
            try:
                yield wait_for(due)
            except StopIteration:
                return

    return results()
""",
        "a coroutine that is fed": """
def sorter():
    early, due, ready = {}, 0, None
    while True:
        number, result = yield ready
        early[number] = result
        del result
        ready = pop_ready(early, due)
        due += sum(1 for _ in itertools.takewhile(lambda n: n in early, itertools.count(due)))


def pop_ready(early, due):
    while due in early:
        yield early.pop(due)
        due += 1


def in_order(arrivals):
    sort = sorter()
    next(sort)
    for arrival in arrivals:
        ready = sort.send(arrival)
        del arrival
        yield from ready
""",
        "a sorted list, from its end": """
import bisect


def in_order(arrivals):
    waiting, due = [], 0
    for arrival in arrivals:
        bisect.insort(waiting, arrival, key=lambda pair: -pair[0])
        del arrival
        while waiting and waiting[-1][0] == due:
            due += 1
            yield waiting.pop()[1]
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "mean_worker": {
        "goes on after the end": (changed(MEAN, "break", "continue"), "went on instead of ending"),
        "forgets the number": (
            changed(MEAN, 'header["sequence"], "mean"', '0, "mean"'),
            "sequence number.*expected: 4.*gave: 0",
        ),
        "binds": (
            changed(MEAN, "push.connect(results)", "push.bind(results)"),
            r"endpoints that it connected.*push.bind\(results\).*in use",
        ),
        "a SUB socket": (
            changed(MEAN, "zmq.PULL", "zmq.SUB"),
            "connected a SUB socket where a PULL is needed. The endpoint is that of `frames`",
        ),
        "a PUB socket": (
            changed(MEAN, "zmq.PUSH", "zmq.PUB"),
            "connected a PUB socket where a PUSH is needed. The endpoint is that of `results`",
        ),
        "the endpoints changed places": (
            changed(MEAN, "(frames, results)", "(results, frames)"),
            "connected a PUSH socket where a PULL is needed. The endpoint is that of `frames`",
        ),
        "the mean as text": (
            changed(MEAN, "float(mean)", "str(mean)"),
            r"The mean in the header.*expected: a number.*gave: '[\d.]+' \(str\)",
        ),
        "a mean of each colour": (
            mean_worker(
                RECEIVE,
                END,
                'frame = np.frombuffer(pixels, header["dtype"]).reshape(header["shape"])',
                "mean = frame.mean(axis=(0, 1)).tolist()",
                SEND[1],
            ),
            r"expected: a number.*gave: \[[\d., ]+\] \(list\)",
        ),
        "the sum": (changed(MEAN, ".mean()", ".sum()"), "mean of frame 4.*It is the sum"),
        "the median": (
            changed(MEAN, 'np.frombuffer(pixels, header["dtype"]).mean()', "np.median(pixels)"),
            "It is the median",
        ),
        "whole means": (changed(MEAN, "float(mean)", "int(mean)"), "cut to a whole number"),
        "to two digits": (changed(MEAN, "float(mean)", "round(mean, 2)"), "It has been rounded"),
        "ten frames and no more": (
            changed(MEAN, "while True", "for _ in range(10)"),
            "ended (before (the end|frame 14) came|after 10 messages)|"
            "Nothing came for 4 s when result 1. of 2.|Nobody takes frame 1.: .* or no longer",
        ),
        "a constant": (changed(MEAN, "float(mean)", "0.0"), "mean of frame 4.*gave: 0.0"),
        "always uint8": (changed(MEAN, 'header["dtype"]', '"uint8"'), "uint16.*expected"),
        "of three dimensions only": (
            changed(
                MEAN,
                'header["dtype"]).mean()',
                'header["dtype"]).reshape(*header["shape"][:2], 3).mean()',
            ),
            "frame 6, uint16 of shape (30, 20).*cannot reshape".replace("(", r"\(").replace(
                ")", r"\)"
            ),
        ),
        "another topic": (
            changed(MEAN, '"mean", answer', '"result", answer'),
            "topic of a result.*expected: 'mean'.*gave: 'result'",
        ),
        "the mean as pixels": (
            changed(
                MEAN,
                'zmqlab.send_message(push, "mean", answer)',
                'zmqlab.send_frame(push, np.array(mean), "mean", header["sequence"])',
            ),
            "header of a result has no 'mean'",
        ),
        "one part": (
            changed(MEAN, 'zmqlab.send_message(push, "mean", answer)', "push.send_json(answer)"),
            "A result is not what was agreed.*three parts|3 parts",
        ),
        "a pickle": (
            changed(MEAN, 'zmqlab.send_message(push, "mean", answer)', "push.send_pyobj(answer)"),
            "A result is not what was agreed",
        ),
        "takes frames only": (
            changed(MEAN, "recv_message", "recv_frame"),
            "ended with an error after.*MessageError",
        ),
        "any end ends it": (
            changed(MEAN, 'if header.get("end")', 'if "end" in header'),
            'ended, and the result for frame 4.*whose header says {"end": false}, never came|'
            'had ended.*whose header says {"end": false}, was due',
        ),
        "the topic ends it": (
            changed(MEAN, 'header.get("end")', 'topic == "end"'),
            'worker ended, and the result for frame 5, .* whose topic is "end", never came|'
            'had ended.*whose topic is "end", was due',
        ),
        "only frames of one topic": (
            changed(MEAN, 'header.get("end")', 'topic != "frame"'),
            "result for frame 5, .*(never came|was due)",
        ),
        "one frame only": (
            changed(
                MEAN,
                'zmqlab.send_message(push, "mean", answer)',
                "zmqlab.send_message(push, 'mean', answer)\n            break",
            ),
            "nobody had told it to|had ended after 1 message.*frame 5",
        ),
        "all results at the end": (
            mean_worker(
                RECEIVE,
                'if header.get("end"):',
                "    for each in done:",
                '        zmqlab.send_message(push, "mean", each)',
                "    break",
                'mean = float(np.frombuffer(pixels, header["dtype"]).mean())',
                'done.append({"sequence": header["sequence"], "mean": mean})',
            ).replace("while True", "done = []\n        while True"),
            "Nothing came for 4 s when the result for frame 4",
        ),
        "each result twice": (
            mean_worker(RECEIVE, END, *SEND, SEND[1]),
            "number.*expected: 5.*gave: 4",
        ),
        "hands the end on": (
            changed(
                MEAN, "break", "zmqlab.send_message(push, topic, header)\n                break"
            ),
            "more than a result for each frame: after the end came the parts",
        ),
        "ends at a short silence": (
            mean_worker("if not pull.poll(2000): break", RECEIVE, END, *SEND),
            "ended before .* nobody had told it to. Frames may come three seconds apart",
        ),
        "two seconds and no more": (
            changed(MEAN, "timeout=60", "timeout=2"),
            "Frames may come three seconds apart.*TimeoutError",
        ),
        "a limit of the socket's": (
            changed(RAW_MEAN, "pull.connect", "pull.rcvtimeo = 2000\n            pull.connect"),
            "Frames may come three seconds apart.*zmq.error.Again",
        ),
        "throws the last results away": (
            changed(MEAN, "pull.connect(frames)", "push.linger = 0\n        pull.connect(frames)"),
            "ended before there was a sink, and the results.*are gone.*no `linger` set",
        ),
        "lingers for a second": (
            changed(
                MEAN, "pull.connect(frames)", "push.linger = 1000\n        pull.connect(frames)"
            ),
            "ended before there was a sink, and the results.*are gone",
        ),
        "leaves its context open": (
            changed(
                RAW_MEAN, "with zmq.Context() as context:", "if context := zmq.Context.instance():"
            ),
            "ended before there was a sink.*Sockets and context must be closed",
        ),
        "drops what nobody takes": (
            changed(
                MEAN, "pull.connect(frames)", "push.sndhwm = 2\n        pull.connect(frames)"
            ).replace(
                'zmqlab.send_message(push, "mean", answer)',
                'if push.poll(0, zmq.POLLOUT): zmqlab.send_message(push, "mean", answer)',
            ),
            "Nothing came for 4 s when result . of 2., to a sink that comes after the end",
        ),
        "is asynchronous": (
            changed(MEAN, "def mean", "async def mean"),
            "It is an `async def`.*Write a plain `def`",
        ),
        "is a generator": (
            changed(MEAN, 'zmqlab.send_message(push, "mean", answer)', "yield answer"),
            "It holds a `yield`",
        ),
        "the frame's header too": (
            changed(MEAN, '{"sequence"', '{**header, "sequence"'),
            r"names in the header of a result.*expected: \['mean', 'sequence'\].*gave: \['dtype'",
        ),
        "the pixels too": (
            changed(MEAN, '"mean", answer)', '"mean", answer, pixels)'),
            "A result needs no pixels, and this one has",
        ),
        "without signs": (
            changed(
                MEAN,
                'np.frombuffer(pixels, header["dtype"])',
                'abs(np.frombuffer(pixels, header["dtype"]))',
            ),
            "mean of frame 8.*is not right. It is that of the numbers without their signs",
        ),
    },
    "in_order": {
        "as they come": (
            "def in_order(arrivals):\n    for number, result in arrivals:\n        yield result\n",
            "Result number 0, when the first two have changed places",
        ),
        "waits for all": (
            "def in_order(arrivals):\n"
            "    for number, result in sorted(arrivals, key=lambda pair: pair[0]):\n"
            "        yield result\n",
            "gave 'result 0' too late: it had taken 6 arrivals, and 1 would have done",
        ),
        "returns a list": (
            "def in_order(arrivals):\n    return [result for _, result in sorted(arrivals)]\n",
            r"expected: a generator.*gave: \['result 0'.*\(list\)",
        ),
        "prints": (
            changed(IN_ORDER, "yield early.pop(due)", "print(early.pop(due))"),
            "expected: a generator.*gave: None",
        ),
        "gives pairs": (
            changed(IN_ORDER, "yield early.pop(due)", "yield due, early.pop(due)"),
            r"Result number 0.*expected: 'result 0' \(str\).*gave: \(0, 'result 0'\) \(tuple\)",
        ),
        "gives lists": (
            changed(IN_ORDER, "yield early.pop(due)", "yield [early.pop(due)]"),
            r"expected: 'result 0' \(str\).*gave: \['result 0'\] \(list\)",
        ),
        "keeps all": (changed(IN_ORDER, "early.pop(due)", "early[due]"), "500 are kept after"),
        "keeps their numbers": (
            changed(
                IN_ORDER,
                "early[number] = result",
                "early[number] = result\n        seen.add(number)",
            ).replace("early, due = {}, 0", "early, due, seen = {}, 0, set()"),
            "memory fills.*keeps something of each",
        ),
        "puts None in their place": (
            changed(
                IN_ORDER, "yield early.pop(due)", "yield early[due]\n            early[due] = None"
            ),
            "memory fills",
        ),
        "one at a time": (
            changed(IN_ORDER, "while due", "if due"),
            "How many it gives when the first two have changed places|too late",
        ),
        "one behind": (
            """\
def in_order(arrivals):
    early, due = {}, 0
    for number, result in arrivals:
        while due in early:
            yield early.pop(due)
            due += 1
        early[number] = result
    while due in early:
        yield early.pop(due)
        due += 1
""",
            "gave 'result 0' too late: it had taken 2 arrivals, and 1 would",
        ),
        "nothing for None": (
            changed(IN_ORDER, "while due in early", "while early.get(due)"),
            "results are 0, None.*gave only 0 of 8. The next would have been 0",
        ),
        "None is nothing": (
            changed(IN_ORDER, "while due in early", "while early.get(due) is not None"),
            "gave only 1 of 8. The next would have been None",
        ),
        "equal ones once": (
            """\
def in_order(arrivals):
    early, due, last = {}, 0, ""
    for number, result in arrivals:
        early[number] = result
        while due in early:
            if early[due] != last:
                yield early[due]
            last = early.pop(due)
            due += 1
""",
            "results are 0, None, empty.*raised an error.*ambiguous",
        ),
        "from the first that comes": (
            changed(
                IN_ORDER,
                "early[number] = result",
                "due = number if due is None else due\n        early[number] = result",
            ).replace("early, due = {}, 0", "early, due = {}, None"),
            "Result number 0, when the first two have changed places.*gave: 'result 1'",
        ),
        "room for ten": (
            changed(IN_ORDER, "early[number] = result", "early[number % 10] = result")
            .replace("due in early", "due % 10 in early")
            .replace("pop(due)", "pop(due % 10)"),
            "when they come at random",
        ),
        "room for a thousand": (
            changed(
                IN_ORDER,
                "early[number] = result",
                "early[number] = result\n        while len(early) > 1000: early.pop(max(early))",
            ),
            "the first one comes after 1,500 others",
        ),
        "asks for their count": (
            "def in_order(arrivals):\n"
            "    for due in range(len(arrivals)):\n"
            "        yield dict(arrivals)[due]\n",
            "raised an error.*range.len.arrivals.*has no len",
        ),
        "gives one too many": (
            IN_ORDER + "    yield None\n",
            "gives more than came: after all, None",
        ),
        "recursion": (
            """\
def in_order(arrivals, early=None, due=0):
    early = {} if early is None else early
    for number, result in arrivals:
        early[number] = result
        if due in early:
            yield early.pop(due)
            yield from in_order(itertools.chain(early.copy().items(), arrivals), {}, due + 1)
            return
""",
            "RecursionError",
        ),
        "is asynchronous": (
            "async def in_order(arrivals):\n    for number, result in arrivals: yield result\n",
            "It is an `async def`",
        ),
        "a place for each": (
            """\
EMPTY = object()


def in_order(arrivals):
    places, due = [], 0
    for number, result in arrivals:
        places += [EMPTY] * (number + 1 - len(places))
        places[number] = result
        while due < len(places) and places[due] is not EMPTY:
            result, places[due] = places[due], EMPTY
            yield result
            due += 1
""",
            "memory fills.*keeps something of each",
        ),
        "hands them on in lots": (
            """\
def in_order(arrivals):
    early, due = {}, 0
    for number, result in arrivals:
        early[number] = result
        ready = []
        while due in early:
            ready.append(early.pop(due))
            due += 1
        yield from ready
""",
            "after 999 others, 500 of the first 500 are kept after they were handed on",
        ),
        "one shelf for all": (
            """
early = {}


def in_order(arrivals):
    due = 0
    for number, result in arrivals:
        early[number] = result
        while due in early:
            yield early.pop(due)
            due += 1
""",
            "another one was left half way.*gave: array",
        ),
        "results for keys": (
            """
def in_order(arrivals):
    numbers, due = {}, 0
    for number, result in arrivals:
        numbers[result] = number
        while due in numbers.values():
            result = next(each for each, number in numbers.items() if number == due)
            del numbers[result]
            yield result
            due += 1
""",
            "unhashable type",
        ),
        "is for ==": (
            """
def in_order(arrivals):
    early, due = [], 0
    for number, result in arrivals:
        early.append((number, result))
        found = True
        while found:
            found = False
            for place, (number, result) in enumerate(early):
                if number is due:
                    found = True
                    del early[place]
                    yield result
                    due += 1
                    break
""",
            "How many it gives.*expected: 1501.*gave: 257",
        ),
    },
}
