"""What ZMTP's parser makes of the specification's own example, of older peers, and of nonsense."""

from pathlib import Path

import pytest
from helpers.zmtp_streams import check, check_all, conversation, facts_of
from hypothesis import given
from hypothesis import strategies as st

from zmqlab.wire.zmtp import LOOK, Parser

CORPUS = Path(__file__).with_name("zmtp_corpus")

# https://rfc.zeromq.org/spec/37/, "Worked Example"
GREETING = bytes.fromhex(
    "ff 00 00 00 00 00 00 00 00 7f 03 01 4e 55 4c 4c" + 16 * "00" + "00" + 31 * "00"
)
DEALER = bytes.fromhex(
    "04 29 05 52 45 41 44 59 0b 53 6f 63 6b 65 74 2d 54 79 70 65 00 00 00 06 44 45 41 4c 45 52"
    "08 49 64 65 6e 74 69 74 79 00 00 00 00"
)
ROUTER = bytes.fromhex(
    "04 1c 05 52 45 41 44 59 0b 53 6f 63 6b 65 74 2d 54 79 70 65 00 00 00 06 52 4f 55 54 45 52"
)
SUB, XSUB = (ROUTER.replace(b"\4\x1c", b"\4" + size).replace(b"\6ROUTER", name) for size, name in (
    (b"\x19", b"\3SUB"), (b"\x1a", b"\4XSUB")
))  # fmt: skip


def command(name, data=b""):
    body = bytes([len(name)]) + name + data
    return (b"\4" + bytes([len(body)]) if len(body) < 256 else long(4, len(body))) + body


def long(flags, size):
    return bytes([flags | 2]) + size.to_bytes(8)


def meanings(text, other=None):
    parser = Parser(other)
    facts = parser.feed(text) + parser.end()
    check(facts)
    return [fact.meaning for fact in facts]


def after_greeting(text, mechanism=b"NULL"):
    greeting = GREETING.replace(b"NULL".ljust(20, b"\0"), mechanism.ljust(20, b"\0"))
    return meanings(greeting + text)[2:]


def test_the_example_of_the_specification():
    client, server = facts_of([(0, GREETING + DEALER), (1, GREETING + ROUTER)])
    assert [fact.kind for fact in client] == ["signature", "greeting", "READY"]
    assert [fact.meaning for fact in client + server[2:]] == [
        "signature of a ZeroMQ socket",
        "greeting: ZMTP 3.1, mechanism NULL",
        'READY: Socket-Type "DEALER", Identity ""',
        'READY: Socket-Type "ROUTER"',
    ]
    assert (client[2].offset, client[2].size, client[2].raw) == (64, 43, DEALER)
    assert client[2].socket_type == "DEALER"
    assert [(raw.hex(" "), words) for raw, words in client[1].fields[:3]] == [
        ("03", "major version"),
        ("01", "minor version"),
        ("4e 55 4c 4c" + 16 * " 00", "mechanism NULL"),
    ]
    assert [raw for raw, _ in server[2].fields] == [
        *(b"\4", b"\x1c", b"\5READY", b"\x0bSocket-Type", b"\0\0\0\6ROUTER")
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SUB + command(b"SUBSCRIBE", b"cam"), 'SUBSCRIBE "cam"'),
        (SUB + command(b"CANCEL", b"cam"), 'CANCEL "cam"'),
        (SUB + command(b"SUBSCRIBE"), 'SUBSCRIBE ""'),
        (XSUB + b"\0\4\1cam", 'message that subscribes to "cam": the older way'),
        (XSUB + b"\0\4\0cam", 'message that cancels "cam": the older way'),
        (XSUB + b"\0\3cam", 'message, 3 bytes: "cam"'),
        (command(b"PING", b"\0\x19"), "PING, time to live 2.5 s"),
        (command(b"PING", b"\0\0\1\2"), "PING, time to live 0 s, context 01 02"),
        (command(b"PONG"), "PONG"),
        (command(b"PONG", b"x"), 'PONG "x"'),
        (command(b"ERROR", b"\x03400"), 'ERROR: "400"'),
        (command(b"HUGS", b"x"), 'a command "HUGS", which ZeroMQ does not know'),
        (command(b"SUBSCRIBE", 300 * b"x"), f'SUBSCRIBE "{40 * "x"}" ..'),
        (b"\0\0", "message, empty"),
        (b"\1\0", "part 1 of a message, more follow, empty"),
        (b"\1\0\0\5hello", 'part 2 of 2, 5 bytes: "hello"'),
        (b"\0\1\xfe", "message, 1 byte: fe"),
        (b"\4\0", "malformed: the name of a command that does not fit into it"),
        (b"\4\2\5x", "malformed: the name of a command that does not fit into it"),
    ],
)
def test_what_frames_mean(text, said):
    assert after_greeting(text)[-1] == said


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (b"\x08\0", "flags 08"),
        (b"\5\0", "flags 05"),
        (long(0, 1 << 63), "a size of 9,223,372,036,854,775,808"),
    ],
)
def test_after_what_is_malformed_nothing_is_read(text, wrong):
    found = after_greeting(text + b"\0\1x")
    assert len(found) == 1
    assert wrong in found[0]
    parser = Parser()
    parser.feed(GREETING + text)
    assert parser.feed(b"\0\1x\0\1x") == []
    assert parser.end()[-1].meaning == "malformed: 6 more bytes that nobody can read"


