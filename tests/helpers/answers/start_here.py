"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

BYTES = solution("bytes_per_second")


def returns(expression):
    return f"def bytes_per_second(width, height, fps):\n    return {expression}\n"


# Of each exercise, titles and sources.
RIGHT = {
    "bytes_per_second": {
        "of an array": returns("np.zeros((height, width, 3), np.uint8).nbytes * fps"),
        "a float": returns("float(np.prod([height, width, 3.0, fps]))"),
        "a method": """
class Camera:
    colours = 3

    def bytes_per_second(self, width, height, fps):
        return fps * self.colours * width * height

bytes_per_second = Camera().bytes_per_second
""",
        "a closure": """
def bytes_of(colours):
    def bytes_per_second(width, height, fps):
        frame = width * height * colours
        return frame * fps
    return bytes_per_second

bytes_per_second = bytes_of(3)
""",
        "real bytes": """
def bytes_per_second(width, height, fps):
    return len(memoryview(bytearray(3 * width * height))) * fps
""",
        "row by row": """
def bytes_per_second(width, height, fps):
    def rows():
        for _ in range(height):
            yield 3 * width
    return fps * sum(rows())
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "bytes_per_second": {
        "grey": (
            changed(BYTES, " * 3", ""),
            "looks like one byte for each pixel.*expected: 149299200.*it gave: 49766400",
        ),
        "four channels": (changed(BYTES, " * 3", " * 4"), "looks like four bytes for each pixel"),
        "one frame": (changed(BYTES, " * fps", ""), "bytes of one frame.*it gave: 6220800"),
        "says it instead": (
            "def bytes_per_second(width, height, fps):\n    print(width * height * 3 * fps)\n",
            "looks like a missing `return`.*None.*what it printed:.*149299200",
        ),
        "bits": (changed(BYTES, " * 3", " * 24"), "looks like bits"),
        "three bits": (changed(BYTES, " * 3", " * 3 / 8"), "looks like bytes divided by 8"),
        "megabytes": (returns("width * height * 3 * fps / 1e6"), "looks like megabytes"),
        "mebibytes": (
            returns("width * height * 3 * fps / 2**20"),
            "looks like megabytes of 2\\*\\*20 bytes",
        ),
        "kilobytes": (returns("width * height * 3 * fps / 1000"), "looks like kilobytes"),
        "divided": (changed(BYTES, "* fps", "/ fps"), "divided by `fps`"),
        "text": (returns('f"{width * height * 3 * fps}"'), "looks like text.*(str)"),
        "text with a unit": (
            returns('f"{width * height * 3 * fps} B/s"'),
            "149299200 .int.*B/s.*str",
        ),
        "whole frames": (
            returns("width * height * 3 * int(fps)"),
            "2.5 times.*`fps` was made a whole number",
        ),
        "the example": (returns("27_648_000"), "1920 x 1080.*always the same"),
        "30 frames": (
            returns("width * height * 3 * 30"),
            "1920 x 1080.*looks like 30 frames a second",
        ),
        "VGA": (changed(BYTES, "width * height", "640 * 480"), "640 x 480 pixels, whatever"),
        "a square": (returns("width * width * 3 * fps"), r"width \* width"),
        "a sum": (changed(BYTES, "width * height", "(width + height)"), r"width \+ height"),
        "divided by the seconds of a frame": (
            returns("width * height * 3 // (1 / fps)"),
            "4 x 3 pixels come 2.5 times.*expected: 90.0.*gave: 89.0",
        ),
        "remembers the size only": (
            """
known = {}


def bytes_per_second(width, height, fps):
    if (width, height) not in known:
        known[width, height] = width * height * 3 * fps
    return known[width, height]
""",
            "4 x 3 pixels come 8 times.*looks like what it gave for that size before",
        ),
        "a running total": (
            """
total = 0


def bytes_per_second(width, height, fps):
    global total
    total += width * height * 3 * fps
    return total
""",
            "640 x 480 pixels come 30 times",
        ),
        "half the colours": (
            """
def bytes_per_second(width, height, fps):
    return (width * height + 2 * (width // 2) * (height // 2)) * fps
""",
            "24 times a second:.*it gave: 74649600",
        ),
    },
}
