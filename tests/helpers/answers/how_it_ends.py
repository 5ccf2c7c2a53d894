"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

RADIO = solution("radio")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "radio": {
        "whole, but waits for ever": (
            changed(RADIO, "if not socket.poll(100)", "if False"),
            "the event is set.*still busy",
        ),
        "does not wait at all": (
            changed(RADIO, "socket.poll(100)", "socket.poll(0)"),
            "again and again instead of waiting",
        ),
        "two at a time": (
            changed(
                changed(RADIO, "socket.recv_multipart()", "[socket.recv(), socket.recv()]"),
                'parts == [b"stop"]',
                'parts[0] == b"stop"',
            ),
            "of one part and of three",
        ),
        "whatever begins so": (
            changed(RADIO, 'parts == [b"stop"]', 'parts[0].startswith(b"stop")'),
            "of one part and of three",
        ),
        "any number of parts": (
            changed(changed(RADIO, "if len(parts) == 2", "if parts"), "parts[1]", "parts[-1]"),
            "of one part and of three",
        ),
        "leaves its socket open": (
            changed(
                RADIO,
                "    with zmq.Context() as context, context.socket(zmq.SUB) as socket:\n",
                "    socket = zmq.Context.instance().socket(zmq.SUB)\n"
                "    globals().setdefault('kept', []).append(socket)\n"
                "    if True:\n",
            ),
            "sockets are still open",
        ),
    },
}
