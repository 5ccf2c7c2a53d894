"""The picture of a network: what is drawn is there, and what is there is drawn."""

import random
import subprocess
import sys
import tempfile
import time
from collections import Counter

import cloudpickle
import psutil
import pytest
import zmq
from helpers.observing import LOOPBACK, PATIENCE, connected, serve

import zmqlab
from zmqlab.course.ports import free_endpoint
from zmqlab.processes.handle import have_report
from zmqlab.processes.members import about
from zmqlab.processes.network import network_of

cloudpickle.register_pickle_by_value(sys.modules[__name__])

PAIRS = [("REQ", "REP"), ("DEALER", "ROUTER"), ("PUSH", "PULL"), ("PUB", "SUB"), ("DEALER", "REP")]
PAIRS += [("XPUB", "XSUB"), ("PAIR", "PAIR"), ("REQ", "ROUTER"), ("DEALER", "DEALER")]


def play():
    """Make, bind, connect and close sockets, as asked in lists of JSON."""
    with zmq.Context() as context, context.socket(zmq.REP) as control:
        control.bind(LOOPBACK)
        sockets = [control]
        while True:
            what, *which = control.recv_json()
            if what == "socket":
                sockets.append(context.socket(getattr(zmq, which[0])))
                sockets[-1].linger = 0
                control.send_json(len(sockets) - 1)
                continue
            number, *endpoint = which
            getattr(sockets[number], what)(*endpoint)
            told = "" if what == "close" else sockets[number].last_endpoint.decode()
            control.send_json(told)


def reported(condition, *processes):
    """Have processes report until a condition holds; tell whether it does."""
    end = time.monotonic() + PATIENCE
    while not (holds := condition()) and time.monotonic() < end:
        have_report(processes, PATIENCE)
    return holds


def up(drawn):
    """Tell whether there are connections, and all of them have shaken hands."""
    return drawn["edges"] and all(each["up"] for each in drawn["edges"])


class Players:
    """Processes that do as they are told, and what they must be connected by."""

    def __init__(self, context, processes, seed):
        self.random = random.Random(seed)
        self.processes = processes
        self.controls = {}
        for each in processes:
            self.controls[each.name] = control = context.socket(zmq.REQ)
            control.linger, control.rcvtimeo = 0, int(1000 * PATIENCE)
            control.connect(each.endpoint)
        self.bound = {}  # socket: [kind, endpoint]
        self.connected = {}  # socket: (kind, the socket it is connected to)
        self.folder = tempfile.mkdtemp()

    def tell(self, name, *order):
        self.controls[name].send_json(order)
        return self.controls[name].recv_json()

    def bind(self):
        name = self.random.choice(self.processes).name
        kind = self.random.choice(self.random.choice(PAIRS))
        number = self.tell(name, "socket", kind)
        ways = [LOOPBACK, LOOPBACK, "tcp://0.0.0.0:*", f"inproc://{name}{number}"]
        if zmq.has("ipc"):
            ways.append(f"ipc://{self.folder}/{name}{number}")
        endpoint = self.tell(name, "bind", number, self.random.choice(ways))
        self.bound[f"{name}/{number}"] = kind, endpoint

    def connect(self):
        if not self.bound:
            return
        server, (kind, endpoint) = self.random.choice(list(self.bound.items()))
        if kind == "PAIR" and any(other == server for _, other in self.connected.values()):
            return  # it takes one peer
        kinds = [one for pair in PAIRS for one, two in (pair, pair[::-1]) if two == kind]
        name = self.random.choice(self.processes).name
        if endpoint.startswith("inproc"):
            name = server.rpartition("/")[0]
        kind = self.random.choice(kinds)
        number = self.tell(name, "socket", kind)
        place = endpoint.replace("0.0.0.0", self.random.choice(["127.0.0.1", "localhost"]))
        self.tell(name, "connect", number, place)
        self.connected[f"{name}/{number}"] = kind, server

    def close(self):
        if self.connected:
            socket = self.random.choice(list(self.connected))
            del self.connected[socket]
            self.tell(*self.order("close", socket))

    def close_bound(self):
        lonely = set(self.bound) - {server for _, server in self.connected.values()}
        if lonely:
            socket = self.random.choice(sorted(lonely))
            del self.bound[socket]
            self.tell(*self.order("close", socket))

    def order(self, what, socket):
        name, _, number = socket.rpartition("/")
        return name, what, int(number)

    def wanted(self):
        return Counter(frozenset((one, other)) for one, (_, other) in self.connected.items())

    def drawn(self):
        there = [about(each) for each in self.processes]
        edges = network_of(there)["edges"]
        return Counter(frozenset((each["from"], each["to"])) for each in edges if each["up"])

    def difference(self):
        drawn, wanted = self.drawn(), self.wanted()
        return {"not there": drawn - wanted, "not drawn": wanted - drawn}

    def tcp(self):
        """Return (process that listens, process that connects) as the system knows them."""
        name_of, ends = {}, {}
        for each in self.processes:
            for one in psutil.Process(each.pid).net_connections("tcp"):
                if one.raddr:
                    ends[one.laddr, one.raddr] = each.name
                else:
                    name_of[one.laddr.port] = each.name
        return Counter(
            (name_of[local.port], ends[peer, local])
            for local, peer in ends
            if local.port in name_of and (peer, local) in ends
        )


