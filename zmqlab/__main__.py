"""The `zmqlab` command: functions of the course, run from a terminal, on any host.

The options of each command are the function's own parameters, and its help is the function's own
docstring. A function is named here by its path, and imported only when its command runs.
"""

import io
import re
import shlex
import sys
from typing import Any

from cyclopts import App, Parameter


def leave(result: Any) -> None:
    """Print what a command returned and leave: with 1 if the doctor found something broken."""
    if result is not None:
        print(f"\n{result}")
    sys.exit(1 if getattr(result, "broken", None) else 0)


app = App(
    name="zmqlab",
    help="Learn how programs talk to each other with ZeroMQ, with a camera.",
    result_action=leave,
    default_parameter=Parameter(negative_iterable=()),  # no `--empty-connect`: it would be refused
)
app.command("zmqlab.course.open_lab:lab")
app.command("zmqlab.course.health:doctor")
app.command("zmqlab.course.progress:progress")
app.command("zmqlab.wire.keys:make_keys", name="keys")
app.command("zmqlab.patterns.request_reply:camera_server")
app.command("zmqlab.patterns.request_reply:snapshot")
app.command("zmqlab.patterns.publish_subscribe:camera_publisher")
app.command("zmqlab.patterns.proxy:proxy")
app.command("zmqlab.patterns.tap:tap_relay", name="tap")
app.command("zmqlab.patterns.record_stream:record")
app.command("zmqlab.patterns.track_beads:track")
app.command("zmqlab.patterns.watch_stream:watch")
app.command("zmqlab.patterns.transform_recording:spectra")
app.command("zmqlab.patterns.web_page:web_page")


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with its exit code: 1, and one line, for what went wrong."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a file or a pipe of Windows takes few characters
            stream.reconfigure(errors="backslashreplace")
    if arguments[:1] in ([], ["--help"], ["-h"]):
        for command in app:
            app[command]  # the table of commands takes its text from the functions
    try:
        app(arguments)
    except Exception as error:
        if not expected(error):
            raise
        sys.exit(f"zmqlab: {as_options(str(error))}")  # printed on stderr, with exit code 1


def expected(error: Exception) -> bool:
    """Tell what may happen to anyone (no camera, port in use, no answer) from a fault of ours."""
    import zmq

    ours = type(error).__module__.split(".")[0] == __package__
    extra = isinstance(error, ImportError) and "pip install" in str(error)  # and how to get it
    return ours or extra or isinstance(error, (OSError, zmq.ZMQError))


def as_options(text: str) -> str:
    """Write `--camera simulated` where a text says `camera="simulated"`, as Python would."""

    def option(match):
        name, double, single, bare = match.groups()
        value = next(each for each in (double, single, bare) if each is not None)
        if bare == "True":
            return f"--{name.replace('_', '-')}"
        return f"--{name.replace('_', '-')} {shlex.quote(value)}"

    return re.sub(r"""\b([a-z_]+)=(?:"([^"]*)"|'([^']*)'|([^\s"':;,]+))""", option, text)


if __name__ == "__main__":
    main()
