"""Whether ZMTP's parser keeps its promises, whatever comes: for the tests, and for the fuzzer.

It imports the parser and nothing else, so that the fuzzer can run without the rest.
"""

from zmqlab.wire.zmtp import LOOK, Parser

MOST_KEPT = LOOK + 10  # bytes: the beginning of a frame


def pieces(data):
    """Make of any bytes a conversation: from one side (0) or the other, so many bytes each.

    The first byte of each piece says whose it is, and how long it is to be.
    """
    found, at = [], 0
    while at < len(data):
        side, size = data[at] & 1, data[at] >> 1
        found.append((side, data[at + 1 : at + 1 + size]))
        at += 1 + size
    return found


def conversation(*said):
    """Return the bytes that `pieces` makes (side, bytes), ... of."""
    packed = b""
    for side, text in said:
        for at in range(0, len(text), 127):
            some = text[at : at + 127]
            packed += bytes([len(some) << 1 | side]) + some
    return packed


def facts_of(conversation, split=lambda text: [text]):
    """Feed two parsers; return the facts of each side, looked at to the last word."""
    one = Parser()
    parsers = one, Parser(one)
    facts = [], []
    for side, text in conversation:
        for some in split(text):
            facts[side].extend(parsers[side].feed(some))
            assert len(parsers[side]._data) <= max(MOST_KEPT, len(some) + MOST_KEPT)
    for parser, found in zip(parsers, facts, strict=True):
        parser.feed(b"")
        assert len(parser._data) <= MOST_KEPT
        found.extend(parser.end())
        check(found)
    return facts


def check(facts):
    """Facts follow each other without a gap, and the words are about all bytes, in order."""
    at = 0
    for fact in facts:
        assert fact.offset == at or fact.note, fact
        at = fact.offset + fact.size
        assert len(fact.raw) == min(fact.size, fact.head + LOOK), fact
        assert b"".join(raw for raw, _ in fact.fields) == fact.raw, fact.fields
        assert "\n" not in fact.meaning
        assert fact.meaning.isprintable(), fact.meaning
        assert len(fact.meaning) < 10 * LOOK


def comparable(facts):
    """Leave out how much of what is malformed had come by then."""
    return [
        [fact[:1] + fact[3:] if fact.kind == "malformed" else fact for fact in each]
        for each in facts
    ]


def check_all(data):
    """Check a conversation made of any bytes; it may not matter how it is cut into pieces."""
    said = pieces(data)
    whole = facts_of(said)
    bytewise = facts_of(said, lambda text: [text[at : at + 1] for at in range(len(text))])
    assert comparable(drop_lost(whole)) == comparable(drop_lost(bytewise))


def drop_lost(facts):
    """Leave out how many bytes came after what is malformed."""
    return [[fact for fact in each if "nobody can read" not in fact.note] for each in facts]
