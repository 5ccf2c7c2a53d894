"""What programs note during a trial, and what is judged by it.

A program notes what it does with a request, or with a message of a stream, by its number::

    asked 7 "8"       a request was sent, whose right answer is this, if it is known beforehand
    answered 7 "8"    its answer came
    unknown 7         no answer came in time: it may have been done, or not
    done 7            a server has done what was asked
    promised 7        this message must arrive, whatever happens
    sent 7 "a1f0"     a message went out; the text says what was in it, a digest, say
    received 7 "a1f0" it came
    noticed "Ada"     this program is gone, or somebody is

A line in a file for each, written at once, so that a `kill -9` takes nothing away.
"""

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zmqlab.course import verdicts
from zmqlab.page import timeline_drawing as drawing
from zmqlab.page.timeline import names_of

PACE = 0.01  # seconds from one number to the next
AROUND = 0.5, 0.2  # seconds before and after a violation that are shown
MOST_SHOWN = 40  # messages

History = list[dict[str, Any]]
Broken = list[tuple[float, str]]


class Notes:
    """Where a program notes what it does: it is called with a word, a number and a text."""

    def __init__(self, folder: str, name: str) -> None:
        self._file, self._end = Path(folder, f"{name}.notes"), Path(folder, "over")

    def __call__(self, what: str, number: int | None = None, value: str | None = None) -> None:
        """Note something: what, the number of the request or message, what was in it."""
        line = json.dumps([time.perf_counter(), what, number, value])
        with open(self._file, "ab", buffering=0) as file:  # one line is written at once, or not
            file.write(line.encode() + b"\n")

    @property
    def over(self) -> bool:
        """Whether all faults are over, and mended."""
        return self._end.exists()

    def finish(self) -> None:
        """Say that all faults are over."""
        self._end.touch()

    def numbers(self) -> Iterator[int]:
        """Yield 0, 1, 2, ..., and one more when all is mended; once restarted, go on counting."""
        lines = self._file.read_bytes().splitlines() if self._file.exists() else []
        numbers = [json.loads(line)[2] for line in lines]
        number = max((it for it in numbers if it is not None), default=-1) + 1
        over = False
        while not over:
            over = self.over
            yield number
            number += 1
            time.sleep(PACE)


def read_history(folder: str) -> History:
    """Return what all programs have noted, in order of time."""
    history = [
        dict(zip(("time", "what", "number", "value"), json.loads(line), strict=True))
        | {"who": file.stem}
        for file in Path(folder).glob("*.notes")
        for line in file.read_bytes().splitlines()
    ]
    return sorted(history, key=lambda it: it["time"])


def judge(
    history: History, last: str, acts: Broken, noticed: float | None, false_alarms: int = 0
) -> Broken:
    """Return what was broken, and when: see `zmqlab.course.nemesis.trial`."""
    broken = [*_answers(history), *_done(history), *_lost(history), *_order(history)]
    broken += [] if noticed is None else _noticed(history, acts, noticed, false_alarms)
    if not any(it["who"] == last for it in history):
        broken.append((math.inf, f"{last} noted nothing, so there is nothing to judge"))
    return broken


def _answers(history):
    """Answered exactly once or said to be unknown; the last one, when all was mended, answered."""
    asked: dict[tuple, dict] = {}
    settled: dict[tuple, str] = {}
    for it in history:
        key, what = (it["who"], it["number"]), it["what"]
        name = f"request {it['number']} of {it['who']}"
        if what == "asked":
            asked[key] = it
        elif what in ("answered", "unknown"):
            if key not in asked:
                yield it["time"], f"{name} was {what}, and never asked"
            elif key in settled:
                yield it["time"], f"{name} was {what}, after it had been {settled[key]}"
            elif what == "answered" and asked[key]["value"] not in (None, it["value"]):
                expected = asked[key]["value"]
                yield it["time"], f"{name} was answered {it['value']!r} instead of {expected!r}"
            settled[key] = what
    for who in {who for who, _ in asked}:
        numbers = [number for it, number in asked if it == who]
        for number in numbers[-1:]:
            if settled.get((who, number)) != "answered":
                what = settled.get((who, number), "never settled")
                text = f"request {number} of {who}, sent when all was mended, was {what}"
                yield asked[who, number]["time"], text


def _done(history):
    """Done at most once, and once if it was answered."""
    done: dict[Any, float] = {}
    for it in history:
        if it["what"] == "done":
            if it["number"] in done:
                yield it["time"], f"request {it['number']} was done twice"
            done[it["number"]] = it["time"]
    for it in history if done else ():
        if it["what"] == "answered" and it["number"] not in done:
            yield it["time"], f"request {it['number']} was answered, and never done"


