"""Captures of connections on which something is wrong: each shows what, and none of the others."""

import pytest
from exercises.captures import CASES, captures_of


@pytest.fixture(scope="module")
def captures():
    return captures_of()


def by(capture, side):
    return [entry["meaning"] for entry in capture if entry["side"] == side]


# What is wrong in a capture, as somebody who reads it sees it.
SIGNS = {
    "wrong socket type": lambda capture: (
        'READY: Socket-Type "PUB"' in by(capture, "bound")
        and any('"REQ"' in said for said in by(capture, "connected"))
    ),
    "wrong topic": lambda capture: any(
        said == 'SUBSCRIBE "Camera/"' for said in by(capture, "connected")
    ),
    "no empty part": lambda capture: (
        'message, 4 bytes: "read"' in by(capture, "connected")
        and 'READY: Socket-Type "REP"' in by(capture, "bound")
    ),
    "ZMTP 1.0": lambda capture: "identity, ZMTP 1.0: none" in by(capture, "connected"),
    "ZMTP 2.0": lambda capture: "identity, ZMTP 2.0: none" in by(capture, "connected"),
    "key refused": lambda capture: 'ERROR: "400"' in by(capture, "bound"),
}


def test_each_shows_what_is_wrong_and_nothing_else(captures):
    assert captures.keys() == CASES.keys()
    assert SIGNS.keys() == CASES.keys() - {"all is well"}
    for case, capture in captures.items():
        wrong = [name for name, sign in SIGNS.items() if sign(capture)]
        assert wrong == [case] * (case in SIGNS), capture
        assert [entry["number"] for entry in capture] == list(range(1, len(capture) + 1))
        assert capture[0]["connection"] == 1
        assert capture[-1]["kind"] == "closed"


def test_where_all_is_well(captures):
    said = [e["meaning"] for e in captures["all is well"] if e["kind"] == "message"]
    empty = "part 1 of a message, more follow, empty"
    assert said == [empty, 'part 2 of 2, 4 bytes: "read"', empty, 'part 2 of 2, 5 bytes: "hello"']


def test_the_publisher_filters(captures):
    """Nothing but the handshake goes to the one with the wrong topic."""
    capture = captures["wrong topic"]
    wrong = {e["connection"] for e in capture if e["meaning"] == 'SUBSCRIBE "Camera/"'}
    counts = [
        sum(e["kind"] == "message" and (e["connection"] in wrong) == is_wrong for e in capture)
        for is_wrong in (True, False)
    ]
    assert counts == [0, 6]


def test_an_unknown_case():
    with pytest.raises(ValueError, match="case 'bad luck' is none of 'all is well'"):
        captures_of("bad luck")
