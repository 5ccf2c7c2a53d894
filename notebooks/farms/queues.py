"""What notebook 03 measures of queues: who gets the work, and whose memory it fills."""

import math
import time
from dataclasses import dataclass, field

import zmq
from addresses import free_address

from farms.roles import transform_slowly, wait_with_bar
from zmqlab import Process, open_camera, send_frame, start


def deal(mark, size, tasks=100):
    """Push tasks of so many bytes to an early and a late worker; return what each has done.

    The late one joins when the early one has done ten. All sockets are in this process; in each
    round each worker does one task, if it has one.
    """
    done = {"early": 0, "late": 0}
    with (
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.PULL) as early,
        context.socket(zmq.PULL) as late,
    ):
        push.linger = 0
        push.sndhwm = early.rcvhwm = late.rcvhwm = mark  # first, so that every connection has it
        push.bind("tcp://127.0.0.1:*")
        early.connect(push.last_endpoint)
        sent, joined = 0, False
        while sum(done.values()) < tasks:
            just_before = not joined and done["early"] in (0, 10)
            patience = 500 if just_before else 20  # ms: the system may need time to take them
            while sent < tasks and push.poll(patience, zmq.POLLOUT):  # as many as there is room for
                push.send(bytes(size))
                sent += 1
            if done["early"] == 10 and not joined:
                late.connect(push.last_endpoint)
                joined = True
            for name, worker in [("early", early), ("late", late)]:
                if worker.poll(5):
                    worker.recv()
                    done[name] += 1
    return done


def give_to_whoever_asks(tasks=100):
    """Let an early and a late worker ask for each task; return what each has done."""
    done = {"early": 0, "late": 0}
    with (
        zmq.Context() as context,
        context.socket(zmq.REP) as ventilator,
        context.socket(zmq.REQ) as early,
        context.socket(zmq.REQ) as late,
    ):
        ventilator.rcvtimeo = early.rcvtimeo = late.rcvtimeo = 5000
        ventilator.bind("tcp://127.0.0.1:*")
        early.connect(ventilator.last_endpoint)
        there = {"early": early}
        while sum(done.values()) < tasks:
            if done["early"] == 10:
                late.connect(ventilator.last_endpoint)
                there["late"] = late
            for name, worker in there.items():
                worker.send(b"I have nothing to do")
                ventilator.recv()
                ventilator.send(b"a task")
                worker.recv()
                done[name] += 1
    return done


def ventilate_at_60_hz(frames, door, count, mark):
    """Send frames of a camera at 60 frames per second, once told to; print a line for each."""
    with (
        open_camera("simulated", fps=60) as camera,
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.REQ) as ask,
    ):
        push.sndhwm = mark
        push.bind(frames)
        ask.rcvtimeo = 60_000
        ask.connect(door)
        ask.send(b"shall I begin?")
        ask.recv()
        for number in range(count):
            send_frame(push, camera.read(), sequence=number, timeout=60)
            print("sent frame", number)


@dataclass
class Farm:
    """A ventilator and a worker; `memory` holds three lists: seconds, and megabytes of each."""

    results: str  # where the worker connects to
    ventilator: Process
    worker: Process
    memory: tuple = field(default_factory=lambda: ([], [], []))

    def look(self):
        """Note the memory that each takes now."""
        both = self.ventilator, self.worker
        megabytes = (each.memory / 1e6 or math.nan for each in both)  # nan once it has ended
        for column, value in zip(self.memory, (time.perf_counter(), *megabytes)):
            column.append(value)

    @property
    def sent(self):
        """How many frames the ventilator has sent."""
        return len(self.ventilator.output.splitlines())

    def stop(self):
        """Stop both."""
        self.ventilator.stop()
        self.worker.stop()


def farms_without_sink(marks, count=100):
    """Start a farm for each high-water mark, without a sink, and look at them until one is done.

    That is the one with the highest mark: its ventilator has sent all, its worker has done all.
    """
    farms, door = {}, free_address()
    with zmq.Context() as context, context.socket(zmq.REP) as reply:
        reply.rcvtimeo = 60_000
        reply.bind(door)
        for mark in marks:
            frames_at, results_at = free_address(), free_address()
            work = transform_slowly, frames_at, results_at, "Ada", 1, mark
            film = ventilate_at_60_hz, frames_at, door, count, mark
            worker = start(*work, process_name=f"worker, mark {mark}")
            ventilator = start(*film, process_name=f"ventilator, mark {mark}")
            farms[mark] = Farm(results_at, ventilator, worker)
            print("ventilator and worker with mark", mark, "are up")
        for _ in marks:  # all begin together
            reply.recv()
            reply.send(b"yes")

    def look():
        for farm in farms.values():
            farm.look()

    longest = farms[max(marks)]
    wait_with_bar(longest.ventilator, count, "frame", look)
    longest.worker.wait_until(lambda it: it.messages["PUSH 1"]["out"] == count, 60, "the results")
    look()
    return farms