def test_what_of_curve_can_be_seen():
    """Sizes of https://rfc.zeromq.org/spec/26/; whatever is in the boxes."""
    text = command(b"HELLO", bytes(194)) + command(b"WELCOME", bytes(160))
    text += command(b"READY", bytes(8 + 16 + 23)) + command(b"INITIATE", bytes(96 + 8 + 144))
    parser = Parser()
    facts = parser.feed(GREETING.replace(b"NULL\0", b"CURVE") + text)
    facts += parser.feed(b"\0\x26\7MESSAGE" + (7).to_bytes(8) + bytes(22))
    check(facts)
    facts = facts[2:]
    assert [fact.kind for fact in facts] == ["HELLO", "WELCOME", "READY", "INITIATE", "MESSAGE"]
    assert [len(raw) for raw, _ in facts[0].fields] == [1, 1, 6, 2, 72, 32, 8, 80]
    assert facts[4].meaning == "MESSAGE 7 in a box: 5 bytes of data, or a command"
    assert parser.socket_type == ""


def test_a_frame_that_announces_much_is_shown_at_once_and_not_kept():
    parser = Parser()
    parser.feed(GREETING + SUB)
    assert parser.feed(long(0, 1 << 40) + 100 * b"x") == []
    (fact,) = parser.feed(200 * b"x")
    assert fact.meaning == f'message, 1,099,511,627,776 bytes: "{40 * "x"}" ..'
    assert fact.raw[9:] == LOOK * b"x"
    for _ in range(100):
        assert parser.feed(1_000_000 * b"x") == []
    (end,) = parser.end()
    assert (
        end.meaning
        == f"unfinished: {(1 << 40) - 100_000_300:,} bytes of the last frame did not come"
    )


def test_a_stream_that_ends_too_early():
    assert meanings(GREETING[:20])[-1] == "unfinished: 10 bytes came before the end"
    assert meanings(b"\xff")[-1] == "unfinished: 1 byte came before the end"
    assert meanings(b"") == []


LIBZMQ = b"\xff" + (1).to_bytes(8) + b"\x7f"  # so it begins, to detect ZMTP 1.0


def test_a_peer_that_speaks_zmtp_1():
    one, other = facts_of(
        [(0, LIBZMQ), (1, b"\1\0\5\0abcd\xff" + (4).to_bytes(8) + b"\1abc"), (0, b"\3\1hi\1\0")]
    )
    assert [fact.meaning for fact in other] == [
        "identity, ZMTP 1.0: none",
        'message, 4 bytes: "abcd"',
        'part 1 of a message, more follow, 3 bytes: "abc"',
    ]
    assert [fact.meaning for fact in one[1:]] == [
        'part 1 of a message, more follow, 2 bytes: "hi"',
        "part 2 of 2, empty",
    ]
    assert {fact.version for fact in other + one[1:]} == {"1.0"}


