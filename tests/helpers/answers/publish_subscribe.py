"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

HEARS = solution("hears")
PUBLISH = solution("publish_to_all")
LOST = solution("count_lost")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "hears": {
        "the same word": (
            changed(HEARS, "topic.startswith(subscription)", "topic == subscription"),
            "cam10",
        ),
        "anywhere": (
            changed(HEARS, "topic.startswith(subscription)", "subscription in topic"),
            "b'am'",
        ),
        "the wrong way round": (
            changed(HEARS, "topic.startswith(subscription)", "subscription.startswith(topic)"),
            "cam10",
        ),
    },
    "publish_to_all": {
        "waits for nobody": (
            changed(PUBLISH, "socket.recv()", "pass"),
            "How many of 10 messages subscriber 1",
        ),
        "hears of each topic once": (
            changed(PUBLISH, "socket.xpub_verbose = True", "pass"),
            "How many of 2000 messages",
        ),
        "a short queue": (changed(PUBLISH, "len(messages) + 1", "10"), "How many of 2000 messages"),
    },
    "count_lost": {
        "counts those that came": (
            changed(LOST, "return lost", "return len(numbers)"),
            "expected: 0",
        ),
        "negative at a new start": (
            changed(LOST, "before + 1 if after > before else 0", "before + 1"),
            "new start|it gave: -",
        ),
        "one too many": (changed(LOST, "before + 1 if", "before if"), "expected: 0"),
    },
}
