"""What notebook 12 breaks and measures with: short functions, to be opened and read."""

import itertools
import time

import looking_inside as inside
import zmq
from IPython.display import Markdown

import zmqlab


class Table:
    """What each fault has cost: a row for each, in the order in which they were measured."""

    def __init__(self):
        self.rows = {}

    def add(self, fault, lost, repeated, noticed):
        """Add a row: how many were lost, how many repeated, after how many seconds noticed."""
        self.rows[fault] = lost, repeated, f"{noticed:.1f} s" if noticed is not None else "never"
        print(f"{fault}: {lost} lost, {repeated} repeated, noticed: {self.rows[fault][2]}")

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


def numbers_until_now(sub):
    """Return the numbers of a ticker up to the first that was sent after this call."""
    began, numbers, age = time.perf_counter(), [], 1.0
    while time.perf_counter() - age < began:
        number, age = tick(sub)
        numbers.append(number)
    return numbers


def missing(numbers):
    """Return how many are missing between the first and the last."""
    return numbers[-1] - numbers[0] + 1 - len(numbers)
