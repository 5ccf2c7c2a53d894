"""What the exercises of the notebook begin with."""


def ask_many(endpoint, requests, most_under_way):
    raise NotImplementedError("write me")


def clock_offset(exchanges):
    raise NotImplementedError("write me")
