"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

MEAN = solution("mean_worker")
IN_ORDER = solution("in_order")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "mean_worker": {
        "goes on after the end": (changed(MEAN, "break", "continue"), "went on instead of ending"),
        "forgets the number": (
            changed(MEAN, 'header["sequence"], "mean"', '0, "mean"'),
            "sequence number",
        ),
        "binds": (
            changed(MEAN, "push.connect(results)", "push.bind(results)"),
            "Address already in use|in use",
        ),
        "a SUB socket": (
            changed(MEAN, "zmq.PULL", "zmq.SUB"),
            "connected a SUB socket where a PULL is needed. The endpoint is that of `frames`",
        ),
        "the mean as text": (
            changed(MEAN, "float(mean)", "str(mean)"),
            r"The mean in the header.*expected: a number.*gave: '[\d.]+' \(str\)",
        ),
        "always uint8": (changed(MEAN, 'header["dtype"]', '"uint8"'), "uint16.*expected"),
        "throws the last results away": (
            changed(MEAN, "pull.connect(frames)", "push.linger = 0\n        pull.connect(frames)"),
            "worker ended, and the result for frame 0, to a sink that comes after the end, never",
        ),
    },
    "in_order": {
        "as they come": (
            "def in_order(arrivals):\n    for number, result in arrivals:\n        yield result\n",
            "changed places",
        ),
        "waits for all": (
            "def in_order(arrivals):\n"
            "    for number, result in sorted(arrivals, key=lambda pair: pair[0]):\n"
            "        yield result\n",
            "How many arrivals it had taken",
        ),
        "keeps all": (changed(IN_ORDER, "early.pop(due)", "early[due]"), "memory fills"),
        "one at a time": (
            changed(IN_ORDER, "while due", "if due"),
            "How many arrivals|Result number",
        ),
        "nothing for None": (
            changed(IN_ORDER, "while due in early", "while early.get(due)"),
            "None, and arrays|numbers, None|raised an error|ambiguous",
        ),
    },
}
