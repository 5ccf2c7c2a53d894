"""What goes through a connection, from counts that belong to sockets."""

import pytest

from zmqlab.processes.traffic import Traffic


def socket(name, kind, sent=0, received=0, size=10, **options):
    marks = {"SNDHWM": 1000, "RCVHWM": 1000}
    return {
        "id": name,
        "type": kind,
        "parted": False,
        "options": marks | options,
        "sent": {"messages": sent, "bytes": size * sent},
        "received": {"messages": received, "bytes": size * received},
    }


def network(sockets, pairs):
    edges = [{"id": f"{a}>{b}", "from": a, "to": b, "up": True} for a, b in pairs]
    return {"nodes": [{"sockets": sockets}], "edges": edges}


def follow(moments, pairs):
    """Let what `moments` yields, a list of sockets each second, be counted; return the flows."""
    traffic = Traffic()
    return [traffic.update(float(n), network(each, pairs)) for n, each in enumerate(moments)]


def test_a_single_connection_has_the_rate_of_its_sockets():
    moments = [
        [socket("a", "REQ", sent=3 * n, received=3 * n), socket("b", "REP", 3 * n, 3 * n)]
        for n in range(4)
    ]
    flow = follow(moments, [("a", "b")])[-1]["a>b"]
    assert flow["there"] == {"count": 9, "rate": 3, "bytes": 30, "exact": True}
    assert flow["back"] == flow["there"]
    assert (flow["waiting"], flow["lost"]) == (0, 0)


def test_what_is_dealt_out_is_told_by_who_receives_it():
    moments = [
        [socket("v", "PUSH", 10 * n), socket("w", "PULL", 0, 9 * n), socket("x", "PULL", 0, n)]
        for n in range(4)
    ]
    flows = follow(moments, [("v", "w"), ("v", "x")])[-1]
    assert (flows["v>w"]["there"]["rate"], flows["v>x"]["there"]["rate"]) == (9, 1)


def test_what_is_not_received_waits():
    moments = [[socket("v", "PUSH", 100 * n), socket("w", "PULL", 0, n)] for n in range(11)]
    flows = follow(moments, [("v", "w")])
    assert flows[0]["v>w"]["waiting"] == 0  # it has not waited for a second yet
    assert flows[-1]["v>w"]["waiting"] == 9 * 99
    assert flows[-1]["v>w"]["full"] == pytest.approx(9 * 99 / 2000)


def test_what_went_to_somebody_who_has_left_is_lost():
    traffic = Traffic()
    push, dead, alive = "v", "w", "x"
    for n in range(4):
        sockets = [
            socket(push, "PUSH", 10),
            socket(dead, "PULL", 0, 2),
            socket(alive, "PULL", 0, 5),
        ]
        flows = traffic.update(n, network(sockets, [(push, dead), (push, alive)]))
    assert flows["v>x"]["waiting"] == 3
    for n in range(4, 10):
        sockets = [socket(push, "PUSH", 10), socket(alive, "PULL", 0, 5)]
        flows = traffic.update(n, network(sockets, [(push, alive)]))
    assert (flows["v>x"]["waiting"], flows["v>x"]["lost"]) == (0, 3)


def published(topics, received):
    """Let 20 messages a second be published, and so many received; return what waits at last."""
    moments = [
        [
            socket("p", "PUB", 20 * n),
            socket("s", "SUB", 0, many, SUBSCRIBE=topics),
            socket("t", "SUB", 0, 20 * n, SUBSCRIBE=[""]),
        ]
        for n, many in enumerate(received)
    ]
    flows = follow(moments, [("p", "s"), ("p", "t")])[-1]
    assert flows["p>t"]["waiting"] == 0
    return flows["p>s"]["waiting"]


def test_a_subscriber_falls_behind():
    behind = [5 * n for n in range(8)]
    assert published([""], behind) == 90
    assert published(["a"], behind) is None  # the others may be of another topic
    # Once it had received all that there was, it is known to hear everything.
    assert published(["a"], [0, 20, 40, 60, 60, 60, 60]) == 40
