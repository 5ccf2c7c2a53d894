"""What is a frame is left as it is; what is not is refused with a word on what it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from zmqlab import show_frame, show_spectrum, spectrum
from zmqlab.analysis import check_frame

LENGTH = st.integers(1, 9)
SHAPES = st.tuples(LENGTH, LENGTH) | st.tuples(LENGTH, LENGTH, st.just(3))


@given(arrays(st.sampled_from(["u1", ">u2", "i8", "f2", "f8", "?"]), SHAPES))
def test_any_picture_of_real_numbers_is_a_frame(frame):
    assert check_frame(frame) is frame


@pytest.mark.parametrize(
    ("bad", "error", "says"),
    [
        (None, TypeError, "not NoneType.*busy or gone"),
        (b"pixels", TypeError, "not bytes: b'pixels'"),
        (("frame", {}, np.zeros((4, 4))), TypeError, "not tuple"),
        (np.zeros((4, 4), complex), TypeError, "complex128"),
        (np.full((4, 4), "a"), TypeError, "<U1"),
        (np.zeros((480, 640, 4), np.uint8), ValueError, r"\(480, 640, 4\).*height x width x 3"),
        (np.zeros((4, 4, 1), np.uint8), ValueError, r"\(4, 4, 1\)"),
        (np.zeros((0, 4, 3), np.uint8), ValueError, r"\(0, 4, 3\)"),
        (np.zeros((2, 3, 4, 5), np.uint8), ValueError, r"\(2, 3, 4, 5\)"),
        (np.zeros(4, np.uint8), ValueError, r"\(4,\)"),
        (np.zeros((), np.uint8), ValueError, r"\(\)"),
    ],
)
@pytest.mark.parametrize("use", [check_frame, spectrum, show_frame, show_spectrum])
def test_what_is_not_a_frame(use, bad, error, says):
    with pytest.raises(error, match=says):
        use(bad)
