"""What the exercises of the notebook begin with."""


def whats_wrong(capture):
    kinds = [each["kind"] for each in capture]
    if "identity" in kinds:
        return "old peer"
    raise NotImplementedError("write the rest")


def first_message(port, topic):
    def packed(flags, body):
        if len(body) > 255:
            return bytes([flags | 2]) + len(body).to_bytes(8, "big") + body
        return bytes([flags, len(body)]) + body

    raise NotImplementedError("write the rest")
