"""The farm of notebook 03, from its section 2 on: with a handshake, names and high-water marks.

The roles are those of section 1 and a few lines more. `run_farm` starts them and waits for the end.
"""

import json

import zmq
from addresses import free_address
from tqdm.auto import tqdm

from zmqlab import open_camera, recv_frame, send_frame, spectrum, start


def ventilate_when_asked(frames, door, count, mark):
    """Send frames, once the sink has answered at its door."""
    with (
        open_camera("simulated", paced=False) as camera,
        zmq.Context() as context,
        context.socket(zmq.PUSH) as push,
        context.socket(zmq.REQ) as ask,
    ):
        push.sndhwm = mark
        push.bind(frames)
        ask.rcvtimeo = 60_000
        ask.connect(door)
        ask.send(b"are you there?")
        ask.recv()
        for number in range(count):
            send_frame(push, camera.read(), sequence=number, timeout=60)


def transform_slowly(frames, results, name, laps, mark):
    """Transform each frame as many times as there are laps; send on the last result."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.PUSH) as push,
    ):
        pull.rcvhwm = push.sndhwm = mark
        push.connect(results)
        pull.connect(frames)
        while True:
            _, header, frame = recv_frame(pull, timeout=60)
            for _ in range(laps):
                result = spectrum(frame)
            send_frame(push, result, "result", header["sequence"], worker=name)


def collect_from_all(results, door, count):
    """Answer the ventilator; then print number and worker of each result that comes."""
    with (
        zmq.Context() as context,
        context.socket(zmq.PULL) as pull,
        context.socket(zmq.REP) as reply,
    ):
        pull.bind(results)
        reply.rcvtimeo = 60_000
        reply.bind(door)
        reply.recv()
        reply.send(b"yes")
        for _ in range(count):
            _, header, _ = recv_frame(pull, timeout=60)
            print(json.dumps([header["sequence"], header["worker"]]))


def run_farm(laps, mark=1000, count=90):
    """Return number and worker of each result, in the order of arrival.

    `laps` holds the workers: how many times each of them transforms a frame. The sink comes last,
    when all workers are connected: its answer is the starting gun.
    """
    frames_at, results_at, door_at = free_address(), free_address(), free_address()
    film = ventilate_when_asked, frames_at, door_at, count, mark
    ventilator = start(*film, process_name="ventilator", trace=True)
    workers = []
    for name, number in laps.items():
        work = transform_slowly, frames_at, results_at, name, number, mark
        workers.append(start(*work, process_name=name, trace=True))
        print(name, "is up")
    ventilator.wait_until(lambda it: it.sockets[0]["peers"] == len(laps), 20, "the workers")
    sink = start(collect_from_all, results_at, door_at, count, process_name="sink", trace=True)
    wait_with_bar(sink, count, "result")
    for each in workers:
        each.stop()
    return [tuple(json.loads(line)) for line in sink.output.splitlines()]


def wait_with_bar(process, count, unit, look=lambda: None):
    """Wait for the end of a process that prints a line for each of `count` things; show how far."""
    with tqdm(total=count, unit=unit, leave=False) as bar:

        def ended(process):
            bar.update(min(count, len(process.output.splitlines())) - bar.n)
            look()
            return process.ended

        process.wait_until(ended, 60, f"the last {unit}")
    process.wait()
