"""What the exercises of the notebook begin with."""


def whats_wrong(capture):
    kinds = [each["kind"] for each in capture]
    if "identity" in kinds:
        return "old peer"
    raise NotImplementedError("write the rest")


def first_message(port, topic):
    raise NotImplementedError("write me")
