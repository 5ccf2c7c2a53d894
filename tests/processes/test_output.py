"""What a process printed: in order, whole, and counted where it is too much."""

import contextlib
import os
import sys

import cloudpickle
import pytest
import zmq
from helpers.observing import LOOPBACK, PATIENCE, connected

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


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("a\r\nb\rc\r\n\r\ne\r\rd\n", "a\nc\n\nd"),
        ("10 %\r20 %\r", "20 %"),
        ("y" * 9000 + "\rshort\n", "short"),
        ("z" * 9000, "z" * 4000 + " [... and 5,000 more characters]"),
        ("\x1b[1;31mred\x1b[0m and \x1b[38;5;12mblue\x1b[m", "red and blue"),
        ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\x1b(B", "alink"),
        ("\x1b[2K\r 50 %\x1b[A", " 50 %"),
        ("\x1b[31", "\x1b[31"),  # no such sequence, as it turned out
        ("[31m and \x1b]" + "x" * 2000, "[31m and \x1b]" + "x" * 2000),
    ],
)
def test_what_a_terminal_without_colours_would_show(written, shown):
    whole, bytewise = output.Output(), output.Output()
    whole.add(written.encode(), last=True)
    for byte in written.encode():
        bytewise.add(bytes([byte]))
    bytewise.add(b"", last=True)
    assert str(whole) == str(bytewise) == shown


def test_there_is_no_keyboard():
    def read(endpoint):
        with contextlib.suppress(EOFError):
            input("Name? ")
        print(repr(sys.stdin.read()))
        with zmq.Context() as context, context.socket(zmq.PULL) as pull:
            pull.bind(endpoint)
            pull.poll()
            input()

    with zmqlab.start(read, LOOPBACK) as process:
        process.wait_output("''")
        assert process.output == "Name? ''"
        assert process.running  # the lifeline is still whole
        with connected(zmq.PUSH, process.endpoint) as push:
            push.send(b"")
            with pytest.raises(zmqlab.ProcessError) as error:
                process.wait(PATIENCE)
    said = str(error.value)
    assert "has no keyboard" in said
    assert "sys.argv" in said
    assert "REQ" in said
    assert "child.py" not in said
