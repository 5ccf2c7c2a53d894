"""What the exercises of the notebook begin with."""


def send_in_turn(socket, buffers, fill, count):
    raise NotImplementedError("write me")


def batches(readings, most, longest):
    raise NotImplementedError("write me")
