"""Solutions of the exercises."""

import zmq
import zmq.asyncio


def radio(endpoint, stop):
    with zmq.Context() as context, context.socket(zmq.SUB) as socket:
        socket.subscribe(b"")
        socket.connect(endpoint)
        heard = []
        while not stop.is_set():
            if not socket.poll(100):
                continue
            parts = socket.recv_multipart()
            if parts == [b"stop"]:
                break
            if len(parts) == 2:
                heard.append(parts[1])
        return heard
