"""Whose the addresses are that no observed process owns: another program's, another computer's."""

import contextlib
from collections.abc import Iterable
from typing import Any

import psutil


def owners_of(addresses: Iterable[str], members: set[int]) -> dict[str, dict[str, Any]]:
    """Return what is known of addresses ("host:port"), as `network_of` wants it.

    Parameters
    ----------
    addresses : iterable of str
    members : set of int
        Pids of processes that the notebook has started. What one of them starts belongs to it.
    """
    connections, there = {}, {}
    with contextlib.suppress(psutil.Error, OSError):  # macOS tells only root
        for each in psutil.net_connections("tcp"):
            if each.raddr and (each.pid or each.status == psutil.CONN_ESTABLISHED):
                connections[_text(each.laddr), _text(each.raddr)] = each.pid
    for (local, peer), pid in connections.items():
        # Several may begin at one address and lead to others: it is the one to a member.
        if local not in there or connections.get((peer, local)) in members:
            there[local] = pid
    here = {
        address.address for addresses in psutil.net_if_addrs().values() for address in addresses
    }
    found = {}
    for address in addresses:
        host, pid = address.rpartition(":")[0], there.get(address)
        if pid is not None:
            pid, name = _family(pid, members)
            found[address] = {"id": f"{name} {pid}", "name": name, "pid": pid}
        elif host in here:
            # Nobody has it open any more, but the other end may still have something to read.
            name = "another program" if address in there or not there else "a closed socket"
            found[address] = {"id": address, "name": name, "pid": None}
        else:
            found[address] = {"id": host, "name": host, "pid": None}
    return found


def _text(address):
    return f"{address.ip.removeprefix('::ffff:')}:{address.port}"


def _family(pid, members):
    """Return a process's pid and name, or those of the member that has started it."""
    name = "another program"
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        name = process.name()
        for each in [process, *process.parents()]:
            if each.pid in members:
                return each.pid, name
    return pid, name
