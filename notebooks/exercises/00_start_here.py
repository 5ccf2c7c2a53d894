"""The exercises of notebook 00: hints, a solution and a check of each."""

import math

from zmqlab.course.exercises import hints
from zmqlab.course.trial import expect_return


@hints(
    "How many pixels has a frame? How many numbers has a pixel, and how many bytes has each?",
    "A pixel is blue, green and red, each of them a `uint8`: one byte. And there are `fps` frames "
    "in a second.",
    "`return width * height * 3 * fps`.",
)
def bytes_per_second(width, height, fps):
    return width * height * 3 * fps


def check_bytes_per_second(function):
    sizes = [(1920, 1080, 24), (640, 480, 30), (5, 3, 7), (4, 3, 2.5), (320, 200, 0.5)]
    sizes += [(8191, 4321, 120), (4, 3, 8)]
    first: dict[tuple[int, int], float] = {}
    for width, height, fps in sizes:
        when = f"{width} x {height} pixels come {fps:g} times a second"
        pixels, right = width * height * fps, width * height * 3 * fps
        mistakes = {
            "what it gave for that size before": first.setdefault((width, height), right),
            "a missing `return`": None,
            "text": str(right),
            "`fps` was made a whole number": width * height * 3 * int(fps),
            "`fps` was rounded up": width * height * 3 * math.ceil(fps),
            "one byte for each pixel": pixels,
            "four bytes for each pixel": 4 * pixels,
            "the bytes of one frame": width * height * 3,
            "the pixels of one frame": width * height,
            "divided by `fps`": width * height * 3 / fps,
            "bits": 8 * right,
            "bytes divided by 8": right / 8,
            "kilobytes": right / 1e3,
            "megabytes": right / 1e6,
            "megabytes of 2**20 bytes": right / 2**20,
            "always the same": 640 * 480 * 3 * 30,
            "30 frames a second, whatever `fps` is": width * height * 3 * 30,
            "640 x 480 pixels, whatever the size is": 640 * 480 * 3 * fps,
            "width * width": width * width * 3 * fps,
            "width + height": (width + height) * 3 * fps,
        }
        expect_return(right, function, width, height, fps, when=when, mistakes=mistakes)
    return "A webcam of 640 x 480 pixels at 30 frames a second brings 27.6 million bytes in each."
