"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

ASK = solution("ask_many")
OFFSET = solution("clock_offset")

WITH_NUMPY = """
def clock_offset(exchanges):
    asked, came, replied, answered = np.array(exchanges).T
    way = answered - asked - (replied - came)
    best = np.argmin(way)
    return (came + replied - asked - answered)[best] / 2, way[best] / 2
"""

# Of each exercise, titles and sources.
RIGHT = {
    "ask_many": {
        "the last part is the reply": changed(ASK, "recv_multipart()[1]", "recv_multipart()[-1]"),
    },
    "clock_offset": {
        "with numpy": WITH_NUMPY,
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "ask_many": {
        "one too many": (
            changed(ASK, "< most_under_way", "<= most_under_way"),
            "2 of 4 requests were under way",
        ),
        "no empty part": (
            changed(changed(ASK, '[b"", requests[sent]]', "[requests[sent]]"), "[1]", "[0]"),
            "A message came with the parts",
        ),
        "the empty part is the reply": (
            changed(ASK, "recv_multipart()[1]", "recv_multipart()[0]"),
            "REQUEST 0",
        ),
        "the last first": (
            changed(ASK, "return replies", "return replies[::-1]"),
            "What it returns when there are 4 requests",
        ),
    },
    "clock_offset": {
        "the other way round": (
            changed(OFFSET, "(came - asked) + (replied - answered)", "asked - came"),
            "The offset in seconds when one exchange",
        ),
        "the first is good enough": (
            changed(OFFSET, "way / 2 < best[1]", "False"),
            "when one of three was fast",
        ),
        "the whole way": (
            changed(OFFSET, "best = offset, way / 2", "best = offset, way"),
            "The error in seconds when",
        ),
        "no error": (changed(OFFSET, "return best", "return best[0]"), "two numbers"),
    },
}
