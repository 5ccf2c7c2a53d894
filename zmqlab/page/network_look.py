"""The messages of one moment in time, for the map's button that lets you pause and look."""

import threading
import time
from collections.abc import Sequence

from zmqlab.page.timeline_drawing import draw, table
from zmqlab.processes.handle import Process, have_report
from zmqlab.processes.matching import follow

MOMENT = 1.0  # seconds that messages are noted before the picture stands still
PATIENCE = 1.0  # seconds that processes may take to tell what they have noted
MOST = 200  # messages drawn
NOTHING = "<p>No message was sent in this second.</p>"


def look(processes: Sequence[Process]) -> str:
    """Have processes note their messages from now on; return those of a moment, as HTML.

    A picture as of `zmqlab.timeline`, and the same as a table.
    """
    for each in processes:
        if not each.traced:
            each.trace()
    began = time.perf_counter()
    threading.Event().wait(MOMENT)
    have_report(processes, PATIENCE)
    messages, left_out = follow(processes, began)
    there = [each for each in messages if (each["received"] or each["sent"]) >= began][-MOST:]
    seen = {process for each in there for process in each["processes"]}
    rows = [each for each in processes if each in seen]
    if not rows:
        return NOTHING
    more = len(messages) - len(there) + left_out
    note = f"<p>The last {MOST} messages of this second.</p>" if more else ""
    return draw(there, rows, [each.name for each in rows], began) + note + table(there, began)
