"""The exercises of notebook 00: hints, a solution and a check of each."""

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
    for width, height, fps in [(1920, 1080, 24), (640, 480, 30), (4, 3, 0.5)]:
        when = f"{width} x {height} pixels come {fps:g} times a second"
        pixels = width * height * fps
        mistakes = {
            "one byte for each pixel": pixels,
            "the bytes of one frame": width * height * 3,
            "bits": 8 * 3 * pixels,
        }
        expect_return(3 * pixels, function, width, height, fps, when=when, mistakes=mistakes)
    return "A webcam of 640 x 480 pixels at 30 frames a second brings 27.6 million bytes in each."
