"""Solutions of the exercises."""

import numpy as np
import zmq

import zmqlab


def mean_worker(frames, results):
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.PUSH) as push,
    ):
        pull.connect(frames)
        push.connect(results)
        while True:
            topic, header, pixels = zmqlab.recv_message(pull, timeout=60)
            if header.get("end"):
                break
            mean = np.frombuffer(pixels, header["dtype"]).mean()
            answer = {"sequence": header["sequence"], "mean": float(mean)}
            zmqlab.send_message(push, "mean", answer)


def in_order(arrivals):
    early, due = {}, 0
    for number, result in arrivals:
        early[number] = result
        while due in early:
            yield early.pop(due)
            due += 1
