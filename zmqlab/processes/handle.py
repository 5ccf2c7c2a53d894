"""The handle of a process: what it printed, what its sockets did, how to stop it."""

import contextlib
import pickle
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from zmqlab.processes import cells, report_receiver, words
from zmqlab.processes.output import Output
from zmqlab.processes.spawn import spawn, wait_for_family
from zmqlab.processes.trace import Noted, now

MOST_EVENTS = 1_000  # monitor events kept for each process
LAST_EVENTS = 10  # of them told of each socket
MOST_UNREAD = 250  # lines to a process: one that is paused reads none, and a full pipe holds us up
SLICE = 0.5  # seconds of one wait: Windows takes note of Ctrl-C only between two
UNTIL_BOUND = 2.0  # seconds that `endpoint` waits for a process that connects before it binds
AFTER_THE_END = 1.0  # seconds that the output and the last report may come after the end


class StartError(RuntimeError):
    """A process did not come up; the message holds its own traceback."""

    def _render_traceback_(self):
        # In a notebook show the child's traceback and not the way to it.
        return [f"StartError: {self}"]


class ProcessError(StartError):
    """A process that had come up ended with an error of its own."""


class Process(contextlib.AbstractContextManager["Process"]):
    """A running process, as `start` returns it. Usable with ``with``: its end stops it.

    Attributes
    ----------
    name : str
    pid : int
    ended : bool
    exit_code : int or None
        None while it runs; 0 after a good end or a `stop`; negative: killed by that signal.
    ready : bool
        Whether it has bound or connected a socket, or called `zmqlab.ready`.
    sockets : list of dict
        What each socket is, holds and did, as drawn in `zmqlab.processes.report_sender`, and its
        last 10 `events`: those that are open, and those closed last.
    events : list of dict
        Who connected and who left, and when, as drawn there; at most the last 1,000.
    previews : dict
        Samples of each socket's last message (see `zmqlab.processes.samples`), while `preview`
        asks for them.
    traced : bool
        Whether it notes when which message passes; `zmqlab.timeline` shows that.
    """

    def __init__(self, name: str, task: dict[str, Any], observe: bool, trace: bool = False) -> None:
        self.name, self.traced, self._observed = name, trace, observe
        self.noted = Noted()
        self.sockets: list[dict] = []
        self.events: list[dict] = []
        self.previews: dict[str, dict] = {}
        self.ready = self.ended = self._stopping = self._forced = False
        self.exit_code: int | None = None
        self.printed = Output()
        self._changed, self._asking = threading.Condition(), threading.Lock()
        self._reported, self._unread = "", 0  # the state in its last report; lines written since
        self.token = secrets.token_hex(16)
        start_message = task | {
            "name": name,
            "path": sys.path,
            "sources": cells.sources(),
            "observe": observe,
            "trace": trace,
            "token": self.token,
            "reports": report_receiver.register(self.token, self._receive),
        }
        self._popen = spawn()
        self.pid = self._popen.pid
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait_for_end, daemon=True).start()
        packed = pickle.dumps(start_message)
        self._write(len(packed).to_bytes(8, "big") + packed)

    @property
    def running(self) -> bool:
        """The opposite of `ended`."""
        return not self.ended

    @property
    def output(self) -> str:
        """What it printed, without colours: at most the last 10,000 lines."""
        with self._changed:
            return str(self.printed)

    @property
    def lines_lost(self) -> int:
        """How many lines it printed before those in `output`."""
        return self.printed.seen - len(self.printed.lines)

    @property
    def endpoints(self) -> list[str]:
        """What its sockets bound, in order, ports filled in."""
        there = [each for each in self.sockets if self.ended or not each["closed"]]
        return [endpoint for socket in there for endpoint in socket["bound"]]

    @property
    def endpoint(self) -> str:
        """What it bound first. A process that connects before it binds is waited for a moment."""
        return self.wait_until(lambda process: process.endpoints, UNTIL_BOUND, "a bound socket")[0]

    @property
    def messages(self) -> dict[str, dict[str, int]]:
        """Messages in and out of each socket so far: ``{"REP 0": {"in": 3, "out": 3}}``.

        The counts come in reports, a few a second. Empty without observation.
        """
        return {
            f"{socket['type']} {socket['number']}": {
                "in": socket["received"]["messages"],
                "out": socket["sent"]["messages"],
            }
            for socket in self.sockets
            if socket["sent"]
        }

    @property
    def memory(self) -> int:
        """Resident memory in bytes, 0 once it has ended."""
        import psutil

        with contextlib.suppress(psutil.Error):
            return 0 if self.ended else psutil.Process(self.pid).memory_info().rss
        return 0

    @property
    def state(self) -> str:
        """Starting, until its code runs, then running; in the end ended, stopped or failed."""
        if self.exit_code is None:
            return "running" if self._reported else "starting"
        if self._stopping:
            return "stopped by force" if self._forced else "stopped"
        if self.exit_code < 0:
            return f"failed, killed by {signal.Signals(-self.exit_code).name}"
        return "ended" if self.exit_code == 0 else f"failed, exit code {self.exit_code}"

    def traceback(self) -> str:
        """Return the last traceback it printed, with its causes, or the end of its output."""
        with self._changed:
            return self.printed.last_traceback() or "It printed nothing."

    def __repr__(self) -> str:
        where = f" at {', '.join(self.endpoints)}" if self.endpoints else ""
        return f"<process {self.name!r}, pid {self.pid}, {self.state}{where}>"

    def wait_until(
        self,
        condition: Callable[["Process"], Any],
        timeout: float = 10.0,
        what: str = "the condition",
    ) -> Any:
        """Wait until ``condition(process)`` is true, and return what it returned.

        It is asked again each time the process prints, reports or ends.

        Raises
        ------
        TimeoutError
            If that took longer than `timeout` seconds, or cannot be any more because the process
            has ended; names `what` was waited for, and what the sockets saw.
        """
        result = self.settle(condition, timeout)
        if not result:
            how = "it cannot come" if self.ended else f"it did not come in {timeout:g} s"
            raise TimeoutError(
                f"waited for {what} of process {self.name!r}, but {how}: "
                f"the process is {self.state}.{self._seen()}"
            )
        return result

    def settle(self, condition: Callable[["Process"], Any], timeout: float) -> Any:
        """Wait as `wait_until` does, but in vain return what the condition returned last."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (result := condition(self)) and not self.ended:
                if (left := deadline - time.monotonic()) <= 0:
                    return result
                self._changed.wait(min(left, SLICE))
        return result

    def wait_output(self, text: str, timeout: float = 10.0) -> str:
        """Wait until the process has printed a line that contains a text; return that line.

        Parameters
        ----------
        text : str
            What to look for, without colours.
        timeout : float
            Seconds, after which there is a TimeoutError as from `wait_until`.
        """

        def line(process):
            return next((each for each in process.output.split("\n") if text in each), None)

        return self.wait_until(line, timeout, f"a line with {text!r}")

    def wait(self, timeout: float = 10.0) -> int | None:
        """Wait until the process has ended; return its exit code.

        Raises
        ------
        TimeoutError
            If it still runs after `timeout` seconds, as from `wait_until`.
        ProcessError
            If it ended with an error of its own; holds the traceback.
        """
        self.wait_until(lambda process: process.ended, timeout, "the end")
        if self.exit_code == 1 and not self._stopping:
            raise ProcessError(f"process {self.name!r} failed:\n{self.traceback()}")
        return self.exit_code

    def _seen(self):
        """Say what the sockets saw, a line each, for an error that a learner reads."""
        lines = "" if self.sockets else "\n- it has no socket"
        lines += "".join(f"\n- its socket: {words.line_of(each)}" for each in self.sockets)
        last = self.output.rpartition("\n")[2]
        return lines + (f"\n- it last printed: {last}" if last else "\n- it printed nothing")

    def preview(self) -> None:
        """Ask for samples of the last message of each socket, in `previews` for ten seconds."""
        self._write(b"preview\n")

    def trace(self) -> None:
        """Note from now on when which message passes, for `zmqlab.timeline`.

        Without observation there is nothing to note.
        """
        self.traced = self._observed
        self._write(b"trace\n")

    def ask_for_report(self) -> Callable[["Process"], bool]:
        """Ask it to report at once; return the condition that `settle` can wait for."""
        with self._asking:  # between reading the count and writing it another thread may ask
            self.noted.asked = number = self.noted.asked + self._write(b"report\n")
        return lambda process: process.noted.answered >= number

    def stop(self, timeout: float = 2.0) -> None:
        """Stop the process: ask (Ctrl-C), then terminate, then kill. Safe to call twice.

        Parameters
        ----------
        timeout : float
            Seconds it may take to end when asked, and again when terminated.
        """
        end([self], timeout)

    def __exit__(self, *error: object) -> None:
        self.stop()

    def end_by(self, means: str) -> None:
        """Ask it to end ("ask"), or have the system end it ("terminate", "kill"); do not wait."""
        with self._changed:
            if self.ended:
                return
            self._stopping, self._forced = True, self._forced or means != "ask"
        if means == "ask":
            self._write(b"stop\n")  # over there it becomes a Ctrl-C
        else:
            getattr(self._popen, means)()

    def _write(self, data):
        if self._unread >= MOST_UNREAD and data in (b"preview\n", b"report\n"):
            return False
        self._unread += 1
        # An error means that it has ended; its output says why.
        with contextlib.suppress(OSError, ValueError):
            self._popen.stdin.write(data)
            self._popen.stdin.flush()
        return True

    def _read_output(self):
        with self._popen.stdout as pipe:
            data = b"more"
            while data:
                data = pipe.read1(65536)
                with self._changed:
                    self.printed.add(data, last=not data)
                    self._changed.notify_all()

    def _receive(self, report, noted=b""):
        with self._changed:
            self.noted.add(report, noted)
            self.events = (self.events + report["events"])[-MOST_EVENTS:]
            last: dict[int, list] = {}
            for event in self.events:
                last.setdefault(event["socket"], []).append(event)
            self.sockets = [
                socket | {"events": last.get(socket["number"], [])[-LAST_EVENTS:]}
                for socket in report["sockets"]
            ]
            self.previews = report.get("previews", {})
            self.pid = report["pid"]  # on Windows a launcher may stand in between
            self._reported, self._unread = report["state"], 0
            self.ready = self.ready or self._reported == "ready"
            self._changed.notify_all()

    def _wait_for_end(self):
        code = wait_for_family(self._popen)
        self._reader.join(AFTER_THE_END)  # on Windows a grandchild may hold the pipe for longer
        with self._changed:
            if code >= 0 and not self._forced:
                self._changed.wait_for(lambda: self._reported == "ended", AFTER_THE_END)
            report_receiver.forget(self.token)
            asked = self._forced or code in (-signal.SIGINT, -signal.SIGTERM)
            self.exit_code = 0 if self._stopping and asked else code
            self.noted.ended = now()
            self.ended = True
            with contextlib.suppress(OSError):
                self._popen.stdin.close()
            self._changed.notify_all()


def have_report(processes: Iterable[Process], timeout: float) -> None:
    """Have those that run report at once; wait until they have, or for so many seconds."""
    asked = [(each, each.ask_for_report()) for each in processes if each.running]
    deadline = time.monotonic() + timeout
    for process, answered in asked:
        process.settle(answered, deadline - time.monotonic())


def end(processes: list[Process], timeout: float) -> None:
    """End processes together: ask, then terminate, then kill those that take too long."""
    for means, seconds in ("ask", timeout), ("terminate", timeout), ("kill", 10.0):
        left = [process for process in processes if not process.ended]
        for process in left:
            process.end_by(means)
        deadline = time.monotonic() + seconds
        for process in left:
            process.settle(lambda process: process.ended, deadline - time.monotonic())
    alive = [f"{process.name!r}, pid {process.pid}" for process in processes if process.running]
    if alive:
        raise TimeoutError(f"these processes survived being killed: {'; '.join(alive)}")
