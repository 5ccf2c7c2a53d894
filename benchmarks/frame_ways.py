"""Ways to pass frames from one process to another: the article's, ours, other libraries', limits.

Each way is two functions: one opens the sender's end and returns how a frame goes out, the other
opens the reader's end and returns how a frame comes in. Both are given an address that is free;
the reader's end is opened once the sender's is. What comes in need not have the frame's shape.
Every library is used as its documentation says it is fastest; a source stands where that is not
obvious.
"""

import itertools
import json
import logging
import socket as plain_sockets
import struct

import numpy as np
import zmq

from zmqlab.wire.messages import recv_frame, send_frame

PATIENCE = 60  # seconds for a frame
MARK = 4  # frames in a queue of PUSH and PULL, as in the course: what piles up leaves the cache
LENGTH = struct.Struct("!Q")


def _socket(kind, endpoint, bind, mark=1000):
    socket = zmq.Context.instance().socket(kind)
    socket.sndhwm = socket.rcvhwm = mark  # 1000 is ZeroMQ's own
    if kind == zmq.SUB:
        socket.subscribe("")
    (socket.bind if bind else socket.connect)(endpoint)
    return socket


# The article's way: a pickle in one part.


def article_push(endpoint):
    return _socket(zmq.PUSH, endpoint, bind=True).send_pyobj


def article_pull(endpoint):
    return _socket(zmq.PULL, endpoint, bind=False).recv_pyobj


def article_pub(endpoint):
    return _socket(zmq.PUB, endpoint, bind=True).send_pyobj


def article_sub(endpoint):
    return _socket(zmq.SUB, endpoint, bind=False).recv_pyobj


def article_server(endpoint):
    socket = _socket(zmq.REP, endpoint, bind=True)
    return lambda frame: (socket.recv_string(), socket.send_pyobj(frame))


def article_client(endpoint):
    socket = _socket(zmq.REQ, endpoint, bind=False)
    return lambda: (socket.send_string("read"), socket.recv_pyobj())[1]


# Ours.


def _zmqlab_sender(kind, endpoint, mark=1000):
    socket, number = _socket(kind, endpoint, bind=True, mark=mark), itertools.count()
    return lambda frame: send_frame(socket, frame, "camera", next(number), timeout=PATIENCE)


def _zmqlab_reader(kind, endpoint, mark=1000):
    socket = _socket(kind, endpoint, bind=False, mark=mark)
    return lambda: recv_frame(socket, PATIENCE)[2]


def zmqlab_push(endpoint):
    return _zmqlab_sender(zmq.PUSH, endpoint, MARK)


def zmqlab_pull(endpoint):
    return _zmqlab_reader(zmq.PULL, endpoint, MARK)


def zmqlab_pub(endpoint):
    return _zmqlab_sender(zmq.PUB, endpoint)


def zmqlab_sub(endpoint):
    return _zmqlab_reader(zmq.SUB, endpoint)


# The frame is in the request, as it is with imagezmq, so that only the messages differ.


def zmqlab_req(endpoint):
    socket, number = _socket(zmq.REQ, endpoint, bind=False), itertools.count()
    return lambda frame: (send_frame(socket, frame, "camera", next(number)), socket.recv())


def zmqlab_rep(endpoint):
    socket = _socket(zmq.REP, endpoint, bind=True)
    return lambda: (recv_frame(socket, PATIENCE), socket.send(b"OK"))[0][2]


# imagezmq: raw frames (send_image), not JPEG, for processes of one computer.


def imagezmq_pub(endpoint):
    from imagezmq import ImageSender

    sender = ImageSender(connect_to=endpoint, REQ_REP=False)
    return lambda frame: sender.send_image("camera", frame)


def imagezmq_sub(endpoint):
    from imagezmq import ImageHub

    hub = ImageHub(open_port=endpoint, REQ_REP=False)
    return lambda: hub.recv_image()[1]


def imagezmq_req(endpoint):
    from imagezmq import ImageSender

    sender = ImageSender(connect_to=endpoint)
    return lambda frame: sender.send_image("camera", frame)


def imagezmq_rep(endpoint):
    from imagezmq import ImageHub

    hub = ImageHub(open_port=endpoint)
    return lambda: (hub.recv_image(), hub.send_reply(b"OK"))[0][1]


# vidgear's NetGear: raw frames, no JPEG and (its default) no copy. Patterns 0, 1 and 2 are PAIR,
# REQ/REP and PUB/SUB; the last one drops frames, its high-water mark is 1.


def _netgear(endpoint, pattern, **options):
    logging.disable()  # or it reports that it would like to compress
    from vidgear.gears import NetGear

    address, port = endpoint.removeprefix("tcp://").split(":")
    if pattern < 2:  # or it gives up while others are measured
        options |= {"request_timeout": 10 * PATIENCE, "max_retries": 10}
    options |= {"jpeg_compression": False}
    return NetGear(address=address, port=port, protocol="tcp", pattern=pattern, **options)


