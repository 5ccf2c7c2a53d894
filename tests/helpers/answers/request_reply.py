"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

SHOUT = solution("shout_server")
NEVER_SILENT = solution("never_silent")
PATIENT = solution("patient_ask")

KEPT = """
def patient_ask(endpoint, request, timeout):
    sockets = globals().setdefault("sockets", {})
    if endpoint not in sockets:
        sockets[endpoint] = zmq.Context.instance().socket(zmq.TYPE)
        sockets[endpoint].connect(endpoint)
    sockets[endpoint].send(request)
    return sockets[endpoint].recv() if sockets[endpoint].poll(1000 * timeout) else None
"""
SHARED = """
def patient_ask(endpoint, request, timeout):
    socket = zmq.Context.instance().socket(zmq.REQ)
    socket.linger = 0
    socket.connect(endpoint)
    socket.send(request)
    answer = socket.recv() if socket.poll(1000 * timeout) else None
    return answer
"""

# Of each exercise, titles and sources.
RIGHT = {
    "shout_server": {
        "an inproc endpoint first": changed(
            SHOUT, "socket.bind(bind)", 'socket.bind("inproc://shout")\n        socket.bind(bind)'
        ),
    },
}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "shout_server": {
        "upper of bytes": (changed(SHOUT, ".decode().upper().encode()", ".upper()"), "GR.*SSE|GR"),
        "one request only": (
            changed(SHOUT, "while True", "for _ in range(1)"),
            "Your server had ended after 1 message, when the reply",
        ),
        "never stops": (
            changed(SHOUT, "                break\n", "                continue\n"),
            "went on",
        ),
        "takes one client for another": (
            changed(
                changed(SHOUT, "        while True:", "        replies = {}\n        while True:"),
                "socket.send(request.decode().upper().encode())",
                "socket.send(replies.setdefault(len(request), request.decode().upper().encode()))",
            ),
            "among several.*expected: .b'CLIENT",
        ),
        "stops for whatever begins so": (
            changed(SHOUT, 'request == b"stop"', 'request.startswith(b"stop")'),
            "stopwatch",
        ),
        "replies twice": (SHOUT + '            socket.send(b"again")\n', "EFSM|current state"),
        "another port": (
            changed(SHOUT, "socket.bind(bind)", 'socket.bind("tcp://*:*")'),
            "The endpoints that it bound",
        ),
        "connects": (
            changed(SHOUT, "bind(bind)", "connect(bind)"),
            "It bound no socket: it connected one",
        ),
        "an error after the last reply": (
            changed(SHOUT, "break", "raise ValueError(7)"),
            "error after b'stop'.*ValueError: 7",
        ),
        "a ROUTER that replies twice": (
            changed(
                SHOUT.replace("zmq.REP", "zmq.ROUTER").replace('send(b"BYE")', "send(b'')"),
                "            request = socket.recv()\n",
                "            *who, request = socket.recv_multipart()\n"
                "            for _ in range(2):\n"
                "                socket.send_multipart([*who, request.decode().upper().encode()])\n"
                "            continue\n",
            ),
            "does not wait its turn",
        ),
    },
    "never_silent": {
        "one part only": (
            changed(NEVER_SILENT, 'b" ".join(socket.recv_multipart())', "socket.recv()"),
            "please",
        ),
        "text only": (
            changed(
                NEVER_SILENT,
                'socket.send(b"unknown command: " + request)',
                'socket.send_string("unknown command: " + request.decode())',
            ),
            "UnicodeDecodeError",
        ),
        "does not say which": (
            changed(NEVER_SILENT, ': " + request', '"'),
            "unknown command: coffee",
        ),
        "forgets how to count": (
            changed(NEVER_SILENT, "count += 1", "count = 1"),
            "count of requests was",
        ),
    },
    "patient_ask": {
        "waits for ever": (
            changed(PATIENT, "if socket.poll(1000 * timeout):", "if True:"),
            "still busy",
        ),
        "seconds for milliseconds": (changed(PATIENT, "1000 * ", ""), "it gave: None"),
        "linger": (changed(PATIENT, "socket.linger = 0", "pass"), "there is no server"),
        "one REQ for all": (KEPT.replace("TYPE", "REQ"), "current state"),
        "one DEALER for all": (
            changed(
                KEPT.replace("TYPE", "DEALER").replace(
                    ".send(request)", '.send_multipart([b"", request])'
                ),
                ".recv()",
                ".recv_multipart()[-1]",
            ),
            "earlier request comes first.*reply to second.*reply to first",
        ),
        "leaves sockets open": (
            changed(SHARED, "socket.linger = 0", "globals().setdefault('kept', []).append(socket)"),
            "sockets are still open",
        ),
        "leaves requests behind": (
            changed(SHARED, "socket.linger = 0", "pass").replace(
                "    return answer", "    socket.close()\n    return answer"
            ),
            "after two calls had given up.*old",
        ),
    },
}
