"""Solutions of the exercises."""

import json
import math
import time

import numpy as np
import zmq

import zmqlab
from zmqlab import (
    find_peaks,
    spectrum,
)


def frame_message(frame, sequence):
    header = {
        "dtype": str(frame.dtype),
        "shape": list(frame.shape),
        "sequence": sequence,
        "time": time.time(),
    }
    return [b"frame", json.dumps(header).encode(), np.ascontiguousarray(frame)]


def safe_camera_server(bind):
    with (
        zmqlab.open_camera("simulated") as camera,
        zmq.Context() as context,
        context.socket(zmq.REP) as socket,
    ):
        socket.bind(bind)
        while True:
            request = socket.recv_multipart()
            if request == [b"read"]:
                try:
                    frame = camera.read()
                except zmqlab.CameraError as error:
                    zmqlab.send_message(socket, "error", {"error": str(error)})
                else:
                    zmqlab.send_frame(socket, frame)
            elif request == [b"stop"]:
                zmqlab.send_message(socket, "ok", {})
                break
            else:
                zmqlab.send_message(socket, "error", {"error": f"unknown command {request}"})


def measure_fringe_period(endpoint):
    topic, header, frame = zmqlab.request(endpoint, "read")
    (peak,) = find_peaks(spectrum(frame), frame.shape)
    return 1 / math.hypot(peak.fx, peak.fy)
