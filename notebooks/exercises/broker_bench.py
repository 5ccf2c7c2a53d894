"""What a learner's broker is tried with by hand: clients and workers, silent, late, vanishing."""

import contextlib
import time

import zmq

from zmqlab.course.programs import receive
from zmqlab.course.trial import TIMEOUT, NotYet, expect
from zmqlab.processes.handle import Process

PATIENCE = 1.0  # seconds until a task is given to another worker
LATE = 5.0  # seconds until it must have been, on a busy computer
MANY = 60  # requests that wait at once


def expect_broker(broker: Process, front: str, back: str) -> None:
    """Be clients and workers of a broker, and raise `NotYet` where it fails them."""
    with _Bench(broker, front, back) as bench:
        worker = _expect_turns(bench)
        _expect_each(bench, worker)
        _expect_to_forget_the_vanished(bench, worker)
        _expect_the_first_result(bench, _expect_again(bench, worker))


class _Bench(contextlib.ExitStack):
    """Makes the clients and the workers: sockets that are closed at the end."""

    def __init__(self, broker, front, back):
        super().__init__()
        self.broker, self.front, self.back = broker, front, back
        self.context = self.enter_context(zmq.Context())

    def client(self, request, kind=zmq.REQ):
        made = self._connected(kind, self.front)
        made.send_multipart([b""] * (kind == zmq.DEALER) + [request])
        return made

    def worker(self):
        made = self._connected(zmq.DEALER, self.back)
        made.send(b"")
        return made

    def _connected(self, kind, endpoint):
        made = self.enter_context(self.context.socket(kind))
        made.linger = 500
        made.connect(endpoint)
        return made

    def task(self, *workers, when=""):
        """Return the worker of these that is given a task, and the task."""
        what = f"a task for a worker that waits{when}"
        deadline = time.monotonic() + TIMEOUT
        while time.monotonic() < deadline and not self.broker.ended:
            if found := zmq.select([*workers], [], [], 0.1)[0]:
                return found[0], self.of_one_part(found[0], what)
        return workers[0], self.of_one_part(workers[0], what)

    def next_task(self, worker, old):
        """Return its next task; where it is late, on a busy computer, the old one comes again."""
        _, request = self.task(worker)
        if request == old:
            worker.send(b"done: " + old)
            _, request = self.task(worker)
        return request

    def of_one_part(self, socket, what):
        parts = receive(socket, self.broker, what)
        if len(parts) != 1:
            raise NotYet(f"{what.capitalize()} has {len(parts)} parts, not one: {parts}.")
        return parts[0]

    def wait_for_peers(self, count):
        """Wait until the broker has seen that so many clients are connected."""
        self.broker.settle(
            lambda it: any((self.front in s["bound"] and s["peers"] == count) for s in it.sockets),
            TIMEOUT,
        )

    def expect_reply(self, client, request, reply):
        what = f"the reply to {request!r}"
        expect(what.capitalize(), reply, self.of_one_part(client, what))


def _expect_turns(bench):
    """Three clients ask before there is a worker, which then is given one task after the other."""
    clients = {request: bench.client(request) for request in (b"one", b"", b"\xff\0")}
    worker = bench.worker()
    while clients:
        _, request = bench.task(worker)
        if request not in clients:
            raise NotYet("The task of a worker, one of the requests:", sorted(clients), request)
        _expect_one_task(worker)
        result = request and b"done: " + request  # empty: a result nevertheless
        worker.send(result)
        bench.expect_reply(clients.pop(request), request, result)
    return worker


def _expect_each(bench, worker):
    """Two clients ask the same, and one asks many things at once: each has its own reply."""
    clients = [bench.client(b"the same") for _ in range(2)]
    for number in (b"1", b"2"):
        bench.task(worker)
        worker.send(b"result " + number)
    what = "the reply to one of two clients that ask the same"
    replies = sorted(bench.of_one_part(client, what) for client in clients)
    expect("The replies to two that ask the same", [b"result 1", b"result 2"], replies)
    client = bench.client(b"0", zmq.DEALER)
    for number in range(1, MANY):
        client.send_multipart([b"", b"%d" % number])
    for _ in range(MANY):
        _, request = bench.task(worker)
        worker.send(request)
    what = f"the replies to {MANY} requests that waited at once"
    replies = sorted(int(receive(client, bench.broker, what)[-1]) for _ in range(MANY))
    expect(what.capitalize(), list(range(MANY)), replies)


def _expect_one_task(worker, milliseconds=300):
    if worker.poll(milliseconds):
        raise NotYet("A worker was given a second task, and had not done its first.")


def _expect_to_forget_the_vanished(bench, worker):
    """Let a client vanish: its result has nowhere to go, and the next one is answered."""
    bench.wait_for_peers(6)
    client = bench.client(b"vanishing")
    bench.task(worker)
    bench.wait_for_peers(7)
    client.close()
    bench.wait_for_peers(6)
    worker.send(b"done: vanishing")
    client = bench.client(b"staying")
    worker.send(b"done: " + bench.next_task(worker, b"vanishing"))
    bench.expect_reply(client, b"staying", b"done: staying")


def _expect_again(bench, worker):
    """Have a worker be silent, answer too late, and be given tasks again; one dies idle."""
    workers = worker, bench.worker()
    began = time.monotonic()  # before the task can be given out
    client = bench.client(b"first", zmq.DEALER)
    silent, _ = bench.task(*workers)
    (other,) = set(workers) - {silent}
    bench.task(other)
    if (took := time.monotonic() - began) < PATIENCE / 2:
        raise NotYet(
            f"A task was given to a second worker after {took:.1f} s: {PATIENCE:g} s first."
        )
    if took > LATE:
        raise NotYet(
            f"A worker was silent, and its task was given to an idle one after {took:.1f} s: "
            f"{PATIENCE:g} s is enough."
        )
    other.send(b"done by the other")
    expect("The reply", [b"", b"done by the other"], receive(client, bench.broker, "the reply"))
    client.send_multipart([b"", b"second"])
    bench.task(other)
    _expect_one_task(silent, 50)  # before it counts as free
    silent.send(b"done too late")  # of the first, while the client waits for the second
    if client.poll(300):
        late = client.recv_multipart()
        raise NotYet("A worker's result of a task that was answered came to a client:", got=late)
    other.send(b"done: second")
    expect("The reply", [b"", b"done: second"], receive(client, bench.broker, "the reply"))
    clients = {request: bench.client(request) for request in (b"third", b"fourth")}
    found = {each: bench.next_task(each, b"second") for each in workers}
    for each, request in found.items():
        each.send(b"done: " + request)
        bench.expect_reply(clients[request], request, b"done: " + request)
    other.close()
    for request in (b"fifth", b"sixth"):
        client = bench.client(request)
        bench.task(silent)
        silent.send(b"done: " + request)
        bench.expect_reply(client, request, b"done: " + request)
    return silent


def _expect_the_first_result(bench, first):
    """Have two workers be silent; a third one comes later; then the first has a result."""
    client = bench.client(b"seventh")
    bench.task(first)
    second = bench.worker()
    bench.task(second, when=", after another was silent")
    bench.broker.settle(lambda it: it.ended, PATIENCE + 0.3)  # its time is over, and none is ready
    third = bench.worker()
    bench.task(third, when=", after two were silent for more than a second each")
    first.send(b"done by the first")
    what = "the reply, when the first of three workers was the first to have a result"
    expect(what.capitalize(), b"done by the first", bench.of_one_part(client, what))
