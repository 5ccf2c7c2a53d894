"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

PUBLISH = solution("publish_to_all")
LOST = solution("count_lost")


def hears(expression):
    """Return a `hears` that returns this."""
    return f"def hears(subscription, topic):\n    return {expression}\n"


def publish(waiting, sending="socket.send(message)", closing="pass"):
    """Return the solution with other lines: to wait, to send a message, and after the last one."""
    head = PUBLISH[: PUBLISH.index("        for _ in range")]
    body = [*waiting.split("\n"), "for message in messages:"]
    body += [f"    {line}" for line in sending.split("\n")] + closing.split("\n")
    return head + "".join(f"        {line}\n" for line in body)


WAIT = "for _ in range(subscribers):\n    socket.recv()"

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "hears": {
        "a slice": hears("topic[: len(subscription)] == subscription"),
    },
    "publish_to_all": {
        "waits for room": changed(
            PUBLISH, "socket.sndhwm = len(messages) + 1", "socket.xpub_nodrop = True"
        ),
    },
    "count_lost": {
        "numpy": """\
def count_lost(numbers):
    before, after = np.array(numbers[:-1], int), np.array(numbers[1:], int)
    return int(np.where(after > before, after - before - 1, after).sum())
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "hears": {
        "the same word": (
            hears("topic == subscription"),
            "topic b'cam10' .the topic begins with it.*expected: True.*gave: False",
        ),
        "anywhere": (
            hears("subscription in topic"),
            "subscription is b'am' .*it is inside the topic.*expected: False.*gave: True",
        ),
        "always": (hears("True"), "topic is shorter than it.*expected: False.*gave: True"),
        "never": (hears("False"), "they are equal.*expected: True.*gave: False"),
    },
    "publish_to_all": {
        "waits for nobody": (
            publish("pass"),
            "It (began to send|ended) when only [01] of 3 subscribers had come",
        ),
        "fails at the end": (publish(WAIT, closing="done"), "ended with an error.*NameError"),
        "as text": (publish(WAIT, "socket.send_string(message)"), "raised|TypeError"),
        "is a generator": (publish(WAIT, "yield socket.send(message)"), "It holds a `yield`"),
    },
    "count_lost": {
        "counts those that came": (
            changed(LOST, "return lost", "return len(numbers)"),
            "none is missing.*expected: 0",
        ),
        "a constant": (
            "def count_lost(numbers):\n    return 0\n",
            r"\[7, 8, 11\] \(9 and 10 are missing.*expected: 2.*gave: 0",
        ),
        "negative at a new start": (
            changed(LOST, "before + 1 if after > before else 0", "before + 1"),
            "a new start after 3.*expected: 0.*gave: -",
        ),
        "prints": (changed(LOST, "return lost", "print(lost)"), "expected: 0.*gave: None"),
    },
}
