"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

SHOUT = solution("shout_server")
NEVER_SILENT = solution("never_silent")
PATIENT = solution("patient_ask")

TAKEN = 'b" ".join(socket.recv_multipart())'


# Of each exercise, titles and sources.
RIGHT = {
    "shout_server": {
        "an inproc endpoint first": changed(
            SHOUT, "socket.bind(bind)", 'socket.bind("inproc://shout")\n        socket.bind(bind)'
        ),
    },
    "never_silent": {
        "part by part": changed(
            NEVER_SILENT,
            TAKEN,
            "socket.recv()\n            while socket.rcvmore:\n"
            '                request += b" " + socket.recv()',
        ),
    },
    "patient_ask": {
        "a relaxed REQ": changed(
            PATIENT,
            "socket.linger = 0",
            "socket.linger = 0\n        socket.req_correlate = True\n"
            "        socket.req_relaxed = True",
        ),
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "shout_server": {
        "upper of bytes": (
            changed(SHOUT, ".decode().upper().encode()", ".upper()"),
            "looks like `bytes.upper`, which knows the letters a to z only.*SSE",
        ),
        "an echo": (changed(SHOUT, ".upper()", ""), "expected: b'HELLO'.*it gave: b'hello'"),
        "capitalize": (
            changed(SHOUT, "upper", "capitalize"),
            "expected: b'HELLO'.*it gave: b'Hello'",
        ),
        "title": (changed(SHOUT, "upper", "title"), "expected: b'HELLO'.*it gave: b'Hello'"),
    },
    "never_silent": {
        "one part only": (
            changed(NEVER_SILENT, TAKEN, "socket.recv()"),
            "reply to the parts .b'time', b'please'. never came. It had sent.*current state",
        ),
        "the first of the parts": (
            changed(NEVER_SILENT, TAKEN, "socket.recv_multipart()[0]"),
            r"time', b'please.*expected: b'unknown command: time please'.*gave: b'\d\d:",
        ),
        "the last of the parts": (
            changed(NEVER_SILENT, TAKEN, "socket.recv_multipart()[-1]"),
            "time', b'please.*unknown command: time please'.*gave: b'unknown command: please'",
        ),
        "a PUB": (changed(NEVER_SILENT, "REP", "PUB"), "a PUB socket where a REP or ROUTER"),
    },
    "patient_ask": {
        "seconds for milliseconds": (
            changed(PATIENT, "1000 * ", ""),
            "after 0.* s, with a timeout of . s.*it gave: None",
        ),
        "whole seconds": (
            changed(PATIENT, "1000 * timeout", "1000 * int(timeout)"),
            "gave up after .* s, with a timeout of (0.2|1.5) s",
        ),
        "at most 1 s": (
            changed(PATIENT, "1000 * timeout", "min(1000, 1000 * timeout)"),
            "gave up after 1.* s, with a timeout of 1.5 s",
        ),
        "a PUSH": (changed(PATIENT, "zmq.REQ", "zmq.PUSH"), "a PUSH socket where a DEALER or REQ"),
    },
}
