"""What the four programs have in common."""

import json
import os
import time

import psutil

from zmqlab import find_peaks, spectrum

ROOM = 8  # messages in a queue, at most
LONGEST = 30  # seconds that any wait may take
NEXT_RESULT = float(os.environ.get("NEXT_RESULT", 10))  # seconds to wait for it, at most
WARM_UP = 15  # results before the clock starts


def look(number, frame):
    """Return the period of the fringes, in pixels: the analyser's work. Crashes when told to."""
    if number == 40:
        if os.environ.get("CRASH") == "error":
            raise ValueError("no fringes in frame 40")
        if os.environ.get("CRASH") == "exit":
            os._exit(3)  # as a crash in a C library: no traceback, no clearing up
    return find_peaks(spectrum(frame), frame.shape)[0].period


def mark():
    """Return the time, and the CPU time that this process and those it started have used."""
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    return time.perf_counter(), sum(sum(each.cpu_times()[:2]) for each in family)


def report(began, ended, frames, seen):
    """Print frames a second, milliseconds of CPU time a frame, and how many results there were."""
    (clock, cpu), (clock_then, cpu_then) = ended, began
    facts = {"fps": frames / (clock - clock_then), "cpu": 1000 * (cpu - cpu_then) / frames}
    print(json.dumps(facts | {"seen": seen}))
