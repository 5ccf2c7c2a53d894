"""What the exercises of the notebook begin with."""


def read_slot(slot, turn, expected):
    raise NotImplementedError("write me")
