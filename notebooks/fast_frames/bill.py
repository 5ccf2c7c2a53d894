"""What each step costs that a frame takes on its way."""

import json
import os
import pickle
import socket as plain_sockets
import subprocess
import sys
import threading
import time

import cloudpickle
import numpy as np
import psutil
import zmq

from zmqlab import FRAMES_REUSE_MEMORY, drawing

HD = (1080, 1920, 3)  # 6.2 million bytes


def page_faults():
    """Return how many page faults this process has had."""
    try:
        import resource
    except ImportError:  # Windows
        return psutil.Process().memory_info().num_page_faults
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


def bill(rounds=15):
    """Print the milliseconds, and the page faults, of each step that a frame takes."""
    frame = np.random.default_rng(0).integers(0, 256, HD, np.uint8)
    there = frame.copy()
    data = pickle.dumps(frame)
    with plain_sockets.create_server(("127.0.0.1", 0)) as door:
        sender = plain_sockets.create_connection(door.getsockname())
        receiver, _ = door.accept()

    def through_the_system():
        thread = threading.Thread(target=sender.sendall, args=(frame,))
        thread.start()
        left = memoryview(there).cast("B")
        while left:
            left = left[receiver.recv_into(left) :]
        thread.join()

    steps = {
        "make a pickle": lambda: pickle.dumps(frame),
        "copy it into a message": lambda: zmq.Frame(data, copy=True),
        "through the system": through_the_system,
        "copy it out of the message": lambda: bytes(memoryview(data)),
        "make an array of it": lambda: pickle.loads(data),
        "a copy in memory": lambda: np.copyto(there, frame),
    }
    measured = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            faults, began = page_faults(), time.perf_counter()
            step()
            seconds = time.perf_counter() - began
            measured[name].append((1000 * seconds, page_faults() - faults))
    sender.close()
    receiver.close()
    medians = {name: np.median(values, axis=0).tolist() for name, values in measured.items()}
    print(json.dumps(medians))


def fresh_arrays(count=8):
    """Print the page faults of arrays that are made, filled and let go, one after the other."""
    faults = []
    for _ in range(count):
        before = page_faults()
        array = np.empty(HD, np.uint8)
        array.fill(1)
        faults.append(page_faults() - before)
        del array
    print(json.dumps(faults))


def in_a_terminal(function, **variables):
    """Run a function in a Python of its own, as from a terminal; return what it printed."""
    environment = {k: v for k, v in os.environ.items() if k not in FRAMES_REUSE_MEMORY}
    program = "import pickle, sys; pickle.load(sys.stdin.buffer)()"
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=cloudpickle.dumps(function),  # the function by value, as `start` sends it
        env=environment | variables,
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)


def draw_bills(bills):
    """Draw the bills below each other, with a copy in memory beside them."""
    words = "; ".join(
        f"{name}: " + ", ".join(f"{step} {ms:.2f} ms" for step, (ms, _) in steps.items())
        for name, steps in bills.items()
    )
    with drawing(words, 8.6, 1.5 + 0.75 * len(bills)) as axes:
        for row, steps in enumerate(bills.values()):
            left, (copy, _) = 0, steps["a copy in memory"]
            for number, (name, (ms, _)) in enumerate(steps.items()):
                if name == "a copy in memory":
                    continue
                look = {"color": f"C{(number + 1) % 4}", "alpha": 1 if number < 4 else 0.5}
                axes.barh(row, ms, left=left, height=0.6, label=name if not row else None, **look)
                left += ms
            label = f"{left:.1f} ms: {left / copy:.0f} copies"
            axes.annotate(label, (left, row), (6, 0), textcoords="offset points", va="center")
            axes.plot([copy, copy], [row - 0.45, row + 0.45], color="C1", linewidth=2)
        axes.annotate("one copy in memory", (copy, -0.45), (0, 4), textcoords="offset points")
        axes.set(yticks=range(len(bills)), yticklabels=bills)
        axes.set_xlabel("time of one full HD frame (ms)")
        axes.margins(x=0.22)
        axes.set_ylim(len(bills) - 0.4, -0.75)
        axes.figure.legend(loc="outside lower center", ncols=3)