def test_a_hundred_topologies_are_drawn_as_they_are():
    names = "abcde"
    processes = [zmqlab.start(play, process_name=name) for name in names]
    try:
        with zmq.Context() as context:
            players = Players(context, processes, seed=1)
            kinds = [players.bind, players.connect, players.close, players.close_bound]
            for _ in range(100):
                for act in players.random.choices(kinds, weights=[3, 7, 2, 1], k=4):
                    act()
                same = reported(lambda: players.drawn() == players.wanted(), *processes)
                assert same, players.difference()
            assert len(players.connected) > 50
            listening = Counter(
                (server.rpartition("/")[0], one.rpartition("/")[0])
                for one, (_, server) in players.connected.items()
                if players.bound[server][1].startswith("tcp")
            )
            # A socket that was closed keeps its connections until libzmq has come round to it.
            assert reported(lambda: players.tcp() == listening, *processes), players.tcp()
            context.destroy(0)
    finally:
        for each in processes:
            each.stop()


def connect(kind, endpoint, **options):
    """Connect one socket, and wait until told to stop."""
    with zmq.Context() as context, context.socket(getattr(zmq, kind)) as socket:
        socket.linger = 0
        for option, value in options.items():
            setattr(socket, option, value)
        socket.connect(endpoint)
        socket.poll() if kind != "PUSH" else zmq.Context().socket(zmq.PULL).poll()


def picture(*processes, owners=None):
    return network_of([about(each) for each in processes], owners)


def reason(drawing, name="client"):
    """Return why the one socket of a process is not connected, or ""."""
    (node,) = (each for each in drawing["nodes"] if each["id"] == name)
    found = [each for socket in node["sockets"] for each in socket["dangling"]]
    return found[0]["reason"] if found else ""


OTHER, MINE = zmq.curve_keypair(), zmq.curve_keypair()
WRONG_KEY = dict(zip(("curve_publickey", "curve_secretkey"), MINE, strict=True))
CASES = {
    "refused": (None, "REQ", {}, "refused: nobody listens there; tries again"),
    "wrong type": ({}, "PULL", {}, "wrong socket type at the other end: never tried again"),
    "wrong key": (True, "REQ", WRONG_KEY | {"curve_serverkey": MINE[0]}, "the key is not the one"),
    "no key": (True, "REQ", {}, "one side has a key and the other has none"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_client_in_vain_has_a_reason(case):
    keys, kind, options, words = CASES[case]
    if keys:
        keys = {"curve_server": True, "curve_publickey": OTHER[0], "curve_secretkey": OTHER[1]}
    server = zmqlab.start(serve, "REP", **(keys or {}))
    with server:
        endpoint = free_endpoint() if keys is None else server.endpoint
        with zmqlab.start(connect, kind, endpoint, process_name="client", **options) as client:

            def in_vain():  # not in two pictures: it tries again
                drawn = picture(server, client)
                return words in reason(drawn) and not drawn["edges"]

            assert reported(in_vain, server, client)


def test_a_server_that_goes_leaves_a_dangling_line_and_one_that_comes_mends_it():
    with zmqlab.start(serve, "REP") as server:
        endpoint = server.endpoint
        with zmqlab.start(connect, "REQ", endpoint, process_name="client") as client:
            assert reported(lambda: up(picture(server, client)), server, client)
            (edge,) = picture(server, client)["edges"]
            assert (edge["from"], edge["to"]) == ("client/0", "serve/0")
            server.end_by("kill")
            words = "the peer has gone; refused"
            assert reported(lambda: words in reason(picture(server, client)), client)
            server.wait_until(lambda it: it.ended, PATIENCE)
            (dead, _) = picture(server, client)["nodes"]
            assert (dead["ended"], dead["state"]) == (True, "stopped by force")
            assert [each["type"] for each in dead["sockets"]] == ["REP"]
            with connected(zmq.PAIR, endpoint):
                pass  # whoever knocks there is of no help
            assert reason(picture(server, client))


NOTEBOOK = """
import zmq
from zmqlab import start
from zmqlab.processes import own_sockets
from zmqlab.processes.members import members
from zmqlab.processes.network import network_of

own_sockets.begin()
own_sockets.begin()
plain = zmq.Socket

def serve():
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        socket.bind("tcp://127.0.0.1:*")
        while True:
            socket.send(socket.recv())

if __name__ == "__main__":
    with start(serve) as server, zmq.Context() as context, context.socket(zmq.REQ) as req:
        req.connect(server.endpoint)
        req.send(b"x")
        req.recv()
        server.wait_until(lambda it: network_of(members())["edges"])
        print(network_of(members())["edges"][0]["from"], zmq.Socket is plain)
"""


def test_the_notebooks_own_sockets_are_drawn(tmp_path):
    (tmp_path / "notebook.py").write_text(NOTEBOOK)
    done = subprocess.run(
        [sys.executable, "notebook.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "/0 True\n", done.stderr


def told(number, kind, local, peer, **ends):
    """Return a socket with one connection, as a report tells of it."""
    (endpoint,) = (ends.get("bound") or ends.get("connected"))[:1]
    counts = {"messages": 0, "bytes": 0}
    one = {"endpoint": endpoint, "local": local, "peer": peer, "up": True}
    return {
        "number": number,
        "type": kind,
        "closed": False,
        "context": 1,
        "peers": 1,
        "bound": [],
        "connected": [],
        "options": {},
        "sent": counts,
        "received": counts,
        "connections": [one],
        "ended": [],
        "retrying": [],
        **ends,
    }
