"""What was measured, kept in a file: SQLite, which has it on the disk when it says so."""

import contextlib
import csv
import io
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from zmqlab.analysis.fringes import Fringes

_PATIENCE = 2.0  # seconds to wait for another program that is writing
_TABLE = """CREATE TABLE IF NOT EXISTS measurements (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    time REAL NOT NULL,   -- s since 1970
    exposure REAL,        -- s
    period REAL,          -- pixels; NULL where there were no fringes
    uncertainty REAL,     -- pixels
    angle REAL            -- degrees
)"""
_REMEDIES = {
    "locked": "another program is writing to it: close that one, then measure again",
    "full": "make room on the disk, then measure again",
    "not a database": "it is something else: give another file",
    "column": "it holds something else: give another file",
    "readonly": "you may not write to it: give another file",
    "unable to open": "there is no such folder, or you may not write there: give another file",
}


class HistoryError(RuntimeError):
    """The file cannot be used; the text says why and what to do."""


class Measurement(NamedTuple):
    """A row: time (s since 1970), exposure (s), period and uncertainty (pixels), angle (degrees).

    Without fringes period, uncertainty and angle are None.
    """

    number: int
    time: float
    exposure: float | None
    period: float | None
    uncertainty: float | None
    angle: float | None


@contextlib.contextmanager
def _history(path):
    """Open the file; what the ``with`` has changed is on the disk when it ends, or not at all."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE)) as database, database:
            database.execute(_TABLE)
            yield database
    except sqlite3.Error as error:
        remedy = next((each for key, each in _REMEDIES.items() if key in str(error)), None)
        raise HistoryError(f"{path}: {error}" + (f"; {remedy}" if remedy else "")) from error


def keep(path: Path, time: float, exposure: float | None, fringes: Fringes | None) -> Measurement:
    """Write what was measured to the file, and return it with its number."""
    found = fringes or (None, None, None)
    with _history(path) as database:
        row = "INSERT INTO measurements (time, exposure, period, uncertainty, angle) "
        cursor = database.execute(row + "VALUES (?, ?, ?, ?, ?)", (time, exposure, *found))
        number = int(cursor.lastrowid or 0)
    return Measurement(number, time, exposure, *found)


def kept(path: Path, most: int = -1) -> list[Measurement]:
    """Return the newest measurements in the file, or all, in the order in which they were made."""
    with _history(path) as database:
        columns = ", ".join(Measurement._fields)
        select = f"SELECT {columns} FROM measurements ORDER BY number DESC LIMIT ?"
        return [Measurement(*row) for row in database.execute(select, (most,))][::-1]


def as_csv(measurements: list[Measurement]) -> Iterator[str]:
    """Yield the lines of a CSV file (https://www.rfc-editor.org/rfc/rfc4180)."""
    yield "number,time_utc,exposure_s,period_px,uncertainty_px,angle_deg\r\n"
    for number, time, *others in measurements:
        line = io.StringIO()
        when = datetime.fromtimestamp(time, UTC).isoformat(timespec="milliseconds")
        csv.writer(line).writerow([number, when, *others])
        yield line.getvalue()