def _lost(history):
    """Nothing lost that was promised; nothing comes that was not sent, or comes changed."""
    came = {it["number"] for it in history if it["what"] == "received"}
    sent = {it["number"]: it["value"] for it in history if it["what"] == "sent"}
    for it in history:
        name = f"message {it['number']}"
        if it["what"] == "promised" and it["number"] not in came:
            yield it["time"], f"{name} was promised by {it['who']}, and never came"
        elif it["what"] == "received" and sent and it["number"] not in sent:
            yield it["time"], f"{name} came to {it['who']}, and was never sent"
        elif it["what"] == "received" and sent and sent[it["number"]] != it["value"]:
            was, came_as = sent[it["number"]], it["value"]
            yield (
                it["time"],
                f"{name} was {was!r} when sent, and came to {it['who']} as {came_as!r}",
            )


def _order(history):
    """Each number once, and none after a later one."""
    last: dict[str, Any] = {}
    for it in history:
        if it["what"] == "received":
            before = last.setdefault(it["who"], it["number"] - 1)
            if it["number"] <= before:
                how = "twice" if it["number"] == before else f"after message {before}"
                yield it["time"], f"message {it['number']} came to {it['who']} {how}"
            last[it["who"]] = max(before, it["number"])


def _noticed(history, acts, seconds, most):
    """Noticed in time after each fault, and without one not more often than is allowed."""
    faults = [(when, act) for when, act in acts if act.split()[0] in ("kill", "pause", "cut")]
    alarms = [(it["time"], it["value"]) for it in history if it["what"] == "noticed"]

    def may_be(act, name):
        return name is None or act in ("cut", f"kill {name}", f"pause {name}")

    for when, act in faults:
        if not any(when <= it <= when + seconds and may_be(act, name) for it, name in alarms):
            yield when, f"nobody noticed {act!r} within {seconds:g} s"
    false = [
        (it, name or "something")
        for it, name in alarms
        if not any(when <= it <= when + 2 * seconds and may_be(act, name) for when, act in faults)
    ]
    for number, (it, name) in enumerate(false[most:], start=most + 1):
        count = f"false alarm {number}, at most {most}" if most else "a false alarm"
        yield it, f"{count}: {name} was noticed, and nothing had happened"


@dataclass(frozen=True)
class Verdict:
    """What came of a trial. True if nothing was broken.

    Attributes
    ----------
    seed : int
        What repeats it.
    began : float
        Seconds of `time.perf_counter`, as are all times.
    broken : list of (float, str)
        When, and what.
    acts : list of (float, str)
        What was done to the programs and the wire.
    history : list of dict
        What the programs noted: ``{"time", "what", "number", "value", "who"}``.
    messages : list of dict
        As `zmqlab.processes.matching.follow` draws them.
    memory : dict
        The most that each process had, in bytes.
    """

    seed: int
    began: float
    broken: Broken
    acts: Broken
    history: History
    messages: list[dict[str, Any]]
    memory: dict[str, int]

    def __bool__(self) -> bool:
        return not self.broken

    @property
    def counts(self) -> dict[str, int]:
        """How often each thing was noted."""
        words = [it["what"] for it in self.history]
        return {word: words.count(word) for word in dict.fromkeys(words)}

    def around(self) -> list[dict[str, Any]]:
        """Return the messages around what was broken first."""
        if not self.broken:
            return []
        at = min(self.broken[0][0], max((_time(it) for it in self.messages), default=0.0))
        first, last = at - AROUND[0], at + AROUND[1]
        return [it for it in self.messages if first <= _time(it) <= last][-MOST_SHOWN:]

    def story(self) -> list[str]:
        """Return a line for each fault and each message around what was broken first."""
        if not (shown := self.around()):
            return []
        lines = [(_time(it), drawing.sentence(it, self.began)) for it in shown]
        since = _time(shown[0]) - AROUND[1]
        lines += [
            (when, f"--- {act} at {self._ms(when)}") for when, act in self.acts if when > since
        ]
        return [text for _, text in sorted(lines)]

    def __repr__(self) -> str:
        noted = ", ".join(f"{count} {word}" for word, count in self.counts.items())
        done = ", ".join(f"{act} at {self._ms(when)}" for when, act in self.acts)
        return "\n  ".join([self._title(), *self._lines(), f"noted: {noted}", f"faults: {done}"])

    def _repr_html_(self) -> str:
        colour = "#D55E00" if self.broken else "#009E73"
        lines = [verdicts.html.escape(line) for line in repr(self).split("\n")[1:]]
        if shown := self.around():
            rows = list(dict.fromkeys(it for each in shown for it in each["processes"] if it))
            lines += [drawing.draw(shown, rows, names_of(rows)), drawing.table(shown)]
        return verdicts.box(colour, self._title(), lines)

    def _title(self):
        if not self.broken:
            return f"✔ seed {self.seed}: nothing was broken"
        return f"✘ seed {self.seed}, which repeats it: {len(self.broken)} broken"

    def _lines(self):
        lines = [f"{text} ({self._ms(when)})" for when, text in self.broken[:5]]
        return lines + [f"and {len(self.broken) - 5} more"] * (len(self.broken) > 5)

    def _ms(self, when):
        return "at the end" if when == math.inf else f"{1000 * (when - self.began):.0f} ms"


def _time(message):
    return message["received"] if message["sent"] is None else message["sent"]
