"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

HEARS = solution("hears")
PUBLISH = solution("publish_to_all")
LOST = solution("count_lost")


def hears(expression):
    """Return a `hears` that returns this."""
    return f"def hears(subscription, topic):\n    return {expression}\n"


def publish(waiting, sending="socket.send(message)", closing="pass"):
    """Return the solution with other lines: to wait, to send a message, and after the last one."""
    head = PUBLISH[: PUBLISH.index("        for _ in range")]
    body = [*waiting.split("\n"), "for message in messages:"]
    body += [f"    {line}" for line in sending.split("\n")] + closing.split("\n")
    return head + "".join(f"        {line}\n" for line in body)


WAIT = "for _ in range(subscribers):\n    socket.recv()"

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "hears": {
        "a slice": hears("topic[: len(subscription)] == subscription"),
        "byte by byte": """\
def hears(subscription, topic):
    if len(subscription) > len(topic):
        return False
    for ours, theirs in zip(subscription, topic):
        if ours != theirs:
            return False
    return True
""",
        "real sockets": """\
def hears(subscription, topic):
    with zmq.Context() as context, context.socket(zmq.PAIR) as done:
        with context.socket(zmq.XPUB) as pub, context.socket(zmq.SUB) as sub:
            pub.bind("inproc://topics")
            sub.subscribe(subscription)
            sub.connect("inproc://topics")
            pub.recv()
            pub.send(topic)
            return sub.poll(20) > 0
""",
        "a closure": """\
def begins():
    def hears(subscription, topic):
        return all(topic[n : n + 1] == bytes([b]) for n, b in enumerate(subscription))

    return hears


hears = begins()
""",
        "a tree of bytes, as ZeroMQ has it": """
class Tree:
    def __init__(self, *subscriptions):
        self.root = {}
        for each in subscriptions:
            node = self.root
            for byte in each:
                node = node.setdefault(byte, {})
            node["end"] = True

    def __contains__(self, topic):
        node = self.root
        for byte in topic:
            if "end" in node:
                return True
            node = node.get(byte)
            if node is None:
                return False
        return "end" in node


def hears(subscription, topic):
    return topic in Tree(subscription)
""",
        "asks for forgiveness": """
def hears(subscription, topic):
    try:
        return topic.index(subscription) == 0
    except ValueError:
        return False
""",
    },
    "publish_to_all": {
        "a poller": publish(
            "poller = zmq.Poller()\n"
            "poller.register(socket, zmq.POLLIN)\n"
            "heard = 0\n"
            "while heard < subscribers:\n"
            "    if poller.poll(100) and socket.recv()[0] == 1:\n"
            "        heard += 1"
        ),
        "asyncio": """\
def publish_to_all(bind, subscribers, messages):
    async def publish():
        with zmq.asyncio.Context() as context, context.socket(zmq.XPUB) as socket:
            socket.xpub_verbose = True
            socket.sndhwm = 0
            socket.bind(bind)
            for _ in range(subscribers):
                await socket.recv()
            for message in messages:
                await socket.send(message)

    asyncio.run(publish())
""",
        "a class": """\
class Publisher:
    def __init__(self, bind, mark):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.XPUB)
        self.socket.setsockopt(zmq.XPUB_VERBOSE, 1)
        self.socket.set_hwm(mark)
        self.socket.bind(bind)

    def wait_for(self, count):
        heard = []
        while len(heard) < count:
            heard.append(self.socket.recv_multipart())

    def close(self):
        self.socket.close()
        self.context.term()


def publish_to_all(bind, subscribers, messages):
    publisher = Publisher(bind, 5000)
    publisher.wait_for(subscribers)
    for message in messages:
        publisher.socket.send(message, copy=False)
    publisher.close()
""",
        "waits for room": changed(
            PUBLISH, "socket.sndhwm = len(messages) + 1", "socket.xpub_nodrop = True"
        ),
        "lets each one in by hand": """
def publish_to_all(bind, subscribers, messages):
    with zmq.Context() as context, context.socket(zmq.XPUB) as door:
        door.setsockopt(zmq.XPUB_MANUAL, 1)  # each subscription counts once it is repeated here
        door.sndhwm = 2 * len(messages) + 2
        door.bind(bind)
        let_in = 0
        while let_in < subscribers:
            news = door.recv()
            if news.startswith(b"\\x01"):
                door.setsockopt(zmq.SUBSCRIBE, news[1:])
                let_in += 1
        for message in messages:
            door.send(message)
""",
        "a thread that is waited for": """
def publish_to_all(bind, subscribers, messages):
    from concurrent.futures import ThreadPoolExecutor

    def station():
        with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
            socket.xpub_verbose = 1
            socket.sndhwm = max(1000, len(messages))
            socket.bind(bind)
            missing = subscribers
            while missing:
                socket.recv()
                missing -= 1
            for message in messages:
                socket.send(message, copy=True)

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(station).result()
""",
    },
    "count_lost": {
        "what is due": """\
def count_lost(numbers):
    lost, due = 0, None
    for number in numbers:
        if due is not None:
            if number < due:
                due = 0
            lost += number - due
        due = number + 1
    return lost
""",
        "in runs": """\
def count_lost(numbers):
    runs = []
    for number in numbers:
        if not runs or number <= runs[-1][-1]:
            runs.append([-1] if runs else [])
        runs[-1].append(number)
    return sum(run[-1] - run[0] + 1 - len(run) for run in runs)
""",
        "numpy": """\
def count_lost(numbers):
    before, after = np.array(numbers[:-1], int), np.array(numbers[1:], int)
    return int(np.where(after > before, after - before - 1, after).sum())
""",
        "a class": """\
class Counter:
    def __init__(self):
        self.lost, self.last = 0, None

    def see(self, number):
        if self.last is not None:
            self.lost += number - (self.last + 1) * (number > self.last)
        self.last = number


def count_lost(numbers):
    counter = Counter()
    for number in numbers:
        counter.see(number)
    return counter.lost
""",
        "reduce": """
from functools import reduce


def count_lost(numbers):
    def step(state, number):
        lost, last = state
        return lost + (number if number <= last else number - last - 1), number

    return reduce(step, numbers[1:], (0, numbers[0]))[0] if numbers else 0
""",
        "groups of one start": """
from itertools import accumulate, groupby, pairwise


def count_lost(numbers):
    new = [0, *(b <= a for a, b in pairwise(numbers))]
    starts = accumulate(map(int, new))
    lost = 0
    for start, group in groupby(zip(starts, numbers), key=lambda pair: pair[0]):
        run = [number for _, number in group]
        lost += run[-1] - (run[0] if start == 0 else 0) + 1 - len(run)
    return lost
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "hears": {
        "the same word": (
            hears("topic == subscription"),
            "topic b'cam10', a real subscriber receives it: the topic begins with it",
        ),
        "anywhere": (
            hears("subscription in topic"),
            "subscription is b'am' .* does not receive it: it is inside the topic",
        ),
        "at its end": (
            hears("topic.endswith(subscription)"),
            "b'cam10', a real subscriber receives",
        ),
        "the wrong way round": (
            hears("subscription.startswith(topic)"),
            "topic b'cam10', a real subscriber receives it",
        ),
        "as far as both go": (
            hears("all(a == b for a, b in zip(subscription, topic))"),
            "does not receive it: the topic is shorter than it",
        ),
        "either way": (
            hears("topic.startswith(subscription) or subscription.startswith(topic)"),
            "does not receive it: the topic is shorter than it",
        ),
        "nothing hears nothing": (
            hears("subscription != b'' and topic.startswith(subscription)"),
            "every topic begins with nothing. Yours returned False",
        ),
        "no empty topic": (
            hears("topic != b'' and topic.startswith(subscription)"),
            "even an empty topic begins with nothing. Yours returned False",
        ),
        "the first byte": (
            hears("topic[:1] == subscription[:1] or not subscription"),
            "does not receive it",
        ),
        "without regard to case": (
            hears("topic.lower().startswith(subscription.lower())"),
            "large and small letters are different bytes",
        ),
        "without blanks": (
            hears("topic.strip().startswith(subscription.strip())"),
            "a blank is a byte too",
        ),
        "word by word": (
            hears("topic.split()[: len(subscription.split())] == subscription.split()"),
            "the topic begins with it",
        ),
        "folder by folder": (
            hears("(topic + b'/').startswith(subscription.rstrip(b'/') + b'/')"),
            "topic b'cam10', a real subscriber receives it",
        ),
        "a pattern": (
            hears("__import__('re').match(subscription, topic) is not None"),
            "a dot is a dot, and no pattern",
        ),
        "a pattern of a shell": (
            hears("__import__('fnmatch').fnmatchcase(topic, subscription + b'*')"),
            "a star is a star, and no pattern",
        ),
        "as text": (
            hears("topic.decode().startswith(subscription.decode())"),
            "raised an error.*UnicodeDecodeError",
        ),
        "as text, more or less": (
            hears(
                "topic.decode(errors='replace').startswith(subscription.decode(errors='replace'))"
            ),
            "half a letter is a byte too",
        ),
        "a short memory": (
            hears("topic[:255].startswith(subscription[:255])"),
            "the last byte of it",
        ),
        "always": (hears("True"), "topic is shorter than it. Yours returned True"),
        "never": (hears("False"), "they are equal. Yours returned False"),
        "one and zero": (
            hears("int(topic.startswith(subscription))"),
            r"expected: `True` or `False`.*gave: 1 \(int\)",
        ),
        "the topic itself": (
            hears("topic if topic.startswith(subscription) else None"),
            r"expected: `True` or `False`.*gave: b'cam1' \(bytes\)",
        ),
        "words": (
            hears("'yes' if topic.startswith(subscription) else 'no'"),
            r"expected: `True` or `False`.*gave: 'yes' \(str\)",
        ),
        "prints": (
            "def hears(subscription, topic):\n    print(topic.startswith(subscription))\n",
            "expected: `True` or `False`.*gave: None",
        ),
        "in the order of words": (
            hears("subscription <= topic < subscription + b'\\xff'"),
            "begins with it, whatever follows. Yours returned False",
        ),
        "as Python prints them": (
            hears("repr(topic)[2:-1].startswith(repr(subscription)[2:-1])"),
            "a quote is a byte too. Yours returned False",
        ),
        "a hash for the rest": (
            hears("topic.startswith(subscription.removesuffix(b'#'))"),
            "a hash is a hash, and no pattern. Yours returned True",
        ),
        "split at it": (
            hears("not subscription or topic.split(subscription)[:-1] == [b'']"),
            "begins with it, and has it once more. Yours returned False",
        ),
        "as one large number": (
            """
def hears(subscription, topic):
    return int.from_bytes(topic[: len(subscription)], 'big') == int.from_bytes(subscription, 'big')
""",
            r"b'\\x00' and the topic b''.*does not receive it",
        ),
        "filled up with zeros": (
            hears(r"topic.ljust(len(subscription), b'\0').startswith(subscription)"),
            r"b'\\x00' and the topic b''.*does not receive it",
        ),
        "numpy stretches the shorter one": (
            """
def hears(subscription, topic):
    wanted = np.array(list(subscription), np.uint8)
    begins = np.array(list(topic[: len(subscription)]), np.uint8)
    try:
        return bool((begins == wanted).all())
    except (AttributeError, ValueError):
        return False
""",
            r"b'\\x00' and the topic b''.*does not receive it",
        ),
        "the sign of a subscription": (
            """
def hears(subscription, topic):
    return topic.startswith(subscription[1:] if subscription[:1] == b'\\x01' else subscription)
""",
            "a one is a byte as any other",
        ),
        "numpy's own texts": (
            hears("bool(np.char.startswith(np.array(topic), np.array(subscription)))"),
            "a zero is a byte as any other",
        ),
        "strips it off": (
            hears("not subscription or topic.lstrip(subscription) != topic"),
            "the topic is shorter than it",
        ),
    },
    "publish_to_all": {
        "waits for nobody": (
            publish("pass"),
            "began to send after only 0 of 1 subscriptions",
        ),
        "sleeps": (
            publish("time.sleep(1)"),
            "began to send after only 0 of 1 subscriptions",
        ),
        "sleeps for long": (
            publish("time.sleep(20)"),
            "still waits.*received 0 subscriptions. They come by `recv`, not by time",
        ),
        "polls and does not receive": (
            publish("for _ in range(subscribers):\n    socket.poll(10_000)"),
            "began to send after only 0 of 1 subscriptions",
        ),
        "sleeps with a PUB": (
            changed(publish("time.sleep(2)"), "zmq.XPUB", "zmq.PUB").replace(
                "socket.xpub_verbose = True", "pass"
            ),
            "bound a PUB socket where an XPUB is needed",
        ),
        "waits for the first one only": (
            publish("socket.recv()"),
            "began to send after only [12] of 3 subscriptions",
        ),
        "waits for one too few": (
            publish("for _ in range(max(1, subscribers - 1)):\n    socket.recv()"),
            "began to send after only [12] of 3 subscriptions",
        ),
        "waits for one too many": (
            publish("for _ in range(subscribers + 1):\n    socket.recv()"),
            "still waits, though 1 subscriber has come: it has received 1 subscription",
        ),
        "always for three": (
            publish("for _ in range(3):\n    socket.recv()"),
            "still waits, though 1 subscriber has come: it has received 1 subscription",
        ),
        "does not wait for the late one": (
            publish("for _ in range(subscribers):\n    if socket.poll(1500): socket.recv()"),
            "began to send after only (0 of 1|[12] of 3) subscriptions",
        ),
        "gives up": (
            publish(f"socket.rcvtimeo = 1500\n{WAIT}"),
            "It ended (when only [12] of 3 subscribers had come|without sending).*zmq.error.Again",
        ),
        "hears of each topic once": (
            changed(PUBLISH, "socket.xpub_verbose = True", "pass"),
            "still waits, though 3 subscribers have come: it has received 1 subscription.*"
            "xpub_verbose",
        ),
        "counts topics": (
            publish("heard = set()\nwhile len(heard) < subscribers:\n    heard.add(socket.recv())"),
            "still waits, though 3 subscribers have come: it has received 3 subscriptions",
        ),
        "sends to each as it comes": (
            "\n".join(
                [
                    PUBLISH[: PUBLISH.index("            socket.recv()")],
                    "            socket.recv()",
                    "            for message in messages:",
                    "                socket.send(message)",
                    "",
                ]
            ),
            "began to send after only [12] of 3 subscriptions",
        ),
        "a short queue": (
            changed(PUBLISH, "len(messages) + 1", "10"),
            "Not all messages.*subscriber 1 of 3: its queue for each subscriber holds 10 messages",
        ),
        "the queue as it is": (
            changed(PUBLISH, "socket.sndhwm = len(messages) + 1", "pass"),
            "Not all messages came to .*: its queue for each subscriber holds 1000 messages",
        ),
        "throws away what waits": (
            changed(PUBLISH, "socket.bind(bind)", "socket.linger = 0\n        socket.bind(bind)"),
            "Not all messages came to subscriber . of .: it ended before they had left",
        ),
        "leaves its context open": (
            changed(PUBLISH, "zmq.Context() as context, context", "zmq.Context.instance()"),
            "it ended before they had left. Close the context too, with no `linger` set",
        ),
        "a moment for what waits": (
            publish(WAIT, closing="time.sleep(0.5)\ncontext.destroy(linger=0)"),
            "Not all messages came to subscriber 1 of 3: it ended before they had left",
        ),
        "lingers for a second": (
            changed(
                PUBLISH, "socket.bind(bind)", "socket.linger = 1000\n        socket.bind(bind)"
            ),
            "Not all messages came to subscriber 1 of 3: "
            "(it ended before they had left|its queue for each subscriber was too short)",
        ),
        "never ends": (
            publish(WAIT, closing="while True:\n    time.sleep(0.1)"),
            "went on instead of ending after its last message",
        ),
        "fails at the end": (publish(WAIT, closing="done"), "ended with an error.*NameError"),
        "other messages": (
            publish(WAIT, "socket.send(b'message')"),
            "Message 1, as subscriber 1 of 1 got it:.*expected: b''.*gave: b'message'",
        ),
        "with a topic": (
            publish(WAIT, "socket.send(b'topic ' + message)"),
            "Message 0, as subscriber 1 of 1 got it:.*gave: b'topic message'",
        ),
        "a topic part": (
            publish(WAIT, "socket.send_multipart([b'message', message])"),
            "Each message has one part. Subscriber 1 of 1 got the parts",
        ),
        "all in one": (
            publish(WAIT, "pass", "socket.send_multipart(messages)"),
            "Each message has one part. Subscriber 1 of 1 got the parts",
        ),
        "pickles": (
            publish(WAIT, "socket.send_pyobj(message)"),
            "Message 0, as subscriber 1 of 1 got it",
        ),
        "as text": (publish(WAIT, "socket.send_string(message)"), "raised|TypeError"),
        "each once": (
            changed(PUBLISH, "in messages", "in dict.fromkeys(messages)"),
            "Not all messages came to subscriber 1 of 1: it sent only 5",
        ),
        "no empty ones": (
            publish(WAIT, "if message: socket.send(message)"),
            "Not all messages came to subscriber 1 of 1: it sent only 6",
        ),
        "trimmed": (
            publish(WAIT, "socket.send(message.strip())"),
            "Message 4, as subscriber 1 of 1 got it:.*expected: b' two words '",
        ),
        "backwards": (
            changed(PUBLISH, "in messages", "in messages[::-1]"),
            "Message 0, as subscriber 1 of 1 got it",
        ),
        "says that this was all": (
            publish(WAIT, closing="socket.send(b'end')"),
            "sent more than `messages`: b'end'",
        ),
        "all of them twice": (
            changed(PUBLISH, "in messages", "in messages * 2"),
            "sent more than `messages`: b'message'",
        ),
        "connects": (
            changed(PUBLISH, "socket.bind(bind)", "socket.connect(bind)"),
            "bound no socket.*connected one",
        ),
        "is a generator": (publish(WAIT, "yield socket.send(message)"), "It holds a `yield`"),
        "is asynchronous": (changed(PUBLISH, "def ", "async def "), "It is an `async def`"),
        "gives up after five seconds": (
            publish(f"socket.rcvtimeo = 5000\n{WAIT}"),
            "It ended (when only [12] of 3 subscribers had come|without sending).*zmq.error.Again",
        ),
        "takes them out of the list": (
            """
def publish_to_all(bind, subscribers, messages):
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        socket.xpub_verbose = True
        socket.sndhwm = len(messages) + 1
        socket.bind(bind)
        for _ in range(subscribers):
            socket.recv()
        while messages:
            socket.send(messages.pop(0))
""",
            r"list of messages after the call.*gave: \[\]",
        ),
        "a thread that nobody waits for": (
            """
def publish_to_all(bind, subscribers, messages):
    def station():
        with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
            socket.xpub_verbose = True
            socket.sndhwm = len(messages) + 1
            socket.bind(bind)
            for _ in range(subscribers):
                socket.recv()
            for message in messages:
                socket.send(message)

    threading.Thread(target=station).start()
""",
            "it returned before anybody had subscribed",
        ),
        "one subscriber at least": (
            changed(PUBLISH, "range(subscribers)", "range(subscribers or 1)"),
            "nobody to wait for, it was still busy",
        ),
        "remembers who came before": (
            """
def publish_to_all(bind, subscribers, messages, heard=[]):
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        socket.xpub_verbose = True
        socket.sndhwm = len(messages) + 1
        socket.bind(bind)
        while len(heard) < subscribers:
            heard.append(socket.recv())
        for message in messages:
            socket.send(message)
""",
            "called again.*it returned before anybody had subscribed",
        ),
        "waits for room, but does not wait": (
            """
def publish_to_all(bind, subscribers, messages):
    with zmq.Context() as context, context.socket(zmq.XPUB) as socket:
        socket.xpub_verbose = True
        socket.xpub_nodrop = True
        socket.bind(bind)
        for _ in range(subscribers):
            socket.recv()
        for message in messages:
            try:
                socket.send(message, zmq.NOBLOCK)
            except zmq.Again:
                pass
""",
            "it sent only 1000",
        ),
    },
    "count_lost": {
        "counts those that came": (
            changed(LOST, "return lost", "return len(numbers)"),
            "none is missing.*expected: 0",
        ),
        "a constant": (
            "def count_lost(numbers):\n    return 0\n",
            r"\[7, 8, 11\] \(9 and 10 are missing.*expected: 2.*gave: 0",
        ),
        "negative at a new start": (
            changed(LOST, "before + 1 if after > before else 0", "before + 1"),
            "a new start after 3.*expected: 0.*gave: -",
        ),
        "one too many": (
            changed(LOST, "before + 1 if", "before if"),
            "none is missing.*expected: 0",
        ),
        "counts gaps": (
            changed(LOST, "lost += after - expected", "lost += after > expected"),
            "9 and 10 are missing.*expected: 2.*gave: 1",
        ),
        "from zero on": (
            changed(LOST, "lost = 0", "lost = numbers[0]"),
            "what was before the first one is nobody's.*expected: 2.*gave: 9",
        ),
        "first and last": (
            "def count_lost(numbers):\n    return numbers[-1] - numbers[0] + 1 - len(numbers)\n",
            "raised an error.*IndexError",
        ),
        "smallest and largest": (
            "def count_lost(numbers):\n"
            "    return max(numbers) - min(numbers) + 1 - len(numbers) if numbers else 0\n",
            r"\[3, 0, 1\] \(a new start after 3\).*expected: 0.*gave: 1",
        ),
        "sorts them": (
            changed(LOST, "    lost = 0", "    lost, numbers = 0, sorted(numbers)"),
            "a new start",
        ),
        "each number once": (
            changed(LOST, "    lost = 0", "    lost, numbers = 0, list(dict.fromkeys(numbers))"),
            r"\[5, 5\] \(a new start after the first 5: 0 to 4 are missing\).*expected: 5.*gave: 0",
        ),
        "equal ones are no new start": (
            changed(LOST, "after > before", "after >= before"),
            r"\[5, 5\] \(a new start after the first 5.*expected: 5.*gave: -1",
        ),
        "nothing at a new start": (
            changed(LOST, "lost += after - expected", "lost += max(0, after - before - 1)"),
            r"\[9, 2\] \(a new start after 9: 0 and 1 are missing\).*expected: 2.*gave: 0",
        ),
        "a new start begins at 1": (
            changed(LOST, "else 0", "else 1"),
            "a new start after 3.*expected: 0.*gave: -1",
        ),
        "one new start": (
            """\
def count_lost(numbers):
    for place in range(1, len(numbers)):
        if numbers[place] <= numbers[place - 1]:
            first, second = numbers[:place], numbers[place:]
            return first[-1] - first[0] + 1 - len(first) + second[-1] + 1 - len(second)
    return numbers[-1] - numbers[0] + 1 - len(numbers) if numbers else 0
""",
            "two new starts",
        ),
        "needs two": (
            changed(LOST, "    lost = 0", "    lost, last = 0, numbers[0]"),
            "raised an error.*numbers.0.*IndexError",
        ),
        "gives a list": (
            changed(LOST, "return lost", "return [lost]"),
            r"expected: 0 \(int\).*gave: \[0\] \(list\)",
        ),
        "prints": (changed(LOST, "return lost", "print(lost)"), "expected: 0.*gave: None"),
        "empties the list": (
            """\
def count_lost(numbers):
    lost, before = 0, numbers.pop(0) if numbers else 0
    while numbers:
        number = numbers.pop(0)
        lost += number - before - 1 if number > before else number
        before = number
    return lost
""",
            r"The list, which is not its own.*expected: \[0, 1, 2\].*gave: \[\]",
        ),
        "looks for the one before": (
            """\
def count_lost(numbers):
    lost = 0
    for number in numbers[1:]:
        before = numbers[numbers.index(number) - 1]
        lost += number - before - 1 if number > before else number
    return lost
""",
            r"\[6, 9, 9, 10\] .a new start after the first 9.*expected: 11",
        ),
        "numbers of 16 bits": (
            changed(LOST, "    lost = 0", "    lost, numbers = 0, [n % 65536 for n in numbers]"),
            r"\[70000, 5, 70002\] .a new start after 70000.*expected: 70001",
        ),
        "recursion": (
            """\
def count_lost(numbers):
    if len(numbers) < 2:
        return 0
    before, after, *rest = numbers
    lost = after - before - 1 if after > before else after
    return lost + count_lost([after, *rest])
""",
            r"numbers are \[0, 2, 4, 6.*raised an error.*count_lost",
        ),
        "forgets at a new start": (
            """
def count_lost(numbers):
    lost = 0
    for before, after in zip(numbers, numbers[1:]):
        if after > before:
            lost += after - before - 1
        else:
            lost = after
    return lost
""",
            "two new starts.*expected: 4.*gave: 1",
        ),
        "the highest so far": (
            """
def count_lost(numbers):
    lost, highest = 0, None
    for number in numbers:
        if highest is None:
            highest = number
        elif number > highest:
            lost += number - highest - 1
            highest = number
        else:
            lost += number
    return lost
""",
            r"\[3, 0, 1\].*gave: 1",
        ),
    },
}
