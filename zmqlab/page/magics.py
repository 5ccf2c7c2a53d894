"""`%%terminal NAME` and its friends: cells that run where a second terminal would."""

import builtins
import keyword
import os
import shlex
from types import ModuleType
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class

import zmqlab.patterns  # noqa: F401 - has shared memory of the killed swept before each start
from zmqlab.page.panels import panel
from zmqlab.processes import launch, own_sockets
from zmqlab.processes.handle import Process
from zmqlab.processes.node import run_node

FIRST_SOCKET = 5.0  # seconds a cell waits for its first socket before the next one may run
LAST_WORDS = 0.3  # seconds in which it may end after its first words
MOMENT = 1.0  # seconds it waits if it has nothing to do with sockets: many are done by then


@magics_class
class TerminalMagics(Magics):
    """The three magics; `load` brings them to IPython."""

    shell: Any

    @cell_magic
    def terminal(self, line: str, cell: str) -> None:
        """Run this cell in a process of its own, as in another terminal.

        ``%%terminal NAME [ARGUMENT ...]``. A process of the same name is stopped first. The cell
        finds the arguments in ``sys.argv[1:]``, as a script would. What it prints goes on appearing
        in the panel below. NAME is then also a variable of the notebook: the process's handle.

        The next cell may run once the process has bound or connected its first socket, or has
        ended. A loop without sockets does neither: then the next cell may run after five seconds,
        or after one if the word zmq does not occur in this cell. The process runs on.

        ``%%terminal NAME --trace [ARGUMENT ...]``: its messages are noted, for `timeline`.

        ``%%terminal NAME --language node [ARGUMENT ...]``: the same with a cell of JavaScript, run
        by Node. Its sockets are not observed, so the next cell may run once it prints something.
        """
        name, *arguments = _words(line)
        trace = arguments[:1] == ["--trace"]
        arguments = arguments[trace:]
        node = arguments[:1] == ["--language"]
        if node and arguments[1:2] != ["node"]:
            raise UsageError(
                "%%terminal runs Python, or Node after --language node; "
                f"it got --language {' '.join(arguments[1:2])!r}"
            )
        if node and trace:
            raise UsageError("%%terminal: the sockets of Node are not observed, so without --trace")
        if not name.isidentifier() or keyword.iskeyword(name):
            raise UsageError(
                "%%terminal needs a name for the process, one that could be a variable's, "
                f"as in: %%terminal server; it got {name!r}"
            )
        if taken := _whose(name, self.shell.user_ns):
            raise UsageError(
                f"%%terminal {name} would replace {taken} of that name. Take another name for the "
                f"process, such as {name.strip('_')}_process"
            )
        if node:
            call = name, cell, arguments[2:]
            process = launch.launch_call(name, run_node, call, observe=False)
        else:
            process = launch.launch_cell(name, cell, arguments, trace)
        self.shell.user_ns[name] = process
        follow = panel(process)
        process.settle(lambda it: it.state != "starting", FIRST_SOCKET)
        seconds = FIRST_SOCKET if "zmq" in cell or node else MOMENT
        process.settle(lambda it: it.ready or it.ended or (node and it.output), seconds)
        if node:
            process.settle(lambda it: it.ended, LAST_WORDS)  # its first may be its last
        if process.ended:
            follow.join(MOMENT)  # what the panel says in the end belongs to this cell

    @line_magic
    def terminals(self, line: str) -> None:
        """List the processes that run: name, pid, state, memory, endpoints."""
        rows = [
            (each.name, str(each.pid), each.state, f"{each.memory / 1e6:.0f} MB", *each.endpoints)
            for each in launch.processes()
            if each.running
        ]
        if not rows:
            print("no process runs")
        for name, *facts in rows:
            print(f"{name:16}", "  ".join(facts))

    @line_magic
    def stop(self, line: str) -> None:
        """Stop the process of a name: ``%stop NAME``."""
        try:
            process = launch.process(line.strip())
        except KeyError as error:
            raise UsageError(error.args[0]) from None
        process.stop()
        print(process)


def _words(line):
    try:
        lexer = shlex.shlex(line, posix=True)
        lexer.whitespace_split, lexer.commenters = True, ""
        if os.name == "nt":
            lexer.escape = ""  # a backslash stands between folders there
        return list(lexer) or [""]
    except ValueError as error:
        raise UsageError(f"{error} in the line after %%terminal; it got {line!r}") from None


def _whose(name, namespace):
    """Return whose a name is that must not be lost, or "": a learner's own variable may be."""
    if hasattr(builtins, name):
        return "Python's own function or class"
    value = namespace.get(name)
    if isinstance(value, ModuleType):
        return "the module"
    imported = callable(value) and getattr(value, "__module__", "") != "__main__"
    return "what the notebook has imported" if imported else ""


def load(ipython: Any) -> None:
    """Bring the magics to this IPython, and let a process that a cell returns show its panel."""
    own_sockets.begin()  # so that the network map has the notebook itself
    ipython.register_magics(TerminalMagics)
    ipython.display_formatter.ipython_display_formatter.for_type(Process, panel)
