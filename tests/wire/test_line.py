"""A line that is long, narrow or bad: when what enters it comes out."""

import json

import pytest
import zmq
from helpers.streams import raw_socket
from hypothesis import given
from hypothesis import strategies as st

from zmqlab.wire.commands import answer_command
from zmqlab.wire.line import Line


def test_a_line_that_is_slow():
    line = Line(delay=1.0, rate=100)
    assert not line.idle
    assert line.out("there", 200, now=10) == 10 + 2 + 1
    assert line.out("there", 100, now=10) == 10 + 2 + 1 + 1  # waits for the one before
    assert line.out("back", 100, now=10) == 10 + 1 + 1  # which went the other way
    assert line.until_room("there", now=11) == pytest.approx(2 - 0.1)
    assert line.until_room("there", now=13) == 0
    assert line.out("there", 100, now=50) == 52
    line.set(rate=1000)
    assert line.until_room("there", now=50) == 0  # nobody waits for what was slow before
    line.set(rate=None, delay=0)
    assert line.idle
    assert line.out("back", 10**9, now=50) == 50


def test_a_line_that_loses():
    assert not any(Line().loses() for _ in range(100))
    assert 200 < sum(Line(loss=0.5).loses() for _ in range(1000)) < 800


def answered(*parts, **commands):
    """Return what a line replies to a request: its parts, and the command that was carried out."""
    with raw_socket(zmq.ROUTER) as server, raw_socket(zmq.DEALER, server.last_endpoint) as client:
        for envelope in ([b"no envelope"], [b""]):  # not requests: nobody is to wait for a reply
            client.send_multipart(envelope)
        client.send_multipart([b"", *parts])
        carried_out = []
        while not client.poll(1):
            if server.poll(0):
                carried_out.append(answer_command(server, set=Line().set, **commands))
        _, topic, header, _ = client.recv_multipart()
        return topic.decode(), json.loads(header), carried_out[-1]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"delay": -1}, "ArgumentError: delay=-1: give a number from 0 to 10"),
        ({"delay": None}, "delay=None"),
        ({"delay": True}, "delay=True"),
        ({"loss": 1}, "from 0 to 0.9"),
        ({"rate": "fast"}, "rate='fast'"),
        ({"colour": 3}, "unknown setting 'colour': set delay, rate, loss"),
    ],
)
def test_a_line_that_cannot_be(settings, text):
    with pytest.raises(ValueError, match=text.removeprefix("ArgumentError: ")):
        Line(**settings)
    topic, header, command = answered(b"set", json.dumps(settings).encode())
    assert (topic, command) == ("error", "")
    assert text in header["error"]


def test_what_a_line_is_asked():
    settings = {"delay": 0.5, "rate": None, "loss": 0.0}
    assert answered(b"set", b'{"delay": 0.5}') == ("ok", {"settings": settings}, "set")
    more = {"smile": lambda count=1: {"smiles": count}}
    assert answered(b"smile", **more) == ("ok", {"smiles": 1}, "smile")
    assert answered(b"smile", b'{"count": 2}', **more) == ("ok", {"smiles": 2}, "smile")
    error = answered(b"laugh", **more)[1]["error"]
    assert "unknown command 'laugh' in 1 parts: send one of set, smile" in error


@given(
    st.lists(
        st.binary(max_size=30) | st.sampled_from([b"set", b"{}", b"[1]"]), min_size=1, max_size=4
    )
)
def test_whatever_is_asked_gets_a_reply(parts):
    topic, header, command = answered(*parts)
    assert topic == ("ok" if command else "error")
    assert header
