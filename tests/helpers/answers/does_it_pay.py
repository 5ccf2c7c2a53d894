"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

SPECTRUM = solution("right_spectrum")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "right_spectrum": {
        "of each colour": (changed(SPECTRUM, "np.fft.rfft2(grey", "np.fft.rfft2(frame"), "shape"),
        "twice as many digits": (
            changed(SPECTRUM, ".astype(np.complex64)", ".astype(complex)"),
            "complex64",
        ),
        "red for blue": (
            changed(SPECTRUM, "BGR2GRAY", "RGB2GRAY"),
            "looks like that of a grey in which red and blue have changed places",
        ),
        "spoils the frame": (
            changed(SPECTRUM, "    grey", "    frame[:] = 0\n    grey"),
            "has written into the frame",
        ),
        "shifted": (
            changed(
                SPECTRUM, "return np.fft.rfft2(", "return np.fft.fftshift(np.fft.rfft2("
            ).replace(".astype(np.complex64)", ").astype(np.complex64)"),
            "looks like the right one, shifted",
        ),
        "scaled": (
            changed(SPECTRUM, "return ", "return np.complex64(0.5) * "),
            "looks like the right one, scaled",
        ),
        "the whole plane": (changed(SPECTRUM, "rfft2", "fft2"), "shape"),
    },
}
