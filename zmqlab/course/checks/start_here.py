"""The check of the first exercise, to see how exercises work."""

from zmqlab.course.exercises import exercise
from zmqlab.course.trial import expect_return


@exercise(
    "bytes_per_second(width, height, fps)",
    "How many pixels has a frame? How many numbers has a pixel, and how many bytes has each?",
    "A pixel is blue, green and red, each of them a `uint8`: one byte. And there are `fps` frames "
    "in a second.",
    "`return width * height * 3 * fps`.",
)
def bytes_per_second(function):
    for width, height, fps in [(640, 480, 30), (1920, 1080, 60), (2, 1, 1), (320, 200, 0.5)]:
        when = f"{width} x {height} pixels come {fps:g} times a second"
        expect_return(width * height * 3 * fps, function, width, height, fps, when=when)
    return "A webcam of 640 x 480 pixels at 30 frames a second brings 27.6 million bytes in each."
