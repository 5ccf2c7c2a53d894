"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

ASK = solution("ask_many")
OFFSET = solution("clock_offset")

ONE_BY_ONE = """
def ask_many(endpoint, requests, most_under_way):
    replies = []
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(endpoint)
        for request in requests:
            socket.send(request)
            replies.append(socket.recv())
    return replies
"""
IN_BATCHES = """
def ask_many(endpoint, requests, most_under_way):
    replies = []
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.connect(endpoint)
        for first in range(0, len(requests), most_under_way):
            batch = requests[first : first + most_under_way]
            for request in batch:
                socket.send_multipart([b"", request])
            replies += [socket.recv_multipart()[-1] for _ in batch]
    return replies
"""
ASYNC = """
def ask_many(endpoint, requests, most_under_way):
    async def ask_all():
        room = asyncio.Semaphore(most_under_way)
        with zmq.asyncio.Context() as context, context.socket(zmq.DEALER) as socket:
            socket.connect(endpoint)

            async def send_all():
                for request in requests:
                    await room.acquire()
                    await socket.send_multipart([b"", request])

            sending = asyncio.create_task(send_all())
            replies = []
            for _ in requests:
                replies.append((await socket.recv_multipart())[-1])
                room.release()
            await sending
            return replies

    return asyncio.run(ask_all())
"""
ENVELOPES = """
import collections


def ask_many(endpoint, requests, most_under_way):
    waiting, replies = collections.deque(enumerate(requests)), {}
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.connect(endpoint)
        poller, under_way = zmq.Poller(), 0
        poller.register(socket, zmq.POLLIN)
        while waiting or under_way:
            while waiting and under_way < most_under_way:
                number, request = waiting.popleft()
                socket.send_multipart([b"%d" % number, b"", request])
                under_way += 1
            for each, _ in poller.poll(100):
                number, _, reply = each.recv_multipart()
                replies[int(number)] = reply
                under_way -= 1
    return [replies[number] for number in sorted(replies)]
"""
ASKER = """
class Asker:
    def __init__(self, socket, most):
        self.socket, self.most, self.under_way = socket, most, 0

    def ask(self, request):
        if self.under_way == self.most:
            yield self.reply()
        self.socket.send(b"", zmq.SNDMORE)
        self.socket.send(request)
        self.under_way += 1

    def reply(self):
        self.under_way -= 1
        return self.socket.recv_multipart()[-1]

    def replies(self, requests):
        for request in requests:
            yield from self.ask(request)
        while self.under_way:
            yield self.reply()


def ask_many(endpoint, requests, most_under_way):
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.connect(endpoint)
        return list(Asker(socket, most_under_way).replies(requests))
"""
MEDIAN = """
def clock_offset(exchanges):
    offsets = [((b - a) + (c - d)) / 2 for a, b, c, d in exchanges]
    ways = [(d - a) - (c - b) for a, b, c, d in exchanges]
    return float(np.median(offsets)), min(ways) / 2
"""
WITH_NUMPY = """
def clock_offset(exchanges):
    asked, came, replied, answered = np.array(exchanges).T
    way = answered - asked - (replied - came)
    best = np.argmin(way)
    return (came + replied - asked - answered)[best] / 2, way[best] / 2
"""

