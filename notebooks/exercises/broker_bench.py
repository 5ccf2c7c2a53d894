"""What a learner's broker is tried with by hand: clients that hurry, workers silent and late."""

import time

import zmq

from zmqlab.course.judging import Notes
from zmqlab.course.programs import receive
from zmqlab.course.trial import NotYet, expect
from zmqlab.processes.handle import Process

PATIENCE = 1.0  # seconds until a task is given to another worker
REQUESTS = [b"", b"one", b"two"]


def expect_broker(broker: Process, front: str, back: str) -> None:
    """Be clients and workers of a broker, and raise `NotYet` where it fails them."""
    with (
        zmq.Context() as context,
        _connected(context, front) as client,
        _connected(context, front) as other,
        _connected(context, back) as worker,
        _connected(context, back) as second,
    ):
        _expect_turns(broker, client, other, worker)
        _expect_first_result(broker, client, worker, second)


def _connected(context, endpoint):
    dealer = context.socket(zmq.DEALER)
    dealer.linger = 0
    dealer.connect(endpoint)
    return dealer


def _expect_turns(broker, client, other, worker):
    """Two clients ask the same before there is a worker, which is given one task at a time."""
    for request in REQUESTS:
        client.send_multipart([b"", request])
        other.send_multipart([b"", request])
    worker.send(b"")
    for number in range(2 * len(REQUESTS)):
        task = _task(broker, worker)
        if number == 0 and worker.poll(200):
            raise NotYet("A worker was given a second task, and had not done its first.")
        worker.send(task)  # its result is the same, and may be empty
    for dealer in (client, other):
        what = f"the replies to one of two clients that asked {REQUESTS} at once"
        replies = sorted(receive(dealer, broker, what) for _ in REQUESTS)
        expect(what.capitalize(), [[b"", request] for request in REQUESTS], replies)


def _expect_first_result(broker, client, worker, second):
    """The worker falls silent, another gets its task, and the worker has a result first."""
    began = time.monotonic()
    client.send_multipart([b"", b"slow"])
    expect("The task of the only worker", b"slow", _task(broker, worker))
    second.send(b"")
    expect("The task of a second worker", b"slow", _task(broker, second, ", as another is silent"))
    if (took := time.monotonic() - began) < PATIENCE / 2:
        raise NotYet(
            f"A task was given to a second worker after {took:.1f} s: {PATIENCE:g} s first."
        )
    worker.send(b"done first")
    what = "the reply, when the first of two workers was the first to have a result"
    expect(what.capitalize(), [b"", b"done first"], receive(client, broker, what))
    _expect_late_result_dropped(broker, client, worker, second)


def _expect_late_result_dropped(broker, client, worker, second):
    """The second worker has a result too late, and is ready for what the first does not do."""
    client.send_multipart([b"", b"next"])
    expect("The task of the worker that is ready", b"next", _task(broker, worker))
    second.send(b"done too late")
    if client.poll(200):
        late = client.recv_multipart()
        raise NotYet("A worker's result of a task that was answered came to a client:", got=late)
    when = ", as another is silent and its own result came too late"
    expect("The task of the worker that was late", b"next", _task(broker, second, when))
    second.send(b"done next")
    what = "the reply to b'next'"
    expect(what.capitalize(), [b"", b"done next"], receive(client, broker, what))


def _task(broker, worker, when=""):
    """Return what a worker is given, which is one part."""
    parts = receive(worker, broker, f"a task for a worker that waits{when}")
    if len(parts) != 1:
        raise NotYet(f"The task of a worker has {len(parts)} parts, not one: {parts}.")
    return parts[0]


# Under the nemesis


def work(endpoint: str) -> None:
    """Be a worker: ready at first, then a task and its result."""
    with zmq.Context() as context, _connected(context, endpoint) as dealer:
        dealer.send(b"")
        while True:
            request = dealer.recv()
            time.sleep(0.05)  # a task takes a while
            dealer.send(b"reply to " + request)


def ask_all(endpoint: str, note: Notes) -> None:
    """Ask, each time once; before each request a client comes that does not wait."""
    with zmq.Context() as context:
        for number in note.numbers():
            for request in (b"vanishing", b"%d" % number):
                with context.socket(zmq.REQ) as req:
                    req.linger = 500  # milliseconds: what is asked does arrive
                    req.connect(endpoint)
                    req.send(request)
                    if request == b"vanishing":
                        continue
                    note("asked", number, f"reply to {number}")
                    if not req.poll(20_000):
                        raise TimeoutError(f"request {number} had no reply after 20 s")
                    note("answered", number, req.recv().decode())
