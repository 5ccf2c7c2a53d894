"""Two machines, `laboratory` and `office`, and the line between them: real ones, or a relay."""

from machines.link import ADDRESSES, link, on, why_not
from zmqlab import StartError, request, start, tap_relay


class Network:
    """Start roles on one machine or the other.

    Where network namespaces are allowed, each machine has an address of its own. Elsewhere both
    are this computer, and the way from the office to the laboratory leads through a relay: a tap
    that shows nothing, and passes on what comes, later.

    Attributes
    ----------
    bind : str
        What a role in the laboratory binds, for the office to reach it.
    nobody, silent : str
        Endpoints that a program in the office asks in vain: the one has no program, the other no
        computer.
    why_not : str
        Why the machines have no addresses of their own; empty where they have.
    """

    def __init__(self, namespaces=True):
        self._lines, self._places, self._settings = [], {}, {}
        self.why_not = why_not() if namespaces else "a relay was asked for"
        if not self.why_not:
            try:
                self._lines = [start(link, process_name="line", observe=False)]
                _, *words = self._lines[0].wait_output("link: ").split()
                self._places = dict(zip(words[::2], words[1::2]))
            except StartError as error:
                self.why_not = str(error).splitlines()[-1]
        own = "127.0.0.1" if self.why_not else ADDRESSES["laboratory"]
        self.bind = "tcp://127.0.0.1:*" if self.why_not else "tcp://0.0.0.0:*"
        self.nobody = f"tcp://{own}:1"
        self.silent = (
            "tcp://198.51.100.1:5555" if self.why_not else "tcp://10.77.0.9:5555"
        )  # RFC 5737

    def start(self, machine, role, *args, process_name, **kwargs):
        """Start a role there, as `zmqlab.start` does here."""
        call = (on, self._places[machine], role) if self._places else (role,)
        return start(*call, *args, process_name=process_name, **kwargs)

    def endpoint(self, process, number=0):
        """Return where the office finds what a process in the laboratory has bound."""
        there = process.wait_until(lambda it: it.endpoints[number:], what="its endpoint")[0]
        if self._places:
            return there.replace("0.0.0.0", ADDRESSES["laboratory"])
        name = f"line to {there}"
        options = {"process_name": name, "observe": False, "show": False, "parse": False}
        way = start(tap_relay, connect=there, **options, **self._settings)
        self._lines = [each for each in self._lines if each.name != name] + [way]
        return way.endpoint

    def set(self, **settings):
        """Set delay (s, one way), rate (bytes/s, or None) and loss (of packets, 0 to 0.9)."""
        self._settings = {"delay": 0.0, "rate": None, "loss": 0.0} | settings
        for line in self._lines:
            request(line.endpoints[-1], "set", self._settings)

    def close(self):
        """End the line; the machines go with it."""
        for line in self._lines:
            line.stop()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
