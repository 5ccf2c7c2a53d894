"""What hypothesis makes up for the tests: headers and pieces of messages from anybody."""

from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
small = st.integers(-2, 9)
KEYS = {
    "dtype": st.sampled_from(["uint8", "bool", "float64", "object", "u1", ""]),
    "shape": st.lists(small, max_size=4),
    "sequence": small,
    "time": small,
    "ring": st.sampled_from(["", "1-0123456789abcdef", "../ring"]),
    "slot": small,
    "turn": small,
}


def headers(*keys):
    """Headers with these keys or without them, whose values are nearly right, or anything."""
    return st.fixed_dictionaries({}, optional={key: KEYS[key] | json_values for key in keys})


edits = st.lists(
    st.tuples(st.integers(0, 2), st.floats(0, 1), st.binary(max_size=3), st.integers(0, 3)),
    min_size=1,
    max_size=4,
)


def mutilate(parts, changes):
    """Take bytes out of the parts of a message, and put others in."""
    parts = [bytes(memoryview(part).cast("B")) for part in parts]
    for which, where, added, removed in changes:
        at = round(where * len(parts[which]))
        parts[which] = parts[which][:at] + added + parts[which][at + removed :]
    return parts