def netgear_pair(endpoint):
    return _netgear(endpoint, 0).send


def netgear_pair_reader(endpoint):
    return _netgear(endpoint, 0, receive_mode=True).recv


def netgear_req(endpoint):
    return _netgear(endpoint, 1).send


def netgear_rep(endpoint):
    return _netgear(endpoint, 1, receive_mode=True).recv


def netgear_pub(endpoint):
    return _netgear(endpoint, 2).send


def netgear_sub(endpoint):
    return _netgear(endpoint, 2, receive_mode=True).recv


# zenoh through shared memory, as its examples z_pub_shm.py and z_pub_thr.py have it: memory of its
# provider, waiting where there is none free, and no drop where the reader is slow. Its Python
# interface takes and gives bytes only.


def _zenoh(**settings):
    import zenoh

    config = zenoh.Config()
    settings |= {"scouting/multicast/enabled": False, "transport/shared_memory/enabled": True}
    for key, value in settings.items():
        config.insert_json5(key, json.dumps(value))
    return zenoh.open(config)


def zenoh_pub(endpoint):
    import zenoh
    from zenoh.shm import BlockOn, GarbageCollect, ShmProvider

    session = _zenoh(**{"listen/endpoints": [endpoint.replace("://", "/")]})
    publisher = session.declare_publisher(
        "camera", congestion_control=zenoh.CongestionControl.BLOCK
    )
    provider, wait = None, BlockOn(GarbageCollect())

    def send(frame):
        nonlocal provider
        if provider is None:
            provider = ShmProvider.default_backend(16 * frame.nbytes)
        buffer = provider.alloc(frame.nbytes, policy=wait)
        buffer[:] = frame.tobytes()
        publisher.put(buffer)

    send.keep = session
    return send


def zenoh_sub(endpoint):
    session = _zenoh(
        **{"connect/endpoints": [endpoint.replace("://", "/")], "listen/endpoints": []}
    )
    subscriber = session.declare_subscriber("camera")

    def receive():
        return np.frombuffer(subscriber.recv().payload.to_bytes(), np.uint8)

    receive.keep = session
    return receive


# multiprocessing.Queue: given to both processes when they start.


def queue_put(queue):
    return queue.put


def queue_get(queue):
    return lambda: queue.get(timeout=PATIENCE)


# What the system itself can do: length and pixels through a plain socket, into memory that is
# there already.


def tcp_sender(endpoint):
    host, port = endpoint.removeprefix("tcp://").split(":")
    server, connection = plain_sockets.create_server((host, int(port))), None

    def send(frame):
        nonlocal connection
        if connection is None:
            server.settimeout(PATIENCE)
            connection, _ = server.accept()
        connection.sendall(LENGTH.pack(frame.nbytes))
        connection.sendall(frame)

    return send


def tcp_reader(endpoint):
    host, port = endpoint.removeprefix("tcp://").split(":")
    connection = plain_sockets.create_connection((host, int(port)), timeout=PATIENCE)
    head, buffers = bytearray(LENGTH.size), {}

    def fill(buffer):
        view, filled = memoryview(buffer), 0
        while filled < len(view):
            count = connection.recv_into(view[filled:])
            if not count:
                raise EOFError("the sender has closed its end")
            filled += count

    def receive():
        fill(head)
        (length,) = LENGTH.unpack(head)
        frame = buffers.get(length)
        if frame is None:
            frame = buffers[length] = np.empty(length, np.uint8)
        fill(frame)
        return frame

    return receive


WAYS = {
    "article, PUSH/PULL": (article_push, article_pull),
    "article, PUB/SUB": (article_pub, article_sub),
    "article, REQ/REP": (article_server, article_client),
    "send_frame, PUSH/PULL": (zmqlab_push, zmqlab_pull),
    "send_frame, PUB/SUB": (zmqlab_pub, zmqlab_sub),
    "send_frame, REQ/REP": (zmqlab_req, zmqlab_rep),
    "imagezmq, PUB/SUB": (imagezmq_pub, imagezmq_sub),
    "imagezmq, REQ/REP": (imagezmq_req, imagezmq_rep),
    "NetGear, PAIR": (netgear_pair, netgear_pair_reader),
    "NetGear, REQ/REP": (netgear_req, netgear_rep),
    "NetGear, PUB/SUB": (netgear_pub, netgear_sub),
    "zenoh, shared memory": (zenoh_pub, zenoh_sub),
    "multiprocessing.Queue": (queue_put, queue_get),
    "plain TCP socket": (tcp_sender, tcp_reader),
}
PEERS = {"imagezmq": "imagezmq", "NetGear": "vidgear", "zenoh": "zenoh", "iceoryx2": "iceoryx2"}
