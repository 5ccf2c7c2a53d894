"""The article's camera server and a server of objects, for notebook 02 to look at and to break."""

import zmq

from zmqlab import open_camera


def article_camera_server(bind):
    """Reply a frame, as a pickle, to `read`; end at `stop`.

    As the article has it, but for `open_camera`, which stands in place of OpenCV's
    `VideoCapture`, so that it runs without a webcam too.
    """
    with open_camera() as camera, zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        while True:
            message = socket.recv_string()
            if message == "read":
                socket.send_pyobj(camera.read())
            if message == "stop":
                socket.send_string("Stopping server")
                break


def server_of_objects(bind):
    """Take two pickled objects from whoever sends them."""
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind(bind)
        for _ in range(2):
            print("received", socket.recv_pyobj())
            socket.send_string("thank you")
