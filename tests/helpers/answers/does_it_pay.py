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
        "one axis after the other": spectrum(
            GREY, "half = np.fft.fft(np.fft.rfft(grey, axis=1), axis=0)", NARROW
        ),
        "OpenCV's transform": spectrum(
            "grey = np.float32(cv2.cvtColor(frame.copy(), cv2.COLOR_BGR2GRAY))",
            "plane = cv2.dft(grey, flags=cv2.DFT_COMPLEX_OUTPUT)",
            "half = plane[:, : grey.shape[1] // 2 + 1]",
            "return half[..., 0] + 1j * half[..., 1]",
        ),
        "grey by hand, not rounded": spectrum(
            "grey = frame @ np.array([0.114, 0.587, 0.299])",
            "return np.complex64(np.fft.rfft2(grey))",
        ),
        "a closure": """\
def transform(to_grey):
    def right_spectrum(frame):
        return np.fft.rfft2(to_grey(frame)).astype("complex64")

    return right_spectrum


right_spectrum = transform(lambda frame: cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))
""",
        "scipy": """
import scipy.fft


def right_spectrum(frame):
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    return scipy.fft.rfftn(grey.astype("f4"), overwrite_x=True).astype("c8", copy=False)
""",
        "two matrices": """
import functools


@functools.lru_cache
def waves(length, count):
    turns = np.outer(np.arange(count), np.arange(length)) % length / length
    return np.exp(-2j * np.pi * turns)


def right_spectrum(frame):
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    height, width = grey.shape
    half = waves(height, height) @ grey @ waves(width, width // 2 + 1).T
    return half.astype(np.complex64)
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "right_spectrum": {
        "width and colour, halved": (
            changed(SPECTRUM, "np.fft.rfft2(grey", "np.fft.rfft2(frame"),
            r"Width and colour have been transformed, as in the article.*\(48, 32\).*\(48, 63, 2\)",
        ),
        "of each colour": (
            spectrum("half = np.fft.rfft2(frame, axes=(0, 1))", NARROW),
            "Each colour has been transformed by itself",
        ),
        "the whole plane": (
            changed(SPECTRUM, "rfft2", "fft2"),
            "That is the whole plane; one half of it says all",
        ),
        "a column too few": (
            spectrum(GREY, "half = np.fft.fft2(grey)[:, : frame.shape[1] // 2]", NARROW),
            "A column is missing",
        ),
        "height and width have changed places": (
            changed(SPECTRUM, "rfft2(grey", "rfft2(grey.T"),
            r"shape.*is not right.*\(48, 32\).*\(63, 25\)",
        ),
        "height halved": (
            spectrum(GREY, "half = np.fft.rfft2(grey, axes=(1, 0))", NARROW),
            "Height has been halved",
        ),
        "made small": (
            changed(SPECTRUM, "    grey", "    frame = cv2.resize(frame, (32, 32))\n    grey"),
            r"shape of what it returns.*is not right.*\(32, 17\)",
        ),
        "twice as many digits": (
            changed(SPECTRUM, ".astype(np.complex64)", ".astype(complex)"),
            "type of its numbers.*'complex64'.*gave: 'complex128'",
        ),
        "absolute values": (
            changed(SPECTRUM, "return ", "return abs(")[:-1] + ")\n",
            "type of its numbers.*'complex64'.*gave: 'float32'",
        ),
        "a list": (
            changed(SPECTRUM, ".astype(np.complex64)", ".tolist()"),
            r"expected: an array.*\(list\)",
        ),
        "nothing": (changed(SPECTRUM, "return ", "half = "), "expected: an array.*gave: None"),
        "red for blue": (
            changed(SPECTRUM, "BGR2GRAY", "RGB2GRAY"),
            "looks like that of a grey in which red and blue have changed places",
        ),
        "the mean of the colours": (
            spectrum("half = np.fft.rfft2(frame.mean(axis=2))", NARROW),
            "looks like that of another grey, the mean of the three colours",
        ),
        "blue only": (
            spectrum("half = np.fft.rfft2(frame[..., 0])", NARROW),
            "looks like that of one colour",
        ),
        "green only": (
            spectrum("half = np.fft.rfft2(frame[:, :, 1])", NARROW),
            "looks like that of one colour, green",
        ),
        "each row by itself": (
            spectrum(GREY, "half = np.fft.rfft(grey)", NARROW),
            "looks like that of each row by itself",
        ),
        "without its mean": (
            changed(SPECTRUM, "grey.astype(np.float32)", "grey - grey.mean()"),
            "looks like that of the frame without its mean",
        ),
        "spoils the frame": (
            changed(SPECTRUM, "    grey", "    frame[:] = 0\n    grey"),
            "has written into the frame",
        ),
        "keeps its grey in the frame": (
            spectrum(GREY, "frame[..., 0] = grey", "half = np.fft.rfft2(frame[..., 0])", NARROW),
            "has written into the frame",
        ),
        "shifted": (
            spectrum(GREY, "half = np.fft.fftshift(np.fft.rfft2(grey))", NARROW),
            "looks like the right one, shifted",
        ),
        "rows shifted": (
            spectrum(GREY, "half = np.fft.fftshift(np.fft.rfft2(grey), axes=0)", NARROW),
            "looks like the right one, with its rows shifted",
        ),
        "the other half": (
            spectrum(GREY, "half = np.fft.fft2(grey)[:, frame.shape[1] // 2 :]", NARROW),
            "looks like the other half",
        ),
        "scaled": (
            changed(SPECTRUM, "return ", "return np.complex64(0.5) * "),
            "looks like the right one, scaled",
        ),
        "scaled by the number of pixels": (
            spectrum(GREY, 'half = np.fft.rfft2(grey, norm="forward")', NARROW),
            "looks like the right one, scaled",
        ),
        "of pixels up to one": (
            changed(SPECTRUM, "grey.astype(np.float32)", "grey / 255"),
            "looks like the right one, scaled",
        ),
        "the highest is one": (
            spectrum(GREY, "half = np.fft.rfft2(grey)", "half /= abs(half).max()", NARROW),
            "looks like the right one, scaled",
        ),
        "no phases": (
            spectrum(GREY, "half = abs(np.fft.rfft2(grey))", NARROW),
            "looks like the right one, without its phases",
        ),
        "the logarithm": (
            spectrum(GREY, "half = np.log(1 + abs(np.fft.rfft2(grey)))", NARROW),
            "looks like the logarithm of the right one",
        ),
        "its inverse": (
            spectrum(GREY, "half = np.fft.ifft2(grey)[:, : frame.shape[1] // 2 + 1]", NARROW),
            "looks like the right one, conjugated and scaled",
        ),
        "another one": (
            changed(SPECTRUM, "grey.astype(np.float32)", "cv2.blur(grey, (3, 3))"),
            "looks like no other that we know",
        ),
        "zeros": (
            spectrum("return np.zeros((frame.shape[0], frame.shape[1] // 2 + 1), np.complex64)"),
            "looks like zeros only",
        ),
        "is asynchronous": (changed(SPECTRUM, "def ", "async def "), "It is an `async def`"),
        "one array for all": (
            "buffers = {}\n\n\n"
            + spectrum(
                GREY,
                "half = np.fft.rfft2(grey).astype(np.complex64)",
                "buffer = buffers.setdefault(half.shape, half)",
                "buffer[:] = half",
                "return buffer",
            ),
            "has written into a spectrum that it had returned before",
        ),
        "protects the frame": (
            changed(SPECTRUM, "    grey =", "    frame.setflags(write=False)\n    grey ="),
            "has written into the frame",
        ),
        "half the width, rounded": (
            """
def right_spectrum(frame):
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    columns = round(grey.shape[1] / 2) + 1
    half = np.fft.fft2(grey)[:, :columns]
    return half.astype(np.complex64)
""",
            r"A column too many.*\(48, 32\).*\(48, 33\)",
        ),
        "kept for each array": (
            """
spectra = {}


def right_spectrum(frame):
    if id(frame) not in spectra:
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        spectra[id(frame)] = np.fft.rfft2(grey).astype(np.complex64)
    return spectra[id(frame)].copy()
""",
            "red noise: it looks like that of frame 1",
        ),
        "seen as complex64": (
            """
def right_spectrum(frame):
    grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
    half = np.fft.rfft2(grey)
    return half.view(np.complex64)
""",
            r"is not right.*\(48, 32\).*\(48, 64\)",
        ),
    },
}
