"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

ASK = solution("ask_surely")
COUNT = solution("count_once")
FOLLOW = solution("follow_total")
LOOP = "while (left := deadline - time.monotonic()) > 0:"
READ = 'done = logbook.read_text("utf-8").split() if logbook.exists() else []'
OLDER = "            else:\n                continue\n"

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {
    "ask_surely": {
        "one socket that may ask again, and forgets late replies": """
def ask_surely(endpoint, request, timeout):
    with zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.linger = 0
        req.req_relaxed = req.req_correlate = True
        req.connect(endpoint)
        for _ in range(math.ceil(timeout / 0.25)):
            req.send(request)
            if req.poll(250):
                return req.recv()
    return None
""",
    },
    "count_once": {
        "the file alone, read each time": """
def count_once(logbook, bind):
    logbook.touch()
    with zmq.Context() as context, context.socket(zmq.REP) as rep:
        rep.bind(bind)
        while True:
            name = rep.recv()
            names = logbook.read_bytes().split(b"\\n")[:-1]
            if name not in names:
                with logbook.open("ab") as file:
                    file.write(name + b"\\n")
                names.append(name)
            rep.send(b"%d" % (names.index(name) + 1))
""",
    },
    "follow_total": {
        "a difference and three cases": """
def follow_total(snapshots, stream):
    with zmq.Context() as context, context.socket(zmq.SUB) as sub:
        sub.subscribe("")
        sub.connect(stream)
        with context.socket(zmq.REQ) as req:
            req.connect(snapshots)
            number, total = -10, 0
            step = 2
            while True:
                if step > 1:
                    req.send_string("snapshot")
                    number, total = (int(each) for each in req.recv_multipart())
                elif step == 1:
                    number += 1
                    total += amount
                if step > 0:
                    yield number, total
                update = sub.recv_multipart()
                step, amount = int(update[0]) - number, int(update[1])
""",
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "ask_surely": {
        "hurries": (
            changed(ASK, "min(0.3, left)", "min(0.04, left)"),
            r"asked a silent server \d+ times.*wait 0.3 s each time",
        ),
        "asks once": (
            changed(ASK, LOOP, "for left in (timeout,):").replace("min(0.3, left)", "left"),
            "two requests stay without a reply.*expected: b'reply to step'.*gave: None",
        ),
        "one try that is short": (
            changed(ASK, LOOP, "for left in (timeout,):").replace("min(0.3, left)", "2"),
            "two requests stay without a reply.*gave: None",
        ),
        "an error in place of None": (
            ASK + "    raise TimeoutError('no reply')\n",
            "the server never replies, it raised an error.*TimeoutError: no reply",
        ),
    },
    "count_once": {
        "counts each request": (
            changed(COUNT, "if name not in done:", "if True:"),
            "The reply to 'c-1', among others.*expected: .*b'4'.*gave: .*b'5'",
        ),
        "a list that dies with it": (
            changed(COUNT, READ, "done = []"),
            "The reply to 'd-1', after a kill -9.*expected: .*b'5'.*gave: .*b'1'",
        ),
        "where it stands now": (
            changed(COUNT, "str(done.index(name) + 1)", "str(len(done))"),
            "The reply to 'b-10', among others.*expected: .*b'1'.*gave: .*b'3'",
        ),
        "counts from 0": (
            changed(COUNT, "done.index(name) + 1", "done.index(name)"),
            "The reply to 'b-10'.*expected: .*b'1'.*gave: .*b'0'",
        ),
    },
    "follow_total": {
        "adds what the snapshot holds": (
            changed(FOLLOW, "if new == number + 1:", "if new <= number + 1:"),
            r"yields after \(10, 9\):.*expected: \(11, 10\).*gave: \(9, 9\)",
        ),
        "no eye for gaps": (
            changed(FOLLOW, "if new == number + 1:", "if new > number:"),
            r"yields after \(20, .*expected: \(25, .*gave: \(24, ",
        ),
        "yields what is old, too": (
            changed(FOLLOW, OLDER, ""),
            r"yields after \(10, 9\):.*expected: \(11, 10\).*gave: \(10, 9\)",
        ),
        "the total alone": (
            FOLLOW.replace("yield number, total", "yield total"),
            r"The pair, number and total, .*expected: \(10, 9\).*gave: 9",
        ),
    },
}
