"""What a process started from a notebook runs first.

`zmqlab.processes.launch` starts a fresh Python on this file, by its path, and writes one message to
its standard input::

    8 bytes   length of the rest, big-endian
    n bytes   a pickled dict: who you are and what to run

The same pipe then stays open as the child's lifeline. Lines of text may follow on it (``preview``,
``trace``, ``report``, ``stop``); when it closes, the process that started this one is gone, and
this one ends too. A pickle is safe here because only the parent can write to that pipe; nothing
that comes from a socket is ever unpickled.
"""

import atexit
import builtins
import faulthandler
import os
import pickle
import signal
import sys
import threading
import time
import types

GRACE = 1.0  # seconds between "please stop" and the hard exit when the lifeline closes
PERIOD = 0.2  # seconds between looks at who the parent is
NUDGE = 0.05  # seconds between nudges of a main thread that was asked to stop
WAKE = getattr(signal, "SIGURG", None)  # does nothing, but a call that blocks returns to Python

_swallowed = False  # an interrupt that had no effect, and must come again


def main() -> None:
    """Take in the start message, run what it says, and end with its exit code."""
    faulthandler.enable()  # a crash in C shows the learner's line too
    parent = os.getppid()
    lifeline = _take_over_stdin()
    length = int.from_bytes(_read_exactly(lifeline, 8))
    start_message = pickle.loads(_read_exactly(lifeline, length))
    sys.path[:] = start_message["path"]
    sys.argv[:] = [start_message["name"], *start_message.get("arguments", [])]
    how = {"encoding": "utf-8", "errors": "backslashreplace", "line_buffering": True}
    for stream in (sys.stdout, sys.stderr):
        # In whole lines even where PYTHONUNBUFFERED is set.
        stream.reconfigure(**how, write_through=False)  # type: ignore[union-attr]
    # A shell that puts Jupyter in the background makes all its children ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if WAKE:
        signal.signal(WAKE, lambda number, frame: None)
    sys.unraisablehook = _swallow
    builtins.input = _no_keyboard

    from zmqlab.processes import cells, observed

    for filename, text in start_message["sources"].items():
        cells.remember(filename, text)
    observed.begin(start_message)
    # Run just before the last report is sent, which a late stop would break off.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    holder = threading.Thread(target=_hold, args=(lifeline, parent, observed), daemon=True)
    sys.exit(_run(start_message, holder))


def _run(start_message, holder):
    """Run the cell or the function; return the exit code."""
    try:
        holder.start()  # here: from now on an interrupt may come
        if "cell" in start_message:
            # As the main module, as a terminal would run a script.
            module = sys.modules["__main__"] = types.ModuleType("__main__")
            code = compile(start_message["cell"], start_message["filename"], "exec")
            exec(code, module.__dict__)
        else:
            function, args, kwargs = pickle.loads(start_message["call"])
            function(*args, **kwargs)
    except KeyboardInterrupt:
        return 0  # asked to stop, and stopped
    except SystemExit as error:
        return error.code
    except BaseException as error:
        _print_error(error)
        return 1
    return 0


def _print_error(error):
    """Print the traceback with the learner's lines, and not with ours."""
    import traceback

    ours = os.path.dirname(__file__)
    shown = traceback.TracebackException.from_exception(error)
    links = [shown]
    for link in links:  # which grows meanwhile
        link.stack[:] = [each for each in link.stack if os.path.dirname(each.filename) != ours]
        links += filter(None, (link.__cause__, link.__context__, *(link.exceptions or ())))
    print("".join(shown.format()), end="", file=sys.stderr)


def _no_keyboard(prompt="", /):
    """Stand in for `input`."""
    print(prompt, end="", flush=True)
    raise EOFError(
        "a process that was started from a notebook has no keyboard. Give it what it needs when "
        "you start it (%%terminal NAME ARGUMENT ..., then sys.argv; or the arguments of "
        "zmqlab.start), or let it ask through a socket, for example REQ"
    )


def _take_over_stdin():
    """Move the pipe away from standard input, so that nobody else reads what comes through it.

    On Windows a thread that waits for a pipe on standard input also blocks every library that looks
    at standard input while it loads, numpy among them.
    """
    pipe = os.dup(0)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    return pipe


def _read_exactly(pipe, count):
    data = bytearray()
    while len(data) < count:
        some = os.read(pipe, count - len(data))
        if not some:
            os._exit(1)
        data += some
    return bytes(data)


def _hold(lifeline, parent, observed):
    """Obey lines from the lifeline; end the process when it closes."""
    stopping = False
    while (text := _listen(lifeline, parent, NUDGE if stopping else PERIOD)) != b"":
        for word in (text or b"").split():
            if word in (b"preview", b"trace", b"report"):
                getattr(observed, word.decode())()
        # Once: another would break off what it puts in order.
        if _swallowed or (text and b"stop" in text and not stopping):
            stopping = True
            _interrupt_main()
        elif stopping:
            _wake_main()
    # The polite way first, so that files are closed and cameras let go.
    if not stopping:
        _interrupt_main()
    end = time.monotonic() + GRACE
    while threading.main_thread().is_alive() and time.monotonic() < end:
        threading.main_thread().join(NUDGE)
        _wake_main()
    if os.name == "posix" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGTERM)  # together with what it has started itself
    os._exit(1)


def _listen(lifeline, parent, seconds):
    """Return what came, b"" when the lifeline is closed, None when nothing came in time."""
    if os.name == "posix":
        import select

        if not select.select([lifeline], [], [], seconds)[0]:
            # Another child that the parent forked may hold the pipe open after the parent's death;
            # being adopted by somebody else tells as well.
            return None if os.getppid() == parent else b""
    return os.read(lifeline, 4096)


def _interrupt_main():
    global _swallowed
    _swallowed = False
    if WAKE:
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)  # wakes `time.sleep` too


def _swallow(unraisable):
    """Note that an interrupt came where Python cannot raise it: in a `__del__`, say."""
    global _swallowed
    if issubclass(unraisable.exc_type, KeyboardInterrupt):
        _swallowed = True
    else:
        sys.__unraisablehook__(unraisable)


def _wake_main():
    """Let a blocking call notice an interrupt that came just before it blocked."""
    if WAKE:
        signal.pthread_kill(threading.main_thread().ident, WAKE)


if __name__ == "__main__":
    main()
