"""What the exercises of the notebook begin with."""


def publish_to_all(bind, subscribers, messages):
    raise NotImplementedError("write me")


def hears(subscription, topic):
    raise NotImplementedError("write me")


def count_lost(numbers):
    raise NotImplementedError("write me")
