"""Solutions of the exercises."""

import time

import zmq


def shout_server(bind):
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            request = socket.recv()
            if request == b"stop":
                socket.send(b"BYE")
                break
            socket.send(request.decode().upper().encode())


def never_silent(bind):
    count = 0
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            request = b" ".join(socket.recv_multipart())
            count += 1
            if request == b"time":
                socket.send(time.strftime("%H:%M:%S").encode())
            elif request == b"count":
                socket.send(str(count).encode())
            else:
                socket.send(b"unknown command: " + request)


def patient_ask(endpoint, request, timeout):
    with zmq.Context() as context, context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.connect(endpoint)
        socket.send(request)
        if socket.poll(1000 * timeout):
            return socket.recv()
    return None
