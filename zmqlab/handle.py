"""The handle of a process: what it printed, what its sockets did, how to stop it."""

import contextlib
import linecache
import os
import pickle
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from zmqlab import reports
from zmqlab.output import Output

MOST_EVENTS = 1_000  # monitor events kept for each process
LAST_WORDS = 1.0  # seconds to wait for the output and the last report of a process that has ended
_TRACEBACK = "Traceback (most recent call last)"
_CHAINED = (  # how Python introduces the traceback of what came of an earlier error
    "direct cause of the following exception:\n\n",
    "another exception occurred:\n\n",
)
_CHILD = Path(__file__).with_name("child.py")
# The C library of Linux gives the memory of a large array back to the system when the array goes,
# and fetching it again page by page for the next frame takes as long as pickling the frame. With
# these two set before a process starts, frames reuse the pages; other systems ignore them.
# https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html
FRAMES_REUSE_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(128 * 2**20),
}


class StartError(RuntimeError):
    """A process did not come up; the message holds its own traceback."""

    def _render_traceback_(self):
        # In a notebook show the child's traceback and not the way to it.
        return [f"StartError: {self}"]


class ProcessError(StartError):
    """A process that had come up ended with an error of its own."""


class Process:
    """A running process, as `start` returns it. Usable with ``with``: its end stops it.

    Attributes
    ----------
    name : str
    pid : int
    output : str
        What it printed, at most the last 10,000 lines; `lines_lost` counts the others.
    endpoints : list of str
        What its sockets bound, in order, ports filled in; `endpoint` is the first.
    running : bool
    exit_code : int or None
        None while it runs; 0 after a good end or a `stop`; negative: killed by that signal.
    state : str
        "starting", "running", "ended", "stopped" (and whether that took force), "failed" (and how).
    memory : int
        Resident memory in bytes, 0 once it has ended.
    sockets : list of dict
        What each socket is, holds and did, as drawn in `zmqlab.reporter`: those that are
        open, and those closed last; `forgotten` counts the others.
    events : list of dict
        Who connected and who left, and when, as drawn there; at most the last 1,000.
    messages : dict
        Messages in and out of each socket so far: ``{"REP 0": {"in": 3, "out": 3}}``.
        The counts come in reports, a few a second. Empty without observation.
    """

    def __init__(self, name, letter, observe):
        self.name = name
        self.sockets, self.forgotten, self.events, self.previews = [], 0, [], {}
        self.ready = self.ended = False
        self.exit_code = None
        self.printed = Output()
        self._changed = threading.Condition()
        self._stopping = self._forced = self._said_goodbye = False
        self._token = secrets.token_hex(16)
        letter |= {
            "name": name,
            "path": sys.path,
            "sources": _sources(),
            "cells": _cells(),
            "observe": observe,
            "token": self._token,
            "reports": reports.register(self._token, self._receive),
        }
        self._popen = subprocess.Popen(
            [sys.executable, "-P", str(_CHILD)],  # -P: our modules are no standard library
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=FRAMES_REUSE_MEMORY | os.environ,
            # Interrupting a cell must not reach it.
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self.pid = self._popen.pid
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait_for_end, daemon=True).start()
        letter = pickle.dumps(letter)
        self._write(len(letter).to_bytes(8, "big") + letter)

    # What it did so far

    @property
    def running(self):
        return not self.ended

    @property
    def output(self):
        with self._changed:
            return str(self.printed)

    @property
    def lines_lost(self):
        return self.printed.seen - len(self.printed.lines)

    @property
    def endpoints(self):
        return [
            endpoint
            for socket in self.sockets
            if self.ended or not socket["closed"]
            for endpoint in socket["bound"]
        ]

    @property
    def endpoint(self):
        """What it bound first. A process that connects before it binds is waited for a moment."""
        return self.wait_until(lambda process: process.endpoints, 2.0, "a bound socket")[0]

    @property
    def messages(self):
        return {
            f"{socket['type']} {socket['number']}": {
                "in": socket["received"]["messages"],
                "out": socket["sent"]["messages"],
            }
            for socket in self.sockets
            if socket["sent"]
        }

    @property
    def memory(self):
        import psutil

        try:
            return 0 if self.ended else psutil.Process(self.pid).memory_info().rss
        except psutil.Error:
            return 0

    @property
    def state(self):
        if not self.ended:
            return "running" if self.ready else "starting"
        if self._stopping:
            return "stopped by force" if self._forced else "stopped"
        if self.exit_code < 0:
            return f"failed, killed by {signal.Signals(-self.exit_code).name}"
        return "ended" if self.exit_code == 0 else f"failed, exit code {self.exit_code}"

    def __repr__(self):
        where = f" at {', '.join(self.endpoints)}" if self.endpoints else ""
        return f"<process {self.name!r}, pid {self.pid}, {self.state}{where}>"

    def _repr_mimebundle_(self, **kwargs):
        from zmqlab.panel import panel

        return panel(self)._repr_mimebundle_(**kwargs)

    # Waiting for it

    def settle(self, timeout):
        """Wait until it is up or has ended, or `timeout` seconds have passed; return which."""
        with self._changed:
            return self._changed.wait_for(lambda: self.ready or self.ended, timeout)

    def wait(self, timeout=10.0):
        """Wait until the process has ended; return its exit code.

        Raises
        ------
        TimeoutError
            If it still runs after `timeout` seconds; says what its sockets saw.
        ProcessError
            If it ended with an error of its own; holds the traceback.
        """
        self.wait_until(lambda process: process.ended, timeout, "the end")
        if self.exit_code == 1 and not self._stopping:
            raise ProcessError(f"process {self.name!r} failed:\n{self.traceback()}")
        return self.exit_code

    def wait_output(self, text, timeout=10.0):
        """Wait until a line of the output contains `text`; return that line."""

        def find(process):
            return next((line for line in process.output.split("\n") if text in line), None)

        return self.wait_until(find, timeout, f"a line with {text!r}")

    def wait_until(self, condition, timeout=10.0, what="the condition"):
        """Wait until ``condition(process)`` is true, and return what it returned.

        It is asked again each time the process prints, reports or ends. Raises
        TimeoutError after `timeout` seconds, or as soon as the process has ended,
        saying that it was waiting for `what`, and what the sockets saw.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (result := condition(self)):
                left = deadline - time.monotonic()
                if self.ended or left <= 0:
                    how = f"it did not come in {timeout:g} s" if left <= 0 else "it cannot come"
                    raise TimeoutError(
                        f"waited for {what} of process {self.name!r}, but {how}: "
                        f"the process is {self.state}.{self._seen()}"
                    )
                self._changed.wait(left)
        return result

    def _seen(self):
        """Say what the sockets saw, a line each, for an error that a learner reads."""
        lines = [""]
        for socket in self.sockets:
            where = ", ".join(socket["bound"] + socket["connected"]) or "nowhere"
            who = {None: "", 0: ": nobody is connected", 1: ": 1 peer is connected"}.get(
                socket["peers"], f": {socket['peers']} peers are connected"
            )
            lines.append(f"- its {socket['type']} socket at {where}{who}")
            if socket["sent"]:
                received, sent = socket["received"]["messages"], socket["sent"]["messages"]
                lines.append(f"  messages in: {received}, out: {sent}")
        lines += [] if self.sockets else ["- it has no socket"]
        last = self.output.rpartition("\n")[2]
        lines.append(f"- it last printed: {last}" if last else "- it printed nothing")
        return "\n".join(lines)

    # Ending it

    def stop(self, timeout=2.0):
        """Stop the process: ask (Ctrl-C), then terminate, then kill. Safe to call twice.

        Parameters
        ----------
        timeout : float
            Seconds it may take to end when asked, and again when terminated.
        """
        end([self], timeout)

    def _ask(self):
        with self._changed:
            if self.ended:
                return
            self._stopping = True
        self._write(b"stop\n")  # over there it becomes a Ctrl-C

    def _force(self, how):
        self._forced = True
        how(self._popen)

    def _wait_ended(self, timeout):
        with self._changed:
            return self._changed.wait_for(lambda: self.ended, timeout)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()

    def preview(self):
        """Ask for the first bytes of the last message of each socket, in `previews`."""
        self._write(b"preview\n")

    # The threads that watch it

    def _write(self, data):
        # An error means that it has ended; its output says why.
        with contextlib.suppress(OSError, ValueError):
            self._popen.stdin.write(data)
            self._popen.stdin.flush()

    def _read_output(self):
        with self._popen.stdout as pipe:
            for data in iter(lambda: pipe.read1(65536), b""):
                self._add(data)
            self._add(b"", last=True)

    def _add(self, data, last=False):
        with self._changed:
            self.printed.add(data, last)
            self._changed.notify_all()

    def _receive(self, report):
        with self._changed:
            self.sockets, self.forgotten = report["sockets"], report["forgotten"]
            self.events = (self.events + report["events"])[-MOST_EVENTS:]
            self.previews = report.get("previews", {})
            self.pid = report["pid"]  # on Windows a launcher may stand in between
            self.ready = self.ready or report["state"] == "running"
            self._said_goodbye = report["state"] == "ended"
            self._changed.notify_all()

    def _wait_for_end(self):
        code = _wait_for_family(self._popen)
        self._reader.join(LAST_WORDS)  # on Windows a grandchild may hold the pipe open for longer
        with self._changed:
            if code >= 0 and not self._forced:
                self._changed.wait_for(lambda: self._said_goodbye, LAST_WORDS)
            reports.forget(self._token)
            asked = self._forced or code in (-signal.SIGINT, -signal.SIGTERM)
            self.exit_code = 0 if self._stopping and asked else code
            self.ended = True
            with contextlib.suppress(OSError):
                self._popen.stdin.close()
            self._changed.notify_all()

    def traceback(self):
        """Return the last traceback it printed, with its causes, or the end of its output."""
        output, start = self.output, len(self.output)
        while (start := output.rfind(_TRACEBACK, 0, start)) > 0:
            if not output[:start].endswith(_CHAINED):
                break
        return output[start if start >= 0 else -2000 :] or "It printed nothing."


def end(processes, timeout):
    """End processes together: ask, then terminate, then kill those that take too long."""
    for means, seconds in (
        (Process._ask, timeout),
        (lambda process: process._force(subprocess.Popen.terminate), timeout),
        (lambda process: process._force(subprocess.Popen.kill), 10.0),
    ):
        left = [process for process in processes if not process.ended]
        for process in left:
            means(process)
        deadline = time.monotonic() + seconds
        for process in left:
            process._wait_ended(deadline - time.monotonic())
    alive = [f"{process.name!r}, pid {process.pid}" for process in processes if process.running]
    if alive:
        raise TimeoutError(f"these processes survived being killed: {'; '.join(alive)}")


def _wait_for_family(popen):
    """Wait for the end of a process, and end what it has started itself; return its exit code."""
    if os.name == "posix":  # on Windows nobody knows whose they were
        if hasattr(os, "waitid"):  # macOS has it since Python 3.13
            # Until its exit code is fetched, no other process is given its number.
            with contextlib.suppress(ChildProcessError):  # fetched already
                os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)
        else:
            popen.wait()
        with contextlib.suppress(OSError):  # nobody is left
            os.killpg(popen.pid, signal.SIGTERM)
    return popen.wait()


def _sources():
    """Return the lines of code that is in no file (cells), for tracebacks in the child."""
    return {
        name: entry[2]
        for name, entry in list(linecache.cache.items())
        if len(entry) == 4 and entry[1] is None
    }


def _cells():
    """Return the names that a notebook's user knows its cells by: {file: "Cell In[3]"}."""
    try:
        numbers = get_ipython().compile._filename_map
    except (NameError, AttributeError):
        return {}
    return {file: f"Cell In[{number}]" for file, number in numbers.items()}
