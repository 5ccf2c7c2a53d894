"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

MEAN = solution("mean_worker")
IN_ORDER = solution("in_order")


# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "mean_worker": {
        "no timeout of its own": changed(MEAN, ", timeout=60", ""),
    },
    "in_order": {
        "a heap": """\
import heapq


def in_order(arrivals):
    waiting, count = [], itertools.count()
    due = next(count)
    for number, result in arrivals:
        heapq.heappush(waiting, (number, result))
        while waiting and waiting[0][0] == due:
            yield heapq.heappop(waiting)[1]
            due = next(count)
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "mean_worker": {
        "forgets the number": (
            changed(MEAN, 'header["sequence"], "mean"', '0, "mean"'),
            "sequence number.*expected: 4.*gave: 0",
        ),
        "the sum": (
            changed(MEAN, ".mean()", ".sum()"),
            r"mean of frame 4.*expected: 12\d\.\d+.*it gave: 11\d{5}\.0",
        ),
        "whole means": (
            changed(MEAN, "float(mean)", "int(mean)"),
            r"mean of frame 4.*expected: 12\d\.\d+.*it gave: 12\d ",
        ),
        "to two digits": (
            changed(MEAN, "float(mean)", "round(mean, 2)"),
            r"mean of frame 6, float32.*expected: 0\.005\d+.*it gave: 0\.00999",
        ),
    },
    "in_order": {
        "as they come": (
            "def in_order(arrivals):\n    for number, result in arrivals:\n        yield result\n",
            "yields when the first two have changed places.*gave: .None, 'result 0'",
        ),
        "returns a list": (
            "def in_order(arrivals):\n    return [result for _, result in sorted(arrivals)]\n",
            r"expected: a generator.*gave: \['result 0'.*\(list\)",
        ),
        "prints": (
            changed(IN_ORDER, "yield early.pop(due)", "print(early.pop(due))"),
            "expected: a generator.*gave: None",
        ),
        "keeps all": (
            changed(IN_ORDER, "early.pop(due)", "early[due]"),
            "Of 90 results, 90 are kept after",
        ),
    },
}
