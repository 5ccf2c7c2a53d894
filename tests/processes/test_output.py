"""What a process printed: in order, whole, and counted where it is too much."""

import os
import subprocess
import sys

import cloudpickle
import numpy as np
import psutil
import pytest
import zmq
from helpers.observing import LOOPBACK, PATIENCE

import zmqlab
from zmqlab.processes import output

# As the functions of a notebook do, those of this file travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])


@pytest.fixture(autouse=True)
def all_stopped():
    yield
    zmqlab.stop_all()


def printed(function, *args):
    """Run a function to its end in another process; return what it printed."""
    process = zmqlab.start(function, *args)
    assert process.wait(PATIENCE) == 0
    return process.output


def test_output_and_errors_come_in_their_order():
    def talk():
        for number in range(100):
            print(number, file=(sys.stdout, sys.stderr)[number % 2])
            os.write(1 + number % 2, b"raw\n")

    expected = "\n".join(f"{number}\nraw" for number in range(100))
    assert printed(talk) == expected


def test_a_flood_is_capped_and_counted():
    def flood(count):
        for number in range(count):
            print(number)

    process = zmqlab.start(flood, 200_000)
    process.wait(60)
    lines = process.output.split("\n")
    assert lines == [str(number) for number in range(200_000 - output.MOST_LINES, 200_000)]
    assert process.lines_lost == 200_000 - output.MOST_LINES


def test_a_long_line_is_cut_and_counted():
    def talk():
        sys.stdout.write("x" * 10_000_000)
        sys.stdout.flush()
        print("\nend")

    first, last = printed(talk).split("\n")
    assert first == "x" * output.LONGEST_LINE + " [... and 9,996,000 more characters]"
    assert last == "end"


def test_any_bytes_are_shown():
    def talk():
        for byte in "é€😀".encode():
            os.write(1, bytes([byte]))  # a character may come in pieces
        os.write(1, b"\n\xff\xfe\x00\n\xc3")
        print("\udc80")

    assert printed(talk) == "é€😀\n\ufffd\ufffd\x00\n\ufffd\\udc80"


def test_a_progress_bar_shows_its_last_state():
    def work(endpoint):
        with zmq.Context() as context, context.socket(zmq.REQ) as req:
            req.connect(endpoint)
            for percent in range(101):
                print(f"\r{percent} %", end="", flush=True)
                if percent == 50:
                    req.send(b"half")
                    req.recv()
            print("\r\nwindows\r")
            print("next", end="\r", flush=True)
            req.send(b"all")
            req.recv()
            print("end")

    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(LOOPBACK)
        rep.rcvtimeo = int(1000 * PATIENCE)
        process = zmqlab.start(work, rep.last_endpoint.decode())
        assert rep.recv() == b"half"
        assert process.wait_output("50 %") == "50 %"  # before the line has an end
        assert process.output == "50 %"
        rep.send(b"")
        assert rep.recv() == b"all"
        process.wait_output("next")
        assert process.output == "100 %\nwindows\nnext"
        rep.send(b"")
        process.wait(PATIENCE)
        assert process.output == "100 %\nwindows\nend"


def test_pieces_of_output_come_to_the_same():
    text = "a\r\nb\rcä€😀\r\n\r\ne\r\rd\n" + "y" * 9000 + "\rshort\n"
    text += "z" * 9000 + "\n10 %\r20 %\r"
    whole = output.Output()
    whole.add(text.encode(), last=True)
    assert str(whole).startswith("a\ncä€😀\n\nd\nshort\nzzz")
    assert str(whole).endswith("[... and 5,000 more characters]\n20 %")
    rng = np.random.default_rng(0)
    for _ in range(300):
        pieces, rest = output.Output(), text.encode()
        while rest:
            cut = int(rng.integers(1, rng.choice([2, 5, 5000])))
            pieces.add(rest[:cut])
            rest = rest[cut:]
        pieces.add(b"", last=True)
        assert (str(pieces), pieces.seen) == (str(whole), whole.seen)


def test_an_endless_flood_can_be_stopped():
    def flood():
        zmqlab.ready()
        while True:
            print("flood")

    process = zmqlab.start(flood)
    process.wait_until(lambda it: it.lines_lost > 10_000, PATIENCE)
    process.stop()
    assert process.state == "stopped"


def test_a_grandchild_that_holds_the_pipe_does_not_hold_us():
    """One that ignores that it should end, and what its parent was told."""

    def leave_behind():
        stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True)"
        grandchild = subprocess.Popen(
            [sys.executable, "-c", f"{stubborn}; import time; time.sleep(60)"],
            stdout=subprocess.PIPE,
        )
        grandchild.stdout.readline()
        print(grandchild.pid)

    process = zmqlab.start(leave_behind)
    assert process.wait(PATIENCE) == 0
    process.stop()
    grandchild = psutil.Process(int(process.output))
    grandchild.kill()
    psutil.wait_procs([grandchild], timeout=PATIENCE)


def test_input_is_at_its_end():
    def read():
        try:
            input("Name? ")
        except EOFError as error:
            print(type(error).__name__)
        print(repr(sys.stdin.read()))
        with zmq.Context() as context, context.socket(zmq.PULL) as pull:
            pull.bind(LOOPBACK)
            pull.recv()

    with zmqlab.start(read) as process:
        assert process.output == "Name? EOFError\n''"
        assert process.running  # the lifeline is still whole
    assert process.state == "stopped"
