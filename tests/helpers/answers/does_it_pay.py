"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

SPECTRUM = solution("right_spectrum")


def spectrum(*lines):
    """Return a `right_spectrum` of these lines."""
    return "def right_spectrum(frame):\n" + "".join(f"    {line}\n" for line in lines)


GREY = "grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)"
NARROW = "return half.astype(np.complex64)"

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "right_spectrum": {
        "half of the whole plane": spectrum(
            GREY, "half = np.fft.fft2(grey)[:, : frame.shape[1] // 2 + 1]", NARROW
        ),
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "right_spectrum": {
        "width and colour, halved": (
            changed(SPECTRUM, "np.fft.rfft2(grey", "np.fft.rfft2(frame"),
            r"width and colour were transformed, and colour halved.*\(48, 32\).*\(48, 63, 2\)",
        ),
        "of each colour": (
            spectrum("half = np.fft.rfft2(frame, axes=(0, 1))", NARROW),
            "looks like each colour was transformed by itself",
        ),
        "nothing": (changed(SPECTRUM, "return ", "half = "), "expected: an array.*gave: None"),
        "is asynchronous": (changed(SPECTRUM, "def ", "async def "), "It is an `async def`"),
    },
}
