"""What notebook 01 measures: whose turn it is, who waits for how long, who gets whose reply."""

import json
import time
from typing import NamedTuple

import zmq


def take_turns(req, rep):
    """Let a REQ ask a REP, step by step, and print each time what the two may do."""
    show_turns("at the start", req, rep)
    req.send(b"one")
    show_turns("REQ has sent", req, rep, arrives_at=rep)
    rep.recv()
    show_turns("REP has received", req, rep)
    rep.send(b"two")
    show_turns("REP has replied", req, rep, arrives_at=req)
    req.recv()
    show_turns("REQ has received", req, rep)


def show_turns(step, req, rep, arrives_at=None):
    """Print what a REQ and a REP socket may do, once a message has arrived at one of them."""
    if arrives_at and not arrives_at.poll(5000):
        raise TimeoutError(f"{step}, and nothing arrived within 5 s")
    print(f"{step:20}REQ may {may(req):12}REP may {may(rep)}")


def may(socket):
    """Return what a socket may do now, as it says itself."""
    events = socket.get(zmq.EVENTS)
    if events & zmq.POLLOUT:
        return "send"
    if events & zmq.POLLIN:
        return "receive"
    return "only wait"


def busy_server(endpoint, seconds=0.25):
    """Reply to every request after some work; the reply says when it began and was done."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(endpoint)
        while True:
            socket.recv()
            began = time.time()
            time.sleep(seconds)  # the work
            socket.send(json.dumps([began, time.time()]).encode())


def ask_twice(endpoint):
    """Ask a busy server twice, and print the four times of each request."""
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(endpoint)
        for _ in range(2):
            asked = time.time()
            socket.send(b"please")
            began, done = json.loads(socket.recv())
            print(json.dumps([asked, began, done, time.time()]))


class Asked(NamedTuple):
    """One request: when it was asked, begun, done, and answered, on one clock (s)."""

    asked: float
    began: float
    done: float
    answered: float


def seconds_of(clients):
    """Return how long the server worked in all, and each client waited for its second reply."""
    asked = [Asked(*json.loads(line)) for client in clients for line in client.output.splitlines()]
    total = max(each.done for each in asked) - min(each.began for each in asked)
    return f"{total:.2f} s", ", ".join(f"{it.answered - it.asked:.2f} s" for it in asked[1::2])


def echo_server(endpoint):
    """Send every request back as its reply."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(endpoint)
        while True:
            socket.send(socket.recv())


def compare(endpoint, name, count=300):
    """Send so many different messages to an echo server, and count the replies that are right."""
    right = 0
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.connect(endpoint)
        for number in range(count):
            text = f"{name} {number}".encode()
            socket.send(text)
            right += socket.recv() == text
    print(f"{right} of {count} replies were mine")
