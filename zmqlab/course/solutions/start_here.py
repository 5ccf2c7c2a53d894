"""Solutions of the exercises."""


def bytes_per_second(width, height, fps):
    return width * height * 3 * fps
