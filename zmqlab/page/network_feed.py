"""What the kernel does for the network map: say what it knows of the processes, and obey.

The map is drawn by a process of its own, which `zmqlab.page.network_server` describes. Its port can
be reached by every user of this computer, so it has keys; and where there is no CURVE, each message
begins with a secret::

    secret | JSON: {"names": ["", "camera", ...],     of all processes; "" is the notebook
                    "members": [...],                 as of `zmqlab.processes.members`: the new ones
                    "timeline": HTML or null}

Back come, with a token of their own and by the way that reports take::

    {"do": "stop" | "look" | "trace", "name": "camera"}

After "trace" all processes note their messages, and the timeline of the next second follows.
Nobody waits for the map: what it is too slow to take in is dropped, and everything is told again
now and then.
"""

import contextlib
import json
import secrets
import threading

import zmq

from zmqlab.page.timeline import look
from zmqlab.processes import launch, observed, report_receiver
from zmqlab.processes.handle import Process
from zmqlab.processes.members import members
from zmqlab.wire.keys import of_this_process
from zmqlab.wire.sockets import connect

NAME = "network map"  # of the process behind it
PERIOD = 0.1  # seconds between looks at what is new
AGAIN = 50  # looks after which everything is told again
MOST_WAITING = 100  # messages, while the map is too slow


class Feed:
    """What tells a map's process, in a thread of its own."""

    def __init__(self) -> None:
        self.secret, self.token = secrets.token_hex(16), secrets.token_hex(16)
        self.keys = of_this_process()
        self.commands = report_receiver.register(self.token, self._obey)
        self._timeline: str | None = None

    def begin(self, process: Process) -> None:
        """Tell `process`, which runs `serve_network`, from now on until it ends."""
        thread = threading.Thread(target=self._run, args=(process,), daemon=True)
        thread.name = NAME
        thread.start()

    def _run(self, process):
        known, rounds = {}, 0
        with (
            zmq.Context() as context,
            context.socket(zmq.PUSH, socket_class=report_receiver.PLAIN) as push,
        ):
            push.linger, push.sndhwm = 0, MOST_WAITING
            connect(push, process.endpoint, keys=self.keys)
            while not process.ended:
                before = known if rounds % AGAIN else {}
                known = {"" if each["own"] else each["name"]: each for each in members(NAME)}
                new = [each for name, each in known.items() if before.get(name) != each]
                timeline, self._timeline = self._timeline, None
                if new or timeline or list(before) != list(known):
                    told = {"names": list(known), "members": new, "timeline": timeline}
                    with contextlib.suppress(zmq.Again):
                        push.send_multipart(
                            [self.secret.encode(), json.dumps(told).encode()], zmq.NOBLOCK
                        )
                rounds += 1
                process.settle(lambda process: process.ended, PERIOD)
        report_receiver.forget(self.token)

    def _obey(self, command, *trace):
        what, name = command["do"], command["name"]
        if what == "trace":
            threading.Thread(target=self._trace, daemon=True).start()
        elif what == "stop":
            threading.Thread(target=launch.process(name).stop, daemon=True).start()
        elif what == "look" and name:
            launch.process(name).preview()
        elif what == "look":
            observed.preview()

    def _trace(self):
        there = [each for each in launch.processes() if each.running and each.name != NAME]
        self._timeline = look(there)
