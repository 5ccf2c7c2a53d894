"""Answers to the exercises of one notebook: right ones in different styles, and wrong ones."""

from helpers.learners import changed, solution

THREAD = solution("in_a_thread")
MANY = solution("many_at_once")

# Of each exercise, titles and sources.
RIGHT: dict[str, dict[str, str]] = {}

# Of each exercise, titles, sources, and what the learner is told of them, as a pattern.
WRONG = {
    "in_a_thread": {
        "in this thread": (
            "def in_a_thread(work, items):\n    return [work(item) for item in items]\n",
            "in the thread that called you",
        ),
        "by a queue": (
            "from concurrent.futures import ThreadPoolExecutor\n\n\n"
            "def in_a_thread(work, items):\n"
            "    with ThreadPoolExecutor(1) as pool:\n"
            "        return list(pool.map(work, items))\n",
            "No socket was open",
        ),
        "the end is a word": (
            THREAD.replace('[b"item", item]', "[item]")
            .replace('[b"end", b""]', '[b"end"]')
            .replace('[0] == b"item"', '[0] != b"end"')
            .replace("message[1]", "message[0]"),
            "still busy.*recv_multipart",
        ),
        "empties the list that it was given": (
            "def in_a_thread(work, items):\n    items.clear()\n    return []\n",
            "the items are of many kinds.*expected",
        ),
        "all first, then the results": (
            changed(
                THREAD,
                "                kind, result",
                "            for _ in items:\n                kind, result",
            ),
            "5000 items.*still busy",
        ),
        "no word of an error": (
            changed(THREAD, "except Exception as error", "except OSError as error"),
            "work. raises an error, it was still busy",
        ),
        "an error is a result": (
            changed(THREAD, "raise RuntimeError(result.decode())", "pass"),
            "it raised none",
        ),
        "goes without waiting": (
            changed(
                changed(THREAD, "            thread.join()\n", ""),
                "    def worker(context):\n",
                "    def worker(context):\n        work_on(context)\n"
                "        threading.Event().wait(60)\n\n    def work_on(context):\n",
            ),
            "a thread of it still runs",
        ),
    },
    "many_at_once": {
        "one after the other": (
            changed(
                MANY,
                "tasks.create_task(answer(socket, address, request))",
                "await answer(socket, address, request)",
            ),
            "while b'1.5' was exposing",
        ),
        "sleeps in the loop": (
            changed(MANY, "await asyncio.sleep(", "time.sleep("),
            "while b'1.5' was exposing",
        ),
        "a REP": (changed(MANY, "zmq.ROUTER", "zmq.REP"), "while b'1.5' was exposing"),
        "falls over a word": (changed(MANY, "except ValueError", "except OSError"), "soon"),
        "leaves exposures behind": (
            changed(MANY, '[*address, b"BYE"])\n', '[*address, b"BYE"])\n                return\n')
            .replace("async with asyncio.TaskGroup() as tasks", "if True")
            .replace("tasks.create_task(", "asyncio.create_task("),
            "still exposing",
        ),
        "never ends": (
            changed(MANY, "                        break\n", "                        continue\n"),
            "stop",
        ),
    },
}