# Of each exercise, titles and sources.
RIGHT = {
    "ask_many": {
        "with asyncio": ASYNC,
        "a number in the envelope": ENVELOPES,
        "a class with generators": ASKER,
        "the last part is the reply": changed(ASK, "recv_multipart()[1]", "recv_multipart()[-1]"),
        "as many REQs as may be under way": """
def ask_many(endpoint, requests, most_under_way):
    replies, todo = [None] * len(requests), enumerate(requests)
    context, poller, places = zmq.Context(), zmq.Poller(), {}

    def next_one(req):
        for place, request in todo:
            places[req] = place
            req.send(request)
            return
        poller.unregister(req)

    try:
        for _ in range(min(most_under_way, len(requests))):
            req = context.socket(zmq.REQ)
            req.connect(endpoint)
            poller.register(req, zmq.POLLIN)
            next_one(req)
        while poller.sockets:
            for req, _ in poller.poll():
                replies[places[req]] = req.recv()
                next_one(req)
        return replies
    finally:
        context.destroy(linger=0)
""",
        "polls for both directions": """
def ask_many(endpoint, requests, most_under_way):
    replies, sent = [], 0
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        poller = zmq.Poller()
        while len(replies) < len(requests):
            may_send = sent < len(requests) and sent < len(replies) + most_under_way
            poller.register(socket, zmq.POLLIN | (zmq.POLLOUT if may_send else 0))
            event = dict(poller.poll())[socket]
            if event & zmq.POLLOUT:
                socket.send_multipart([b"", requests[sent]])
                sent += 1
            if event & zmq.POLLIN:
                replies.append(b"".join(socket.recv_multipart()))
    return replies
""",
    },
    "clock_offset": {
        "with numpy": WITH_NUMPY,
        "the error first": """
def clock_offset(exchanges):
    found = []
    for a, b, c, d in exchanges:
        lowest, highest = c - d, b - a  # the offset is at least this, and at most that
        found.append(((highest - lowest) / 2, (highest + lowest) / 2))
    error, offset = min(found)
    return [offset, error]
""",
        "a class": """
import dataclasses


@dataclasses.dataclass
class Exchange:
    asked: float
    came: float
    replied: float
    answered: float

    @property
    def way(self):
        return self.answered - self.asked - (self.replied - self.came)

    @property
    def offset(self):
        return (self.came + self.replied) / 2 - (self.asked + self.answered) / 2


def clock_offset(exchanges):
    first, *_ = sorted((Exchange(*each) for each in exchanges), key=lambda each: each.way)
    return np.array([first.offset, first.way / 2])
""",
        "the shortest way, by min": """
def clock_offset(exchanges):
    def on_the_way(exchange):
        asked, came, replied, answered = exchange
        return (answered - asked) - (replied - came)

    best = min(exchanges, key=on_the_way)
    asked, came, replied, answered = best
    return ((came - asked) - (answered - replied)) / 2, on_the_way(best) / 2
""",
        "the narrowest of the intervals in which it must lie": """
def clock_offset(exchanges):
    bounds = [(replied - answered, came - asked) for asked, came, replied, answered in exchanges]
    low, high = min(bounds, key=lambda bound: bound[1] - bound[0])
    return (low + high) / 2, (high - low) / 2
""",
        "exact fractions, and a heap": """
import heapq
from fractions import Fraction

def clock_offset(exchanges):
    heap = []
    for number, exchange in enumerate(exchanges):
        asked, came, replied, answered = map(Fraction, exchange)
        heapq.heappush(heap, (answered - asked - replied + came, number))
    way, number = heap[0]
    asked, came, replied, answered = map(Fraction, exchanges[number])
    return [float((came + replied - asked - answered) / 2), float(way / 2)]
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "ask_many": {
        "one by one": (ONE_BY_ONE, "1 of 12 requests were under way, .* where 5 should"),
        "in batches": (IN_BATCHES, "4 of 12 requests were under way, with 1 answered"),
        "one too many": (
            changed(ASK, "< most_under_way", "<= most_under_way"),
            "2 of 4 requests were under way",
        ),
        "all at once": (
            changed(ASK, " and sent - len(replies) < most_under_way", ""),
            "2 of 4 requests were under way",
        ),
        "no empty part": (
            changed(changed(ASK, '[b"", requests[sent]]', "[requests[sent]]"), "[1]", "[0]"),
            "A message came with the parts",
        ),
        "the empty part is the reply": (
            changed(ASK, "recv_multipart()[1]", "recv_multipart()[0]"),
            "REQUEST 0",
        ),
        "the last first": (
            changed(ASK, "return replies", "return replies[::-1]"),
            "What it returns when there are 4 requests",
        ),
        "waits for a reply that nobody owes": (
            changed(ASK, "while len(replies) < len(requests):", "while True:"),
            "raised an error|still busy",
        ),
        "eight at most": (
            changed(ASK, "< most_under_way", "< min(8, most_under_way)"),
            "8 of 24 requests were under way, .* where 10 should",
        ),
        "equal ones once": (
            changed(
                ASK,
                "    replies, sent",
                "    requests = [*dict.fromkeys(requests)]\n    replies, sent",
            ),
            "2 of 7 requests were under way, with 2 answered so far, where 3 should",
        ),
        "empties the list": (
            changed(ASK, "replies, sent = [], 0", "replies, sent, count = [], 0, len(requests)")
            .replace("len(replies) < len(requests)", "len(replies) < count")
            .replace("sent < len(requests)", "requests")
            .replace("requests[sent]", "requests.pop(0)"),
            r"list of requests, which is not its own.*expected: \[b'request 0'\].*gave: \[\]",
        ),
        "an empty reply is none": (
            changed(
                ASK, "socket.recv_multipart()[1]", "[*filter(None, socket.recv_multipart())][0]"
            ),
            "some are equal, some empty, it raised an error.*IndexError",
        ),
        "a dictionary of replies": (
            changed(
                ASK,
                "return replies",
                "found = dict(zip(requests, replies))\n    return [found[r] for r in requests]",
            ),
            "some are equal, some empty:.*gave: .b'B again",
        ),
        "strips the replies": (
            changed(ASK, "socket.recv_multipart()[1]", "socket.recv_multipart()[1].strip()"),
            "some are equal, some empty:.*gave: .b'B', b'A', b'B again',",
        ),
        "begins slowly": (
            changed(
                ASK,
                "            replies.append(socket.recv_multipart()[1])\n",
                "            replies.append(socket.recv_multipart()[1])\n"
                "            window = min(window + 1, most_under_way)\n",
            )
            .replace("- len(replies) < most_under_way", "- len(replies) < window")
            .replace("replies, sent = [], 0", "replies, sent, window = [], 0, 1"),
            "1 of 12 requests were under way, with 0 answered",
        ),
        "the high-water mark will see to it": (
            """
def ask_many(endpoint, requests, most_under_way):
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.sndhwm = socket.rcvhwm = most_under_way
        socket.connect(endpoint)
        for request in requests:
            socket.send_multipart([b"", request])
        return [socket.recv_multipart()[1] for _ in requests]
""",
            "2 of 4 requests were under way",
        ),
        "no requests, and waits": (
            """
def ask_many(endpoint, requests, most_under_way):
    replies, sent = [], 0
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        while True:
            while sent < len(requests) and sent - len(replies) < most_under_way:
                socket.send_multipart([b"", requests[sent]])
                sent += 1
            replies.append(socket.recv_multipart()[1])
            if len(replies) == len(requests):
                return replies
""",
            "there is nothing to ask, it was still busy",
        ),
        "more room than requests": (
            """
def ask_many(endpoint, requests, most_under_way):
    replies = []
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        for number in range(most_under_way):
            socket.send_multipart([b"", requests[number]])
        for number in range(most_under_way, len(requests) + most_under_way):
            replies.append(socket.recv_multipart()[-1])
            if number < len(requests):
                socket.send_multipart([b"", requests[number]])
    return replies
""",
            "most_under_way is 100, it raised an error.*IndexError",
        ),
        "lists of parts": (
            changed(ASK, "socket.recv_multipart()[1]", "socket.recv_multipart()[1:]"),
            r"expected: \[b'REQUEST 0'\].*gave: \[\[b'REQUEST 0'\]\]",
        ),
        "a fifth of a second is enough": (
            changed(ASK, "socket.rcvtimeo = 10_000", "socket.rcvtimeo = 200"),
            "it raised an error.*Again",
        ),
        "finds the place by the request": (
            """
def ask_many(endpoint, requests, most_under_way):
    replies, under_way, todo = [b""] * len(requests), [], list(requests)
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        while todo or under_way:
            while todo and len(under_way) < most_under_way:
                under_way.append(todo.pop(0))
                socket.send_multipart([b"", under_way[-1]])
            reply = socket.recv_multipart()[-1]
            replies[requests.index(under_way.pop(0))] = reply
    return replies
""",
            "some are equal, some empty:",
        ),
    },
    "clock_offset": {
        "the other way round": (
            changed(OFFSET, "(came - asked) + (replied - answered)", "asked - came"),
            "The offset in seconds when one exchange",
        ),
        "as if the way there took no time": (
            changed(OFFSET, "((came - asked) + (replied - answered)) / 2", "came - asked"),
            "The offset in seconds when one exchange",
        ),
        "the first is good enough": (
            changed(OFFSET, "way / 2 < best[1]", "False"),
            "when one of three exchanges was fast",
        ),
        "the median": (MEDIAN, "long at work"),
        "the shortest exchange instead of the shortest way": (
            changed(
                changed(OFFSET, "best = None\n", "best = least = None\n"),
                "if best is None or way / 2 < best[1]:\n            best = offset, way / 2",
                "if best is None or answered - asked < least:\n"
                "            best, least = (offset, way / 2), answered - asked",
            ),
            "long at work",
        ),
        "the whole way": (
            changed(OFFSET, "best = offset, way / 2", "best = offset, way"),
            "The error in seconds when",
        ),
        "work is on the way": (
            changed(OFFSET, "(answered - asked) - (replied - came)", "answered - asked"),
            "The error in seconds when one exchange",
        ),
        "no error": (changed(OFFSET, "return best", "return best[0]"), "two numbers"),
        "sorts the list": (
            """
def clock_offset(exchanges):
    exchanges.sort(key=lambda times: times[3] - times[2] + times[1] - times[0])
    asked, came, replied, answered = exchanges[0]
    way = (answered - asked) - (replied - came)
    return ((came - asked) + (replied - answered)) / 2, way / 2
""",
            "list of exchanges, which is not its own, when one of three exchanges was fast",
        ),
        "text": (
            changed(OFFSET, "return best", "return tuple(map(str, best))"),
            "expected: two numbers: the offset and its error.*gave: .*0.25', ",
        ),
        "a second on the way at most": (
            changed(OFFSET, "best = None", "best = 0.0, 1.0"),
            "The offset in seconds when the way is long.*gave: 0.0",
        ),
        "0 means that there is none yet": (
            """
def clock_offset(exchanges):
    offset = shortest = 0
    for asked, came, replied, answered in exchanges:
        way = (answered - asked) - (replied - came)
        if not shortest or way < shortest:
            shortest, offset = way, (came - asked + replied - answered) / 2
    return offset, shortest / 2
""",
            "the first of two took no time at all.*expected: 0.25",
        ),
        "the last eight, as NTP": (
            changed(OFFSET, "in exchanges:", "in exchanges[-8:]:"),
            "there are twelve exchanges",
        ),
        "the fastest way there and the fastest way back": (
            """
def clock_offset(exchanges):
    there = min(came - asked for asked, came, replied, answered in exchanges)
    back = min(answered - replied for asked, came, replied, answered in exchanges)
    return (there - back) / 2, (there + back) / 2
""",
            "there are twelve exchanges",
        ),
        "single precision": (
            """
def clock_offset(exchanges):
    asked, came, replied, answered = np.array(exchanges, dtype=np.float32).T
    way = answered - asked - (replied - came)
    best = np.argmin(way)
    return float((came - asked + replied - answered)[best] / 2), float(way[best] / 2)
""",
            r"expected: 0\.25.*gave: 0\.250031",
        ),
        "without its sign": (
            changed(OFFSET, "best = offset, way / 2", "best = abs(offset), way / 2"),
            r"clock is slow.*expected: -3\.5.*gave: 3\.5",
        ),
        "the best of all calls": (
            "best = None\n\n"
            + changed(OFFSET, "    best = None\n", "    global best\n").replace(
                "def clock_offset(exchanges):\n    global best",
                "def clock_offset(exchanges):\n    global best",
            ),
            r"clock is slow.*expected: -3\.5.*gave: 0\.25",
        ),
        "whole milliseconds": (
            changed(OFFSET, "return best", "return tuple(round(each, 3) for each in best)"),
            "there are twelve exchanges, example 0",
        ),
        "nothing comes before it was sent": (
            changed(
                OFFSET,
                "        way = ",
                "        if came < asked:\n            continue  # impossible\n        way = ",
            ),
            "clock is slow.*two numbers.*gave: None",
        ),
        "who works for long is not trusted": (
            changed(
                OFFSET,
                "        way = ",
                "        if replied - came > 0.1:\n            continue\n        way = ",
            ),
            "was long at work.*expected: 0.1",
        ),
    },
}
