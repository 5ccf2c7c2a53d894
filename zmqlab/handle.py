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
from collections import deque
from pathlib import Path

from zmqlab import reports

MOST_LINES = 10_000  # of output kept for each process; older ones are counted
LONGEST_LINE = 4_000  # characters kept of one line
MOST_EVENTS = 1_000  # monitor events kept for each process
_CHILD = Path(__file__).with_name("child.py")
# glibc gives memory of this size back to the system at once and asks for it again
# for the next frame, at the price of a copy; other systems ignore the variables.
_MEMORY = {"MALLOC_MMAP_THRESHOLD_": "33554432", "MALLOC_TRIM_THRESHOLD_": "134217728"}


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
    memory : int
        Resident memory in bytes, 0 once it has ended.
    sockets : list of dict
        What each socket is, holds and did, as drawn in `zmqlab.observed`.
    events : list of dict
        Who connected and who left, and when, as drawn there.
    messages : dict
        Messages in and out of each socket so far: ``{"REP 0": {"in": 3, "out": 3}}``.
        The counts come in reports, a few a second.
    """

    def __init__(self, name, letter, observe):
        self.name = name
        self.sockets, self.events, self.previews = [], [], {}
        self.ready = self.ended = False
        self.lines_seen = 0
        self.exit_code = None
        self._lines = deque(maxlen=MOST_LINES)
        self._changed = threading.Condition()
        self._stopping = False
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
            [sys.executable, str(_CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_MEMORY | os.environ,
            # Interrupting a cell must not reach it.
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self.pid = self._popen.pid
        self._reader = threading.Thread(target=self._read_output, daemon=True)
        self._reader.start()
        threading.Thread(target=self._wait_for_end, daemon=True).start()
        self._write(pickle.dumps(letter))

    # What it did so far

    @property
    def running(self):
        return not self.ended

    @property
    def output(self):
        return "\n".join(list(self._lines))

    @property
    def lines_lost(self):
        return self.lines_seen - len(self._lines)

    @property
    def endpoints(self):
        return [endpoint for socket in self.sockets for endpoint in socket["bound"]]

    @property
    def endpoint(self):
        if not self.endpoints:
            raise RuntimeError(f"process {self.name!r} has bound no socket")
        return self.endpoints[0]

    @property
    def messages(self):
        return {
            f"{socket['type']} {socket['number']}": {
                "in": socket["received"]["messages"],
                "out": socket["sent"]["messages"],
            }
            for socket in self.sockets
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
            return "stopped"
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
            return next((line for line in list(process._lines) if text in line), None)

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
            peers = {0: "nobody is connected", 1: "1 peer is connected"}.get(
                socket["peers"], f"{socket['peers']} peers are connected"
            )
            lines += [
                f"- its {socket['type']} socket at {where}: {peers}",
                f"  messages in: {socket['received']['messages']}, "
                f"out: {socket['sent']['messages']}",
            ]
        lines += [] if self.sockets else ["- it has no socket"]
        lines += [
            f"- it last printed: {self._lines[-1]}" if self._lines else "- it printed nothing"
        ]
        return "\n".join(lines)

    # Ending it

    def stop(self, timeout=2.0):
        """Stop the process: ask (Ctrl-C), then terminate, then kill. Safe to call twice.

        Parameters
        ----------
        timeout : float
            Seconds it may take to end when asked, and again when terminated.
        """
        self._ask_to_stop()
        for harder in (self._popen.terminate, self._popen.kill):
            if self._wait_ended(timeout):
                return
            harder()
        if not self._wait_ended(10):
            raise TimeoutError(f"process {self.name!r}, pid {self.pid}, survived being killed")

    def _ask_to_stop(self):
        self._stopping = True
        if not self.ended:
            # On Windows the signal of a process group; what a child makes of it is Ctrl-C.
            self._popen.send_signal(getattr(signal, "CTRL_BREAK_EVENT", signal.SIGINT))

    def _wait_ended(self, timeout):
        with self._changed:
            return self._changed.wait_for(lambda: self.ended, timeout)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()

    def preview(self):
        """Ask for the first bytes of the last message of each socket, in `previews`."""
        self._popen.stdin.write(b"preview\n")
        self._popen.stdin.flush()

    # The threads that watch it

    def _write(self, letter):
        # An error means that it ended before it read its letter; its output says why.
        with contextlib.suppress(OSError):
            self._popen.stdin.write(len(letter).to_bytes(8, "big") + letter)
            self._popen.stdin.flush()

    def _read_output(self):
        rest = ""
        for chunk in iter(lambda: self._popen.stdout.read1(65536), b""):
            *lines, rest = (rest + chunk.decode("utf-8", "replace")).split("\n")
            self._add(lines)
            rest = rest[:LONGEST_LINE]
        self._add([rest] if rest else [])

    def _add(self, lines):
        with self._changed:
            self.lines_seen += len(lines)
            # What a progress bar wrote last on a line is what a terminal would show.
            shown = (line.rstrip("\r").rsplit("\r", 1)[-1][:LONGEST_LINE] for line in lines)
            self._lines.extend(shown)
            self._changed.notify_all()

    def _receive(self, report):
        with self._changed:
            self.sockets = report["sockets"]
            self.events = (self.events + report["events"])[-MOST_EVENTS:]
            self.previews = report.get("previews", {})
            self.pid = report["pid"]  # on Windows a launcher may stand in between
            self.ready = self.ready or report["state"] == "running"
            self._changed.notify_all()

    def _wait_for_end(self):
        code = self._popen.wait()
        self._reader.join(1)  # a grandchild may hold the pipe open for longer
        reports.forget(self._token)
        with self._changed:
            asked = code in (-signal.SIGINT, -signal.SIGTERM) and self._stopping
            self.exit_code = 0 if asked else code
            self.ended = True
            for pipe in (self._popen.stdin, self._popen.stdout):
                with contextlib.suppress(OSError):
                    pipe.close()
            self._changed.notify_all()

    def traceback(self):
        """Return the last traceback it printed, or the end of its output."""
        start = self.output.rfind("Traceback (most recent call last)")
        return self.output[start if start >= 0 else -2000 :]


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
