"""What notebook 12 breaks and measures with: short functions, to be opened and read."""

import itertools
import math
import time

import looking_inside as inside
import zmq
from IPython.display import Markdown

import zmqlab

NEVER = math.inf  # seconds


class Table:
    """What each fault has cost: a row for each, in the order in which they were measured."""

    def __init__(self):
        self.rows = {}

    def add(self, fault, lost, repeated=None, noticed=None):
        """Add a row: how many were lost, how many repeated, after how many seconds noticed.

        None is what was not measured; infinite seconds are never.
        """
        after = "-" if noticed is None else "never" if noticed == NEVER else f"{noticed:.1f} s"
        self.rows[fault] = lost, "-" if repeated is None else repeated, after
        print("{}: {} lost, {} repeated, noticed: {}".format(fault, *self.rows[fault]))

    def show(self):
        """Return the table, as text that a page shows."""
        lines = ["| what broke | lost | repeated | noticed after |", "|---|--:|--:|--:|"]
        lines += [f"| {' | '.join(map(str, (what, *row)))} |" for what, row in self.rows.items()]
        return Markdown("\n".join(lines))


def kill(process):
    """Kill a process as `kill -9` does, and return when it is gone; the time is returned."""
    process.end_by("kill")
    process.wait_until(lambda it: it.ended, what="the end")
    return time.monotonic()


# Work that is given out (section 3)


def hand_out(router, count, kill_at, pause_at, patience=1.0):
    """Give tasks to whoever asks, again if they are not done in time, until two faults are over.

    Returns the results in the order in which they came, and of each task that was given out again
    after how many seconds.
    """
    todo, held, idle, came, again = list(range(count)), {}, [], [], {}
    deadline, paused = time.monotonic() + 60, None
    while len(set(came)) < count or came.count(pause_at) < 2:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(set(came))} of {count} tasks were done within a minute")
        if router.poll(50):
            name, result = router.recv_multipart()
            came += [int(result)] if result else []
            idle.append(name)
        now = time.monotonic()
        for task, (_, since) in list(held.items()):
            if task in came:
                del held[task]
            elif now - since > patience:
                again[task] = now - since
                todo.insert(0, task)
                del held[task]
        while todo and idle:
            task, name = todo.pop(0), idle.pop(0)
            holder, is_first = zmqlab.process(name.decode()), task not in again
            if is_first and task in (kill_at, pause_at):
                inside.pause(holder)  # before it can do the task
                paused = holder if task == pause_at else paused
            router.send_multipart([name, b"%d" % task])
            held[task] = name, time.monotonic()
            if is_first and task == kill_at:
                kill(holder)
            elif task == pause_at and not is_first:
                inside.resume(paused)
    return came, again


# Publishers


def ticker(bind, hwm, pause):
    """Publish for ever: a number, the time, and 1,000 bytes more."""
    with zmq.Context() as context, context.socket(zmq.PUB) as pub:
        pub.sndhwm, pub.sndbuf, pub.linger = hwm, 20_000, 0
        pub.bind(bind)
        for number in itertools.count():
            pub.send_multipart([b"%d" % number, b"%r" % time.perf_counter(), bytes(1000)])
            time.sleep(pause)


def counter(bind, snapshots):
    """Publish updates, a number and an amount; tell the number and the total to whoever asks."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PUB) as pub,
        context.socket(zmq.REP) as rep,
    ):
        pub.linger = 0
        pub.bind(bind)
        rep.bind(snapshots)
        total = 0
        for number in itertools.count(1):
            total += number % 7
            pub.send_multipart([b"%d" % number, b"%d" % (number % 7)])
            if rep.poll(10):
                rep.recv()
                rep.send_multipart([b"%d" % number, b"%d" % total])


# Subscribers


def subscriber(context, endpoint, hwm=1000, **options):
    """Return a SUB that is connected there, whose queue in the system is short."""
    sub = context.socket(zmq.SUB)
    sub.rcvhwm, sub.rcvbuf, sub.linger, sub.rcvtimeo = hwm, 20_000, 0, 60_000
    for name, value in options.items():
        setattr(sub, name, value)
    sub.subscribe(b"")
    sub.connect(endpoint)
    return sub


def tick(sub):
    """Return the next number of a ticker, and how many seconds ago it was sent."""
    number, sent, _ = sub.recv_multipart()
    return int(number), time.perf_counter() - float(sent)


def update(sub):
    """Return the next number and amount of a counter."""
    number, amount = map(int, sub.recv_multipart())
    return number, amount


def numbers_until_now(sub):
    """Return the numbers of a ticker up to the first that was sent after this call."""
    began, numbers, age = time.perf_counter(), [], 1.0
    while time.perf_counter() - age < began:
        number, age = tick(sub)
        numbers.append(number)
    return numbers


def missing(numbers):
    """Return how many are missing between the first and the last."""
    return numbers[-1] - numbers[0] + 1 - len(set(numbers))


def repeated(numbers):
    """Return how many came again."""
    return len(numbers) - len(set(numbers))


def read_slowly(endpoint, hwm, latest=False, worst=60.0):
    """Read 150 messages of a ticker, with 10 ms for each: what is lost, repeated, when noticed.

    With `latest` it skips what waits; with a message older than `worst` seconds it ends.
    """
    numbers, noticed, began = [], NEVER, time.monotonic()
    with zmq.Context() as context, subscriber(context, endpoint, hwm) as sub:
        while len(numbers) < 150:
            number, age = tick(sub)
            while latest and sub.poll(0):
                number, age = tick(sub)
            numbers.append(number)
            if missing(numbers[-2:]) or age > worst:
                noticed = min(noticed, time.monotonic() - began)
            if age > worst:
                print("snail: too slow, I give up")
                break
            time.sleep(0.01)
    print(f"the last message was {1000 * age:.0f} ms old")
    return missing(numbers), repeated(numbers), noticed


class Listener:
    """A subscriber to a ticker, in a context of its own, with a monitor to watch it by."""

    def __init__(self, endpoint, **options):
        self._context = zmq.Context()
        self._sub = subscriber(self._context, endpoint, 0, **options)
        self._numbers = numbers_until_now(self._sub)
        self.monitor = self._sub.get_monitor_socket()

    def close(self):
        """Read on to the present, and close; return how many are missing, and how many repeated."""
        self._numbers += numbers_until_now(self._sub)
        self._context.destroy(linger=0)
        return missing(self._numbers), repeated(self._numbers)


# A peer that is refused


def ask_in_vain(endpoint, silence=1.0, most=10):
    """Ask once where a REQ is refused: replies that are missing, new tries, when it was noticed.

    It tries again each 0.1 s or never: after a second without a try it has given up.
    """
    context, again = zmq.Context(), 0
    req = context.socket(zmq.REQ)
    watched = inside.watch(req, endpoint)
    req.send(b"anyone?")
    noticed = inside.wait_for(watched, "DISCONNECTED")
    while again < most and (event := inside.next_event(watched, silence)):
        again += event == "CONNECTED"
    lost = 1 - len(zmq.select([req], [], [], 0)[0])
    context.destroy(linger=0)
    return lost, again, noticed
