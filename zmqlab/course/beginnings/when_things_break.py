"""What the exercises of the notebook begin with."""


def ask_surely(endpoint, request, timeout):
    raise NotImplementedError


def count_once(logbook, bind):
    raise NotImplementedError


def follow_total(snapshots, stream):
    raise NotImplementedError
