"""For what is no ZeroMQ socket, but has its place among them: a relay of bytes, say."""

from zmqlab.processes import observed
from zmqlab.processes.records import Record


def announce(kind: str, bound: list[str], connected: list[str]) -> Record:
    """Have the reports of this process tell of an endpoint as they do of a socket.

    What it returns is told from then on: give each connection that is accepted or made to its
    `follow`, with the descriptor of the file, and take it out of `connections` when it ends; count
    in `sent` and `received`. In a process that nobody observes, nothing comes of it.

    Parameters
    ----------
    kind
        Stands where the type of a socket does.
    bound, connected
        Endpoints, ports filled in.
    """
    record = Record(kind)
    record.bound, record.connected = list(bound), list(connected)
    record.counted = record.watched = True
    if observed.reporter:
        observed.reporter.open[record] = record
    return record


def withdraw(record: Record) -> None:
    """Tell of what was announced as of a socket that has been closed."""
    if observed.reporter:
        observed.reporter.close(record)
