"""Solutions of the exercises."""

import time

import zmq


def ask_surely(endpoint, request, timeout):
    deadline = time.monotonic() + timeout
    with zmq.Context() as context:
        while (left := deadline - time.monotonic()) > 0:
            with context.socket(zmq.REQ) as req:
                req.linger = 0
                req.connect(endpoint)
                req.send(request)
                if req.poll(1000 * min(0.3, left)):
                    return req.recv()


def count_once(logbook, bind):
    done = logbook.read_text("utf-8").split() if logbook.exists() else []
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            name = rep.recv_string()
            if name not in done:
                with open(logbook, "a", encoding="utf-8") as file:
                    file.write(name + "\n")
                done.append(name)
            rep.send_string(str(done.index(name) + 1))


def follow_total(snapshots, stream):
    with (
        zmq.Context() as context,
        context.socket(zmq.SUB) as sub,
        context.socket(zmq.REQ) as req,
    ):
        sub.subscribe(b"")
        sub.connect(stream)
        req.connect(snapshots)

        def snapshot():
            req.send(b"")
            return tuple(map(int, req.recv_multipart()))

        number, total = snapshot()
        yield number, total
        while True:
            new, amount = map(int, sub.recv_multipart())
            if new == number + 1:
                number, total = new, total + amount
            elif new > number:
                number, total = snapshot()
            else:
                continue
            yield number, total
