"""What the kernel does for the network map: pass reports on, say which processes there are, obey.

The map is drawn by a process of its own, which `zmqlab.page.network_server` describes. Its port is
open to every user of this computer, so each message begins with a secret::

    secret | report | name of the process, "" for the notebook | the report as it came
    secret | roster | JSON: [{"name", "pid", "created", "state", "ended", "own"}, ...]

`created` is when the system says that the process began: with the pid it names one process for
ever. Back come, with a token of their own and by the way that reports take::

    {"do": "stop" | "look" | "trace", "name": "camera"}

After "trace" all processes note their messages, and those of the next second are drawn::

    secret | timeline | HTML

Nobody waits for the map: what it is too slow to take in is dropped, and told again with the next
roster.
"""

import contextlib
import json
import secrets
import threading
from typing import Any

import psutil
import zmq

from zmqlab.page.network_look import look
from zmqlab.processes import launch, observed, own_sockets, report_receiver
from zmqlab.processes.handle import Process
from zmqlab.processes.members import about, notebook

PERIOD = 0.2  # seconds between looks at which processes there are
AGAIN = 5.0  # seconds after which everything is told again
MOST_WAITING = 1_000  # messages, while the map is too slow


class Feed:
    """The thread that tells a map's process, and the socket that it does so with."""

    def __init__(self) -> None:
        self.secret, self.token = secrets.token_hex(16), secrets.token_hex(16)
        self.commands = report_receiver.register(self.token, self._obey)
        self.process: Process | None = None
        self._lock = threading.Lock()
        self._names: dict[bytes, str | None] = {}  # token of reports: name, None: not for the map
        self._created: dict[int, float] = {}

    def begin(self, process: Process) -> None:
        """Tell `process`, which runs `serve_network`, from now on until it ends."""
        self.process = process
        context: zmq.Context = zmq.Context()
        self._push = context.socket(zmq.PUSH, socket_class=report_receiver.PLAIN)
        self._push.linger, self._push.sndhwm = 0, MOST_WAITING
        self._push.connect(process.endpoint)
        thread = threading.Thread(target=self._run, args=(context,), daemon=True)
        thread.name = "network map"
        report_receiver.watchers.append(self._pass_on)
        thread.start()

    def _run(self, context):
        assert self.process
        known, rounds = None, 0
        while not self.process.ended:
            roster = json.dumps(self._roster())
            again = rounds % int(AGAIN / PERIOD) == 0
            if roster != known or again:
                self._send("roster", roster.encode())
            if again:
                for name, text in self._everything():
                    self._send("report", name.encode(), text)
            known, rounds = roster, rounds + 1
            self.process.settle(lambda process: process.ended, PERIOD)
        report_receiver.watchers.remove(self._pass_on)
        report_receiver.forget(self.token)
        with self._lock:
            context.destroy()

    def _roster(self) -> list[dict[str, Any]]:
        own = notebook()
        del own["sockets"]
        there = [own | {"created": self._began(own["pid"])}]
        for each in launch.processes():
            if each is not self.process:
                there.append(about(each) | {"created": self._began(each.pid)})
        return there

    def _began(self, pid):
        """Return when the system says a process began, 0 if it has ended by then."""
        if pid not in self._created:
            with contextlib.suppress(psutil.Error):
                self._created[pid] = psutil.Process(pid).create_time()
        return self._created.get(pid, 0.0)

    def _everything(self):
        """Yield the name of each process, and a report of what is known of its sockets."""
        for each in launch.processes():
            if each is not self.process:
                yield each.name, json.dumps({"sockets": each.sockets}).encode()
        yield "", json.dumps(own_sockets.report).encode()

    def _pass_on(self, token, text):
        if token not in self._names:
            there = {each.token.encode(): each.name for each in launch.processes()}
            self._names = dict.fromkeys(self._names) | there | {own_sockets.token.encode(): ""}
            if self.process:
                self._names[self.process.token.encode()] = None
            self._names.setdefault(token, None)
        name = self._names[token]
        if name is not None:
            self._send("report", name.encode(), text)

    def _send(self, kind, *parts):
        message = [self.secret.encode(), kind.encode(), *parts]
        with self._lock, contextlib.suppress(zmq.ZMQError):  # full, or closed
            self._push.send_multipart(message, zmq.NOBLOCK)

    def _obey(self, command, *trace):
        what, name = command["do"], command["name"]
        if what == "trace":
            threading.Thread(target=self._trace, daemon=True).start()
            return
        if what == "look" and name == "":
            observed.look()
            return
        process = launch.process(name)
        if what == "look":
            process.preview(lasting=False)
        elif what == "stop":
            threading.Thread(target=process.stop, daemon=True).start()

    def _trace(self):
        there = [each for each in launch.processes() if each.running and each is not self.process]
        self._send("timeline", look(there).encode())
