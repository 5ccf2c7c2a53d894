"""Solutions of the exercises."""

import zmq


def ask_many(endpoint, requests, most_under_way):
    replies, sent = [], 0
    with zmq.Context() as context, context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.rcvtimeo = 10_000
        socket.connect(endpoint)
        while len(replies) < len(requests):
            while sent < len(requests) and sent - len(replies) < most_under_way:
                socket.send_multipart([b"", requests[sent]])
                sent += 1
            replies.append(socket.recv_multipart()[1])
    return replies


def clock_offset(exchanges):
    best = None
    for asked, came, replied, answered in exchanges:
        way = (answered - asked) - (replied - came)
        offset = ((came - asked) + (replied - answered)) / 2
        if best is None or way / 2 < best[1]:
            best = offset, way / 2
    return best
