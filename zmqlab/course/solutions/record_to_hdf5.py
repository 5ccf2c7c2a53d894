"""Solutions of the exercises."""

from zmqlab import open_recording


def frames_dataset(file, frame):
    return file.create_dataset(
        "frames",
        shape=(0, *frame.shape),
        maxshape=(None, *frame.shape),
        chunks=(1, *frame.shape),
        dtype=frame.dtype,
    )


def missing(path):
    with open_recording(path) as data:
        numbers = data["sequence"][: len(data["frames"])].tolist()
    return sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers))
