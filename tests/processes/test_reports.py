"""Reports of observed processes: what they hold, and whose are believed."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import cloudpickle
import psutil
import pytest
import zmq
from helpers.observing import LOOPBACK, PATIENCE, connected, counts, run, seen, serve
from hypothesis import example, given, settings
from hypothesis import strategies as st

import zmqlab
from zmqlab.processes import records, report_receiver, report_sender, samples, trace

# As the functions of a notebook do, those of this file travel by value.
cloudpickle.register_pickle_by_value(sys.modules[__name__])

# What they hold


def test_a_report_is_complete():
    with (
        zmqlab.start(
            serve, "SUB", rcvhwm=7, sndhwm=3, subscribe="cam", routing_id=b"\x01ab"
        ) as sub,
        connected(zmq.PUB, sub.endpoint),
    ):
        socket = seen(sub, lambda it: it["peers"], "the publisher")
        (connection,) = socket["connections"]
        assert (connection["endpoint"], connection["up"]) == (sub.endpoint, True)
        assert connection["local"] == sub.endpoint.removeprefix("tcp://")
        assert connection["peer"] == sub.events[0]["peer"]
        assert type(socket["context"]) is int
        assert socket == {
            "number": 0,
            "type": "SUB",
            "context": socket["context"],
            "closed": False,
            "bound": [sub.endpoint],
            "connected": [],
            "options": {"SNDHWM": 3, "RCVHWM": 7, "ROUTING_ID": "016162", "SUBSCRIBE": ["cam"]},
            "peers": 1,
            "connections": [connection],
            "ended": [],
            "retrying": [],
            "received": {"messages": 0, "bytes": 0},
            "sent": {"messages": 0, "bytes": 0},
            "events": sub.events,
        }
        assert [each["event"] for each in sub.events] == ["ACCEPTED", "HANDSHAKE_SUCCEEDED"]
        assert set(sub.events[0]) == {"socket", "event", "time", "endpoint", "local", "peer"}
        assert (sub.name, sub.state, sub.running) == ("serve", "running", True)
        assert psutil.Process(sub.pid).ppid() == os.getpid()
        assert 10e6 < sub.memory < 500e6
        sub.stop(PATIENCE)
    assert (sub.state, sub.running, sub.memory) == ("stopped", False, 0)


def test_previews_come_on_request():
    with (
        zmqlab.start(serve, "ROUTER") as router,
        connected(zmq.DEALER, router.endpoint, routing_id=b"me") as dealer,
    ):

        def ask(*parts):
            dealer.send_multipart(parts)
            dealer.recv_multipart()

        ask(b"before")
        seen(router, lambda it: it["sent"]["messages"] == 1, "the first message")
        assert router.previews == {}
        whole = [b"\x00long" * 100, b"", *[b"part"] * 20]
        kept = [b"me", *whole][: records.MOST_PARTS]
        expected = [{"size": len(part), "begins": part[: samples.BEGINNING].hex()} for part in kept]

        def shown(process):
            process.preview()  # again and again: it lasts ten seconds
            ask(*whole)
            return process.previews.get("0") == {"received": expected, "sent": expected}

        router.wait_until(shown, PATIENCE, "the preview")
        assert counts(router)[0][0][0] > 1


def test_a_report_has_room_for_so_many_connections():
    most = report_sender.MOST_CONNECTIONS
    sockets = [
        {"connections": list(range(most - 1)), "ended": [1, 2]},
        {"connections": [3], "ended": []},
    ]
    one, other = report_sender._within_bounds(sockets)
    assert (len(one["connections"]), one["ended"], other["connections"]) == (most - 1, [1], [])


def test_events_wait_for_a_report_with_room(tmp_path):
    endpoint = f"ipc://{tmp_path}/reports"
    reporter = report_sender.Reporter({"token": "ours", "reports": endpoint}, trace.Trace())
    while reporter.report():  # nobody reads
        pass
    event = {"socket": 0, "event": "ACCEPTED"}
    reporter.events.append(event)
    assert not reporter.report()
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(endpoint)
        while not reporter.report():
            assert pull.poll(1000 * PATIENCE)
            pull.recv_multipart()
        reported = []
        while not reported and pull.poll(1000 * PATIENCE):
            reported = json.loads(pull.recv_multipart()[1])["events"]
    assert reported == [event]
    reporter.context.destroy(linger=0)


def is_plain(kind):
    with zmq.Context() as context, context.socket(zmq.PULL) as pull:
        pull.bind(LOOPBACK)
        mine = [getattr(type(pull), name) for name in ("send", "recv", "recv_multipart", "monitor")]
        pyzmqs = zmq.sugar.socket.SyncSocket.__origin__
        names = ("send", "recv", "recv_multipart", "monitor")
        print(json.dumps(mine == [getattr(pyzmqs, name) for name in names]))


def test_without_observation_send_and_recv_are_pyzmqs_own():
    process, plain = run(is_plain, "PULL", observe=False)
    assert plain
    assert process.sockets[0]["bound"][0].startswith("tcp://127.0.0.1:")
    told = process.sockets[0]
    assert told["peers"] is told["sent"] is told["received"] is None
    assert process.messages == {}
    process, plain = run(is_plain, "PULL")
    assert not plain


# Whose are believed


TOKEN = b"a" * 32
REPORT = {"state": "ended", "sockets": [], "events": [], "pid": 1}


class Real:
    """One whose reports are believed."""

    def __init__(self):
        self.received, self.arrived = [], threading.Event()
        self.endpoint = report_receiver.register(TOKEN.decode(), self.receive)

    def receive(self, report, noted):
        self.received.append(report["state"])
        if report["state"] == "last":
            self.arrived.set()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        report_receiver.forget(TOKEN.decode())

    def all_of(self, messages):
        """Send messages and a good report after them; return the states that were believed."""
        with connected(zmq.PUSH, self.endpoint, linger=10_000) as push:
            for message in [*messages, [TOKEN, b'{"state": "last"}', b""]]:
                push.send_multipart(message)
            assert self.arrived.wait(PATIENCE)
        return self.received


@pytest.fixture
def real():
    with Real() as one:
        yield one


A_PART = st.binary(max_size=100) | st.sampled_from([TOKEN[:-1], TOKEN, json.dumps(REPORT).encode()])


@given(st.lists(st.lists(A_PART, min_size=1, max_size=5)))
def test_forged_reports_are_not_believed(messages):
    """What has another token, or none, or does not have three parts."""
    with Real() as real:
        forged = [each for each in messages if each[0] != TOKEN or len(each) != 3]
        assert real.all_of(forged) == ["last"]


@pytest.mark.skipif(os.name != "posix", reason="elsewhere it is a port")
def test_nobody_else_finds_where_reports_arrive(real):
    folder = Path(real.endpoint.removeprefix("ipc://")).parent
    assert folder.stat().st_mode & 0o777 == 0o700
    with tempfile.TemporaryDirectory() as place:  # others sweep where all are
        another = folder_of_another("", place)
        assert another.name.startswith("zmqlab-")
        assert not another.exists()  # it goes with its process
        end = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
        killed = folder_of_another(end, place)
        assert killed.exists()
        folder_of_another("", place)
        assert not killed.exists()  # it goes with the next process
    folder_of_another("")
    assert folder.exists()


def folder_of_another(end, place=None):
    """Return where reports arrive at another process, which has ended as those lines say."""
    register = "from zmqlab.processes.report_receiver import register"
    code = f"{register}; print(register('a' * 32, print), flush=True); {end}"
    env = os.environ | (dict.fromkeys(("TMPDIR", "TEMP", "TMP"), place) if place else {})
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    return Path(done.stdout.strip().removeprefix("ipc://")).parent


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)


@settings(max_examples=50)
@example([b"[" * 100_000])  # too deep for a parser that calls itself
@given(st.lists(st.binary() | JSON.map(lambda value: json.dumps(value).encode())))
def test_what_is_no_report_is_passed_over(texts):
    with Real() as real:
        assert real.all_of([TOKEN, text, b""] for text in texts) == ["last"]


def test_a_huge_report_ends_only_the_connection_that_brought_it(real):
    with connected(zmq.PUSH, real.endpoint) as attacker:
        monitor = attacker.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        attacker.send_multipart([TOKEN, bytes(report_receiver.MOST_BYTES + 1)])
        assert monitor.poll(1000 * PATIENCE)
        attacker.disable_monitor()
        monitor.close()
        assert real.all_of([]) == ["last"]