def test_an_identity_of_zmtp_1():
    said = meanings(b"\xff" + (4).to_bytes(8) + b"\0ann")
    assert said == ['identity, ZMTP 1.0: "ann"']


def test_a_peer_that_speaks_zmtp_2():
    """The example is https://rfc.zeromq.org/spec/15/'s grammar; libzmq answers in kind."""
    one, other = facts_of(
        [
            (0, LIBZMQ + b"\3"),
            (1, b"\xff" + bytes(8) + b"\x7f\1\2\0\3ann\0\4\1cam"),
            (0, b"\1\0\0\1\3cam\2" + (5).to_bytes(8) + b"hello"),
        ]
    )
    assert [fact.meaning for fact in other[1:]] == [
        "greeting: ZMTP 2.0, socket type SUB",
        'identity, ZMTP 2.0: "ann"',
        'message that subscribes to "cam": the older way',
    ]
    assert [fact.meaning for fact in one[1:]] == [
        "greeting: able to ZMTP 3, speaks 2.0, socket type PUB",
        "identity, ZMTP 2.0: none",
        'part 1 of a message, more follow, 3 bytes: "cam"',
        'part 2 of 2, 5 bytes: "hello"',
    ]
    assert "flags 04" in meanings(b"\xff" + bytes(8) + b"\x7f\1\2\0\0\4\0")[-1]


def test_what_is_no_zeromq_at_all():
    (said,) = meanings(b"GET / HTTP/1.1\r\n\r\n")
    assert "Is this ZeroMQ at all?" in said
    assert "flags 45" in said
    _, server = facts_of([(0, b"GET / HTTP/1.1\r\n\r\n"), (1, GREETING)])
    assert server[1].version == "3.1", "the other side is read for what it is"


# Anything, with a beginning that leads on to where it matters.
begun = st.sampled_from(
    [b"", LIBZMQ + b"\3", GREETING, GREETING + SUB, GREETING.replace(b"NULL\0", b"CURVE")]
)
tails = st.lists(
    st.binary(max_size=40)
    | st.sampled_from([b"\0\4\1cam", b"\1\0", b"\0\x26\7MESSAGE", b"\1\0\5\0abcd", long(2, 300)])
    | st.builds(command, st.sampled_from([b"READY", b"PING", b"ERROR", b"HELLO"]), st.binary())
)
said = st.tuples(st.integers(0, 1), st.builds(lambda a, b: a + b"".join(b), begun, tails))


@given(st.lists(said, max_size=5))
def test_whatever_comes_in_whatever_pieces_the_facts_are_the_same(talk):
    check_all(conversation(*talk))


@given(st.binary(max_size=300))
def test_bytes_of_any_kind(data):
    check_all(data)


CURVE = GREETING.replace(b"NULL\0", b"CURVE")


@pytest.mark.parametrize(
    "text",
    [
        GREETING.replace(b"NULL\0", b"N\xff\n\0\x01") + SUB.replace(b"SUB", b"S\0B"),
        CURVE + command(b"HELLO", bytes(250)),
        CURVE + b"\0\0" + b"\7MESSAGE" + bytes(30),
        GREETING + b"\4\2\5xREADY",
        LIBZMQ.replace(b"\1\x7f", b"\0\x7f") + b"\1\0",
    ],
)
def test_what_the_fuzzer_found_first(text):
    check_all(conversation((0, text)))
    check_all(conversation((1, b"\1\0"), (0, text)))


@pytest.mark.everything
def test_what_the_fuzzer_has_found():
    paths = sorted(CORPUS.iterdir())
    assert len(paths) > 100
    for path in paths:
        try:
            check_all(path.read_bytes())
        except Exception as error:
            error.add_note(str(path))
            raise
