"""The nemesis: it breaks what is broken, finds nothing where nothing is, and does so again."""

import re

import pytest
import zmq

from zmqlab import trial
from zmqlab.course.judging import judge
from zmqlab.course.nemesis import MENDED_BY, timetable

ALL = ("kill server", "pause server", "kill wire", "cut", "delay", "throttle", "noise", "flood")


def echo(bind):
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            rep.send(rep.recv())


def naive(endpoint, note):
    """Wait for each reply, however long."""
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.linger = 0
        req.connect(endpoint)
        for number in note.numbers():
            note("asked", number, str(number))
            req.send(b"%d" % number)
            note("answered", number, req.recv().decode())


def stubborn(endpoint, note):
    """Ask with a fresh socket until a reply comes."""
    with zmq.Context() as context:
        for number in note.numbers():
            note("asked", number, str(number))
            reply = None
            while reply is None:
                with context.socket(zmq.REQ) as req:
                    req.linger = 0
                    req.connect(endpoint)
                    req.send(b"%d" % number)
                    reply = req.recv() if req.poll(300) else None
            note("answered", number, reply.decode())


def test_a_seed_is_a_timetable():
    first, again = (timetable(ALL, 20, seed=3) for _ in range(2))
    assert first == again != timetable(ALL, 20, seed=4)
    assert set(ALL) <= set(first.values())
    assert min(first) > 0
    assert max(first) < 21
    acts = [first[when] for when in sorted(first)]
    assert acts == list(first.values())
    for act, after in zip(acts, [*acts[1:], ""], strict=True):
        what, _, name = act.partition(" ")
        if what in MENDED_BY:  # before the next fault
            assert after == f"{MENDED_BY[what]} {name}".strip()
    assert timetable([], 20, seed=3) == {}


@pytest.mark.parametrize("act", ["kill", "kill nobody", "break server", "cut server", ""])
def test_a_fault_that_is_none(act):
    with pytest.raises(ValueError, match=rf"no fault '{act}'.*kill.*flood.*server or wire"):
        trial({"server": echo}, [act])


@pytest.mark.everything
@pytest.mark.timeout(600)
def test_the_simplest_client_breaks_and_is_shown():
    verdict = trial({"server": echo, "client": naive}, ["kill server"], 4, seed=5, ending=3)
    assert not verdict
    texts = " ".join(text for _, text in verdict.broken)
    assert "client had not ended 3 s after all was mended" in texts
    assert [act for _, act in verdict.acts][:2] == ["kill server", "restart server"]
    assert "seed 5, which repeats it" in repr(verdict)
    page = verdict._repr_html_()
    assert "seed 5" in page
    assert "<svg" in page
    assert re.search(r"client.*REQ 0 →", page)
    lost = verdict.counts["asked"] - 1
    assert verdict.counts["answered"] == lost
    assert any(f"“{lost}”" in line for line in verdict.story())  # the request that was lost
    assert any("kill server" in line for line in verdict.story())


@pytest.mark.timeout(600)
def test_all_faults_leave_a_stubborn_client_whole():
    table = timetable(ALL, 6, seed=1)
    assert set(ALL) <= set(table.values())
    verdict = trial({"server": echo, "client": stubborn}, table, seed=1, ending=60)
    assert verdict, verdict
    assert [act for _, act in verdict.acts] == [table[when] for when in sorted(table)]
    assert verdict.counts["asked"] == verdict.counts["answered"] > 1
    assert not verdict.around()
    assert not verdict.story()
    assert "seed 1: nothing was broken" in repr(verdict)
    assert "<svg" not in verdict._repr_html_()


HISTORIES = {
    "": "asked 1, done 1, answered 1, asked 2, unknown 2, asked 3, done 3, answered 3",
    "request 1 of client was answered, after it had been a": "asked 1, answered 1, answered 1",
    "request 1 of client was answered, after it had been u": "asked 1, unknown 1, answered 1",
    "request 2 of client was answered, and never asked": "asked 1, answered 1, answered 2",
    "request 1 of client was answered 'b' instead of 'a'": "asked 1 a, answered 1 b",
    "request 2 of client, sent when all was mended, was unknown": "asked 2, unknown 2",
    "request 2 of client, sent when all was mended, was never settled": "asked 2",
    "request 1 was done twice": "asked 1, done 1, done 1, answered 1",
    "request 1 was answered, and never done": "asked 1, answered 1, asked 2, done 2, answered 2",
    "message 2 was promised by client, and never came": "promised 1, received 1, promised 2",
    "message 2 came to client, and was never sent": "sent 1, received 1, received 2",
    "message 1 was 'a' when sent, and came to client as 'b'": "sent 1 a, received 1 b",
    "message 1 came to client twice": "received 1, received 1",
    "message 1 came to client after message 2": "received 2, received 1",
    "client noted nothing": "",
}


def history_of(text):
    lines = [line.split() for line in text.split(", ")] if text else []
    return [
        {"time": float(at), "what": what, "number": int(number), "who": "client"}
        | {"value": value[0] if value else None}
        for at, (what, number, *value) in enumerate(lines)
    ]


@pytest.mark.parametrize("broken", HISTORIES)
def test_what_is_judged(broken):
    found = [text for _, text in judge(history_of(HISTORIES[broken]), "client", [], None)]
    assert len(found) == bool(broken), found
    assert all(text.startswith(broken) for text in found)
