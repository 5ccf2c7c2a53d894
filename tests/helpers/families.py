"""Roles for families of processes, as the text of a program: one that answers, one that stays."""

ROLES = """
import time, zmq, zmqlab

def echo():
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind("tcp://127.0.0.1:*")
        while True:
            rep.send(rep.recv())

def stubborn():
    zmqlab.ready()
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass
"""
